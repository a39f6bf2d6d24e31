"""Sums that rest on labels in doubt prove nothing."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from models.document import Cell, CellStatus, Column, Document, Glyph, Origin, Reading, Row, SettledCell, Table
from tests.strategies import ACCOUNT, build
from worker.core.constraints import constraints
from worker.core.labels import settle_rows
from worker.core.settle import settle
from worker.core.shaky import shaky
from worker.core.sheets import sheets


def doubtful_sums(document: Document, code: str, named: str) -> set[str]:
    """The formulas of the sums that are shaky where the label of one row of one table is doubted."""
    found = sheets(document.tables)
    rows, _ = settle_rows(found)
    doubts = [
        {i for i, row in enumerate(table.rows) if table.code == code and row.code.text == named}
        for table in document.tables
    ]
    wanted = constraints(found)
    ids = shaky(found, rows, doubts, wanted)
    assert {one.kind for one in wanted if one.check_id in ids} <= {"hierarchy"}
    return {one.formula for one in wanted if one.check_id in ids}


@pytest.mark.parametrize("named", ["2010301", "201"])
def test_a_doubted_label_makes_the_sums_of_its_class_shaky_and_no_others(named: str) -> None:
    formulas = doubtful_sums(build(ACCOUNT), "公开05", named)
    assert formulas
    assert all("一般公共服务支出" in one or "政府办公厅" in one for one in formulas)


def test_sound_labels_make_no_sum_shaky() -> None:
    assert not doubtful_sums(build(ACCOUNT), "公开05", "none")


LINES = (
    ("", "合计", "7,600.00"),
    ("201", "一般公共服务支出", "5,600.00"),
    ("20103", "政府办公厅（室）及相关机构事务", "3,200.00"),
    ("2010301", "行政运行", "1,950.00"),
    ("2010302", "一般行政管理事务", "1,260.00"),
    ("20106", "财政事务", "2,400.00"),
    ("2010602", "一般行政管理事务", "2,400.00"),
    ("208", "社会保障和就业支出", "2,000.00"),
    ("20805", "行政事业单位养老支出", "2,000.00"),
    ("2080505", "机关事业单位基本养老保险缴费支出", "2,000.00"),
)
"""One column, in which 1,250.00 was read as 1,260.00; only the sum of its 款 says so."""


def settled_misreading(codes: dict[str, str]) -> SettledCell:
    """The misread cell of those lines after settling, some codes replaced by how they were read."""
    rows = tuple(
        Row(i, code=Reading(codes.get(code, code), probability=0.99), name=Reading(name, probability=0.99))
        for i, (code, name, _) in enumerate(LINES)
    )
    readings = [Reading(text) for _, _, text in LINES]
    glyphs = [Glyph(char, 0.99, 0, 1) for char in readings[4].text]
    glyphs[3] = Glyph("6", 0.6, 0, 1, (("5", 0.35),))
    readings[4] = replace(readings[4], glyphs=tuple(glyphs), probability=0.6)
    cells = tuple(Cell(f"g05-r{i}-c0", i, 0, reading) for i, reading in enumerate(readings))
    table = Table("公开05", "", "公开05", "元", (1,), (Column("1", "本年支出合计"),), rows, cells)
    (settled,) = settle(Document(1, Origin.SCAN, (table,), ())).tables
    return settled.cells[4]


def test_a_sum_under_sound_labels_proves_a_repair() -> None:
    cell = settled_misreading({})
    assert (cell.status, cell.value) == (CellStatus.REPAIRED, Decimal("1250.00"))


def test_a_sum_under_doubtful_labels_of_its_class_proves_none_but_tells_what_to_ask() -> None:
    cell = settled_misreading({"2010602": "20106ot"})
    assert (cell.status, cell.value) == (CellStatus.FLAGGED, Decimal("1260.00"))
    assert cell.alternatives[0] == "1250.00"


def test_doubtful_labels_of_another_class_do_not_matter() -> None:
    cell = settled_misreading({"2080505": "20805ot"})
    assert (cell.status, cell.value) == (CellStatus.REPAIRED, Decimal("1250.00"))


def test_a_row_with_a_code_that_begins_with_no_digit_stands_in_the_class_above() -> None:
    cell = settled_misreading({"2010602": "Zo10602"})
    assert cell.status is CellStatus.FLAGGED
