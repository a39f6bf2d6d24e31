"""Grids to tables of forms, one test for each way the forms are printed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from models.document import Document, Origin, Page, Table
from models.geometry import Box, Mesh
from tests.ruled_pages import grid, page, token
from worker.layout import lay_out

SUMMARY = [
    ["收入", "<", "<", "支出", "<", "<"],
    ["项目", "行次", "决算数", "项目（按功能分类）", "行次", "决算数"],
    ["栏次", "", "1", "栏次", "", "2"],
    ["一、一般公共预算财政拨款收入", "1", "100.00", "一、一般公共服务支出", "29", "90.00"],
    ["", "2", "", "二、外交支出", "30", ""],
    ["总 计", "3", "100.00", "总 计", "31", "90.00"],
]
SPENDING_HEAD = [
    ["项目", "<", "本年支出", "<", "<"],
    ["科目代码", "科目名称", "小计", "基本支出", "项目支出"],
    ["栏次", "<", "1", "2", "3"],
]
SPENDING_TITLE = "一般公共预算财政拨款支出决算表"
DETAIL = [
    ["人员经费", "<", "<", "公用经费", "<", "<", "<", "<", "<"],
    ["科目代码", "科目名称", "金额", "科目代码", "科目名称", "金额", "科目代码", "科目名称", "金额"],
    ["301", "工资福利支出", "50.00", "302", "商品和服务支出", "20.00", "310", "资本性支出", "5.00"],
    ["30101", "基本工资", "50.00", "30201", "办公费", "20.00", "", "", ""],
    ["人员经费合计", "<", "50.00", "公用经费合计", "<", "<", "<", "<", "25.00"],
]


def only(document: Document) -> Table:
    assert len(document.tables) == 1
    return document.tables[0]


def printed(table: Table) -> list[tuple[str, ...]]:
    """Each row as (code, name, 行次, figures …)."""
    rows = []
    for index, row in enumerate(table.rows):
        figures = [cell.reading.text for cell in table.cells if cell.row == index]
        rows.append((row.code.text, row.name.text, row.line_no.text, *figures))
    return rows


def test_blocks_side_by_side_with_line_numbers() -> None:
    table = only(lay_out([page(3, grid(SUMMARY), above=("收 入 支 出 决 算 总 表", "公开01表 金额单位：元"))]))
    assert (table.code, table.form, table.title, table.unit, table.pages) == (
        "公开01", "公开01", "收入支出决算总表", "元", (3,),
    )  # fmt: skip
    assert [(c.number, c.name, c.block) for c in table.columns] == [("1", "收入决算数", 0), ("2", "支出决算数", 1)]
    assert printed(table) == [
        ("", "一、一般公共预算财政拨款收入", "1", "100.00"),
        ("", "一、一般公共服务支出", "29", "90.00"),
        ("", "", "2", ""),
        ("", "二、外交支出", "30", ""),
        ("", "总计", "3", "100.00"),
        ("", "总计", "31", "90.00"),
    ]
    assert [(row.line, row.block) for row in table.rows] == [(0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)]


def test_codes_split_over_columns_beside_a_total_in_the_header() -> None:
    head = [
        ["功能分类科目编码", "<", "<", "科目名称", "本年支出合计", "基本支出", "项目支出"],
        ["类", "款", "项", "栏次", "1", "2", "3"],
        ["^", "^", "^", "合计", "9.00", "9.00", ""],
    ]
    rows = [
        ["201", "", "", "一般公共服务支出", "9.00", "9.00", ""],
        ["201", "06", "01", "行政运行", "9.00", "9.00", ""],
    ]
    table = only(lay_out([page(1, grid(head + rows), above=("一般公共预算财政拨款支出决算表",))]))
    assert printed(table) == [
        ("", "合计", "", "9.00", "9.00", ""),
        ("201", "一般公共服务支出", "", "9.00", "9.00", ""),
        ("2010601", "行政运行", "", "9.00", "9.00", ""),
    ]
    assert table.form == "公开05"


def test_three_blocks_of_codes_and_a_total_under_the_last() -> None:
    table = only(lay_out([page(1, grid(DETAIL), above=("一般公共预算财政拨款基本支出决算表", "单位：万元"))]))
    assert [column.block for column in table.columns] == [0, 1, 2]
    assert ("", "人员经费合计", "", "50.00") in printed(table)
    assert ("", "公用经费合计", "", "25.00") in printed(table)
    assert ("310", "资本性支出", "", "5.00") in printed(table)
    assert all(len(one) == len(("code", "name", "line", "figure")) for one in printed(table))


def test_receptions_by_pairs_come_in_the_forms_order() -> None:
    items = ["合计", "因公出国（境）费", "公务用车购置及运行费", "<", "<", "公务接待费"]
    lower = ["^", "^", "小计", "公务用车购置费", "公务用车运行费", "^"]
    rows = [
        ["财政拨款“三公”经费", *["<"] * 11],
        [text for item in items for text in (item, "<")],
        [text for item in lower for text in ((item, "^") if item == "^" else (item, "<"))],
        ["预算数", "决算数"] * 6,
        ["1", "7", "2", "8", "3", "9", "4", "10", "5", "11", "6", "12"],
        ["0.95", "0.90", "", "", "0.50", "0.45", "", "", "0.50", "0.45", "0.45", "0.45"],
    ]
    table = only(lay_out([page(1, grid(rows), above=("财政拨款“三公”经费支出决算表",))]))
    assert [column.number for column in table.columns] == [str(i) for i in range(1, 13)]
    assert printed(table) == [
        ("", "", "", "0.95", "", "0.50", "", "0.50", "0.45", "0.90", "", "0.45", "", "0.45", "0.45")
    ]


def test_a_table_goes_on_without_its_header_and_ends_with_a_lone_total() -> None:
    first = grid([*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]])
    second = grid([["208", "社会保障和就业支出", "4.00", "", "4.00"]], top=60)
    last = grid([["合计", "9.00", "5.00", "4.00"]], top=60, widths=(120, 60, 60, 60))
    pages = [
        page(1, first, above=("一般公共预算财政拨款支出决算表", "单位：元")),
        page(2, second, below=("— 2 —",)),
        page(3, last),
    ]
    table = only(lay_out(pages))
    assert table.pages == (1, 2, 3)
    assert printed(table) == [
        ("201", "一般公共服务支出", "", "5.00", "5.00", ""),
        ("208", "社会保障和就业支出", "", "4.00", "", "4.00"),
        ("", "合计", "", "9.00", "5.00", "4.00"),
    ]
    assert [row.line for row in table.rows] == [0, 1, 2]
    assert {cell.doubt for cell in table.cells} == {""}


def test_a_repeated_header_and_title_go_on_too() -> None:
    first = page(1, grid([*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]]), above=(SPENDING_TITLE,))
    second = page(2, grid([*SPENDING_HEAD, ["合计", "<", "5.00", "5.00", ""]]), above=(SPENDING_TITLE + "（续）",))
    assert [row.name.text for row in only(lay_out([first, second])).rows] == ["一般公共服务支出", "合计"]


def test_a_repeated_header_whose_cells_ran_together_goes_on_too() -> None:
    merged = [
        ["项目本年支出", "<", "", "<", "<"],
        ["科目代码科目名称", "<", "小计基本支出", "<", "项目支出"],
        ["栏次", "<", "1", "2", "3"],
    ]
    first = page(1, grid([*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]]), above=(SPENDING_TITLE,))
    second = page(2, grid([*merged, ["208", "社会保障和就业支出", "4.00", "", "4.00"]]))
    table = only(lay_out([first, second]))
    assert [(row.code.text, row.name.text) for row in table.rows] == [
        ("201", "一般公共服务支出"),
        ("208", "社会保障和就业支出"),
    ]


def test_a_repeated_header_of_which_a_row_stands_above_the_grid_goes_on_too() -> None:
    below = [
        ["科目代科目名称码", "<", "小计", "基本支出", "项目支出"],
        ["合计", "<", "5.00", "5.00", ""],
    ]
    first = page(1, grid([*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]]), above=(SPENDING_TITLE,))
    second = page(2, grid(below), above=("项目 本年支出",))
    assert [row.name.text for row in only(lay_out([first, second])).rows] == ["一般公共服务支出", "合计"]


def test_a_repeated_header_that_lost_a_rule_goes_on_too() -> None:
    narrow = [
        ["项目", "<", "本年支出", "<"],
        ["科目代码", "科目名称", "小计", "项基目本支支出出"],
        ["合计", "<", "5.00", "5.00"],
    ]
    first = page(1, grid([*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]]), above=(SPENDING_TITLE,))
    second = page(2, grid(narrow, widths=(60, 60, 60, 120)))
    assert [row.name.text for row in only(lay_out([first, second])).rows] == ["一般公共服务支出", "合计"]


def test_the_same_columns_under_another_title_begin_another_table() -> None:
    rows = [*SPENDING_HEAD, ["合计", "<", "5.00", "5.00", ""]]
    pages = [
        page(1, grid(rows), above=("一般公共预算财政拨款支出决算表",)),
        page(2, grid(rows), above=("国有资本经营预算财政拨款支出决算表",)),
    ]
    assert [table.code for table in lay_out(pages).tables] == ["公开05", "公开09"]


def test_two_tables_of_one_form_have_their_own_cell_ids() -> None:
    rows = [*SPENDING_HEAD, ["合计", "<", "5.00", "5.00", ""]]
    pages = [page(n, grid(rows), above=("一般公共预算财政拨款支出决算表",)) for n in (1, 5)]
    tables = lay_out(pages).tables
    ids = [cell.cell_id for table in tables for cell in table.cells]
    assert [table.code for table in tables] == ["公开05", "公开05"]
    assert ids[0] == "g05-r00-c1"
    assert ids[3] == "g05.2-r00-c1"
    assert len(ids) == len(set(ids))


def test_an_empty_table_keeps_its_total_row() -> None:
    rows = [*SPENDING_HEAD, ["", "", "", "", ""], ["合计", "<", "", "", ""]]
    note = "注：本单位无国有资本经营预算财政拨款支出，故本表无数据。"
    table = only(lay_out([page(1, grid(rows), above=("国有资本经营预算财政拨款支出决算表",), below=(note,))]))
    assert table.declared_empty
    assert printed(table) == [("", "合计", "", "", "", "")]
    assert all(cell.reading.box is not None for cell in table.cells)


def test_items_without_any_figure_are_not_declared_empty() -> None:
    rows = [[text if not text.endswith(".00") else "" for text in row] for row in SUMMARY]
    table = only(lay_out([page(1, grid(rows), above=("收入支出决算总表",))]))
    assert not table.declared_empty
    assert "no figure found in this table" in table.doubts


def test_a_budget_is_a_numbered_table_with_its_printed_headers() -> None:
    head = [
        ["项目", "<", "支出预算", "<", "<"],
        ["功能分类科目编码", "功能分类科目名称", "合计", "基本支出", "项目支出"],
    ]
    rows = [["201", "一般公共服务支出", "2,700", "0", "2,700"], ["合计", "<", "2,700", "0", "2,700"]]
    table = only(lay_out([page(1, grid(head + rows), above=("2024年部门支出预算总表", "编制部门：某局 单位：元"))]))
    assert (table.code, table.form, table.title, table.unit) == ("T1", "", "2024年部门支出预算总表", "元")
    assert [(column.number, column.name) for column in table.columns] == [
        ("1", "支出预算/合计"), ("2", "支出预算/基本支出"), ("3", "支出预算/项目支出"),
    ]  # fmt: skip
    assert printed(table)[0] == ("201", "一般公共服务支出", "", "2,700", "0", "2,700")


def test_lost_titles_are_said() -> None:
    table = only(lay_out([page(1, grid(SUMMARY))]))
    assert table.form == "公开01"
    assert table.doubts == ("title lost: taken for 公开01 by its columns",)


def test_a_missing_column_is_said_and_others_keep_their_names() -> None:
    rows = [["科目编码", "科目名称", "本年支出合计", "项目支出"], ["201", "一般公共服务支出", "7.00", "7.00"]]
    table = only(lay_out([page(1, grid(rows), above=("一般公共预算财政拨款支出决算表",))]))
    assert [column.number for column in table.columns] == ["1", "3"]
    assert "no column found for 2 基本支出" in table.doubts


def test_frames_without_data_stay_text() -> None:
    document = lay_out([page(1, grid([["目录"]]), above=("第一部分",))])
    assert document.tables == ()
    assert [line.text for line in document.lines] == ["第一部分", "目录"]


def test_text_outside_the_grids_comes_in_reading_order() -> None:
    document = lay_out(
        [
            page(1, grid(SUMMARY), above=("收入支出决算总表", "部门：某局"), below=("注：说明", "— 1 —")),
            page(2, above=("尾页",)),
        ]
    )
    assert [(line.page, line.text) for line in document.lines] == [
        (1, "收入支出决算总表"), (1, "部门：某局"), (1, "注：说明"), (1, "— 1 —"), (2, "尾页"),
    ]  # fmt: skip


def test_boxes_lie_on_the_page_as_filed() -> None:
    shift = Mesh(900, 800, 2, 2, ((10, 20), (910, 20), (10, 820), (910, 820)))
    straight = page(1, grid(SUMMARY), above=("收入支出决算总表",))
    filed = Page(
        1, 900, 800, Origin.SCAN, straight.tokens, straight.grids, mesh=shift, problem="the page is torn"
    )  # fmt: skip
    plain, moved = lay_out([straight]), lay_out([filed])
    pairs = zip(plain.tables[0].cells, moved.tables[0].cells, strict=True)
    for before, after in pairs:
        assert before.reading.box is not None
        assert corners(after.reading.box) == pytest.approx(corners(before.reading.box, 10, 20))
    assert plain.lines[0].box is not None
    assert corners(moved.lines[0].box) == pytest.approx(corners(plain.lines[0].box, 10, 20))
    assert moved.problems == ("page 1: the page is torn",)


def corners(box: Box | None, x: float = 0, y: float = 0) -> tuple[float, ...]:
    assert box is not None
    return box.x0 + x, box.y0 + y, box.x1 + x, box.y1 + y


def test_an_amount_read_in_two_boxes_is_one_figure_and_two_amounts_are_doubted() -> None:
    rows = [list(row) for row in SUMMARY]
    rows[5][2] = "10.00\n20.00"
    whole = grid(rows)
    cell = next(cell for cell in whole.cells if (cell.row, cell.column) == (3, 2))
    y = cell.box.centre[1]
    halves = (token("1,234,", cell.box.x1 - 20, y), token("567", cell.box.x1 + 2, y), token(".89", cell.box.x1 + 24, y))
    cells = tuple(replace(one, tokens=halves) if one is cell else one for one in whole.cells)
    table = only(lay_out([page(1, replace(whole, cells=cells), above=("收入支出决算总表",))]))
    first, last = (next(c for c in table.cells if c.row == row and c.column == 0) for row in (0, 4))
    assert (first.reading.text, first.doubt) == ("1,234,567.89", "")
    assert "".join(glyph.char for glyph in first.reading.glyphs) == first.reading.text
    assert (last.reading.text, last.doubt) == ("10.00 20.00", "two amounts in one cell")


HEAD_WITH_TOTAL = [
    ["功能分类科目编码", "<", "<", "科目名称", "本年支出合计", "基本支出", "项目支出"],
    ["类", "款", "项", "栏次", "1", "2", "3"],
    ["^", "^", "^", "合计", "9.00", "9.00", ""],
]


def test_a_total_in_a_repeated_header_is_one_row() -> None:
    rows = [["201", "", "", "一般公共服务支出", "5.00", "5.00", ""], ["208", "", "", "社会保障", "4.00", "4.00", ""]]
    pages = [
        page(1, grid([*HEAD_WITH_TOTAL, rows[0]]), above=("一般公共预算财政拨款支出决算表",)),
        page(2, grid([*HEAD_WITH_TOTAL, rows[1]])),
    ]
    assert [row.name.text for row in only(lay_out(pages)).rows] == ["合计", "一般公共服务支出", "社会保障"]


def test_a_total_beside_class_group_item_is_a_row_and_those_words_are_no_code() -> None:
    head = [HEAD_WITH_TOTAL[0], ["类", "款", "项", "合计", "", "", ""]]
    table = only(lay_out([page(1, grid(head), above=("国有资本经营预算财政拨款支出决算表",))]))
    assert printed(table) == [("", "合计", "", "", "", "")]
    assert table.declared_empty


def test_a_note_declares_a_table_of_items_empty() -> None:
    rows = [[text if not text.endswith(".00") else "" for text in row] for row in SUMMARY]
    note = "注：本单位没有收入支出，本表无数据"
    table = only(lay_out([page(1, grid(rows), above=("收入支出决算总表",), below=(note,))]))
    assert table.declared_empty


def test_a_last_page_whose_total_runs_over_the_columns_of_a_block() -> None:
    last = grid([["人员经费合计", "50.00", "公用经费合计", "25.00"]], top=60, widths=(120, 60, 300, 60))
    pages = [page(1, grid(DETAIL[:-1]), above=("一般公共预算财政拨款基本支出决算表",)), page(2, last)]
    assert printed(only(lay_out(pages)))[-2:] == [
        ("", "人员经费合计", "", "50.00"), ("", "公用经费合计", "", "25.00"),
    ]  # fmt: skip


def test_a_grid_after_a_page_without_any_does_not_go_on() -> None:
    rows = [*SPENDING_HEAD, ["201", "一般公共服务支出", "5.00", "5.00", ""]]
    far = page(3, grid([["208", "社会保障", "4.00", "", "4.00"]]))
    tables = lay_out([page(1, grid(rows), above=("一般公共预算财政拨款支出决算表",)), page(2), far]).tables
    assert [table.code for table in tables] == ["公开05", "T1"]
    assert "no header found" in tables[1].doubts


def test_the_origin_is_what_the_pages_with_text_are() -> None:
    prose = "本部门收入支出决算的总体情况与上年相比没有变化" * 4
    typed = replace(page(1, above=(prose,)), origin=Origin.BORN_DIGITAL)
    scan = page(2, above=(prose,))
    cover, unread = page(3, above=("封面",)), Page(4, 0.0, 0.0, Origin.SCAN, (), problem="hangs")
    garbled = replace(cover, origin=Origin.GARBLED_TEXT)
    assert lay_out([typed, cover, unread]).origin is Origin.BORN_DIGITAL
    assert lay_out([typed, scan]).origin is Origin.MIXED
    assert lay_out([typed, scan, garbled]).origin is Origin.GARBLED_TEXT
    assert lay_out([cover]).origin is Origin.SCAN
