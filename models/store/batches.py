"""Batches and the files in them: brought in, refused, cancelled."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Update, exists, func, select, update
from sqlalchemy.orm import Session

from models.archive import UNFINISHED, Blob, Outcome, Role
from models.db import at
from models.decisions import Policy
from models.rows import Batch, Document, File, Reading, Refusal, User
from models.store.once import insert_once

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Added:
    """What came of a file: its document and reading, and whether the task that opens the file has yet to be sent.

    For a duplicate, `same_as` is the name under which the same bytes already stand in this batch; empty if they came
    with another.
    """

    outcome: Outcome
    document_id: int = 0
    reading_id: int = 0
    to_open: bool = False
    same_as: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A file whose bytes are in the store: its name in the batch, and its kind as worked out from its content."""

    name: str
    blob: Blob
    kind: str


@dataclass(frozen=True, slots=True)
class Ask:
    """How a file is to be read: by which version of the engine, and how urgently (0 before 9)."""

    engine: str
    priority: int


def open_batch(session: Session, owner_id: int, name: str, key: str) -> Batch:
    """The batch this person opened under this key; made now if there is none. `key` is any text the sender chose."""
    insert_once(
        session, Batch, {"owner_id": owner_id, "name": name, "key": key, "policy": {}, "created_at": at(session)}
    )
    return session.scalars(select(Batch).where(Batch.owner_id == owner_id, Batch.key == key)).one()


def batch_for(session: Session, batch_id: int, viewer: User) -> Batch | None:
    """The batch, if there is one and this person may see it."""
    batch = session.get(Batch, batch_id)
    return batch if batch and (viewer.role != Role.UPLOADER or batch.owner_id == viewer.id) else None


def document_for(session: Session, document_id: int, viewer: User) -> Document | None:
    """The document, if there is one and this person may see its batch."""
    document = session.get(Document, document_id)
    return document if document and batch_for(session, document.batch_id, viewer) else None


def add_file(session: Session, batch_id: int, file: Incoming, ask: Ask) -> Added:
    """Put a file into a batch under a name, once; the same bytes are read once, whichever batches they are in.

    Another file of the same name is refused. The bytes have to be in the store already.
    """
    name, sha256 = file.name, file.blob.sha256
    size, time = file.blob.size, at(session)
    insert_once(session, File, {"sha256": sha256, "size": size, "kind": file.kind, "created_at": time})
    asked = {"sha256": sha256, "engine": ask.engine, "batch_id": batch_id, "priority": ask.priority}
    new = insert_once(session, Reading, {**asked, "created_at": time})
    query = select(Reading).where(Reading.sha256 == sha256, Reading.engine == ask.engine)
    reading = session.scalars(query).one()
    same_as = _name_of(session, batch_id, sha256)
    row = {"batch_id": batch_id, "sha256": sha256, "reading_id": reading.id, "name": name, "added_at": time}
    insert_once(session, Document, row)
    document = session.scalars(select(Document).where(Document.batch_id == batch_id, Document.name == name)).one()
    if document.sha256 != sha256:
        return refuse(session, batch_id, name, "another file of this name is in the batch: rename it", sha256)
    outcome = Outcome.ACCEPTED if new else Outcome.DUPLICATE
    return Added(outcome, document.id, reading.id, reading.sent_at is None, same_as)


def refuse(session: Session, batch_id: int, name: str, reason: str, sha256: str = "") -> Added:
    """Note that a file is not read, and why; the first reason stands."""
    row = {"batch_id": batch_id, "name": name, "sha256": sha256, "reason": reason, "at": at(session)}
    insert_once(session, Refusal, row)
    return Added(Outcome.REFUSED, reason=reason)


def set_policy(session: Session, batch_id: int, policy: Policy) -> None:
    """When two people look at the cells of a batch; settling its documents again is the caller's."""
    session.execute(update(Batch).where(Batch.id == batch_id).values(policy=policy.kept()))


def cancel_batch(session: Session, batch_id: int) -> None:
    """Stop what is not finished; results that are there stay, and files that other batches wait for are read on."""
    session.execute(
        update(Batch).where(Batch.id == batch_id, Batch.cancelled_at.is_(None)).values(cancelled_at=at(session))
    )
    session.execute(
        _cancelled(session).where(Document.batch_id == batch_id).execution_options(synchronize_session=False)
    )


def cancel_document(session: Session, document_id: int) -> bool:
    """Stop one document; False if it is finished or was cancelled before."""
    query = _cancelled(session).where(Document.id == document_id).returning(Document.id)
    return session.scalar(query.execution_options(synchronize_session=False)) is not None


def wanted(session: Session, reading_id: int) -> bool:
    """Whether a document that was not cancelled still waits for this reading, and it has not failed."""
    live = exists().where(Document.reading_id == Reading.id, Document.cancelled_at.is_(None))
    query = select(Reading.id).where(Reading.id == reading_id, Reading.failure == "", live)
    return session.scalar(query) is not None


def refusals(session: Session, batch_id: int) -> list[Refusal]:
    """The files of a batch that are not read."""
    return list(session.scalars(select(Refusal).where(Refusal.batch_id == batch_id).order_by(Refusal.name)))


def documents_of(session: Session, reading_id: int) -> list[int]:
    """The numbers of the documents that show a reading, in whichever batches; of very many the first."""
    query = select(Document.id).where(Document.reading_id == reading_id).order_by(Document.id).limit(_MOST_NAMED)
    return list(session.scalars(query))


def _cancelled(session: Session) -> Update:
    unfinished = select(Reading.id).where(Reading.id == Document.reading_id, Reading.state.in_(UNFINISHED))
    return update(Document).where(Document.cancelled_at.is_(None), unfinished.exists()).values(cancelled_at=at(session))


def _name_of(session: Session, batch_id: int, sha256: str) -> str:
    query = select(Document.name).where(Document.batch_id == batch_id, Document.sha256 == sha256)
    return session.scalar(query.order_by(Document.id).limit(1)) or ""


def refusal_count(session: Session, batch_id: int) -> int:
    """How many files of a batch are not read."""
    return session.scalar(select(func.count()).where(Refusal.batch_id == batch_id)) or 0


def want_again(session: Session, document_id: int) -> bool:
    """Take back the cancelling of a document whose batch was not cancelled; False if there was none."""
    live = exists().where(Batch.id == Document.batch_id, Batch.cancelled_at.is_(None))
    query = update(Document).where(Document.id == document_id, Document.cancelled_at.is_not(None), live)
    query = query.values(cancelled_at=None)
    return session.scalar(query.returning(Document.id).execution_options(synchronize_session=False)) is not None
