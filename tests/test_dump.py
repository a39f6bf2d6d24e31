"""Text dumps: rows placed in the columns of the forms, tables that no form knows, and nothing lost."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.document import Document, Origin, Table
from models.forms import form_by_code
from worker.dump import decode, lay_out_dump

GOLDEN = Path(__file__).parent / "golden"
SEEDS = Path(__file__).parents[2] / "shared" / "seeds"

ITEMS = """
收入支出决算总表
公开01表
部门：某局
金额单位：万元

收入\t\t\t支出\t\t
项目\t行次\t决算数\t项目\t行次\t决算数
栏次\t\t1\t栏次\t\t2
一、一般公共预算财政拨款收入\t1\t12.50\t一、一般公共服务支出\t3\t
\t2\t\t二、外交支出\t4\t12.50
"""
ACCOUNTS = """
公开 03 表
支出决算表

项目\t\t\t本年支出合计\t基本支出\t项目支出\t上缴上级支出\t经营支出\t对附属单位补助支出
功能分类科目编码\t科目名称\t\t\t\t\t\t\t
类\t款\t项\t1\t2\t3\t4\t5\t6
合计\t\t\t30.00\t10.00\t20.00\t0.00\t0.00\t0.00
20101\t人大事务\t\t30.00\t10.00\t20.00\t0.00\t0.00\t0.00
"""
SPREAD = """
\t某项目绩效目标自评表

\t（2021年度）

\t项目
名称
\t某县能力提升

\t资金
\t甲
\t

\t说明
\t无

\t注：以上为自评。
"""


def _only(text: str) -> Table:
    document = lay_out_dump(text)
    assert len(document.tables) == 1
    return document.tables[0]


def _figures(table: Table) -> list[list[str]]:
    found: list[list[str]] = [[] for _ in table.rows]
    for cell in table.cells:
        found[cell.row].append(cell.reading.text)
    return found


def _doubts(table: Table, row: int) -> set[str]:
    return {cell.doubt for cell in table.cells if cell.row == row} - {""}


def _names(table: Table) -> list[str]:
    return [row.name.text for row in table.rows]


def _seed(start: str) -> str:
    found = sorted(SEEDS.glob(f"{start}*.txt"))
    if not found:
        pytest.skip(f"no text dump {start}* in {SEEDS}: the shared inputs are not on this machine")
    return decode(found[0].read_bytes())


def _everything(document: Document) -> str:
    texts = [line.text for line in document.lines]
    for table in document.tables:
        texts += [table.title, *(column.header for column in table.columns)]
        texts += [text for row in table.rows for text in (row.line_no.text, row.code.text, row.name.text)]
        texts += [cell.reading.text for cell in table.cells]
    return "\n".join(texts)


@pytest.mark.parametrize("number", ["002", "004"])
def test_every_cell_of_a_clean_dump_stands_in_its_row_and_column(number: str) -> None:
    with (GOLDEN / f"dump_{number}.csv").open(encoding="utf-8", newline="") as file:
        expected: dict[str, list[tuple[str, ...]]] = {}
        for row in csv.DictReader(file):
            labels = (row["block"], row["line_no"], row["code"], row["name"])
            expected.setdefault(row["form"], []).append((*labels, *row["figures"].split(" | ")))
    forms = {table.form: table for table in lay_out_dump(_seed(number)).tables if table.form}
    read = {
        code: [
            (str(row.block), row.line_no.text, row.code.text, row.name.text, *figures)
            for row, figures in zip(table.rows, _figures(table), strict=True)
        ]
        for code, table in forms.items()
        if table.rows
    }
    assert read == expected
    assert len(forms) == 9
    for code, table in forms.items():
        names = [column.name for column in form_by_code(code).columns if column.number != "4.1"]
        assert [column.name for column in table.columns if column.name in names] == names[: len(table.columns)]
        assert table.unit == "元"


def test_tables_without_a_figure_are_declared_empty() -> None:
    empty = {
        number: {t.form for t in lay_out_dump(_seed(number)).tables if t.declared_empty}
        for number in ("000", "002", "004")
    }
    assert empty == {
        "000": {"公开08", "公开09"},
        "002": {"公开07", "公开08", "公开09"},
        "004": {"公开08"},
    }


def test_a_garbled_dump_keeps_its_arrangement_and_says_where_it_may_be_wrong() -> None:
    tables = {table.code: table for table in lay_out_dump(_seed("000")).tables}
    assert [code for code in tables if code.startswith("公开")] == [f"公开0{n}" for n in range(1, 10)]
    assert tables["公开01"].title == "收入支出决算汇总表"
    assert _figures(tables["公开01"])[1] == ["2"]
    assert _figures(tables["公开02"])[0][-1] == "15098.28"
    assert tables["公开02"].columns[-1].name == "其他收入"
    first = tables["公开03"]
    assert _names(first)[0] == "行政单位退休 合计"
    assert _figures(first)[0] == ["117032547.02", "16414836.36", "100617710.66", "", "", ""]
    assert _doubts(first, 0)
    assert _doubts(first, 1)
    assert not _doubts(first, 2)
    tail = tables["公开04"]
    moved = _names(tail).index("本年支出合计")
    assert _figures(tail)[moved] == ["", "117017481.23", "", "117017481.23"]
    assert _doubts(tail, moved)
    economic = {row.name.text: i for i, row in enumerate(tables["公开06"].rows)}
    assert _figures(tables["公开06"])[economic["基本工资"]] == [""]
    assert _figures(tables["公开06"])[economic["房屋建筑物购建"]] == ["46274"]
    assert _figures(tables["公开06"])[economic["公用经费合计"]] == ["2000508.89"]
    assert all(cell.doubt for cell in tables["公开06"].cells)
    assert [bool(_doubts(tables["公开05"], row)) for row in range(3)] == [True, True, False]
    allowances = ["105,000.00", "21,000.00", "", "0", "72,000.00", "12,000.00"]
    assert _figures(tables["公开07"]) == [[*allowances, "35622.26", "0", "23776.26", "0", "23776.26", "11,846.00"]]


@pytest.mark.parametrize("number", ["000", "001", "002", "003", "004"])
def test_nothing_of_a_dump_is_lost(number: str) -> None:
    text = _seed(number)
    document = lay_out_dump(text)
    held = re.sub(r"\s", "", _everything(document))
    words = re.sub(r"\[bookmark: [^\]\n]*\]|\*\*", "", text)
    lost = {run for run in re.findall(r"[^\t\n]+", words) if re.sub(r"\s", "", run) not in held}
    labels = "类|款|款?项|栏次?|行次|[0-9]{1,2}|.*科目(编码|代码|名称).*|项目.*|公开部门"
    header = labels + "|收入|支出|其他|合计|.*[预决]算数|本年.*|.*费"
    assert not {run for run in lost if not re.fullmatch(header, re.sub(r"\s", "", run))}
    assert document.origin is Origin.TEXT_DUMP
    assert len({cell.cell_id for table in document.tables for cell in table.cells}) == sum(
        len(table.cells) for table in document.tables
    )


def test_two_blocks_side_by_side_keep_their_line_numbers() -> None:
    table = _only(ITEMS)
    assert (table.code, table.form, table.unit) == ("公开01", "公开01", "万元")
    assert [(row.block, row.line_no.text, row.name.text) for row in table.rows] == [
        (0, "1", "一、一般公共预算财政拨款收入"),
        (1, "3", "一、一般公共服务支出"),
        (0, "2", ""),
        (1, "4", "二、外交支出"),
    ]
    assert _figures(table) == [["12.50"], [""], [""], ["12.50"]]
    assert [column.name for column in table.columns] == ["收入决算数", "支出决算数"]


def test_a_row_that_lost_a_label_field_after_a_page_break_still_fits() -> None:
    table = _only(ACCOUNTS + "\n\n— 12 —\n\n2010101\t行政运行\t30.00\t10.00\t20.00\t0.00\t0.00\t0.00\n")
    assert _figures(table)[2] == ["30.00", "10.00", "20.00", "0.00", "0.00", "0.00"]
    assert not any(cell.doubt for cell in table.cells)
    assert [row.code.text for row in table.rows] == ["", "20101", "2010101"]


def test_codes_in_three_columns_are_joined() -> None:
    table = _only(ACCOUNTS + "201\t01\t01\t行政运行\t30.00\t10.00\t20.00\t0.00\t0.00\t0.00\n")
    assert table.rows[2].code.text == "2010101"
    assert _figures(table)[2] == ["30.00", "10.00", "20.00", "0.00", "0.00", "0.00"]


@pytest.mark.parametrize(
    ("row", "figures"),
    [
        ("2010101\t行政运行\t30.00\t10.00\t20.00", ["30.00", "10.00", "20.00", "", "", ""]),
        (
            "2010101\t行政运行\t\t1.00\t2.00\t3.00\t4.00\t5.00\t6.00\t7.00",
            ["1.00 2.00", "3.00", "4.00", "5.00", "6.00", "7.00"],
        ),
        ("2010101\t行政运行\t\t30.00\t\t20.00\t0.00\t\t\t", ["30.00", "20.00", "0.00", "", "", ""]),
    ],
)
def test_a_row_that_does_not_fit_keeps_its_amounts_with_a_doubt(row: str, figures: list[str]) -> None:
    table = _only(ACCOUNTS + row + "\n")
    assert _figures(table)[2] == figures
    assert all(cell.doubt for cell in table.cells if cell.row == 2)


@pytest.mark.parametrize("number", ["002", "004"])
def test_blanks_stripped_from_the_ends_of_lines_change_no_cell(number: str) -> None:
    text = _seed(number)
    stripped = "\n".join(line.rstrip("\t") if line.strip() else line for line in text.splitlines())
    whole, short = ([table for table in lay_out_dump(one).tables if table.form] for one in (text, stripped))
    assert [(table.rows, table.cells) for table in short] == [(table.rows, table.cells) for table in whole]


def test_a_total_beside_the_code_labels_is_a_row_named_total() -> None:
    table = _only(
        ACCOUNTS.replace("合计\t\t\t30.00", "类\t款\t项\t合计\t30.00").replace("类\t款\t项\t1\t2\t3\t4\t5\t6\n", "")
    )
    assert _names(table) == ["合计", "人大事务"]


def test_codes_in_two_fields_are_joined_in_each_block() -> None:
    table = _only(
        "一般公共预算财政拨款基本支出决算表\n\n人员经费\t\t\t\t公用经费\t\t\t\n科目编码\t\t科目名称\t决算数\t科目编码\t\t科目名称\t决算数\n"
        "301\t\t工资福利支出\t7.00\t302\t\t商品和服务支出\t2.00\n301\t01\t基本工资\t7.00\t302\t01\t办公费\t2.00\n"
        "人员经费合计\t\t\t7.00\t公用经费合计\t\t\t2.00\n"
    )
    assert [(row.block, row.code.text, row.name.text) for row in table.rows] == [
        (0, "301", "工资福利支出"),
        (1, "302", "商品和服务支出"),
        (0, "30101", "基本工资"),
        (1, "30201", "办公费"),
        (0, "", "人员经费合计"),
        (1, "", "公用经费合计"),
    ]
    assert _figures(table) == [["7.00"], ["2.00"]] * 3


def test_column_numbers_may_alternate_between_budget_and_account() -> None:
    heads = ["合计", "因公出国（境）费", "小计", "公务用车购置费", "公务用车运行费", "公务接待费"]
    lines = [
        "\t".join(f"{head}\t" for head in heads),
        "\t".join(["预算数", "决算数"] * 6),
        "1\t7\t2\t8\t3\t9\t4\t10\t5\t11\t6\t12",
        "5.89\t4.89\t\t\t2.56\t1.56\t1.00\t\t1.56\t1.56\t3.33\t3.33",
    ]
    table = _only("财政拨款“三公”经费支出决算表\n\n" + "\n".join(lines))
    read = {table.columns[cell.column].name: cell.reading.text for cell in table.cells}
    assert read["预算数/合计"] == "5.89"
    assert read["决算数/公务接待费"] == "3.33"
    assert read["决算数/公务用车购置及运行维护费/公务用车购置费"] == ""


def test_a_continued_table_with_its_title_and_header_again_is_one_table() -> None:
    again = ACCOUNTS.replace("支出决算表", "支出决算表（续）").replace("20101\t人大事务", "20102\t政协事务")
    table = _only(ACCOUNTS + again)
    assert _names(table) == ["合计", "人大事务", "合计", "政协事务"]


def test_the_same_form_twice_gives_cells_of_their_own() -> None:
    document = lay_out_dump(ACCOUNTS + "\n第二个单位的表如下。\n" + ACCOUNTS)
    assert [table.code for table in document.tables] == ["公开03", "公开03"]
    assert document.tables[0].cells[0].cell_id == "g03-r00-c0"
    assert document.tables[1].cells[0].cell_id == "g03.2-r00-c0"


def test_a_header_of_another_form_begins_another_table() -> None:
    other = ACCOUNTS.split("支出决算表\n\n")[1]
    income = "项目\t\t\t本年收入合计\t财政拨款收入\t上级补助收入\t事业收入\t经营收入\t附属单位上缴收入\t其他收入\n"
    rows = "类\t款\t项\t1\t2\t3\t4\t5\t6\t7\n合计\t\t\t9.00\t9.00\t\t\t\t\t\n"
    document = lay_out_dump("支出决算表\n\n" + other + "\n" + income + rows)
    assert [table.form for table in document.tables] == ["公开03", "公开02"]


def test_a_table_of_no_form_keeps_its_printed_header() -> None:
    header = "一级指标\t二级指标\t指标值\n"
    table = _only(f"某项目自评表\n\n{header}产出\t数量\t5个\n\t质量\t优\n\n{header}效益\t社会\t好\n")
    assert (table.code, table.form, table.title) == ("T1", "", "某项目自评表")
    assert [column.header for column in table.columns] == ["二级指标", "指标值"]
    assert _names(table) == ["产出", "", "效益"]
    assert _figures(table) == [["数量", "5个"], ["质量", "优"], ["社会", "好"]]


def test_fields_on_lines_of_their_own_make_rows() -> None:
    document = lay_out_dump(SPREAD)
    table = document.tables[0]
    assert table.title == "某项目绩效目标自评表"
    assert _names(table) == ["项目名称", "资金", "说明"]
    assert _figures(table) == [["某县能力提升"], ["甲"], ["无"]]
    assert [line.text for line in document.lines] == ["某项目绩效目标自评表", "（2021年度）", "注：以上为自评。"]


def test_a_single_row_is_a_line() -> None:
    document = lay_out_dump("图1：变动情况\n\n2020年\t2021年\t329.27\t460.66\t\n")
    assert not document.tables
    assert document.lines[1].text == "2020年 2021年 329.27 460.66"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_dumps_are_decoded_whatever_wrote_them(encoding: str) -> None:
    assert decode("部门决算\t1,234.00".encode(encoding)) == "部门决算\t1,234.00"


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded(data: bytes) -> None:
    assert isinstance(decode(data), str)


WORDS = "项目 合计 支出决算表 栏次 行次 决算数 1 2 类 20101 一、外交支出 基本支出 金额单位：元"
FIELDS = st.sampled_from(["", *WORDS.split()]) | st.integers(100, 10**9).map(lambda n: f"{n / 100:,.2f}")
ROWS = st.lists(FIELDS, min_size=1, max_size=12).map("\t".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS | st.just("") | st.text(max_size=12), max_size=25).map("\n".join))
def test_no_text_breaks_the_layout_and_no_amount_is_lost(text: str) -> None:
    document = lay_out_dump(text)
    held = _everything(document)
    amounts = re.findall(r"(?<!\d)[\d,]+\.\d\d(?!\d)", text)
    assert not [amount for amount in amounts if amount not in held]
    for table in document.tables:
        blocks = [column.block for column in table.columns]
        places = [(r, c) for r, row in enumerate(table.rows) for c, block in enumerate(blocks) if block == row.block]
        assert [(cell.row, cell.column) for cell in table.cells] == places


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(["000", "002", "003", "004"]), st.integers(0, 2**32), st.integers(0, 30))
def test_shuffled_and_cut_dumps_keep_every_amount(number: str, seed: int, cuts: int) -> None:
    lines = _seed(number).splitlines()
    chance = Random(seed)  # noqa: S311 - nothing here is secret
    start = chance.randrange(max(len(lines) - 120, 1))
    piece = lines[start : start + 120]
    for _ in range(cuts):
        i = chance.randrange(len(piece))
        piece[i] = piece[i][: chance.randrange(len(piece[i]) + 1)]
    chance.shuffle(piece)
    held = re.sub(r"\s", "", _everything(lay_out_dump("\n".join(piece))))
    amounts = [a for line in piece for a in re.findall(r"(?:^|\t)([\d,]+\.\d\d)(?=\t|$)", line)]
    assert not [amount for amount in amounts if amount not in held]
