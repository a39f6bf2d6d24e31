"""Amounts put back where they belong: only where the identities leave no other place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from models.document import CellStatus, Document, Extraction, Origin, Reading, Row, Table
from tests.strategies import ACCOUNT, Account, accounts, build, money
from worker.core.settle import settle

SOME = settings(max_examples=15, deadline=None)


def texts(document: Document) -> dict[str, str]:
    return {c.cell_id: c.reading.text for t in document.tables for c in t.cells}


def with_texts(document: Document, changed: dict[str, str]) -> Document:
    tables = tuple(
        replace(t, cells=tuple(replace(c, reading=replace(c.reading, text=changed.get(c.cell_id, c.reading.text)))
                for c in t.cells))
        for t in document.tables
    )  # fmt: skip
    return replace(document, tables=tables)


def table(document: Document, code: str) -> Table:
    return next(t for t in document.tables if t.code == code)


def line(document: Document, code: str, name: str) -> list[str]:
    """The cells of the row of that name, left to right."""
    one = table(document, code)
    row = next(i for i, r in enumerate(one.rows) if r.name.text == name)
    return [c.cell_id for c in one.cells if c.row == row]


def values(extraction: Extraction) -> dict[str, Decimal | None]:
    return {c.cell.cell_id: c.value for t in extraction.tables for c in t.cells}


def silent(extraction: Extraction, truth: Document) -> list[str]:
    """Cells whose value is not what is printed and that nobody is asked about."""
    right = texts(truth)
    found = {c.cell.cell_id: c for t in extraction.tables for c in t.cells}
    return [
        cell_id
        for cell_id, text in right.items()
        if found[cell_id].status is not CellStatus.FLAGGED
        and (found[cell_id].value or 0) != (Decimal(text.replace(",", "")) if text else 0)
    ]


@SOME
@given(accounts())
def test_tables_that_agree_are_not_rearranged(account: Account) -> None:
    document = build(account)
    moved = {r.kind for r in settle(document).repairs} & {"shifted-column", "shifted-row", "swapped-rows"}
    assert not moved


@SOME
@given(st.data())
def test_an_amount_one_column_off_is_put_back_or_asked_about(data: st.DataObject) -> None:
    account = data.draw(accounts())
    document = build(account)
    code = data.draw(st.sampled_from(["公开03", "公开05"]))
    name = data.draw(st.sampled_from([s.name for s in account.spent]))
    _, basic, project, *_ = line(document, code, name)
    read = texts(document)
    changed = {basic: read[project], project: read[basic]}
    assume(len(read[basic]) > 6 and len(read[project]) != 4)  # sums of a few fen agree by chance
    assert not silent(settle(with_texts(document, changed)), document)


def test_two_rows_that_changed_places_are_put_back() -> None:
    document = build(ACCOUNT)
    one, other = line(document, "公开05", "行政单位医疗"), line(document, "公开05", "住房公积金")
    read = texts(document)
    swapped = {a: read[b] for a, b in zip(one, other, strict=True)}
    swapped |= {b: read[a] for a, b in zip(one, other, strict=True)}
    assert not silent(settle(with_texts(document, swapped)), document)


def test_an_amount_that_fell_into_the_next_line_is_put_back() -> None:
    document = build(ACCOUNT)
    (full,) = line(document, "公开01", "住房保障支出")
    tables = tuple(_with_blank(t, full) if t.code == "公开01" else t for t in document.tables)
    document = replace(document, tables=tables)
    read = texts(document)
    extraction = settle(with_texts(document, {"g01-below": read[full], full: ""}))
    assert values(extraction)[full] == Decimal(read[full].replace(",", ""))
    assert values(extraction)["g01-below"] is None


def _with_blank(found: Table, cell_id: str) -> Table:
    """The table with the line 粮油物资储备支出, which prints nothing, below that of a cell."""
    above = next(c for c in found.cells if c.cell_id == cell_id)
    below = above.row + 1
    row = replace(found.rows[above.row], name=Reading("粮油物资储备支出"))
    rows = (*found.rows[:below], row, *found.rows[below:])
    blank = replace(above, cell_id="g01-below", row=below, reading=Reading(""))
    return replace(
        found, rows=rows, cells=(*(replace(c, row=c.row + (c.row >= below)) for c in found.cells), blank)
    )  # fmt: skip


def test_an_amount_in_a_line_of_its_own_goes_back_to_the_blank_that_the_sums_want_filled() -> None:
    document = build(ACCOUNT)
    found = table(document, "公开05")
    total, basic, project = line(document, "公开05", "住房公积金")
    read = texts(document)
    assert read[total]
    assert read[basic]
    below = len(found.rows)
    stray = replace(found.cells[0], cell_id="g05-stray", row=below, reading=Reading(read[total]))
    rows = (*found.rows, Row(below))
    fallen = replace(found, rows=rows, cells=(*found.cells, stray))
    tables = tuple(fallen if t.code == "公开05" else t for t in document.tables)
    extraction = settle(with_texts(replace(document, tables=tables), {total: ""}))
    assert values(extraction)[total] == Decimal(read[total].replace(",", ""))
    assert values(extraction)["g05-stray"] is None
    assert {r.kind for r in extraction.repairs if r.cell_id == total} == {"shifted-row"}
    assert not read[project]


def test_two_places_that_would_both_do_are_asked_about() -> None:
    """An item of which nothing but the row's own sum is known may stand in either column."""
    document = build(ACCOUNT)
    alone = replace(document, tables=(table(document, "公开05"),), lines=document.lines[:2])
    rows = tuple(r for r in alone.tables[0].rows if r.code.text == "2101101")
    kept = {i for i, r in enumerate(alone.tables[0].rows) if r in rows}
    cells = tuple(replace(c, row=0) for c in alone.tables[0].cells if c.row in kept)
    document = replace(alone, tables=(replace(alone.tables[0], rows=rows, cells=cells),))
    _, basic, project = (c.cell_id for c in cells)
    swapped = with_texts(document, {basic: "", project: money(5678912)})
    assert not settle(swapped).repairs


@pytest.mark.parametrize("total", ["行政运行合计", "行政运行 合计"])
def test_a_total_fused_with_the_first_item_is_taken_apart(total: str) -> None:
    document = build(ACCOUNT)
    fused = _fused(table(document, "公开03"), "行政运行", total)
    tables = tuple(fused if t.code == "公开03" else t for t in document.tables)
    extraction = settle(replace(document, tables=tables, origin=Origin.TEXT_DUMP))
    rows = next(t for t in extraction.tables if t.table.code == "公开03").rows
    first = next(i for i, r in enumerate(rows) if r.code == "2010301")
    assert (rows[first - 1].name, rows[first - 1].code) == ("合计", "")
    assert any(r.field in ("row_name", "row_code") and r.proof for r in extraction.repairs)


def _fused(found: Table, name: str, total: str) -> Table:
    """The table with 合计 in the line of its first 项, whose own figures stand below without a code."""
    rows, cells = list(found.rows), list(found.cells)
    top = next(i for i, r in enumerate(rows) if r.name.text == "合计")
    item = next(i for i, r in enumerate(rows) if r.name.text == name)
    order = [top, item, *(i for i in range(len(rows)) if i not in (top, item) and len(rows[i].code.text) > 5)]
    place = {old: new for new, old in enumerate(order)}
    new = [replace(rows[i], line=n) for n, i in enumerate(order)]
    new[0] = replace(new[0], code=Reading(rows[item].code.text), name=Reading(total))
    new[1] = Row(new[1].line, new[1].block, name=Reading(name))
    moved = sorted((replace(c, row=place[c.row]) for c in cells if c.row in place), key=lambda c: (c.row, c.column))
    return replace(found, rows=tuple(new), cells=tuple(moved))
