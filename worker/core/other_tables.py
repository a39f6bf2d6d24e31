"""Identities of tables that are no form (budgets …), from what they print: codes, 合计 lines, 小计 columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from models.document import Cell, Table
from worker.core.amounts import Amount, is_nothing, parse
from worker.core.hierarchy import tree_identities
from worker.core.likeness import squashed
from worker.core.names import bare
from worker.core.relations import Constraint, Term, side_text
from worker.core.sheets import Sheet

SUM_WORDS = ("合计", "小计", "总计")
HOLDS_IN = 0.6
NUMERIC_SHARE = 0.5

_FIRST = re.compile(r"^[一二三四五六七八九十]{1,3}[、.．]")
_SECOND = re.compile(r"^(?:\d{1,2}[、.．]|[(（][一二三四五六七八九十\d]{1,2}[)）])")
_TOTAL = re.compile(r"(?:合计|总计)$")


def other_identities(sheet: Sheet) -> Iterator[Constraint]:
    """What the table says must add up: its 科目 tree, numbered items, 合计 columns, 收入总计 = 支出总计."""
    numeric = numeric_columns(sheet.table)
    if not numeric:
        return
    if sheet.accounts:
        yield from (c for c in tree_identities(sheet) if _all_numeric(sheet, c, numeric))
    else:
        yield from _numbered_items(sheet, numeric)
    yield from _sum_columns(sheet, numeric)
    yield from _balance(sheet, numeric)


def numeric_columns(table: Table) -> frozenset[int]:
    """The columns whose printed cells are mostly amounts; those of percentages, dates and words are left out."""
    counts: dict[int, list[bool]] = {}
    for cell in table.cells:
        if not is_nothing(cell.reading.text):
            amount = parse(cell.reading.text)
            counts.setdefault(cell.column, []).append(amount is not None and not amount.percent)
    return frozenset(i for i, found in counts.items() if sum(found) > NUMERIC_SHARE * len(found))


def _all_numeric(sheet: Sheet, constraint: Constraint, numeric: frozenset[int]) -> bool:
    columns = {cell.cell_id: cell.column for cell in sheet.cells.values()}
    return all(columns[cell_id] in numeric for cell_id in constraint.cell_ids)


def _numbered_items(sheet: Sheet, numeric: frozenset[int]) -> Iterator[Constraint]:
    """A 合计 or 总计 line adds up the items 一、二、… of its block, each of those the items 1. 2. … below it."""
    for block in sorted({row.block for row in sheet.table.rows}):
        rows = [i for i, row in enumerate(sheet.table.rows) if row.block == block]
        names = {i: "".join(sheet.table.rows[i].name.text.split()) for i in rows}
        firsts = [i for i in rows if _FIRST.match(names[i])]
        totals = [i for i in rows if _TOTAL.search(names[i])]
        if totals and firsts:
            yield from _column_sums(sheet, totals[0], firsts, numeric)
        for place, first in enumerate(firsts):
            end = firsts[place + 1] if place + 1 < len(firsts) else rows[-1] + 1
            below = [i for i in rows if first < i < end and _SECOND.match(names[i])]
            yield from _column_sums(sheet, first, below, numeric)


def _column_sums(sheet: Sheet, total: int, parts: list[int], numeric: frozenset[int]) -> Iterator[Constraint]:
    for column in sorted(numeric):
        above = sheet.cells.get((total, column))
        below = [c for c in (sheet.cells.get((part, column)) for part in parts) if c is not None]
        if above is not None and below:
            head = sheet.table.columns[column].name or f"第{column + 1}列"
            text = f"{sheet.table.code} {head}: {sheet.name(total)} = {side_text([sheet.name(p) for p in parts])}"
            yield Constraint("", "column-sum", text, (Term(above.cell_id),), tuple(Term(c.cell_id) for c in below))


def _sum_columns(sheet: Sheet, numeric: frozenset[int]) -> Iterator[Constraint]:
    """A 合计 or 小计 column and the columns under the same upper header, where they add up in most rows."""
    for total, parts in sum_columns(sheet.table, numeric):
        rows = [i for i in range(len(sheet.table.rows)) if (i, total) in sheet.cells]
        held = [h for h in (_holds(sheet, row, total, parts) for row in rows) if h is not None]
        if not held or sum(held) < HOLDS_IN * len(held):
            continue
        names = [sheet.table.columns[i].name for i in parts]
        for row in rows:
            cells = [c for c in (sheet.cells.get((row, part)) for part in parts) if c is not None]
            text = f"{sheet.table.code} {sheet.name(row)}: {sheet.table.columns[total].name} = {side_text(names)}"
            terms = tuple(Term(c.cell_id) for c in cells)
            yield Constraint("", "row-sum", text, (Term(sheet.cells[row, total].cell_id),), terms)


def sum_columns(table: Table, numeric: frozenset[int]) -> Iterator[tuple[int, list[int]]]:
    """Each 合计 or 小计 column with the columns under the same header, subtotals standing for their parts."""
    paths = {i: tuple(column.name.split("/")) for i, column in enumerate(table.columns)}
    for total in sorted(numeric):
        path = paths[total]
        if squashed(path[-1]) not in SUM_WORDS:
            continue
        upper = path[:-1]
        beside = [i for i in sorted(numeric) if i != total and paths[i][: len(upper)] == upper]
        beside = [i for i in beside if table.columns[i].block == table.columns[total].block]
        parts = [i for i in beside if len(paths[i]) == len(path) or squashed(paths[i][-1]) in SUM_WORDS]
        if len(parts) > 1:
            yield total, parts


def _holds(sheet: Sheet, row: int, total: int, parts: list[int]) -> bool | None:
    """Whether a row adds up; None where it prints nothing that could."""
    amounts = [_value(sheet.cells.get((row, i))) for i in (total, *parts)]
    if any(a is None for a in amounts) or not any(amounts):
        return None
    values = [a for a in amounts if a is not None]
    return abs(values[0] - sum(values[1:])) <= Decimal("0.005") * len(values)


def _value(cell: Cell | None) -> Decimal | None:
    if cell is None or is_nothing(cell.reading.text):
        return Decimal(0)
    amount: Amount | None = parse(cell.reading.text)
    return amount.value if amount else None


def _balance(sheet: Sheet, numeric: frozenset[int]) -> Iterator[Constraint]:
    """收入总计 = 支出总计, by the first amount of each line."""
    firsts = []
    for name in ("收入总计", "支出总计"):
        rows = [i for i, row in enumerate(sheet.table.rows) if bare(row.name.text) == name]
        cells = [sheet.cells[r, c] for r in rows for c in sorted(numeric) if (r, c) in sheet.cells]
        printed = [c for c in cells if not is_nothing(c.reading.text)]
        if not printed:
            return
        firsts.append(printed[0])
    text = f"{sheet.table.code} 收入总计 = 支出总计"
    yield Constraint("", "balance", text, (Term(firsts[0].cell_id),), (Term(firsts[1].cell_id),))
