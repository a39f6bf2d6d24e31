"""`jiaokan extract`: documents in, the folder of tables out."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from pydantic import ValidationError

from models.document import DocumentStatus
from models.export.folder import SEARCHABLE, Export, Told
from models.settings import Settings
from worker.batch import Steps, process
from worker.children import Children
from worker.commands.progress import shown_on, summary
from worker.folder import OutputError, replacing
from worker.intake import Intake, gather

_DONE, _SOME_FAILED, _CANNOT_START = 0, 1, 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what to read and where to write."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help="a PDF, PNG, JPEG, TIFF, .txt dump, ZIP, or folder of these"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        required=True,
        type=Path,
        help="the folder to write; an earlier export there is replaced",
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=_positive,
        default=0,
        help="pages read at a time (default: one for each core, up to 4)",
    )
    parser.add_argument("--bom", action="store_true", help="begin each CSV with a byte-order mark, for Excel")
    parser.add_argument("--searchable", action="store_true", help="write a searchable PDF of each scan too")
    parser.add_argument("--without-repair", action="store_true", help="restore no figure by its sums: flag it instead")


@dataclass(frozen=True, slots=True)
class Request:
    """What a person asked for on the command line."""

    paths: tuple[Path, ...]
    out: Path
    jobs: int = 0
    bom: bool = False
    searchable: bool = False
    repair: bool = True


def run(args: argparse.Namespace) -> int:
    """Extract; 0 if all was read, 1 if some documents failed, 2 if nothing could start."""
    wanted = Request(tuple(args.paths), args.out, args.jobs, args.bom, args.searchable, not args.without_repair)
    return extract(wanted)


def extract(request: Request, steps: Steps | None = None) -> int:
    """Extract and tell how it went; the exit status. `steps` other than the pipeline's are for tests."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        settings = Settings()
        return _extract(request, settings, steps or _steps(settings))
    except ValidationError as error:
        return _refuse("; ".join(f"JIAOKAN_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()))
    except OutputError as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(f"{error.filename or 'the disk'}: {error.strerror}; nothing was written")


def _extract(request: Request, settings: Settings, steps: Steps) -> int:
    started = time.monotonic()
    given = ", ".join(map(str, request.paths))
    if not any(path.exists() or path.is_symlink() for path in request.paths):
        return _refuse(f"there is no such file or folder: {given}")
    with replacing(request.out) as staging, TemporaryDirectory(prefix="jiaokan-") as scratch:
        found = gather(request.paths, settings.limits(), Path(scratch), exclude=(request.out, staging))
        if not found.items and not found.refusals:
            raise OutputError(f"there is nothing to read in {given}: give PDFs, images, .txt dumps or ZIPs of these")
        told = _write(found, request, settings, steps, _Places(staging, Path(scratch)))
    sys.stdout.write(summary(told, found.skipped, request.out, time.monotonic() - started))
    return _SOME_FAILED if any(one.status is DocumentStatus.FAILED for one in told) else _DONE


@dataclass(frozen=True, slots=True)
class _Places:
    """Folders to write in: the export in the making, and one that is removed at the end."""

    staging: Path
    scratch: Path


def _write(found: Intake, request: Request, settings: Settings, steps: Steps, places: _Places) -> tuple[Told, ...]:
    """Read all that was found and write the export."""
    jobs = settings.job_count(request.jobs)
    options = replace(settings.options(None, places.scratch), repair=request.repair)
    if request.searchable:
        options = replace(options, searchable=places.staging / SEARCHABLE)
        (places.staging / SEARCHABLE).mkdir()
    export = Export(places.staging, request.bom)
    for refusal in found.refusals:
        export.add(refusal)
    children = Children(jobs, options.threads, settings.child_megabytes, settings.child_pages, places.scratch)
    with shown_on(sys.stderr) as progress, children:
        for result in process(found.items, options, steps, children, progress):
            export.add(result)
    return export.finish()


def _steps(settings: Settings) -> Steps:
    return Steps(
        open_seconds=settings.open_seconds,
        page_seconds=settings.page_seconds,
        settle_seconds=settings.settle_seconds,
        most_failed_pages=settings.max_failed_pages,
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _refuse(why: str) -> int:
    sys.stderr.write(f"jiaokan: {why}\n")
    return _CANNOT_START


def _stop(_signal: int, _frame: FrameType | None) -> None:
    """Leave as by Ctrl-C, so that children end and nothing half-written stays."""
    raise KeyboardInterrupt
