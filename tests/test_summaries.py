"""What lists show of an extraction."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given

from models.decisions import Asks
from models.document import CellStatus
from models.summaries import cell_lines, fen, question_lines, summary
from tests.strategies import Account, accounts, build
from worker.core.settle import settle


@given(accounts())
def test_every_printed_or_doubted_cell_is_listed_and_every_doubt_asked(account: Account) -> None:
    extraction = settle(build(account))
    first = extraction.tables[0].cells[0]
    flagged = replace(first, status=CellStatus.FLAGGED, reason="doubt", confidence=0.5, asks=Asks.UNSURE)
    table = replace(extraction.tables[0], cells=(flagged, *extraction.tables[0].cells[1:]))
    extraction = replace(extraction, tables=(table, *extraction.tables[1:]), questions=("which year?", "which year?"))
    lines = list(cell_lines(extraction))
    cells = [cell for settled in extraction.tables for cell in settled.cells]
    assert [cells[line.position].cell.cell_id for line in lines] == [line.cell_id for line in lines]
    assert {line.cell_id for line in lines} >= {cell.cell.cell_id for cell in cells if cell.value is not None}
    questions = list(question_lines(extraction))
    assert questions[0].key == "document: which year?"
    assert len(questions) == 1 + sum(cell.status is CellStatus.FLAGGED for cell in cells)
    assert max(questions, key=lambda question: question.worth) is questions[0]
    shown = summary(extraction, "scan")
    assert (shown.cells, shown.questions) == (len(cells), len(questions))
    assert shown.flagged == len(questions) - 1


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        ("1234.56", "元", 123456),
        ("-0.01", "元", -1),
        ("1.234567", "万元", 1234567),
        ("0.005", "元", 0),
        ("12", "人", None),
        ("1e40", "元", None),
        ("NaN", "元", None),
    ],
)
def test_amounts_compare_in_fen(value: str, unit: str, expected: int | None) -> None:
    assert fen(Decimal(value), unit) == expected
    assert fen(None, unit) is None
