"""The labels of rows after repair: codes and 行次 as printed, names by the form or the document's own witnesses."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from models.document import Repair, SettledRow
from models.forms import Shape, form_by_code
from models.reference import functional_names
from worker.core.accounts import ECONOMIC_FORM
from worker.core.codes import joined_code
from worker.core.economy import repair_by_code
from worker.core.glyphs import confused
from worker.core.names import (
    TOTALS,
    NameRepair,
    bare,
    repair_by_witnesses,
    repair_item,
    script_repair,
    spellings,
)
from worker.core.numbering import line_numbers
from worker.core.sheets import Sheet

OVERVIEW = "公开01"


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
                    code=_code(printed.code.text, printed.name.text),
                    name=fixed.repaired if fixed else _close(printed.name.text),
                )
            )
            if fixed:
                repairs.extend(_rows_repairs(sheet, row, fixed))
        if sheet.form is not None and sheet.form.shape is Shape.SINGLE:
            rows = [SettledRow("", "", "") for _ in rows]  # The form prints no labels: what was read there is noise.
        repairs.extend(_renumbered(sheet, row, number) for row, number in numbers.items())
        settled.append(tuple(rows))
    return settled, repairs


def _code(text: str, name: str) -> str:
    """The code to print: none where a 合计 stands in the column of codes beside the name of the sum, or a mere mark."""
    mark = bare(name) in TOTALS and not any(char.isdigit() for char in text)
    return "" if mark or (bare(text) in TOTALS and name.strip()) else joined_code(text)


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
    if sheet.form is not None and sheet.form.code == ECONOMIC_FORM:
        return repair_by_code(sheet.table, sheet.form, row) or script_repair(printed)
    fixed = repair_by_witnesses(printed, list(witnesses.values()), functional_names().get(codes[row], ""))
    return fixed or _class_name(printed, codes[row])


def _class_name(printed: str, code: str) -> NameRepair | None:
    """The name of a 类 as the forms' line items have it, where the printed one differs in look-alikes only."""
    for item in form_by_code(OVERVIEW).items:
        if item.code == code:
            for wording in spellings(item):
                pairs = confused(bare(printed), bare(wording))
                if pairs:
                    return NameRepair(printed, wording, "glyph", f"形近字{pairs}；表式项目：{code} {wording}")
    return None


def _renumbered(sheet: Sheet, row: int, number: str) -> Repair:
    raw = _close(sheet.table.rows[row].line_no.text)
    proof = f"行次 {int(number) - 1} 之后" if not raw else f"行次 {int(number) - 1} 与 {int(number) + 1} 之间"
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
