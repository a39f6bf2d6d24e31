"""A worker draws a page of a real PDF and keeps it; what cannot be drawn says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.archive import Blob
from models.settings import Settings
from models.store import batches, pages, pictures, readings
from models.store.batches import Ask, Incoming
from models.store.pages import PageKey, PageResult
from tests.archives import FRESH, person
from tests.test_render import pdf
from worker.desk import Desk, Work
from worker.drawing import draw


@pytest.fixture
def desk(
    redis_server_url: str, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Desk]:
    copy = tmp_path / "jiaokan.sqlite"
    copy.write_bytes(sqlite_template.read_bytes())
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", f"sqlite:///{copy}")
    monkeypatch.setenv("JIAOKAN_REDIS_URL", redis_server_url)
    monkeypatch.setenv("JIAOKAN_STORE_URL", str(tmp_path / "store"))
    found = Desk(Settings(), Work(), "test")
    yield found
    found.close()
    found.app.close()
    found.fleet.close()


def filed(desk: Desk, content: bytes) -> PageKey:
    """The first page of a file whose pages could not be read."""
    blob = desk.blobs.put_bytes(content)
    with desk.database.transaction() as session:
        batch = batches.open_batch(session, person(session).id, "2023", "key")
        added = batches.add_file(session, batch.id, Incoming("a.pdf", Blob(blob.sha256, blob.size), "pdf"), Ask("x", 6))
        readings.opened(session, added.reading_id, 1)
        key = PageKey(added.reading_id, 1)
        pages.start_page(session, key, FRESH)
        pages.finish_page(session, key, PageResult(None, "unreadable", {}))
    return key


def drawn(desk: Desk, key: PageKey) -> list[tuple[str, str]]:
    """The first bytes and the problem of each picture."""
    with desk.database.snapshot() as session:
        found = pictures.pictures_of(session, key)
        return [(desk.blobs.get(one.blob)[:4].decode() if one.blob else "", one.problem) for one in found]


def test_a_page_is_drawn_once_and_kept(desk: Desk) -> None:
    key = filed(desk, pdf())
    draw(desk, key)
    draw(desk, key)
    assert drawn(desk, key) == [("RIFF", "")]
    draw(desk, PageKey(key.reading_id, 9))
    draw(desk, PageKey(99, 1))


def test_a_page_that_cannot_be_drawn_says_why(desk: Desk) -> None:
    key = filed(desk, b"%PDF-1.7\nnot much of a file\n%%EOF\n")
    draw(desk, key)
    ((found, problem),) = drawn(desk, key)
    assert not found
    assert "get it again from its source" in problem
    desk.blobs.remove(desk.blobs.put_bytes(b"%PDF-1.7\nnot much of a file\n%%EOF\n").sha256)
    draw(desk, key)
    ((_, problem),) = drawn(desk, key)
    assert "the store holds no" in problem
