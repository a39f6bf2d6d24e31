"""Which tasks to send next, and which were lost: between commit and sending, in the queue, or with their worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)  # fmt: skip
from sqlalchemy.orm import Session

from models.archive import State
from models.columns import Moment, table
from models.db import at
from models.rows import Document, Export, Page, Reading, Upload
from models.store.pages import PageKey

_CLOCKS = timedelta(minutes=1)
"""How far the clocks of machines may differ."""


@dataclass(frozen=True, slots=True)
class PageTask:
    """A page to be sent, and how urgently."""

    key: PageKey
    priority: int


@dataclass(frozen=True, slots=True)
class Out:
    """How much is sent and not finished, in the queue or being worked on: pages, and how many of them are being read,
    files to be opened, readings to be settled. And whether files wait to be opened, or readings to be settled, for
    which no task was sent.
    """

    pages: int
    begun: int
    openings: int
    settlings: int
    unopened: bool
    unsettled: bool


@dataclass(frozen=True, slots=True)
class Lost:
    """What was sent too long ago and is not finished, by number; each is to be sent again."""

    uploads: tuple[int, ...]
    openings: tuple[int, ...]
    unsettled: tuple[int, ...]
    unfinished: tuple[int, ...]
    exports: tuple[int, ...]
    pages: tuple[PageKey, ...]


def out(session: Session) -> Out:
    """What is out, and what waits."""
    return Out(*session.execute(_OUT).one())


def pages_to_send(session: Session, room: int, each: int) -> list[PageTask]:
    """The next pages for the workers, marked as sent: at most `room`, and of one batch no more than `each`.

    Batches take turns, so that a small one is not kept waiting by a large one; the most urgent come first. Pages of
    cancelled documents are left out until somebody wants them again.
    """

    def of(lane: _Lane) -> Iterable[PageKey]:
        reading_ids = session.scalars(_UNREAD.following, {**asdict(lane), "each": each}).all()
        return [PageKey(*found) for found in session.execute(_NEXT_PAGES, {"readings": reading_ids, "each": each})]

    chosen = _in_turns(_lanes(session, _UNREAD.lanes), of, room)
    if chosen:
        keys = [(key.reading_id, key.number) for _, key in chosen]
        session.execute(_SEND_PAGES, {"keys": keys, "now": at(session)})
    return [PageTask(key, lane.priority) for lane, key in chosen]


def openings_to_send(session: Session, room: int, each: int) -> list[int]:
    """The next files to be opened, marked as sent, in the same way."""
    return _readings_to_send(session, room, each, _OPENINGS)


def settlings_to_send(session: Session, room: int, each: int) -> list[int]:
    """The next readings to be settled of those that were asked for without a task being sent, in the same way."""
    return _readings_to_send(session, room, each, _SETTLINGS)


def priorities(session: Session, reading_ids: Iterable[int]) -> dict[int, int]:
    """How urgent readings are."""
    found = session.execute(select(Reading.id, Reading.priority).where(Reading.id.in_(set(reading_ids))))
    return dict(iter(found))


def lost(session: Session, page_before: datetime, task_before: datetime) -> Lost:
    """What is to be sent again: pages sent or begun before `page_before`, other tasks sent before `task_before`.

    What was sent at a time still to come was sent by a clock that went wrong, and counts as lost. What is found is
    marked as sent now. A task that was not lost after all, and runs twice, does no harm.
    """
    return Lost(
        uploads=_again(session, Upload, Upload.size.is_not(None), Upload.sha256.is_not(None),
                       Upload.taken_at.is_(None), Upload.failure == "", _before(session, Upload, task_before)),
        openings=_again(session, Reading, Reading.page_count.is_(None), Reading.failure == "", _LIVE,
                        Reading.sent_at.is_not(None), _before(session, Reading, task_before)),
        unsettled=_unsettled(session, task_before),
        unfinished=_unfinished(session),
        exports=_again(session, Export, Export.finished_at.is_(None), Export.failure == "",
                       _before(session, Export, task_before)),
        pages=_lost_pages(session, page_before),
    )  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class _Lane:
    """What takes turns: readings of one urgency and batch."""

    priority: int
    batch_id: int


_Item = TypeVar("_Item")


class _Waiting(NamedTuple):
    """How to ask for readings that wait for something: for their lanes, and for the next of one lane."""

    lanes: Select[Any]
    following: Select[Any]


def _readings_to_send(session: Session, room: int, each: int, waiting: _Waiting) -> list[int]:
    if room <= 0:
        return []

    def of(lane: _Lane) -> Iterable[int]:
        return session.scalars(waiting.following, {**asdict(lane), "each": each}).all()

    chosen = [reading_id for _, reading_id in _in_turns(_lanes(session, waiting.lanes), of, room)]
    if not chosen:
        return []
    return sorted(session.scalars(_SEND_READINGS, {"chosen": chosen, "now": at(session)}))


def _lanes(session: Session, lanes: Select[Any]) -> list[_Lane]:
    return sorted(_Lane(priority, batch_id) for priority, batch_id in session.execute(lanes))


def _in_turns(lanes: Iterable[_Lane], of: Callable[[_Lane], Iterable[_Item]], room: int) -> list[tuple[_Lane, _Item]]:
    """One of each lane after the other, the urgent ones before all others; no lane is asked that cannot have a turn."""
    ranked: list[tuple[int, int, _Lane, _Item]] = []
    having: dict[int, int] = {}
    for lane in lanes:
        if len([one for one in ranked if one[0] < lane.priority]) + having.get(lane.priority, 0) >= room:
            break
        found = [(lane.priority, turn, lane, item) for turn, item in enumerate(of(lane))]
        having[lane.priority] = having.get(lane.priority, 0) + bool(found)
        ranked += found
    ranked.sort(key=lambda one: one[:3])
    return [(lane, item) for _, _, lane, item in ranked[:room]]


def _before(session: Session, row: type[Upload | Reading | Export], moment: datetime) -> ColumnElement[bool]:
    return or_(row.sent_at.is_(None), row.sent_at < moment, row.sent_at > _to_come(session))


def _to_come(session: Session) -> datetime:
    return at(session) + _CLOCKS


def _again(session: Session, row: type[Upload | Reading | Export], *where: ColumnElement[bool]) -> tuple[int, ...]:
    query = update(row).where(*where).values(sent_at=at(session)).returning(row.id)
    return tuple(sorted(session.scalars(query.execution_options(synchronize_session=False))))


def _unsettled(session: Session, moment: datetime) -> tuple[int, ...]:
    """Readings that wait for settling, for which a task was sent, be it at once or by the sweep; both mark it."""
    query = update(Reading).where(Reading.state == State.SETTLING.value, Reading.sent_at.is_not(None))
    asked_long_ago = and_(Reading.settle_asked_at < moment, Reading.sent_at < moment)
    to_come = or_(Reading.settle_asked_at > _to_come(session), Reading.sent_at > _to_come(session))
    query = query.where(or_(asked_long_ago, to_come)).values(settle_asked_at=at(session), sent_at=at(session))
    return tuple(sorted(session.scalars(query.returning(Reading.id).execution_options(synchronize_session=False))))


def _unfinished(session: Session) -> tuple[int, ...]:
    """Readings whose pages are all finished, though nobody has noted it."""
    query = select(Reading.id).where(
        Reading.page_count > 0, Reading.read_at.is_(None), Reading.failure == "",
        ~exists().where(Page.reading_id == Reading.id, Page.finished_at.is_(None)),
    )  # fmt: skip
    return tuple(session.scalars(query.order_by(Reading.id)))


def _lost_pages(session: Session, moment: datetime) -> tuple[PageKey, ...]:
    future = _to_come(session)
    query = update(Page).where(
        Page.finished_at.is_(None), Page.sent_at.is_not(None), or_(Page.sent_at < moment, Page.sent_at > future)
    )
    query = query.where(or_(Page.started_at.is_(None), Page.started_at < moment, Page.started_at > future))
    query = query.where(Page.reading_id.in_(select(Reading.id).where(_ALIVE))).values(sent_at=at(session))
    found = session.execute(query.returning(Page.reading_id, Page.number).execution_options(synchronize_session=False))
    return tuple(PageKey(*one) for one in sorted(found))


_PAGE, _READING, _DOCUMENT = table(Page).c, table(Reading).c, table(Document).c
_FINE = _READING.failure == literal_column("''")
"""Written out, as below, so that indexes of just these readings can be used (see `models.rows.Reading`)."""
_UNFINISHED = and_(_READING.page_count.is_not(None), _READING.read_at.is_(None), _FINE)
_UNSENT = and_(_PAGE.sent_at.is_(None), _PAGE.finished_at.is_(None))
_UNOPENED = and_(_READING.page_count.is_(None), _READING.sent_at.is_(None), _FINE)
_OPENING = and_(_READING.page_count.is_(None), _READING.sent_at.is_not(None), _FINE)
_TO_SETTLE = _READING.state == State.SETTLING.value
_UNSETTLED = and_(_TO_SETTLE, _READING.sent_at.is_(None))
_LIVING = select(func.min(_DOCUMENT.reading_id)).where(
    _DOCUMENT.reading_id == _READING.id, _DOCUMENT.cancelled_at.is_(None)
)
_LIVE = _LIVING.scalar_subquery().is_not(None)
"""Asked of each reading by itself, as is all that begins so below: how many wait or are out changes faster than
PostgreSQL counts them, and a plan made for many goes through the whole archive."""
_ALIVE = and_(_FINE, _LIVE)
_OF_LANE = and_(
    _READING.priority == bindparam("priority", type_=Integer), _READING.batch_id == bindparam("batch_id", type_=Integer)
)
_EACH = bindparam("each", type_=Integer)
_NOW = bindparam("now", type_=Moment)


def _lanes_of(where: ColumnElement[bool]) -> Select[Any]:
    """The lanes of the readings of which that is so: from one to the next, however long each is."""

    def least(column: ColumnElement[int], *beyond: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.min(column)).where(where, *beyond).scalar_subquery()

    first = select(least(_READING.priority).label("priority")).cte("urgency", recursive=True)
    more = select(least(_READING.priority, _READING.priority > first.c.priority))
    urgency = first.union_all(more.where(first.c.priority.is_not(None)))
    one = select(urgency.c.priority, least(_READING.batch_id, _READING.priority == urgency.c.priority).label("batch"))
    lane = one.where(urgency.c.priority.is_not(None)).cte("lane", recursive=True)
    beyond = (_READING.priority == lane.c.priority, _READING.batch_id > lane.c.batch)
    lanes = lane.union_all(select(lane.c.priority, least(_READING.batch_id, *beyond)).where(lane.c.batch.is_not(None)))
    return select(lanes.c.priority, lanes.c.batch).where(lanes.c.batch.is_not(None))


def _waiting_for(where: ColumnElement[bool], *beyond: ColumnElement[bool]) -> _Waiting:
    """Readings of which the first is so, by which lanes are found, and what else of each."""
    following = select(_READING.id).where(where, _OF_LANE, _LIVE, *beyond).order_by(_READING.id).limit(_EACH)
    return _Waiting(_lanes_of(where), following)


def _count(where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table(Reading)).where(where, _LIVE).scalar_subquery()


_HAS_UNSENT = select(func.min(_PAGE.number)).where(_PAGE.reading_id == _READING.id, _UNSENT).scalar_subquery()
_UNREAD = _waiting_for(_UNFINISHED, _HAS_UNSENT.is_not(None))
_OPENINGS, _SETTLINGS = _waiting_for(_UNOPENED), _waiting_for(_UNSETTLED)
_IS_ALIVE = select(_READING.id).where(_READING.id == _PAGE.reading_id, _ALIVE).scalar_subquery()
_SENT = (
    select(func.count().label("pages"), func.count(_PAGE.started_at).label("begun"))
    .where(_PAGE.sent_at.is_not(None), _PAGE.finished_at.is_(None), _IS_ALIVE.is_not(None))
    .subquery()
)
_OUT = select(
    _SENT.c.pages, _SENT.c.begun, _count(_OPENING), _count(and_(_TO_SETTLE, _READING.sent_at.is_not(None))),
    select(_READING.id).where(_UNOPENED, _LIVE).exists(), select(_READING.id).where(_UNSETTLED, _LIVE).exists(),
)  # fmt: skip
_READINGS: BindParameter[Any] = bindparam("readings", expanding=True)
_NEXT_PAGES = (
    select(_PAGE.reading_id, _PAGE.number)
    .where(_PAGE.reading_id.in_(_READINGS), _UNSENT)
    .order_by(_PAGE.reading_id, _PAGE.number)
    .limit(_EACH)
    .with_for_update(skip_locked=True)
)
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_SEND_PAGES = update(table(Page)).where(tuple_(_PAGE.reading_id, _PAGE.number).in_(_KEYS)).values(sent_at=_NOW)
_CHOSEN: BindParameter[Any] = bindparam("chosen", expanding=True)
_SEND_READINGS = (
    update(table(Reading))
    .where(_READING.id.in_(_CHOSEN), _READING.sent_at.is_(None))
    .values(sent_at=_NOW)
    .returning(_READING.id)
)
