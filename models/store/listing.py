"""What pages and endpoints list: batches, documents, cells, and how far they are. Read only.

Lists go on after a row (`after`, the last one's number), never by counting rows from the beginning: the last page is as
fast as the first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from string import ascii_letters, ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    SQLColumnExpression,
    and_,
    case,
    collate,
    func,
    literal_column,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.archive import Role, State, batch_state
from models.rows import Batch, Cell, Document, Extraction, File, Page, Reading, User

MOST_ROWS = 500
"""A page of a list is never longer."""

_STATE: ColumnElement[str] = case(
    (Document.cancelled_at.is_not(None), literal_column(f"'{State.CANCELLED.value}'")), else_=Reading.state
).label("state")


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    id: int
    name: str
    owner: str
    created_at: datetime
    state: State
    documents: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: documents by state, pages finished of those known, and questions as last settled."""

    state: State
    documents: Mapping[State, int]
    pages: int
    pages_finished: int
    questions: int


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document in a list; what settling found is empty until it is settled."""

    id: int
    batch_id: int
    reading_id: int
    name: str
    sha256: str
    size: int
    state: State
    failure: str
    pages: int | None
    entity: str = ""
    year: str = ""
    tables: str = ""
    cells: int = 0
    flagged: int = 0
    questions: int = 0


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents: of a batch (None: all that the viewer sees), in a state, of an entity or a year, by name."""

    batch_id: int | None = None
    state: State | None = None
    entity: str = ""
    year: str = ""
    name_contains: str = ""


@dataclass(frozen=True, slots=True)
class CellFilter:
    """Which cells of a reading: flagged ones only; of a form or a row code."""

    reading_id: int
    flagged: bool = False
    form: str = ""
    row_code: str = ""


@dataclass(frozen=True, slots=True)
class PageProgress:
    """The pages of one reading: how many, finished, being read, set aside, and why."""

    pages: int
    finished: int
    reading: int
    problems: Mapping[int, str] = field(default_factory=dict)


def batches(session: Session, viewer: User, limit: int = 20, after: int | None = None) -> list[BatchLine]:
    """Batches the person may see, the newest first."""
    query = select(Batch, User.name).join(User, User.id == Batch.owner_id)
    if viewer.role == Role.UPLOADER:
        query = query.where(Batch.owner_id == viewer.id)
    if after is not None:
        query = query.where(Batch.id < after)
    found = session.execute(query.order_by(Batch.id.desc()).limit(min(limit, MOST_ROWS))).all()
    counts = _counts(session, [batch.id for batch, _ in found])
    return [
        BatchLine(
            batch.id, batch.name, owner, batch.created_at,
            batch_state(counts[batch.id], batch.cancelled_at is not None), counts[batch.id],
        )
        for batch, owner in found
    ]  # fmt: skip


def progress(session: Session, batch_id: int) -> Progress | None:
    """How far a batch is at this moment; None if there is none such."""
    batch = session.get(Batch, batch_id)
    if batch is None:
        return None
    read = case(
        (Reading.read_at.is_not(None), Reading.page_count), (Reading.state == State.QUEUED, 0), else_=_FINISHED_PAGES
    )
    sums = [func.sum(one) for one in (Reading.page_count, read, Extraction.questions)]
    asking = and_(Extraction.reading_id == Document.reading_id, Extraction.questions > literal_column("0"))
    query = _states(session, batch.id, *sums).outerjoin(Extraction, asking)
    counts: dict[State, int] = {}
    known = [0, 0, 0]
    for state, count, *summed in session.execute(query):
        counts[State(state)] = count
        if state != State.CANCELLED:
            known = [before + int(more or 0) for before, more in zip(known, summed, strict=True)]
    return Progress(batch_state(counts, batch.cancelled_at is not None), counts, *known)


def documents(
    session: Session, viewer: User, chosen: DocumentFilter, limit: int = 50, after: int = 0
) -> list[DocumentLine]:
    """Documents the person may see, in the order in which they came."""
    query = _documents().where(Document.id > after)
    if viewer.role == Role.UPLOADER:
        query = query.where(Document.batch_id.in_(select(Batch.id).where(Batch.owner_id == viewer.id)))
    for condition in _conditions(session, chosen):
        query = query.where(condition)
    found = session.execute(query.order_by(Document.id).limit(min(limit, MOST_ROWS)))
    return [_line(one) for one in found]


def document_line(session: Session, document_id: int) -> DocumentLine | None:
    """One document as lists show it."""
    found = session.execute(_documents().where(Document.id == document_id)).one_or_none()
    return None if found is None else _line(found)


def page_progress(session: Session, reading_id: int) -> PageProgress:
    """How far the pages of a reading are."""
    query = select(Page.number, Page.started_at, Page.finished_at, Page.problem).where(Page.reading_id == reading_id)
    found = session.execute(query.order_by(Page.number)).all()
    return PageProgress(
        pages=len(found),
        finished=sum(page.finished_at is not None for page in found),
        reading=sum(page.started_at is not None and page.finished_at is None for page in found),
        problems={page.number: page.problem for page in found if page.problem},
    )


def cells(session: Session, chosen: CellFilter, limit: int = 100, after: int = -1) -> Sequence[Cell]:
    """Cells of a reading in their order, after the one at a position."""
    query = select(Cell).where(Cell.reading_id == chosen.reading_id, Cell.position > after)
    if chosen.flagged:
        query = query.where(Cell.status == literal_column("'flagged'"))
    if chosen.form:
        query = query.where(Cell.form == chosen.form)
    if chosen.row_code:
        query = query.where(Cell.row_code == chosen.row_code)
    return session.scalars(query.order_by(Cell.position).limit(min(limit, MOST_ROWS))).all()


def figure_of(session: Session, entity: str, year: str, like: Cell) -> tuple[Document, Cell] | None:
    """The figure that an entity's report of a year prints on the same line and in the same column of the same form."""
    same_row = Cell.row_code == like.row_code if like.row_code else Cell.row_name == like.row_name
    query = (
        select(Document, Cell)
        .join(Extraction, Extraction.reading_id == Document.reading_id)
        .join(Cell, Cell.reading_id == Extraction.reading_id)
        .where(Extraction.entity == entity, Extraction.year == year, Document.cancelled_at.is_(None))
        .where(Cell.form == like.form, Cell.column_name == like.column_name, same_row)
        .order_by(Document.id.desc(), Cell.position)
        .limit(1)
    )
    found = session.execute(query).first()
    return None if found is None else (found[0], found[1])


def cell_of(session: Session, reading_id: int, cell_id: str) -> Cell | None:
    """A cell of a reading that lists show."""
    return session.scalar(select(Cell).where(Cell.reading_id == reading_id, Cell.cell_id == cell_id))


def _counts(session: Session, batch_ids: Sequence[int]) -> dict[int, dict[State, int]]:
    """Documents of batches by state. Most are done, so those are what is left when all others are counted: counting
    documents takes a fifth of looking up the reading of each.
    """
    mine = Document.batch_id.in_(batch_ids)
    totals = select(Document.batch_id, func.count(), func.count(Document.cancelled_at)).where(mine)
    others = select(Document.batch_id, Reading.state, func.count()).join(Reading, Reading.id == Document.reading_id)
    others = others.where(mine, Document.cancelled_at.is_(None), Reading.state.in_(_NOT_DONE))
    counts: dict[int, dict[State, int]] = {batch_id: {} for batch_id in batch_ids}
    for batch_id, state, count in session.execute(others.group_by(Document.batch_id, Reading.state)):
        counts[batch_id][State(state)] = count
    for batch_id, total, cancelled in session.execute(totals.group_by(Document.batch_id)):
        done = total - cancelled - sum(counts[batch_id].values())
        counts[batch_id] |= {state: n for state, n in ((State.CANCELLED, cancelled), (State.DONE, done)) if n}
    return counts


_NOT_DONE = tuple(state.value for state in State if state not in (State.DONE, State.CANCELLED))
_FINISHED_PAGES = (
    select(func.count()).where(Page.reading_id == Reading.id, Page.finished_at.is_not(None)).scalar_subquery()
)


def _states(session: Session, batch_id: int, *sums: ColumnElement[Any]) -> Select[*tuple[Any, ...]]:
    """Documents of a batch by state, counted, and what else is to be summed of them.

    Readings of a batch lie close together, so between which they lie is asked first and told to the planner: without,
    it goes through those of the whole archive (100,000 documents, a batch of 10,000: 150 ms and not 15).
    """
    ends = select(func.min(Document.reading_id), func.max(Document.reading_id)).where(Document.batch_id == batch_id)
    query = select(_STATE, func.count(), *sums).join_from(Document, Reading, Reading.id == Document.reading_id)
    query = query.where(Document.batch_id == batch_id, Reading.id.between(*session.execute(ends).one()))
    return query.group_by(_STATE)


_FOUND: dict[str, InstrumentedAttribute[Any]] = {
    "entity": Extraction.entity, "year": Extraction.year, "tables": Extraction.tables,
    "cells": Extraction.cells, "flagged": Extraction.flagged, "questions": Extraction.questions,
}  # fmt: skip
_LINE: dict[str, SQLColumnExpression[Any]] = {
    "id": Document.id, "batch_id": Document.batch_id, "reading_id": Document.reading_id, "name": Document.name,
    "sha256": Document.sha256, "size": File.size, "state": _STATE, "failure": Reading.failure,
    "pages": Reading.page_count,
    **{name: func.coalesce(column, "" if column.type.python_type is str else 0) for name, column in _FOUND.items()},
}  # fmt: skip
"""The fields of a `DocumentLine`: columns, since objects of five hundred rows take longer than to find them."""


def _documents() -> Select[*tuple[Any, ...]]:
    return (
        select(*(column.label(name) for name, column in _LINE.items()))
        .join_from(Document, Reading, Reading.id == Document.reading_id)
        .join(File, File.sha256 == Document.sha256)
        .outerjoin(Extraction, Extraction.reading_id == Document.reading_id)
    )


def _conditions(session: Session, chosen: DocumentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if chosen.batch_id is not None:
        conditions.append(Document.batch_id == chosen.batch_id)
    if chosen.state is State.CANCELLED:
        conditions.append(Document.cancelled_at.is_not(None))
    elif chosen.state is not None:
        conditions += [Document.cancelled_at.is_(None), Reading.state == chosen.state.value]
    if chosen.entity:
        conditions.append(Extraction.entity == chosen.entity)
    if chosen.year:
        conditions.append(Extraction.year == chosen.year)
    if chosen.name_contains:
        conditions.append(_named(session, chosen.name_contains))
    return conditions


def _line(found: Row[*tuple[Any, ...]]) -> DocumentLine:
    return DocumentLine(**{**found._mapping, "state": State(found.state)})


def _named(session: Session, part: str) -> ColumnElement[bool]:
    """Letters from A to Z match in either case; where there are none, as in most names here, LIKE alone does.

    PostgreSQL is told to know no other letters, as SQLite knows none: that halves what a name costs.
    """
    if not set(part) & set(ascii_letters):
        return Document.name.contains(part, autoescape=True)
    plain = session.get_bind().dialect.name == "sqlite"
    return func.lower(Document.name if plain else collate(Document.name, "C")).contains(
        part.translate(_FOLDED), autoescape=True
    )


_FOLDED = str.maketrans(ascii_uppercase, ascii_lowercase)
