"""The service's processes as a deployment has them: workers of their own, a database, a queue and a store by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from models.archive import UNFINISHED, ExportFormat, State
from models.blobs import Blobs
from models.db import Database
from models.fleet import Fleet
from models.queue import Priority, QueueError, Task, make_app, send
from models.rows import Export
from models.settings import Settings
from models.store import batches, exports, figures, listing, people
from models.store.batches import Ask, Incoming
from models.store.exports import Wanted
from models.store.listing import DocumentFilter, DocumentLine
from tests.archives import person


@dataclass
class Topology:
    """Where everything is; `folder` is for logs. Use as a context manager: it ends the processes it started."""

    folder: Path
    database_url: str
    redis_url: str
    store_url: str
    extra: Mapping[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = Database(self.database_url)
        self.blobs = Blobs(self.store_url)
        self.app = make_app(self.redis_url, 120, 4096)
        self.fleet = Fleet(self.redis_url)
        self.engine = Settings().engine()

    def __enter__(self) -> Topology:
        return self

    def __exit__(self, *_error: object) -> None:
        for worker in self.workers:
            end(worker, signal.SIGKILL)
        self.database.close()
        self.fleet.close()
        self.app.close()

    @property
    def environment(self) -> dict[str, str]:
        """What names everything to a process."""
        named = {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis_url, "STORE_URL": self.store_url}
        ours = {f"JIAOKAN_{name}": value for name, value in named.items()}
        return {**os.environ, "JIAOKAN_PAGE_SECONDS": "20", **ours, **self.extra}

    def worker(self, jobs: int = 2, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a worker that answers from recordings."""
        command = [sys.executable, "-m", "tests.recorded_worker", str(jobs), *arguments]
        with (self.folder / "workers.log").open("ab") as log:
            started = subprocess.Popen(  # noqa: S603  # our own worker
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.workers.append(started)
        return started

    def batch(self, name: str, files: Mapping[str, bytes], key: str = "", priority: int = Priority.BATCH) -> int:
        """Bring files in, as the API does."""
        blobs = {one: self.blobs.put_bytes(content) for one, content in files.items()}
        with self.database.transaction() as session:
            owner = people.user_by_name(session, "档案员") or person(session)
            batch = batches.open_batch(session, owner.id, name, key or name)
            for one, blob in blobs.items():
                kind = "text" if one.endswith(".txt") else "pdf"
                batches.add_file(session, batch.id, Incoming(one, blob, kind), Ask(self.engine, priority))
            number = batch.id
        self.wake()
        return number

    def wake(self) -> None:
        """Have sent what is to be sent."""
        with suppress(QueueError):
            send(self.app, Task.SWEEP, priority=Priority.SWEEP)

    def documents(self, batch_id: int | None = None) -> list[DocumentLine]:
        """All documents."""
        found: list[DocumentLine] = []
        with self.database.snapshot() as session:
            (owner, *_) = people.users(session)
            while page := listing.documents(
                session, owner, DocumentFilter(batch_id), 500, found[-1].id if found else 0
            ):
                found += page
        return found

    def left(self) -> dict[State, int]:
        """How many readings are unfinished, by how far they are."""
        with self.database.snapshot() as session:
            found = figures.by_state(session)
        return {state: found[state] for state in UNFINISHED if found[state]}

    def wait(self, seconds: float) -> float:
        """Wait until everything is done or failed; how long it took."""
        begun = time.monotonic()
        while left := self.left():
            if time.monotonic() - begun > seconds:
                log = (self.folder / "workers.log").read_text(errors="replace")[-6000:]
                raise AssertionError(f"not finished after {seconds} s: {left}, {self.fleet.depth()}\n{log}")
            time.sleep(0.1)
        return time.monotonic() - begun

    def wait_for(self, batch_id: int, seconds: float) -> None:
        """Wait until a batch is done."""
        until = time.monotonic() + seconds
        while any(one.state in UNFINISHED for one in self.documents(batch_id)):
            assert time.monotonic() < until, self.documents(batch_id)
            time.sleep(0.1)

    def export(self, batch_id: int, seconds: float = 60.0) -> bytes:
        """An export of a batch, made by the workers."""
        with self.database.transaction() as session:
            (owner, *_) = people.users(session)
            asked = exports.ask_export(session, owner.id, Wanted("all", ExportFormat.CSV, {"batch": batch_id}))
            number = asked.id
        send(self.app, Task.EXPORT, number, priority=Priority.PERSON)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            with self.database.snapshot() as session:
                export = session.get_one(Export, number)
                made, failure = export.sha256, export.failure
            if made or failure:
                assert made, failure
                return self.blobs.get(made)
            time.sleep(0.1)
        raise AssertionError("the export was not made")


def end(process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, seconds: float = 30.0) -> int:
    """End a process we started, and what it started; its status."""
    if process.poll() is None:
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def offspring(pid: int) -> Sequence[int]:
    """The processes that a process has started itself."""
    with suppress(FileNotFoundError):
        tasks = Path(f"/proc/{pid}/task/{pid}/children").read_text()
        return [int(one) for one in tasks.split()]
    return []
