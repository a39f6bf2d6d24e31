"""Identities: formulas of the form files, trees of accounts, tolerance, and what a failed identity points at."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
from worker.core.witnesses import Case, is_one_slip, weigh


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


@pytest.mark.parametrize(
    ("one", "other", "slip"),
    [
        ("240675.43", "2409675.43", True),
        ("15088.28", "15098.28", True),
        ("12.34", "12.43", True),
        ("12.34", "21.43", False),
        ("1.00", "1.00", False),
        ("1.00", "-1.00", False),
    ],
)
def test_slips_of_reading(one: str, other: str, slip: bool) -> None:
    assert is_one_slip(Decimal(one), Decimal(other)) is slip


def case(constraints_: list[Constraint], values: dict[str, str]) -> Case:
    figures = {k: figure(v) for k, v in values.items()}
    trials = [attempt(c, figures, ()) for c in constraints_]
    return Case(tuple(t for t in trials if t is not None), figures)


def equal(name: str, left: str, *right: str) -> Constraint:
    return Constraint(name, "hierarchy", name, (Term(left),), tuple(Term(r) for r in right))


def test_two_failures_that_ask_for_one_value_meet_in_one_cell() -> None:
    identities = [equal("row", "t", "a", "b"), equal("column", "s", "a", "c"), equal("other", "t", "d", "e")]
    values = {"t": "7.00", "a": "4.00", "b": "2.00", "s": "11.00", "c": "6.00", "d": "3.00", "e": "4.00"}
    evidence = weigh(case(identities, values))
    assert [c for c, e in sorted(evidence.items()) if e.suspect] == ["a"]
    assert evidence["a"].wanted == [Decimal("5.00")]


def test_a_failure_nothing_else_sheds_light_on_makes_all_its_cells_suspect() -> None:
    evidence = weigh(case([equal("only", "t", "a", "b")], {"t": "9.00", "a": "4.00", "b": "2.00"}))
    assert all(evidence[c].suspect for c in "tab")


@given(st.integers(min_value=1, max_value=999), st.integers(min_value=1, max_value=999))
def test_a_failed_equality_always_has_a_suspect(one: int, other: int) -> None:
    evidence = weigh(case([equal("x", "a", "b")], {"a": f"{one}.00", "b": f"{other}.00"}))
    assert any(e.suspect for e in evidence.values()) is (one != other)


def suspects(identities: list[Constraint], values: dict[str, str]) -> list[str]:
    return sorted(c for c, e in weigh(case(identities, values)).items() if e.suspect)


def grid(columns: str, rows: int) -> list[Constraint]:
    """Rows t = a + b, and the columns t, a and b added up under s."""
    first, parts = columns[0], columns[1:]
    found = [
        Constraint(f"row{i}", "row-sum", "", (Term(f"{first}{i}"),), tuple(Term(f"{p}{i}") for p in parts))
        for i in range(rows)
    ]
    found += [equal(f"column {c}", f"{c}s", *(f"{c}{i}" for i in range(rows))) for c in columns]
    return found


GRID = {
    **{"t0": "5.10", "a0": "3.10", "b0": "2.00", "t1": "7.20", "a1": "7.20", "b1": "", "t2": "9.40", "a2": "8.40"},
    **{"b2": "1.00", "t3": "6.30", "a3": "6.30", "b3": "", "ts": "28.00", "as": "25.00", "bs": "3.00"},
}


def test_amounts_that_moved_sideways_are_found_in_their_rows() -> None:
    assert suspects(grid("tab", 4), GRID) == []
    moved = GRID | {"a1": "", "b1": "7.20", "a3": "", "b3": "6.30"}
    assert suspects(grid("tab", 4), moved) == ["a1", "a3", "b1", "b3"]


def test_where_several_columns_fail_over_the_same_rows_a_rows_own_sum_vouches_for_nothing() -> None:
    identities = grid("tab", 3)
    lost = {k: v for k, v in GRID.items() if not k.endswith("3")}
    figures = {k: figure(v) for k, v in lost.items()}
    trials = [attempt(c, figures, ()) for c in identities]
    rows = {k: (0, int(k[1]) if k[1].isdigit() else 9) for k in lost}
    evidence = weigh(Case(tuple(t for t in trials if t is not None), figures, rows=rows))
    assert all(evidence[c].suspect for c in ("t0", "a0", "t2", "a2", "ts", "as"))


def test_a_cell_that_another_identity_confirms_does_not_take_the_blame_alone() -> None:
    identities = [equal("same", "c", "d"), equal("one", "c", "x"), equal("two", "c", "y")]
    assert suspects(identities, {"c": "4.00", "d": "4.00", "x": "5.00", "y": "5.00"}) == ["c", "x", "y"]


def test_two_equal_readings_are_not_enough_to_be_let_off() -> None:
    identities = [equal("same", "c", "d"), equal("sum", "c", "x", "y")]
    assert suspects(identities, {"c": "4.00", "d": "4.00", "x": "1.00", "y": "2.00"}) == ["c", "x", "y"]


def test_a_difference_of_many_digits_points_at_the_cell_one_slip_away() -> None:
    sums = [equal("sum", "t", "a", "b", "c")]
    values = {"t": "117032.47", "a": "24096.43", "b": "11550.81", "c": "81385.23"}
    assert suspects(sums, values) == []
    assert suspects(sums, values | {"b": "1550.81"}) == ["a", "b", "c", "t"]
    assert suspects(sums, values | {"a": "2496.43"}) == ["a"]


def test_a_difference_of_one_digit_points_at_nothing() -> None:
    assert suspects([equal("sum", "t", "a", "b")], {"t": "10.00", "a": "4.00", "b": "5.00"}) == ["a", "b", "t"]


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
