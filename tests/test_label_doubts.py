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


def listed(*lines: tuple[str, str, str], probability: float = 0.98) -> Document:
    """公开05 as a recogniser read it, in one column: rows of (code, name, amount)."""
    rows = tuple(
        Row(i, code=Reading(code, probability=probability), name=Reading(name, probability=probability))
        for i, (code, name, _) in enumerate(lines)
    )
    cells = tuple(Cell(f"g05-r{i}-c0", i, 0, Reading(text)) for i, (_, _, text) in enumerate(lines))
    table = Table("公开05", "", "公开05", "元", (1,), (Column("1", "本年支出合计"),), rows, cells)
    return Document(1, Origin.SCAN, (table,), ())


def doubtful_rows(document: Document) -> dict[int, str]:
    (settled,) = settle(document).tables
    return {c.cell.row: c.reason for c in settled.cells if c.status is CellStatus.FLAGGED}


SOUND = (
    ("", "合计", "7.00"),
    ("201", "一般公共服务支出", "3.00"),
    ("20106", "财政事务", "3.00"),
    ("2010602", "一般行政管理事务", "3.00"),
    ("222", "粮油物资储备支出", "4.00"),
    ("22201", "粮油物资事务", "4.00"),
)


def test_rows_with_their_codes_in_order_raise_no_doubt() -> None:
    assert doubtful_rows(listed(*SOUND)) == {}


def test_a_row_without_a_code_that_is_no_total_is_asked_about() -> None:
    without = (*SOUND[:4], ("", "粮油物资储备支出", "4.00"), SOUND[5])
    found = doubtful_rows(listed(*without))
    assert "无科目代码" in found[4]
    typed = doubtful_rows(listed(*without, probability=1.0))
    assert not any("无科目代码" in reason for reason in typed.values())


def test_a_table_that_prints_few_codes_is_not_asked_about_row_by_row() -> None:
    bare_rows = [("", name, text) for _, name, text in SOUND[2:]]
    assert not any("无科目代码" in reason for reason in doubtful_rows(listed(*SOUND[:2], *bare_rows)).values())


@pytest.mark.parametrize(("codes", "asked"), [(("2010602", "2010603"), False), (("2010603", "2010602"), True)])
def test_a_code_out_of_the_order_of_those_around_it_is_asked_about(codes: tuple[str, str], asked: bool) -> None:
    items = ((codes[0], "一般行政管理事务", "1.00"), (codes[1], "某项事务", "2.00"))
    found = doubtful_rows(listed(*SOUND[:3], *items, *SOUND[4:]))
    assert any("不合上下行的顺序" in reason for reason in found.values()) is asked
