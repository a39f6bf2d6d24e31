"""An extraction as lists show it: its figures, its cells, its open questions. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from models.archive import CellLine, QuestionLine, State, Summary
from models.decisions import Asks
from models.document import CELLS_WAIT, CellStatus, DocumentStatus, Extraction, SettledCell, SettledTable
from models.doubtful import look, pair

_FEN = {"元": 2, "万元": 6, "亿元": 10}
_MOST_FEN = 1 << 62
_OUTCOMES = {
    DocumentStatus.CLEAN: State.DONE,
    DocumentStatus.NEEDS_REVIEW: State.NEEDS_REVIEW,
    DocumentStatus.FAILED: State.FAILED,
}


def outcome(extraction: Extraction) -> State:
    """How far a document is that was settled to this."""
    return _OUTCOMES[extraction.status]


def summary(extraction: Extraction, origin: str) -> Summary:
    """What lists show of a document."""
    cells = [cell for settled in extraction.tables for cell in settled.cells]
    return Summary(
        entity=extraction.entity,
        year=extraction.year,
        kind=extraction.kind.value,
        origin=origin,
        tables=" ".join(settled.table.code for settled in extraction.tables),
        cells=len(cells),
        flagged=sum(cell.status is CellStatus.FLAGGED for cell in cells),
        repaired=sum(cell.status is CellStatus.REPAIRED for cell in cells),
        questions=sum(1 for _ in question_lines(extraction)),
    )


def cell_lines(extraction: Extraction) -> Iterator[CellLine]:
    """The cells that print something or are flagged; positions count all cells."""
    position = -1
    for settled in extraction.tables:
        for cell in settled.cells:
            position += 1
            if cell.value is not None or cell.cell.reading.text or cell.status is CellStatus.FLAGGED:
                yield _cell_line(settled, cell, position)


def question_lines(extraction: Extraction) -> Iterator[QuestionLine]:
    """The cells that a person is asked about, and what is asked of the document as a whole, which comes before them.

    A cell is worth the more the more money it holds, the less sure it is, and the more identities hang on it; one that
    is only a sample of quality comes after all doubts.
    """
    for text in dict.fromkeys(extraction.questions):
        if text.endswith(CELLS_WAIT):
            continue  # each of those cells is a question of its own
        yield QuestionLine(f"document: {text}", "", "", 0, None, Asks.DOCUMENT.value, text, 1000.0)
    checked: dict[str, int] = {}
    for check in extraction.checks:
        for cell_id in check.cell_ids:
            checked[cell_id] = checked.get(cell_id, 0) + 1
    for settled in extraction.tables:
        for cell in settled.cells:
            if cell.asks is not None:
                amount = fen(cell.value, settled.table.unit)
                worth = _worth(amount, cell.confidence, checked.get(cell.cell.cell_id, 0))
                yield QuestionLine(
                    key=cell.cell.cell_id,
                    form=settled.table.form,
                    table_code=settled.table.code,
                    page=cell.cell.reading.page,
                    fen=amount,
                    asks=cell.asks.value,
                    reason=cell.reason,
                    worth=0.0 if cell.asks is Asks.SAMPLE else worth,
                    pair=pair(cell.cell.reading),
                    raw=cell.cell.reading.text,
                    look=look(cell),
                )


def fen(value: Decimal | None, unit: str) -> int | None:
    """An amount in hundredths of a yuan, rounded; None where the unit is no sum of money, or it is beyond all sense."""
    if value is None or unit not in _FEN or not value.is_finite():
        return None
    if value.adjusted() + _FEN[unit] > len(str(_MOST_FEN)):
        return None
    amount = int(value.scaleb(_FEN[unit]).to_integral_value())
    return amount if abs(amount) < _MOST_FEN else None


def _worth(amount: int | None, confidence: float, checks: int) -> float:
    money = math.log10(1 + abs(amount)) if amount else 1.0
    return round((1 + checks) * money * (1.05 - min(max(confidence, 0.0), 1.0)), 6)


def _cell_line(settled: SettledTable, cell: SettledCell, position: int) -> CellLine:
    place, table = cell.cell, settled.table
    row, column = settled.rows[place.row], table.columns[place.column]
    return CellLine(
        position=position,
        cell_id=place.cell_id,
        table_code=table.code,
        form=table.form,
        page=place.reading.page,
        row_code=row.code,
        row_name=row.name,
        column_name=column.name or column.header or column.number,
        value="" if cell.value is None else format(cell.value, "f"),
        fen=fen(cell.value, table.unit),
        status=cell.status.value,
        confidence=cell.confidence,
        reason=cell.reason,
    )
