"""Files come in whole, in forms, in pieces; each is told at once what came of it; nothing of a broken one stays."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.receiving import cleaned
from models.archive import State
from models.db import Database
from models.queue import Task
from models.store import readings, uploads
from tests.doors import PDF, Doors, doors


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Doors]:
    with doors(database, tmp_path, max_file_megabytes=2, zip_max_megabytes=4) as opened:
        yield opened


@pytest.fixture
def client(found: Doors) -> Iterator[TestClient]:
    with found.client(found.person("档案员")) as client:
        assert client.post("/api/batches", json={"name": "2023"}).status_code == 201
        yield client


def put(client: TestClient, name: str, content: bytes) -> dict[str, object]:
    answer = client.put(f"/api/batches/1/files/{name}", content=content)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_each_file_is_told_what_came_of_it(client: TestClient, found: Doors) -> None:
    first = put(client, "财政厅/a.pdf", PDF)
    assert (first["outcome"], first["name"], first["document_id"]) == ("accepted", "财政厅/a.pdf", 1)
    assert put(client, "财政厅/a.pdf", PDF)["outcome"] == "duplicate"
    assert put(client, "b.pdf", PDF)["same_as"] == "财政厅/a.pdf"
    taken = put(client, "b.pdf", PDF + b"other")
    assert (taken["outcome"], taken["reason"]) == ("refused", "another file of this name is in the batch: rename it")
    assert "Office file" in str(put(client, "c.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")["reason"])
    assert "2 MiB" in str(put(client, "d.pdf", PDF + bytes(3 << 20))["reason"])
    assert "empty" in str(put(client, "e.pdf", b"")["reason"])
    assert "hidden" in str(put(client, ".DS_Store", b"x")["reason"])
    assert "no document" in str(put(client, "README.md", b"x")["reason"])
    batch = client.get("/api/batches/1").json()
    assert (batch["total"], batch["refused"], batch["documents"]) == (2, 4, {"queued": 2})
    names = [one["name"] for one in client.get("/api/batches/1/refusals").json()]
    assert names == ["b.pdf", "c.docx", "d.pdf", "e.pdf"]
    refused = client.get("/api/batches/1/refusals", headers={"accept-language": "zh"}).json()
    assert [one["reason"][:6] for one in refused] == ["批次中已有同", "这是 Off", "文件超过 2", "文件是空的（"]
    found.kit.waker.close()
    assert found.woken


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/a.pdf", "etc/a.pdf"), ("C:\\x\\b.pdf", "C:/x/b.pdf"), ("./x//c.pdf", "x/c.pdf"),
        ("d\x07\x00.pdf", "d.pdf"), ("..", ""), ("a" * 2000, "a" * 1000), ("e\ud800.pdf", "e.pdf"),
    ],
)  # fmt: skip
def test_names_never_lead_anywhere(sent: str, kept: str) -> None:
    assert cleaned(sent) == kept


def test_a_form_brings_many(client: TestClient) -> None:
    files = [("files", (f"{n}.pdf", PDF + bytes([n]) * 200_000)) for n in range(5)]
    outcomes = client.post("/api/batches/1/files", files=files, data={"note": "passed over"}).json()
    assert [(one["name"], one["outcome"]) for one in outcomes] == [(f"{n}.pdf", "accepted") for n in range(5)]
    document = client.get("/api/documents/4").json()
    assert document["size"] == len(PDF) + 200_000
    kept = client.get("/api/documents/4/file")
    assert hashlib.sha256(kept.content).hexdigest() == document["sha256"]
    assert kept.headers["content-disposition"].startswith("attachment;")
    assert client.post("/api/batches/1/files", content=b"x").status_code == 415
    broken = client.post(
        "/api/batches/1/files", content=b"x", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    assert broken.status_code == 400


def test_a_zip_is_handed_to_a_worker(client: TestClient, found: Doors) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.pdf", PDF)
    outcome = put(client, "2023.zip", packed.getvalue())
    assert (outcome["outcome"], outcome["upload_id"]) == ("unpacking", 1)
    assert [(task, numbers) for task, numbers, _ in found.sent] == [(Task.TAKE_IN, (1,))]
    batch = client.get("/api/batches/1").json()
    assert (batch["unpacking"], batch["finished"]) == (1, False)
    assert client.get("/api/batches/1/uploads").json()[0]["state"] == "unpacking"
    with found.kit.database.transaction() as session:
        uploads.taken(session, 1, "the ZIP is damaged")
    assert client.get("/api/uploads/1").json()["reason"] == "the ZIP is damaged"
    assert client.get("/api/batches/1").json()["unpacking"] == 0


def piece(client: TestClient, offset: int, content: bytes) -> tuple[int, dict[str, object]]:
    answer = client.patch("/api/uploads/1", content=content, headers={"Upload-Offset": str(offset)})
    return answer.status_code, dict(answer.json())


def test_a_large_file_goes_on_where_it_broke_off(client: TestClient, found: Doors) -> None:
    content = PDF + bytes(range(256)) * 4000
    begun = client.post("/api/batches/1/uploads", json={"name": "big.pdf", "size": len(content)}).json()
    assert (begun["offset"], begun["state"]) == (0, "receiving")
    assert piece(client, 0, content[:400_000])[1]["offset"] == 400_000
    again = client.post("/api/batches/1/uploads", json={"name": "big.pdf", "size": len(content)}).json()
    assert (again["id"], again["offset"]) == (1, 400_000)
    status, problem = piece(client, 0, content[:400_000])
    assert (status, problem["detail"]) == (409, "the next piece begins at 400000")
    assert piece(client, 400_000, content)[0] == 413
    status, done = piece(client, 400_000, content[400_000:])
    assert (status, done["state"]) == (200, "taken")
    result = done["result"]
    assert isinstance(result, dict)
    assert (result["outcome"], result["document_id"]) == ("accepted", 1)
    assert client.get("/api/documents/1").json()["sha256"] == hashlib.sha256(content).hexdigest()
    assert piece(client, len(content), b"")[0] == 409
    parts = found.kit.blobs._under("parts", "")  # what is left in the store
    assert not list(Path(parts).iterdir())
    refused = client.post("/api/batches/1/uploads", json={"name": "x.pdf", "size": 5 << 20})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")


def test_what_is_no_document_is_refused_with_its_last_piece(client: TestClient) -> None:
    client.post("/api/batches/1/uploads", json={"name": "x.bin", "size": 10})
    _, done = piece(client, 0, bytes(10))
    assert done["state"] == "failed"
    assert "BIN" in str(done["reason"])
    assert client.get("/api/batches/1").json()["refused"] == 1


def test_a_batch_opened_twice_is_one(client: TestClient) -> None:
    one, two = (client.post("/api/batches", json={"name": "x", "key": "k"}).json()["id"] for _ in range(2))
    assert one == two


def test_what_can_be_done_about_documents(client: TestClient, found: Doors) -> None:
    for name in ("a", "b", "c"):
        put(client, f"{name}.pdf", PDF + name.encode())
    with found.kit.database.transaction() as session:
        readings.fail(session, 1, "locked with a password")
    assert client.get("/api/documents/1").json()["failure"] == "locked with a password"
    assert client.post("/api/documents/2/retry").json() == {"documents": 0}
    assert client.post("/api/batches/1/retry").json() == {"documents": 1}
    assert client.get("/api/documents/1").json()["state"] == "queued"
    assert client.post("/api/documents/2/cancel").json() == {"documents": 1}
    assert client.get("/api/documents?state=cancelled").json()[0]["name"] == "b.pdf"
    assert client.post("/api/documents/2/retry").json() == {"documents": 1}
    assert client.get("/api/documents/2").json()["state"] == "queued"
    assert client.post("/api/documents/3/reread").json() == {"documents": 0}
    with found.kit.database.transaction() as session:
        readings.opened(session, 3, 0)
    assert client.post("/api/batches/1/resettle").json() == {"documents": 1}
    assert found.sent == [], "the sweep sends what a whole batch asks for"
    assert client.post("/api/documents/3/resettle").json() == {"documents": 1}
    assert [(task, numbers) for task, numbers, _ in found.sent] == [(Task.SETTLE, (3,))]
    assert client.post("/api/batches/1/reread").json() == {"documents": 0}
    assert client.post("/api/batches/1/cancel").json() == {"documents": 3}
    assert client.get("/api/batches/1").json()["state"] == State.CANCELLED
    assert client.put("/api/batches/1/files/z.pdf", content=PDF).status_code == 409
    assert client.post("/api/batches/1/explode").status_code == 404


def test_a_browser_without_scripts_sends_a_form_and_is_told_of_each_file(client: TestClient, found: Doors) -> None:
    assert client.get("/api/batches/1").status_code == 200
    browser = found.browser("档案员")
    page = browser.client.get("/batches/1").text
    assert 'enctype="multipart/form-data"' in page
    files = [
        ("files", ("a.pdf", PDF)),
        ("files", ("b.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
        ("files", ("", b"")),
    ]
    for shown in ({}, {"csrf": "guess"}):
        answer = browser.client.post("/batches/1/files", data=shown, files=files)
        assert answer.status_code == 403
        assert client.get("/api/batches/1").json()["total"] == 0
    answer = browser.client.post("/batches/1/files", data={"csrf": browser.csrf}, files=files)
    assert answer.status_code == 200
    assert "已收" in answer.text
    assert "这是 Office 文件" in answer.text
    assert client.get("/api/batches/1").json()["total"] == 1
    assert "没有选择文件" in browser.client.post("/batches/1/files", data={"csrf": browser.csrf}, files=files[2:]).text
    assert browser.client.post("/batches/9/files", data={"csrf": browser.csrf}, files=files).status_code == 404


def test_what_comes_before_the_files_is_short(client: TestClient, found: Doors) -> None:
    assert client.get("/api/batches/1").status_code == 200
    browser = found.browser("档案员")
    many = {f"field {number}": "x" * 100_000 for number in range(20)}
    answer = browser.client.post(
        "/batches/1/files", data={**many, "csrf": browser.csrf}, files=[("files", ("a.pdf", PDF))]
    )
    assert answer.status_code == 403, "ten fields are looked at, a thousand bytes of each"
