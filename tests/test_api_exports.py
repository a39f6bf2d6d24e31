"""Versions are frozen, the same for the same results, in each format; figures stay figures and text stays text."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from starlette.testclient import TestClient

from models.db import Database
from models.decisions import DecisionKind
from models.document import Extraction, Origin
from models.export.choosing import without_flagged
from models.export.folder import Export
from models.files import FileResult, stems
from models.frozen import make_export
from models.queue import Task
from models.rows import Document, Reading
from models.store import readings, reviews
from models.store.reviews import Said
from tests.doors import PDF, Doors, doors
from tests.export_contract import broken
from tests.finished import extraction, finish

NAMES = ("a.pdf", "财政厅/=b.pdf")


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Doors]:
    with doors(database, tmp_path) as opened:
        yield opened


@pytest.fixture
def client(found: Doors) -> Iterator[TestClient]:
    """Two documents that are settled, one that waits, one that failed, one that was refused."""
    with found.client(found.person("档案员")) as client:
        client.post("/api/batches", json={"name": "2023"})
        for name in (*NAMES, "waits.pdf", "failed.pdf", "refused.docx"):
            content = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" if name.endswith("docx") else PDF + name.encode()
            client.put(f"/api/batches/1/files/{name}", content=content)
        finish(found.kit.database, found.kit.blobs, 1, extraction(doubtful=True))
        finish(found.kit.database, found.kit.blobs, 2, extraction(doubtful=False))
        with found.kit.database.transaction() as session:
            readings.fail(session, 4, "locked with a password")
        yield client


def made(client: TestClient, found: Doors, **asked: object) -> dict[str, object]:
    answer = client.post("/api/exports", json={"name": "v1", **asked})
    assert answer.status_code == 202, answer.text
    number = answer.json()["id"]
    assert found.sent[-1][:2] == (Task.EXPORT, (number,))
    assert client.get(f"/api/exports/{number}/file").status_code == 409
    assert make_export(found.kit.database, found.kit.blobs, number)
    assert not make_export(found.kit.database, found.kit.blobs, number)
    return dict(client.get(f"/api/exports/{number}").json())


def unzipped(content: bytes, to: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(to)
    return to


def test_a_version_keeps_the_contract_and_is_frozen(client: TestClient, found: Doors, tmp_path: Path) -> None:
    export = made(client, found, batch=1)
    answer = client.get(f"/api/exports/{export['id']}/file")
    assert hashlib.sha256(answer.content).hexdigest() == export["sha256"]
    assert len(answer.content) == export["size"]
    folder = unzipped(answer.content, tmp_path / "out")
    assert broken(folder) == []
    with (folder / "documents.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["document"]: (row["status"], row["error"]) for row in csv.DictReader(file)}
    assert rows["a.pdf"] == ("needs-review", "")
    assert rows["'=b.pdf" if "'=b.pdf" in rows else "财政厅/=b.pdf"] == ("clean", "")
    assert rows["failed.pdf"] == ("failed", "locked with a password")
    assert "not finished" in rows["waits.pdf"][1]
    assert "Office file" in rows["refused.docx"][1]
    finish(found.kit.database, found.kit.blobs, 3, extraction(doubtful=False))
    assert client.get(f"/api/exports/{export['id']}/file").content == answer.content
    again = made(client, found, batch=1)
    assert again["sha256"] != export["sha256"]


def test_the_service_writes_what_the_command_writes(client: TestClient, found: Doors, tmp_path: Path) -> None:
    export = made(client, found, documents=[1, 2])
    folder = unzipped(client.get(f"/api/exports/{export['id']}/file").content, tmp_path / "served")
    written = tmp_path / "written"
    written.mkdir()
    direct, stem = Export(written), stems(NAMES)
    for name, doubtful in zip(NAMES, (True, False), strict=True):
        sha256 = hashlib.sha256(PDF + name.encode()).hexdigest()
        direct.add(FileResult(name, stem[name], sha256, 2, Origin.TEXT_DUMP, extraction(doubtful)))
    direct.finish()
    for path in written.rglob("*"):
        if path.is_file():
            assert (folder / path.relative_to(written)).read_bytes() == path.read_bytes(), path
    same = made(client, found, documents=[2, 1])
    assert same["sha256"] == export["sha256"]


def test_a_version_of_the_documents_that_are_ticked(client: TestClient, found: Doors) -> None:
    browser = found.browser("档案员")
    form = {"csrf": browser.csrf, "name": "v1", "format": "csv", "batch": "1"}
    assert browser.client.post("/exports", data={**form, "of": "chosen"}).status_code == 422
    for of, documents in (("chosen", ["2", "1"]), ("batch", ["2"])):
        assert browser.client.post("/exports", data={**form, "of": of, "documents": documents}).status_code == 303
    assert [one["scope"] for one in client.get("/api/exports").json()] == [{"batch": 1}, {"documents": [1, 2]}]


def test_what_a_version_rests_on_is_listed(client: TestClient, found: Doors) -> None:
    with found.kit.database.transaction() as session:
        sha256 = session.get_one(Document, 1).sha256
        for after in ("28.00", "27.00"):
            reviews.decide(session, 1, Said(sha256, 1, DecisionKind.VALUE, "g07-r00-c0", "2,8", after))
        session.get_one(Reading, 1).settled_for = None
    with found.kit.database.transaction() as session:
        readings.ask_settling(session, [1])
    finish(found.kit.database, found.kit.blobs, 1, extraction(doubtful=True))
    with found.kit.database.transaction() as session:
        reviews.decide(session, 1, Said(sha256, 1, DecisionKind.VALUE, "g07-r00-c0", "27.00", "too late"))
    export = made(client, found, batch=1)
    manifest = json.loads(client.get(f"/api/exports/{export['id']}/manifest").content)
    assert export["decisions"] == 2
    assert [(one["by"], one["after"]) for one in manifest["decisions"]] == [("档案员", "28.00"), ("档案员", "27.00")]
    assert manifest["sha256"] == export["sha256"]
    assert [one["document"] for one in manifest["documents"]] == ["a.pdf", "failed.pdf", "waits.pdf", "财政厅/=b.pdf"]
    assert [one["document"] for one in manifest["refused"]] == ["refused.docx"]


def ids(found: Extraction) -> set[str]:
    return {cell.cell.cell_id for table in found.tables for cell in table.cells}


def test_flagged_cells_can_be_left_out(client: TestClient, found: Doors, tmp_path: Path) -> None:
    export = made(client, found, documents=[1], with_flagged=False)
    folder = unzipped(client.get(f"/api/exports/{export['id']}/file").content, tmp_path / "out")
    assert ",flagged," not in (folder / "cells.csv").read_text(encoding="utf-8")
    whole = extraction(doubtful=True)
    kept = without_flagged(whole)
    gone = {c.cell.cell_id for t in whole.tables for c in t.cells} - {
        c.cell.cell_id for t in kept.tables for c in t.cells
    }
    assert gone
    assert not [check for check in kept.checks if gone & set(check.cell_ids)]
    assert without_flagged(kept) is kept


def test_a_workbook_holds_codes_as_text_and_amounts_as_numbers(client: TestClient, found: Doors) -> None:
    export = made(client, found, documents=[1, 2], format="xlsx")
    answer = client.get(f"/api/exports/{export['id']}/file")
    assert answer.headers["content-disposition"].endswith(".xlsx")
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == ["documents", *(f"公开0{number}" for number in range(1, 10))]
    sheet = book["公开03"]
    headings = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows(min_row=2) if row[headings.index("row_code")].value == "2010301")
    assert row[headings.index("row_code")].data_type == "s"
    total = row[headings.index("本年支出合计")]
    assert (total.data_type, total.value) == ("n", 1297432.1)
    assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n"}
    doubtful = [row[-1].value for row in book["公开07"].iter_rows(min_row=2)]
    assert doubtful[0]
    same = made(client, found, documents=[1, 2], format="xlsx")
    assert same["sha256"] == export["sha256"]


def test_parquet_is_typed(client: TestClient, found: Doors, tmp_path: Path) -> None:
    export = made(client, found, batch=1, format="parquet")
    folder = unzipped(client.get(f"/api/exports/{export['id']}/file").content, tmp_path / "out")
    cells = pq.read_table(folder / "cells.parquet")
    types = {field.name: str(field.type) for field in cells.schema}
    assert (types["row_code"], types["value"], types["page"]) == ("string", "decimal128(38, 8)", "int64")
    values = cells.column("value").to_pylist()
    assert sum(value is not None for value in values) > 100
    assert pq.read_table(folder / "documents.parquet").num_rows == 5


def test_text_is_guarded_and_amounts_are_not(client: TestClient, found: Doors) -> None:
    whole = extraction(doubtful=False)
    table = whole.tables[0]
    rows = (replace(table.rows[0], name="=HYPERLINK(1)", code="-1"), *table.rows[1:])
    changed: Extraction = replace(whole, entity="＠SUM(A1)", tables=(replace(table, rows=rows), *whole.tables[1:]))
    finish(found.kit.database, found.kit.blobs, 3, changed)
    export = made(client, found, documents=[3], format="xlsx")
    book = openpyxl.load_workbook(io.BytesIO(client.get(f"/api/exports/{export['id']}/file").content))
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "'=HYPERLINK(1)" in texts
    assert "'＠SUM(A1)" in texts
    assert "-1" in texts


@pytest.mark.usefixtures("client")
def test_everything_is_what_one_may_see(found: Doors, tmp_path: Path) -> None:
    other = found.client(found.person("校对员"))
    other.post("/api/batches", json={"name": "mine/too"})
    other.put("/api/batches/2/files/a.pdf", content=PDF + b"a.pdf")
    export = made(other, found)
    folder = unzipped(other.get(f"/api/exports/{export['id']}/file").content, tmp_path / "one")
    assert "needs-review" in (folder / "documents.csv").read_text(encoding="utf-8")
    assert "failed.pdf" not in (folder / "documents.csv").read_text(encoding="utf-8")
    for asked in ({"batch": 1}, {"documents": [1]}):
        assert other.post("/api/exports", json={"name": "x", **asked}).status_code == 404
    assert other.post("/api/exports", json={"name": "x", "batch": 2, "documents": [5]}).status_code == 422


def test_a_download_can_be_gone_on_with(client: TestClient, found: Doors) -> None:
    export = made(client, found, documents=[1])
    address = f"/api/exports/{export['id']}/file"
    whole = client.get(address)
    assert whole.headers["content-disposition"].startswith("attachment;")
    assert whole.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert (whole.headers["x-content-type-options"], whole.headers["content-type"]) == (
        "nosniff", "application/octet-stream",
    )  # fmt: skip
    part = client.get(address, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{export['size']}"
    assert client.get(address, headers={"Range": "bytes=200-"}).content == whole.content[200:]
    assert client.get(address, headers={"Range": f"bytes={export['size']}-"}).status_code == 416
    assert client.get(address, headers={"Range": "lines=1-2"}).status_code == 200
    assert client.get(address, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
    found.kit.blobs.remove(str(export["sha256"]))
    gone = client.get(address)
    assert (gone.status_code, gone.headers["content-type"]) == (410, "application/problem+json")
