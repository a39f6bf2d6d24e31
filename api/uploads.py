"""Files brought into a batch: one with PUT, many with a form, large ones in pieces that can be gone on with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Path
from starlette.concurrency import run_in_threadpool

from api.deps import Call, Calls, Kit, Person, Reads, Ways, Who, Writes, allowed
from api.errors import ProblemError, missing
from api.multipart import FormFiles
from api.receiving import Received, cleaned, gathered, largest, look, receive, too_large, unwanted
from api.schemas import FileOutcome, IdPath, UploadAsked, UploadOut
from models.archive import Outcome
from models.blobs import Blobs, StoreError, TooLargeError
from models.db import Session, after_commit
from models.kinds import Content
from models.queue import Priority
from models.rows import Batch, Upload
from models.settings import MEBIBYTE
from models.store import audit, batches, uploads
from models.store.audit import Actor
from models.store.batches import Ask, Incoming
from models.store.uploads import Part

router = APIRouter(prefix="/api", tags=["uploads"])
ANY_SIZE = 1 << 60
streams = APIRouter(prefix="/api", tags=["uploads"], max_body_size=ANY_SIZE)
"""The endpoints that take large bodies: each file has its own limit, told as what came of it."""
PIECE_BYTES = 64 * MEBIBYTE
_BYTES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"files": {"type": "array", "items": {"type": "string", "format": "binary"}}},
                }
            }
        },
    }
}
_Result = TypeVar("_Result")


@streams.put("/batches/{batch_id}/files/{name:path}", summary="Add a file", openapi_extra=_BYTES)
@allowed()
async def put_file(
    call: Calls, batch_id: IdPath,
    name: Annotated[str, Path(max_length=1000, description="The file's path in the batch.")],
) -> FileOutcome:  # fmt: skip
    """The body is the file; the answer says what came of it. The same file again under the same name does no harm."""
    await _in_transaction(call.kit, lambda session: batch_to_fill(session, batch_id, call.who))
    received = await receive(call.kit, cleaned(name), call.request.stream())
    return await _in_transaction(call.kit, lambda session: take(session, call.kit, call.acts, batch_id, received))


@streams.post("/batches/{batch_id}/files", summary="Add many files", openapi_extra=_FORM)
@allowed()
async def post_files(call: Calls, batch_id: IdPath) -> list[FileOutcome]:
    """A form with files, as browsers and curl send it; each is taken as soon as it is here."""
    return await take_form(call, batch_id, FormFiles(call.request))


async def take_form(call: Call, batch_id: int, files: FormFiles) -> list[FileOutcome]:
    """Take the files of a form, and tell what came of each. Raises ProblemError 404, 409."""
    await _in_transaction(call.kit, lambda session: batch_to_fill(session, batch_id, call.who))
    outcomes = []
    async for name in files:
        received = await receive(call.kit, cleaned(name), files.body())
        outcomes.append(await _in_transaction(call.kit, partial(_take_one, call.kit, call.acts, batch_id, received)))
    return outcomes


@router.post("/batches/{batch_id}/uploads", status_code=201, summary="Begin, or go on with, a large file")
@allowed()
def begin_upload(kit: Ways, session: Writes, who: Who, batch_id: IdPath, asked: UploadAsked) -> UploadOut:
    """Pieces are sent with PATCH, each where the last ended. What was sent before a break is not sent again."""
    batch_to_fill(session, batch_id, who)
    name = cleaned(asked.name)
    reason = unwanted(name) or (too_large(largest(kit)) if asked.size > largest(kit) else "")
    if reason:
        raise ProblemError(422, "not taken", reason)
    for upload in uploads.uploads(session, batch_id):
        same = (upload.name, upload.size, upload.user_id) == (name, asked.size, who.id)
        if same and upload.sha256 is None and not upload.failure:
            return upload_out(session, upload)
    return upload_out(session, uploads.start_upload(session, batch_id, who.id, name, asked.size))


@router.get("/batches/{batch_id}/uploads", summary="Large files on their way")
@allowed()
def list_uploads(session: Reads, who: Who, batch_id: IdPath) -> list[UploadOut]:
    """Those that are still coming, being unpacked, or could not be."""
    if batches.batch_for(session, batch_id, who.user) is None:
        raise missing("batch")
    found = [upload_out(session, upload) for upload in uploads.uploads(session, batch_id)]
    return [upload for upload in found if upload.state != "taken"]


@router.get("/uploads/{upload_id}", summary="How far an upload is")
@allowed()
def show_upload(session: Reads, who: Who, upload_id: IdPath) -> UploadOut:
    """`offset` is where the next piece begins."""
    return upload_out(session, _mine(session, upload_id, who))


@streams.patch("/uploads/{upload_id}", summary="Send a piece", openapi_extra=_BYTES)
@allowed()
async def patch_upload(
    call: Calls, upload_id: IdPath,
    upload_offset: Annotated[int, Header(ge=0, le=2**53, description="Where in the file this piece begins.")],
) -> UploadOut:  # fmt: skip
    """With the last piece the file is taken: `result` says what came of it. 409 tells where to go on instead."""
    begun = await _in_transaction(call.kit, lambda session: _next_piece(session, upload_id, call.who, upload_offset))
    part = await _store_piece(call.kit, call.request.stream(), begun)
    return await run_in_threadpool(_add_piece, call.kit, call.acts, begun, part)


def batch_to_fill(session: Session, batch_id: int, who: Person) -> Batch:
    """The batch, if the person may add to it."""
    batch = batches.batch_for(session, batch_id, who.user)
    if batch is None:
        raise missing("batch")
    if batch.cancelled_at is not None:
        raise ProblemError(409, "cancelled", "this batch was cancelled: open another one")
    return batch


def take(session: Session, kit: Kit, acts: Actor, batch_id: int, received: Received) -> FileOutcome:
    """Put a file into its batch, or say why not; a ZIP is handed to a worker, which unpacks it."""
    name, blob = received.name, received.blob
    if blob is None or received.content is None:
        if name and not unwanted(name):
            batches.refuse(session, batch_id, name, received.reason)
        return FileOutcome(name=name or "?", outcome="refused", reason=received.reason)
    if received.content is Content.ZIP:
        upload = uploads.start_upload(session, batch_id, acts.user_id or 0, name, blob.size)
        return _unpack(session, kit, upload, received)
    file = Incoming(name, blob, received.content.value)
    added = batches.add_file(session, batch_id, file, Ask(kit.settings.engine(), Priority.BATCH))
    if added.to_open:
        after_commit(session, kit.waker.soon)
    if added.outcome is Outcome.ACCEPTED:
        audit.note(session, acts, "file added", f"batch {batch_id}", {"document": added.document_id})
    same_as = added.same_as if added.same_as != name else ""
    return FileOutcome(
        name=name, outcome=added.outcome.value, document_id=added.document_id or None,
        same_as=same_as, reason=added.reason,
    )  # fmt: skip


def upload_out(session: Session, upload: Upload, result: FileOutcome | None = None) -> UploadOut:
    """An upload as it is shown."""
    sent = uploads.parts(session, upload.id)
    offset = (upload.size or 0) if upload.sha256 else sum(part.size for part in sent)
    return UploadOut(
        id=upload.id, batch_id=upload.batch_id, name=upload.name, size=upload.size or 0, offset=offset,
        piece=PIECE_BYTES, state=_state(upload), reason=upload.failure, result=result,
    )  # fmt: skip


def _state(upload: Upload) -> Any:
    if upload.failure:
        return "failed"
    if upload.taken_at is not None:
        return "taken"
    return "unpacking" if upload.sha256 else "receiving"


def _take_one(kit: Kit, acts: Actor, batch_id: int, received: Received, session: Session) -> FileOutcome:
    return take(session, kit, acts, batch_id, received)


def _unpack(session: Session, kit: Kit, upload: Upload, received: Received) -> FileOutcome:
    if received.blob is not None:
        uploads.whole(session, upload.id, received.blob.sha256, received.blob.size)
    after_commit(session, partial(kit.unpack, upload.id))
    return FileOutcome(name=upload.name, outcome="unpacking", upload_id=upload.id)


def _mine(session: Session, upload_id: int, who: Person) -> Upload:
    upload = uploads.upload_of(session, upload_id)
    if upload is None or batches.batch_for(session, upload.batch_id, who.user) is None:
        raise missing("upload")
    return upload


def _next_piece(session: Session, upload_id: int, who: Person, offset: int) -> UploadOut:
    """Whether this piece comes next; raises ProblemError 409, with the offset that does, where it does not."""
    found = upload_out(session, _mine(session, upload_id, who))
    batch_to_fill(session, found.batch_id, who)
    if found.state != "receiving" or offset != found.offset:
        told = (
            f"the next piece begins at {found.offset}"
            if found.state == "receiving"
            else f"this upload is {found.state}"
        )
        raise ProblemError(409, "not this piece", told, {"Upload-Offset": str(found.offset)})
    return found


async def _store_piece(kit: Kit, stream: AsyncIterator[bytes], begun: UploadOut) -> Part | None:
    """Store a piece; what came of one that broke off stays of use. None if nothing came."""
    most = min(PIECE_BYTES, begun.size - begun.offset)
    writer = await run_in_threadpool(kit.blobs.part_writer, most)
    try:
        async for piece in gathered(stream):
            await run_in_threadpool(writer.write, piece)
    except TooLargeError as error:
        raise ProblemError(413, "too long", f"this piece may have {most} bytes at most") from error
    except BaseException:
        writer.abandon()
        raise
    key, size = await run_in_threadpool(kit.blobs.keep_part, writer)
    if not size:
        await run_in_threadpool(kit.blobs.remove_part, key)
        return None
    return Part(begun.offset, size, key)


def _add_piece(kit: Kit, acts: Actor, begun: UploadOut, part: Part | None) -> UploadOut:
    """Note a piece; with the last one join them and take the file."""
    with kit.database.transaction() as session:
        if part is not None and not uploads.add_part(session, begun.id, part):
            after_commit(session, partial(kit.blobs.remove_part, part.key))
        pieces = uploads.parts(session, begun.id)
        upload = uploads.upload_of(session, begun.id)
        if upload is None or upload.sha256 is not None or sum(piece.size for piece in pieces) < begun.size:
            return upload_out(session, upload) if upload else begun
    received = look(kit, begun.name, [piece.key for piece in pieces])
    with kit.database.transaction() as session:
        upload = uploads.upload_of(session, begun.id)
        if upload is None or upload.sha256 is not None:
            return begun
        result = _finish(session, kit, acts, upload, received)
        after_commit(session, lambda: _forget(kit.blobs, pieces))
        session.flush()
        session.refresh(upload)
        return upload_out(session, upload, result)


def _finish(session: Session, kit: Kit, acts: Actor, upload: Upload, received: Received) -> FileOutcome:
    if received.content is Content.ZIP:
        return _unpack(session, kit, upload, received)
    result = take(session, kit, acts, upload.batch_id, received)
    if received.blob is not None:
        uploads.whole(session, upload.id, received.blob.sha256, received.blob.size)
    uploads.taken(session, upload.id, result.reason)
    return result


def _forget(blobs: Blobs, pieces: list[Part]) -> None:
    for piece in pieces:
        with suppress(StoreError):
            blobs.remove_part(piece.key)


async def _in_transaction(kit: Kit, action: Callable[[Session], _Result]) -> _Result:
    def run() -> _Result:
        with kit.database.transaction() as session:
            return action(session)

    return await run_in_threadpool(run)
