"""Repairs of a grid by its tokens: lost and spurious rules show in how figures stand in the cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from models.document import Grid, GridCell, Token
from models.geometry import Box, around
from worker.layout.parts import cell_text, column_boxes
from worker.layout.text import is_numeric, text_lines

SLIVER = 3.5
FEWEST_PAIRS = 3
HALF = 0.5
WHITE = 2.0
TWO = 2

_ORDINAL = re.compile(r"[一二三四五六七八九十]{1,3}、")
SAME_BASELINE = 0.6


def mend(grid: Grid) -> Grid:
    """The grid without empty slivers, with fused rows and fused columns parted."""
    return _part_columns(_part_rows(_without_slivers(grid)))


def _without_slivers(grid: Grid) -> Grid:
    """Rows and columns too thin for text and without any are double rules: they go to their neighbours."""
    for column, (x0, x1) in reversed(list(enumerate(column_boxes(grid)))):
        if (
            x1 - x0 < SLIVER
            and grid.column_count > 1
            and not any(_starts(c, column) and cell_text(c) for c in grid.cells)
        ):
            grid = _drop_column(grid, column)
    return grid


def _starts(cell: GridCell, column: int) -> bool:
    return cell.column == column and cell.column_span == 1


def _drop_column(grid: Grid, column: int) -> Grid:
    cells = []
    for cell in grid.cells:
        if _starts(cell, column):
            continue
        inside = cell.column <= column < cell.column + cell.column_span
        start = cell.column - (cell.column > column)
        cells.append(replace(cell, column=start, column_span=cell.column_span - inside))
    return Grid(grid.box, grid.row_count, grid.column_count - 1, tuple(cells))


def _part_rows(grid: Grid) -> Grid:
    """Parts rows in which figures and other cells stand on the same two or more lines."""
    for row in range(grid.row_count - 1, -1, -1):
        cells = [c for c in grid.cells if c.row == row and c.row_span == 1]
        cuts = _row_cuts(cells)
        if cuts:
            grid = _cut(grid, row, cuts, _Rows)
    return grid


def _row_cuts(cells: Sequence[GridCell]) -> list[float]:
    """Heights at which a row has to be parted: between the lines that two cells share, one of them of figures only.

    A cell in which several lines begin with an ordinal (十五、 十六、) tells as much.
    """
    lines = {i: text_lines(cell.tokens) for i, cell in enumerate(cells) if cell_text(cell)}
    numeric = [i for i in lines if all(is_numeric(token.text) for token in cells[i].tokens)]
    count = max((len(lines[i]) for i in numeric), default=0)
    if count < TWO:
        return _ordinal_cuts(list(lines.values())) if count == 0 else []
    model = next(lines[i] for i in numeric if len(lines[i]) == count)
    alike = [i for i in lines if len(lines[i]) == count and _same_heights(lines[i], model)]
    if len(alike) < TWO or not any(i in numeric for i in alike):
        return []
    boxes = [around([token.box for i in alike for token in lines[i][place]]) for place in range(count)]
    return [(above.y1 + below.y0) / 2 for above, below in pairwise(boxes)]


def _ordinal_cuts(cells: Sequence[Sequence[tuple[Token, ...]]]) -> list[float]:
    """Heights above the lines that begin with an ordinal, where a cell has two or more of them."""
    for lines in cells:
        firsts = [place for place, line in enumerate(lines) if _ORDINAL.match(line[0].text.strip())]
        if len(firsts) >= TWO and firsts[0] == 0:
            return [(lines[i - 1][0].box.y1 + lines[i][0].box.y0) / 2 for i in firsts[1:]]
    return []


def _same_heights(one: Sequence[tuple[Token, ...]], other: Sequence[tuple[Token, ...]]) -> bool:
    return all(
        abs(a[0].box.centre[1] - b[0].box.centre[1]) < SAME_BASELINE * min(a[0].box.height, b[0].box.height)
        for a, b in zip(one, other, strict=True)
    )


def _part_columns(grid: Grid) -> Grid:
    """Parts columns through which a white gap runs with text on both sides of it in several rows, header included."""
    for column in range(grid.column_count - 1, -1, -1):
        cells = [c for c in grid.cells if c.column == column and c.column_span == 1]
        cuts = _column_cuts([text_lines(cell.tokens) for cell in cells if cell_text(cell)])
        if cuts:
            grid = _cut(grid, column, cuts, _Columns)
    return grid


def _column_cuts(cells: Sequence[Sequence[tuple[Token, ...]]]) -> list[float]:
    """Places of the gaps that part a column: no text of it crosses them, and rows enough have text on both sides."""
    tokens = [token for lines in cells for line in lines for token in line]
    strips: list[tuple[float, float]] = []
    for token in sorted(tokens, key=lambda t: t.box.x0):
        if strips and token.box.x0 - strips[-1][1] < WHITE:
            strips[-1] = (strips[-1][0], max(strips[-1][1], token.box.x1))
        else:
            strips.append((token.box.x0, token.box.x1))
    cuts: list[float] = []
    for left, right in pairwise(strips):
        cut = (left[1] + right[0]) / 2
        both = sum(1 for lines in cells if any(line[0].box.x1 < cut < line[-1].box.x0 for line in lines))
        if both >= FEWEST_PAIRS and both >= HALF * len(cells):
            cuts.append(cut)
    return cuts


class _Rows:
    """How cells are cut at heights."""

    @staticmethod
    def place(cell: GridCell) -> tuple[int, int]:
        return cell.row, cell.row_span

    @staticmethod
    def moved(cell: GridCell, start: int, span: int) -> GridCell:
        return replace(cell, row=start, row_span=span)

    @staticmethod
    def piece(cell: GridCell, start: int, low: float, high: float) -> GridCell:
        box = Box(cell.box.x0, low, cell.box.x1, high)
        return replace(cell, row=start, box=box, tokens=_within(cell.tokens, lambda t: t.box.centre[1], low, high))

    @staticmethod
    def extent(cell: GridCell) -> tuple[float, float]:
        return cell.box.y0, cell.box.y1


class _Columns:
    """How cells are cut at places across the page."""

    @staticmethod
    def place(cell: GridCell) -> tuple[int, int]:
        return cell.column, cell.column_span

    @staticmethod
    def moved(cell: GridCell, start: int, span: int) -> GridCell:
        return replace(cell, column=start, column_span=span)

    @staticmethod
    def piece(cell: GridCell, start: int, low: float, high: float) -> GridCell:
        box = Box(low, cell.box.y0, high, cell.box.y1)
        return replace(cell, column=start, box=box, tokens=_within(cell.tokens, lambda t: t.box.centre[0], low, high))

    @staticmethod
    def extent(cell: GridCell) -> tuple[float, float]:
        return cell.box.x0, cell.box.x1


def _within(tokens: Iterable[Token], middle: Callable[[Token], float], low: float, high: float) -> tuple[Token, ...]:
    return tuple(token for token in tokens if low <= middle(token) < high)


def _cut(grid: Grid, index: int, cuts: Sequence[float], way: type[_Rows] | type[_Columns]) -> Grid:
    """The grid with one row or column cut in several; cells that run over it grow by what is added."""
    added = len(cuts)
    cells: list[GridCell] = []
    for cell in grid.cells:
        start, span = way.place(cell)
        if start == index and span == 1:
            low, high = way.extent(cell)
            edges = [min(low, cuts[0]) - 1e6, *cuts, max(high, cuts[-1]) + 1e6]
            shown = [low, *cuts, high]
            for place, (a, b) in enumerate(pairwise(edges)):
                piece = way.piece(cell, start + place, a, b)
                box = way.piece(cell, start + place, *sorted((shown[place], shown[place + 1]))).box
                cells.append(replace(piece, box=box))
        elif start <= index < start + span:
            cells.append(way.moved(cell, start, span + added))
        else:
            cells.append(way.moved(cell, start + added * (start > index), span))
    rows = grid.row_count + (added if way is _Rows else 0)
    columns = grid.column_count + (added if way is _Columns else 0)
    return Grid(grid.box, rows, columns, tuple(cells))
