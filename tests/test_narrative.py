"""The narrative: lines to sentences, sentences to figures, figures against the tables."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import CellStatus, CheckResult, Document, Line, Origin
from tests.strategies import Account, Spent, build
from worker.core.facts import hear
from worker.core.narrative import sentences
from worker.core.settle import settle
from worker.core.statements import statements
from worker.core.view import look

ACCOUNT = Account(
    spent=(Spent("2010301", "行政运行", 600000000, 150000000, 0), Spent("2101101", "行政单位医疗", 50000000, 0, 4000)),
    carried=0,
    staff_share=80,
    cars=1000000,
    guests=500000,
)


def lines(*texts: str, page: int = 1) -> list[Line]:
    return [Line(text, page) for text in texts]


def said(*texts: str) -> list[tuple[str, str, str]]:
    return [(s.name, f"{s.value:f}", s.unit) for s in statements(sentences(lines(*texts)))]


def test_a_paragraph_is_joined_over_lines_and_pages() -> None:
    found = sentences(
        [
            *lines("一、收入决算情况说明", "本年收入合计2946.25万元，其中：财政拨款"),
            *lines("- 12 -", "收入2940.05万元。", page=2),
        ]
    )
    assert [(s.text, s.page, s.number) for s in found] == [
        ("本年收入合计2946.25万元，其中：财政拨款收入2940.05万元。", 1, 1)
    ]
    assert found[0].section == "一、收入决算情况说明"


def test_terms_and_contents_are_left_out() -> None:
    found = sentences(lines("第四部分 名词解释", "一、基本支出", "指100万元。", "第五部分 附件", "共计5万元。"))
    assert [s.text for s in found] == ["共计5万元。"]


def test_a_line_that_stands_before_its_beginning_is_put_after_it() -> None:
    found = said(
        "三、支出决算情况说明",
        "603.14万元，占20.51%；",
        "本年支出合计2940.05万元，其中：基本支出2336.91万元，占79.49%； 项目支出",
    )
    assert found[-2:] == [("本年支出合计/项目支出", "603.14", "万元"), ("本年支出合计/项目支出/占比", "20.51", "%")]


def test_totals_parts_and_shares() -> None:
    assert said(
        "二、收入决算情况说明",
        "2023 年度收入合计 804.43 万元，其中：财政拨款收入 804.15 万元，占 99.96%；其他收入 0.29 万元，占 0.04%。",
    ) == [
        ("本年收入合计", "804.43", "万元"),
        ("本年收入合计/财政拨款收入", "804.15", "万元"),
        ("本年收入合计/财政拨款收入/占比", "99.96", "%"),
        ("本年收入合计/其他收入", "0.29", "万元"),
        ("本年收入合计/其他收入/占比", "0.04", "%"),
    ]


def test_changes_carry_their_sign() -> None:
    found = said("一、总体", "2023年度收、支总计均为804.43万元。与上年度相比，收、支总计各减少299.5万元，下降27.13%。")
    assert found[1:] == [("收、支总计/较上年增减额", "-299.5", "万元"), ("收、支总计/较上年增减率", "-27.13", "%")]


def test_a_change_may_name_another_total() -> None:
    found = said(
        "一、总体",
        "收入总计100元、支出总计200元。与上年相比，收入总计减少50元，下降33.33%，支出总计增加100元，增长100%。",
    )
    assert [name for name, _, _ in found[2:]] == [
        "收入总计/较上年增减额",
        "收入总计/较上年增减率",
        "支出总计/较上年增减额",
        "支出总计/较上年增减率",
    ]


def test_budget_actual_and_completion_belong_to_the_account_named_before() -> None:
    item = "卫生健康支出(类)行政事业单位医疗(款)行政单位医疗(项)"
    found = said(
        "五、说明", f"1. {item}。主要用于：保险费。年初预算为62.29万元，支出决算为60.99万元，完成年初预算的97.91%。"
    )
    assert found == [
        (f"{item}/预算数", "62.29", "万元"),
        (item, "60.99", "万元"),
        (f"{item}/完成比例", "97.91", "%"),
    ]


def test_grouped_amounts_and_commas_between_clauses_are_told_apart() -> None:
    found = said("一、说明", "本年支出合计 7,258,755.96 元,其中:基本支出 4,684,889.36 元,占 64.54%。")
    assert [value for _, value, _ in found] == ["7258755.96", "4684889.36", "64.54"]


@given(st.lists(st.text(alphabet="一、万元%。，；占为年度收支合计0123456789., \n（）", max_size=40), max_size=6))
def test_no_text_breaks_the_reader(texts: list[str]) -> None:
    found = sentences(lines(*texts))
    assert [s.number for s in found] == list(range(1, len(found) + 1))
    for statement in statements(found):
        assert statement.raw
        assert statement.of is None or statement.of >= 0


def document(*texts: str) -> Document:
    return build(ACCOUNT, lines=texts)


HEADING = "二、收入决算情况说明"


def test_a_figure_of_the_tables_is_confirmed_with_its_cells() -> None:
    extraction = settle(document(HEADING, "本年收入合计8,000,040.00元，其中：其他收入40.00元。"))
    total, other = extraction.facts
    assert (total.status, other.status) == (CellStatus.READ, CellStatus.READ)
    assert set(total.agrees_with) == {"g02-r00-c0", "g01-r02-c0"}
    assert other.agrees_with == ("g02-r00-c6",)
    assert (total.section, total.sentence_no, total.raw) == (HEADING, 2, "8,000,040.00元")


@pytest.mark.parametrize("text", ["800.00", "800.0", "800"])
def test_rounding_to_wan_is_allowed_for(text: str) -> None:
    extraction = settle(document(HEADING, f"本年收入合计{text}万元。"))
    assert extraction.facts[0].agrees_with
    assert [c.result for c in extraction.checks if c.kind == "narrative"] == [CheckResult.PASS]


def test_a_figure_no_cell_agrees_with_is_flagged_and_the_tables_are_not() -> None:
    extraction = settle(document("四、财政拨款收入支出决算总体情况说明", "财政拨款收入支出总计0.3万元。"))
    assert extraction.facts[0].status is CellStatus.FLAGGED
    check = next(c for c in extraction.checks if c.kind == "narrative")
    assert (check.result, check.left) == (CheckResult.FAIL, Decimal("0.3"))
    assert not any(c.status is CellStatus.FLAGGED for t in extraction.tables for c in t.cells)
    assert any("文字说明" in q for q in extraction.questions)


def test_in_a_born_digital_text_it_is_the_sources_contradiction() -> None:
    texts = document("四、财政拨款收入支出决算总体情况说明", "财政拨款收入支出总计0.3万元。")
    source = Document(1, Origin.BORN_DIGITAL, texts.tables, texts.lines)
    check = next(c for c in settle(source).checks if c.kind == "narrative")
    assert check.result is CheckResult.SOURCE_INCONSISTENT


@pytest.mark.parametrize(("share", "holds"), [("93.75", True), ("93.8", True), ("93.57", False), ("94", True)])
def test_shares_are_reckoned(share: str, holds: bool) -> None:
    text = f"本年支出合计800万元，其中：基本支出750万元，占{share}%。"
    extraction = settle(Document(1, Origin.SCAN, (), tuple(lines("三、支出决算情况说明", text))))
    check = next(c for c in extraction.checks if c.kind == "percentage")
    assert (check.result is CheckResult.PASS) is holds
    assert check.right == Decimal("93.75")
    assert (extraction.facts[-1].status is CellStatus.READ) is holds


@pytest.mark.parametrize(("rate", "holds"), [("27.13", True), ("21.73", False)])
def test_changes_are_reckoned(rate: str, holds: bool) -> None:
    text = f"收支总计804.43万元。与上年相比，收支总计减少299.5万元，下降{rate}%。"
    extraction = settle(Document(1, Origin.SCAN, (), tuple(lines("一、总体", text))))
    check = next(c for c in extraction.checks if c.kind == "year-on-year")
    assert (check.result is CheckResult.PASS) is holds


@pytest.mark.parametrize(("text", "agrees"), [("119.37", True), ("119.36", True), ("119.35", False), ("119.38", False)])
def test_sentences_round_or_cut_off(text: str, agrees: bool) -> None:
    account = Account((Spent("2010301", "行政运行", 1000000, 0, 119367300),), 0, 50, 0, 0)
    extraction = settle(build(account, lines=(HEADING, f"本年收入合计120.37万元，其中：其他收入{text}万元。")))
    assert bool(extraction.facts[1].agrees_with) is agrees


def test_a_share_speaks_against_a_cell_and_confirms_none() -> None:
    """Where amounts are left out of a sentence's reach, the share alone says which of two cells is off."""
    clean = build(ACCOUNT)
    text = ("三、支出决算情况说明", "本年支出合计800.004万元，其中：基本支出650.004万元，占81.25%。")
    told = statements(sentences(lines(*text)))
    for scale, holds in ((1, True), (3, False)):
        view = look(clean, clean.tables)
        basic = found_cell(clean, "公开03", "合计", "2")
        figures = {
            **view.figures,
            basic: replace(view.figures[basic], value=(view.figures[basic].value or Decimal(0)) * scale),
        }
        hearing = hear(told, view.court, figures, False, 0.0)
        shares = [trial for trial in hearing.trials if trial.check.kind == "percentage"]
        assert [not trial.failed for trial in shares] == [holds]
        assert not any(trial.confirms for trial in shares)
        assert basic in shares[0].constraint.cell_ids
        assert [check.kind for check in hearing.checks].count("percentage") == 1


def found_cell(document: Document, code: str, row: str, number: str) -> str:
    table = next(t for t in document.tables if t.code == code)
    return next(
        c.cell_id
        for c in table.cells
        if table.rows[c.row].name.text == row and table.columns[c.column].number == number
    )
