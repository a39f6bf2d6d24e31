"""The record of who did what: added to, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.db import at
from models.rows import Audit


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the person (None for the machine itself), in which request, from where."""

    user_id: int | None = None
    request: str = ""
    address: str = ""


def note(session: Session, actor: Actor, action: str, subject: str, details: Mapping[str, Any] | None = None) -> None:
    """Add to the record; `subject` is what was acted on, such as `batch 7`. No secrets, no text of documents."""
    session.add(
        Audit(
            at=at(session), user_id=actor.user_id, action=action, subject=subject,
            request=actor.request, address=actor.address, details=dict(details or {}),
        )
    )  # fmt: skip


def entries(session: Session, limit: int = 100, after: int | None = None, subject: str = "") -> Sequence[Audit]:
    """The record, the newest first; of one subject, if given."""
    query = select(Audit)
    if after is not None:
        query = query.where(Audit.id < after)
    if subject:
        query = query.where(Audit.subject == subject)
    return session.scalars(query.order_by(Audit.id.desc()).limit(min(limit, 500))).all()
