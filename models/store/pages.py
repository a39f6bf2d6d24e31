"""One page on its way through the workers: begun, finished, set aside, given back.

This is asked for every page of an archive, so beginning and finishing are one statement each, made once. Each function
may be called twice, by two workers, or after the work was lost: facts decide, in the statement itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    ColumnElement,
    Integer,
    ScalarSelect,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
    update,
)  # fmt: skip
from sqlalchemy.orm import Session

from models.archive import Start
from models.columns import table
from models.db import Statements, at
from models.rows import Document, File, Page, Reading

MOST_DEATHS = 3
"""A page that ended so many reading processes is set aside."""
MOST_ATTEMPTS = 10
"""What was begun so often, and each time lost with its whole worker, is set aside too: nothing goes on for ever. It is
more than MOST_DEATHS because workers are killed without any page or file being to blame (docs/decisions/0045)."""
REST = "not read, because too many pages of this file failed"
DEADLY = f"reading this page ended its worker {MOST_DEATHS} times"
WORN_OUT = f"reading this page was begun {MOST_ATTEMPTS} times and its worker was lost each time: read it alone"


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
class PageFile:
    """The file of a page that is to be read, the batch that asked for it, and how often it was begun, this included."""

    batch_id: int
    sha256: str
    kind: str
    attempts: int


@dataclass(frozen=True, slots=True)
class PageResult:
    """What came of a page: the blob of it as read, or else the problem; and the seconds of each step."""

    blob: str | None
    problem: str
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Finished:
    """Whether this finished the page, and whether it may have been the last one of its reading (see `all_read`)."""

    new: bool
    last: bool


def start_page(session: Session | Statements, key: PageKey, attempt: Attempt) -> PageFile | Start:
    """The file of a page that is to be read now, noting who reads it; else why it is not.

    DONE: it is finished. BUSY: somebody is at it. CANCELLED: nobody wants it any more. SET_ASIDE: it has just been,
    having ended its worker too often; then, as after `finish_page`, the document may be ready to be settled. Each
    statement stands for itself and needs no transaction.
    """
    now = at(session)
    told = {
        "reading": key.reading_id, "page": key.number, "now": now, "by": attempt.worker, "again": attempt.again,
        "late": now - attempt.busy, "early": now + attempt.busy, "most_failed": attempt.most_failed,
    }  # fmt: skip
    found = session.execute(_BEGIN, told).one_or_none()
    if found is None:
        return _why_not(session, told)
    if found.started_at is None:
        session.execute(_BEGIN_READING, told)
    return PageFile(found.batch_id, found.sha256, found.kind, found.attempts)


def finish_page(session: Session | Statements, key: PageKey, result: PageResult) -> Finished:
    """Note what came of a page, unless that is known. It is one statement, and needs no transaction."""
    told = {
        "reading": key.reading_id, "page": key.number, "now": at(session), "blob": result.blob,
        "told": result.problem, "took": dict(result.seconds),
    }  # fmt: skip
    more = session.scalar(_FINISH, told)
    return Finished(new=more is not None, last=not more)


def killed(session: Session, key: PageKey, reason: str) -> bool:
    """Reading a page ended its reading process; True if it is set aside for that now, else it is queued again."""
    page = _locked(session, key)
    if page is None or page.finished_at is not None:
        return False
    page.deaths += 1
    if page.deaths >= MOST_DEATHS:
        page.problem = f"{DEADLY}: {reason}"
        page.finished_at = at(session)
        return True
    page.started_at = page.sent_at = None
    return False


def give_back(session: Session, key: PageKey) -> None:
    """A page could not be read for a reason that is not its own, such as a store that is away: it is queued again."""
    page = _locked(session, key)
    if page is not None and page.finished_at is None:
        page.attempts -= page.started_at is not None
        page.started_at = page.sent_at = None


def release(session: Session, keys: Sequence[PageKey]) -> None:
    """Nobody is at these pages any more: their worker is gone. Whoever is given them next may begin at once."""
    for key in keys:
        page = _locked(session, key)
        if page is not None and page.finished_at is None:
            page.started_at = None


def _why_not(session: Session | Statements, told: Mapping[str, Any]) -> Start:
    """What is to be done with a page that is not to be read; done, where it is to be written down."""
    if session.scalar(_CANCEL, told):
        return Start.CANCELLED
    if session.scalar(_SET_ASIDE, told):
        return Start.SET_ASIDE
    return Start.BUSY if session.scalar(_STILL_OPEN, told) else Start.DONE


def _locked(session: Session, key: PageKey) -> Page | None:
    return session.get(Page, (key.reading_id, key.number), with_for_update=True, populate_existing=True)


_PAGE, _READING, _FILE, _DOCUMENT = table(Page).c, table(Reading).c, table(File).c, table(Document).c
_OTHER = table(Page).alias("other").c
_ID: BindParameter[int] = bindparam("reading")
_OPEN = and_(_PAGE.reading_id == _ID, _PAGE.number == bindparam("page"), _PAGE.finished_at.is_(None))
_FREE = or_(
    _PAGE.started_at.is_(None), bindparam("again", type_=Boolean),
    _PAGE.started_at <= bindparam("late"), _PAGE.started_at >= bindparam("early"),
)  # fmt: skip
"""Nobody is at the page. A time still to come was told by a clock that went wrong."""
_ASKED = exists().where(_DOCUMENT.reading_id == _ID, _DOCUMENT.cancelled_at.is_(None))
_WANTED = exists().where(_READING.id == _ID, _READING.failure == "", _ASKED)
_FAILED = select(func.count()).where(_OTHER.reading_id == _ID, _OTHER.problem != "").scalar_subquery()
_DEADLY, _WORN = _PAGE.deaths >= MOST_DEATHS, _PAGE.attempts >= MOST_ATTEMPTS
_HOPELESS = or_(_DEADLY, _WORN, bindparam("most_failed", type_=Integer) <= _FAILED)
_WHY = case((_DEADLY, DEADLY), (_WORN, WORN_OUT), else_=REST)


def _of_reading(column: ColumnElement[Any]) -> ScalarSelect[Any]:
    return select(column).where(_READING.id == _ID).scalar_subquery()


_KIND = select(_FILE.kind).where(_FILE.sha256 == _of_reading(_READING.sha256)).scalar_subquery()
_BEGIN = (
    update(table(Page))
    .where(_OPEN, _FREE, _WANTED, ~_HOPELESS)
    .values(started_at=bindparam("now"), worker=bindparam("by"), attempts=_PAGE.attempts + 1)
    .returning(
        _of_reading(_READING.batch_id).label("batch_id"), _of_reading(_READING.sha256).label("sha256"),
        _of_reading(_READING.started_at).label("started_at"), _KIND.label("kind"), _PAGE.attempts,
    )
)  # fmt: skip
"""What it tells is asked of each table by itself: SQLite knows no other tables there."""
_BEGIN_READING = (
    update(table(Reading)).where(_READING.id == _ID, _READING.started_at.is_(None)).values(started_at=bindparam("now"))
)
_CANCEL = update(table(Page)).where(_OPEN, ~_WANTED).values(sent_at=None, started_at=None).returning(_PAGE.number)
_SET_ASIDE = (
    update(table(Page))
    .where(_OPEN, _FREE, _HOPELESS)
    .values(finished_at=bindparam("now"), problem=_WHY)
    .returning(_PAGE.number)
)
_STILL_OPEN = select(_PAGE.number).where(_OPEN)
_TO_COME = exists().where(
    _OTHER.reading_id == _ID, _OTHER.number != bindparam("page"), _OTHER.finished_at.is_(None),
    _OTHER.started_at.is_(None),
)  # fmt: skip
"""A page of the same reading that nobody has begun: whoever finishes that one will look whether it was the last."""
_FINISH = (
    update(table(Page))
    .where(_OPEN)
    .values(
        finished_at=bindparam("now"), blob=bindparam("blob"), problem=bindparam("told"), seconds=bindparam("took")
    )
    .returning(_TO_COME)
)  # fmt: skip
