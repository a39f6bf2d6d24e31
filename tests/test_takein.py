"""Uploads become files of their batch; what cannot be read is refused in words, whatever it is called."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.rows import Document
from models.settings import Settings
from models.store import batches, dispatch, people, uploads
from tests.archives import person
from tests.recorded import WORK, recorded
from worker.desk import Desk
from worker.takein import take_in


@pytest.fixture
def desk(database_url: str, redis_server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", database_url)
    monkeypatch.setenv("JIAOKAN_REDIS_URL", redis_server_url)
    monkeypatch.setenv("JIAOKAN_STORE_URL", str(tmp_path / "store"))
    found = Desk(Settings(), WORK, "test")
    yield found
    found.close()
    found.app.close()
    found.fleet.close()


def sent(desk: Desk, name: str, content: bytes) -> tuple[int, int]:
    """An upload that is whole; the number of its batch, and its own."""
    blob = desk.blobs.put_bytes(content)
    with desk.database.transaction() as session:
        owner = people.user_by_name(session, "档案员") or person(session)
        batch = batches.open_batch(session, owner.id, "2023", "key")
        upload = uploads.start_upload(session, batch.id, owner.id, name, len(content))
        uploads.whole(session, upload.id, blob.sha256, blob.size)
        return batch.id, upload.id


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/") + ".pdf", content)
    return out.getvalue()


def test_a_zip_becomes_its_files_once(desk: Desk) -> None:
    batch, upload = sent(desk, "../../2023年.zip", zipped(局__a=recorded(1), b=recorded(2), c=b"", d=recorded(1)))
    take_in(desk, upload)
    take_in(desk, upload)
    with desk.database.transaction() as session:
        names = sorted(row.name for row in session.query(Document).filter_by(batch_id=batch))
        assert names == [f"../../2023年.zip/{name}.pdf" for name in ("b", "d", "局/a")]
        (refusal,) = batches.refusals(session, batch)
        assert (refusal.name, "empty" in refusal.reason) == ("../../2023年.zip/c.pdf", True)
        assert dispatch.openings_to_send(session, 8, 8) == []
    assert desk.fleet.depth()[4] == 2, "one reading for equal files"


def test_what_is_no_document_is_refused_and_the_upload_is_done(desk: Desk) -> None:
    batch, upload = sent(desk, "a.pdf", b"\x7fELF" + bytes(99))
    take_in(desk, upload)
    with desk.database.transaction() as session:
        (refusal,) = batches.refusals(session, batch)
        assert refusal.name == "a.pdf"
        assert uploads.upload_of(session, upload).taken_at is not None  # type: ignore[union-attr]  # it is there


def test_bytes_that_are_gone_are_told(desk: Desk) -> None:
    batch, upload = sent(desk, "a.pdf", b"gone")
    with desk.database.transaction() as session:
        desk.blobs.remove(uploads.upload_of(session, upload).sha256 or "")  # type: ignore[union-attr]  # it is there
    take_in(desk, upload)
    with desk.database.transaction() as session:
        assert "restore it from a backup" in batches.refusals(session, batch)[0].reason
