"""A small archive in a database: people, a batch, files on their way."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from models.archive import Blob, Role, Start
from models.db import Database, Session, at
from models.rows import Reading, User
from models.store import batches, pages, people, readings
from models.store.batches import Added, Ask, Incoming
from models.store.pages import Attempt, PageKey, PageResult

ENGINE = "test 1"
BUSY = timedelta(minutes=4)
FRESH = Attempt("one", again=False, busy=BUSY)
AGAIN = Attempt("two", again=True, busy=BUSY)


def hash_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def person(session: Session, name: str = "档案员", role: Role = Role.UPLOADER) -> User:
    user = people.add_user(session, name, role, "hashed")
    assert user is not None
    return user


def add(session: Session, batch_id: int, name: str, content: str = "", engine: str = ENGINE) -> Added:
    blob = Blob(hash_of(content or name), 100)
    return batches.add_file(session, batch_id, Incoming(name, blob, "pdf"), Ask(engine, 6))


def batch_of(database: Database, *names: str, pages: int = 2) -> tuple[int, list[int]]:
    """A batch with opened files of so many pages; its number and those of the readings."""
    with database.transaction() as session:
        owner = people.user_by_name(session, "档案员") or person(session)
        batch = batches.open_batch(session, owner.id, "2023", "-".join(names))
        found = [add(session, batch.id, name).reading_id for name in names]
        for reading_id in found:
            opening_sent(session, reading_id)
            readings.opened(session, reading_id, pages)
    return batch.id, found


def opening_sent(session: Session, reading_id: int) -> None:
    """Have the task to open a file be on its way."""
    session.get_one(Reading, reading_id).sent_at = at(session)
    session.flush()


def begin(session: Session, key: PageKey, attempt: Attempt) -> Start:
    """Begin on a page; READ if it is to be read."""
    found = pages.start_page(session, key, attempt)
    return found if isinstance(found, Start) else Start.READ


def read(session: Session, reading_id: int, *numbers: int, problem: str = "") -> bool:
    """Read pages; whether the reading has to be settled now."""
    for number in numbers:
        key = PageKey(reading_id, number)
        pages.start_page(session, key, FRESH)
        blob = None if problem else hash_of(f"{reading_id} {number}")
        pages.finish_page(session, key, PageResult(blob, problem, {"read": 0.5}))
    return readings.all_read(session, reading_id)


def later(session: Session, **delta: float) -> None:
    """Let time pass within a test's transaction."""
    session.info["jiaokan_at"] = at(session) + timedelta(**delta)
