"""What a person can have done about documents: tried again, cancelled, read again, settled again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import partial

from starlette.convertors import Convertor, register_url_convertor

from api.deps import Call, Kit
from api.errors import ProblemError, missing
from models.archive import UNFINISHED, State
from models.db import Session, after_commit
from models.queue import Priority, Task
from models.rows import Batch, Document
from models.store import again, audit, batches, listing, readings
from models.store.listing import MOST_ROWS, DocumentFilter, DocumentLine


class Action(StrEnum):
    """What can be done; in an address `{action:action}`, where no other word leads to its endpoint."""

    RETRY = "retry"
    CANCEL = "cancel"
    REREAD = "reread"
    RESETTLE = "resettle"


class _Convertor(Convertor[str]):
    regex = "|".join(Action)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("action", _Convertor())


def act_on_document(session: Session, call: Call, document_id: int, action: Action) -> int:
    """Do it to one document; to how many it was done: 0 if it made no sense. Raises ProblemError 404."""
    if batches.document_for(session, document_id, call.who.user) is None:
        raise missing("document")
    line = listing.document_line(session, document_id)
    count = 0 if line is None else _do(session, call.kit, action, line)
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


def _all(session: Session, call: Call, batch: Batch, action: Action) -> int:
    """A batch may hold any number of documents: what is to be done is marked, and the sweep sends it."""
    if batch.cancelled_at is not None:
        raise ProblemError(409, "cancelled", "this batch was cancelled: send its files in another one")
    if action is Action.RESETTLE:
        count = again.settle_batch(session, batch.id)
    elif action is Action.REREAD:
        count = again.read_batch(session, batch.id, call.kit.settings.engine(), Priority.BATCH.value)
    else:
        count = _retry(session, _documents_of(session, call, batch.id))
    after_commit(session, call.kit.waker.soon)
    return count


def _documents_of(session: Session, call: Call, batch_id: int) -> Iterator[DocumentLine]:
    """All documents of a batch, however many."""
    after = 0
    while found := listing.documents(session, call.who.user, DocumentFilter(batch_id), MOST_ROWS, after):
        yield from found
        after = found[-1].id


def _cancel_all(session: Session, batch: Batch) -> int:
    counts = listing.progress(session, batch.id)
    batches.cancel_batch(session, batch.id)
    return sum(count for state, count in counts.documents.items() if state in UNFINISHED) if counts else 0


def _do(session: Session, kit: Kit, action: Action, line: DocumentLine) -> int:
    if action is Action.CANCEL:
        return int(batches.cancel_document(session, line.id))
    if action is Action.RESETTLE:
        return _resettle(session, kit, line.reading_id)
    after_commit(session, kit.waker.soon)
    return _retry(session, [line]) if action is Action.RETRY else _reread(session, kit, line)


def _retry(session: Session, lines: Iterable[DocumentLine]) -> int:
    """What failed, and documents with pages that were set aside; one that was cancelled is wanted again."""
    count, seen = 0, set[int]()
    for line in lines:
        if line.state is State.CANCELLED:
            count += batches.want_again(session, line.id)
        elif line.state in (State.FAILED, State.NEEDS_REVIEW) and line.reading_id not in seen:
            seen.add(line.reading_id)
            count += readings.retry(session, line.reading_id)
    return count


def _reread(session: Session, kit: Kit, line: DocumentLine) -> int:
    """Read with the engine of today what another one has read, and what was cancelled."""
    before = session.get_one(Document, line.id).reading_id
    new = readings.reread(session, line.id, kit.settings.engine(), Priority.PERSON.value)
    return int(new != before or line.state is State.CANCELLED)


def _resettle(session: Session, kit: Kit, reading_id: int) -> int:
    asked = readings.ask_settling(session, [reading_id])
    for one in asked:
        after_commit(session, partial(kit.send, Task.SETTLE, one, priority=Priority.FINISH))
    return len(asked)
