"""Exports: asked for, made once, then frozen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.archive import UNFINISHED, Blob, ExportFormat, Role
from models.db import at
from models.rows import Batch, Decision, Document, Export, Extraction, Reading, Refusal, User

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an export is to hold. `scope` is {"batch": id}, {"documents": [ids]} or {} for everything."""

    name: str
    format: ExportFormat
    scope: Mapping[str, Any]
    with_flagged: bool = True


@dataclass(frozen=True, slots=True)
class Frozen:
    """A finished export: its bytes, the blob that lists what it rests on, and on how many decisions."""

    blob: Blob
    manifest: str
    decisions: int


def ask_export(session: Session, user_id: int, wanted: Wanted) -> Export:
    """A new version to be made; the task has to be sent."""
    export = Export(
        user_id=user_id, name=wanted.name, format=wanted.format.value, scope=dict(wanted.scope),
        with_flagged=wanted.with_flagged, created_at=at(session), sent_at=at(session),
    )  # fmt: skip
    session.add(export)
    session.flush()
    return export


def export_for(session: Session, export_id: int, viewer: User) -> Export | None:
    """The export, if there is one and this person may see it: their own, or any for reviewers."""
    export = session.get(Export, export_id)
    return export if export and (viewer.role != Role.UPLOADER or export.user_id == viewer.id) else None


def exports(session: Session, viewer: User, limit: int = 50, after: int | None = None) -> Sequence[Export]:
    """Exports the person may see, the newest first."""
    query = select(Export)
    if viewer.role == Role.UPLOADER:
        query = query.where(Export.user_id == viewer.id)
    if after is not None:
        query = query.where(Export.id < after)
    return session.scalars(query.order_by(Export.id.desc()).limit(min(limit, 500))).all()


def start_export(session: Session, export_id: int) -> Export | None:
    """The export to be made; None if it is finished or has failed."""
    export = session.get(Export, export_id, with_for_update=True)
    if export is None or export.finished_at is not None or export.failure:
        return None
    export.started_at = at(session)
    return export


def freeze_export(session: Session, export_id: int, frozen: Frozen) -> bool:
    """Note what was made; the first one stands, False if there was one."""
    done = update(Export).where(Export.id == export_id, Export.finished_at.is_(None)).values(
        finished_at=at(session), sha256=frozen.blob.sha256, size=frozen.blob.size, manifest=frozen.manifest,
        decisions=frozen.decisions, failure="",
    )  # fmt: skip
    return session.scalar(done.returning(Export.id)) is not None


def fail_export(session: Session, export_id: int, reason: str) -> None:
    """Note why an export could not be made."""
    failed = update(Export).where(Export.id == export_id, Export.finished_at.is_(None))
    session.execute(failed.values(failure=reason))


@dataclass(frozen=True, slots=True)
class Held:
    """A document of an export: where it stands, its reading, and what that was settled to (`blob` None: not yet)."""

    batch_id: int
    batch: str
    name: str
    sha256: str
    reading_id: int
    engine: str
    state: str
    failure: str
    pages: int
    origin: str
    blob: str | None
    decision_id: int


@dataclass(frozen=True, slots=True)
class NotHeld:
    """A file of a batch that was not taken, and why."""

    batch_id: int
    batch: str
    name: str
    sha256: str
    reason: str


def held(session: Session, scope: Mapping[str, Any], viewer: User) -> list[Held]:
    """The documents of a scope that the person may see, by batch and name; cancelled ones are left out."""
    query = (
        select(Document, Batch.name, Reading, Extraction)
        .join(Batch, Batch.id == Document.batch_id)
        .join(Reading, Reading.id == Document.reading_id)
        .outerjoin(Extraction, Extraction.reading_id == Document.reading_id)
        .where(Document.cancelled_at.is_(None))
    )
    if viewer.role == Role.UPLOADER:
        query = query.where(Batch.owner_id == viewer.id)
    if "batch" in scope:
        query = query.where(Document.batch_id == int(scope["batch"]))
    if "documents" in scope:
        query = query.where(Document.id.in_([int(number) for number in scope["documents"]]))
    found = [_held(*one) for one in session.execute(query.execution_options(yield_per=1000))]
    return sorted(found, key=lambda one: (one.batch_id, one.name))


def not_held(session: Session, scope: Mapping[str, Any], viewer: User) -> list[NotHeld]:
    """The files of a scope that were refused; none where documents were selected one by one."""
    if "documents" in scope:
        return []
    query = select(Refusal, Batch.name).join(Batch, Batch.id == Refusal.batch_id)
    if viewer.role == Role.UPLOADER:
        query = query.where(Batch.owner_id == viewer.id)
    if "batch" in scope:
        query = query.where(Refusal.batch_id == int(scope["batch"]))
    query = query.order_by(Refusal.batch_id, Refusal.name)
    return [
        NotHeld(refusal.batch_id, batch, refusal.name, refusal.sha256, refusal.reason)
        for refusal, batch in session.execute(query)
    ]


def decisions_behind(session: Session, documents: Sequence[Held]) -> Iterator[tuple[Decision, str]]:
    """The decisions that the documents rest on, each with who made it, in the order in which they were made."""
    until: dict[str, int] = {}
    for one in documents:
        until[one.sha256] = max(until.get(one.sha256, 0), one.decision_id)
    wanted = sorted(sha256 for sha256, last in until.items() if last)
    found: list[tuple[Decision, str]] = []
    for first in range(0, len(wanted), _AT_ONCE):
        query = select(Decision, User.name).join(User, User.id == Decision.user_id)
        query = query.where(Decision.sha256.in_(wanted[first : first + _AT_ONCE]))
        found += [(one, who) for one, who in session.execute(query) if one.id <= until[one.sha256]]
    yield from sorted(found, key=lambda one: one[0].id)


def _held(document: Document, batch: str, reading: Reading, extraction: Extraction | None) -> Held:
    settled = extraction is not None and reading.state not in UNFINISHED
    return Held(
        batch_id=document.batch_id, batch=batch, name=document.name, sha256=document.sha256, reading_id=reading.id,
        engine=reading.engine, state=reading.state, failure=reading.failure, pages=reading.page_count or 0,
        origin=extraction.origin if extraction else "",
        blob=extraction.blob if settled and extraction else None,
        decision_id=extraction.decision_id if settled and extraction else 0,
    )  # fmt: skip
