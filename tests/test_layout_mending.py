"""Broken grids: what the tokens say against the rules, and pages without any."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Document, Glyph, Origin, Page, Token
from models.geometry import Box
from tests.ruled_pages import WIDE, grid, page
from worker.layout import lay_out
from worker.layout.gridless import parted
from worker.layout.heading import is_numbering
from worker.layout.mending import mend

TITLE = "支出决算表"
HEAD = [
    "科目编码",
    "科目名称",
    "本年支出合计",
    "基本支出",
    "项目支出",
    "上缴上级支出",
    "经营支出",
    "对附属单位补助支出",
]
ROWS = [
    ["201", "一般公共服务支出", "9.00", "4.00", "5.00", "", "", ""],
    ["20106", "财政事务", "9.00", "4.00", "5.00", "", "", ""],
    ["2010601", "行政运行", "4.00", "4.00", "", "", "", ""],
    ["2010602", "信息化建设", "5.00", "", "5.00", "", "", ""],
]


def figures(document: Document) -> list[list[str]]:
    (table,) = document.tables
    return [
        [row.code.text, row.name.text, *(cell.reading.text for cell in table.cells if cell.row == index)]
        for index, row in enumerate(table.rows)
    ]


def test_two_rows_in_one_are_parted_by_their_figures() -> None:
    fused = ["\n".join(pair) if all(pair) else pair[0] or pair[1] for pair in zip(ROWS[0], ROWS[1], strict=True)]
    assert figures(lay_out([page(1, grid([HEAD, fused, ROWS[2]]), above=(TITLE,))])) == ROWS[:3]


def test_a_name_over_two_lines_stays_one_row() -> None:
    long = ["2080505", "机关事业单位基本养老\n保险缴费支出", "1.00", "1.00", "", "", "", ""]
    joined = [long[0], long[1].replace("\n", ""), *long[2:]]
    assert figures(lay_out([page(1, grid([HEAD, long]), above=(TITLE,))])) == [joined]


def test_items_run_together_are_parted_by_their_ordinals() -> None:
    rows = [
        ["项目", "决算数", "项目", "决算数"],
        ["一、财政拨款收入", "1.00", "十五、商业服务业等支出\n十六、金融支出", ""],
    ]
    fused = grid(rows)
    parted = mend(grid([["", "十五、商业服务业等支出\n十六、金融支出", ""]]))
    assert mend(fused).row_count == 2
    assert parted.row_count == 2
    assert [cell.tokens[0].text for cell in parted.cells if cell.tokens] == ["十五、商业服务业等支出", "十六、金融支出"]


def test_a_lost_rule_between_columns_is_found_again() -> None:
    whole = grid([HEAD, *ROWS])
    cells = []
    for cell in whole.cells:
        if cell.column == 3:
            right = next(c for c in whole.cells if c.row == cell.row and c.column == 4)
            box = replace(cell.box, x1=right.box.x1)
            cells.append(replace(cell, box=box, tokens=cell.tokens + right.tokens))
        elif cell.column != 4:
            cells.append(replace(cell, column=cell.column - (cell.column > 4)))
    fused = replace(whole, column_count=7, cells=tuple(cells))
    mended = mend(fused)
    assert mended.column_count == 8
    assert figures(lay_out([page(1, fused, above=(TITLE,))])) == ROWS


def test_the_two_strokes_of_a_double_rule_are_no_column() -> None:
    widths = [WIDE] * 3 + [3.0] + [WIDE] * 5
    rows = [[*row[:3], "", *row[3:]] for row in (HEAD, *ROWS)]
    assert figures(lay_out([page(1, grid(rows, widths=widths), above=(TITLE,))])) == ROWS


def test_a_form_without_rules_is_built_from_its_text() -> None:
    ruled = page(1, grid([HEAD, *ROWS], widths=[130.0] * 8), above=(TITLE,), width=1200)
    document = lay_out([replace(ruled, grids=())])
    (table,) = document.tables
    assert table.form == "公开03"
    assert figures(document) == ROWS
    assert all("no rules found" in cell.doubt for cell in table.cells)


def unruled(rows: list[list[str]], *, left: bool = False, title: str = TITLE) -> Page:
    """A page of text without rules, header words in the middle of their columns, data at the right or left edge."""
    ruled = page(1, grid(rows, widths=[130.0] * len(rows[0])), above=(title,) if title else (), width=1200)
    tokens = []
    for cell in ruled.grids[0].cells:
        for one in cell.tokens:
            shift = (cell.box.x0 + cell.box.x1 - one.box.x0 - one.box.x1) / 2 if cell.row < 2 else 0.0
            shift = cell.box.x0 + 2 - one.box.x0 if left and cell.row >= 2 else shift
            box = replace(one.box, x0=one.box.x0 + shift, x1=one.box.x1 + shift)
            tokens.append(replace(one, box=box, glyphs=()))
    outside = [t for t in ruled.tokens if t.box.y1 < ruled.grids[0].box.y0]
    return replace(ruled, grids=(), tokens=(*outside, *tokens))


NUMBERS = ["栏次", "", "1", "2", "3", "4", "5", "6"]
NOUGHTS = [[text or "0" for text in row] for row in ROWS]


def test_a_number_over_noughts_at_the_edge_makes_no_column_of_its_own() -> None:
    document = lay_out([unruled([HEAD, NUMBERS, *NOUGHTS])])
    assert figures(document) == NOUGHTS
    assert [column.number for column in document.tables[0].columns] == list("123456")


def test_dashes_at_the_left_edge_stand_under_the_header_beside_them() -> None:
    rows = [[text or "-" for text in row] for row in ROWS]
    assert figures(lay_out([unruled([HEAD, NUMBERS, *rows], left=True)])) == rows


def test_rows_of_noughts_at_the_foot_are_rows() -> None:
    last = ["2010699", "其他财政事务支出", *["0"] * 6]
    assert figures(lay_out([unruled([HEAD, NUMBERS, *NOUGHTS, last])])) == [*NOUGHTS, last]


def test_a_word_over_two_columns_takes_neither() -> None:
    def line(y: float, *words: tuple[float, float, str]) -> list[Token]:
        return [Token(text, Box(x0, y, x1, y + 8)) for x0, x1, text in words]

    tokens = [
        *line(20, (200, 400, "财政拨款“三公”经费支出决算表")),
        *line(40, (218, 242, "预算数")),
        *line(52, (59, 75, "合计"), (224, 320, "公务用车购置及运行维护费"), (374, 414, "公务接待费")),
        *line(64, (181, 197, "小计"), (210, 266, "公务用车购置费"), (285, 357, "公务用车运行维护费")),
        *line(76, (64, 69, "1"), (187, 191, "2"), (236, 240, "3"), (319, 323, "4"), (392, 396, "5")),
        *line(88, (51, 91, "8.00"), (184, 199, "0.00"), (257, 272, "0.00"), (349, 365, "0.00"), (379, 419, "8.00")),
    ]
    (table,) = lay_out([Page(1, 600, 800, Origin.BORN_DIGITAL, tuple(tokens))]).tables
    assert [cell.reading.text for cell in table.cells if cell.reading.text] == ["8.00", "0.00", "0.00", "0.00", "8.00"]
    assert table.form == "公开07"


def test_a_name_over_two_lines_beside_its_figures_is_one_row() -> None:
    long = ["2010699", "其他财政事务支出", *["7.00"] * 6]
    whole = unruled([HEAD, NUMBERS, *NOUGHTS, long])
    tokens = []
    for token in whole.tokens:
        if token.text == long[1]:
            upper, lower = (replace(token.box, y0=token.box.y0 + d, y1=token.box.y1 + d) for d in (-5, 5))
            tokens += [replace(token, text="其他财政", box=upper), replace(token, text="事务支出", box=lower)]
        else:
            tokens.append(token)
    assert figures(lay_out([replace(whole, tokens=tuple(tokens))])) == [*NOUGHTS, long]


def test_a_total_between_codes_and_names_makes_no_column() -> None:
    def line(y: float, *words: tuple[float, float, str]) -> list[Token]:
        return [Token(text, Box(x0, y, x1, y + 8)) for x0, x1, text in words]

    tokens = [
        *line(20, (285, 557, "国有资本经营预算财政拨款支出决算表")),
        *line(40, (502, 550, "本年支出合计"), (621, 653, "基本支出"), (731, 763, "项目支出")),
        *line(52, (76, 140, "功能分类科目编码"), (308, 339, "科目名称")),
        *line(64, (247, 263, "栏次"), (524, 529, "1"), (635, 639, "2"), (745, 749, "3")),
        *line(
            76, (42, 66, "22399"), (178, 226, "其他支出"), (533, 579, "8.00"), (643, 690, "5.00"), (765, 800, "3.00")
        ),
        *line(88, (247, 263, "合计"), (533, 579, "8.00"), (643, 690, "5.00"), (765, 800, "3.00")),
    ]
    (table,) = lay_out([Page(1, 842, 595, Origin.BORN_DIGITAL, tuple(tokens))]).tables
    assert [(row.code.text, row.name.text) for row in table.rows] == [("22399", "其他支出"), ("", "合计")]
    assert [cell.reading.text for cell in table.cells] == ["8.00", "5.00", "3.00"] * 2


def test_a_page_without_rules_and_title_goes_on_with_the_table_before() -> None:
    first, second = unruled([HEAD, NUMBERS, *NOUGHTS[:2]]), unruled([HEAD, NUMBERS, *NOUGHTS[2:]], title="")
    assert figures(lay_out([first, replace(second, number=2)])) == NOUGHTS


def test_an_amount_and_the_name_behind_it_are_two_cells() -> None:
    glyphs = tuple(Glyph(c, 1.0, 10.0 + 5 * i + (4 if i > 3 else 0), 15.0 + 5 * i) for i, c in enumerate("0.00结余"))
    fused = Token("0.00结余", Box(10, 0, 48, 9), 1.0, glyphs)
    assert [one.text for one in parted(fused)] == ["0.00", "结余"]
    assert parted(fused)[1].box.x0 == glyphs[4].x0
    close = replace(fused, glyphs=tuple(replace(g, x0=10.0 + 5 * i) for i, g in enumerate(glyphs)))
    assert parted(close) == (close,)


def test_office_and_unit_may_stand_beside_each_other_inside_the_grid() -> None:
    titled = [TITLE] + ["<"] * 7
    office = ["部门：青河县统计局", "<", "<", "<", "金额单位：万元", "<", "<", "<"]
    document = lay_out([page(1, grid([titled, office, HEAD, *ROWS]))])
    assert figures(document) == ROWS
    assert document.tables[0].unit == "万元"


def test_a_list_of_contents_is_no_table() -> None:
    titles = ("一、收入支出决算总表", "二、收入决算表", "三、支出决算表", "四、财政拨款收入支出决算总表")
    assert lay_out([page(1, above=titles)]).tables == ()


def test_a_token_left_out_of_every_cell_goes_to_the_nearest() -> None:
    whole = grid([HEAD, *ROWS])
    bare = replace(whole, cells=tuple(replace(c, tokens=()) if (c.row, c.column) == (1, 2) else c for c in whole.cells))
    with_all = page(1, whole, above=(TITLE,))
    assert figures(lay_out([replace(with_all, grids=(bare,))])) == ROWS


AMOUNTS = st.one_of(st.just(""), st.integers(0, 10**9).map(lambda n: f"{n // 100:,}.{n % 100:02d}"))
ITEM_ROWS = st.lists(
    st.tuples(
        st.integers(201, 234).map(str), st.sampled_from(["教育支出", "住房公积金", "行政运行"]), *[AMOUNTS] * 6
    ).map(list),
    min_size=1,
    max_size=24,
)


@given(ITEM_ROWS, st.lists(st.tuples(st.integers(1, 23), st.booleans()), max_size=3))
def test_page_breaks_lose_no_row(rows: list[list[str]], breaks: list[tuple[int, bool]]) -> None:
    """Wherever a table is broken, with its header repeated or not, its rows come out whole and in order."""
    cuts = {0: True, **{place: repeated for place, repeated in breaks if place < len(rows)}}
    starts = sorted(cuts)
    pages: list[Page] = []
    for number, start in enumerate(starts, 1):
        end = starts[number] if number < len(starts) else len(rows)
        part = rows[start:end]
        shown = [HEAD, *part] if cuts[start] else part
        pages.append(page(number, grid(shown), above=(TITLE,) if start == 0 else (), below=(f"— {number} —",)))
    assert figures(lay_out(pages)) == rows


@given(ITEM_ROWS)
def test_every_token_of_the_data_lands_in_one_reading(rows: list[list[str]]) -> None:
    (table,) = lay_out([page(1, grid([HEAD, *rows]), above=(TITLE,))]).tables
    readings = [one.text for row in table.rows for one in (row.line_no, row.code, row.name)]
    readings += [cell.reading.text for cell in table.cells]
    assert sorted(filter(None, readings)) == sorted(text for row in rows for text in row if text)
    assert len(table.cells) == len(table.rows) * len(table.columns)
    assert len({cell.cell_id for cell in table.cells}) == len(table.cells)


def test_slivers_leave_no_column_behind() -> None:
    widths = [WIDE, 3.0, WIDE]
    mended = mend(grid([["名称", "", "1.00"], ["合计", "<", "2.00"]], widths=widths))
    assert [(cell.row, cell.column, cell.column_span) for cell in mended.cells] == [
        (0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("texts", "numbering"),
    [
        (["1", "2", "3", "1", "5", "6", "7", "8", "9", "10", "11", "1"], True),
        (["栏次", "1", "2", "3"], True),
        (["项栏次", "1", "2", "3"], True),
        (["专项栏次", "12.50", "3.20", "1.10"], False),
        (["1", "7", "3", "9", "2", "8", "4"], False),
        (["10.00", "11.00", "12.00", "13.00", "14.00"], False),
    ],
)
def test_a_row_that_numbers_the_columns_is_known_with_some_misread(texts: list[str], numbering: bool) -> None:
    assert is_numbering(texts) is numbering
