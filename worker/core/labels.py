"""The labels of rows after repair: codes and 行次 as printed, names by the form or the document's own witnesses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from models.document import Repair, SettledRow
from models.forms import Shape
from models.reference import functional_names
from worker.core.label_doubts import CODE_LENGTHS, restored_code
from worker.core.names import MARKS, NameRepair, repair_by_witnesses, repair_item, script_repair
from worker.core.numbering import line_numbers
from worker.core.sheets import Sheet

_PARTED = re.compile(r"[.．·\-－]")


def settle_rows(sheets: Sequence[Sheet]) -> tuple[list[tuple[SettledRow, ...]], list[Repair]]:
    """The settled rows of each sheet and the repairs of their names."""
    witnesses = _names_by_code(sheets)
    settled, repairs = [], []
    for index, sheet in enumerate(sheets):
        codes = {account.row: account.code for account in sheet.accounts}
        rows = []
        numbers = line_numbers(sheet.table)
        for row, printed in enumerate(sheet.table.rows):
            fixed = _repair(sheet, row, codes, {i: n for i, n in witnesses[codes.get(row, "")].items() if i != index})
            rows.append(
                SettledRow(
                    line_no=numbers.get(row, _close(printed.line_no.text)),
                    code=joined_code(printed.code.text),
                    name=fixed.repaired if fixed else _close(printed.name.text),
                )
            )
            if fixed:
                repairs.extend(_rows_repairs(sheet, row, fixed))
        if sheet.form is not None and sheet.form.shape is Shape.SINGLE:
            rows = [SettledRow("", "", "") for _ in rows]  # The form prints no labels: what was read there is noise.
        repairs.extend(_renumbered(sheet, row, number) for row, number in numbers.items())
        settled.append(tuple(rows))
    return _with_codes(sheets, settled, repairs), repairs


def _with_codes(
    sheets: Sequence[Sheet], settled: Sequence[tuple[SettledRow, ...]], repairs: list[Repair]
) -> list[tuple[SettledRow, ...]]:
    """The rows with codes of which single characters were no digits restored from the document's other tables."""
    everywhere = [row for rows in settled for row in rows]
    restored = []
    for sheet, rows in zip(sheets, settled, strict=True):
        now = []
        for index, row in enumerate(rows):
            code = restored_code(row.code, row.name, everywhere)
            now.append(replace(row, code=code) if code else row)
            if code:
                cell = _first_cell(sheet, index)
                proof = f"其他表中{row.name}的代码"
                repairs.append(Repair(cell, "row_code", row.code, code, "code-by-name", proof, unique=True))
        restored.append(tuple(now))
    return restored


def joined_code(text: str) -> str:
    """A printed code without blanks and marks before it, its 类, 款 and 项 joined where dots or dashes part them."""
    plain = _close(text).lstrip(MARKS)
    digits = _PARTED.sub("", plain)
    return digits if digits.isdigit() and len(digits) in CODE_LENGTHS else plain


def _close(text: str) -> str:
    return "".join(text.split())


def _names_by_code(sheets: Sequence[Sheet]) -> defaultdict[str, dict[int, str]]:
    """For each full 功能分类 code, the name that each sheet prints for it."""
    names: defaultdict[str, dict[int, str]] = defaultdict(dict)
    for index, sheet in enumerate(sheets):
        doubled = [a.code for a in sheet.accounts]
        for account in sheet.accounts:
            if doubled.count(account.code) == 1:
                names[account.code][index] = sheet.table.rows[account.row].name.text
    return names


def _repair(sheet: Sheet, row: int, codes: Mapping[int, str], witnesses: Mapping[int, str]) -> NameRepair | None:
    printed = sheet.table.rows[row].name.text
    if not printed.strip():
        return None
    if sheet.form is not None and row in sheet.items:
        return repair_item(printed, sheet.form.items[sheet.items[row]])
    if row not in codes:
        return script_repair(printed)
    if sheet.form is not None and sheet.form.items:
        same = [item for item in sheet.form.items if item.code == codes[row]]
        if same and sheet.form.code == "公开06":
            return repair_item(printed, same[0])
    return repair_by_witnesses(printed, list(witnesses.values()), functional_names().get(codes[row], ""))


def _renumbered(sheet: Sheet, row: int, number: str) -> Repair:
    raw = _close(sheet.table.rows[row].line_no.text)
    proof = f"行次 {int(number) - 1} 与 {int(number) + 1} 之间"
    return Repair(_first_cell(sheet, row), "line_no", raw, number, "sequence", proof, unique=True)


def _first_cell(sheet: Sheet, row: int) -> str:
    return next((cell.cell_id for (r, _), cell in sorted(sheet.cells.items()) if r == row), "")


def _rows_repairs(sheet: Sheet, row: int, fixed: NameRepair) -> list[Repair]:
    """One repair row for a label, on the first cell of its row."""
    cells = [cell for (r, _), cell in sorted(sheet.cells.items()) if r == row]
    return [
        Repair(cell.cell_id, "row_name", fixed.raw, fixed.repaired, fixed.kind, fixed.proof, unique=True)
        for cell in cells[:1]
    ]
