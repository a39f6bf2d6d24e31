"""What people decide, and what follows: their readings stand, sums take them as known, doubts of others are settled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decisions import Asks, Decision, DecisionKind, Place, Policy, Review
from models.document import (
    Cell,
    CellStatus,
    CheckResult,
    Column,
    Document,
    DocumentStatus,
    Extraction,
    Origin,
    Reading,
    Row,
    SettledCell,
    Table,
)
from models.geometry import Box
from tests.strategies import ACCOUNT, build, printed_cells
from worker.core.carried import carried
from worker.core.entries import Outcome, Printed, entry_of, standing
from worker.core.settle import settle

SOME = settings(max_examples=20, deadline=None)
NOBODY_KNOWS = Printed(None, Decimal(1))


def cell(extraction: Extraction, cell_id: str) -> SettledCell:
    return next(c for table in extraction.tables for c in table.cells if c.cell.cell_id == cell_id)


def spot(document: Document, code: str, row: str, number: str) -> str:
    table = next(t for t in document.tables if t.code == code)
    for one in table.cells:
        if table.rows[one.row].name.text == row and table.columns[one.column].number == number:
            return one.cell_id
    raise AssertionError(f"no cell {code} {row} {number}")


def plain(text: str) -> str:
    return text.replace(",", "")


def value(number: int, key: str, after: str, person: int = 1, kind: DecisionKind = DecisionKind.VALUE) -> Decision:
    return Decision(number, kind, key, after, person=person)


def reviewed(document: Document, *decisions: Decision, policy: Policy | None = None) -> Extraction:
    return settle(document, review=Review(decisions, policy or Policy(), "seed"))


def slipped(text: str) -> str:
    """The amount with its second digit read as the next one."""
    return (
        f"{text[0]}{(int(text[1]) + 1) % 10}{text[2:]}"
        if text[1].isdigit()
        else f"{text[:2]}{(int(text[2]) + 1) % 10}{text[3:]}"
    )


def misread_twice() -> tuple[Document, str, str, str]:
    """A document with two cells of one sum misread so that only a person can tell; their ids, and the first's value."""
    clean = build(ACCOUNT)
    one, other = (spot(clean, "公开06", name, "") for name in ("基本工资", "津贴补贴"))
    right = {c.cell_id: c.reading.text for c in printed_cells(clean)}
    wrong = {c: Reading(slipped(right[c]), probability=0.6) for c in (one, other)}
    return build(ACCOUNT, wrong), one, other, plain(right[one])


@SOME
@given(st.data())
def test_a_decided_value_stands_whatever_the_sums_say(data: st.DataObject) -> None:
    document = build(ACCOUNT)
    victim = data.draw(st.sampled_from(printed_cells(document)))
    entered = f"{data.draw(st.integers(0, 10**9))}.{data.draw(st.integers(0, 99)):02d}"
    settled = cell(reviewed(document, value(1, victim.cell_id, entered)), victim.cell_id)
    assert (settled.value, settled.status, settled.asks) == (Decimal(entered), CellStatus.REVIEWED, None)
    assert settled.cell == victim
    assert settled.confidence == pytest.approx(1 - 3.7e-4)


@SOME
@given(st.data())
def test_confirming_what_was_read_changes_nothing_else(data: st.DataObject) -> None:
    document = build(ACCOUNT)
    victim = data.draw(st.sampled_from(printed_cells(document)))
    before, after = settle(document), reviewed(document, value(1, victim.cell_id, plain(victim.reading.text)))
    assert cell(after, victim.cell_id).status is CellStatus.REVIEWED
    assert after.repairs == before.repairs
    assert after.checks == before.checks
    same = [c for t in after.tables for c in t.cells if c.cell.cell_id != victim.cell_id]
    assert [c.value for c in same] == [
        c.value for t in before.tables for c in t.cells if c.cell.cell_id != victim.cell_id
    ]


def test_one_answer_settles_other_questions() -> None:
    document, one, other, right = misread_twice()
    asked = settle(document)
    assert {cell(asked, one).status, cell(asked, other).status} == {CellStatus.FLAGGED}
    answered = reviewed(document, value(1, one, right))
    assert cell(answered, one).status is CellStatus.REVIEWED
    assert cell(answered, other).status is CellStatus.REPAIRED
    clean = build(ACCOUNT)
    printed = {c.cell_id: c.reading.text for c in printed_cells(clean)}
    assert cell(answered, other).value == Decimal(plain(printed[other]))
    changed = next(r for r in answered.repairs if r.cell_id == one)
    assert (changed.kind, changed.repaired) == ("reviewed", right)


def test_a_blank_is_an_answer_too_and_a_nought_is_none() -> None:
    document = build(ACCOUNT, {spot(build(ACCOUNT), "公开07", "", "5"): Reading("7", probability=0.5)})
    victim = spot(document, "公开07", "", "5")
    blank, nought = (cell(reviewed(document, value(1, victim, after)), victim) for after in ("", "0"))
    assert (blank.value, blank.status) == (None, CellStatus.REVIEWED)
    assert (nought.value, nought.status) == (Decimal(0), CellStatus.REVIEWED)


def test_an_illegible_cell_stays_flagged_and_is_not_asked_again() -> None:
    document, one, _, _ = misread_twice()
    settled = cell(reviewed(document, value(1, one, "", kind=DecisionKind.ILLEGIBLE)), one)
    assert (settled.status, settled.asks) == (CellStatus.FLAGGED, None)
    assert settled.reason.startswith("纸上无法辨认")


def test_where_the_paper_is_wrong_its_sums_are_and_nobody_else_is_asked() -> None:
    clean = build(ACCOUNT)
    victim = spot(clean, "公开05", "行政运行", "2")
    document = build(ACCOUNT, {victim: Reading("1,434,567.89")})
    answered = reviewed(document, value(1, victim, "1434567.89", kind=DecisionKind.SOURCE_WRONG))
    results = {check.result for check in answered.checks if victim in check.cell_ids}
    assert CheckResult.SOURCE_INCONSISTENT in results
    assert CheckResult.FAIL not in results
    asked = [c.cell.cell_id for t in answered.tables for c in t.cells if c.asks]
    assert asked == []
    assert answered.status is DocumentStatus.CLEAN


def test_what_was_taken_back_does_not_stand_and_may_be_put_back() -> None:
    first = value(1, "c", "5")
    undo = Decision(2, DecisionKind.UNDO, "c", undoes=1)
    redo = Decision(3, DecisionKind.UNDO, "c", undoes=2)
    assert standing([first, undo]) == ()
    assert standing([undo, first, redo]) == (first,)


@pytest.mark.parametrize(
    ("said", "outcome", "asks", "people"),
    [
        ([("5", 1)], Outcome.OPEN, Asks.SECOND, 0),
        ([("5", 1), ("5.00", 1)], Outcome.OPEN, Asks.SECOND, 0),
        ([("5", 1), ("5.00", 2)], Outcome.DECIDED, None, 2),
        ([("5", 1), ("6", 2)], Outcome.OPEN, Asks.THIRD, 0),
        ([("5", 1), ("6", 2), ("6", 3)], Outcome.DECIDED, None, 2),
        ([("5", 1), ("6", 2), ("7", 3)], Outcome.OPEN, Asks.THIRD, 0),
        ([("5", 1), ("6", 2), ("6", 1)], Outcome.DECIDED, None, 2),
    ],
)
def test_two_people_have_to_agree_where_the_policy_wants_two(
    said: list[tuple[str, int]], outcome: Outcome, asks: Asks | None, people: int
) -> None:
    decisions = [value(n, "c", after, person) for n, (after, person) in enumerate(said, 1)]
    entry = entry_of(decisions, NOBODY_KNOWS, Review(policy=Policy(above_yuan=Decimal(5))))
    assert (entry.outcome, entry.asks, entry.people) == (outcome, asks, people)


def test_who_contradicts_what_nobody_doubted_and_is_contradicted_is_decided_by_a_third_person() -> None:
    one = replace(value(1, "c", "6"), straight=True, before="5")
    other = replace(value(2, "c", "5", person=2), straight=True, before="5")
    assert entry_of([one, other], NOBODY_KNOWS, Review()).asks is Asks.THIRD
    third = replace(value(3, "c", "5", person=3), straight=True, before="5")
    decided = entry_of([one, other, third], NOBODY_KNOWS, Review())
    assert (decided.value, decided.people) == (Decimal(5), 2)


def test_one_person_is_enough_where_no_policy_wants_two() -> None:
    entry = entry_of([value(1, "c", "5"), value(2, "c", "6", person=2)], NOBODY_KNOWS, Review())
    assert (entry.outcome, entry.value, entry.people) == (Outcome.DECIDED, Decimal(6), 1)


def test_the_second_entry_is_asked_for_without_showing_the_first() -> None:
    document, one, _, right = misread_twice()
    policy = Policy(flagged_share=1.0)
    asked = cell(reviewed(document, value(1, one, right), policy=policy), one)
    assert (asked.asks, asked.status) == (Asks.SECOND, CellStatus.FLAGGED)
    assert asked.value != Decimal(right)
    assert right not in asked.reason + " ".join(asked.alternatives)
    both = cell(reviewed(document, value(1, one, right), value(2, one, right, person=2), policy=policy), one)
    assert (both.status, both.value) == (CellStatus.REVIEWED, Decimal(right))
    assert both.confidence == pytest.approx(1 - 4.6e-5)


def test_samples_are_drawn_from_what_nobody_doubts_and_do_not_keep_a_document_open() -> None:
    document = build(ACCOUNT)
    sampled = reviewed(document, policy=Policy(sample_share=0.3))
    drawn = [c for t in sampled.tables for c in t.cells if c.asks is Asks.SAMPLE]
    straight = len(printed_cells(document))
    assert 0.1 * straight < len(drawn) < 0.5 * straight
    assert {c.status for c in drawn} == {CellStatus.READ}
    assert sampled.status is DocumentStatus.CLEAN
    assert sampled == reviewed(document, policy=Policy(sample_share=0.3))


def loose(*amounts: str) -> Document:
    """公开05 with nothing but 基本支出 of items that no sum binds."""
    items = ("2010301", "2010302", "2010350", "2010399")
    rows = tuple(
        Row(i, code=Reading(code), name=Reading(f"项目{code}")) for i, code in enumerate(items[: len(amounts)])
    )
    cells = tuple(Cell(f"c{i}", i, 0, Reading(text)) for i, text in enumerate(amounts))
    columns = (Column("2", "基本支出"),)
    table = Table("公开05", "一般公共预算财政拨款支出决算表", "公开05", "元", (1,), columns, rows, cells)
    return Document(1, Origin.SCAN, (table,), ())


def siblings(extraction: Extraction) -> dict[str, str]:
    return {c.cell.cell_id: c.reason for t in extraction.tables for c in t.cells if c.asks is Asks.SIBLING}


def found_wrong(before: str, after: str) -> list[Decision]:
    """Two people who enter the same in c0, which nobody doubted."""
    return [replace(value(n, "c0", after, person=n), straight=True, before=before) for n in (1, 2)]


def test_an_error_in_a_sample_reopens_its_siblings_once_a_second_person_confirms_it() -> None:
    document = loose("4,725.00", "3,170.00", "3,180.00", "9,000.07")
    entered = found_wrong("4725.00", "4125.00")
    alone = reviewed(document, entered[0])
    assert cell(alone, "c0").asks is Asks.SECOND
    assert siblings(alone) == {}
    both = reviewed(document, *entered)
    assert cell(both, "c0").value == Decimal("4125.00")
    assert set(siblings(both)) == {"c1", "c3"}
    assert all("“7”" in reason for reason in siblings(both).values())


def test_an_error_of_more_than_a_digit_reopens_its_column() -> None:
    document = loose("4,725.00", "3,170.00", "3,180.00")
    assert set(siblings(reviewed(document, *found_wrong("4725.00", "47.25")))) == {"c1", "c2"}
    assert siblings(reviewed(document, *found_wrong("4725.00", "4725.00"))) == {}


def test_what_a_file_of_decisions_says_was_there_before_may_be_no_amount() -> None:
    document = loose("4,725.00", "3,170.00")
    assert cell(reviewed(document, *found_wrong("n/a", "4725.00")), "c0").status is CellStatus.REVIEWED


def renamed(document: Document, moved: Mapping[str, str]) -> Document:
    def table(one: Table) -> Table:
        return replace(
            one, cells=tuple(replace(c, cell_id=moved.get(c.cell_id, f"new-{c.cell_id}")) for c in one.cells)
        )

    return replace(document, tables=tuple(table(one) for one in document.tables))


def place_of(document: Document, cell_id: str) -> Place:
    for table in document.tables:
        for one in table.cells:
            if one.cell_id == cell_id:
                row, column = table.rows[one.row], table.columns[one.column]
                return Place(
                    table.form, table.code, row.code.text, row.name.text, row.line_no.text, column.number, column.name,
                    one.reading.page, corners(one), one.reading.text,
                )  # fmt: skip
    raise AssertionError(cell_id)


def corners(one: Cell) -> tuple[float, float, float, float] | None:
    box = one.reading.box
    return None if box is None else (box.x0, box.y0, box.x1, box.y1)


@SOME
@given(st.data())
def test_decisions_find_their_cells_in_another_reading(data: st.DataObject) -> None:
    document = boxed(build(ACCOUNT))
    victim = data.draw(st.sampled_from(printed_cells(document)))
    decision = replace(value(1, victim.cell_id, "5"), place=place_of(document, victim.cell_id))
    found, orphans = carried([decision], renamed(document, {}))
    assert orphans == ()
    assert [one.key for one in found] == [f"new-{victim.cell_id}"]


def test_a_decision_whose_cell_is_gone_is_an_orphan() -> None:
    document = build(ACCOUNT)
    victim = spot(document, "公开05", "行政运行", "2")
    decision = replace(
        value(7, "elsewhere", "5"), place=replace(place_of(document, victim), row_code="2299999", row_name="其他")
    )
    assert carried([decision], document) == ((), (7,))
    assert reviewed(document, decision).orphans == (7,)


def test_a_decision_does_not_stay_with_an_id_that_is_now_another_cell() -> None:
    document = boxed(build(ACCOUNT))
    one, other = (spot(document, "公开05", name, "2") for name in ("行政运行", "住房公积金"))
    decision = replace(value(1, one, "5"), place=place_of(document, one))
    found, orphans = carried([decision], renamed(document, {one: other, other: one}))
    assert (orphans, [d.key for d in found]) == ((), [other])


def boxed(document: Document) -> Document:
    """The document with each cell at a place of its own on the page."""

    def placed(table: Table, at: int) -> Table:
        def box(c: Cell) -> Box:
            return Box(
                50.0 + 60 * c.column, 1000.0 * at + 20.0 * c.row, 100.0 + 60 * c.column, 1000.0 * at + 20.0 * c.row + 10
            )

        return replace(
            table, cells=tuple(replace(c, reading=replace(c.reading, page=1, box=box(c))) for c in table.cells)
        )

    return replace(document, tables=tuple(placed(t, n) for n, t in enumerate(document.tables)))


def test_entity_year_and_accepted_questions_are_as_people_say() -> None:
    document = replace(build(ACCOUNT), tables=build(ACCOUNT).tables[:-1])
    asked = settle(document)
    assert asked.questions
    said = [
        Decision(n, DecisionKind.DOCUMENT, f"document: {q}", field="accepted") for n, q in enumerate(asked.questions, 1)
    ]
    said += [
        Decision(50, DecisionKind.DOCUMENT, "document", "青河县财政局", "entity"),
        Decision(51, DecisionKind.DOCUMENT, "document", "2022", "year"),
    ]
    answered = reviewed(document, *said)
    assert (answered.entity, answered.year, answered.questions) == ("青河县财政局", "2022", ())


def test_a_label_is_as_people_say() -> None:
    document = build(ACCOUNT)
    victim = spot(document, "公开05", "行政运行", "2")
    answered = reviewed(document, Decision(1, DecisionKind.LABEL, victim, "行政运行（本级）", "row_name"))
    table = next(t for t in answered.tables if t.table.code == "公开05")
    row = next(c.cell.row for c in table.cells if c.cell.cell_id == victim)
    assert table.rows[row].name == "行政运行（本级）"
    assert any((r.cell_id, r.field, r.kind) == (victim, "row_name", "reviewed") for r in answered.repairs)


@pytest.mark.parametrize(
    "kept", [{"above_yuan": "x"}, {"above_yuan": "-1"}, {"sample_share": 2}, {"flagged_share": "no"}]
)
def test_a_policy_that_is_none_is_refused(kept: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(kept))):
        Policy.of(kept)


def test_the_strictest_of_two_policies_asks_for_all() -> None:
    one, other = Policy.of({"above_yuan": "100", "sample_share": 0.1}), Policy.of({"flagged_share": 0.5})
    assert one.stricter(other) == Policy(Decimal(100), 0.5, 0.1)
    assert Policy.of(one.kept()) == one


def test_two_people_who_cannot_read_it_agree() -> None:
    said = [Decision(n, DecisionKind.ILLEGIBLE, "k", person=n, before="1") for n in (1, 2)]
    review = Review(policy=Policy(above_yuan=Decimal(1)))
    printed = Printed(Decimal(9), Decimal(1))
    assert entry_of(said[:1], printed, review).asks is Asks.SECOND
    assert entry_of(said, printed, review).outcome is Outcome.ILLEGIBLE
