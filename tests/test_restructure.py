"""Structure decisions: what they do to a document as read, what they leave alone, and what they refuse."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Decision, DecisionKind, Place, Review
from models.document import Cell, Document, Glyph, Reading, Table
from models.geometry import Box
from tests.strategies import ACCOUNT, build
from worker.core.printed_lines import UnfitError
from worker.core.restructure import CHANGES, WRONG, label_keys, restructured, table_names, understood
from worker.core.settle import settle
from worker.core.structure_arguments import UNITS, SetUnit

READ = build(ACCOUNT)
SPENDING = "公开03"


def said(number: int, key: str, field: str, **after: Any) -> Decision:
    return Decision(number, DecisionKind.STRUCTURE, key, json.dumps(after, ensure_ascii=False), field)


def changed(*decisions: Decision, document: Document = READ) -> Document:
    """The document after decisions that all apply."""
    after, orphans = restructured(document, decisions)
    assert orphans == ()
    check_shape(after)
    return after


def refused(*decisions: Decision, document: Document = READ) -> None:
    """The last of the decisions does not apply, and changes nothing."""
    before = changed(*decisions[:-1], document=document)
    after, orphans = restructured(document, decisions)
    assert orphans == (decisions[-1].number,)
    assert after == before


def check_shape(document: Document) -> None:
    """There is one cell for each row and each column of the row's block, row by row, and no id twice in a table."""
    for table in document.tables:
        wanted = [
            (i, j) for i, row in enumerate(table.rows) for j, c in enumerate(table.columns) if c.block == row.block
        ]
        assert [(cell.row, cell.column) for cell in table.cells] == wanted
        assert max(Counter(cell.cell_id for cell in table.cells).values()) == 1


def table(document: Document, code: str) -> Table:
    return next(one for one in document.tables if one.code == code)


def at(document: Document, code: str, row: int, column: int) -> Cell:
    return next(cell for cell in table(document, code).cells if (cell.row, cell.column) == (row, column))


def texts(document: Document, code: str, row: int) -> list[str]:
    return [cell.reading.text for cell in table(document, code).cells if cell.row == row]


def contents(document: Document) -> Counter[tuple[str, str]]:
    return Counter((cell.cell_id, cell.reading.text) for one in document.tables for cell in one.cells)


def with_row(code: str, row: int, shown: list[str]) -> Document:
    """The document with other texts in one row, as a slip of the layout leaves it."""
    new = {at(READ, code, row, i).cell_id: Reading(text) for i, text in enumerate(shown)}
    tables = tuple(
        replace(one, cells=tuple(replace(c, reading=new.get(c.cell_id, c.reading)) for c in one.cells))
        for one in READ.tables
    )
    return replace(READ, tables=tables)


def test_a_row_that_slipped_is_put_right_and_the_document_is_clean() -> None:
    row = texts(READ, SPENDING, 3)
    slipped = with_row(SPENDING, 3, ["", *row[:-1]])
    assert settle(slipped, repair=False).questions
    decision = said(7, SPENDING, "shift-row", row=at(READ, SPENDING, 3, 2).cell_id, by=-1)
    after = changed(decision, document=slipped)
    assert texts(after, SPENDING, 3) == row
    assert not settle(after, repair=False).questions
    assert contents(after) == contents(slipped), "a figure takes its id along"
    moved = at(slipped, SPENDING, 3, 1).cell_id
    entry = Decision(6, DecisionKind.VALUE, moved, "12.00")
    label = Decision(5, DecisionKind.LABEL, moved, "民兵", "row_name")
    settled = settle(slipped, repair=False, review=Review((entry, decision, label, replace(decision, number=9))))
    found = {cell.cell.cell_id: cell for one in settled.tables for cell in one.cells}[moved]
    assert (found.cell.column, str(found.value), found.cell.reading.text) == (0, "12.00", row[0])
    assert next(one for one in settled.tables if one.table.code == SPENDING).rows[3].name == "民兵"
    assert settled.orphans == (9,), "there is nothing left to shift to"


@given(st.data())
def test_shifts_swaps_and_moves_lose_nothing_and_have_an_inverse(data: st.DataObject) -> None:
    code = data.draw(st.sampled_from(["公开01", "公开02", "公开03", "公开04", "公开05", "公开06"]))
    one = table(READ, code)
    cell = data.draw(st.sampled_from(one.cells))
    by = data.draw(st.integers(-4, 4))
    columns = [i for i, column in enumerate(one.columns) if column.block == one.rows[cell.row].block]
    first = data.draw(st.none() | st.sampled_from(columns))
    fields: dict[str, dict[str, Any]] = {
        "shift-row": {"row": cell.cell_id, "by": by, "column": first},
        "shift-column": {"row": cell.cell_id, "by": by, "column": cell.column},
        "swap-columns": {"columns": [cell.column, data.draw(st.sampled_from(columns))]},
        "move-row": {"row": cell.cell_id, "before": data.draw(st.sampled_from(one.cells)).cell_id},
    }
    field = data.draw(st.sampled_from(sorted(fields)))
    after, orphans = restructured(READ, [said(1, code, field, **fields[field])])
    check_shape(after)
    assert contents(after) == contents(READ)
    assert (after == READ) == bool(orphans) or field in ("shift-row", "shift-column", "swap-columns")
    others = [(a, b) for a, b in zip(READ.tables, after.tables, strict=True) if a.code != code]
    assert all(a == b for a, b in others)
    if field == "shift-row" and first is None and not orphans:
        assert changed(said(1, code, field, **fields[field]), said(2, code, field, row=cell.cell_id, by=-by)) == READ


garbage = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from(["", "g03-r03-c1", "g03-r05-c2", "right", "万元"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["row", "by", "column", "columns", "rows", "cell", "at", "to", "form", "unit", "name", "empty"]
            ),
            inner,
        )
    ),
    max_leaves=6,
)


@given(
    st.lists(st.tuples(st.sampled_from([*CHANGES, "explode"]), st.sampled_from(["公开03", "T9"]), garbage), max_size=4)
)
def test_whatever_is_said_tables_keep_their_shape(things: list[tuple[str, str, Any]]) -> None:
    decisions = [
        Decision(i, DecisionKind.STRUCTURE, key, json.dumps(after), field)
        for i, (field, key, after) in enumerate(things, 1)
    ]
    after, orphans = restructured(READ, decisions)
    check_shape(after)
    assert set(orphans) <= {one.number for one in decisions}
    assert restructured(READ, [one for one in decisions if one.number not in orphans])[0] == after


def test_amounts_of_a_column_move_up_over_a_blank_and_labels_stay() -> None:
    document = changed(said(1, SPENDING, "insert-row", row=at(READ, SPENDING, 2, 0).cell_id, name="空行"))
    ids = [at(document, SPENDING, i, 1).cell_id for i in range(2, 5)]
    slip = said(2, SPENDING, "shift-column", column=1, row=ids[2], until=ids[2], by=-1)
    label = Decision(3, DecisionKind.LABEL, at(document, SPENDING, 4, 1).cell_id, "公共安全支出", "row_name")
    before = Decision(1, DecisionKind.LABEL, ids[2], "公共安全支出", "row_name")
    after = changed(said(1, SPENDING, "insert-row", row=at(READ, SPENDING, 2, 0).cell_id, name="空行"), slip)
    assert [at(after, SPENDING, i, 1).cell_id for i in range(2, 5)] == [ids[0], ids[2], ids[1]]
    assert [row.name for row in table(after, SPENDING).rows] == [row.name for row in table(document, SPENDING).rows]
    insert = said(0, SPENDING, "insert-row", row=at(READ, SPENDING, 2, 0).cell_id, name="空行")
    keys = label_keys(READ, [insert, before, slip, label])
    now, _ = restructured(READ, [insert, slip])
    rows = {cell.cell_id: cell.row for cell in table(now, SPENDING).cells}
    assert rows[keys[1]] == 4, "the row in which the cell stood when its label was decided"
    assert rows[keys[3]] == 3, "the cell had moved up by then"


def test_what_would_be_lost_or_leave_the_table_is_refused() -> None:
    row = at(READ, SPENDING, 3, 0).cell_id
    refused(said(1, SPENDING, "shift-row", row=row, by=0))
    refused(said(1, SPENDING, "shift-row", row=row, by=-1))
    refused(said(1, SPENDING, "shift-row", row=row, by=9))
    refused(said(1, SPENDING, "shift-row", row="g99-r00-c0", by=1))
    refused(said(1, SPENDING, "shift-column", row=row, column=0, by=1))
    refused(said(1, "T4", "set-unit", unit="元"))
    refused(said(1, SPENDING, "set-unit", unit="美元"))
    refused(said(1, SPENDING, "set-unit", unit="元", more=1))
    refused(Decision(1, DecisionKind.STRUCTURE, SPENDING, "{", "set-unit"))
    refused(said(1, SPENDING, "swap-columns", columns=[0, 0]))
    refused(said(1, "公开04", "swap-columns", columns=[0, 1]))
    refused(said(1, SPENDING, "move-row", row=row, before=row))


def test_columns_are_exchanged_in_some_rows() -> None:
    first, last = at(READ, SPENDING, 2, 0).cell_id, at(READ, SPENDING, 4, 0).cell_id
    after = changed(said(1, SPENDING, "swap-columns", columns=[1, 2], row=first, until=last))
    for i in range(len(table(READ, SPENDING).rows)):
        was, now = texts(READ, SPENDING, i), texts(after, SPENDING, i)
        assert now == ([was[0], was[2], was[1], *was[3:]] if 2 <= i <= 4 else was)
    refused(said(1, SPENDING, "swap-columns", columns=[1, 2], row=last, until=first))


def test_a_row_moves_and_lines_stay_in_order() -> None:
    ids = [at(READ, SPENDING, i, 0).cell_id for i in range(len(table(READ, SPENDING).rows))]
    after = changed(said(1, SPENDING, "move-row", row=ids[5], before=ids[2]))
    now = [at(after, SPENDING, i, 0).cell_id for i in range(len(ids))]
    assert now == [*ids[:2], ids[5], *ids[2:5], *ids[6:]]
    assert [row.line for row in table(after, SPENDING).rows] == [row.line for row in table(READ, SPENDING).rows]
    end = changed(said(1, SPENDING, "move-row", row=ids[0]))
    assert at(end, SPENDING, len(ids) - 1, 0).cell_id == ids[0]
    income, costs = (at(READ, "公开01", i, c).cell_id for i, c in ((1, 0), (6, 1)))
    refused(said(1, "公开01", "move-row", row=income, before=costs))


def test_inserted_rows_keep_their_cells_names_whatever_else_is_undone() -> None:
    anchor = at(READ, SPENDING, 4, 0).cell_id
    other = said(3, SPENDING, "delete-row", row=at(READ, SPENDING, 6, 0).cell_id)
    insert = said(8, SPENDING, "insert-row", row=anchor, place="before", code="2080599", name="其他", line_no="5")
    with_both, alone = changed(other, insert), changed(insert)
    for document in (with_both, alone):
        cells = [cell for cell in table(document, SPENDING).cells if cell.row == 4]
        assert [cell.cell_id for cell in cells] == [f"d8-c{i + 1}" for i in range(6)]
        row = table(document, SPENDING).rows[4]
        assert (row.code.text, row.name.text, row.line_no.text) == ("2080599", "其他", "5")
        lines = [row.line for row in table(document, SPENDING).rows]
        assert lines == sorted(set(lines))
    assert len(table(with_both, SPENDING).rows) == len(table(READ, SPENDING).rows)


def beside() -> Document:
    """公开06 with its blocks beside each other, as it is printed, and nothing on the second block's second line."""
    one = table(READ, "公开06")
    lines = {0: iter(range(9)), 1: iter((0, 2, 3, 4))}
    rows = tuple(replace(row, line=next(lines[row.block])) for row in one.rows)
    return replace(READ, tables=tuple(replace(one, rows=rows) if t is one else t for t in READ.tables))


def test_a_row_is_inserted_where_its_block_has_a_gap_else_all_rows_below_move_down() -> None:
    document = beside()
    one = table(document, "公开06")
    gap = one.rows.index(next(row for row in one.rows if row.block == 1 and row.line == 2))
    anchor = at(document, "公开06", gap, 1).cell_id
    after = table(changed(said(1, "公开06", "insert-row", row=anchor, place="before"), document=document), "公开06")
    assert [row.line for row in after.rows if row.block == 1] == [0, 1, 2, 3, 4]
    assert [row.line for row in after.rows if row.block == 0] == [0, 1, 2, 3]
    pushed = table(changed(said(1, "公开06", "insert-row", row=anchor, place="after"), document=document), "公开06")
    assert [row.line for row in pushed.rows if row.block == 1] == [0, 2, 3, 4, 5]
    assert [row.line for row in pushed.rows if row.block == 0] == [0, 1, 2, 4]


def test_the_only_row_of_a_block_stays() -> None:
    refused(said(1, "公开07", "delete-row", row=at(READ, "公开07", 0, 0).cell_id))


def test_two_amounts_in_one_cell_are_parted_and_rows_joined_again() -> None:
    row = texts(READ, SPENDING, 3)
    slipped = with_row(SPENDING, 3, [row[0] + row[1], "", *row[2:]])
    cell = at(READ, SPENDING, 3, 0).cell_id
    parted = said(1, SPENDING, "split-cell", cell=cell, at=len(row[0]))
    assert texts(changed(parted, document=slipped), SPENDING, 3) == row
    refused(said(1, SPENDING, "split-cell", cell=cell, at=99), document=slipped)
    refused(said(1, SPENDING, "split-cell", cell=at(READ, SPENDING, 0, 0).cell_id, at=3))
    below = said(2, SPENDING, "split-cell", cell=cell, at=len(row[0]), to="below")
    insert = said(1, SPENDING, "insert-row", row=cell)
    two = changed(insert, below, document=slipped)
    assert (texts(two, SPENDING, 3)[0], texts(two, SPENDING, 4)[0]) == (row[0], row[1])
    merge = said(3, SPENDING, "merge-rows", rows=[cell, "d1-c1"])
    joined = changed(insert, below, merge, document=slipped)
    assert texts(joined, SPENDING, 3) == texts(slipped, SPENDING, 3)
    assert at(joined, SPENDING, 3, 0).cell_id == cell


def test_a_wrapped_row_is_merged_with_its_glyphs_and_boxes() -> None:
    glyphs = tuple(Glyph(c, 0.9 - i / 10, i, i + 1, (("8", 0.05),)) for i, c in enumerate("12"))
    upper, lower = (Reading("12", 3, Box(10, 10 * n, 50, 10 * n + 8), glyphs, 0.8) for n in (1, 2))
    ids = [at(READ, SPENDING, i, 0).cell_id for i in (2, 3)]
    document = with_row(SPENDING, 2, [""] * 6)
    tables = tuple(
        replace(one, cells=tuple(
            replace(c, reading=upper if c.cell_id == ids[0] else lower if c.cell_id == ids[1] else c.reading)
            for c in one.cells
        ))
        for one in document.tables
    )  # fmt: skip
    after = changed(said(1, SPENDING, "merge-rows", rows=ids), document=replace(document, tables=tables))
    reading = at(after, SPENDING, 2, 0).reading
    assert (reading.text, reading.page, reading.box, reading.glyphs) == (
        "1212",
        3,
        Box(10, 10, 50, 28),
        glyphs + glyphs,
    )
    assert texts(after, SPENDING, 2)[1:] == texts(READ, SPENDING, 3)[1:]
    cut = changed(
        said(1, SPENDING, "merge-rows", rows=ids), said(2, SPENDING, "insert-row", row=ids[0]),
        said(3, SPENDING, "split-cell", cell=ids[0], at=3, to="below"), document=replace(document, tables=tables),
    )  # fmt: skip
    assert [len(at(cut, SPENDING, i, 0).reading.glyphs) for i in (2, 3)] == [3, 1]
    apart = [at(READ, SPENDING, i, 0).cell_id for i in (2, 4)]
    refused(said(1, SPENDING, "merge-rows", rows=apart))


def test_a_form_is_set_by_headers_and_what_is_left_by_order() -> None:
    one = table(READ, SPENDING)
    doubts = ("no header found", "no column found for 2 财政拨款收入", "page torn")
    columns = tuple(replace(c, number=str(i + 1), name=c.header, header=c.header) for i, c in enumerate(one.columns))
    columns = (*columns[:2], replace(columns[2], header="坝目攴岀", name="坝目攴岀"), *columns[3:])
    lost = replace(one, code="T1", form="", columns=columns, doubts=doubts)
    document = replace(READ, tables=tuple(lost if t is one else t for t in READ.tables))
    after = changed(said(1, "T1", "set-form", form=SPENDING), said(2, "T1", "set-unit", unit="元"), document=document)
    now = table(after, SPENDING)
    assert [(c.number, c.name) for c in now.columns] == [(c.number, c.name) for c in one.columns]
    assert now.doubts == ("page torn",)
    refused(said(1, "T1", "set-form", form="公开99"), document=document)
    back = changed(said(1, SPENDING, "set-form", form=""))
    assert [t.code for t in back.tables].count("T1") == 1


def test_a_column_is_named_and_the_one_that_had_the_name_gets_the_other() -> None:
    after = table(changed(said(1, SPENDING, "set-column", column=1, name="项目支出")), SPENDING)
    assert [(c.number, c.name) for c in after.columns[:3]] == [
        ("1", "本年支出合计"),
        ("3", "项目支出"),
        ("2", "基本支出"),
    ]
    refused(said(1, SPENDING, "set-column", column=1, name="事业收入"))
    refused(said(1, SPENDING, "set-column", column=77, name="项目支出"))


def test_a_table_is_declared_empty_and_a_form_that_no_table_shows() -> None:
    without = replace(READ, tables=READ.tables[:-1])
    assert any("公开09" in asked for asked in settle(without).questions)
    after = changed(said(5, "公开09", "declare-empty", page=12), document=without)
    assert table(after, "公开09").declared_empty
    assert table(after, "公开09").pages == (12,)
    assert not any("公开09" in asked for asked in settle(after).questions)
    refused(said(5, "公开09", "declare-empty", page=0), document=without)
    blank = changed(said(5, SPENDING, "declare-empty"))
    assert not any(cell.reading.text for cell in table(blank, SPENDING).cells)
    full = changed(said(5, "公开08", "declare-empty", empty=False))
    assert not table(full, "公开08").declared_empty


def test_second_tables_of_a_form_have_names_of_their_own() -> None:
    document = replace(READ, tables=(*READ.tables, table(READ, SPENDING)))
    assert table_names(one.code for one in document.tables)[-1] == "公开03.2"
    after = changed(said(1, "公开03.2", "set-unit", unit="万元"), document=document)
    assert [t.unit for t in after.tables if t.code == SPENDING] == ["元", "万元"]


def test_on_another_reading_a_decision_applies_only_where_it_was_made() -> None:
    cell = at(READ, SPENDING, 3, 0)
    tables = tuple(
        replace(one, cells=tuple(
            replace(c, reading=replace(c.reading, page=4, box=Box(100, 20 * c.row, 160, 20 * c.row + 16)))
            for c in one.cells
        ))
        for one in READ.tables
    )  # fmt: skip
    document = replace(READ, tables=tables)
    here = said(1, SPENDING, "delete-row", row=cell.cell_id)
    changed(replace(here, place=Place(page=4, box=(101, 61, 158, 77))), document=document)
    refused(replace(here, place=Place(page=4, box=(101, 81, 158, 97))), document=document)
    refused(replace(here, place=Place(page=5, box=(101, 61, 158, 77))), document=document)
    unit = said(1, SPENDING, "set-unit", unit="万元")
    changed(replace(unit, place=Place(page=4)), document=document)
    refused(replace(unit, place=Place(page=9)), document=document)


def test_remarks_change_nothing_and_unknown_changes_are_told() -> None:
    remark = Decision(1, DecisionKind.STRUCTURE, SPENDING, "", WRONG, note="列错位")
    assert changed(remark) == READ
    assert restructured(READ, [replace(remark, key="T9")])[1] == (1,)
    assert understood(WRONG, "") is None
    for field, after in (("explode", "{}"), ("set-unit", "[]"), ("set-unit", "\ud800")):
        with pytest.raises(UnfitError):
            understood(field, after)


def test_units_that_are_offered_are_those_that_are_taken() -> None:
    assert get_args(SetUnit.__annotations__["unit"]) == UNITS or all(
        understood("set-unit", json.dumps({"unit": unit})) for unit in UNITS
    )
