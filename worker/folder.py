"""An export folder replaced as a whole or not at all: written beside its place, swapped in when complete."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.export import datapackage


class OutputError(Exception):
    """The export cannot go where it should; the message says why and what to do."""


@contextmanager
def replacing(out: Path) -> Iterator[Path]:
    """An empty folder to write an export into; it takes the place of `out` when the block ends well, else it goes.

    Raises `OutputError`, before anything is written, if `out` holds anything but an earlier export, or cannot be
    written. Where `out` is a mount point or its parent is not ours to write in, the files are swapped one by one.
    """
    out = out.resolve()
    check(out)
    whole = _is_replaceable(out)
    staging = (out.parent if whole else out) / f".{out.name}.partial-{os.getpid()}"
    try:
        staging.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
    except OSError as error:
        raise OutputError(f"{out} cannot be written ({error.strerror}): choose another folder with --out") from error
    try:
        yield staging
        (_swap if whole else _swap_files)(staging, out)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def check(out: Path) -> None:
    """Raises `OutputError` unless `out` is missing, an empty folder, or an earlier export and nothing else."""
    if not out.exists():
        return
    if not out.is_dir():
        raise OutputError(f"{out} is a file: choose a folder with --out")
    foreign = _foreign(out)
    if foreign is not None:
        raise OutputError(
            f"{out} holds {foreign}, which is not part of an earlier export, and would be lost: "
            "choose another folder with --out, or move that file away"
        )


def _foreign(out: Path) -> str | None:
    """The first file in a folder that is not part of an export of ours; None if there is none."""
    ours = datapackage.listed(out) or set()
    for path in sorted(out.rglob("*")):
        name = path.relative_to(out).as_posix()
        leftover = name.split("/")[0].startswith(f".{out.name}.partial-")
        if name not in ours and not leftover and (path.is_symlink() or not path.is_dir()):
            return name
    return None


def _is_replaceable(out: Path) -> bool:
    """Whether the folder itself can be renamed without pulling it from under the feet of who stands in it."""
    if Path.cwd().is_relative_to(out):
        return False
    above = out.parent
    while not above.exists():
        above = above.parent
    return os.access(above, os.W_OK) and not out.is_mount()


def _swap(staging: Path, out: Path) -> None:
    """Two renames; should the second fail, or Ctrl-C come between, the earlier export goes back to its place."""
    if not out.exists():
        staging.rename(out)
        return
    earlier = out.with_name(f".{out.name}.earlier-{os.getpid()}")
    out.rename(earlier)
    try:
        staging.rename(out)
    except BaseException:
        if not out.exists():
            earlier.rename(out)
        raise
    shutil.rmtree(earlier, ignore_errors=True)


def _swap_files(staging: Path, out: Path) -> None:
    """Every file whole, the description last: with it the new export is complete."""
    before = datapackage.listed(out) or set()
    now = sorted(path.relative_to(staging).as_posix() for path in staging.rglob("*") if path.is_file())
    for name in sorted(now, key=lambda name: name == datapackage.FILE):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(out / name)
    for name in before - set(now):
        (out / name).unlink(missing_ok=True)
