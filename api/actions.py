"""What a person can have done about documents: tried again, cancelled, read again, settled again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import partial

from api.deps import Call, Kit
from api.errors import ProblemError, missing
from models.archive import UNFINISHED, State
from models.db import Session, after_commit
from models.queue import Priority, Task
from models.rows import Batch, Document
from models.store import audit, batches, listing, readings
from models.store.listing import MOST_ROWS, DocumentFilter, DocumentLine


class Action(StrEnum):
    """What can be done."""

    RETRY = "retry"
    CANCEL = "cancel"
    REREAD = "reread"
    RESETTLE = "resettle"


def act_on_document(session: Session, call: Call, document_id: int, action: Action) -> int:
    """Do it to one document; to how many it was done: 0 if it made no sense. Raises ProblemError 404."""
    if batches.document_for(session, document_id, call.who.user) is None:
        raise missing("document")
    line = listing.document_line(session, document_id)
    count = 0 if line is None else _do(session, call.kit, action, [line], Priority.PERSON)
    if count:
        audit.note(session, call.acts, f"document {action.value}", f"document {document_id}")
    return count


def act_on_batch(session: Session, call: Call, batch_id: int, action: Action) -> int:
    """Do it to all documents of a batch for which it makes sense; to how many. Raises ProblemError 404, 409."""
    batch = batches.batch_for(session, batch_id, call.who.user)
    if batch is None:
        raise missing("batch")
    count = _cancel_all(session, batch) if action is Action.CANCEL else _all(session, call, batch, action)
    audit.note(session, call.acts, f"batch {action.value}", f"batch {batch_id}", {"documents": count})
    return count


def documents_of(session: Session, call: Call, chosen: DocumentFilter) -> Iterator[DocumentLine]:
    """All documents of a choice, however many."""
    after = 0
    while found := listing.documents(session, call.who.user, chosen, MOST_ROWS, after):
        yield from found
        after = found[-1].id


def _all(session: Session, call: Call, batch: Batch, action: Action) -> int:
    if batch.cancelled_at is not None:
        raise ProblemError(409, "cancelled", "this batch was cancelled: send its files in another one")
    lines = list(documents_of(session, call, DocumentFilter(batch.id)))
    return _do(session, call.kit, action, lines, Priority.BATCH)


def _cancel_all(session: Session, batch: Batch) -> int:
    counts = listing.progress(session, batch.id)
    batches.cancel_batch(session, batch.id)
    return sum(count for state, count in counts.documents.items() if state in UNFINISHED) if counts else 0


def _do(session: Session, kit: Kit, action: Action, lines: Sequence[DocumentLine], priority: Priority) -> int:
    if action is Action.RETRY:
        return _retry(session, kit, lines)
    if action is Action.CANCEL:
        return sum(batches.cancel_document(session, line.id) for line in lines)
    if action is Action.REREAD:
        return _reread(session, kit, lines, priority)
    return _resettle(session, kit, lines)


def _retry(session: Session, kit: Kit, lines: Sequence[DocumentLine]) -> int:
    """What failed, and documents with pages that were set aside; one that was cancelled is wanted again."""
    count = 0
    for reading_id in dict.fromkeys(
        line.reading_id for line in lines if line.state in (State.FAILED, State.NEEDS_REVIEW)
    ):
        if readings.retry(session, reading_id):
            count += 1
            if readings.is_read(session, reading_id):
                after_commit(session, partial(kit.send, Task.SETTLE, reading_id, priority=Priority.FINISH))
    count += sum(batches.want_again(session, line.id) for line in lines if line.state is State.CANCELLED)
    if count:
        after_commit(session, kit.waker.soon)
    return count


def _reread(session: Session, kit: Kit, lines: Sequence[DocumentLine], priority: Priority) -> int:
    """Read with the engine of today what another one has read, and what was cancelled."""
    engine, count = kit.settings.engine(), 0
    for line in lines:
        before = session.get_one(Document, line.id).reading_id
        new = readings.reread(session, line.id, engine, priority.value)
        count += new != before or line.state is State.CANCELLED
    if count:
        after_commit(session, kit.waker.soon)
    return count


def _resettle(session: Session, kit: Kit, lines: Sequence[DocumentLine]) -> int:
    asked = readings.ask_settling(session, list({line.reading_id for line in lines}))
    for reading_id in asked:
        after_commit(session, partial(kit.send, Task.SETTLE, reading_id, priority=Priority.FINISH))
    return len(asked)
