"""The tasks: load by number, call, save. Each may come twice, or be lost and come again: facts decide what is to do.

A task that database or store keep waiting for too long goes back to the queue. One whose worker is gone is sent again
by the queue, or found by the sweep.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from billiard.exceptions import SoftTimeLimitExceeded
from celery import Task as CeleryTask
from celery.exceptions import Reject
from redis import RedisError

from models import traces
from models.archive import Start
from models.blobs import NotStoredError, StoreError
from models.db import DatabaseAwayError
from models.files import FileKind
from models.frozen import make_export
from models.logs import about, context, tell
from models.queue import Priority, QueueError, Task, send_after
from models.rows import File
from models.store import batches, exports, pages, pictures, readings, uploads
from models.store.pages import Attempt, PageFile, PageKey, PageResult
from models.store.pictures import Drawn
from worker.children import Failure, FailureKind
from worker.desk import Desk
from worker.drawing import draw
from worker.measures import RETRIES, SET_ASIDE, measured, page_read
from worker.settling import settle
from worker.stored import StoredPage
from worker.sweep import sweep, top_up
from worker.takein import take_in

_log = logging.getLogger(__name__)
_OPENING_TRIES = 3
_NUMBERS: dict[Task, tuple[str, ...]] = {
    Task.TAKE_IN: ("upload",),
    Task.OPEN: ("reading",),
    Task.READ_PAGE: ("reading", "page"),
    Task.SETTLE: ("reading",),
    Task.PICTURE: ("reading", "page"),
    Task.EXPORT: ("export",),
    Task.SWEEP: (),
}
"""What the numbers of a task are, for the log."""
_UNKNOWN = 1 << 30
"""How many tasks wait where Redis does not say: too many to send more."""
_DEADLY = (FailureKind.DIED, FailureKind.MEMORY)


def register(desk: Desk) -> None:
    """Make the tasks known to the desk's application."""
    body: dict[Task, Callable[..., object]] = {
        Task.OPEN: open_file,
        Task.READ_PAGE: read_page,
        Task.SETTLE: lambda desk, reading_id, _again: settle(desk, reading_id),
        Task.PICTURE: lambda desk, reading_id, number, _again: draw(desk, PageKey(reading_id, number)),
        Task.TAKE_IN: lambda desk, upload_id, _again: take_in(desk, upload_id),
        Task.EXPORT: export,
        Task.SWEEP: lambda desk, _again: sweep(desk),
    }
    for task, function in body.items():
        desk.app.task(bind=True, name=task.value)(_guarded(desk, task, function))


def _guarded(desk: Desk, task: Task, function: Callable[..., object]) -> Callable[..., None]:
    """A task with what all have in common: its numbers in the log, its time taken, and the way back to the queue."""

    def run(self: CeleryTask[..., None], *numbers: int) -> None:
        again = bool((self.request.delivery_info or {}).get("redelivered"))
        ids = dict(zip(_NUMBERS[task], numbers, strict=False))
        with about(task=task.value, worker=desk.worker, **_asked_by(self), **ids), measured(task.value):
            try:
                function(desk, *numbers, again)
            except (DatabaseAwayError, StoreError, QueueError) as error:
                _log.warning("put back: %s", error)
                raise Reject(str(error), requeue=True) from error
            except SoftTimeLimitExceeded:
                _log.warning("stopped at its time limit; the sweep will send it again")
            except Exception as error:
                told = f"{type(error).__name__}: {error}"[:300]
                reason = f"a fault of jiaokan ({told}): please report it"
                try:
                    desk.patiently(lambda: note_fault(desk, task, numbers, reason))
                finally:
                    _log.error("a fault of jiaokan", exc_info=error)
            finally:
                traces.note(context())
                waiting = _did(desk, self.request.id)
            top_up(desk, waiting)

    return run


def _asked_by(task: CeleryTask[..., None]) -> dict[str, str]:
    """The request from which all this follows, if the task was sent with it."""
    asked = (task.request.headers or {}).get("jiaokan_request")
    return {"request": str(asked)} if asked else {}


def _did(desk: Desk, task_id: str | None) -> int:
    """Tell that a task is done; how many wait in the queue."""
    try:
        return desk.fleet.did(task_id or "")
    except (RedisError, OSError) as error:
        _log.warning("Redis does not answer: %s", error)
        return _UNKNOWN


def note_fault(desk: Desk, task: Task, numbers: tuple[int, ...], told: str) -> None:
    """What a task was about has failed for a reason nobody foresaw; nothing may wait for it for ever."""
    with desk.database.transaction() as session:
        if task in (Task.OPEN, Task.READ_PAGE, Task.SETTLE):
            tell(documents=batches.documents_of(session, numbers[0]))
        if task is Task.READ_PAGE:
            pages.finish_page(session, PageKey(*numbers), PageResult(None, told, {}))
        elif task in (Task.OPEN, Task.SETTLE):
            readings.fail(session, numbers[0], told)
        elif task is Task.PICTURE:
            pictures.keep_pictures(session, PageKey(*numbers), [Drawn(False, None, problem=told)])
        elif task is Task.EXPORT:
            exports.fail_export(session, numbers[0], told)
        elif task is Task.TAKE_IN:
            uploads.taken(session, numbers[0], told)
    if task is Task.READ_PAGE:
        _settle_if_read(desk, numbers[0])


def open_file(desk: Desk, reading_id: int, again: bool) -> None:
    """Count the pages of a file and check its limits; then its pages go out."""

    def begin() -> File | None:
        with desk.database.transaction(lasting=False) as session:
            start = readings.start_opening(session, reading_id, again)
            tell(documents=batches.documents_of(session, reading_id))
            if start is not Start.READ:
                return None
            reading, file = readings.reading_of(session, reading_id) or (None, None)
            tell(batch=reading and reading.batch_id)
            return file

    file = desk.patiently(begin)
    if file is None:
        return
    count, problem = _counted(desk, file)

    def save() -> None:
        with desk.database.transaction(lasting=False) as session:
            if problem:
                readings.fail(session, reading_id, problem)
                return
            readings.opened(session, reading_id, count)
            if not count:
                send_after(session, desk.app, Task.SETTLE, reading_id, priority=Priority.FINISH)

    desk.patiently(save)


def read_page(desk: Desk, reading_id: int, number: int, again: bool) -> None:
    """Read one page and keep what it shows."""
    key = PageKey(reading_id, number)
    file = desk.patiently(lambda: _begin_page(desk, key, again))
    if file is not None:
        try:
            result = _read(desk, key, file)
            if result is not None:
                desk.patiently(lambda: _finish_page(desk, key, result))
        except StoreError as error:
            _log.warning("the page is given back: %s", error)
            desk.patiently(lambda: _give_back(desk, key))
        except SoftTimeLimitExceeded:
            desk.patiently(lambda: _killed(desk, key, "it took longer than its task may"))


def export(desk: Desk, export_id: int, _again: bool) -> None:
    """Make an export, unless it is made; if a blob it needs is gone, it has failed."""
    try:
        desk.patiently(lambda: make_export(desk.database, desk.blobs, export_id))
    except NotStoredError as error:
        note_fault(desk, Task.EXPORT, (export_id,), str(error))


def _counted(desk: Desk, file: File) -> tuple[int, str]:
    """The number of pages of a file, or what is wrong with it."""
    settings = desk.settings
    try:
        path = desk.patiently(lambda: desk.file(file.sha256))
    except NotStoredError as error:
        return 0, str(error)
    for _ in range(_OPENING_TRIES):
        arguments = (path, FileKind(file.kind), settings.limits())
        outcome = desk.call(desk.work.open, arguments, settings.open_seconds, "JIAOKAN_OPEN_SECONDS")
        if isinstance(outcome, int):
            return outcome, ""
        if not isinstance(outcome, Failure) or outcome.kind not in _DEADLY:
            break
    return 0, outcome.message if isinstance(outcome, Failure) else "opening brought no pages: please report it"


def _begin_page(desk: Desk, key: PageKey, again: bool) -> PageFile | None:
    """The file of a page that is to be read now; None if it is not."""
    attempt = Attempt(desk.worker, again, desk.times.busy, desk.settings.max_failed_pages)
    with desk.database.statements() as session:
        begun = pages.start_page(session, key, attempt)
    if isinstance(begun, PageFile):
        tell(batch=begun.batch_id)
        RETRIES.inc(begun.attempts > 1)
        return begun
    if begun is Start.SET_ASIDE:
        SET_ASIDE.inc()
        _settle_if_read(desk, key.reading_id)
    return None


def _read(desk: Desk, key: PageKey, file: PageFile) -> PageResult | None:
    """What came of a page; None if it has ended its reading process and is to be tried once more."""
    settings = desk.settings
    try:
        path = desk.patiently(lambda: desk.file(file.sha256))
    except NotStoredError as error:
        return PageResult(None, str(error), {})
    arguments = (path, FileKind(file.kind), key.number, desk.options)
    outcome = desk.call(desk.work.read, arguments, settings.page_seconds, "JIAOKAN_PAGE_SECONDS")
    if isinstance(outcome, StoredPage):
        blob = desk.patiently(lambda: desk.blobs.put_bytes(outcome.packed))
        return PageResult(blob.sha256, "", outcome.seconds)
    if isinstance(outcome, Failure) and outcome.kind in _DEADLY:
        desk.patiently(lambda: _killed(desk, key, outcome.message))
        return None
    told = outcome.message if isinstance(outcome, Failure) else "reading brought no page: please report it"
    return PageResult(None, told, {})


def _finish_page(desk: Desk, key: PageKey, result: PageResult) -> None:
    with desk.database.statements() as session:
        finished = pages.finish_page(session, key, result)
    if finished.last:
        _settle_if_read(desk, key.reading_id)
    if finished.new:
        page_read(result.seconds)
        SET_ASIDE.inc(bool(result.problem))


def _killed(desk: Desk, key: PageKey, reason: str) -> None:
    with desk.database.transaction() as session:
        tell(documents=batches.documents_of(session, key.reading_id))
        set_aside = pages.killed(session, key, reason)
    if set_aside:
        SET_ASIDE.inc()
        _settle_if_read(desk, key.reading_id)
    _log.warning("the page ended its reading process: %s", reason)


def _give_back(desk: Desk, key: PageKey) -> None:
    with desk.database.transaction() as session:
        pages.give_back(session, key)


def _settle_if_read(desk: Desk, reading_id: int) -> None:
    """After the commit of what finished a page: then the last of two who finish at once sees both."""
    with desk.database.statements() as session:
        if readings.all_read(session, reading_id):
            send_after(session, desk.app, Task.SETTLE, reading_id, priority=Priority.FINISH)
