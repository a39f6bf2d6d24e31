"""`jiaokan worker`: reads and settles what the queue holds, until told to stop."""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile

from models import logs, migrate
from models.blobs import Blobs
from models.db import Database
from models.fleet import Fleet
from models.settings import Settings
from worker.commands.startup import known_settings, refuse

_CANNOT_START = 2
_FIGURES = "PROMETHEUS_MULTIPROC_DIR"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """How many pages at a time, and where to tell figures."""
    jobs = "pages read at a time (default: one for each core, up to 4)"
    parser.add_argument("--jobs", metavar="N", type=int, default=0, help=jobs)
    figures = "answer Prometheus at this port (default: not)"
    parser.add_argument("--metrics-port", metavar="PORT", type=int, default=0, help=figures)


def run(args: argparse.Namespace) -> int:
    """Work; 0 after a clean stop, 2 if the servers that are needed do not answer."""
    settings = known_settings()
    if settings is None:
        return _CANNOT_START
    wrong = problem(settings)
    if wrong:
        return refuse(wrong)
    logs.configure()
    figures = tempfile.mkdtemp(prefix="jiaokan-figures-")
    os.environ[_FIGURES] = figures
    try:
        from worker import crew  # noqa: PLC0415  # the figures' folder has to be known before it is loaded
        from worker.desk import Work  # noqa: PLC0415  # likewise

        return crew.run(settings, Work(), settings.job_count(args.jobs), args.metrics_port)
    finally:
        shutil.rmtree(figures, ignore_errors=True)


def problem(settings: Settings) -> str:
    """Why a worker cannot start; empty if it can."""
    url = settings.redis_url.get_secret_value()
    if not url:
        return "no queue is set: JIAOKAN_REDIS_URL names a Redis server; `jiaokan serve` starts one of its own"
    database = Database(settings.database_url.get_secret_value())
    try:
        return (
            Fleet(url).problem()
            or database.problem()
            or migrate.problem(database)
            or Blobs(settings.store_url).problem()
        )
    finally:
        database.close()
