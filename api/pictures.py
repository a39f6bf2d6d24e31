"""Pictures of pages: where they are, and their bytes. They are drawn by workers, before or when somebody asks."""

from __future__ import annotations

import logging
import threading
import time
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response

from api.deps import Call, Calls, Reads, allowed
from api.errors import ProblemError, missing
from api.review_schemas import PageOut, PictureOut
from api.schemas import Filter, IdPath
from models.db import Session, at
from models.queue import Priority, QueueError, Task
from models.rows import Document, Picture
from models.store import batches, pictures
from models.store.pages import PageKey

router = APIRouter(prefix="/api", tags=["review"])
_KEEP = "private, max-age=31536000, immutable"
_ASK_EVERY_SECONDS = 10.0
_TRY_AGAIN = timedelta(minutes=5)
_MOST_ASKED = 10_000
_PageNumber = Annotated[int, Path(ge=1, le=100_000)]
_WEBP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/webp": {"schema": {"type": "string", "format": "binary"}}}}
}
_DRAWING: dict[int | str, dict[str, Any]] = {202: {"model": PageOut, "description": "It is being drawn."}}
_log = logging.getLogger(__name__)


class View(StrEnum):
    """A page as it was filed, or as it was read: straightened."""

    FILED = "filed"
    STRAIGHT = "straight"


class Drawers:
    """Whoever draws pages, asked for each no more often than every few seconds."""

    def __init__(self) -> None:
        self._asked: dict[PageKey, float] = {}
        self._lock = threading.Lock()

    def ask(self, call: Call, key: PageKey) -> None:
        """Have a page drawn before all else; a queue that is away is asked next time."""
        with self._lock:
            if time.monotonic() - self._asked.get(key, -_ASK_EVERY_SECONDS) < _ASK_EVERY_SECONDS:
                return
            if len(self._asked) >= _MOST_ASKED:
                self._asked.clear()
            self._asked[key] = time.monotonic()
        try:
            call.kit.send(Task.PICTURE, key.reading_id, key.number, priority=Priority.REVIEW)
        except QueueError as error:
            _log.warning("no picture is drawn: %s", error)


def page_of(session: Session, document: Document, number: int) -> PageOut | None:
    """Where the pictures of a page are; None if they are not drawn."""
    drawn = [one for one in pictures.pictures_of(session, PageKey(document.reading_id, number)) if one.blob]
    if not drawn:
        return None
    filed, straight = drawn[0], next((one for one in drawn if one.straight), None)
    return PageOut(
        number=number,
        **_picture(document.id, filed).model_dump(),
        straight=_picture(document.id, straight) if straight else None,
    )


def _picture(document_id: int, row: Picture) -> PictureOut:
    view = View.STRAIGHT if row.straight else View.FILED
    href = f"/api/documents/{document_id}/pages/{row.number}/picture?view={view}&v={(row.blob or '')[:12]}"
    return PictureOut(href=href, width=round(row.width, 2), height=round(row.height, 2))


@router.get("/documents/{document_id}/pages/{number}", responses=_DRAWING, summary="Where the pictures of a page are")
@allowed()
def get_page(session: Reads, call: Calls, response: Response, document_id: IdPath, number: _PageNumber) -> PageOut:
    """With 202 it is being drawn: ask again in a moment, `href` is empty so far. 404 says why there is none."""
    document = _mine(session, call, document_id)
    found = page_of(session, document, number)
    if found is not None:
        return found
    key = PageKey(document.reading_id, number)
    if pictures.page_of(session, key) is None:
        raise ProblemError(404, "not found", "this document has no such page to look at")
    failed = next(iter(pictures.pictures_of(session, key)), None)
    drawers: Drawers = call.request.app.state.drawers
    if failed is not None and failed.made_at > at(session) - _TRY_AGAIN:
        raise ProblemError(404, "no picture", failed.problem)
    drawers.ask(call, key)
    response.status_code = 202
    return PageOut(number=number, href="", width=0.0, height=0.0)


@router.get(
    "/documents/{document_id}/pages/{number}/picture",
    response_class=Response,
    responses=_WEBP,
    summary="A picture of a page",
)
@allowed()
def get_picture(  # noqa: PLR0913  # two name the page, two the picture
    session: Reads, call: Calls, document_id: IdPath, number: _PageNumber, *, view: View = View.FILED, v: Filter = ""
) -> Response:
    """WebP at 200 dots per inch; `v` names this very picture, so that a browser may keep it."""
    document = _mine(session, call, document_id)
    found = pictures.pictures_of(session, PageKey(document.reading_id, number))
    wanted = next((one for one in found if one.blob and one.straight is (view is View.STRAIGHT)), None)
    if wanted is None or not wanted.blob:
        raise missing("picture")
    known = bool(v) and wanted.blob.startswith(v)
    headers = {"etag": f'"{wanted.blob}"', "cache-control": _KEEP if known else "private, no-cache"}
    if call.request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(call.kit.blobs.get(wanted.blob), headers=headers, media_type="image/webp")


def _mine(session: Session, call: Call, document_id: int) -> Document:
    document = batches.document_for(session, document_id, call.who.user)
    if document is None:
        raise missing("document")
    return document
