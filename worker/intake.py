"""Paths to files worth reading: folders walked, ZIPs unpacked, each file known by its content, named in the batch."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from models.files import FileKind, Item, Limits, Refusal, UnreadableError, stems
from models.kinds import Content, content, is_companion, is_hidden
from worker.zips import BombError, Budget, Member, unpack

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Intake:
    """What was found, each in the order of its name; `skipped` are files that are plainly no documents."""

    items: tuple[Item, ...]
    refusals: tuple[Refusal, ...]
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Found:
    """A file before its content is known; `asked` where a person named it, not the folder or ZIP around it."""

    name: str
    path: Path
    asked: bool


@dataclass(frozen=True, slots=True)
class _Skip:
    name: str


@dataclass(frozen=True, slots=True)
class _Known:
    name: str
    path: Path
    kind: FileKind
    sha256: str
    size: int


def gather(paths: Sequence[Path], limits: Limits, scratch: Path, exclude: Sequence[Path] = ()) -> Intake:
    """Everything to read under the paths; what cannot be read comes as a refusal and stops nothing else.

    Members of ZIPs are unpacked into `scratch`, which must outlive the reading. Folders in `exclude` are not entered.
    """
    outside = frozenset(path.resolve() for path in exclude)
    known: list[_Known] = []
    refusals: list[Refusal] = []
    skipped: list[str] = []
    for found in _found(paths, outside):
        for one in _look(found, limits, scratch):
            match one:
                case _Known():
                    known.append(one)
                case Refusal():
                    refusals.append(one)
                case _Skip():
                    skipped.append(one.name)
    return _named(known, refusals, skipped)


def _found(paths: Iterable[Path], exclude: frozenset[Path]) -> Iterator[_Found | Refusal | _Skip]:
    """The files behind the paths; the same path given twice counts once."""
    done: set[Path] = set()
    for path in paths:
        place = path.resolve()
        if place in done:
            continue
        done.add(place)
        name = _utf8(path.name if path.name not in ("", "..") else place.name)
        if path.is_dir():
            yield from _walk(path, exclude)
        elif not path.exists():
            yield Refusal(name, f"there is no such file or folder: {_utf8(str(path))}")
        else:
            yield _Found(name, path, asked=True)


def _walk(folder: Path, exclude: frozenset[Path]) -> Iterator[_Found | Refusal | _Skip]:
    """The files of a folder, sorted, hidden ones left out; links that lead out are refused and none is entered."""
    root = folder.resolve()
    unread: list[OSError] = []
    for place, folders, files in os.walk(folder, onerror=unread.append):
        here = Path(place)
        linked = [name for name in folders if (here / name).is_symlink()]
        folders[:] = sorted(
            name for name in folders if not (is_hidden(name) or name in linked or (here / name).resolve() in exclude)
        )
        for name in sorted(files + linked):
            path = here / name
            shown = _utf8(path.relative_to(folder).as_posix())
            if is_hidden(name):
                continue
            if path.is_symlink():
                yield _link(path, shown, root)
            else:
                yield _Found(shown, path, asked=False)
    for error in unread:
        path = Path(str(error.filename))
        shown = _utf8(path.relative_to(folder).as_posix())
        yield Refusal(
            folder.name if shown == "." else shown, "this folder may not be opened: give yourself the right to read it"
        )


def _link(path: Path, name: str, root: Path) -> _Found | Refusal | _Skip:
    """A link in a folder: a file within it is read, a folder within it is walked anyway, the rest is refused."""
    try:
        target = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return Refusal(name, "this is a symbolic link that leads nowhere: remove it or put the file in its place")
    if not target.is_relative_to(root):
        return Refusal(name, "this is a symbolic link that leads out of the folder: put the file itself in its place")
    return _Skip(name) if target.is_dir() else _Found(name, path, asked=False)


def _look(found: _Found | Refusal | _Skip, limits: Limits, scratch: Path) -> list[_Known | Refusal | _Skip]:
    """What a file is; a ZIP becomes its files, or one refusal if it is a bomb."""
    if not isinstance(found, _Found):
        return [found]
    try:
        return list(_open(found, limits, scratch, Budget(limits.zip_members, limits.zip_bytes), 0))
    except BombError as error:
        return [Refusal(found.name, str(error), _sha256(found.path))]


def _open(
    found: _Found, limits: Limits, scratch: Path, budget: Budget, depth: int
) -> Iterator[_Known | Refusal | _Skip]:
    """A file, or the files of a ZIP that stands within `depth` others. Raises `BombError`."""
    if not found.asked and is_companion(found.name):
        yield _Skip(found.name)
        return
    digest = ""
    try:
        size = _size(found.path, limits)
        digest = _sha256(found.path)
        what = content(found.path, found.name)
        if what is not Content.ZIP:
            yield _Known(found.name, found.path, FileKind(what.value), digest, size)
            return
        if depth >= limits.zip_depth:
            raise UnreadableError(f"ZIPs stand more than {limits.zip_depth} deep in each other: unpack it first")
        for member in unpack(found.path, limits, budget, Path(mkdtemp(dir=scratch))):
            name = f"{found.name}/{member.name}"
            if isinstance(member, Member):
                yield from _open(_Found(name, member.path, asked=False), limits, scratch, budget, depth + 1)
            else:
                yield Refusal(name, member.error)
    except BombError:
        raise
    except UnreadableError as error:
        yield Refusal(found.name, str(error), digest)
    except PermissionError:
        yield Refusal(found.name, "the file may not be read: give yourself the right to read it")


def _size(path: Path, limits: Limits) -> int:
    """The bytes of a regular file; raises `UnreadableError` for pipes and devices, and above the limit."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableError("this is no regular file (a pipe or a device): copy its content into a file")
    if status.st_size > limits.file_bytes:
        raise UnreadableError(
            f"the file is larger than {limits.file_bytes >> 20:,} MiB: split it, or raise JIAOKAN_MAX_FILE_MEGABYTES"
        )
    return status.st_size


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _utf8(name: str) -> str:
    """A file name as text: bytes that are not UTF-8 are taken as GB 18030, as old Chinese systems wrote them."""
    raw = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="replace")


def _named(known: list[_Known], refusals: list[Refusal], skipped: list[str]) -> Intake:
    """Make names unique over the whole batch (`x.pdf`, then `x (2).pdf`) and give each file its stem."""
    taken: set[str] = set()
    items = [_Known(_unique(one.name, taken), one.path, one.kind, one.sha256, one.size) for one in known]
    refused = [Refusal(_unique(one.name, taken), one.error, one.sha256) for one in refusals]
    stem = stems(one.name for one in items)
    return Intake(
        tuple(
            Item(one.name, stem[one.name], one.path, one.kind, one.sha256, one.size)
            for one in sorted(items, key=lambda one: one.name)
        ),
        tuple(sorted(refused, key=lambda one: one.name)),
        tuple(sorted(skipped)),
    )


def _unique(name: str, taken: set[str]) -> str:
    path = Path(name)
    unique, count = name, 1
    while unique in taken:
        count += 1
        unique = str(path.with_name(f"{path.stem} ({count}){path.suffix}"))
    taken.add(unique)
    return unique
