"""Decisions of one reading found again in another: cells matched by where they stand, what is on their row, and above.

A file that is read again with better weights may come out with other cell ids; a corrected version of a report is
another file. What was decided about a cell goes to the one cell that stands for the same figure, or to none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models.decisions import Decision, DecisionKind, Place
from models.document import Cell, Document, Row, Table
from models.geometry import Box
from worker.core.codes import joined_code
from worker.core.names import bare

ENOUGH = 3
CODE, NAME, COLUMN, LINE, BOX, TEXT = 2, 2, 1, 1, 2, 2
"""What it counts that code, name, column or 行次 are the same, that the places on the page overlap by half, and that
there the same was read too."""
OVERLAP = 0.5
ABOUT_CELLS = frozenset({DecisionKind.VALUE, DecisionKind.LABEL, DecisionKind.ILLEGIBLE, DecisionKind.SOURCE_WRONG})


@dataclass(frozen=True, slots=True)
class _Spot:
    table: Table
    row: Row
    cell: Cell


def carried(decisions: Sequence[Decision], document: Document) -> tuple[tuple[Decision, ...], tuple[int, ...]]:
    """The decisions with the ids of this document's cells, and the numbers of those that match nothing here.

    A decision whose place is the one of the cell of that id stays with it; else the cell is sought by place.
    """
    spots = {cell.cell_id: _Spot(t, t.rows[cell.row], cell) for t in document.tables for cell in t.cells}
    found, orphans = [], []
    for decision in decisions:
        key: str | None = decision.key
        if decision.kind in ABOUT_CELLS:
            key = _cell(decision, spots)
        if key is None:
            orphans.append(decision.number)
        else:
            found.append(replace(decision, key=key))
    return tuple(found), tuple(orphans)


def _cell(decision: Decision, spots: dict[str, _Spot]) -> str | None:
    place = decision.place
    same = spots.get(decision.key)
    if place is None:
        return decision.key if same is not None else None
    if same is not None and _is_there(place, same):
        return decision.key
    ranked = sorted(_ranked(place, spots), reverse=True)
    if not ranked or ranked[0][0] < ENOUGH or (len(ranked) > 1 and ranked[1][0] == ranked[0][0]):
        return None
    return ranked[0][1]


def _is_there(place: Place, spot: _Spot) -> bool:
    """Whether a cell is the very one: the same form, the same text, and the same place on the page or in the table."""
    if place.form != spot.table.form or place.raw != spot.cell.reading.text:
        return False
    if place.box is None:
        return _column(place, spot)
    return place.page == spot.cell.reading.page and _overlap(place.box, spot.cell.reading.box) >= OVERLAP


def _ranked(place: Place, spots: dict[str, _Spot]) -> Iterator[tuple[int, str]]:
    for cell_id, spot in spots.items():
        if place.form != spot.table.form or (not place.form and place.table_code != spot.table.code):
            continue
        score = _score(place, spot)
        if score:
            yield score, cell_id


def _score(place: Place, spot: _Spot) -> int:
    """How much speaks for a cell; nothing where its column is another, unless the same text stands in the same spot."""
    there = place.page == spot.cell.reading.page and _overlap(place.box, spot.cell.reading.box) >= OVERLAP
    same = there and bool(place.raw) and place.raw == spot.cell.reading.text
    if not (same or _column(place, spot)):
        return 0
    score = COLUMN * _column(place, spot) + BOX * there + TEXT * same
    if place.row_code and place.row_code == joined_code(spot.row.code.text):
        score += CODE
    if place.row_name and bare(place.row_name) == bare(spot.row.name.text):
        score += NAME
    if place.line_no and place.line_no == spot.row.line_no.text.strip():
        score += LINE
    return score


def _column(place: Place, spot: _Spot) -> bool:
    column = spot.table.columns[spot.cell.column]
    if place.column_no or column.number:
        return place.column_no == column.number
    return place.column_name in ("", column.name, column.header)


def _overlap(one: tuple[float, float, float, float] | None, other: Box | None) -> float:
    """The share of two boxes that they have in common (intersection over union)."""
    if one is None or other is None:
        return 0.0
    width = min(one[2], other.x1) - max(one[0], other.x0)
    height = min(one[3], other.y1) - max(one[1], other.y0)
    common = max(width, 0.0) * max(height, 0.0)
    both = (one[2] - one[0]) * (one[3] - one[1]) + (other.x1 - other.x0) * (other.y1 - other.y0) - common
    return common / both if both > 0 else 0.0
