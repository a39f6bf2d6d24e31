"""Open questions that are alike, so that a person answers many at a glance: by the doubtful character, or by the text.

Only doubts about what is printed belong here: where a second person enters blindly, or a sample is drawn, each cell is
asked about alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from models.db import at
from models.decisions import Asks
from models.rows import Claim, Document, Question

ALIKE = (Asks.UNSURE.value, Asks.CONTRADICTED.value, Asks.MISSHAPEN.value)
MOST_GROUPS = 40
LEAST = 2


@dataclass(frozen=True, slots=True)
class Alike:
    """What questions have in common: the `pair` of characters, or what kind of doubt it is and the text read."""

    pair: str = ""
    asks: str = ""
    raw: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Alike questions: how many, in how many documents."""

    alike: Alike
    questions: int
    readings: int


@dataclass(frozen=True, slots=True)
class Scope:
    """Of which documents: of a batch, of one, or of all."""

    batch_id: int | None = None
    document_id: int | None = None


def groups(session: Session, scope: Scope) -> list[Group]:
    """The largest groups of at least two: by characters first, then by text where no character is doubtful."""
    sizes = (func.count().label("questions"), func.count(Question.reading_id.distinct()))
    largest = (func.count().desc(), func.min(Question.id))
    paired = select(Question.pair, *sizes).where(*_open(scope), Question.pair != "").group_by(Question.pair)
    same = select(Question.asks, Question.raw, *sizes).where(*_open(scope), Question.pair == "")
    same = same.group_by(Question.asks, Question.raw)
    found = [
        Group(Alike(pair=pair), count, readings)
        for pair, count, readings in session.execute(
            paired.having(func.count() >= LEAST).order_by(*largest).limit(MOST_GROUPS)
        )
    ]
    found += [
        Group(Alike(asks=asks, raw=raw), count, readings)
        for asks, raw, count, readings in session.execute(
            same.having(func.count() >= LEAST).order_by(*largest).limit(MOST_GROUPS)
        )
    ]
    return found


def members(
    session: Session, scope: Scope, alike: Alike, user_id: int, limit: int = 60
) -> list[tuple[Question, Document]]:
    """The questions of a group that nobody else looks at, those worth most first, each with a document showing it."""
    taken = exists().where(Claim.question_id == Question.id, Claim.expires_at > at(session), Claim.user_id != user_id)
    query = select(Question).where(*_open(scope), *_same(alike), ~taken)
    found = session.scalars(query.order_by(Question.worth.desc(), Question.id).limit(limit)).all()
    return _shown(session, scope, found)


def open_ones(session: Session, scope: Scope, questions: Sequence[int]) -> list[tuple[Question, Document]]:
    """Those of these questions that are still open, of readings in the order of their numbers."""
    query = select(Question).where(Question.id.in_(questions), *_open(scope))
    return _shown(session, scope, session.scalars(query.order_by(Question.reading_id, Question.id)).all())


def _shown(session: Session, scope: Scope, found: Sequence[Question]) -> list[tuple[Question, Document]]:
    """Each question with the first document that shows its reading."""
    query = select(Document).where(Document.reading_id.in_({one.reading_id for one in found}), *_documents(scope))
    by_reading = {one.reading_id: one for one in session.scalars(query.order_by(Document.id.desc()))}
    return [(one, by_reading[one.reading_id]) for one in found if one.reading_id in by_reading]


def close(session: Session, questions: Sequence[int]) -> None:
    """Ask these no more until settling says otherwise."""
    query = update(Question).where(Question.id.in_(questions), Question.closed_at.is_(None))
    session.execute(query.values(closed_at=at(session)).execution_options(synchronize_session=False))


def _open(scope: Scope) -> list[ColumnElement[bool]]:
    shown = exists().where(Document.reading_id == Question.reading_id, *_documents(scope))
    return [Question.closed_at.is_(None), Question.asks.in_(ALIKE), shown]


def _documents(scope: Scope) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [Document.cancelled_at.is_(None)]
    if scope.batch_id is not None:
        conditions.append(Document.batch_id == scope.batch_id)
    if scope.document_id is not None:
        conditions.append(Document.id == scope.document_id)
    return conditions


def _same(alike: Alike) -> list[ColumnElement[bool]]:
    if alike.pair:
        return [Question.pair == alike.pair]
    return [Question.pair == "", Question.asks == alike.asks, Question.raw == alike.raw]
