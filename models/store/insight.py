"""Figures about reviewing: how much went straight through, what is open, how fast and how alike people work. Read only.

What was imported was not decided here, and counts in no figure about people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    tuple_,
    union,
)  # fmt: skip
from sqlalchemy.orm import Session, aliased

from models.archive import State
from models.decisions import BLIND, Asks, DecisionKind
from models.rows import Decision, Document, Extraction, Question, Reading, User
from models.statistics import Pace

BREAK = timedelta(minutes=5)
"""Who says nothing for longer has made a break, which is no time spent on questions."""
MOST_JUDGED = 20_000
"""A curve of reliability rests on so many answered questions, the newest, besides what was looked at twice."""
_NOT_OF_CELLS = (Asks.DOCUMENT.value, Asks.SAMPLE.value)


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: a batch, or everything; all people, or one."""

    batch_id: int | None = None
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class Through:
    """Settled documents and cells: how many, how many of them without a person, and how many cells were repaired.

    A cell went straight through if it was never asked about, other than to measure quality; a document if it is done
    and nobody has decided anything about it.
    """

    documents: int
    documents_straight: int
    cells: int
    cells_repaired: int
    cells_asked: int


@dataclass(frozen=True, slots=True)
class Day:
    """How many questions came up and how many were closed on a day, in UTC, and how many were open at its end."""

    day: date
    opened: int
    closed: int
    open: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision on a cell with what was seen when it was made, as figures about quality need it."""

    sha256: str
    number: int
    person: int
    kind: DecisionKind
    key: str
    before: str
    after: str
    undoes: int | None
    asks: str
    confidence: float | None
    straight: bool


def through(session: Session, scope: Scope) -> Through:
    """How much went straight through."""
    mine = _readings(scope)
    cells, repaired, documents = session.execute(
        select(func.sum(Extraction.cells), func.sum(Extraction.repaired), func.count()).where(
            Extraction.reading_id.in_(mine)
        )
    ).one()
    asked = select(func.count()).where(Question.reading_id.in_(mine), Question.asks.not_in(_NOT_OF_CELLS))
    untouched = select(func.count()).where(
        Reading.id.in_(mine), Reading.state == State.DONE.value, ~exists().where(Decision.sha256 == Reading.sha256)
    )
    return Through(
        documents=documents,
        documents_straight=session.scalar(untouched) or 0,
        cells=int(cells or 0),
        cells_repaired=int(repaired or 0),
        cells_asked=min(session.scalar(asked) or 0, int(cells or 0)),
    )


def backlog(session: Session, scope: Scope) -> list[Day]:
    """How many questions were open, day by day, from the first to the last on which that changed.

    A question that was closed and came up again counts as open from the first time on.
    """
    changes: dict[str, list[int]] = {}
    for place, moment in enumerate((Question.opened_at, Question.closed_at)):
        day = _day(session, moment)
        query = select(day, func.count()).where(Question.reading_id.in_(_readings(scope)), moment.is_not(None))
        for found, count in session.execute(query.group_by(day)):
            changes.setdefault(found, [0, 0])[place] += count
    days, left = [], 0
    for found in sorted(changes):
        opened, closed = changes[found]
        left += opened - closed
        days.append(Day(date.fromisoformat(found), opened, closed, left))
    return days


def reasons(session: Session, scope: Scope) -> dict[str, tuple[int, int]]:
    """By the kind of doubt, how many questions came up, and how many of them are open."""
    still = func.sum(case((Question.closed_at.is_(None), 1), else_=0))
    query = select(Question.asks, func.count(), still).where(Question.reading_id.in_(_readings(scope)))
    return {asks: (count, int(left)) for asks, count, left in session.execute(query.group_by(Question.asks))}


def reasons_answered(session: Session, scope: Scope) -> dict[str, int]:
    """By the kind of doubt, how many answers were given; decisions made without being asked are not among them."""
    asks = Decision.seen["asks"].as_string()
    query = select(asks, func.count()).where(*_decisions(scope), Decision.kind != DecisionKind.UNDO.value)
    return {found: count for found, count in session.execute(query.group_by(asks)) if found}


def paces(session: Session, scope: Scope) -> dict[int, Pace]:
    """How each person works: the time from one of their decisions to the next, wherever, unless it was a break."""
    before = func.lag(Decision.at).over(partition_by=Decision.user_id, order_by=Decision.id)
    told = select(
        Decision.user_id.label("person"), Decision.kind.label("kind"), Decision.sha256.label("sha256"),
        _seconds(session, Decision.at, before).label("seconds"),
    ).where(*_own())  # fmt: skip
    if scope.user_id is not None:
        told = told.where(Decision.user_id == scope.user_id)
    step = told.subquery()
    timed = and_(step.c.seconds >= 0, step.c.seconds <= BREAK.total_seconds())
    said = step.c.kind != DecisionKind.UNDO.value
    query = select(
        step.c.person,
        func.sum(case((said, 1), else_=0)),
        func.sum(case((and_(said, timed), 1), else_=0)),
        func.sum(case((timed, step.c.seconds), else_=0)),
    ).group_by(step.c.person)
    if scope.batch_id is not None:
        query = query.where(step.c.sha256.in_(_files(scope)))
    return {
        person: Pace(int(count), int(followed), float(seconds))
        for person, count, followed, seconds in session.execute(query)
    }


def names(session: Session, user_ids: Sequence[int]) -> dict[int, str]:
    """What people are called."""
    return dict(iter(session.execute(select(User.id, User.name).where(User.id.in_(user_ids)))))


def looked_at_twice(session: Session, scope: Scope) -> list[Entry]:
    """All entries on cells that were drawn to measure quality, or entered by a second person."""
    if scope.batch_id is None:
        return _entries(session, _on(_twice()))
    return _entries(session, _twice_in_batch(), {"batch": scope.batch_id})


def answered(session: Session, scope: Scope) -> list[Entry]:
    """The same, and the entries on the cells whose questions were answered last."""
    doubts = [one.value for one in Asks if one.value not in (*_NOT_OF_CELLS, *BLIND)]
    newest = select(Decision.sha256, Decision.key).where(
        *_decisions(Scope(scope.batch_id)), Decision.seen["asks"].as_string().in_(doubts)
    )
    newest = newest.order_by(Decision.id.desc()).limit(MOST_JUDGED)
    last = newest.subquery()
    twice = _twice() if scope.batch_id is None else _twice().where(Decision.sha256.in_(_files(scope)))
    return _entries(session, _on(union(select(last.c.sha256, last.c.key), twice)))


def _twice() -> Select[Any, Any]:
    looks = [one.value for one in (Asks.SAMPLE, *BLIND)]
    return select(Decision.sha256, Decision.key).where(*_own(), Decision.seen["asks"].as_string().in_(looks))


@lru_cache(1)
def _twice_in_batch() -> Select[*tuple[Any, ...]]:
    """Made once: every page of a batch asks for it, and to make it takes longer than to ask."""
    files = select(Document.sha256).where(Document.batch_id == bindparam("batch"))
    return _on(_twice().where(Decision.sha256.in_(files)))


def _on(cells: Select[Any, Any] | CompoundSelect[Any, Any]) -> Select[*tuple[Any, ...]]:
    """The decisions on these cells (file and key), and what took them back."""
    wanted = cells.subquery()
    on_them = tuple_(Decision.sha256, Decision.key).in_(select(wanted.c.sha256, wanted.c.key))
    taken_back = aliased(Decision)
    of_them = select(taken_back.id).where(
        tuple_(taken_back.sha256, taken_back.key).in_(select(wanted.c.sha256, wanted.c.key))
    )
    return select(
        Decision.sha256, Decision.id, Decision.user_id, Decision.kind, Decision.key, Decision.before, Decision.after,
        Decision.undoes, Decision.seen["asks"].as_string(), Decision.seen["confidence"].as_float(),
        Decision.seen["straight"].as_boolean(),
    ).where(*_own(), or_(on_them, Decision.undoes.in_(of_them)))  # fmt: skip


def _entries(session: Session, query: Select[*tuple[Any, ...]], told: Mapping[str, Any] | None = None) -> list[Entry]:
    return [
        Entry(sha256, number, person, DecisionKind(kind), key, before, after, undoes, asks or "", sure, bool(straight))
        for sha256, number, person, kind, key, before, after, undoes, asks, sure, straight in session.execute(
            query, told
        )
    ]


def _readings(scope: Scope) -> Select[int]:
    query = select(Document.reading_id).where(Document.cancelled_at.is_(None))
    return query if scope.batch_id is None else query.where(Document.batch_id == scope.batch_id)


def _files(scope: Scope) -> Select[str]:
    return select(Document.sha256).where(Document.batch_id == scope.batch_id)


def _decisions(scope: Scope) -> list[ColumnElement[bool]]:
    found = _own()
    if scope.batch_id is not None:
        found.append(Decision.sha256.in_(_files(scope)))
    if scope.user_id is not None:
        found.append(Decision.user_id == scope.user_id)
    return found


def _own() -> list[ColumnElement[bool]]:
    """Decisions that were made here."""
    return [Decision.seen["imported"].as_string().is_(None)]


def _day(session: Session, moment: Any) -> ColumnElement[str]:
    if session.get_bind().dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d", moment)
    return func.to_char(func.timezone("UTC", moment), "YYYY-MM-DD")


def _seconds(session: Session, later: Any, earlier: Any) -> ColumnElement[Any]:
    if session.get_bind().dialect.name == "sqlite":
        return (func.julianday(later) - func.julianday(earlier)) * 86400.0
    return func.extract("epoch", later - earlier)
