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
from dataclasses import dataclass, field
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


def cpu_seconds(pid: int) -> float:
    """The processor's time a process and those it has started took so far; those that have ended counted by theirs."""
    own = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(int(one) for one in own[11:15])
    return ticks / os.sysconf("SC_CLK_TCK") + sum(cpu_seconds(one) for one in offspring(pid))


def spent(topology: Topology) -> float:
    """The same of all workers, of Redis, and of PostgreSQL's processes for this run; it has to be on this machine."""
    found = sum(cpu_seconds(worker.pid) for worker in topology.workers)
    found += cpu_seconds(topology.fleet.server_process())
    if not topology.database.is_sqlite:
        query = text("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
        with topology.database.engine.connect() as connection:
            found += sum(cpu_seconds(one) for one in connection.scalars(query))
    return found


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
    before = spent(topology)
    begun = time.monotonic()
    batch = topology.batch(f"load {time.time()}", files)
    queued = time.monotonic() - begun
    watching = Watching(topology.database_url, batch, args.readers)
    threads = watching.run()
    took = topology.wait(args.seconds)
    cpu = spent(topology) - before
    watching.stop.set()
    for thread in threads:
        thread.join(5)
    pages = args.documents * args.pages
    times = sorted(watching.took)
    return (
        f"{args.documents} documents of {args.pages} pages, {args.jobs} jobs, settling {args.settle}\n"
        f"queued in {queued:.1f} s, done in {took:.1f} s: {1000 * took / pages:.1f} ms a page of the clock, "
        f"{1000 * took * args.jobs / pages:.1f} ms of a job;\n"
        f"{1000 * cpu / pages:.1f} ms of processor: workers, their readers, database and queue\n"
        f"progress asked {len(times)} times by {args.readers} readers: "
        f"median {1000 * statistics.median(times):.0f} ms, p95 {1000 * times[int(0.95 * len(times))]:.0f} ms\n"
    )


if __name__ == "__main__":
    main()
