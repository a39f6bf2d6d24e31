"""What goes out next, and what was lost on its way: the part of the queue that stands in the database.

Pages are sent a few at a time, batches taking turns, so that whatever comes later need not wait behind thousands.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from redis import RedisError

from models.db import DatabaseAwayError, at
from models.fleet import Taken
from models.queue import Priority, Task, send, send_after, unasked
from models.store import dispatch, pages, readings
from models.store.dispatch import Lost
from models.store.pages import PageKey
from worker.cleaning import clean
from worker.desk import Desk

_log = logging.getLogger(__name__)
_LEAST_OUT = 16
_FOR_EACH_READER = 4
"""How many pages are out for each that is being read."""
_OPENINGS_OUT = 8
_SETTLINGS_OUT = 32
_LOW = 4
"""With fewer tasks than this in the queue, more are sent."""
_ON_ITS_WAY = timedelta(seconds=10)
"""How long after its sending a task may be neither in the queue nor with a worker."""


def top_up(desk: Desk, waiting: int) -> None:
    """Send more pages if so few tasks wait; what goes wrong here is made good by the sweep."""
    try:
        if waiting < _LOW:
            send_next(desk)
    except (RedisError, DatabaseAwayError, OSError) as error:
        _log.warning("nothing more was sent: %s", error)


def send_next(desk: Desk) -> None:
    """Send the pages, openings and settlings that are next, as many as there is room for.

    They are whatever is next in the archive: nothing to do with the request that the task at hand follows from.
    """
    with unasked(), desk.database.transaction(lasting=False) as session:
        out = dispatch.out(session)
        room = max(_LEAST_OUT, _FOR_EACH_READER * out.begun) - (out.pages - out.begun)
        for task in dispatch.pages_to_send(session, room, room) if room > 0 else ():
            numbers = (task.key.reading_id, task.key.number)
            send_after(session, desk.app, Task.READ_PAGE, *numbers, priority=_priority(task.priority))
        opened, settled = _OPENINGS_OUT - out.openings, _SETTLINGS_OUT - out.settlings
        for reading_id in dispatch.openings_to_send(session, opened, opened) if out.unopened else ():
            send_after(session, desk.app, Task.OPEN, reading_id, priority=Priority.PERSON)
        for reading_id in dispatch.settlings_to_send(session, settled, settled) if out.unsettled else ():
            send_after(session, desk.app, Task.SETTLE, reading_id, priority=Priority.FINISH)


def sweep(desk: Desk) -> None:
    """Send again what was lost, and then what is next; now and then tidy up."""
    forsaken = desk.fleet.forsaken()
    emptied = desk.fleet.emptied()
    idle = desk.fleet.idle()
    _release(desk, [PageKey(*one.numbers) for one in forsaken if one.task is Task.READ_PAGE])
    for one in forsaken:
        _again(desk, one)
    _send_lost(desk, emptied or idle, idle)
    send_next(desk)
    clean(desk)


def _release(desk: Desk, keys: Iterable[PageKey]) -> None:
    with desk.database.transaction() as session:
        pages.release(session, sorted(keys, key=lambda key: (key.reading_id, key.number)))


def _again(desk: Desk, taken: Taken) -> None:
    _log.warning(
        "sent again: its worker is gone", extra={"lost": taken.task.value, "lost_numbers": list(taken.numbers)}
    )
    send(desk.app, taken.task, *taken.numbers, priority=_priority(taken.priority))


def _send_lost(desk: Desk, everything: bool, idle: bool) -> None:
    """Send again what was sent too long ago; everything, if the queue has nothing of it and nobody is at it."""
    with desk.database.transaction() as session:
        now = at(session)
        page_before, task_before = now - desk.times.page_lost, now - desk.times.task_lost
        if everything:
            page_before = task_before = now - _ON_ITS_WAY
        found = dispatch.lost(session, page_before, task_before)
        if idle:
            pages.release(session, found.pages)
        settling = [*found.unsettled, *(one for one in found.unfinished if readings.all_read(session, one))]
        urgent = dispatch.priorities(session, (key.reading_id for key in found.pages))
        for task, numbers, priority in _tasks(found, settling, urgent):
            send_after(session, desk.app, task, *numbers, priority=priority)
        count = len(found.pages) + len(found.uploads) + len(found.openings) + len(settling) + len(found.exports)
        if count:
            _log.warning("sent again: lost", extra={"count": count})


def _tasks(
    found: Lost, settling: Iterable[int], urgent: dict[int, int]
) -> Iterable[tuple[Task, tuple[int, ...], Priority]]:
    for task, numbers, priority in (
        (Task.TAKE_IN, found.uploads, Priority.PERSON),
        (Task.OPEN, found.openings, Priority.PERSON),
        (Task.SETTLE, settling, Priority.FINISH),
        (Task.EXPORT, found.exports, Priority.PERSON),
    ):
        yield from ((task, (number,), priority) for number in numbers)
    for key in found.pages:
        yield Task.READ_PAGE, (key.reading_id, key.number), _priority(urgent.get(key.reading_id, Priority.BATCH))


def _priority(number: int) -> Priority:
    return min(Priority, key=lambda one: abs(one - number))
