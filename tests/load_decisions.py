"""What a decision costs on documents of thirty pages: `python -m tests.load_decisions [--against FOLDER]`.

Documents of several offices' accounts, with amounts misread, are filed in a PostgreSQL database; a script asks for one
question after the other and answers as the paper says, now and then with another reading, and now and then takes the
last answer back; once nothing is asked any more, it confirms one cell after the other. Told are the times of the whole
HTTP answers, by the clock and of the server's processor. Before the first answer about a document it waits until the
server is at rest, as a person does who has to look at it first.

`--against` names another checkout, whose server gets the same documents and answers in turn with this one's: on a busy
machine only the two beside each other say something. What both make of the documents is compared to the last byte.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from models import migrate
from models.archive import Role
from models.blobs import Blobs
from models.db import Database
from models.passwords import digest
from models.rows import ApiToken
from models.store import people, results
from tests.printed_tables import Sheets
from tests.reviewing import Filed, file_away, open_batch
from tests.servers import OwnPostgres, OwnRedis
from tests.serving import ROOT, Server, serving_from
from tests.thick import Thick, thick
from worker.core.amounts import parse

_TOKEN = "jk_decides"  # noqa: S105  # of the run's own database
_NAME = "jiaokan_load_decisions_"
_PAGES = range(28, 34)
_IDLE = 0.02
_OTHER, _BACK = 7, 9
"""Every so manieth answer is another reading, or taken back."""
_STRIDE = 97


@dataclass
class Side:
    """A server, its documents, and the seconds that it took: by the clock and of the processor."""

    name: str
    server: Server
    database: Database
    client: httpx.Client
    filed: list[Filed] = field(default_factory=list)
    took: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)

    def post(self, what: str, path: str, asked: Any) -> Any:
        """The answer to a request, its time kept under what it is."""
        before, begun = self._processor(), time.perf_counter()
        answer = self.client.post(path, json=asked)
        clock = time.perf_counter() - begun
        self.took.setdefault(what, []).append((clock, self._processor() - before))
        answer.raise_for_status()
        return answer.json()

    def rest(self) -> None:
        """Wait until the server does nothing."""
        before = -1.0
        while (now := self._processor()) - before > _IDLE:
            before = now
            time.sleep(0.5)

    def _processor(self) -> float:
        tasks = Path(f"/proc/{self.server.process.pid}/task").glob("*/schedstat")
        return sum(int(one.read_text(encoding="ascii").split()[0]) for one in tasks) / 1e9

    def blob(self, number: int) -> str:
        """What a document is settled to."""
        with self.database.snapshot() as session:
            found = results.extraction_of(session, self.filed[number].reading)
            return found.blob if found else ""

    def told(self) -> str:
        """The figures of the run."""
        lines = []
        for what, took in self.took.items():
            clock, processor = (sorted(1000 * one[i] for one in took) for i in (0, 1))
            lines.append(f"{self.name}, {what}: {len(took)}, clock {_shown(clock)}, processor {_shown(processor)}")
        return "\n".join(lines) + "\n"


def _shown(ms: Sequence[float]) -> str:
    return f"median {statistics.median(ms):.0f} ms, p95 {ms[int(0.95 * len(ms))]:.0f} ms, most {ms[-1]:.0f} ms"


@contextmanager
def side(name: str, root: Path, folder: Path, places: tuple[str, str], some: Sequence[Thick]) -> Iterator[Side]:
    """A server of the code in a folder, with a database of its own; `places` are PostgreSQL and Redis."""
    server = create_engine(make_url(places[0]).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {_NAME}{name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {_NAME}{name}"))
    url = make_url(places[0]).set(database=f"{_NAME}{name}").render_as_string(hide_password=False)
    database, store = Database(url), folder / name
    try:
        migrate.upgrade(database)
        _let_in(database)
        batch, blobs = open_batch(database), Blobs(str(store))
        filed = [file_away(database, blobs, batch, f"{i}.pdf", _sheets(one)) for i, one in enumerate(some)]
        headers = {"authorization": f"Bearer {_TOKEN}"}
        with (
            serving_from(root, (url, places[1], store)) as found,
            httpx.Client(base_url=found.url, headers=headers, timeout=60) as client,
        ):
            yield Side(name, found, database, client, filed)
    finally:
        database.close()
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {_NAME}{name} WITH (FORCE)"))


def _sheets(one: Thick) -> Sheets:
    """The document with a blank picture of each page."""
    pages = range(1, one.document.page_count + 1)
    return Sheets(one.document, one.document, dict.fromkeys(pages, ()), pages)


def _let_in(database: Database) -> None:
    with database.transaction() as session:
        user = people.add_user(session, "reviewer", Role.ADMIN, "hashed")
        assert user is not None
        row = ApiToken(user_id=user.id, name="load", token=digest(_TOKEN), shown="jk_", created_at=user.created_at)
        people.add_token(session, row)


def work(sides: Sequence[Side], some: Sequence[Thick], most: int) -> int:
    """Decide so often, on all sides in turn; how often."""
    made = 0
    for number, one in enumerate(some):
        for _ in range(most // len(some)):
            order = sides if made % 2 else [*reversed(sides)]
            for each in order:
                _decided(each, number, one, made)
            made += 1
        blobs = {each.blob(number) for each in sides}
        assert len(blobs) == 1, f"the sides differ about document {number}"
    return made


def _decided(each: Side, number: int, one: Thick, made: int) -> None:
    """Answer the next question of a document, or confirm one of its cells if there is none."""
    document = each.filed[number].document
    question = each.post("next question", "/api/questions/next", {"document": document})["question"]
    if number not in each.begun:
        each.begun.add(number)
        each.rest()
    cells = sorted(one.printed)
    key = question["key"] if question else cells[made * _STRIDE % len(cells)]
    said: dict[str, Any] = {"key": key, "idempotency": f"decision-{made}"}
    if key in one.printed:
        printed = parse(one.printed[key])
        value = "" if printed is None else f"{printed.value:f}"
        others = question["alternatives"] if question and made % _OTHER == _OTHER - 1 else ()
        said |= {"kind": "value", "after": next(iter(others), value)}
    else:
        said |= {"kind": "document", "field": "accepted"}
    path = f"/api/documents/{document}/decisions"
    answer = each.post("decision", path, said)
    if made % _BACK == _BACK - 1:
        undo = {"kind": "undo", "key": key, "undoes": answer["decision"], "idempotency": f"undo-{made:08d}"}
        each.post("decision", path, undo)


def thirty_pages(count: int) -> list[Thick]:
    """So many documents of about thirty pages."""
    found: list[Thick] = []
    seed = 0
    while len(found) < count:
        seed += 1
        one = thick(seed)
        if one.document.page_count in _PAGES:
            found.append(one)
    return found


def main() -> None:
    """Run, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", default="", help="a PostgreSQL server; else one of its own")
    parser.add_argument("--decisions", type=int, default=120)
    parser.add_argument("--documents", type=int, default=2)
    parser.add_argument("--against", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    some = thirty_pages(args.documents)
    for one in some:
        cells = sum(len(table.cells) for table in one.document.tables)
        sys.stdout.write(f"a document of {one.document.page_count} pages, {cells} cells\n")
    roots = {"new": ROOT} | ({"old": args.against.resolve()} if args.against else {})
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # PostgreSQL's own user has to come through
        url = args.database or stack.enter_context(OwnPostgres(folder / "postgresql", lasting=True)).url
        redis = stack.enter_context(OwnRedis(folder)).url
        sides = [stack.enter_context(side(each, root, folder, (url, redis), some)) for each, root in roots.items()]
        made = work(sides, some, args.decisions)
        sys.stdout.write(f"{made} answers\n" + "".join(each.told() for each in sides))


if __name__ == "__main__":
    main()
