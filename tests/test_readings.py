"""What cells say as numbers: how far each is rounded, which decides how far sums may be off."""

from __future__ import annotations

import pytest

from models.document import Cell, Column, Reading, Row, Table
from worker.core.memo import Memo
from worker.core.readings import conventions, figures, listen


def column(unit: str, *texts: str) -> Table:
    rows = tuple(Row(i, name=Reading(f"科目{i}")) for i in range(len(texts)))
    cells = tuple(Cell(f"c{i}", i, 0, Reading(text)) for i, text in enumerate(texts))
    return Table("公开05", "", "公开05", unit, (1,), (Column("1", "本年支出合计"),), rows, cells)


def rounded(table: Table) -> list[int]:
    """To how many decimals the figure of each cell counts as printed."""
    memo = Memo()
    convention = conventions((table,), memo)[table.unit]
    found = figures(memo, table.unit, listen(memo, table, convention), convention)
    return [found[cell.cell_id].decimals for cell in table.cells]


@pytest.mark.parametrize(
    ("unit", "usual", "odd", "decimals"),
    [
        ("万元", "9.02", "9.0", 2),
        ("万元", "9.02", "9.017", 3),
        ("万元", "9.023", "9.02", 3),
        ("万元", "9", "9.5", 1),
        ("元", "9.02", "9.0", 2),
    ],
)
def test_an_amount_that_lost_decimals_is_no_rounder_one(unit: str, usual: str, odd: str, decimals: int) -> None:
    table = column(unit, *[usual] * 30, odd)
    assert rounded(table)[30] == decimals


def test_where_documents_print_amounts_in_several_ways_each_is_as_round_as_printed() -> None:
    table = column("万元", *["9.02", "9.0", "9"] * 10)
    assert rounded(table)[:3] == [2, 1, 0]
