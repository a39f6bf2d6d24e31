"""The values the layout step works with: a ruled grid with its surroundings, and what its columns are."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from models.document import Column, Grid, GridCell, Page, Token
from models.forms import Form
from models.geometry import Box
from worker.core.headers import Leaf, Role


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line outside the grids: its tokens and text, and its box on the straightened page."""

    text: str
    box: Box
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Caption:
    """What is printed around a grid: title, number (公开02), unit, and whether the table goes on or is empty."""

    title: str = ""
    mark: str = ""
    unit: str = ""
    continued: bool = False
    empty_note: bool = False
    ended: bool = False
    titled: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A grid on its page: `header_rows` rows of header, rows of data down to `end_row`, one leaf for each column."""

    page: Page
    grid: Grid
    caption: Caption
    header_rows: int
    end_row: int
    leaves: tuple[Leaf, ...]
    doubt: str = ""

    @property
    def has_header(self) -> bool:
        return any(leaf.path for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class Source:
    """What a printed column gives: its role, its block, and for data the index of the table's column."""

    role: Role | None
    block: int = 0
    column: int | None = None
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the printed columns of a grid become those of a table; `spans`: their extents as shares of its width."""

    form: Form | None
    columns: tuple[Column, ...]
    sources: tuple[Source, ...]
    spans: tuple[tuple[float, float], ...]
    doubts: tuple[str, ...] = ()


def column_boxes(grid: Grid) -> tuple[tuple[float, float], ...]:
    """Left and right edge of each column of a grid, in points."""
    lefts: list[float | None] = [None] * (grid.column_count + 1)
    for cell in grid.cells:
        for index, x in ((cell.column, cell.box.x0), (cell.column + cell.column_span, cell.box.x1)):
            if lefts[index] is None or cell.column_span == 1:
                lefts[index] = x
    return _extents(lefts, grid.box.x0, grid.box.x1)


def row_boxes(grid: Grid) -> tuple[tuple[float, float], ...]:
    """Upper and lower edge of each row of a grid, in points."""
    tops: list[float | None] = [None] * (grid.row_count + 1)
    for cell in grid.cells:
        for index, y in ((cell.row, cell.box.y0), (cell.row + cell.row_span, cell.box.y1)):
            if tops[index] is None or cell.row_span == 1:
                tops[index] = y
    return _extents(tops, grid.box.y0, grid.box.y1)


def _extents(edges: list[float | None], start: float, end: float) -> tuple[tuple[float, float], ...]:
    """Edges to (start, end) pairs; an edge no cell shows lies midway between its neighbours."""
    known = [start if edges[0] is None else edges[0]]
    for index in range(1, len(edges)):
        edge = edges[index]
        if edge is None:
            later = next((e for e in edges[index:] if e is not None), end)
            edge = (known[-1] + later) / 2
        known.append(max(edge, known[-1]))
    return tuple(itertools.pairwise(known))


def spans_of(grid: Grid) -> tuple[tuple[float, float], ...]:
    """The extents of the columns as shares of the grid's width."""
    boxes = column_boxes(grid)
    left, width = grid.box.x0, max(grid.box.width, 1.0)
    return tuple(((x0 - left) / width, (x1 - left) / width) for x0, x1 in boxes)


def covering(grid: Grid) -> dict[tuple[int, int], GridCell]:
    """The cell that covers each (row, column)."""
    return {
        (row, column): cell
        for cell in grid.cells
        for row in range(cell.row, cell.row + cell.row_span)
        for column in range(cell.column, cell.column + cell.column_span)
    }


def cell_text(cell: GridCell) -> str:
    """The text of a cell without any space."""
    return "".join("".join(token.text.split()) for token in cell.tokens)
