"""Exports: asked for, made once, then frozen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.archive import Blob, ExportFormat, Role
from models.db import at
from models.rows import Export, User


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
