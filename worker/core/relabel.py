"""Labels put right before anything is reckoned with them: identities need to know which row is which.

What is changed here is proven by the document and its forms alone; figures stay as read. A born-digital page prints
what its file says, so there only codes that a narrow column cut short are completed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from models.document import Cell, Origin, Repair, Row, Table
from models.forms import Form, Shape, all_forms
from worker.core.codes import Restored, restore_codes
from worker.core.memo import Memo
from worker.core.order import misread_items, slid_items
from worker.core.sheets import frame
from worker.core.totals import TOTALS, labels_put_back, misread_total

_ABOUT_TOTALS = ("合计与科目同在一行", "本行无科目代码", "合计不在首行，可能与上一行错位")
"""Doubts of a layout that are settled once 合计 and the first 科目 are told apart."""


_Mended = tuple[Table, Sequence[Repair]]


def relabelled(
    tables: Sequence[Table], origin: Origin, memo: Memo | None = None
) -> tuple[tuple[Table, ...], tuple[Repair, ...]]:
    """The tables with codes and names put right where that is proven, and the repairs."""
    memo = memo or Memo()
    known = {form.code: form for form in all_forms()}
    forms = tuple(known.get(table.form) for table in tables)
    typed = origin is Origin.BORN_DIGITAL
    repairs: list[Repair] = []
    now = list(tables)
    for step in () if typed else (_with_totals, _in_order):
        mended = [memo.of(step, i, table, form) for i, (table, form) in enumerate(zip(now, forms, strict=True))]
        now = [table for table, _ in mended]
        repairs += [repair for _, made in mended for repair in made]
    frames = tuple(memo.steady(frame, ("codes", i), table) for i, table in enumerate(now))
    for found in memo.of(_restored, "", frames, forms):
        if _by_people(now[found.table], (found.row,)):
            continue
        if not typed or found.code.startswith(found.raw):
            now[found.table] = _with_code(now[found.table], found, repairs)
    return tuple(memo.equal(("coded", i), table) for i, table in enumerate(now)), tuple(repairs)


def _restored(frames: Sequence[Table], forms: Sequence[Form | None]) -> Sequence[Restored]:
    return restore_codes(frames, forms)


def _with_totals(table: Table, form: Form | None) -> _Mended:
    mended = labels_put_back(table, form)
    if not mended or _by_people(table, mended):
        return _with_total_named(table, form)
    repairs: list[Repair] = []
    proof = "合计等于其余科目之和，仅此解成立"
    for row, now in mended.items():
        was = table.rows[row]
        for field, raw, repaired in _changes(was, now):
            repairs.append(Repair(_first_cell(table, row), field, raw, repaired, "shifted-row", proof, unique=True))
    settled = tuple(range(max(mended) + 1))
    cells = tuple(_undoubted(cell) if cell.row in settled else cell for cell in table.cells)
    return replace(_with_rows(table, mended), cells=cells), repairs


def _with_total_named(table: Table, form: Form | None) -> _Mended:
    row, proof = misread_total(table, form)
    if row < 0 or _by_people(table, (row,)):
        return table, ()
    was = table.rows[row]
    name = TOTALS[form is not None and form.shape is Shape.ITEMS]
    repair = Repair(_first_cell(table, row), "row_name", was.name.text, name, "glyph", proof, unique=True)
    return _with_rows(table, {row: replace(was, name=replace(was.name, text=name))}), (repair,)


def _by_people(table: Table, rows: Iterable[int]) -> bool:
    """Whether a person said what one of these rows is."""
    return any(table.rows[row].code.decided or table.rows[row].name.decided for row in rows)


def _changes(was: Row, now: Row) -> Iterator[tuple[str, str, str]]:
    for field, raw, repaired in (("row_code", was.code, now.code), ("row_name", was.name, now.name)):
        if raw.text != repaired.text:
            yield field, raw.text, repaired.text


def _undoubted(cell: Cell) -> Cell:
    return replace(cell, doubt="") if cell.doubt in _ABOUT_TOTALS else cell


def _in_order(table: Table, form: Form | None) -> _Mended:
    rows: dict[int, Row] = {}
    repairs: list[Repair] = []
    told = [(found, "shifted-row") for found in slid_items(table, form)]
    told += [(found, "name-by-form") for found in misread_items(table, form)]
    if _by_people(table, [found.row for found, _ in told]):
        return table, ()
    for found, kind in told:
        row = table.rows[found.row]
        rows[found.row] = replace(row, name=replace(row.name, text=found.name))
        cell = _first_cell(table, found.row)
        repairs.append(Repair(cell, "row_name", row.name.text, found.name, kind, found.proof, unique=True))
    return _with_rows(table, rows), repairs


def _with_code(table: Table, found: Restored, repairs: list[Repair]) -> Table:
    row = table.rows[found.row]
    cell = _first_cell(table, found.row)
    kind = "lost-digit" if len(found.code) > len(found.raw) else "code-by-name"
    repairs.append(Repair(cell, "row_code", found.raw, found.code, kind, found.proof, unique=True))
    return _with_rows(table, {found.row: replace(row, code=replace(row.code, text=found.code))})


def _with_rows(table: Table, rows: Mapping[int, Row]) -> Table:
    return replace(table, rows=tuple(rows.get(i, row) for i, row in enumerate(table.rows))) if rows else table


def _first_cell(table: Table, row: int) -> str:
    return min((cell.column, cell.cell_id) for cell in table.cells if cell.row == row)[1]
