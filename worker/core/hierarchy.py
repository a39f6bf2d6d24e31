"""The sums a table's own 科目 tree states: 类 = sum of its 款, 款 = sum of its 项, 合计 = sum of the uppermost rows."""

from __future__ import annotations

from collections.abc import Iterator

from worker.core.relations import Constraint, Term, side_text
from worker.core.sheets import ROOT, Sheet

KIND = "hierarchy"


def tree_identities(sheet: Sheet, with_total: bool = True) -> Iterator[Constraint]:
    """One identity for each row that adds up others and each column; a table that prints only 项 has only its 合计."""
    sums = [(account.row, sheet.children(account.row)) for account in sheet.accounts]
    if with_total and sheet.total is not None:
        sums.insert(0, (sheet.total, sheet.children(ROOT)))
    for row, children in sums:
        block = sheet.table.rows[row].block
        for number in [c.number for c in sheet.table.columns if c.block == block]:
            found = _sum(sheet, row, children, number)
            if found is not None:
                yield found


def _sum(sheet: Sheet, row: int, children: list[int], number: str) -> Constraint | None:
    above = sheet.cell(row, number)
    below = [cell for cell in (sheet.cell(child, number) for child in children) if cell is not None]
    if above is None or not below:
        return None
    text = f"{sheet.heading(number)}: {sheet.name(row)} = {side_text([sheet.name(child) for child in children])}"
    return Constraint("", KIND, text, (Term(above.cell_id),), tuple(Term(c.cell_id) for c in below))
