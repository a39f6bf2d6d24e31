"""Sums of 科目 that rest on labels in doubt: who adds up whom is not known there, so they prove no repair."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from models.document import SettledRow
from worker.core.accounts import CLASS_DIGITS
from worker.core.hierarchy import KIND
from worker.core.relations import Constraint
from worker.core.sheets import Sheet


def shaky(
    sheets: Sequence[Sheet],
    settled: Sequence[Sequence[SettledRow]],
    doubts: Sequence[Collection[int]],
    wanted: Iterable[Constraint],
) -> frozenset[str]:
    """The ids of the sums within a 类 of which some row's label is in doubt; `doubts` are such rows, for each sheet."""
    cells: set[str] = set()
    for sheet, rows, doubtful in zip(sheets, settled, doubts, strict=True):
        if doubtful:
            classes = _classes(rows)
            unsure = {classes[row] for row in doubtful} - {""}
            cells.update(cell.cell_id for (row, _), cell in sheet.cells.items() if classes[row] in unsure)
    return frozenset(one.check_id for one in wanted if one.kind == KIND and cells.issuperset(one.cell_ids))


def _classes(rows: Sequence[SettledRow]) -> list[str]:
    """The 类 each row stands in: that of its code, else of the row above; none for rows without a code."""
    found: list[str] = []
    for row in rows:
        begins = row.code[:CLASS_DIGITS]
        above = found[-1] if found else ""
        found.append("" if not row.code else begins if begins.isdigit() else above)
    return found
