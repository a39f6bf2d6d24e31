"""Which tasks to send next, and which were lost: between commit and sending, in the queue, or with their worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.orm import Session

from models.archive import State
from models.db import at
from models.rows import Document, Export, Page, Reading, Upload
from models.store.readings import IN_TURN, PageKey

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
    chosen: list[PageTask] = []
    for batch_id, priority in _waiting_batches(session):
        query = (
            select(Page.reading_id, Page.number)
            .join(Reading, Reading.id == Page.reading_id)
            .where(Reading.batch_id == batch_id, Reading.priority == priority, Reading.read_at.is_(None))
            .where(_unsent(), _alive())
            .order_by(Page.reading_id, Page.number)
            .limit(each)
            .with_for_update(of=Page, skip_locked=True)
        )
        chosen += [PageTask(PageKey(*found), priority) for found in session.execute(query)]
    chosen = _in_turns(session, chosen)[:room]
    for task in chosen:
        sent = update(Page).where(Page.reading_id == task.key.reading_id, Page.number == task.key.number)
        session.execute(sent.values(sent_at=at(session)).execution_options(synchronize_session=False))
    return chosen


def openings_to_send(session: Session, room: int, each: int) -> list[int]:
    """The next files to be opened, marked as sent: at most `room` out at a time, and batches take turns."""
    unopened = (Reading.page_count.is_(None), Reading.read_at.is_(None), _alive())
    out = session.scalar(select(func.count()).select_from(Reading).where(*unopened, Reading.sent_at.is_not(None))) or 0
    if out >= room:
        return []
    turn = func.row_number().over(partition_by=(Reading.priority, Reading.batch_id), order_by=Reading.id)
    ranked = select(Reading.id, Reading.priority, turn.label("turn")).where(*unopened, Reading.sent_at.is_(None))
    found = ranked.subquery()
    query = select(found.c.id).where(found.c.turn <= each).order_by(found.c.priority, found.c.turn, found.c.id)
    chosen = list(session.scalars(query.limit(room - out)))
    sent = update(Reading).where(Reading.id.in_(chosen), Reading.sent_at.is_(None)).values(sent_at=at(session))
    return sorted(session.scalars(sent.returning(Reading.id).execution_options(synchronize_session=False)))


def settlings_to_send(session: Session, room: int) -> list[int]:
    """Readings that are to be settled in turn, the next ones, marked as sent: at most `room` out at a time."""
    waiting = Reading.state == State.SETTLING.value
    sent = select(func.count()).where(waiting, ~_in_turn(session))
    left = room - (session.scalar(sent) or 0)
    if left <= 0:
        return []
    query = select(Reading.id).where(waiting, _in_turn(session)).order_by(Reading.id).limit(left)
    chosen = list(session.scalars(query.with_for_update(skip_locked=True)))
    again = update(Reading).where(Reading.id.in_(chosen)).values(settle_asked_at=at(session))
    session.execute(again.execution_options(synchronize_session=False))
    return chosen


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


def _waiting_batches(session: Session) -> list[tuple[int, int]]:
    query = (
        select(Reading.batch_id, Reading.priority)
        .where(Reading.read_at.is_(None), exists().where(Page.reading_id == Reading.id, _unsent()), _alive())
        .distinct()
        .order_by(Reading.priority, Reading.batch_id)
    )
    return [(batch_id, priority) for batch_id, priority in session.execute(query)]


def _in_turns(session: Session, tasks: list[PageTask]) -> list[PageTask]:
    """One page of each batch after the other, the urgent ones before all others."""
    numbers = {task.key.reading_id for task in tasks}
    found = session.execute(select(Reading.id, Reading.batch_id).where(Reading.id.in_(numbers)))
    batches = dict(iter(found))
    seen: dict[tuple[int, int], int] = {}
    ranked: list[tuple[int, int, int, int]] = []
    for task in tasks:
        lane = (task.priority, batches[task.key.reading_id])
        seen[lane] = seen.get(lane, 0) + 1
        ranked.append((task.priority, seen[lane], lane[1], len(ranked)))
    return [tasks[place] for *_, place in sorted(ranked)]


def _unsent() -> ColumnElement[bool]:
    return and_(Page.sent_at.is_(None), Page.finished_at.is_(None))


def _live() -> ColumnElement[bool]:
    return exists().where(Document.reading_id == Reading.id, Document.cancelled_at.is_(None))


def _alive() -> ColumnElement[bool]:
    return and_(Reading.failure == "", _live())


def _before(session: Session, row: type[Upload | Reading | Export], moment: datetime) -> ColumnElement[bool]:
    return or_(row.sent_at.is_(None), row.sent_at < moment, row.sent_at > _to_come(session))


def _to_come(session: Session) -> datetime:
    return at(session) + _CLOCKS


def _again(session: Session, row: type[Upload | Reading | Export], *where: ColumnElement[bool]) -> tuple[int, ...]:
    query = update(row).where(*where).values(sent_at=at(session)).returning(row.id)
    return tuple(sorted(session.scalars(query.execution_options(synchronize_session=False))))


def _unsettled(session: Session, moment: datetime) -> tuple[int, ...]:
    """Readings that wait for settling; asking anew is what marks them as sent."""
    late = or_(Reading.settled_for.is_(None), Reading.settled_for != Reading.settle_asked_at)
    query = update(Reading).where(Reading.read_at.is_not(None), Reading.failure == "", late, ~_in_turn(session))
    query = query.where(or_(Reading.settle_asked_at < moment, Reading.settle_asked_at > _to_come(session)))
    query = query.values(settle_asked_at=at(session))
    return tuple(sorted(session.scalars(query.returning(Reading.id).execution_options(synchronize_session=False))))


def _in_turn(session: Session) -> ColumnElement[bool]:
    return Reading.settle_asked_at < at(session) - IN_TURN / 2


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
