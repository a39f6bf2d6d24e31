"""What a worker process has at hand: database, store, queue, a killable child that reads, and the files it works on."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from celery import Celery

from models.blobs import Blobs, NotStoredError, StoreError
from models.db import Database, DatabaseAwayError
from models.files import Options
from models.fleet import Fleet
from models.queue import Times, make_app
from models.settings import Settings
from worker.children import Children, Failure, Job

_Value = TypeVar("_Value")
_log = logging.getLogger(__name__)
PATIENCE_SECONDS = 45.0
"""How long a task waits for a database or store that is away, before it is put back. Within the soft limit's minute."""
_LONGEST_PAUSE = 5.0
_KEPT_FILES = 4
"""How many files from a store elsewhere a worker keeps: the pages of one file tend to come one after the other."""


@dataclass(frozen=True, slots=True)
class Work:
    """What the children are to do, by dotted name; tests and load runs name functions that answer from records."""

    open: str = "worker.pipeline.open_file"
    gather: str = "worker.intake.gather"
    read: str = "worker.stored.read_stored_page"
    settle: str = "worker.stored.settle_stored"
    picture: str = "worker.stored.draw_stored"


class Desk:
    """One worker process: opened when used, for nothing of it may be shared across a fork."""

    def __init__(self, settings: Settings, work: Work, worker: str) -> None:
        self.settings, self.work, self.worker = settings, work, worker
        self.times = Times(settings.page_seconds)
        url = settings.redis_url.get_secret_value()
        self.app: Celery = make_app(url, settings.page_seconds, settings.child_megabytes)
        self.fleet = Fleet(url)
        self.database = Database(settings.database_url.get_secret_value(), pool=2, repeats=True)
        self.blobs = Blobs(settings.store_url)
        self._children: Children | None = None
        self._scratch: Path | None = None

    def forked(self) -> None:
        """Begin as a process of its own."""
        self.database.forked()
        self._children = self._scratch = None

    def close(self) -> None:
        """End the child and remove what was put aside."""
        if self._children is not None:
            self._children.__exit__(None, None, None)
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self.database.close()

    @property
    def scratch(self) -> Path:
        """A folder of this process."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix=f"jiaokan-{os.getpid()}-"))
        return self._scratch

    @property
    def options(self) -> Options:
        """How pages are read."""
        return self.settings.options(None, None)

    def call(self, function: str, arguments: tuple[object, ...], seconds: float, setting: str) -> object | Failure:
        """Have the child do something; its value, or why there is none. Raises nothing of what happens there."""
        if self._children is None:
            settings = self.settings
            self._children = Children(
                1, settings.threads, settings.child_megabytes, settings.child_pages, self._folder("logs")
            )
        self._children.submit(Job((0,), function, arguments, seconds, setting, tries=1))
        return next(outcome for _, outcome in self._children.finished())

    def patiently(self, action: Callable[[], _Value]) -> _Value:
        """Do something, again if database or store are away, for a while; then raise what they say."""
        until = time.monotonic() + PATIENCE_SECONDS
        pause = 0.2
        while True:
            try:
                return action()
            except NotStoredError:
                raise
            except (DatabaseAwayError, StoreError) as error:
                if time.monotonic() + pause > until:
                    raise
                _log.warning("waiting: %s", error)
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def file(self, sha256: str) -> Path:
        """A stored file on this machine's disk; raises NotStoredError, StoreError."""
        present = self.blobs.local(sha256)
        if present is not None:
            return present
        files = self._folder("files")
        path = files / sha256
        if not path.exists():
            for old in sorted(files.iterdir(), key=lambda one: one.stat().st_mtime)[: 1 - _KEPT_FILES]:
                with suppress(OSError):
                    old.unlink()
            part = files / f"{sha256}.part"
            self.blobs.fetch(sha256, part)
            part.rename(path)
        os.utime(path)
        return path

    def _folder(self, name: str) -> Path:
        folder = self.scratch / name
        folder.mkdir(exist_ok=True)
        return folder
