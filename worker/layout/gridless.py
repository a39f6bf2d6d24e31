"""Grids for tables whose rules are lost or were never printed, built from where the tokens stand.

Rows are the lines of text. Columns are the strips that text fills in the rows of data, parted by the white between them
(the recursive X-Y cut of Nagy and Seth, one cut in each direction).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from models.document import Grid, GridCell, Page, Token
from models.geometry import Box, around
from worker.layout.captions import is_form_title
from worker.layout.heading import holds_data, is_anchor
from worker.layout.parts import PrintedLine
from worker.layout.text import has_words, is_numeric

DOUBT = "no rules found: the cell is where its text stands"
FEWEST_ROWS = 4
FEWEST_FIGURES = 2
HEADER_LINES = 10
WHITE = 2.0
_FUSED = re.compile(r"([-(]?\d[\d,]*(?:\.\d+)?\)?)(?=[\u4e00-\u9fff])")
GAP = 0.25
BESIDE = 0.2
_TOTALS = ("合计", "总计")  # printed over codes and names together
_UPPER = ("栏次", "项目")


def grids_of_tokens(lines: Sequence[PrintedLine], page: Page, bottoms: Sequence[Box]) -> list[tuple[Grid, str]]:
    """Grids for titled forms without one below, and for a page of figures without any; `bottoms`: the grids there are.

    Each comes with the doubt to be put on its cells.
    """
    lines = [replace(line, tokens=tuple(piece for token in line.tokens for piece in parted(token))) for line in lines]
    titles = [i for i, line in enumerate(lines) if is_form_title(line.text)]
    found = []
    for place, index in enumerate(titles):
        last = titles[place + 1] if place + 1 < len(titles) else len(lines)
        ruled = [box.y0 for box in bottoms if box.y0 > lines[index].box.y0]
        body = [line for line in lines[index + 1 : last] if line.box.y1 < min(ruled, default=page.height)]
        if not ruled or (last < len(lines) and min(ruled) > lines[last].box.y0):
            found += _grid(body, headed=True)
    if not titles and not bottoms:
        found += _grid(list(lines), headed=True) or _grid(list(lines), headed=False)
    return [(grid, DOUBT) for grid in found]


def parted(token: Token) -> tuple[Token, ...]:
    """The token, or its amount and the words right behind it where a layer runs two columns together."""
    found = _FUSED.match(token.text)
    if not found or len(token.glyphs) != len(token.text):
        return (token,)
    cut = found.end(1)
    if token.glyphs[cut].x0 - token.glyphs[cut - 1].x1 < GAP * token.box.height:
        return (token,)
    return tuple(
        replace(
            token,
            text=token.text[part],
            box=replace(token.box, x0=token.glyphs[part][0].x0, x1=token.glyphs[part][-1].x1),
            glyphs=token.glyphs[part],
        )
        for part in (slice(0, cut), slice(cut, None))
    )


def _figures(line: PrintedLine) -> int:
    """How many tokens of a line are amounts: figures with a point or a comma."""
    plain = (unicodedata.normalize("NFKC", token.text) for token in line.tokens)
    return sum(1 for text in plain if is_numeric(text) and ("." in text or "," in text))


def _grid(lines: Sequence[PrintedLine], *, headed: bool) -> list[Grid]:
    """The grid of a run of lines, or none if they do not look like a table."""
    lines = _rejoined(lines)
    texts = [["".join(token.text.split()) for token in line.tokens] for line in lines]
    start = next((i for i, words in enumerate(texts) if is_anchor(words)), None) if headed else 0
    if start is None or start > HEADER_LINES:
        return []
    data = [i for i in range(start, len(lines)) if holds_data(texts[i])]
    rows = [
        i for i in data if _figures(lines[i]) >= (1 if headed else FEWEST_FIGURES) or (headed and _is_row(lines[i]))
    ]
    if len(rows) < (1 if headed else FEWEST_ROWS):
        return []
    first = data[0] if headed else rows[0]
    body = [line for line in lines[first : rows[-1] + 1] if not _is_prose(line)]
    head = list(lines[start:first]) if headed else []
    strips = _strips(body, head)
    return [_filled(strips, [*head, *body])] if len(strips) > 1 else []


def _rejoined(lines: Sequence[PrintedLine]) -> list[PrintedLine]:
    """The lines, those of a name over two lines that stand beside the figures of its row put to them."""
    joined = list(lines)
    for line in lines:
        if any(not has_words(token.text) for token in line.tokens):
            continue
        for place, row in enumerate(joined):
            if row is not line and _is_beside(line, row):
                joined[place] = replace(row, tokens=(*row.tokens, *line.tokens), box=around([row.box, line.box]))
                joined.remove(line)
                break
    return joined


def _is_beside(line: PrintedLine, row: PrintedLine) -> bool:
    """Whether a line of words reaches into the height of a row's amounts where the row has no words of its own."""
    amounts = [token.box for token in row.tokens if is_numeric(token.text) and "." in token.text]
    if not amounts:
        return False
    deep = min(line.box.y1, amounts[0].y1) - max(line.box.y0, amounts[0].y0)
    free = all(_apart(one, token) for one in row.tokens for token in line.tokens)
    return deep > BESIDE * amounts[0].height and free


def _apart(one: Token, other: Token) -> bool:
    """Whether two tokens stand beside each other, or are two lines of one name."""
    if one.box.x1 < other.box.x0 or one.box.x0 > other.box.x1:
        return True
    return has_words(one.text) and one.box.overlap(other.box) == 0


def _is_row(line: PrintedLine) -> bool:
    """Whether a line without amounts is a row all the same: a name and numbers beside it, noughts without decimals."""
    numbers = sum(1 for token in line.tokens if is_numeric(token.text))
    return numbers > 1 and any(has_words(token.text) for token in line.tokens)


def _is_prose(line: PrintedLine) -> bool:
    return any(has_words(token.text) and any(c in token.text for c in "。，；") for token in line.tokens)


def _strips(body: Sequence[PrintedLine], head: Sequence[PrintedLine]) -> list[tuple[float, float]]:
    """Extents of the columns: what the text of the data fills, widened by the header words over one column alone.

    Header words that stand over white, without others that show to which column they belong, make columns of their own.
    """
    over = _TOTALS if _is_named(head) else ()
    tokens = [token for line in body for token in line.tokens if "".join(token.text.split()) not in over]
    strips = _union([(token.box.x0, token.box.x1) for token in tokens])
    words = _leaf_words(head)
    for above in (True, False):
        for word in words:
            under = [i for i, strip in enumerate(strips) if _meet(word, strip)]
            if above and len(under) == 1:
                strips[under[0]] = _widened(strips, under[0], word)
            elif not above and not under:
                strips = sorted([*strips, word])
    return _paired(strips, body, words)


def _paired(
    strips: Sequence[tuple[float, float]], body: Sequence[PrintedLine], words: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """The strips, those of data under no word put together with the word beside them that stands over no data."""
    figures = [(token.box.x0, token.box.x1) for line in body for token in line.tokens]
    kept = [strips[0]] if strips else []
    for strip in strips[1:]:
        last = kept[-1]
        sides = [
            (any(_meet(strip, f) for f in figures), any(_meet(strip, w) for w in words)) for strip in (last, strip)
        ]
        if sorted(sides) == [(False, True), (True, False)]:
            kept[-1] = (last[0], strip[1])
        else:
            kept.append(strip)
    return kept


def _is_named(head: Sequence[PrintedLine]) -> bool:
    """Whether the header tells names from codes, so that some words stand over both."""
    return any(token.text.strip() == "科目名称" for line in head for token in line.tokens)


def _leaf_words(head: Sequence[PrintedLine]) -> list[tuple[float, float]]:
    """Extents of the header's words, the lowest first: those above may stand over several columns.

    项目 and 栏次 stand over codes and names together where 科目名称 is printed.
    """
    tokens = [token for line in reversed(head) for token in line.tokens]
    named = _is_named(head)
    return [(t.box.x0, t.box.x1) for t in tokens if not (named and t.text.strip() in _UPPER)]


def _meet(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[1] >= other[0] and one[0] <= other[1]


def _widened(strips: Sequence[tuple[float, float]], index: int, word: tuple[float, float]) -> tuple[float, float]:
    """A strip with a word that meets no other one, kept a little away from its neighbours."""
    left = strips[index - 1][1] + WHITE if index else word[0]
    right = strips[index + 1][0] - WHITE if index + 1 < len(strips) else word[1]
    own = strips[index]
    return min(own[0], max(word[0], left)), max(own[1], min(word[1], right))


def _union(extents: list[tuple[float, float]]) -> list[tuple[float, float]]:
    strips: list[tuple[float, float]] = []
    for x0, x1 in sorted(extents):
        if strips and x0 - strips[-1][1] < WHITE:
            strips[-1] = (strips[-1][0], max(strips[-1][1], x1))
        else:
            strips.append((x0, x1))
    return strips


def _filled(strips: Sequence[tuple[float, float]], lines: Sequence[PrintedLine]) -> Grid:
    """The grid of strips and lines, edges midway between them; a token over several strips spans them."""
    box = around([line.box for line in lines])
    box = Box(min(box.x0, strips[0][0]), box.y0, max(box.x1, strips[-1][1]), box.y1)
    across = _edges(list(strips), box.x0, box.x1)
    down = _edges([(line.box.y0, line.box.y1) for line in lines], box.y0, box.y1)
    cells: list[GridCell] = []
    for row, line in enumerate(lines):
        placed: dict[tuple[int, int], list[Token]] = {}
        for token in line.tokens:
            placed.setdefault(_reach(token, across), []).append(token)
        taken = {column for first, last in placed for column in range(first, last + 1)}
        spans = [*placed, *((column, column) for column in range(len(strips)) if column not in taken)]
        for first, last in sorted(spans):
            place = Box(across[first], down[row], across[last + 1], down[row + 1])
            cells.append(GridCell(row, first, 1, last - first + 1, place, tuple(placed.get((first, last), ()))))
    return Grid(box, len(lines), len(strips), tuple(cells))


def _edges(extents: Sequence[tuple[float, float]], start: float, end: float) -> list[float]:
    inner = [(one[1] + other[0]) / 2 for one, other in pairwise(extents)]
    return [start, *inner, end]


def _reach(token: Token, edges: Sequence[float]) -> tuple[int, int]:
    """First and last column a token stands in, a slight overhang left aside; figures stand in one only."""
    slack = 0.15 * token.box.width
    inside = [
        i
        for i in range(len(edges) - 1)
        if min(edges[i + 1], token.box.x1 - slack) > max(edges[i], token.box.x0 + slack)
    ]
    if is_numeric(token.text) and inside:
        return inside[-1], inside[-1]
    return inside[0], inside[-1]
