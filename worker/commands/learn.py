"""`jiaokan learn`: what people corrected becomes lists of confusions and names. A command, never a silent change."""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from models import confusions, names
from models.confusions import Confusions
from models.db import Database, DatabaseAwayError
from models.decisions import Decision
from models.export.decided import Line, NoDecisionsError, read
from models.learned import CONFUSIONS, NAMES
from models.names import Names
from models.store import decided
from worker.commands.startup import known_settings, refuse
from worker.core.learned import learned

_AT_ONCE = 5000
_SHOWN = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where decisions come from, and where the lists go."""
    parser.add_argument(
        "files", metavar="CSV", type=Path, nargs="*", help="files of decisions (default: the service's database)"
    )
    parser.add_argument("--out", metavar="DIR", type=Path, required=True, help="where the two lists stand")
    parser.add_argument("--write", action="store_true", help="write them; without it, only what would change is shown")


def run(args: argparse.Namespace) -> int:
    """Show what would change, and with --write change it; 2 if something cannot be read, saying what."""
    try:
        lines = list(_from_files(args.files) if args.files else _from_database())
        before = _present(args.out)
    except (NoDecisionsError, DatabaseAwayError, ValueError) as error:
        return refuse(str(error))
    except OSError as error:
        return refuse(f"{error.filename or 'the disk'}: {error.strerror}")
    after = learned(_by_file(lines))
    changed = _show(len(lines), before, after)
    if not args.write or not changed:
        _tell("nothing was written" + ("" if not changed else ": add --write"))
        return 0
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        _replace(args.out / CONFUSIONS, confusions.written(after[0]))
        _replace(args.out / NAMES, names.written(after[1]))
    except OSError as error:
        return refuse(f"{error.filename or 'the disk'}: {error.strerror}")
    _tell(f"written: {args.out / CONFUSIONS}, {args.out / NAMES}")
    return 0


def _from_files(paths: list[Path]) -> Iterator[Line]:
    """The decisions of files, each once. Raises NoDecisionsError, OSError."""
    known: set[str] = set()
    for path in paths:
        for row, line in read(path.read_bytes()):
            if not isinstance(line, Line):
                raise NoDecisionsError(f"{path}, line {row}: {line.reason}")
            if line.source not in known:
                known.add(line.source)
                yield line


def _from_database() -> Iterator[Line]:
    """Every decision that the database holds. Raises DatabaseAwayError, ValueError for settings that make no sense."""
    settings = known_settings()
    if settings is None:
        raise ValueError("the settings above have to make sense first")
    database = Database(settings.database_url.get_secret_value())
    try:
        after = 0
        while True:
            with database.snapshot() as session:
                found = decided.everything(session, after, _AT_ONCE)
            if not found:
                return
            yield from found
            after = found[-1].number
    finally:
        database.close()


def _by_file(lines: list[Line]) -> dict[str, list[Decision]]:
    files: defaultdict[str, list[Decision]] = defaultdict(list)
    for one in lines:
        files[one.sha256].append(
            Decision(
                one.number, one.kind, one.key, one.after, field=one.field, before=one.before, place=one.place,
                undoes=one.undoes,
            )
        )  # fmt: skip
    return dict(files)


def _present(out: Path) -> tuple[Confusions, Names]:
    """The lists as they stand; empty ones where there are none. Raises ValueError, OSError."""
    found, listed = out / CONFUSIONS, out / NAMES
    return (
        confusions.parsed(found.read_text(encoding="utf-8")) if found.exists() else Confusions(),
        names.parsed(listed.read_text(encoding="utf-8")) if listed.exists() else Names(),
    )


def _show(count: int, before: tuple[Confusions, Names], after: tuple[Confusions, Names]) -> bool:
    """Tell what would change; whether anything would."""
    _tell(f"{count} decisions")
    mistakes = [
        (printed, was_read, before[0].counts.get((printed, was_read), 0), now)
        for printed, was_read, now in after[0].mistakes()
    ]
    told = [one for one in mistakes if one[2] != one[3]]
    for printed, was_read, was, now in told[:_SHOWN]:
        _tell(f"  {printed or 'nothing'} read as {was_read or 'nothing'}: {now} times, before {was}")
    if len(told) > _SHOWN:
        _tell(f"  … and {len(told) - _SHOWN} more confusions")
    changes = after[1].changes(before[1])
    for (kind, code, name), was, now in changes[:_SHOWN]:
        _tell(f"  {kind} {code}{' ' if code else ''}{name}: {now} times, before {was}")
    if len(changes) > _SHOWN:
        _tell(f"  … and {len(changes) - _SHOWN} more names")
    return before != after


def _replace(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


def _tell(text: str) -> None:
    sys.stdout.write(f"{text}\n")
