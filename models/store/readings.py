"""A file on its way through the workers: opened, its pages read, laid out, settled, or failed with a reason.

Each function is one step of that way and may be called twice, by two workers, or after the work was lost: the second
call finds the facts of the first and changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Integer, bindparam, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from models.archive import UNFINISHED, Start
from models.columns import Moment, table
from models.db import Statements, at
from models.rows import Document, File, Page, Reading
from models.store.batches import wanted
from models.store.once import insert_missing
from models.store.pages import MOST_ATTEMPTS


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
    if reading.deaths >= MOST_ATTEMPTS:
        reading.failure = (
            f"opening this file was begun {MOST_ATTEMPTS} times and its worker was lost each time: leave it out"
        )
        return Start.SET_ASIDE
    return Start.READ


def opened(session: Session, reading_id: int, page_count: int) -> None:
    """A file has so many pages; a text dump has none and waits for settling at once."""
    reading = _locked(session, reading_id)
    if reading is None or reading.page_count is not None:
        return
    reading.page_count = page_count
    session.execute(_PAGES, {"reading": reading_id, "count": page_count})
    if not page_count:
        _read(session, reading)


def fail(session: Session, reading_id: int, reason: str) -> None:
    """Nothing more will come of this reading unless it is tried again; the reason says what to do."""
    session.execute(update(Reading).where(Reading.id == reading_id, Reading.failure == "").values(failure=reason))


def all_read(session: Session | Statements, reading_id: int) -> bool:
    """Note that a reading has no page left to read, if so; True for the one caller who has to send the settling.

    It sees what others have committed: to be called once the last page's finish is, in no transaction of its own; and
    what the database was told: a session has to be flushed before.
    """
    return session.scalar(_ALL_READ, {"reading": reading_id, "now": at(session)}) is not None


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


def retry(session: Session, reading_id: int) -> bool:
    """Try again what failed: the opening, the pages that were set aside, the settling. False if nothing had failed.

    Pages that were read stay as they are. What is to be done now the sweep sends.
    """
    reading = _locked(session, reading_id)
    if reading is None or reading.state in UNFINISHED:
        return False
    failed = update(Page).where(Page.reading_id == reading_id, Page.problem != "")
    fresh = {"sent_at": None, "started_at": None, "finished_at": None, "problem": "", "blob": None}
    pages_failed = len(session.scalars(failed.values(**fresh, deaths=0, attempts=0).returning(Page.number)).all())
    if not pages_failed and not reading.failure:
        return False
    reading.failure, reading.deaths = "", 0
    if pages_failed:
        reading.read_at = reading.settle_asked_at = reading.settled_for = reading.document = None
        return True
    reading.sent_at = None
    if reading.read_at is not None:
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


def _read(session: Session, reading: Reading) -> None:
    reading.started_at = reading.started_at or at(session)
    reading.read_at = reading.settle_asked_at = at(session)


def _locked(session: Session, reading_id: int) -> Reading | None:
    return session.get(Reading, reading_id, with_for_update=True, populate_existing=True)


def hold(session: Session, reading_id: int) -> Reading | None:
    """A reading that nobody else changes until the transaction ends."""
    return _locked(session, reading_id)


_PAGE, _READING = table(Page).c, table(Reading).c
_LEFT = exists().where(_PAGE.reading_id == bindparam("reading"), _PAGE.finished_at.is_(None))
_ALL_READ = (
    update(table(Reading))
    .where(_READING.id == bindparam("reading"), _READING.page_count.is_not(None), _READING.read_at.is_(None))
    .where(_READING.failure == "", ~_LEFT)
    .values(
        read_at=bindparam("now"), settle_asked_at=bindparam("now"),
        started_at=func.coalesce(_READING.started_at, bindparam("now", type_=Moment)),
    )
    .returning(_READING.id)
)  # fmt: skip
_COUNT = bindparam("count", type_=Integer)
_FIRST = select(literal(1).label("number")).where(_COUNT > 0).cte("numbers", recursive=True)
_NUMBERS = _FIRST.union_all(select(_FIRST.c.number + 1).where(_FIRST.c.number < _COUNT))
_PAGES = insert(table(Page)).from_select(
    ["reading_id", "number"],
    select(bindparam("reading", type_=Integer), _NUMBERS.c.number),
    include_defaults=False,
)
