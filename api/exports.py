"""Frozen versions of what is known: asked for, made by a worker, downloaded with their hash and what they rest on."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.deps import Call, Calls, Person, Reads, Who, Writes, allowed
from api.downloads import download
from api.errors import ProblemError, missing
from api.schemas import After, ExportAsked, ExportOut, IdPath, Limit
from models.archive import ExportFormat
from models.db import Session, after_commit
from models.queue import Priority, Task
from models.rows import Export
from models.store import audit, batches, exports
from models.store.exports import Wanted

router = APIRouter(prefix="/api", tags=["exports"])
files = APIRouter(prefix="/api", tags=["exports"])
_ENDINGS = {ExportFormat.CSV: "zip", ExportFormat.XLSX: "xlsx", ExportFormat.PARQUET: "parquet.zip"}
BINARY: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}},
    206: {"description": "A part, where one was asked for."},
}


def ask(session: Session, call: Call, asked: ExportAsked) -> ExportOut:
    """Have a version made of what the person may see. Raises ProblemError 404 where they may not see it."""
    scope: dict[str, object] = {}
    if asked.batch is not None:
        if batches.batch_for(session, asked.batch, call.who.user) is None:
            raise missing("batch")
        scope = {"batch": asked.batch}
    elif asked.documents is not None:
        if any(batches.document_for(session, number, call.who.user) is None for number in asked.documents):
            raise missing("document")
        scope = {"documents": sorted(set(asked.documents))}
    export = exports.ask_export(session, call.who.id, Wanted(asked.name, asked.format, scope, asked.with_flagged))
    audit.note(session, call.acts, "export asked for", f"export {export.id}", {"format": asked.format.value})
    after_commit(session, partial(call.kit.send, Task.EXPORT, export.id, priority=Priority.PERSON))
    return ExportOut.model_validate(export)


def some_exports(session: Session, who: Person, limit: int, after: int | None) -> list[ExportOut]:
    """Versions the person may see, the newest first."""
    return [ExportOut.model_validate(row) for row in exports.exports(session, who.user, limit, after)]


@router.get("/exports", summary="Versions")
@allowed()
def list_exports(session: Reads, who: Who, limit: Limit = 50, after: After = None) -> list[ExportOut]:
    """The newest first; uploaders see their own."""
    return some_exports(session, who, limit, after)


@router.post("/exports", status_code=202, summary="Have a version made")
@allowed()
def post_export(session: Writes, call: Calls, asked: ExportAsked) -> ExportOut:
    """It is there when `finished_at` is; then it never changes."""
    return ask(session, call, asked)


@router.get("/exports/{export_id}", summary="A version")
@allowed()
def show_export(session: Reads, who: Who, export_id: IdPath) -> ExportOut:
    """`sha256` is the hash of the file, `decisions` how many decisions of reviewers it rests on."""
    return ExportOut.model_validate(_mine(session, who, export_id))


@router.get("/exports/{export_id}/file", response_class=Response, responses=BINARY, summary="Download a version")
@allowed()
def get_file(session: Reads, call: Calls, export_id: IdPath) -> Response:
    """CSV and Parquet as a ZIP, or a workbook. Ranges are answered, so a download can be gone on with."""
    export = _made(session, call.who, export_id)
    name = f"{export.name} {export.id}.{_ENDINGS[ExportFormat(export.format)]}"
    return download(call.request, call.kit.blobs, export.sha256 or "", name)


@router.get("/exports/{export_id}/manifest", response_class=Response, responses=BINARY, summary="What it rests on")
@allowed()
def get_manifest(session: Reads, call: Calls, export_id: IdPath) -> Response:
    """JSON: every document with its hash and result, every refusal, every decision with who made it and when."""
    export = _made(session, call.who, export_id)
    return download(call.request, call.kit.blobs, export.manifest or "", f"{export.name} {export.id}.manifest.json")


@files.get("/documents/{document_id}/file", response_class=Response, responses=BINARY, summary="The file itself")
@allowed()
def get_document_file(session: Reads, call: Calls, document_id: IdPath) -> Response:
    """As it was sent, as an attachment."""
    document = batches.document_for(session, document_id, call.who.user)
    if document is None:
        raise missing("document")
    return download(call.request, call.kit.blobs, document.sha256, document.name.rpartition("/")[2])


def _mine(session: Session, who: Person, export_id: int) -> Export:
    export = exports.export_for(session, export_id, who.user)
    if export is None:
        raise missing("export")
    return export


def _made(session: Session, who: Person, export_id: int) -> Export:
    export = _mine(session, who, export_id)
    if export.finished_at is None or not export.sha256:
        raise ProblemError(409, "not made yet", export.failure or "it is being made: ask again in a moment")
    return export
