"""How fast lists of a large archive are: `python -m tests.listings [--documents 100000] [--cells 200]`.

An archive is written straight into the tables: nine tenths of its documents in batches of a thousand, a tenth in one
batch, most of them done. Then a real API server is asked for every list it has. Without `--database`, PostgreSQL is a
server of the run's own; 100,000 documents with 20 million cells take it 5 GB of disk and some minutes to fill.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import httpx
from sqlalchemy import text

from models.archive import Role
from models.columns import Base
from models.db import Database
from models.passwords import digest
from models.rows import (
    ApiToken,
    Audit,
    Batch,
    Cell,
    Document,
    Export,
    Extraction,
    File,
    Page,
    Question,
    Reading,
)
from models.store import people
from models.store.once import insert_all
from tests.servers import OwnRedis, some_database
from tests.serving import serving

_SMALL = 1000
"""Documents of a batch; the last batch holds a tenth of all."""
_PAGES = 12
_AT = datetime(2024, 1, 1, tzinfo=UTC)
_AT_ONCE = 200_000
_TOKENS = {Role.ADMIN: "jk_admin", Role.UPLOADER: "jk_uploader"}
_TIMES = 40
_CODES = tuple(str(2010000 + 7 * number) for number in range(100))
_Row = tuple[object, ...]


def main() -> None:
    """Fill, ask, and say what it took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--database", metavar="URL", default="")
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--cells", type=int, default=200)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, some_database(Path(name), args.database) as url:
        folder = Path(name)
        database = Database(url)
        begun = time.monotonic()
        fill(database, args.documents, args.cells)
        cells = args.documents * args.cells
        sys.stdout.write(f"{args.documents} documents, {cells} cells, filled in {time.monotonic() - begun:.0f} s\n")
        with OwnRedis(folder) as server, serving(url, server.url, folder / "store") as api:
            for role in _TOKENS:
                for path, took in asked(api.url, role, args.documents):
                    p95 = 1000 * sorted(took)[int(0.95 * len(took))]
                    sys.stdout.write(f"{role:9}{path:62}{1000 * statistics.median(took):7.0f}{p95:7.0f} ms\n")
                    sys.stdout.flush()
        database.close()


def fill(database: Database, documents: int, cells: int) -> None:
    """Write the archive."""
    with database.transaction() as session:
        for role, token in _TOKENS.items():
            user = people.add_user(session, role.value, role, "")
            assert user is not None
            people.add_token(
                session,
                ApiToken(user_id=user.id, name="", token=digest(token), shown="jk_", created_at=user.created_at),
            )
    everyone = range(1, documents + 1)
    last = _batch(documents, documents)
    _write(database, Batch, ("id", "owner_id", "name", "key", "created_at"),
           ((one, 1 + one % 2, f"批次 {one}", f"k{one}", _AT) for one in range(1, last + 1)))  # fmt: skip
    _write(database, File, ("sha256", "size", "kind", "created_at"), ((_sha(i), 100_000, "pdf", _AT) for i in everyone))
    _write(database, Reading, _READING, (_reading(i, _batch(i, documents)) for i in everyone))
    _write(database, Document, ("id", "batch_id", "sha256", "reading_id", "name", "added_at"),
           ((i, _batch(i, documents), _sha(i), i, f"第{i % 31}市/单位{i}决算.pdf", _AT) for i in everyone))  # fmt: skip
    _write(database, Page, ("reading_id", "number", "sent_at", "started_at", "finished_at", "attempts"),
           ((i, n, _AT, _AT, None if _unread(i) and n > _PAGES // 2 else _AT, 1)
            for i in everyone for n in range(1, _PAGES + 1)))  # fmt: skip
    _write(database, Extraction, _EXTRACTION, (_extraction(i, cells) for i in everyone if not _unread(i)))
    _write(database, Question, _QUESTION, (_question(i, n) for i in everyone if _doubtful(i) for n in range(3)))
    _write(database, Cell, _CELL, (_cell(i, n) for i in everyone for n in range(cells)))
    _write(
        database,
        Audit,
        ("at", "user_id", "action", "subject"),
        ((_AT, 1, "file added", f"batch {i}") for i in everyone),
    )
    _write(database, Export, ("user_id", "name", "format", "with_flagged", "created_at", "finished_at"),
           ((1 + i % 2, f"v{i}", "csv", True, _AT, _AT) for i in range(1000)))  # fmt: skip
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if database.is_sqlite else "VACUUM ANALYZE"))


def _write(database: Database, row: type[Base], names: tuple[str, ...], values: Iterator[_Row]) -> None:
    while some := list(islice(values, _AT_ONCE)):
        with database.transaction() as session:
            if not database.is_sqlite:  # what is made up refers to nothing that is not there
                session.execute(text("SET LOCAL session_replication_role = replica"))
            insert_all(session, row, names, some)


def _sha(number: int) -> str:
    return f"{number:064x}"


def _batch(number: int, documents: int) -> int:
    small = documents * 9 // 10
    return small // _SMALL + 1 if number > small else 1 + (number - 1) // _SMALL


def _unread(number: int) -> bool:
    return number % 500 == 0


def _doubtful(number: int) -> bool:
    return number % 10 == 3


_READING = (
    "id", "sha256", "engine", "batch_id", "priority", "page_count", "created_at", "sent_at", "started_at", "read_at",
    "settle_asked_at", "settled_for", "outcome", "failure",
)  # fmt: skip


def _reading(number: int, batch: int) -> _Row:
    done = None if _unread(number) else _AT
    outcome = "needs-review" if _doubtful(number) else "done"
    failure = "the PDF is damaged" if number % 997 == 0 else ""
    return number, _sha(number), "e", batch, 6, _PAGES, _AT, _AT, _AT, done, done, done, outcome, failure


_EXTRACTION = (
    "reading_id", "blob", "decision_id", "version", "settled_at", "entity", "year", "kind", "origin", "tables", "cells",
    "flagged", "questions",
)  # fmt: skip


def _extraction(number: int, cells: int) -> _Row:
    told = (f"单位{number % 7000}", str(2015 + number % 9), "", "scan", "公开01 公开02")
    return number, _sha(number), 0, "1", _AT, *told, cells, 3, 3 if _doubtful(number) else 0


_QUESTION = ("reading_id", "key", "form", "table_code", "page", "fen", "reason", "worth", "opened_at")


def _question(number: int, place: int) -> _Row:
    return number, f"c{place}", "公开01", "公开01", 1, 1000 * number, "two readings add up", number % 1013, _AT


_CELL = (
    "reading_id", "position", "cell_id", "table_code", "form", "page", "row_code", "row_name", "column_name", "value",
    "fen", "status", "confidence",
)  # fmt: skip


def _cell(number: int, place: int) -> _Row:
    form = f"公开0{1 + place % 9}"
    named = (form, form, 1 + place // 20, _CODES[place % 100], "一般公共服务支出", "决算数")
    status = "flagged" if place % 67 == 5 else "read"
    return number, place, f"g01-r{place}", *named, "1013.00", 101_300, status, 0.99


def asked(url: str, role: Role, documents: int) -> Iterator[tuple[str, list[float]]]:
    """Every list by its address, and the seconds that each time took."""
    headers = {"authorization": f"Bearer {_TOKENS[role]}"}
    odd = max(1, _batch(documents, documents) // 2)  # the uploader's
    with httpx.Client(base_url=url, headers=headers, timeout=60) as client:
        for path, status in _paths(documents, role):
            took = []
            for turn in range(_TIMES):
                begun = time.monotonic()
                answer = client.get(path.format(some=1 + (turn * 7919) % documents, small=1 + 2 * (turn % odd)))
                took.append(time.monotonic() - begun)
                assert answer.status_code == status, (path, answer.text)
            yield path, took


def _paths(documents: int, role: Role) -> Iterator[tuple[str, int]]:
    large = _batch(documents, documents)
    theirs = ("{small}",) if role is Role.UPLOADER else ("{small}", str(large))
    for batch in theirs:
        for path in ("/api/batches/%s", "/api/batches/%s/refusals", "/api/batches/%s/uploads", "/batches/%s",
                     "/batches/%s?state=failed", "/batches/%s?name=单位77", "/batches/%s?name=none",
                     "/api/documents?batch=%s&limit=500", "/api/documents?batch=%s&state=needs-review",
                     "/api/documents?batch=%s&year=1999"):  # fmt: skip
            yield path % batch, 200
    for path in ("/", "/api/batches?limit=500", "/exports", "/api/exports", "/api/tokens", "/account", "/api/documents",
                 "/api/documents?limit=500", "/api/documents?after={some}", "/api/documents?state=failed",
                 "/api/documents?state=reading", "/api/documents?state=cancelled", "/api/documents?entity=单位6999",
                 "/api/documents?entity=none", "/api/documents?year=2023", "/api/documents?year=1999",
                 "/api/documents?name=单位99", "/api/documents?name=none"):  # fmt: skip
        yield path, 200
    if role is Role.ADMIN:
        for path in ("/documents/{some}", "/api/documents/{some}", "/api/documents/{some}/cells?limit=500",
                     "/api/documents/{some}/cells?flagged=true", "/api/documents/{some}/cells?form=公开09",
                     "/api/documents/{some}/cells?row_code=2010007", "/audit", "/api/audit?after={some}", "/people",
                     "/api/users", "/metrics"):  # fmt: skip
            yield path, 200


if __name__ == "__main__":
    main()
