"""Batches and documents: opened, listed, watched, acted upon. The pages show what these functions return."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.actions import Action, act_on_batch, act_on_document
from api.deps import Call, Calls, Person, Reads, Who, Writes, allowed
from api.errors import missing
from api.schemas import (
    After,
    BatchAsked,
    BatchOut,
    CellOut,
    DocumentOut,
    DocumentWhole,
    Done,
    Filter,
    From,
    IdPath,
    Limit,
    PagesOut,
    RefusalOut,
)
from models.archive import UNFINISHED, State
from models.db import Session
from models.store import audit, batches, listing, people, uploads
from models.store.listing import CellFilter, DocumentFilter

router = APIRouter(prefix="/api", tags=["batches"])
documents_router = APIRouter(prefix="/api", tags=["documents"])
_MOST_POSITION = 2**31 - 1


def open_batch(session: Session, call: Call, asked: BatchAsked) -> BatchOut:
    """The batch under this key, made now if there is none."""
    batch = batches.open_batch(session, call.who.id, asked.name, asked.key or uuid.uuid4().hex)
    audit.note(session, call.acts, "batch opened", f"batch {batch.id}", {"name": asked.name})
    return one_batch(session, call.who, batch.id)


def one_batch(session: Session, who: Person, batch_id: int) -> BatchOut:
    """A batch as it stands at this moment. Raises ProblemError 404."""
    batch = batches.batch_for(session, batch_id, who.user)
    found = listing.progress(session, batch_id) if batch else None
    if batch is None or found is None:
        raise missing("batch")
    owner = people.user_by_id(session, batch.owner_id)
    waiting = uploads.unpacking(session, batch_id)
    total = sum(found.documents.values())
    return BatchOut(
        id=batch.id, name=batch.name, owner=owner.name if owner else "", created_at=batch.created_at,
        state=State.READING if waiting and found.state not in (State.CANCELLED, *UNFINISHED) else found.state,
        finished=not waiting and (not total or found.state not in UNFINISHED),
        documents=dict(found.documents), total=total, pages=found.pages, pages_finished=found.pages_finished,
        questions=found.questions, refused=batches.refusal_count(session, batch_id), unpacking=waiting,
    )  # fmt: skip


def all_batches(session: Session, who: Person, limit: int, after: int | None) -> list[BatchOut]:
    """Batches the person may see, the newest first; lists do not count pages."""
    return [
        BatchOut(
            id=line.id, name=line.name, owner=line.owner, created_at=line.created_at, state=line.state,
            finished=line.state not in UNFINISHED or not line.documents, documents=dict(line.documents),
            total=sum(line.documents.values()),
        )
        for line in listing.batches(session, who.user, limit, after)
    ]  # fmt: skip


def some_documents(session: Session, who: Person, chosen: DocumentFilter, limit: int, after: int) -> list[DocumentOut]:
    """Documents the person may see, in the order in which they came."""
    return [DocumentOut.model_validate(line) for line in listing.documents(session, who.user, chosen, limit, after)]


def one_document(session: Session, who: Person, document_id: int) -> DocumentWhole:
    """A document as it stands at this moment. Raises ProblemError 404."""
    document = batches.document_for(session, document_id, who.user)
    line = listing.document_line(session, document_id) if document else None
    batch = batches.batch_for(session, line.batch_id, who.user) if line else None
    if line is None or batch is None:
        raise missing("document")
    progress = listing.page_progress(session, line.reading_id)
    values: dict[str, Any] = DocumentOut.model_validate(line).model_dump()
    pages = PagesOut.model_validate(progress)
    return DocumentWhole(**values, batch=batch.name, progress=pages, finished=line.state not in UNFINISHED)


def cells_of(session: Session, who: Person, document_id: int, chosen: dict[str, Any]) -> list[CellOut]:
    """Cells of a document. Raises ProblemError 404."""
    document = batches.document_for(session, document_id, who.user)
    if document is None:
        raise missing("document")
    reading = document.reading_id
    wanted = CellFilter(reading, chosen.get("flagged", False), chosen.get("form", ""), chosen.get("row_code", ""))
    found = listing.cells(session, wanted, chosen["limit"], chosen.get("after", -1))
    return [CellOut.model_validate(cell) for cell in found]


def refused(session: Session, who: Person, batch_id: int) -> list[RefusalOut]:
    """The files of a batch that are not read, by name. Raises ProblemError 404."""
    if batches.batch_for(session, batch_id, who.user) is None:
        raise missing("batch")
    return [RefusalOut.model_validate(row) for row in batches.refusals(session, batch_id)]


@router.get("/batches", summary="Batches")
@allowed()
def list_batches(session: Reads, who: Who, limit: Limit = 20, after: After = None) -> list[BatchOut]:
    """The newest first; pages and questions are counted for a single batch only."""
    return all_batches(session, who, limit, after)


@router.post("/batches", status_code=201, summary="Open a batch")
@allowed()
def post_batch(session: Writes, call: Calls, asked: BatchAsked) -> BatchOut:
    """With a key, opening it again gives the same batch."""
    return open_batch(session, call, asked)


@router.get("/batches/{batch_id}", summary="How far a batch is")
@allowed()
def show_batch(session: Reads, who: Who, batch_id: IdPath) -> BatchOut:
    """Computed from the facts at this moment; nothing counts along."""
    return one_batch(session, who, batch_id)


@router.get("/batches/{batch_id}/refusals", summary="Files that are not read")
@allowed()
def list_refusals(session: Reads, who: Who, batch_id: IdPath) -> list[RefusalOut]:
    """With the reason for each, by name."""
    return refused(session, who, batch_id)


@router.post("/batches/{batch_id}/{action:action}", summary="Retry, cancel, re-read or re-settle a batch")
@allowed()
def post_batch_action(session: Writes, call: Calls, batch_id: IdPath, action: Action) -> Done:
    """Retry: what failed. Reread: with the engine of today, what another has read. Resettle: all that is read."""
    return Done(documents=act_on_batch(session, call, batch_id, action))


@documents_router.get("/documents", summary="Documents")
@allowed()
def list_documents(  # noqa: PLR0913  # each is a query parameter
    session: Reads, who: Who, *, batch: After = None, state: State | None = None, entity: Filter = "",
    year: Filter = "", name: Filter = "", limit: Limit = 50, after: From = 0,
) -> list[DocumentOut]:  # fmt: skip
    """In the order in which they came, of one batch or of all; `name` is a part of the name."""
    return some_documents(session, who, DocumentFilter(batch, state, entity, year, name), limit, after)


@documents_router.get("/documents/{document_id}", summary="How far a document is, and what was found")
@allowed()
def show_document(session: Reads, who: Who, document_id: IdPath) -> DocumentWhole:
    """With its pages, and what is wrong with which."""
    return one_document(session, who, document_id)


@documents_router.get("/documents/{document_id}/cells", summary="Cells of a document")
@allowed()
def list_cells(  # noqa: PLR0913  # each is a query parameter
    session: Reads, who: Who, document_id: IdPath, *, flagged: bool = False, form: Filter = "", row_code: Filter = "",
    limit: Limit = 100, after: Annotated[int, Query(ge=-1, le=_MOST_POSITION)] = -1,
) -> list[CellOut]:  # fmt: skip
    """Those that print something or are flagged, in order; go on after the last one's `position`."""
    chosen = {"flagged": flagged, "form": form, "row_code": row_code, "limit": limit, "after": after}
    return cells_of(session, who, document_id, chosen)


@documents_router.post(
    "/documents/{document_id}/{action:action}", summary="Retry, cancel, re-read or re-settle a document"
)
@allowed()
def post_document_action(session: Writes, call: Calls, document_id: IdPath, action: Action) -> Done:
    """`documents` is 0 where there was nothing to do."""
    return Done(documents=act_on_document(session, call, document_id, action))
