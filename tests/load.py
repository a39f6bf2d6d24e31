"""What the service costs a page, and how fast it answers meanwhile: `python -m tests.load [--documents 1000]`.

Recorded readings stand in for OCR. Redis and PostgreSQL are servers of the run's own, the store a folder; another
database, which has to be used by nobody else and is best thrown away afterwards, can be named with `--database`. While
the batch runs, an API server tells its progress to so many browsers, and its page is asked for again and again.

The overhead that is told is all processor time of the workers' processes, Redis and PostgreSQL for this run, divided by
the pages: queue, state, store, results. Left out is what the children take that read and settle, and the API server.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from models.db import Database
from models.passwords import digest
from models.rows import ApiToken
from models.store import people
from tests.archives import person
from tests.meter import Meter
from tests.recorded import recorded
from tests.servers import OwnRedis, some_database
from tests.serving import serving
from tests.topology import Topology

_TOKEN = "jk_load"  # noqa: S105  # of the run's own database
_PAUSE = 0.5
"""Seconds between two times that the page is asked for."""


@dataclass
class Visitors:
    """Browsers that are told the progress of a batch, and one that asks for its page; seconds that each answer took."""

    url: str
    batch: int
    count: int
    told: int = 0
    page: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Visitors:
        for run in (lambda: asyncio.run(self._all_watch()), self._ask):
            threading.Thread(target=run, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.gone.set()

    async def _all_watch(self) -> None:
        await asyncio.gather(*(self._watch() for _ in range(self.count)))

    async def _watch(self) -> None:
        """As cheap as can be: what a browser does with an event is not what is measured."""
        url = httpx.URL(self.url)
        told = f"GET /api/batches/{self.batch}/events HTTP/1.1\r\nHost: {url.host}\r\n"
        told += f"Authorization: Bearer {_TOKEN}\r\nConnection: close\r\n\r\n"
        while not self.gone.is_set():
            with suppress(OSError):
                reader, writer = await asyncio.open_connection(url.host, url.port)
                writer.write(told.encode())
                while piece := await reader.read(1 << 16):
                    self.told += piece.count(b"event: progress")
                writer.close()
            await asyncio.sleep(2.0)

    def _ask(self) -> None:
        with httpx.Client(base_url=self.url, headers={"authorization": f"Bearer {_TOKEN}"}, timeout=60) as client:
            while not self.gone.wait(_PAUSE):
                for path, took in ((f"/batches/{self.batch}", self.page), (f"/api/batches/{self.batch}", self.plain)):
                    begun = time.monotonic()
                    client.get(path).raise_for_status()
                    took.append(time.monotonic() - begun)


def main() -> None:
    """Run, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", default="")
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--pages", type=int, default=12)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3600)
    parser.add_argument("--settle", choices=("real", "recorded"), default="recorded")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, some_database(Path(name), args.database) as url:
        folder = Path(name)
        with OwnRedis(folder) as server, Topology(folder, url, server.url, f"{folder}/store") as found:
            found.extra = {"JIAOKAN_TEST_SETTLE": args.settle, "JIAOKAN_PAGE_SECONDS": "120"}
            sys.stdout.write(told(found, args))


def told(topology: Topology, args: argparse.Namespace) -> str:
    """The figures of a run."""
    first = time.time_ns()  # another run's files would not be read again
    files = {f"{number:05d}.pdf": recorded(first + number, args.pages) for number in range(args.documents)}
    topology.worker(args.jobs)
    _let_in(topology.database)
    topology.batch(f"warming up {time.time()}", {f"{n}.pdf": recorded(first - 1 - n, 6) for n in range(4 * args.jobs)})
    topology.wait(args.seconds)
    meter = Meter.of(topology)
    before = meter.read()
    with serving(topology.database_url, topology.redis_url, Path(topology.store_url)) as server:
        begun = time.monotonic()
        batch = topology.batch(f"load {time.time()}", files)
        queued = time.monotonic() - begun
        with Visitors(server.url, batch, args.readers) as visitors:
            took = topology.wait(args.seconds)
        cost = meter.read() - before
        pages = args.documents * args.pages
        return (
            f"{args.documents} documents of {args.pages} pages, {args.jobs} jobs, settling {args.settle}\n"
            f"queued in {queued:.1f} s, done in {took:.1f} s: {1000 * took / pages:.1f} ms a page of the clock\n"
            f"processor, ms a page: {cost.told(pages)}\n"
            f"{args.readers} readers were told {visitors.told} times; page of the batch {_times(visitors.page)}; "
            f"its JSON {_times(visitors.plain)}\n"
        )


def _let_in(database: Database) -> None:
    """Whose batches these are has a token."""
    with database.transaction() as session:
        user = people.user_by_name(session, "档案员") or person(session)
        row = ApiToken(user_id=user.id, name="load", token=digest(_TOKEN), shown="jk_", created_at=user.created_at)
        people.add_token(session, row)


def _times(took: list[float]) -> str:
    if not took:
        return "was not asked for"
    p95 = sorted(took)[int(0.95 * len(took))]
    return f"{len(took)} times, median {1000 * statistics.median(took):.0f} ms, p95 {1000 * p95:.0f} ms"


if __name__ == "__main__":
    main()
