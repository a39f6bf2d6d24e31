"""What documents were settled to: the extraction, its cells for lists, and the questions it leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from operator import attrgetter

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.archive import CellLine, QuestionLine, State, Summary
from models.db import at
from models.rows import Cell, Extraction, Question, Reading
from models.store.once import insert_all

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


def keep_result(session: Session, reading_id: int, settled: Settled) -> bool:
    """Make this what the reading is settled to; False if a result that took more decisions into account is there.

    If settling was asked for once more meanwhile, the reading goes on settling.
    """
    reading = session.get(Reading, reading_id, with_for_update=True, populate_existing=True)
    if reading is None or reading.read_at is None:
        return False
    present = session.get(Extraction, reading_id, populate_existing=True)
    if present is not None and present.decision_id > settled.decision_id:
        return False
    row = present or Extraction(reading_id=reading_id)
    row.blob, row.decision_id, row.version = settled.blob, settled.decision_id, settled.version
    row.settled_at = at(session)
    for name, value in asdict(settled.summary).items():
        setattr(row, name, value)
    session.add(row)
    reading.settled_for, reading.outcome, reading.failure = settled.asked_at, settled.outcome.value, ""
    session.flush()
    if present is None:
        _insert_cells(session, reading_id, settled.cells)
    else:
        _replace_cells(session, reading_id, settled.cells)
    _replace_questions(session, reading_id, settled.questions)
    return True


def extraction_of(session: Session, reading_id: int) -> Extraction | None:
    """What a reading is settled to, if it is."""
    return session.get(Extraction, reading_id)


def _replace_cells(session: Session, reading_id: int, cells: Sequence[CellLine]) -> None:
    """Write what differs only: a decision changes a few cells of a document with a thousand."""
    query = select(*(getattr(Cell, name) for name in _CELL)).where(Cell.reading_id == reading_id)
    old = {row.position: tuple(row) for row in session.execute(query)}
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
