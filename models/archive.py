"""The nouns of the service: who may do what, how far a document is, what a page cost. Pure values.

How far something is follows from what happened to it (`page_state`, `batch_state`, and for documents the column
`readings.state`, which the database computes); nothing counts along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple


class Role(StrEnum):
    """What a person may do: uploaders see their own batches, reviewers all, admins also the people."""

    UPLOADER = "uploader"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class State(StrEnum):
    """How far a document, a reading or a batch is."""

    QUEUED = "queued"
    READING = "reading"
    SETTLING = "settling"
    DONE = "done"
    NEEDS_REVIEW = "needs-review"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = frozenset({State.QUEUED, State.READING, State.SETTLING})
"""States that something still has to be done about by a machine."""


class PageState(StrEnum):
    """How far a page is; SET_ASIDE has a reason and no result."""

    QUEUED = "queued"
    READING = "reading"
    READ = "read"
    SET_ASIDE = "set-aside"


class Start(StrEnum):
    """What a worker that was given a page is to do with it."""

    READ = "read"
    DONE = "done"
    BUSY = "busy"
    SET_ASIDE = "set-aside"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What came of a file that was brought in."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class ExportFormat(StrEnum):
    """What an export is: the folder of CSVs as a ZIP, one workbook, or Parquet files in a ZIP."""

    CSV = "csv"
    XLSX = "xlsx"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes in the store: their SHA-256 in hexadecimal digits, and how many they are."""

    sha256: str
    size: int


class CellLine(NamedTuple):
    """A cell as it stands in lists; `position` counts the cells of the document from 0.

    `value` is the plain decimal in the table's unit, `fen` the same in hundredths of a yuan (None where the unit is no
    money). A tuple, because a thousand of a document go from process to process and into the database.
    """

    position: int
    cell_id: str
    table_code: str
    form: str
    page: int
    row_code: str
    row_name: str
    column_name: str
    value: str
    fen: int | None
    status: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A doubt a person can settle: `key` is the cell's id, or `document: ` and what is asked of the whole.

    `asks` is the kind of doubt (`models.decisions.Asks`), `worth` says how much an answer settles; the queue asks for
    the largest first. `pair` and `raw` say what is doubtful, `look` where to see it (`models.doubtful`).
    """

    key: str
    form: str
    table_code: str
    page: int
    fen: int | None
    asks: str
    reason: str
    worth: float
    pair: str = ""
    raw: str = ""
    look: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Summary:
    """What lists show of a settled document; the numbers are those of one extraction, written once with it."""

    entity: str
    year: str
    kind: str
    origin: str
    tables: str
    cells: int
    flagged: int
    repaired: int
    questions: int


def page_state(started: bool, finished: bool, problem: str) -> PageState:
    """How far a page is, from what happened to it."""
    if finished:
        return PageState.SET_ASIDE if problem else PageState.READ
    return PageState.READING if started else PageState.QUEUED


def batch_state(counts: Mapping[State, int], cancelled: bool) -> State:
    """How far a batch is, from how many of its documents stand where: the least advanced unfinished phase rules.

    A batch without documents is queued. One that has failed documents besides others is as the others are.
    """
    if cancelled:
        return State.CANCELLED
    present = {state for state, count in counts.items() if count}
    if not present or present == {State.QUEUED}:
        return State.QUEUED
    if present & UNFINISHED:
        return State.SETTLING if present & UNFINISHED == {State.SETTLING} else State.READING
    for state in (State.NEEDS_REVIEW, State.DONE, State.FAILED):
        if state in present:
            return state
    return State.CANCELLED
