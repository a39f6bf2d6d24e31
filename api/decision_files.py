"""Decisions as files: downloaded as CSV, brought in again, and those shown that match nothing any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.deps import Call, Calls, Person, Reads, allowed
from api.errors import ProblemError, missing
from api.importing import bring
from api.insight import REVIEWERS
from api.insight_schemas import ImportOut, OrphanOut
from api.schemas import IdPath
from models.db import Session
from models.export.decided import NoDecisionsError, read, written
from models.packing import unpack_extraction
from models.rows import Document
from models.settings import MEBIBYTE
from models.store import batches, decided, results, reviews

MOST_BYTES = 64 * MEBIBYTE
router = APIRouter(prefix="/api", tags=["decisions"], max_body_size=MOST_BYTES)
_AT_ONCE = 1000
_CSV: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}},
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "The decisions, in order."}
}


@router.get("/batches/{batch_id}/decisions.csv", response_class=Response, responses=_FILE, summary="Decisions as CSV")
@allowed(*REVIEWERS)
def batch_decisions(call: Calls, session: Reads, batch_id: IdPath) -> Response:
    """All that was decided about the files of a batch, what was taken back and the taking back too."""
    if batches.batch_for(session, batch_id, call.who.user) is None:
        raise missing("batch")
    return _file(call, batch_id, "", f"batch-{batch_id}-decisions.csv")


@router.get(
    "/documents/{document_id}/decisions.csv", response_class=Response, responses=_FILE, summary="Decisions as CSV"
)
@allowed(*REVIEWERS)
def document_decisions(call: Calls, session: Reads, document_id: IdPath) -> Response:
    """All that was decided about a document."""
    document = _document(session, call.who, document_id)
    return _file(call, document.batch_id, document.sha256, f"document-{document_id}-decisions.csv")


@router.post("/batches/{batch_id}/decisions.csv", openapi_extra=_CSV, summary="Bring decisions in")
@allowed(*REVIEWERS)
async def import_to_batch(call: Calls, batch_id: IdPath) -> ImportOut:
    """The body is such a CSV. Each line goes to the document of the same bytes, else of the same name.

    Doing it again does no harm: what is there already is told so. In another file cells are found by where they stand.
    """
    data = await call.request.body()

    def found(session: Session) -> list[Document]:
        if batches.batch_for(session, batch_id, call.who.user) is None:
            raise missing("batch")
        hashes, names = _named(data)
        return decided.targets(session, batch_id, hashes, names)

    return await run_in_threadpool(_bring, call, f"batch {batch_id}", data, found)


@router.post("/documents/{document_id}/decisions.csv", openapi_extra=_CSV, summary="Bring decisions in")
@allowed(*REVIEWERS)
async def import_to_document(call: Calls, document_id: IdPath) -> ImportOut:
    """The body is such a CSV; all its lines go to this document, whichever file they were about."""
    data = await call.request.body()

    def found(session: Session) -> list[Document]:
        return [_document(session, call.who, document_id)]

    return await run_in_threadpool(_bring, call, f"document {document_id}", data, found)


@router.get("/documents/{document_id}/orphans", summary="Decisions that match nothing")
@allowed()
def list_orphans(call: Calls, session: Reads, document_id: IdPath) -> list[OrphanOut]:
    """What was decided about the file and stands for no cell of what it was last read to."""
    return orphans_of(session, call, document_id)


def orphans_of(session: Session, call: Call, document_id: int) -> list[OrphanOut]:
    """The decisions that match nothing. Raises ProblemError 404."""
    kept = results.extraction_of(session, _document(session, call.who, document_id).reading_id)
    if kept is None or not kept.decision_id:
        return []
    numbers = unpack_extraction(call.kit.blobs.get(kept.blob)).orphans
    told = []
    for row, who in decided.told(session, numbers):
        place = reviews.place_of(row.place)
        told.append(
            OrphanOut(
                number=row.id, kind=row.kind, who=who, at=row.at, before=row.before, after=row.after, note=row.note,
                table=place.table_code if place else row.key, page=place.page if place else 0,
                row=f"{place.row_code} {place.row_name}".strip() if place else "",
                column=(place.column_name or place.column_no) if place else "",
            )
        )  # fmt: skip
    return told


def _document(session: Session, who: Person, document_id: int) -> Document:
    document = batches.document_for(session, document_id, who.user)
    if document is None:
        raise missing("document")
    return document


def _file(call: Call, batch_id: int, sha256: str, name: str) -> StreamingResponse:
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return StreamingResponse(_pieces(call, batch_id, sha256), 200, headers, "text/csv; charset=utf-8")


def _pieces(call: Call, batch_id: int, sha256: str) -> Iterator[str]:
    """The file in pieces, each from a moment of its own: decisions are only ever added, at the end."""
    yield written([])
    after = 0
    while True:
        with call.kit.database.snapshot() as session:
            found = decided.lines(session, batch_id, sha256, after, _AT_ONCE)
        if not found:
            return
        yield written(found, header=False)
        after = found[-1].number


def _named(data: bytes) -> tuple[list[str], list[str]]:
    """The hashes and names that a file speaks of. Raises ProblemError 422."""
    try:
        lines = [line for _, line in read(data)]
    except NoDecisionsError as error:
        raise ProblemError(422, "no decisions", str(error)) from error
    hashes = {getattr(line, "sha256", "") for line in lines}
    return sorted(hashes), sorted({getattr(line, "document", "") for line in lines})


def _bring(call: Call, subject: str, data: bytes, found: Callable[[Session], list[Document]]) -> ImportOut:
    with call.kit.database.transaction() as session:
        return bring(session, call, subject, data, found(session))
