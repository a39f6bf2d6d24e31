"""A file on its way through the workers: opened, its pages read, laid out, settled, or failed with a reason.

Each function is one step of that way and may be called twice, by two workers, or after the work was lost: the second
call finds the facts of the first and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, func, select, update
from sqlalchemy.orm import Session

from models.archive import UNFINISHED, Start
from models.db import at
from models.rows import Document, File, Page, Reading
from models.store.batches import wanted
from models.store.once import insert_missing

MOST_DEATHS = 3
"""A page or file that ended so many reading processes is set aside."""
MOST_ATTEMPTS = 10
"""A page that was begun so often, and each time lost with its whole worker, is set aside too: nothing goes on for ever.
It is more than MOST_DEATHS because machines are switched off, and clocks differ, without any page being to blame."""
IN_TURN = timedelta(days=36525)
"""A settling that waits until the sweep sends it is dated so far back; sending it dates it anew."""
REST = "not read, because too many pages of this file failed"


@dataclass(frozen=True, slots=True)
class Attempt:
    """Who begins on a page or file: the worker's name, and whether the task came again because its worker was lost.

    One that began less than `busy` ago, and whose worker was not lost, is still being read by somebody. Once
    `most_failed` pages of a file have failed, the rest is not read.
    """

    worker: str
    again: bool
    busy: timedelta
    most_failed: int = 1 << 30


@dataclass(frozen=True, slots=True)
class PageKey:
    """A page of a reading, numbered from 1, as tasks name it."""

    reading_id: int
    number: int


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of a page: the blob of it as read, or else the problem; and the seconds of each step."""

    blob: str | None
    problem: str
    seconds: Mapping[str, float]


def reading_of(session: Session, reading_id: int) -> tuple[Reading, File] | None:
    """A reading and its file."""
    found = session.execute(
        select(Reading, File).join(File, File.sha256 == Reading.sha256).where(Reading.id == reading_id)
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def start_opening(session: Session, reading_id: int, again: bool) -> Start:
    """Whether to open a file: count its pages, check its limits. `again` as in `Attempt`."""
    reading = _locked(session, reading_id)
    if reading is None or reading.page_count is not None or reading.failure:
        return Start.DONE
    if not wanted(session, reading_id):
        reading.sent_at = None
        return Start.CANCELLED
    reading.deaths += again
    if reading.deaths >= MOST_DEATHS:
        reading.failure = f"opening this file ended its worker {MOST_DEATHS} times: it is damaged or made to do harm"
        return Start.SET_ASIDE
    return Start.READ


def opened(session: Session, reading_id: int, page_count: int) -> None:
    """A file has so many pages; a text dump has none and waits for settling at once."""
    reading = _locked(session, reading_id)
    if reading is None or reading.page_count is not None:
        return
    reading.page_count = page_count
    pages = [{"reading_id": reading_id, "number": number, "seconds": {}} for number in range(1, page_count + 1)]
    for first in range(0, len(pages), 500):
        insert_missing(session, Page, pages[first : first + 500])
    if not page_count:
        _read(session, reading)


def fail(session: Session, reading_id: int, reason: str) -> None:
    """Nothing more will come of this reading unless it is tried again; the reason says what to do."""
    session.execute(update(Reading).where(Reading.id == reading_id, Reading.failure == "").values(failure=reason))


def start_page(session: Session, key: PageKey, attempt: Attempt) -> Start:
    """Whether to read a page, noting who does. A page that has ended its worker too often is set aside here.

    DONE: it is finished. BUSY: somebody is at it. CANCELLED: nobody wants it any more. After SET_ASIDE, as after
    `finish_page`, the document may be ready to be settled.
    """
    page = _locked_page(session, key)
    if page is None or page.finished_at is not None:
        return Start.DONE
    around = _around(session, key.reading_id)
    if not around.wanted:
        page.sent_at = page.started_at = None
        return Start.CANCELLED
    if page.started_at is not None and not attempt.again and abs(at(session) - page.started_at) < attempt.busy:
        return Start.BUSY
    reason = _hopeless(page, around.failed, attempt)
    if reason:
        _set_aside(session, page, reason)
        return Start.SET_ASIDE
    page.started_at, page.worker, page.attempts = at(session), attempt.worker, page.attempts + 1
    if not around.begun:
        begun = update(Reading).where(Reading.id == key.reading_id, Reading.started_at.is_(None))
        session.execute(begun.values(started_at=at(session)))
    return Start.READ


def finish_page(session: Session, key: PageKey, result: PageResult) -> bool:
    """Note what came of a page; False if that was known already."""
    page = _locked_page(session, key)
    if page is None or page.finished_at is not None:
        return False
    page.finished_at, page.blob, page.problem = at(session), result.blob, result.problem
    page.seconds = dict(result.seconds)
    return True


def killed(session: Session, key: PageKey, reason: str) -> bool:
    """Reading a page ended its reading process; True if it is set aside for that now, else it is queued again."""
    page = _locked_page(session, key)
    if page is None or page.finished_at is not None:
        return False
    page.deaths += 1
    if page.deaths >= MOST_DEATHS:
        _set_aside(session, page, f"{_deadly(page)}: {reason}")
        return True
    page.started_at = page.sent_at = None
    return False


def give_back(session: Session, key: PageKey) -> None:
    """A page could not be read for a reason that is not its own, such as a store that is away: it is queued again."""
    page = _locked_page(session, key)
    if page is not None and page.finished_at is None:
        page.attempts -= page.started_at is not None
        page.started_at = page.sent_at = None


def release(session: Session, keys: Sequence[PageKey]) -> None:
    """Nobody is at these pages any more: their worker is gone. Whoever is given them next may begin at once."""
    for key in keys:
        page = _locked_page(session, key)
        if page is not None and page.finished_at is None:
            page.started_at = None


def all_read(session: Session, reading_id: int) -> bool:
    """Note that a reading has no page left to read, if so; True for the one caller who has to send the settling."""
    reading = _locked(session, reading_id)
    if reading is None or reading.page_count is None or reading.read_at is not None or reading.failure:
        return False
    session.flush()
    left = select(exists().where(Page.reading_id == reading_id, Page.finished_at.is_(None)))
    if session.scalar(left):
        return False
    _read(session, reading)
    return True


def pages(session: Session, reading_id: int) -> Sequence[Page]:
    """The pages of a reading, in order."""
    return session.scalars(select(Page).where(Page.reading_id == reading_id).order_by(Page.number)).all()


def keep_document(session: Session, reading_id: int, blob: str) -> None:
    """Note the blob of the document as read; the first one stands."""
    session.execute(update(Reading).where(Reading.id == reading_id, Reading.document.is_(None)).values(document=blob))


def ask_settling(session: Session, reading_ids: Sequence[int]) -> list[int]:
    """Have readings settled again; those that can be, because their pages are read. For each a task is to be sent."""
    query = update(Reading).where(Reading.id.in_(reading_ids), Reading.read_at.is_not(None))
    found = session.scalars(query.values(settle_asked_at=at(session), failure="").returning(Reading.id))
    return sorted(found)


def settle_in_turn(session: Session, batch_id: int) -> int:
    """Have all that a batch has read settled again, a few at a time: the sweep sends them. How many these are."""
    mine = select(Document.reading_id).where(Document.batch_id == batch_id, Document.cancelled_at.is_(None))
    query = update(Reading).where(Reading.id.in_(mine), Reading.read_at.is_not(None), Reading.failure == "")
    query = query.values(settle_asked_at=at(session) - IN_TURN)
    return len(session.scalars(query.returning(Reading.id).execution_options(synchronize_session=False)).all())


def retry(session: Session, reading_id: int) -> bool:
    """Try again what failed: the opening, the pages that were set aside, the settling. False if nothing had failed.

    Pages that were read stay as they are.
    """
    reading = _locked(session, reading_id)
    if reading is None or reading.state in UNFINISHED:
        return False
    failed = update(Page).where(Page.reading_id == reading_id, Page.problem != "")
    again = {"sent_at": None, "started_at": None, "finished_at": None, "deaths": 0, "problem": "", "blob": None}
    pages_failed = len(session.scalars(failed.values(again).returning(Page.number)).all())
    if not pages_failed and not reading.failure:
        return False
    reading.failure, reading.deaths, reading.sent_at = "", 0, None
    if pages_failed:
        reading.read_at = reading.settle_asked_at = reading.settled_for = reading.document = None
    elif reading.read_at is not None:
        reading.settle_asked_at = at(session)
    return True


def reread(session: Session, document_id: int, engine: str, priority: int) -> int | None:
    """Have a document read by another version of the engine; the number of that reading. It shows it from now on."""
    document = session.get(Document, document_id)
    if document is None:
        return None
    values = {"sha256": document.sha256, "engine": engine, "batch_id": document.batch_id, "priority": priority}
    insert_missing(session, Reading, [{**values, "created_at": at(session)}])
    query = select(Reading.id).where(Reading.sha256 == document.sha256, Reading.engine == engine)
    document.reading_id = session.scalars(query).one()
    document.cancelled_at = None
    return document.reading_id


@dataclass(frozen=True, slots=True)
class _Around:
    """What is to be known of a page's reading: asked in one query, for it is asked for every page."""

    wanted: bool
    begun: bool
    failed: int


def _around(session: Session, reading_id: int) -> _Around:
    live = exists().where(Document.reading_id == reading_id, Document.cancelled_at.is_(None))
    failed = select(func.count()).where(Page.reading_id == reading_id, Page.problem != "").scalar_subquery()
    query = select(Reading.failure, Reading.started_at, live, failed).where(Reading.id == reading_id)
    failure, started_at, is_live, count = session.execute(query).one()
    return _Around(not failure and is_live, started_at is not None, count or 0)


def _hopeless(page: Page, failed: int, attempt: Attempt) -> str:
    """Why a page is not to be begun once more; empty if it is."""
    if page.deaths >= MOST_DEATHS:
        return _deadly(page)
    if page.attempts >= MOST_ATTEMPTS:
        return f"reading this page was begun {MOST_ATTEMPTS} times and its worker was lost each time: read it alone"
    return REST if failed >= attempt.most_failed else ""


def _deadly(page: Page) -> str:
    return f"reading this page ended its worker {MOST_DEATHS} times; {page.worker or 'no worker'} was the last"


def _set_aside(session: Session, page: Page, reason: str) -> None:
    page.problem, page.finished_at = reason, at(session)


def _read(session: Session, reading: Reading) -> None:
    reading.started_at = reading.started_at or at(session)
    reading.read_at = reading.settle_asked_at = at(session)


def _locked(session: Session, reading_id: int) -> Reading | None:
    return session.get(Reading, reading_id, with_for_update=True, populate_existing=True)


def _locked_page(session: Session, key: PageKey) -> Page | None:
    return session.get(Page, (key.reading_id, key.number), with_for_update=True, populate_existing=True)


def is_read(session: Session, reading_id: int) -> bool:
    """Whether nothing but settling is left to do."""
    session.flush()
    return session.scalar(select(Reading.id).where(Reading.id == reading_id, Reading.read_at.is_not(None))) is not None
