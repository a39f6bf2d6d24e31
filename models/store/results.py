"""What documents were settled to: the extraction, its cells for lists, and the questions it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from models.archive import CellLine, QuestionLine, State, Summary
from models.columns import table
from models.db import at
from models.rows import Cell, Extraction, Question, Reading
from models.store.once import insert_all

_READING, _EXTRACTION = table(Reading).c, table(Extraction).c
_CELL, _QUESTION = CellLine._fields, QuestionLine.__slots__


@dataclass(frozen=True, slots=True)
class Settled:
    """A result to be kept: the blob of the extraction, what lists show of it, and what it rests on.

    `asked_at` is the reading's `settle_asked_at` as it was when settling began, `decision_id` the last decision it
    took into account (0 if none), `version` that of the code that settled. `outcome` is DONE, NEEDS_REVIEW or FAILED.
    """

    blob: str
    outcome: State
    summary: Summary
    cells: Sequence[CellLine]
    questions: Sequence[QuestionLine]
    decision_id: int
    version: str
    asked_at: datetime


def keep_result(session: Session, reading_id: int, settled: Settled, before: Sequence[CellLine] | None = None) -> bool:
    """Make this what the reading is settled to; False if a result that took more decisions into account is there.

    If settling was asked for once more meanwhile, the reading goes on settling. `before` are the cells as they are
    kept, where whoever holds the reading knows them.
    """
    mine = _READING.id == reading_id
    if session.scalar(select(_READING.read_at).where(mine).with_for_update()) is None:
        return False
    present = session.scalar(select(_EXTRACTION.decision_id).where(_EXTRACTION.reading_id == reading_id))
    if present is not None and present > settled.decision_id:
        return False
    values = {
        "blob": settled.blob, "decision_id": settled.decision_id, "version": settled.version,
        "settled_at": at(session), **asdict(settled.summary),
    }  # fmt: skip
    found = {"settled_for": settled.asked_at, "outcome": settled.outcome.value, "failure": ""}
    session.execute(update(table(Reading)).where(mine).values(found))
    if present is None:
        session.execute(insert(table(Extraction)).values(reading_id=reading_id, **values))
        _insert_cells(session, reading_id, settled.cells)
    else:
        session.execute(update(table(Extraction)).where(_EXTRACTION.reading_id == reading_id).values(values))
        _replace_cells(session, reading_id, settled.cells, before)
    _replace_questions(session, reading_id, settled.questions)
    return True


def extraction_of(session: Session, reading_id: int) -> Extraction | None:
    """What a reading is settled to, if it is."""
    return session.get(Extraction, reading_id)


def _replace_cells(
    session: Session, reading_id: int, cells: Sequence[CellLine], before: Sequence[CellLine] | None
) -> None:
    """Write what differs only: a decision changes a few cells of a document with a thousand."""
    query = select(*(getattr(Cell, name) for name in _CELL)).where(Cell.reading_id == reading_id)
    known = session.execute(query) if before is None else before
    old = {row.position: tuple(row) for row in known}
    new, changed = [], []
    for cell in cells:
        before = old.pop(cell.position, None)
        if before is None:
            new.append(cell)
        elif before != tuple(cell):
            changed.append({"reading_id": reading_id, **cell._asdict()})
    if old:
        session.execute(delete(Cell).where(Cell.reading_id == reading_id, Cell.position.in_(old)))
    if changed:
        session.execute(update(Cell), changed)
    _insert_cells(session, reading_id, new)


def _insert_cells(session: Session, reading_id: int, cells: Sequence[CellLine]) -> None:
    insert_all(session, Cell, ("reading_id", *_CELL), [(reading_id, *cell) for cell in cells])


def _replace_questions(session: Session, reading_id: int, questions: Sequence[QuestionLine]) -> None:
    """Close what is no longer asked, open what is; a question keeps its number as long as its key stays."""
    old = {row.key: row for row in session.scalars(select(Question).where(Question.reading_id == reading_id))}
    of = attrgetter(*_QUESTION)
    new: list[tuple[object, ...]] = []
    for question in questions:
        row = old.pop(question.key, None)
        if row is None:
            new.append((reading_id, at(session), *of(question)))
            continue
        for name in _QUESTION:
            if getattr(row, name) != getattr(question, name):
                setattr(row, name, getattr(question, name))
        row.closed_at = None
    for gone in old.values():
        gone.closed_at = gone.closed_at or at(session)
    session.flush()
    insert_all(session, Question, ("reading_id", "opened_at", *_QUESTION), new)
