"""Pictures of a page for people to look at: drawn by the child, kept in the store."""

from __future__ import annotations

import logging

from models.blobs import NotStoredError
from models.files import FileKind
from models.store import pictures, readings
from models.store.pages import PageKey
from models.store.pictures import Drawn
from worker.children import Failure
from worker.desk import Desk
from worker.stored import StoredPicture

_log = logging.getLogger(__name__)


def draw(desk: Desk, key: PageKey) -> None:
    """Draw a page, unless that was done; one that cannot be drawn says why where its picture would be."""
    asked = desk.patiently(lambda: _load(desk, key))
    if asked is None:
        return
    try:
        drawn = _drawn(desk, key, *asked)
    except NotStoredError as error:
        drawn = [Drawn(False, None, problem=str(error))]

    def save() -> None:
        with desk.database.transaction(lasting=False) as session:
            pictures.keep_pictures(session, key, drawn)

    desk.patiently(save)


def _load(desk: Desk, key: PageKey) -> tuple[str, FileKind, str] | None:
    """The file and the page as read; None if there is nothing to draw."""
    with desk.database.snapshot() as session:
        found = readings.reading_of(session, key.reading_id)
        page = pictures.page_of(session, key)
        if found is None or page is None or any(one.blob for one in pictures.pictures_of(session, key)):
            return None
        return found[1].sha256, FileKind(found[1].kind), page.blob or ""


def _drawn(desk: Desk, key: PageKey, sha256: str, kind: FileKind, page: str) -> list[Drawn]:
    path = desk.patiently(lambda: desk.file(sha256))
    packed = desk.patiently(lambda: desk.blobs.get(page)) if page else b""
    arguments = (path, kind, key.number, packed, desk.settings.limits().image_pixels)
    outcome = desk.call(desk.work.picture, arguments, desk.settings.page_seconds, "JIAOKAN_PAGE_SECONDS")
    if isinstance(outcome, tuple):
        found = [one for one in outcome if isinstance(one, StoredPicture)]
        return [Drawn(one.straight, _put(desk, one.data), one.width, one.height) for one in found]
    told = outcome.message if isinstance(outcome, Failure) else "drawing brought no picture: please report it"
    _log.warning("not drawn: %s", told)
    return [Drawn(False, None, problem=told)]


def _put(desk: Desk, data: bytes) -> str:
    return desk.patiently(lambda: desk.blobs.put_bytes(data)).sha256
