"""A whole batch settled or read again, in a statement or two however large it is; the sweep sends what follows."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Update, exists, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.columns import Moment
from models.db import at
from models.rows import Document, Reading


def settle_batch(session: Session, batch_id: int) -> int:
    """Have all readings of a batch settled again whose pages are read; how many those are."""
    shown = select(Document.reading_id).where(Document.batch_id == batch_id)
    query = update(Reading).where(Reading.id.in_(shown), Reading.read_at.is_not(None))
    return _changed(session, query.values(settle_asked_at=at(session), sent_at=None, failure=""))


def read_batch(session: Session, batch_id: int, engine: str, priority: int) -> int:
    """Have documents of a batch read by this engine that show another one's reading, or were cancelled; how many."""
    wanted = (Document.batch_id == batch_id, or_(_read_by_another(engine), Document.cancelled_at.is_not(None)))
    values = {
        "sha256": Document.sha256, "engine": literal(engine), "batch_id": literal(batch_id),
        "priority": literal(priority), "created_at": literal(at(session), Moment),
    }  # fmt: skip
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    new = dialect.insert(Reading).from_select(list(values), select(*values.values()).where(*wanted).distinct())
    session.execute(new.on_conflict_do_nothing())
    mine = select(Reading.id).where(Reading.sha256 == Document.sha256, Reading.engine == engine).scalar_subquery()
    return _changed(session, update(Document).where(*wanted).values(reading_id=mine, cancelled_at=None))


def _read_by_another(engine: str) -> ColumnElement[bool]:
    return exists().where(Reading.id == Document.reading_id, Reading.engine != engine)


def _changed(session: Session, query: Update) -> int:
    result = session.execute(query.execution_options(synchronize_session=False))
    session.expire_all()
    return cast("CursorResult[Any]", result).rowcount
