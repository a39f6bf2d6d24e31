"""What cells say as numbers: how far each is rounded, which decides how far sums may be off."""

from __future__ import annotations

import pytest

from models.document import Cell, Column, Reading, Row, Table
from worker.core.readings import conventions, figures, listen


def column(unit: str, *texts: str) -> Table:
    rows = tuple(Row(i, name=Reading(f"科目{i}")) for i in range(len(texts)))
    cells = tuple(Cell(f"c{i}", i, 0, Reading(text)) for i, text in enumerate(texts))
    return Table("公开05", "", "公开05", unit, (1,), (Column("1", "本年支出合计"),), rows, cells)


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
    known = conventions((table,))
    assert figures((table,), listen((table,), known), known)["c30"].decimals == decimals


def test_where_documents_print_amounts_in_several_ways_each_is_as_round_as_printed() -> None:
    table = column("万元", *["9.02", "9.0", "9"] * 10)
    known = conventions((table,))
    found = figures((table,), listen((table,), known), known)
    assert [found[f"c{i}"].decimals for i in range(3)] == [2, 1, 0]
