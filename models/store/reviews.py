"""Questions, who is looking at them, and what was decided. Decisions are added, never changed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import reduce
from typing import Any

from sqlalchemy import delete, exists, func, select
from sqlalchemy.orm import Session

from models import decisions
from models.db import at
from models.decisions import DecisionKind, Place, Policy, Review
from models.rows import Batch, Claim, Decision, Document, Question
from models.store.once import insert_once

CLAIM = timedelta(minutes=15)
"""How long a question is kept for the person who looks at it."""


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """What a reviewer says: of which file and reading, about which cell or question, what it was and what it is.

    `place` tells where the cell stands, to find it in another reading; `seen` what was shown when it was said.
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


@dataclasses.dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions to ask: of a batch, of a form; none that are skipped."""

    batch_id: int | None = None
    form: str = ""
    skipped: Sequence[int] = ()


def next_question(session: Session, user_id: int, chosen: QuestionFilter) -> Question | None:
    """The open question worth most that nobody else is looking at; it is this person's from now on."""
    taken = exists().where(Claim.question_id == Question.id, Claim.expires_at > at(session), Claim.user_id != user_id)
    query = select(Question).where(Question.closed_at.is_(None), ~taken)
    if chosen.batch_id is not None:
        mine = exists().where(Document.reading_id == Question.reading_id, Document.batch_id == chosen.batch_id)
        query = query.where(mine)
    if chosen.form:
        query = query.where(Question.form == chosen.form)
    if chosen.skipped:
        query = query.where(Question.id.not_in(chosen.skipped))
    query = query.order_by(Question.worth.desc(), Question.id.desc()).limit(1)
    query = query.with_for_update(of=Question, skip_locked=True)
    while (question := session.scalar(query)) is not None and not claim(session, question.id, user_id):
        query = query.where(Question.id != question.id)  # another took it between the two statements
    return question


def claim(session: Session, question_id: int, user_id: int) -> bool:
    """Keep a question for a person, or keep it longer; False if it is another's."""
    until = at(session) + CLAIM
    if insert_once(session, Claim, {"question_id": question_id, "user_id": user_id, "expires_at": until}):
        return True
    present = session.get(Claim, question_id, with_for_update=True, populate_existing=True)
    if present is None or (present.user_id != user_id and present.expires_at > at(session)):
        return False
    present.user_id, present.expires_at = user_id, until
    return True


def release(session: Session, question_id: int, user_id: int) -> None:
    """Let others have a question."""
    session.execute(delete(Claim).where(Claim.question_id == question_id, Claim.user_id == user_id))


def decide(session: Session, user_id: int, said: Said) -> int:
    """Add a decision; its number. Settling again, which it calls for, is the caller's."""
    decision = Decision(
        sha256=said.sha256, reading_id=said.reading_id, user_id=user_id, at=at(session), kind=said.kind.value,
        key=said.key, field=said.field, before=said.before, after=said.after, note=said.note,
        place=dict(said.place), seen=dict(said.seen), undoes=said.undoes,
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
    return Review(tuple(map(_as_value, decisions_on(session, sha256))), policy, sha256)


def place_of(kept: Mapping[str, Any]) -> Place | None:
    """A place as a row keeps it."""
    box = kept.get("box")
    return Place(**{**kept, "box": None if box is None else tuple(box)}) if kept else None


def _as_value(row: Decision) -> decisions.Decision:
    return decisions.Decision(
        number=row.id, kind=DecisionKind(row.kind), key=row.key, after=row.after, field=row.field, person=row.user_id,
        before=row.before, undoes=row.undoes, reading=row.reading_id, note=row.note,
        straight=bool(row.seen.get("straight")),
        place=place_of(row.place),
    )  # fmt: skip


def last_decision(session: Session, sha256: str) -> int:
    """The number of the last decision about a file; 0 if there is none."""
    return session.scalar(select(func.max(Decision.id)).where(Decision.sha256 == sha256)) or 0


def questions_of(session: Session, reading_id: int) -> Sequence[Question]:
    """The open questions of a reading, those worth most first."""
    query = select(Question).where(Question.reading_id == reading_id, Question.closed_at.is_(None))
    return session.scalars(query.order_by(Question.worth.desc(), Question.id.desc())).all()
