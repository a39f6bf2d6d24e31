"""What settling promises: agreeing documents stay untouched, and no wrong figure passes in silence."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.document import (
    CellStatus,
    CheckResult,
    Document,
    DocumentKind,
    DocumentStatus,
    Extraction,
    Glyph,
    Line,
    Origin,
    Reading,
    SettledCell,
)
from tests.strategies import ACCOUNT, ENTITY, YEAR, Account, accounts, build, misread, money, printed_cells
from worker.core.codes import joined_code
from worker.core.settle import settle

SOME = settings(max_examples=25, deadline=None)


def cell(extraction: Extraction, cell_id: str) -> SettledCell:
    return next(c for table in extraction.tables for c in table.cells if c.cell.cell_id == cell_id)


def found(document: Document, code: str, row: str, number: str) -> str:
    """The id of a cell by form, item and 栏次."""
    table = next(t for t in document.tables if t.code == code)
    for one in table.cells:
        if table.rows[one.row].name.text == row and table.columns[one.column].number == number:
            return one.cell_id
    raise AssertionError(f"no cell {code} {row} {number}")


def with_text(account: Account, changes: dict[str, str], probability: float = 1.0) -> Document:
    return build(account, {k: Reading(v, probability=probability) for k, v in changes.items()})


@SOME
@given(accounts())
def test_an_agreeing_document_stays_untouched(account: Account) -> None:
    document = build(account)
    extraction = settle(document)
    assert extraction.status is DocumentStatus.CLEAN, extraction.questions
    assert (extraction.entity, extraction.year, extraction.kind) == (ENTITY, YEAR, DocumentKind.FINAL_ACCOUNT)
    assert {c.result for c in extraction.checks} == {CheckResult.PASS}
    assert not extraction.repairs
    for table in extraction.tables:
        for settled in table.cells:
            text = settled.cell.reading.text
            assert settled.status is CellStatus.READ
            assert settled.value == (Decimal(text.replace(",", "")) if text else None)


@SOME
@given(st.data())
def test_a_misreading_is_never_silent(data: st.DataObject) -> None:
    account = data.draw(accounts())
    clean = build(account)
    victim = data.draw(st.sampled_from(printed_cells(clean)))
    wrong = data.draw(misread(victim.reading.text))
    extraction = settle(with_text(account, {victim.cell_id: wrong}))
    settled = cell(extraction, victim.cell_id)
    right = Decimal(victim.reading.text.replace(",", ""))
    assert settled.status is CellStatus.FLAGGED or settled.value == right
    assert settled.value == right or settled.reason


@SOME
@given(st.data())
def test_a_lost_amount_is_restored_or_asked_about(data: st.DataObject) -> None:
    account = data.draw(accounts())
    victim = data.draw(st.sampled_from(printed_cells(build(account))))
    settled = cell(settle(with_text(account, {victim.cell_id: ""})), victim.cell_id)
    assert settled.status is CellStatus.FLAGGED or settled.value == Decimal(victim.reading.text.replace(",", ""))
    assert "空白" in settled.reason


@SOME
@given(st.data())
def test_two_misreadings_are_never_silent(data: st.DataObject) -> None:
    account = data.draw(accounts())
    some = st.lists(
        st.sampled_from(printed_cells(build(account))), min_size=2, max_size=2, unique_by=lambda c: c.cell_id
    )
    victims = data.draw(some)
    wrong = {c.cell_id: data.draw(misread(c.reading.text)) for c in victims}
    extraction = settle(with_text(account, wrong))
    silent = [
        c.cell_id
        for c in victims
        if cell(extraction, c.cell_id).status is not CellStatus.FLAGGED
        and cell(extraction, c.cell_id).value != Decimal(c.reading.text.replace(",", ""))
    ]
    assert len(silent) < len(victims)


@SOME
@given(st.data())
def test_swapped_separators_are_repaired_with_a_proof(data: st.DataObject) -> None:
    account = data.draw(accounts())
    clean = build(account)
    long = [c for c in printed_cells(clean) if c.reading.text.count(",") == 1]
    if not long:
        return
    victim = data.draw(st.sampled_from(long))
    extraction = settle(with_text(account, {victim.cell_id: victim.reading.text.replace(",", ".")}))
    settled = cell(extraction, victim.cell_id)
    assert settled.status is CellStatus.REPAIRED
    assert settled.value == Decimal(victim.reading.text.replace(",", ""))
    repair = next(r for r in extraction.repairs if r.cell_id == victim.cell_id)
    assert (repair.kind, repair.unique) == ("separator", True)
    assert any(check.check_id in repair.proof for check in extraction.checks)


@SOME
@given(accounts())
def test_settling_is_deterministic(account: Account) -> None:
    assert settle(build(account)) == settle(build(account))


def flagged_cells(extraction: Extraction) -> list[str]:
    return [c.cell.cell_id for t in extraction.tables for c in t.cells if c.status is CellStatus.FLAGGED]


def test_one_misreading_is_restored_with_a_proof_people_can_read() -> None:
    clean = build(ACCOUNT)
    victim = found(clean, "公开03", "行政运行", "2")
    extraction = settle(with_text(ACCOUNT, {victim: "1,384,568.01"}))
    settled = cell(extraction, victim)
    assert not flagged_cells(extraction)
    assert (settled.value, settled.status) == (Decimal(123456789 + 5000012) / 100, CellStatus.REPAIRED)
    assert "读作“1,384,568.01”，还原为1284568.01" in settled.reason
    assert "read “1,384,568.01”, restored to 1284568.01" in settled.reason
    (repair,) = extraction.repairs
    proven = repair.proof.split()
    assert (repair.field, repair.kind, repair.unique) == ("value", "digit", True)
    assert {check.check_id for check in extraction.checks if check.result is CheckResult.PASS} >= set(proven)


def test_an_amount_in_the_neighbouring_column_is_put_back() -> None:
    clean = build(ACCOUNT)
    basic, project = (found(clean, "公开05", "行政单位医疗", n) for n in ("2", "3"))
    extraction = settle(with_text(ACCOUNT, {basic: "", project: money(5678912)}))
    assert (cell(extraction, basic).value, cell(extraction, basic).status) == (
        Decimal("56789.12"),
        CellStatus.REPAIRED,
    )
    assert (cell(extraction, project).value, cell(extraction, project).status) == (None, CellStatus.REPAIRED)
    assert {(r.cell_id, r.field, r.kind, r.raw, r.repaired) for r in extraction.repairs} == {
        (basic, "value", "shifted-column", "", "56789.12"),
        (project, "value", "shifted-column", money(5678912), ""),
    }


def test_figures_of_two_lines_that_changed_places_are_put_back() -> None:
    clean = build(ACCOUNT)
    right, other = (found(clean, "公开01", name, "2") for name in ("住房保障支出", "卫生健康支出"))
    texts = {c.cell_id: c.reading.text for c in printed_cells(clean)}
    extraction = settle(with_text(ACCOUNT, {right: texts[other], other: texts[right]}))
    for one in (right, other):
        assert cell(extraction, one).value == Decimal(texts[one].replace(",", ""))
        assert cell(extraction, one).status is CellStatus.REPAIRED


def test_doubt_of_the_recogniser_is_outweighed_by_two_identities_but_not_by_none() -> None:
    clean = build(ACCOUNT)
    covered = found(clean, "公开03", "行政运行", "1")
    texts = {c.cell_id: c.reading.text for c in printed_cells(clean)}
    extraction = settle(with_text(ACCOUNT, {covered: texts[covered]}, probability=0.35))
    assert cell(extraction, covered).status is CellStatus.READ
    alone = replace(clean, tables=tuple(t for t in clean.tables if t.code == "公开07"))
    tables = tuple(
        replace(t, cells=tuple(replace(c, reading=replace(c.reading, probability=0.35)) for c in t.cells[:1]))
        for t in alone.tables
    )
    lonely = settle(replace(alone, tables=tables))
    assert lonely.tables[0].cells[0].status is CellStatus.FLAGGED
    assert "识别概率低" in lonely.tables[0].cells[0].reason


def test_the_recognisers_second_thought_points_out_the_cell() -> None:
    clean = build(ACCOUNT)
    victim = found(clean, "公开06", "基本工资", "")
    text = next(c.reading.text for c in printed_cells(clean) if c.cell_id == victim)
    other = "1" if text[0] != "1" else "7"
    glyphs = [Glyph(c, 0.99, 0, 1) for c in text]
    glyphs[0] = Glyph(other, 0.6, 0, 1, ((text[0], 0.35),))
    wrong = Reading(other + text[1:], 1, None, tuple(glyphs), 0.6)
    extraction = settle(build(ACCOUNT, {victim: wrong}))
    assert not flagged_cells(extraction)
    assert cell(extraction, victim).value == Decimal(text.replace(",", ""))


def test_words_in_an_amount_cell_are_flagged_and_kept_as_read() -> None:
    victim = found(build(ACCOUNT), "公开05", "住房公积金", "2")
    settled = cell(settle(with_text(ACCOUNT, {victim: "见附件"})), victim)
    assert (settled.value, settled.status) == (None, CellStatus.FLAGGED)


def test_a_born_digital_contradiction_is_the_sources_and_flagged() -> None:
    victim = found(build(ACCOUNT), "公开05", "住房公积金", "1")
    document = replace(with_text(ACCOUNT, {victim: "1.00"}), origin=Origin.BORN_DIGITAL)
    extraction = settle(document)
    results = {c.result for c in extraction.checks}
    assert CheckResult.SOURCE_INCONSISTENT in results
    assert CheckResult.FAIL not in results
    assert cell(extraction, victim).status is CellStatus.FLAGGED


def test_a_missing_form_and_a_missing_entity_are_asked_about() -> None:
    document = build(ACCOUNT)
    short = replace(document, tables=document.tables[1:], lines=(Line(f"{YEAR}年度", 1),))
    extraction = settle(short)
    assert extraction.status is DocumentStatus.NEEDS_REVIEW
    assert any("公开01" in question for question in extraction.questions)
    assert any("单位名称" in question for question in extraction.questions)


def test_a_form_whose_last_line_was_lost_is_asked_about() -> None:
    document = build(ACCOUNT)
    asked = [q for q in settle(document).questions if "换页处遗漏" in q]
    assert asked == []
    for code, lost in (("公开01", "总计"), ("公开03", "合计"), ("公开06", "公用经费合计")):
        place, table = next((i, t) for i, t in enumerate(document.tables) if t.code == code)
        index = max(i for i, row in enumerate(table.rows) if row.name.text.replace(" ", "") == lost)
        rows = tuple(row for i, row in enumerate(table.rows) if i != index)
        cells = tuple(replace(c, row=c.row - (c.row > index)) for c in table.cells if c.row != index)
        tables = tuple(replace(t, rows=rows, cells=cells) if i == place else t for i, t in enumerate(document.tables))
        asked = [q for q in settle(replace(document, tables=tables)).questions if "换页处遗漏" in q]
        assert asked == [f"{code}：没有“{lost}”一行，或在换页处遗漏"]


@pytest.mark.parametrize("text", ["", "全是废话", "一、收入支出决算总体情况说明"])
def test_documents_without_tables_settle(text: str) -> None:
    extraction = settle(Document(1, Origin.SCAN, (), (Line(text, 1),)))
    assert extraction.status is DocumentStatus.NEEDS_REVIEW or extraction.kind is DocumentKind.OTHER


@pytest.mark.parametrize(("probability", "status"), [(0.05, CellStatus.FLAGGED), (0.9, CellStatus.READ)])
def test_one_identity_outweighs_some_doubt_but_not_all(probability: float, status: CellStatus) -> None:
    clean = build(ACCOUNT)
    leaf = found(clean, "公开06", "基本工资", "")
    text = next(c.reading.text for c in printed_cells(clean) if c.cell_id == leaf)
    assert cell(settle(with_text(ACCOUNT, {leaf: text}, probability)), leaf).status is status


def test_a_total_printed_into_an_items_row_is_flagged_though_it_adds_up() -> None:
    document = build(ACCOUNT)
    table = document.tables[2]
    rows = tuple(replace(r, name=Reading(r.name.text + " 合计")) if r.code.text == "2101101" else r for r in table.rows)
    tables = tuple(replace(t, rows=rows) if t is table else t for t in document.tables)
    victim = found(document, "公开03", "行政单位医疗", "1")
    settled = cell(settle(replace(document, tables=tables)), victim)
    assert settled.status is CellStatus.FLAGGED
    assert "合计" in settled.reason


@pytest.mark.parametrize(("text", "status"), [("~{}", CellStatus.FLAGGED), ("—{}", CellStatus.FLAGGED)])
def test_a_doubtful_sign_is_asked_about_with_the_other_value(text: str, status: CellStatus) -> None:
    clean = build(ACCOUNT)
    alone = replace(clean, tables=tuple(t for t in clean.tables if t.code == "公开07"))
    first = alone.tables[0].cells[0]
    glyphs = tuple(Glyph(c, 0.99, 0, 1) for c in text.format(first.reading.text))
    reading = Reading(text.format(first.reading.text), 1, None, glyphs, 0.99)
    table = replace(alone.tables[0], cells=(replace(first, reading=reading),))
    (settled,) = settle(replace(alone, tables=(table,))).tables[0].cells
    assert settled.status is status
    assert settled.value is not None
    assert settled.value < 0
    assert settled.alternatives[0] == first.reading.text.replace(",", "")


def test_a_dash_of_a_text_layer_is_a_minus_sign() -> None:
    clean = build(ACCOUNT)
    first = next(t for t in clean.tables if t.code == "公开07").cells[0]
    table = replace(
        next(t for t in clean.tables if t.code == "公开07"),
        cells=(replace(first, reading=Reading("—" + first.reading.text, 1)),),
    )
    (settled,) = settle(replace(clean, tables=(table,))).tables[0].cells
    assert (settled.status, settled.value is not None and settled.value < 0) == (CellStatus.READ, True)


@pytest.mark.parametrize(
    ("printed", "code"),
    [
        ("201.06.01", "2010601"),
        ("208·05", "20805"),
        ("_201", "201"),
        ("201 06", "20106"),
        ("3010", "3010"),
        ("合计", "合计"),
    ],
)
def test_codes_are_joined(printed: str, code: str) -> None:
    assert joined_code(printed) == code


@pytest.mark.parametrize(
    ("code", "name", "printed"),
    [("—", "合计", ""), ("合计", "合计", ""), ("201", "合计", "201"), ("—", "某项支出", "—"), ("合计", "", "合计")],
)
def test_a_mark_in_the_column_of_codes_beside_a_total_is_no_code(code: str, name: str, printed: str) -> None:
    document = build(ACCOUNT)
    place, table = next((i, t) for i, t in enumerate(document.tables) if t.code == "公开05")
    index = next(i for i, row in enumerate(table.rows) if row.name.text == "合计")
    row = replace(table.rows[index], code=Reading(code), name=Reading(name))
    rows = tuple(row if i == index else old for i, old in enumerate(table.rows))
    tables = tuple(replace(t, rows=rows) if i == place else t for i, t in enumerate(document.tables))
    assert settle(replace(document, tables=tables)).tables[place].rows[index].code == printed
