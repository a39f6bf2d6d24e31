"""The lines of a table while people put them right: rows with their cells by column, moved, joined and parted.

A cell takes its id along when it moves: what was said about a figure stays with the figure. What would push a printed
figure out of the table, or onto another one, does not fit and raises `UnfitError`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.document import Cell, Reading, Row, Table
from models.geometry import around


class UnfitError(Exception):
    """What was asked for does not fit the table as it stands."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row and its cells by column; `tags` name the rows as read that it is made of."""

    row: Row
    cells: Mapping[int, Cell]
    tags: frozenset[int]

    @property
    def page(self) -> int:
        """The page it is printed on; 0 if it shows nothing that says so."""
        readings = (*(cell.reading for cell in self.cells.values()), self.row.name, self.row.code)
        return next((one.page for one in readings if one.page), 0)

    def cell(self, column: int) -> Cell:
        """The cell under a column; raises UnfitError if the row has none there."""
        if column not in self.cells:
            raise UnfitError(f"column {column} is not one of the row's block")
        return self.cells[column]


Lines = tuple[Line, ...]


def taken_apart(table: Table) -> Lines:
    """The lines of a table in its order."""
    cells: list[dict[int, Cell]] = [{} for _ in table.rows]
    for cell in table.cells:
        cells[cell.row][cell.column] = cell
    return tuple(Line(row, cells[i], frozenset((i,))) for i, row in enumerate(table.rows))


def put_together(table: Table, lines: Lines) -> Table:
    """The table with these lines, its cells numbered row by row."""
    cells = tuple(
        _standing(line.cells[column], i, column) for i, line in enumerate(lines) for column in sorted(line.cells)
    )
    return replace(table, rows=tuple(line.row for line in lines), cells=cells)


def _standing(cell: Cell, row: int, column: int) -> Cell:
    return cell if (cell.row, cell.column) == (row, column) else replace(cell, row=row, column=column)


def index_of(lines: Lines, cell_id: str) -> int:
    """The line that a cell stands in; raises UnfitError where there is none."""
    for i, line in enumerate(lines):
        if any(cell.cell_id == cell_id for cell in line.cells.values()):
            return i
    raise UnfitError(f"no cell {cell_id}")


def blocked(lines: Lines, block: int, first: str = "", last: str = "") -> list[int]:
    """The lines of a block in order, from that of one cell to that of another, both included; "" is the end."""
    own = [i for i, line in enumerate(lines) if line.row.block == block]
    bounds = [index_of(lines, cell_id) if cell_id else None for cell_id in (first, last)]
    if any(bound is not None and bound not in own for bound in bounds):
        raise UnfitError("the rows stand in different blocks")
    begin, end = (own.index(bound) if bound is not None else None for bound in bounds)
    found = own[begin : None if end is None else end + 1]
    if not found:
        raise UnfitError("the last row stands before the first")
    return found


def shifted_row(lines: Lines, at: int, by: int, first: int | None) -> Lines:
    """The amounts of a row, from a column on (None: all), `by` columns to the right, or to the left if negative."""
    own = sorted(lines[at].cells)
    if first is not None and first not in own:
        raise UnfitError(f"column {first} is not one of the row's block")
    start = own.index(first) if first is not None else max(0, -by)
    if start + min(by, 0) < 0:
        raise UnfitError("out of range")
    window = own[start + min(by, 0) :]
    moved = _turned([lines[at].cells[column] for column in window], by)
    return _with_cells(lines, {(at, column): cell for column, cell in zip(window, moved, strict=True)})


def shifted_column(lines: Lines, column: int, rows: Sequence[int], by: int) -> Lines:
    """The amounts of a column in these rows of a block `by` rows down, or up if negative, over blank cells."""
    own = blocked(lines, lines[rows[0]].row.block)
    begin, end = own.index(rows[0]) + min(by, 0), own.index(rows[-1]) + 1
    if begin < 0:
        raise UnfitError("there are not so many rows above")
    window = own[begin:end]
    moved = _turned([lines[i].cell(column) for i in window], by)
    return _with_cells(lines, {(i, column): cell for i, cell in zip(window, moved, strict=True)})


def swapped_columns(lines: Lines, one: int, other: int, rows: Iterable[int]) -> Lines:
    """What two columns of a block print in these rows, exchanged."""
    new = {}
    for i in rows:
        new[i, one], new[i, other] = lines[i].cell(other), lines[i].cell(one)
    return _with_cells(lines, new)


def moved_row(lines: Lines, at: int, before: int | None) -> Lines:
    """A row moved before another of its block, or to the block's end; the rows between move up or down by one."""
    slots = blocked(lines, lines[at].row.block)
    if before is not None and before not in slots:
        raise UnfitError("the rows stand in different blocks")
    order = [i for i in slots if i != at]
    order.insert(order.index(before) if before is not None and before != at else len(order), at)
    if order == slots or before == at:
        raise UnfitError("the row stands there")
    new = list(lines)
    for slot, i in zip(slots, order, strict=True):
        new[slot] = replace(lines[i], row=replace(lines[i].row, line=lines[slot].row.line))
    return tuple(new)


def with_row(lines: Lines, at: int, after: bool, number: int, texts: Mapping[str, str]) -> Lines:
    """A blank row with these labels beside another; its cells are named after the decision's `number`."""
    near = lines[at]
    line, page = near.row.line + after, near.page
    taken = {one.row.line for one in lines if one.row.block == near.row.block}
    known = {one.row.line for one in lines}
    if not after and line - 1 in known - taken:
        line -= 1
    elif line in taken or line not in known:
        lines = tuple(_down(one) if one.row.line >= line else one for one in lines)
    labels = {field: Reading(text, page) for field, text in texts.items()}
    cells = {column: Cell(f"d{number}-c{column + 1}", 0, column, Reading("", page)) for column in near.cells}
    new = Line(Row(line, near.row.block, **labels), cells, frozenset((-number,)))
    return (*lines[: at + after], new, *lines[at + after :])


def _down(line: Line) -> Line:
    return replace(line, row=replace(line.row, line=line.row.line + 1))


def without_row(lines: Lines, at: int) -> Lines:
    """The lines without one; the last row of a block stays."""
    if len(blocked(lines, lines[at].row.block)) == 1:
        raise UnfitError("the only row of its block")
    return (*lines[:at], *lines[at + 1 :])


def merged_rows(lines: Lines, rows: Sequence[int]) -> Lines:
    """Rows of a block that stand below each other as one: the first, with the texts of all."""
    slots = blocked(lines, lines[rows[0]].row.block)
    first = slots.index(rows[0])
    if len(rows) < 2 or slots[first : first + len(rows)] != list(rows):  # noqa: PLR2004  # one row is no row more
        raise UnfitError("the rows do not stand below each other")
    parts = [lines[i] for i in rows]
    row = replace(
        parts[0].row,
        line_no=_joined([one.row.line_no for one in parts]),
        code=_joined([one.row.code for one in parts]),
        name=_joined([one.row.name for one in parts]),
    )
    cells = {column: _joined_cells([one.cell(column) for one in parts]) for column in parts[0].cells}
    merged = Line(row, cells, frozenset().union(*(one.tags for one in parts)))
    return tuple(merged if i == rows[0] else line for i, line in enumerate(lines) if i not in rows[1:])


def split_cell(lines: Lines, cell_id: str, at: int, below: bool) -> Lines:
    """The text of a cell from a character on goes to the blank cell at its right, or below it."""
    i = index_of(lines, cell_id)
    column, cell = next((c, one) for c, one in lines[i].cells.items() if one.cell_id == cell_id)
    own = sorted(lines[i].cells)
    slots = blocked(lines, lines[i].row.block)
    order: Sequence[tuple[int, int]] = [(row, column) for row in slots] if below else [(i, c) for c in own]
    place = order.index((i, column)) + 1
    if place >= len(order):
        raise UnfitError("there is no cell beside it")
    row, to = order[place]
    target = lines[row].cell(to)
    parts = _parted(cell.reading, at)
    if target.reading.text.strip():
        raise UnfitError("the cell beside it is not blank")
    new = {
        (i, column): replace(cell, reading=parts[0], doubt=""),
        (row, to): replace(target, reading=parts[1], doubt=""),
    }
    return _with_cells(lines, new)


def _with_cells(lines: Lines, new: Mapping[tuple[int, int], Cell]) -> Lines:
    rows: dict[int, dict[int, Cell]] = {}
    for (i, column), cell in new.items():
        rows.setdefault(i, {})[column] = cell
    return tuple(replace(line, cells={**line.cells, **rows[i]}) if i in rows else line for i, line in enumerate(lines))


def _turned(cells: Sequence[Cell], by: int) -> list[Cell]:
    """Cells of a row or column moved along it; only blank ones come round to the other end."""
    if not 0 < abs(by) < len(cells):
        raise UnfitError("out of range")
    round_ = cells[-by:] if by > 0 else cells[:-by]
    if any(cell.reading.text.strip() for cell in round_):
        raise UnfitError("an amount would be lost")
    turned = [*cells[-by:], *cells[:-by]]
    return [replace(cell, doubt="") if cell.reading.text.strip() else cell for cell in turned]


def _joined(readings: Sequence[Reading]) -> Reading:
    """The texts of several places as one."""
    shown = [one for one in readings if one.text.strip()]
    if len(shown) < 2:  # noqa: PLR2004  # nothing to join
        return (shown or list(readings))[0]
    boxes = [one.box for one in shown if one.box is not None]
    spelt = all(one.glyphs for one in shown)
    return Reading(
        text="".join(one.text for one in shown),
        page=shown[0].page,
        box=around(boxes) if boxes and len({one.page for one in shown}) == 1 else shown[0].box,
        glyphs=tuple(glyph for one in shown for glyph in one.glyphs) if spelt else (),
        probability=min(one.probability for one in shown),
    )


def _joined_cells(cells: Sequence[Cell]) -> Cell:
    first = next((cell for cell in cells if cell.reading.text.strip()), cells[0])
    several = sum(bool(cell.reading.text.strip()) for cell in cells) > 1
    return replace(first, reading=_joined([cell.reading for cell in cells]), doubt="" if several else first.doubt)


def _parted(reading: Reading, at: int) -> tuple[Reading, Reading]:
    """A reading cut before a character; both parts keep its box, since it does not say where the cut lies."""
    left, right = reading.text[:at], reading.text[at:]
    if not left.strip() or not right.strip() or at < 0:
        raise UnfitError("nothing stands at one side of the cut")
    spelt = "".join(glyph.char for glyph in reading.glyphs) == reading.text
    return _piece(reading, left, slice(at), spelt), _piece(reading, right, slice(at, None), spelt)


def _piece(reading: Reading, text: str, where: slice, spelt: bool) -> Reading:
    glyphs = reading.glyphs[where] if spelt else ()
    probability = min((glyph.probability for glyph in glyphs), default=reading.probability)
    return replace(reading, text=text.strip(), glyphs=glyphs, probability=probability, again=())
