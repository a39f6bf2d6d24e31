"""A page taken apart: its grids with what is printed around them, and the lines outside of all grids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.document import Grid, Line, Page, Token
from models.geometry import Box, around
from worker.layout import heading
from worker.layout.captions import caption
from worker.layout.gridless import grids_of_tokens
from worker.layout.mending import mend
from worker.layout.parts import Part, PrintedLine, cell_text
from worker.layout.text import line_text, page_line, text_lines

FEWEST_CELLS = 3
MOSTLY = 0.5


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's parts and the lines outside of its grids, both from top to bottom."""

    page: Page
    lines: tuple[PrintedLine, ...]
    parts: tuple[Part, ...]

    @property
    def printed(self) -> tuple[Line, ...]:
        return tuple(page_line(line.tokens, self.page) for line in self.lines)


def take_apart(page: Page, before: Sequence[PrintedLine] = ()) -> Sheet:
    """The sheet of a page; `before`: the lines that close the page before, where a title may have been left behind."""
    ruled = [(grid, "") for grid in map(mend, _tables(page))]
    boxes = [grid.box for grid, _ in ruled]
    ruled += grids_of_tokens(_lines(page, [grid for grid, _ in ruled]), page, boxes)
    ruled.sort(key=lambda one: (one[0].box.y0, one[0].box.x0))
    lines = _lines(page, [grid for grid, _ in ruled])
    parts = []
    for index, (grid, doubt) in enumerate(ruled):
        top = max((other.box.y1 for other, _ in ruled[:index]), default=0.0)
        bottom = min((other.box.y0 for other, _ in ruled[index + 1 :]), default=page.height)
        above = [line for line in lines if top - 1 <= line.box.centre[1] <= grid.box.y0 + line.box.height / 2]
        below = [line for line in lines if grid.box.y1 < line.box.centre[1] + 1 <= bottom + 1]
        parts.append(_part(page, grid, above if index else [*before, *above], below, doubt))
    return Sheet(page, lines, tuple(parts))


def _part(page: Page, grid: Grid, above: Sequence[PrintedLine], below: Sequence[PrintedLine], doubt: str) -> Part:
    first = heading.caption_rows(grid)
    start = heading.header_end(grid, first)
    if start == first:
        first = start = _without_caption(grid, first)
    leaves = heading.leaves(grid, first, start)
    inside = [cell_text(cell) for row in range(first) for cell in heading.starting(grid, row)]
    said = caption(above, inside, below, new=any(leaf.path for leaf in leaves))
    return Part(page, grid, said, start, heading.data_end(grid, start), leaves, doubt)


def _without_caption(grid: Grid, first: int) -> int:
    """Rows above a missing header are data unless one of them names a table or a unit."""
    texts = [cell_text(cell) for row in range(first) for cell in heading.starting(grid, row)]
    return first if any("表" in text or "单位" in text for text in texts) else 0


def _tables(page: Page) -> list[Grid]:
    """The page's grids that hold a table, with every token inside them; frames and decorations are left out."""
    kept: list[Grid] = []
    for grid in sorted(page.grids, key=lambda g: -(g.box.width * g.box.height)):
        filled = sum(1 for cell in grid.cells if cell_text(cell))
        shape = grid.column_count > 1 and (filled >= FEWEST_CELLS or _has_figures(grid))
        if shape and not any(_inside(grid.box, other.box) for other in kept):
            kept.append(grid)
    return [_with_strays(grid, page.tokens) for grid in sorted(kept, key=lambda g: (g.box.y0, g.box.x0))]


def _has_figures(grid: Grid) -> bool:
    return any(char.isdigit() for cell in grid.cells for char in cell_text(cell))


def _inside(small: Box, large: Box) -> bool:
    return small.overlap(large) > MOSTLY * max(small.width * small.height, 1.0)


def _with_strays(grid: Grid, tokens: Sequence[Token]) -> Grid:
    """The grid with the tokens that stand inside it but were put into no cell, given to the nearest one."""
    placed = [token.box for cell in grid.cells for token in cell.tokens]
    strays = [
        token
        for token in tokens
        if token.text.strip() and _holds(grid.box, token.box) and not any(_inside(token.box, box) for box in placed)
    ]
    strays = [token for token in strays if sum(token.box.overlap(box) for box in placed) < MOSTLY * _area(token.box)]
    if not strays:
        return grid
    cells = list(grid.cells)
    for token in strays:
        x, y = token.box.centre
        home = min(
            range(len(cells)),
            key=lambda i: (
                max(cells[i].box.x0 - x, x - cells[i].box.x1, 0) + max(cells[i].box.y0 - y, y - cells[i].box.y1, 0)
            ),
        )
        cell = cells[home]
        tokens_there = tuple(t for line in text_lines((*cell.tokens, token)) for t in line)
        cells[home] = type(cell)(cell.row, cell.column, cell.row_span, cell.column_span, cell.box, tokens_there)
    return Grid(grid.box, grid.row_count, grid.column_count, tuple(cells))


def _area(box: Box) -> float:
    return box.width * box.height


def _holds(box: Box, other: Box) -> bool:
    x, y = other.centre
    return box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1


def _lines(page: Page, grids: Sequence[Grid]) -> tuple[PrintedLine, ...]:
    """The lines outside of the grids: a token belongs to a grid if a cell holds it or its middle lies inside."""
    held = {id(token) for grid in grids for cell in grid.cells for token in cell.tokens}
    outside = [
        token
        for token in page.tokens
        if token.text.strip() and id(token) not in held and not any(_holds(grid.box, token.box) for grid in grids)
    ]
    return tuple(
        PrintedLine(line_text(line), around(tuple(token.box for token in line)), line) for line in text_lines(outside)
    )
