"""Which tasks to send next, and which were lost: between commit and sending, in the queue, or with their worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    and_,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)  # fmt: skip
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.archive import State
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
class Lost:
    """What was sent too long ago and is not finished, by number; each is to be sent again."""

    uploads: tuple[int, ...]
    openings: tuple[int, ...]
    unsettled: tuple[int, ...]
    unfinished: tuple[int, ...]
    exports: tuple[int, ...]
    pages: tuple[PageKey, ...]


def pages_to_send(session: Session, room: int, each: int) -> list[PageTask]:
    """The next pages for the workers, marked as sent: at most `room`, and of one batch no more than `each`.

    Batches take turns, so that a small one is not kept waiting by a large one; the most urgent come first. Pages of
    cancelled documents are left out until somebody wants them again.
    """

    def of(lane: _Lane) -> Iterable[PageKey]:
        query = select(Page.reading_id, Page.number).join(Reading, Reading.id == Page.reading_id)
        query = query.where(*_UNREAD, *_in(lane), _unsent(), _live()).order_by(Page.reading_id, Page.number)
        query = query.limit(each).with_for_update(of=Page, skip_locked=True)
        return [PageKey(*found) for found in session.execute(query)]

    chosen = _in_turns(_lanes(session, *_UNREAD), of, room)
    keys = tuple_(Page.reading_id, Page.number).in_([(key.reading_id, key.number) for _, key in chosen])
    if chosen:
        session.execute(update(Page).where(keys).values(sent_at=at(session)), execution_options=_AS_IT_IS)
    return [PageTask(key, lane.priority) for lane, key in chosen]


def openings_to_send(session: Session, room: int, each: int) -> list[int]:
    """The next files to be opened, marked as sent: at most `room` out at a time, and batches take turns."""
    return _readings_to_send(session, room, each, _OPENING, _UNOPENED)


def settlings_to_send(session: Session, room: int, each: int) -> list[int]:
    """The next readings to be settled of those that were asked for without a task being sent, in the same way."""
    return _readings_to_send(session, room, each, _SETTLING, _UNSETTLED)


def _readings_to_send(session: Session, room: int, each: int, out: _Where, waiting: _Where) -> list[int]:
    left = room - (session.scalar(select(func.count()).where(*out, _live())) or 0)
    if left <= 0:
        return []

    def of(lane: _Lane) -> Iterable[int]:
        query = select(Reading.id).where(*waiting, *_in(lane), _live())
        return session.scalars(query.order_by(Reading.id).limit(each)).all()

    chosen = [reading_id for _, reading_id in _in_turns(_lanes(session, *waiting), of, left)]
    if not chosen:
        return []
    sent = update(Reading).where(Reading.id.in_(chosen), Reading.sent_at.is_(None)).values(sent_at=at(session))
    return sorted(session.scalars(sent.returning(Reading.id), execution_options=_AS_IT_IS))


def pages_out(session: Session) -> tuple[int, int]:
    """How many pages are sent and not finished, in the queue or being read; and how many of them are being read."""
    query = select(func.count(), func.count(Page.started_at)).select_from(Page)
    query = query.join(Reading, Reading.id == Page.reading_id)
    out, begun = session.execute(query.where(Page.sent_at.is_not(None), Page.finished_at.is_(None), _alive())).one()
    return out, begun


def priorities(session: Session, reading_ids: Iterable[int]) -> dict[int, int]:
    """How urgent readings are."""
    found = session.execute(select(Reading.id, Reading.priority).where(Reading.id.in_(set(reading_ids))))
    return dict(iter(found))


def mark_opening_sent(session: Session, reading_id: int) -> None:
    """Note that the task to open a file is being sent."""
    session.execute(update(Reading).where(Reading.id == reading_id).values(sent_at=at(session)))


def lost(session: Session, page_before: datetime, task_before: datetime) -> Lost:
    """What is to be sent again: pages sent or begun before `page_before`, other tasks sent before `task_before`.

    What was sent at a time still to come was sent by a clock that went wrong, and counts as lost. What is found is
    marked as sent now. A task that was not lost after all, and runs twice, does no harm.
    """
    return Lost(
        uploads=_again(session, Upload, Upload.size.is_not(None), Upload.sha256.is_not(None),
                       Upload.taken_at.is_(None), Upload.failure == "", _before(session, Upload, task_before)),
        openings=_again(session, Reading, Reading.page_count.is_(None), Reading.failure == "", _live(),
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
_Where = tuple[ColumnElement[bool], ...]
_FINE = Reading.failure == literal_column("''")
"""Written out, as below, so that indexes of just these readings can be used (see `models.rows.Reading`)."""
_UNREAD = (Reading.page_count.is_not(None), Reading.read_at.is_(None), _FINE)
_UNOPENED = (Reading.page_count.is_(None), Reading.sent_at.is_(None), _FINE)
_OPENING = (Reading.page_count.is_(None), Reading.sent_at.is_not(None), _FINE)
_SETTLING = (Reading.state == State.SETTLING.value, Reading.sent_at.is_not(None))
_UNSETTLED = (Reading.state == State.SETTLING.value, Reading.sent_at.is_(None))
_AS_IT_IS = {"synchronize_session": False}


def _lanes(session: Session, *where: ColumnElement[bool]) -> list[_Lane]:
    """The lanes of the readings of which that is so, the urgent first: from one to the next, however long each is."""

    def least(column: InstrumentedAttribute[int], *beyond: ColumnElement[bool]) -> ScalarSelect[int]:
        return select(func.min(column)).where(*where, *beyond).scalar_subquery()

    first = select(least(Reading.priority).label("priority")).cte("urgency", recursive=True)
    more = select(least(Reading.priority, Reading.priority > first.c.priority))
    urgency = first.union_all(more.where(first.c.priority.is_not(None)))
    one = select(urgency.c.priority, least(Reading.batch_id, Reading.priority == urgency.c.priority).label("batch_id"))
    lane = one.where(urgency.c.priority.is_not(None)).cte("lane", recursive=True)
    beyond = (Reading.priority == lane.c.priority, Reading.batch_id > lane.c.batch_id)
    lanes = lane.union_all(
        select(lane.c.priority, least(Reading.batch_id, *beyond)).where(lane.c.batch_id.is_not(None))
    )
    found = session.execute(select(lanes.c.priority, lanes.c.batch_id).where(lanes.c.batch_id.is_not(None)))
    return sorted(_Lane(priority, batch_id) for priority, batch_id in found)


def _in(lane: _Lane) -> tuple[ColumnElement[bool], ...]:
    return Reading.priority == lane.priority, Reading.batch_id == lane.batch_id


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


def _unsent() -> ColumnElement[bool]:
    return and_(Page.sent_at.is_(None), Page.finished_at.is_(None))


def _live() -> ColumnElement[bool]:
    return exists().where(Document.reading_id == Reading.id, Document.cancelled_at.is_(None))


def _alive() -> ColumnElement[bool]:
    return and_(_FINE, _live())


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
    query = update(Page).where(Page.finished_at.is_(None), or_(Page.sent_at < moment, Page.sent_at > future))
    query = query.where(or_(Page.started_at.is_(None), Page.started_at < moment, Page.started_at > future))
    query = query.where(Page.reading_id.in_(select(Reading.id).where(_alive()))).values(sent_at=at(session))
    found = session.execute(query.returning(Page.reading_id, Page.number).execution_options(synchronize_session=False))
    return tuple(PageKey(*one) for one in sorted(found))
