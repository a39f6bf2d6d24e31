"""What was decided. Decisions are added, never changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from models import decisions
from models.db import at
from models.decisions import DecisionKind, Place, Policy, Review
from models.rows import Batch, Decision, Document, Question


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says: of which file and reading, about which cell or question, what it was and what it is.

    `place` tells where the cell stands, to find it in another reading; `seen` what was shown when it was said,
    `sent_as` the key under which the browser sends it, again if it must.
    """

    sha256: str
    reading_id: int
    kind: DecisionKind
    key: str
    before: str
    after: str
    field: str = ""
    note: str = ""
    place: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    seen: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    undoes: int | None = None
    sent_as: str | None = None


def decide(session: Session, user_id: int, said: Said) -> int:
    """Add a decision; its number. Settling again, which it calls for, is the caller's."""
    decision = Decision(
        sha256=said.sha256, reading_id=said.reading_id, user_id=user_id, at=at(session), kind=said.kind.value,
        key=said.key, field=said.field, before=said.before, after=said.after, note=said.note,
        place=dict(said.place), seen=dict(said.seen), undoes=said.undoes, sent_as=said.sent_as,
    )  # fmt: skip
    session.add(decision)
    session.flush()
    return decision.id


def decisions_on(session: Session, sha256: str) -> Sequence[Decision]:
    """All that was said about a file, in order, what was taken back and the taking back too."""
    return session.scalars(select(Decision).where(Decision.sha256 == sha256).order_by(Decision.id)).all()


def review_of(session: Session, sha256: str) -> Review:
    """All that was said about a file, as settling takes it; the strictest policy of the batches that hold the file."""
    policies = session.scalars(select(Batch.policy).join(Document).where(Document.sha256 == sha256))
    policy = reduce(Policy.stricter, map(Policy.of, policies), Policy())
    return Review(tuple(map(as_value, decisions_on(session, sha256))), policy, sha256)


def place_of(kept: Mapping[str, Any]) -> Place | None:
    """A place as a row keeps it."""
    box = kept.get("box")
    return Place(**{**kept, "box": None if box is None else tuple(box)}) if kept else None


def as_value(row: Decision) -> decisions.Decision:
    """A decision as settling takes it."""
    return decisions.Decision(
        number=row.id, kind=DecisionKind(row.kind), key=row.key, after=row.after, field=row.field, person=row.user_id,
        before=row.before, undoes=row.undoes, reading=row.reading_id, note=row.note,
        straight=bool(row.seen.get("straight")),
        place=place_of(row.place),
    )  # fmt: skip


def last_decision(session: Session, sha256: str) -> int:
    """The number of the last decision about a file; 0 if there is none."""
    return session.scalar(select(func.max(Decision.id)).where(Decision.sha256 == sha256)) or 0


def last_by(session: Session, user_id: int) -> Decision | None:
    """The last decision of a person that was not taken back."""
    later = aliased(Decision)
    standing = ~exists().where(later.undoes == Decision.id)
    mine = select(Decision).where(Decision.user_id == user_id, Decision.kind != DecisionKind.UNDO.value, standing)
    return session.scalar(mine.order_by(Decision.id.desc()).limit(1))


def questions_of(session: Session, reading_id: int) -> Sequence[Question]:
    """The open questions of a reading, those worth most first."""
    query = select(Question).where(Question.reading_id == reading_id, Question.closed_at.is_(None))
    return session.scalars(query.order_by(Question.worth.desc(), Question.id.desc())).all()
