"""Labels that cannot be what is printed: restored where the document proves them, asked about otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.decisions import Learned, Review
from models.document import Cell, CellStatus, Column, Document, Origin, Reading, Row, Table
from models.names import Names
from worker.core.settle import settle


def outlay(*codes: str) -> Document:
    """公开05 with a row for each code, every row 100.00 of 基本支出, and their total."""
    names = ("合计", *(f"科目{place}" for place in range(len(codes))))
    rows = tuple(
        Row(line, code=Reading(code), name=Reading(name))
        for line, (code, name) in enumerate(zip(("", *codes), names, strict=True))
    )
    total = f"{100 * len(codes)}.00"
    figures = [(total, total, ""), *[("100.00", "100.00", "")] * len(codes)]
    cells = tuple(
        Cell(f"g05-r{row}-c{column}", row, column, Reading(text))
        for row, texts in enumerate(figures)
        for column, text in enumerate(texts)
    )
    columns = (Column("1", "本年支出合计"), Column("2", "基本支出"), Column("3", "项目支出"))
    table = Table("公开05", "一般公共预算财政拨款支出决算表", "公开05", "元", (1,), columns, rows, cells)
    return Document(1, Origin.SCAN, (table,), ())


def test_figures_beside_a_code_that_is_no_number_are_asked_about() -> None:
    (settled,) = settle(outlay("2010602", "2O1ot03")).tables
    flagged = [cell.cell.cell_id for cell in settled.cells if cell.status is CellStatus.FLAGGED]
    assert flagged == ["g05-r2-c0", "g05-r2-c1"]
    assert all("不全是数字" in cell.reason for cell in settled.cells if cell.status is CellStatus.FLAGGED)


@pytest.mark.parametrize("codes", [("2010602", "2010603", "13"), ("2010602", "2010603", "2010603")])
def test_codes_too_short_or_printed_twice_are_asked_about(codes: tuple[str, ...]) -> None:
    (settled,) = settle(outlay(*codes)).tables
    rows = {cell.cell.row for cell in settled.cells if cell.status is CellStatus.FLAGGED}
    assert rows >= {row for row, code in enumerate(codes, 1) if len(code) < 3 or codes.count(code) > 1}


def test_sound_codes_raise_no_doubt() -> None:
    (settled,) = settle(outlay("2010602", "2010603")).tables
    assert {cell.status for cell in settled.cells} == {CellStatus.READ}


def test_the_list_of_codes_suggests_and_never_repairs() -> None:
    document = outlay("2010602", "20106O7", "2080505")
    (table,) = document.tables
    rows = (*table.rows[:2], replace(table.rows[2], name=Reading("信息化建设")), table.rows[3])
    (settled,) = settle(replace(document, tables=(replace(table, rows=rows),))).tables
    asked = [cell.reason for cell in settled.cells if cell.cell.row == 2 and cell.status is CellStatus.FLAGGED]
    assert asked
    assert all("目录中“信息化建设”的代码为2010607" in reason for reason in asked)
    assert settled.rows[2].code != "2010607"


def test_names_that_people_confirmed_suggest_where_the_list_of_codes_has_none() -> None:
    document = outlay("2010602", "20106O7", "2080505")
    (table,) = document.tables
    rows = (*table.rows[:2], replace(table.rows[2], name=Reading("古籍修复专项")), table.rows[3])
    names = Names({("item", "2010697", "古籍修复专项"): 2, ("item", "", "无码"): 1})
    changed = replace(document, tables=(replace(table, rows=rows),))
    (settled,) = settle(changed, review=Review(learned=Learned(names=names))).tables
    asked = [cell.reason for cell in settled.cells if cell.cell.row == 2 and cell.status is CellStatus.FLAGGED]
    assert asked
    assert all("档案中“古籍修复专项”的代码为2010697" in reason for reason in asked)
    assert settled.rows[2].code == "20106O7"
