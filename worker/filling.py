"""Tokens into the cells of a grid, by geometry alone."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from models.document import Grid, Token
from models.geometry import Box

LETTER = 12.0  # points: boxes higher than that hold more than a line
STICKS_OUT = 0.8  # of its height a token must reach into a further cell to be cut there
NEARBY = 1.6  # glyph widths from a rule within which the widest gap is where a token is cut
UNSURE = 0.25  # of its area a token must have outside its best cell to be open to another
AMOUNT = re.compile(r"[-+−－(（]?[\d０-９][\d０-９.,，．。:;·]*[)）%％]?")


def filled(grid: Grid, tokens: Sequence[Token]) -> Grid:
    """The grid with every token of its area in the cell it belongs to.

    A token over several columns is cut at the rules between them; one over two rows goes where it overlaps most, unless
    an amount already stands there and the other row has none in that column. In a cell: by line, then left to right.
    """
    places = _Places(grid)
    parts = [part for token in tokens if grid.box.overlap(token.box) > 0 for part in _cut(token, places)]
    content: dict[int, list[Token]] = defaultdict(list)
    unsure: list[tuple[Token, list[tuple[float, int]]]] = []
    for part in parts:
        choice = places.shares(part.box)
        if not choice:
            continue
        if len(choice) > 1 and choice[1][0] >= UNSURE:
            unsure.append((part, choice))
        else:
            content[choice[0][1]].append(part)
    _settle(unsure, content)
    cells = tuple(replace(cell, tokens=in_reading_order(content.get(i, ()))) for i, cell in enumerate(grid.cells))
    return replace(grid, cells=cells)


class _Places:
    """Where the cells of a grid lie."""

    def __init__(self, grid: Grid) -> None:
        sides = [(cell.box.x0, cell.box.y0, cell.box.x1, cell.box.y1) for cell in grid.cells]
        self._left, self._top, self._right, self._bottom = np.array(sides, dtype=np.float64).reshape(-1, 4).T

    def shares(self, box: Box) -> list[tuple[float, int]]:
        """The cells a box lies in, the largest share of its area first."""
        wide = np.minimum(self._right, box.x1) - np.maximum(self._left, box.x0)
        high = np.minimum(self._bottom, box.y1) - np.maximum(self._top, box.y0)
        shared = np.where((wide > 0) & (high > 0), wide * high, 0.0) / max(box.width * box.height, 1e-6)
        return sorted(((float(shared[i]), int(i)) for i in np.flatnonzero(shared)), key=lambda p: (-p[0], p[1]))

    def edges(self, box: Box) -> list[float]:
        """The rules that part the cells through which a line at half the height of the box runs, left to right."""
        middle = (box.y0 + box.y1) / 2
        row = (self._top <= middle) & (middle < self._bottom) & (self._left < box.x1) & (self._right > box.x0)
        return sorted(self._right[row].tolist())[:-1]


def _settle(unsure: Iterable[tuple[Token, list[tuple[float, int]]]], content: dict[int, list[Token]]) -> None:
    """Tokens over two rows, top to bottom, each in its best cell that has no amount yet."""
    for token, choice in sorted(unsure, key=lambda pair: (pair[0].box.y0, pair[0].box.x0)):
        open_cells = [i for share, i in choice if share >= UNSURE and not _has_amount(content.get(i, ()))]
        place = open_cells[0] if open_cells and is_amount(token.text) else choice[0][1]
        content[place].append(token)


def is_amount(text: str) -> bool:
    """Whether a text is nothing but a number, as printed in accounts."""
    return AMOUNT.fullmatch(text.replace(" ", "")) is not None


def _has_amount(tokens: Iterable[Token]) -> bool:
    return any(is_amount(token.text) for token in tokens)


def _cut(token: Token, places: _Places) -> list[Token]:
    """The token in pieces, cut at each rule of its row that it clearly crosses."""
    reach = STICKS_OUT * min(token.box.height, LETTER)
    edges = [edge for edge in places.edges(token.box) if token.box.x0 + reach < edge < token.box.x1 - reach]
    if not edges or len(token.text) < 2:  # noqa: PLR2004  # one character cannot be cut
        return [token]
    extents = _extents(token)
    cuts = sorted({cut for edge in edges if (cut := _cut_at(extents, edge)) is not None})
    if not cuts:
        return [token]
    bounds = [0, *cuts, len(token.text)]
    pieces = [_piece(token, extents, a, b) for a, b in itertools.pairwise(bounds)]
    return [piece for piece in pieces if piece.text]


@dataclass(frozen=True, slots=True)
class _Extent:
    x0: float
    x1: float


def _extents(token: Token) -> list[_Extent]:
    """Horizontal extent of every character: from its glyphs, else full-width ones twice as wide as the others."""
    if len(token.glyphs) == len(token.text):
        return [_Extent(glyph.x0, glyph.x1) for glyph in token.glyphs]
    widths = [2.0 if ord(char) > 0x2E7F else 1.0 for char in token.text]  # noqa: PLR2004  # first CJK block
    unit = token.box.width / sum(widths)
    extents, left = [], token.box.x0
    for width in widths:
        extents.append(_Extent(left, left + width * unit))
        left += width * unit
    return extents


def _cut_at(extents: Sequence[_Extent], edge: float) -> int | None:
    """Index of the character before which to cut: the widest gap near the rule; None at either end of the token.

    Glyph extents from a recogniser are good to about half a character, so the gap between two columns tells better
    than the rule itself.
    """
    middles = [(e.x0 + e.x1) / 2 for e in extents]
    width = (extents[-1].x1 - extents[0].x0) / len(extents)
    places = [
        (abs((extents[i - 1].x1 + extents[i].x0) / 2 - edge) - 1.5 * max(0.0, extents[i].x0 - extents[i - 1].x1), i)
        for i in range(1, len(extents))
        if middles[i - 1] - NEARBY * width < edge < middles[i] + NEARBY * width
    ]
    return min(places)[1] if places else None


def _piece(token: Token, extents: Sequence[_Extent], first: int, last: int) -> Token:
    """The characters from `first` to before `last`, without blanks at the ends."""
    text = token.text[first:last]
    first += len(text) - len(text.lstrip())
    text = text.strip()
    last = first + len(text)
    if not text:
        return replace(token, text="", glyphs=())
    glyphs = token.glyphs[first:last] if len(token.glyphs) == len(token.text) else ()
    box = Box(
        max(token.box.x0, extents[first].x0), token.box.y0, max(extents[last - 1].x1, extents[first].x0), token.box.y1
    )
    probability = min((glyph.probability for glyph in glyphs), default=token.probability)
    return Token(text, box, probability, glyphs)


def in_reading_order(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """Tokens by printed line, then left to right; those whose middles are within half their height share a line."""
    lines: list[list[Token]] = []
    for token in sorted(tokens, key=lambda t: (t.box.y0 + t.box.y1, t.box.x0)):
        middle = (token.box.y0 + token.box.y1) / 2
        if lines:
            last = lines[-1]
            beside = sum((t.box.y0 + t.box.y1) / 2 for t in last) / len(last)
            if middle - beside <= 0.5 * min(token.box.height, *(t.box.height for t in last)):
                last.append(token)
                continue
        lines.append([token])
    return tuple(token for line in lines for token in sorted(line, key=lambda t: t.box.x0))
