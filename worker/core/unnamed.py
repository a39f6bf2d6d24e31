"""Rows whose names were lost: items of a form that show amounts but no name, or a total's name only.

Only proposals: `worker.core.arrange` takes one where more identities hold under it than without.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from models.document import Row, Table
from models.forms import Shape
from worker.core.names import bare
from worker.core.sheets import TOTAL, Sheet

GRAND_TOTAL = "总计"
TOTALS = (TOTAL, GRAND_TOTAL)


@dataclass(frozen=True, slots=True)
class Relabelling:
    """New labels for rows of one table, by row, and what to call the repair."""

    table: int
    rows: Mapping[int, Row]
    kind: str

    def applied(self, tables: Sequence[Table]) -> tuple[Table, ...]:
        """The tables with these labels."""
        return tuple(
            replace(t, rows=tuple(self.rows.get(i, r) for i, r in enumerate(t.rows))) if n == self.table else t
            for n, t in enumerate(tables)
        )


def relabellings(sheets: Sequence[Sheet]) -> Iterator[Relabelling]:
    """Names for the unnamed rows of each table of items."""
    for index, sheet in enumerate(sheets):
        if sheet.form is not None and sheet.form.shape is Shape.ITEMS:
            rows = _unnamed_items(sheet)
            if rows:
                yield Relabelling(index, rows, "lost-row")


def _unnamed_items(sheet: Sheet) -> dict[int, Row]:
    """Rows with amounts but no known name, named by the form's order and the distance from named rows of their block.

    The last lines of all blocks, 总计, stand side by side.
    """
    if sheet.form is None:
        return {}
    shown = {cell.row for cell in sheet.table.cells if cell.reading.text.strip()}
    lines = _lines(sheet)
    found: dict[int, Row] = {}
    for block in range(len(sheet.form.blocks)):
        order = [i for i, item in enumerate(sheet.form.items) if item.block == block]
        anchors = {row: order.index(item) for row, item in sheet.items.items() if item in order}
        for row, printed in enumerate(sheet.table.rows):
            name = bare(printed.name.text)
            if printed.block != block or row in anchors or row not in shown or (name and name not in TOTALS):
                continue
            place = len(order) - 1 if _beside_total(sheet, row, found) else _place(row, anchors, lines)
            if place is not None and 0 <= place < len(order) and place not in anchors.values():
                item = sheet.form.items[order[place]]
                found[row] = replace(printed, name=replace(printed.name, text=item.name))
    return found


def _beside_total(sheet: Sheet, row: int, named: Mapping[int, Row]) -> bool:
    """Whether a row of another block on the same printed line is 总计."""
    rows, form = sheet.table.rows, sheet.form
    beside = [i for i, other in enumerate(rows) if other.line == rows[row].line and other.block != rows[row].block]
    items = [form.items[sheet.items[i]].name for i in beside if form is not None and i in sheet.items]
    return GRAND_TOTAL in [*items, *(bare(named[i].name.text) for i in beside if i in named)]


def _lines(sheet: Sheet) -> dict[int, int]:
    """For each row the number of its printed line: the 行次 of the first block where that is printed, else its place.

    Rows on lines without 行次 are left out where others have one: lines that a page break tore apart count for nothing.
    """
    numbered = {
        row.line: int(row.line_no.text)
        for row in sheet.table.rows
        if row.block == 0 and row.line_no.text.strip().isdigit()
    }
    rows = enumerate(sheet.table.rows)
    if not numbered:
        return {i: row.line for i, row in rows}
    return {i: numbered[row.line] for i, row in rows if row.line in numbered}


def _place(row: int, anchors: Mapping[int, int], lines: Mapping[int, int]) -> int | None:
    """The place in the form's order that a row has by its distance from the nearest named row."""
    known = {other: place for other, place in anchors.items() if other in lines}
    if not known or row not in lines:
        return None
    nearest = min(known, key=lambda other: (abs(lines[other] - lines[row]), other))
    return known[nearest] + lines[row] - lines[nearest]
