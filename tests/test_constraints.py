"""Identities: formulas of the form files, trees of accounts, tolerance, and what a failed identity points at."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings

from models.document import Cell, CheckResult, Column, Document, Origin, Reading, Row, Table
from models.forms import all_forms
from tests.strategies import Account, Spent, accounts, build
from worker.core.accounts import ROOT, digits_of
from worker.core.amounts import parse
from worker.core.checks import Figure, Trial, attempt
from worker.core.constraints import constraints
from worker.core.formulas import TREE, FormulaError, Reference, read_formula
from worker.core.relations import Constraint, Term
from worker.core.settle import settle
from worker.core.sheets import Sheet, sheets


def figure(text: str, exact: bool = True) -> Figure:
    amount = parse(text)
    return Figure(amount.value if amount else None, amount.decimals if amount else 0, False, exact)


def test_a_formula_is_read() -> None:
    formula = read_formula("[总计, 3] = [收入:一般公共预算财政拨款, 1] + 公开08[合计, 2] - sum[年初结转, 1]")
    assert formula.left == (Reference("总计", "3"),)
    assert formula.right == (
        Reference("一般公共预算财政拨款", "1", group="收入"),
        Reference("合计", "2", form="公开08"),
        Reference("年初结转", "1", summed=True, sign=-1),
    )


@pytest.mark.parametrize("text", ["", "[a, 1]", "[a, 1] = ", "[a 1] = [b, 1]", "[a, 1] = [b, 1] [c, 1]", "x = [a, 1]"])
def test_a_broken_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError):
        read_formula(text)


def test_every_formula_of_the_forms_speaks_of_items_and_columns_that_are_there() -> None:
    forms = {form.code: form for form in all_forms()}
    for form in forms.values():
        for identity in form.identities:
            if identity.formula == TREE:
                continue
            for reference in read_formula(identity.formula).references:
                of = forms[reference.form] if reference.form else form
                numbers = {c.number for c in of.columns}
                assert numbers == {""} or reference.column in numbers, identity.formula
                names = {i.name for i in of.items} | {i.code for i in of.items} | {"*", "类"}
                groups = {i.group for i in of.items}
                assert reference.row in (groups if reference.summed else names), identity.formula
                assert reference.group in groups | {""}, identity.formula


def table(form: str, rows: list[tuple[str, str, list[str]]], columns: tuple[str, ...]) -> Table:
    heads = tuple(Column(str(i + 1), name, name) for i, name in enumerate(columns))
    cells = tuple(
        Cell(f"t-{r}-{c}", r, c, Reading(text)) for r, (_, _, texts) in enumerate(rows) for c, text in enumerate(texts)
    )
    lines = tuple(Row(i, 0, Reading(), Reading(code), Reading(name)) for i, (code, name, _) in enumerate(rows))
    return Table(form or "T1", "表", form, "元", (1,), heads, lines, cells)


def sheet(rows: list[tuple[str, str, list[str]]], form: str = "公开05", columns: tuple[str, ...] = ("合计",)) -> Sheet:
    return sheets((table(form, rows, columns),))[0]


def tried(one: Sheet) -> list[Trial]:
    figures = {c.cell_id: figure(c.reading.text) for c in one.table.cells}
    return [t for t in (attempt(c, figures, ()) for c in constraints((one,))) if t is not None]


def test_codes_cut_short_still_make_the_tree() -> None:
    one = sheet(
        [
            ("", "合计", ["10.00"]),
            ("208", "社会保障和就业支出", ["6.00"]),
            ("20805", "行政事业单位养老支出", ["6.00"]),
            ("208050", "机关事业单位基本养老保险缴费支", ["4.00"]),
            ("208050", "机关事业单位职业年金缴费支出", ["2.00"]),
            ("221", "住房保障支出", ["4.00"]),
            ("22102", "住房改革支出", ["4.00"]),
            ("221020", "住房公积金", ["4.00"]),
        ]
    )
    assert one.children(ROOT) == [1, 5]
    assert one.children(2) == [3, 4]
    assert {t.check.result for t in tried(one)} == {CheckResult.PASS}


def test_a_misread_code_between_its_siblings_stays_with_them() -> None:
    one = sheet(
        [
            ("20805", "行政事业单位养老支出", ["6.00"]),
            ("2080501", "甲", ["1.00"]),
            ("2088505", "乙", ["2.00"]),
            ("2080506", "丙", ["3.00"]),
        ]
    )
    assert one.children(0) == [1, 2, 3]


def test_a_group_whose_own_line_is_lost_counts_in_its_class() -> None:
    one = sheet(
        [
            ("210", "卫生健康支出", ["6.00"]),
            ("21015", "医疗保障管理事务", ["4.00"]),
            ("2101501", "行政运行", ["4.00"]),
            ("2101101", "行政单位医疗", ["2.00"]),
        ]
    )
    assert one.children(0) == [1, 3]


def test_a_table_of_items_alone_adds_up_to_its_total() -> None:
    one = sheet([("2080501", "甲", ["1.00"]), ("2101101", "乙", ["2.00"]), ("", "合 计", ["3.00"])])
    assert one.total == 2
    assert [(t.check.kind, t.check.result) for t in tried(one)] == [("hierarchy", CheckResult.PASS)]


def test_look_alikes_in_codes_are_digits() -> None:
    assert digits_of("2O8O5") == "20805"
    assert digits_of("301.0l") == "30101"


def test_items_of_form_six_find_their_class_by_name_when_codes_are_cut() -> None:
    one = sheet(
        [
            ("301", "工资福利支出", ["3.00"]),
            ("3010", "基本工资", ["1.00"]),
            ("3010", "津贴补贴", ["2.00"]),
            ("407", "债务利息及费用支出", ["5.00"]),
            ("507", "国内债务付息", [""]),
            ("50701", "国内债务付息", ["5.00"]),
        ],
        form="公开06",
    )
    assert [a.code for a in one.accounts] == ["301", "30101", "30102", "307", "507", "30701"]
    assert one.children(3) == [5]


def limit(parts: list[str], exact: bool) -> Decimal | None:
    cells = [f"c{i}" for i in range(len(parts))]
    constraint = Constraint("x", "row-sum", "", (Term(cells[0]),), tuple(Term(c) for c in cells[1:]))
    trial = attempt(constraint, {c: figure(p, exact) for c, p in zip(cells, parts, strict=True)}, ())
    assert trial is not None
    return trial.check.tolerance


def test_tolerance_is_half_a_unit_for_each_printed_term() -> None:
    assert limit(["3.00", "1.00", "2.00"], exact=False) == Decimal("0.015")
    assert limit(["3.0", "1.0", "2.0", ""], exact=False) == Decimal("0.15")
    assert limit(["3.00", "1.00", "2.00"], exact=True) == 0


@pytest.mark.parametrize(
    ("parts", "exact", "result"),
    [
        (["326.72", "84.65", "242.06"], False, CheckResult.PASS),
        (["326.72", "84.65", "242.05"], False, CheckResult.FAIL),
        (["326.72", "84.65", "242.06"], True, CheckResult.FAIL),
        (["326.72", "84.65", "x"], True, CheckResult.NOT_CHECKABLE),
        (["326.72", "326.72", ""], True, CheckResult.PASS),
        (["0.00", "", ""], True, CheckResult.PASS),
    ],
)
def test_results(parts: list[str], exact: bool, result: CheckResult) -> None:
    figures = {f"c{i}": Figure(broken=True) if p == "x" else figure(p, exact) for i, p in enumerate(parts)}
    constraint = Constraint("x", "row-sum", "", (Term("c0"),), (Term("c1"), Term("c2")))
    trial = attempt(constraint, figures, ())
    assert trial is not None
    assert trial.check.result is result


def test_blanks_alone_are_no_check() -> None:
    constraint = Constraint("x", "row-sum", "", (Term("a"),), (Term("b"),))
    assert attempt(constraint, {"a": Figure(), "b": Figure()}, ()) is None


def test_what_only_believed_cells_contradict_is_the_sources() -> None:
    constraint = Constraint("x", "row-sum", "", (Term("a"),), (Term("b"),))
    figures = {"a": figure("1.00"), "b": figure("2.00")}
    for believed, result in ((("a", "b"), CheckResult.SOURCE_INCONSISTENT), (("a",), CheckResult.FAIL)):
        trial = attempt(constraint, figures, believed)
        assert trial is not None
        assert trial.check.result is result


@settings(max_examples=20, deadline=None)
@given(accounts())
def test_identities_of_an_agreeing_document_hold_and_have_ids_of_their_own(account: Account) -> None:
    extraction = settle(build(account))
    ids = [c.check_id for c in extraction.checks]
    assert len(ids) == len(set(ids))
    known = {c.cell.cell_id for t in extraction.tables for c in t.cells}
    assert all(set(c.cell_ids) <= known for c in extraction.checks)
    assert {"row-sum", "hierarchy", "column-sum", "balance", "cross-table"} <= {c.kind for c in extraction.checks}


def test_check_ids_and_formulas_can_be_read_by_a_person() -> None:
    spent = (Spent("2010301", "行政运行", 100, 200, 0), Spent("2101101", "行政单位医疗", 300, 0, 0))
    checks = settle(build(Account(spent, 0, 50, 0, 0))).checks
    first = next(c for c in checks if c.kind == "row-sum" and c.check_id.startswith("c05"))
    assert first.check_id == "c05-row-0001"
    assert first.formula == "公开05 合计: 本年支出合计 = 基本支出 + 项目支出"
    assert (first.left, first.right, first.difference) == (Decimal(6), Decimal(6), Decimal(0))


def test_tables_in_other_units_are_compared_in_one() -> None:
    constraint = Constraint("x", "cross-table", "", (Term("a"),), (Term("b", 1, Decimal("0.0001")),))
    trial = attempt(constraint, {"a": figure("804.43", exact=False), "b": figure("8,044,331.79")}, ())
    assert trial is not None
    assert (trial.check.result, trial.confirms) == (CheckResult.PASS, False)


def budget() -> Table:
    rows = [
        ("201", "一般公共服务支出", ["3,000", "3,000", "0"]),
        ("20103", "政府办公厅（室）及相关机构事务", ["3,000", "3,000", "0"]),
        ("2010301", "行政运行", ["3,000", "3,000", "0"]),
        ("221", "住房保障支出", ["2,000", "1,500", "500"]),
        ("22102", "住房改革支出", ["2,000", "1,500", "500"]),
        ("2210201", "住房公积金", ["2,000", "1,500", "500"]),
        ("", "合计", ["5,000", "4,500", "500"]),
    ]
    return table("", rows, ("支出预算/合计", "支出预算/基本支出", "支出预算/项目支出"))


def test_a_budget_adds_up_without_a_form() -> None:
    trials = tried(sheets((budget(),))[0])
    assert {(t.check.kind, t.check.result) for t in trials} == {
        ("hierarchy", CheckResult.PASS),
        ("row-sum", CheckResult.PASS),
    }
    assert len([t for t in trials if t.check.kind == "row-sum"]) == 7


def test_numbered_items_of_a_budget_add_up() -> None:
    rows = [
        ("", "一、财政拨款收入", ["50"]),
        ("", "1. 一般公共预算资金", ["30"]),
        ("", "2. 政府性基金", ["20"]),
        ("", "二、事业收入", ["5"]),
        ("", "收入总计", ["55"]),
    ]
    trials = tried(sheets((table("", rows, ("预算数",)),))[0])
    assert [(t.check.left, t.check.right) for t in trials] == [(Decimal(55), Decimal(55)), (Decimal(50), Decimal(50))]


def test_words_and_scores_are_left_alone() -> None:
    rows = [("", "数量指标", ["100%", "10"]), ("", "质量指标", ["足额拨付", "20"]), ("", "总分", ["优", "98"])]
    document = Document(1, Origin.SCAN, (table("", rows, ("实际完成", "得分")),), ())
    cells = settle(document).tables[0].cells
    assert [str(c.status) for c in cells] == ["read"] * 6
    assert [c.value for c in cells] == [None, Decimal(10), None, Decimal(20), None, Decimal(98)]


def test_a_form_declared_empty_leaves_nothing_to_agree_with() -> None:
    spent = (Spent("2010301", "行政运行", 100, 200, 0), Spent("2101101", "行政单位医疗", 300, 0, 0))
    document = build(Account(spent, 0, 50, 0, 0))
    tables = [
        t if t.code != "公开08" else Table(t.code, t.title, t.form, "元", (1,), t.columns, (), (), True)
        for t in document.tables
    ]
    grants = next(t for t in tables if t.code == "公开04")
    total = next(i for i, r in enumerate(grants.rows) if r.name.text == "本年支出合计")
    cell_id = next(c.cell_id for c in grants.cells if c.row == total and grants.columns[c.column].number == "4")
    figures = {c.cell_id: figure(c.reading.text) for t in tables for c in t.cells} | {cell_id: figure("5.00")}
    trials = [attempt(c, figures, ()) for c in constraints(sheets(tuple(tables)))]
    failed = [t.check for t in trials if t is not None and t.failed and t.check.kind == "cross-table"]
    assert [(c.left, c.right) for c in failed] == [(Decimal(5), Decimal(0))]


def test_forms_in_yuan_and_wan_agree() -> None:
    spent = (Spent("2010301", "行政运行", 3 * 10**8, 2 * 10**8, 0), Spent("2101101", "行政单位医疗", 10**8, 0, 0))
    tables = build(Account(spent, 0, 50, 0, 0)).tables
    figures = {c.cell_id: figure(c.reading.text) for t in tables for c in t.cells}
    for cell_id, old in figures.items():
        if cell_id.startswith("g05") and old.value is not None:
            figures[cell_id] = Figure(old.value / 10000, 2)
    mixed = tuple(replace(t, unit="万元") if t.code == "公开05" else t for t in tables)
    trials = [t for t in (attempt(c, figures, ()) for c in constraints(sheets(mixed))) if t is not None]
    assert {t.check.result for t in trials} == {CheckResult.PASS}
    assert any(t.check.check_id.startswith("c04-x") and t.nonzero > 1 for t in trials)
