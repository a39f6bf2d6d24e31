"""Pages with ruled tables, written as rows of texts: "<" joins a cell to its left neighbour, "^" to the one above."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.document import Glyph, Grid, GridCell, Origin, Page, Token
from models.geometry import Box

LEFT, TOP, WIDE, HIGH, CHAR = 40.0, 120.0, 60.0, 16.0, 7.0


def token(text: str, x1: float, y: float, *, left: bool = False) -> Token:
    """A token whose right edge (or left edge) is at `x1`, its middle at height `y`."""
    x0 = x1 if left else x1 - CHAR * len(text)
    glyphs = tuple(Glyph(char, 1.0, x0 + CHAR * i, x0 + CHAR * (i + 1)) for i, char in enumerate(text))
    return Token(text, Box(x0, y - 5, x0 + CHAR * len(text), y + 5), 1.0, glyphs)


def grid(rows: Sequence[Sequence[str]], top: float = TOP, widths: Sequence[float] = ()) -> Grid:
    """A grid at `top`; a cell's text stands at its right edge, over several lines where it holds line breaks."""
    widths = widths or [WIDE] * len(rows[0])
    edges = [LEFT]
    for width in widths:
        edges.append(edges[-1] + width)
    cells = []
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            if text in ("<", "^"):
                continue
            wide, high = 1, 1
            while c + wide < len(row) and row[c + wide] == "<":
                wide += 1
            while r + high < len(rows) and rows[r + high][c] == "^":
                high += 1
            box = Box(edges[c], top + r * HIGH, edges[c + wide], top + (r + high) * HIGH)
            cells.append(GridCell(r, c, high, wide, box, _tokens(text, box)))
    box = Box(LEFT, top, edges[-1], top + len(rows) * HIGH)
    return Grid(box, len(rows), len(rows[0]), tuple(cells))


def _tokens(text: str, box: Box) -> tuple[Token, ...]:
    lines = text.split("\n") if text else []
    step = box.height / max(len(lines), 1)
    return tuple(
        replace(token(line, box.x1 - 2, box.y0 + step * (i + 0.5))) for i, line in enumerate(lines) if line.strip()
    )


def page(number: int, *grids: Grid, above: Sequence[str] = (), below: Sequence[str] = (), width: float = 900) -> Page:
    """A page with lines of text above its first grid and below its last one."""
    tokens = [t for one in grids for cell in one.cells for t in cell.tokens]
    top = grids[0].box.y0 if grids else TOP
    tokens += [token(text, 200, top - 14 * (len(above) - i), left=True) for i, text in enumerate(above)]
    bottom = grids[-1].box.y1 if grids else TOP
    tokens += [token(text, 60, bottom + 14 * (i + 1), left=True) for i, text in enumerate(below)]
    return Page(number, width, 800, Origin.SCAN, tuple(tokens), tuple(grids))
