"""What queue and database cost a page: `python -m tests.load DATABASE-URL [--documents 1000] [--pages 12] [--jobs 2]`.

Recorded readings stand in for OCR. Redis is a server of the run's own, the store a folder. While the batch runs, its
page's query is asked again and again, by one reader for its times and by others for the load. The database has to be
migrated; a file of it is best thrown away afterwards.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import astuple, dataclass, field
from pathlib import Path

from sqlalchemy import text

from models import migrate
from models.db import Database
from models.store import listing
from tests.recorded import recorded
from tests.servers import OwnRedis
from tests.topology import Topology, offspring


@dataclass
class Watching:
    """Readers of progress, and how long each answer took, in seconds."""

    url: str
    batch: int
    readers: int
    stop: threading.Event = field(default_factory=threading.Event)
    took: list[float] = field(default_factory=list)

    def run(self) -> list[threading.Thread]:
        """Start them; each asks once a second."""
        database = Database(self.url, pool=20)

        def watch() -> None:
            while not self.stop.wait(1.0):
                begun = time.monotonic()
                with database.snapshot() as session:
                    listing.progress(session, self.batch)
                self.took.append(time.monotonic() - begun)

        threads = [threading.Thread(target=watch, daemon=True) for _ in range(self.readers)]
        for thread in threads:
            thread.start()
        return threads


_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor's time.

    `celery` is the workers' first processes, `pool` the processes that run tasks, `children` those that read and settle
    for them (with their start and replacement), `postgresql` everything of that server that is not another client's.
    """

    celery: float
    pool: float
    children: float
    redis: float
    postgresql: float

    def __sub__(self, before: Cost) -> Cost:
        return Cost(*(now - then for now, then in zip(astuple(self), astuple(before), strict=True)))

    @property
    def overhead(self) -> float:
        """What queue and database cost."""
        return self.celery + self.pool + self.redis + self.postgresql


def own_seconds(pid: int) -> tuple[float, float]:
    """The processor's time of a process, and of those it has started that have ended."""
    ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    user, system, ended_user, ended_system = (int(one) / _TICK for one in ticks)
    return user + system, ended_user + ended_system


def all_seconds(pid: int) -> float:
    """The processor's time of a process and all below it."""
    return sum(own_seconds(pid)) + sum(all_seconds(one) for one in offspring(pid))


@dataclass(frozen=True)
class Meter:
    """Reads what a run has cost so far. PostgreSQL has to be on this machine and serve nothing else."""

    topology: Topology
    backends: frozenset[int]
    postmaster: int

    @classmethod
    def of(cls, topology: Topology) -> Meter:
        """To be made when the workers are connected and nobody else is."""
        if topology.database.is_sqlite:
            return cls(topology, frozenset(), 0)
        topology.database.close()
        with topology.database.engine.connect() as connection:
            found = frozenset(connection.scalars(text(f"{_CLIENTS} AND datname = current_database()")))
            (mine,) = connection.scalars(text("SELECT pg_backend_pid()"))
        status = Path(f"/proc/{mine}/status").read_text()
        return cls(topology, found - {mine}, int(status.split("PPid:")[1].split()[0]))

    def read(self) -> Cost:
        """So far."""
        pools = [pid for worker in self.topology.workers for pid in offspring(worker.pid)]
        return Cost(
            celery=sum(sum(own_seconds(worker.pid)) for worker in self.topology.workers),
            pool=sum(own_seconds(pid)[0] for pid in pools),
            children=sum(all_seconds(pid) - own_seconds(pid)[0] for pid in pools),
            redis=all_seconds(self.topology.fleet.server_process()),
            postgresql=self._postgresql(),
        )

    def _postgresql(self) -> float:
        if not self.postmaster:
            return 0.0
        with self.topology.database.engine.connect() as connection:
            others = frozenset(connection.scalars(text(_CLIENTS))) - self.backends
            return all_seconds(self.postmaster) - sum(all_seconds(pid) for pid in others)


_CLIENTS = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"


def main() -> None:
    """Run, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("database_url")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--readers", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--settle", choices=("real", "recorded"), default="recorded")
    args = parser.parse_args()
    database = Database(args.database_url)
    migrate.upgrade(database)
    database.close()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with OwnRedis(folder) as server, Topology(folder, args.database_url, server.url, f"{folder}/store") as found:
            found.extra = {"JIAOKAN_TEST_SETTLE": args.settle, "JIAOKAN_PAGE_SECONDS": "120"}
            sys.stdout.write(told(found, args))


def told(topology: Topology, args: argparse.Namespace) -> str:
    """The figures of a run."""
    first = time.time_ns()  # another run's files would not be read again
    files = {f"{number:05d}.pdf": recorded(first + number, args.pages) for number in range(args.documents)}
    topology.worker(args.jobs)
    topology.batch(f"warming up {time.time()}", {f"{n}.pdf": recorded(first - 1 - n, 6) for n in range(2 * args.jobs)})
    topology.wait(args.seconds)
    meter = Meter.of(topology)
    before = meter.read()
    begun = time.monotonic()
    batch = topology.batch(f"load {time.time()}", files)
    queued = time.monotonic() - begun
    watching = Watching(topology.database_url, batch, args.readers)
    threads = watching.run()
    took = topology.wait(args.seconds)
    cpu = meter.read() - before
    watching.stop.set()
    for thread in threads:
        thread.join(5)
    pages = args.documents * args.pages
    times = sorted(watching.took)
    return (
        f"{args.documents} documents of {args.pages} pages, {args.jobs} jobs, settling {args.settle}\n"
        f"queued in {queued:.1f} s, done in {took:.1f} s: {1000 * took / pages:.1f} ms a page of the clock, "
        f"{1000 * took * args.jobs / pages:.1f} ms of a job;\n"
        f"processor: {1000 * cpu.overhead / pages:.1f} ms a page for queue and database "
        f"(tasks {1000 * cpu.pool / pages:.1f}, Celery {1000 * cpu.celery / pages:.1f}, "
        f"PostgreSQL {1000 * cpu.postgresql / pages:.1f}, Redis {1000 * cpu.redis / pages:.1f}), "
        f"{1000 * cpu.children / pages:.1f} for children that read and settle\n"
        f"progress asked {len(times)} times by {args.readers} readers: "
        f"median {1000 * statistics.median(times):.0f} ms, p95 {1000 * times[int(0.95 * len(times))]:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
