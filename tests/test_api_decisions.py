"""Decisions out and in through the doors: whole, once, where they belong, and each line answered for."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from models.archive import Role
from models.blobs import Blobs
from models.db import Database
from models.decisions import Decision, DecisionKind
from models.document import Document
from models.packing import pack
from models.queue import Task
from models.rows import Audit
from models.rows import Decision as DecisionRow
from models.rows import Document as DocumentRow
from models.store import readings, reviews
from models.store.reviews import Said
from tests.archives import batch_of
from tests.doors import Doors, doors
from tests.finished import finish
from tests.strategies import ACCOUNT, build, printed_cells
from worker.core.settle import settle

DOCUMENT = build(ACCOUNT)


@dataclass
class Found:
    """Two versions of one report, both settled, and two reviewers."""

    doors: Doors
    batch: int
    readings: list[int]
    first: TestClient
    second: TestClient
    document: Document

    def decide(self, key: str, after: str, kind: DecisionKind = DecisionKind.VALUE, **more: Any) -> int:
        """A decision of the first reviewer about the first document."""
        user = self.first.get("/api/me").json()["id"]
        with self.doors.kit.database.transaction() as session:
            row = session.query(DocumentRow).order_by(DocumentRow.id).first()
            assert row is not None
            said = Said(row.sha256, row.reading_id, kind, key, "1.00", after, **more)
            return reviews.decide(session, user, said)

    def kept(self, number: int) -> list[DecisionRow]:
        """All decisions about a document."""
        with self.doors.kit.database.snapshot() as session:
            found = list(reviews.decisions_on(session, session.get_one(DocumentRow, number).sha256))
            session.expunge_all()
            return found


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Found]:
    with doors(database, tmp_path) as opened:
        tokens = [opened.person(name, Role.REVIEWER) for name in ("校对员", "复核员")]
        batch, numbers = batch_of(database, "财政厅/2023.pdf", "财政厅/2023 更正.pdf")
        document = DOCUMENT
        for reading in numbers:
            laid_out(database, opened.kit.blobs, reading, document)
        first, second = map(opened.client, tokens)
        yield Found(opened, batch, numbers, first, second, document)


settled_once = cache(settle)


def laid_out(database: Database, blobs: Blobs, reading: int, document: Document) -> None:
    finish(database, blobs, reading, settled_once(document))
    with database.transaction() as session:
        readings.keep_document(session, reading, blobs.put_bytes(pack(document)).sha256)


def renumbered(document: Document) -> Document:
    """The same document, its cells under other ids, as another reading may have them."""
    tables = tuple(
        replace(table, cells=tuple(replace(cell, cell_id=f"x{cell.cell_id}") for cell in table.cells))
        for table in document.tables
    )
    return replace(document, tables=tables)


def placed(document: Document, key: str) -> dict[str, Any]:
    """Where a cell stands."""
    table = next(one for one in document.tables for cell in one.cells if cell.cell_id == key)
    cell = next(cell for cell in table.cells if cell.cell_id == key)
    row, column = table.rows[cell.row], table.columns[cell.column]
    return {
        "form": table.form, "table_code": table.code, "row_code": row.code.text, "row_name": row.name.text,
        "line_no": row.line_no.text, "column_no": column.number, "column_name": column.name, "page": cell.reading.page,
        "raw": cell.reading.text,
    }  # fmt: skip


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def file_of(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def test_what_was_decided_comes_out_as_csv(found: Found) -> None:
    key = printed_cells(found.document)[3].cell_id
    first = found.decide(key, "-12.50", note="=cmd()", place=placed(found.document, key))
    found.decide(key, "", DecisionKind.UNDO, undoes=first)
    for place in (f"/api/batches/{found.batch}/decisions.csv", "/api/documents/1/decisions.csv"):
        answered = found.first.get(place)
        assert answered.headers["content-type"] == "text/csv; charset=utf-8"
        said, undo = rows_of(answered.text)
        assert (said["document"], said["person"], said["after"], said["note"]) == (
            "财政厅/2023.pdf", "校对员", "-12.50", "'=cmd()",
        )  # fmt: skip
        assert (said["number"], undo["undoes"], undo["kind"]) == (str(first), str(first), "undo")
        assert said["raw"] == placed(found.document, key)["raw"]
    assert rows_of(found.first.get("/api/documents/2/decisions.csv").text) == []
    assert found.first.get("/api/batches/99/decisions.csv").status_code == 404


def test_bringing_the_same_file_in_again_changes_nothing(found: Found) -> None:
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    data = found.first.get(f"/api/batches/{found.batch}/decisions.csv").content
    told = found.first.post(f"/api/batches/{found.batch}/decisions.csv", content=data).json()
    assert (told["already_there"], told["taken"]) == (1, 0)
    assert len(found.kept(1)) == 1
    assert found.doors.sent == []


def test_a_correction_is_carried_to_another_version_by_place(found: Found) -> None:
    cells = printed_cells(found.document)
    other = renumbered(found.document)
    kit = found.doors.kit
    with kit.database.transaction() as session:
        session.get_one(DocumentRow, 2).reading_id = found.readings[1]
        readings.reread(session, 2, "another engine", 5)
        session.flush()
        reading = session.get_one(DocumentRow, 2).reading_id
    laid_out(kit.database, kit.blobs, reading, other)
    first = found.decide(cells[3].cell_id, "12.50", place=placed(found.document, cells[3].cell_id))
    found.decide(cells[5].cell_id, "7", place={**placed(found.document, cells[5].cell_id), "column_no": "99"})
    found.decide("公开01", "{}", DecisionKind.STRUCTURE, field="wrong")
    found.decide("document", "青河县统计局", DecisionKind.DOCUMENT, field="entity")
    found.decide(cells[3].cell_id, "", DecisionKind.UNDO, undoes=first)
    data = found.first.get("/api/documents/1/decisions.csv").content
    for again in (False, True):
        told = found.second.post("/api/documents/2/decisions.csv", content=data).json()
        outcomes = [(one["row"], one["outcome"]) for one in told["rows"]]
        done = "already there" if again else "taken"
        assert outcomes == [(2, done), (3, "orphaned"), (4, "refused"), (5, done), (6, done)]
    assert "its own file only" in told["rows"][2]["reason"]
    kept = found.kept(2)
    assert [one.key for one in kept] == [f"x{cells[3].cell_id}", "document", f"x{cells[3].cell_id}"]
    assert kept[2].undoes == kept[0].id
    assert kept[0].place["raw"] == cells[3].reading.text
    assert kept[0].seen["from"]["person"] == "校对员"
    assert (Task.SETTLE, (reading,)) == found.doors.sent[-1][:2]
    assert len(found.doors.sent) == 1
    with kit.database.snapshot() as session:
        noted = session.query(Audit.subject, Audit.details).filter(Audit.action == "decisions imported").all()
    assert [(subject, details["taken"]) for subject, details in noted] == [("document 2", 3), ("document 2", 0)]


def test_what_matches_nothing_in_its_own_file_is_kept_and_shown(found: Found) -> None:
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    (row,) = rows_of(found.first.get("/api/documents/1/decisions.csv").text)
    row |= {"number": "999", "key": "gone", "row_code": "", "row_name": "无此项目", "column_no": "88"}
    told = found.first.post(f"/api/batches/{found.batch}/decisions.csv", content=file_of([row])).json()
    assert told["orphaned"] == 1
    assert "is kept" in told["rows"][0]["reason"]
    kit = found.doors.kit
    with kit.database.snapshot() as session:
        review = reviews.review_of(session, session.get_one(DocumentRow, 1).sha256)
    settled = settle(found.document, review=review)
    assert len(settled.orphans) == 1
    with kit.database.transaction() as session:
        readings.ask_settling(session, [found.readings[0]])
    finish_again(found, settled)
    (orphan,) = found.first.get("/api/documents/1/orphans").json()
    assert (orphan["row"], orphan["after"], orphan["who"]) == ("无此项目", "12.50", "校对员")
    assert "无此项目" in found.first.get("/documents/1").text
    assert found.first.get("/api/documents/2/orphans").json() == []


def finish_again(found: Found, settled: Any) -> None:
    """Keep another result of the first document."""
    finish(found.doors.kit.database, found.doors.kit.blobs, found.readings[0], settled)


def test_a_file_does_not_stand_in_for_a_second_look(found: Found) -> None:
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    (row,) = rows_of(found.first.get("/api/documents/1/decisions.csv").text)
    row["number"] = "999"
    told = found.second.post("/api/documents/1/decisions.csv", content=file_of([row])).json()
    assert "another person has entered this cell" in told["rows"][0]["reason"]
    own = found.first.post("/api/documents/1/decisions.csv", content=file_of([row])).json()
    assert own["taken"] == 1


@pytest.mark.parametrize(
    ("changed", "told"),
    [({"after": "viel"}, "no amount"), ({"kind": "label", "field": "colour"}, "field: one of"), ({"key": ""}, "key"),
     ({"kind": "undo", "undoes": "5000"}, "number 5000"),
     ({"kind": "document", "field": "kind", "after": "x"}, "after"),
     ({"kind": "structure", "after": "[]"}, "JSON"), ({"kind": "document", "field": "x"}, "field"),
     ({"sha256": "b" * 64, "document": "x"}, "no document here"), ({"number": "x"}, "whole number")],
)  # fmt: skip
def test_each_bad_line_says_why(found: Found, changed: dict[str, str], told: str) -> None:
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    (row,) = rows_of(found.first.get("/api/documents/1/decisions.csv").text)
    bad = {**row, "number": "999", **changed}
    answered = found.first.post(f"/api/batches/{found.batch}/decisions.csv", content=file_of([row, bad])).json()
    assert (answered["already_there"], answered["refused"]) == (1, 1)
    assert told in answered["rows"][1]["reason"]


def test_what_is_no_such_file_is_refused_whole(found: Found) -> None:
    for data, status in ((b"", 422), (b"\xff\xfe", 422), (b"a,b\r\n1,2\r\n", 422)):
        for place in (f"/api/batches/{found.batch}", "/api/documents/1"):
            answered = found.first.post(f"{place}/decisions.csv", content=data)
            assert answered.status_code == status, answered.text
    assert found.first.post("/api/documents/99/decisions.csv", content=b"").status_code == 404
    uploader = found.doors.client(found.doors.person("上传员"))
    assert uploader.post("/api/documents/1/decisions.csv", content=b"").status_code == 403


def test_a_document_that_is_not_read_yet_says_so(found: Found) -> None:
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    data = found.first.get("/api/documents/1/decisions.csv").content
    with found.doors.kit.database.transaction() as session:
        readings.reread(session, 1, "another engine", 5)
    assert found.first.post("/api/documents/1/decisions.csv", content=data).json()["already_there"] == 1
    (row,) = rows_of(data.decode())
    told = found.first.post("/api/documents/1/decisions.csv", content=file_of([{**row, "number": "999"}])).json()
    assert "not read yet" in told["rows"][0]["reason"]


def test_decided_values_read_back_settle_alike(found: Found) -> None:
    """What was carried out and in says the same to settling."""
    key = printed_cells(found.document)[3].cell_id
    found.decide(key, "12.50", place=placed(found.document, key))
    data = found.first.get("/api/documents/1/decisions.csv").content
    found.first.post("/api/documents/2/decisions.csv", content=data)
    with found.doors.kit.database.snapshot() as session:
        one, other = (
            reviews.review_of(session, session.get_one(DocumentRow, number).sha256).decisions for number in (1, 2)
        )
    assert [plain(one) for one in one] == [plain(one) for one in other]


def plain(decision: Decision) -> Decision:
    return replace(decision, number=0, reading=0, place=None)
