"""Documents made up by `strategies`, printed: every cell with its place on a page, and pictures of the pages.

Pages stand a little askew, so that the way from the page as filed to the straightened one matters.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from corpus.fonts import source
from models.document import Cell, Document, Glyph, Line, Reading, Row, Table
from models.geometry import Box, Mesh
from tests.strategies import ENTITY, YEAR

WIDTH, HEIGHT = 842.0, 595.0
DPI = 150
_TOP, _LEFT, _LINE = 92.0, 30.0, 14.5
_NAME, _CODE, _WIDEST = 150.0, 56.0, 96.0
_TITLE, _TEXT = 15.0, 7.2
_INSET = 3 * 72 / DPI
_ASKEW = math.radians(0.9)
_SURE, _DOUBTFUL, _OTHER = 0.9995, 0.51, 0.48


@dataclass(frozen=True)
class Misread:
    """What is read of a cell instead of what it prints, and for some of its characters what else they may be."""

    text: str
    others: Mapping[int, str] = field(default_factory=dict)
    probability: float = 0.6


@dataclass(frozen=True)
class Text:
    """Something that a page prints, at a place of the straightened page."""

    box: Box
    text: str
    size: float = _TEXT
    right: bool = False


@dataclass(frozen=True)
class Sheets:
    """A document as its pages print it, as it was read, the texts of its pages, and of which there are pictures."""

    prints: Document
    document: Document
    texts: Mapping[int, Sequence[Text]]
    shown: Sequence[int]


def mesh() -> Mesh:
    """The way back from a straight page to one that lies askew."""
    points = []
    for j in range(7):
        for i in range(9):
            x, y = WIDTH * i / 8 - WIDTH / 2, HEIGHT * j / 6 - HEIGHT / 2
            turned = (x * math.cos(_ASKEW) - y * math.sin(_ASKEW), x * math.sin(_ASKEW) + y * math.cos(_ASKEW))
            points.append((turned[0] + WIDTH / 2, turned[1] + HEIGHT / 2))
    return Mesh(WIDTH, HEIGHT, 9, 7, tuple(points))


def printed(prints: Document, misread: Mapping[str, Misread], year: str = YEAR, entity: str = ENTITY) -> Sheets:
    """A document with each table on a page of its own, read as printed but for some cells, whose pages are shown."""
    texts: dict[int, list[Text]] = {}
    tables = []
    for number, table in enumerate(prints.tables, 1):
        texts[number] = list(_headings(table))
        tables.append(_laid(table, number, texts[number], misread))
    lines = (Line(entity, 1), Line(f"{year}年度部门决算", 1))
    read = replace(prints, page_count=len(tables), tables=tuple(tables), lines=lines)
    doubted = {c.reading.page for table in tables for c in table.cells if c.reading.probability < 1}
    return Sheets(prints, read, texts, sorted(doubted))


def _headings(table: Table) -> Iterator[Text]:
    yield Text(Box(_LEFT, 40, WIDTH - _LEFT, 62), f"{table.title}  （{table.code}）  单位：元", _TITLE)
    for index, column in enumerate(table.columns):
        x0, x1 = _column(table, index)
        yield Text(Box(x0, _TOP - _LINE, x1, _TOP), column.name.rsplit("/", 1)[-1])


def _blocks(table: Table) -> dict[int, float]:
    """Where each block begins."""
    blocks = sorted({column.block for column in table.columns})
    return {block: _LEFT + place * (WIDTH - 2 * _LEFT) / len(blocks) for place, block in enumerate(blocks)}


def _column(table: Table, index: int) -> tuple[float, float]:
    """Where a column begins and ends."""
    left = _blocks(table)
    block = table.columns[index].block
    mine = [i for i, column in enumerate(table.columns) if column.block == block]
    each = min(((WIDTH - 2 * _LEFT) / len(left) - _NAME) / len(mine), _WIDEST)
    start = left[block] + _NAME + mine.index(index) * each
    return start, start + each


def _laid(table: Table, page: int, shown: list[Text], misread: Mapping[str, Misread]) -> Table:
    way, left = mesh(), _blocks(table)
    lines: Counter[int] = Counter()
    rows: list[Row] = []
    tops = []
    for row in table.rows:
        y, x = _TOP + lines[row.block] * _LINE, left[row.block]
        code, name = Box(x, y, x + _CODE, y + _LINE), Box(x + _CODE, y, x + _NAME, y + _LINE)
        shown += [Text(code, row.code.text), Text(name, row.name.text)]
        read = [replace(one, page=page, box=way.box_back(box)) for one, box in ((row.code, code), (row.name, name))]
        rows.append(replace(row, line=lines[row.block], code=read[0], name=read[1]))
        tops.append(y)
        lines[row.block] += 1
    cells = []
    for cell in table.cells:
        x0, x1 = _column(table, cell.column)
        box = Box(x0, tops[cell.row], x1, tops[cell.row] + _LINE)
        shown.append(Text(box, cell.reading.text, right=True))
        cells.append(_read(cell, page, box, misread.get(cell.cell_id)))
    return replace(table, pages=(page,), rows=tuple(rows), cells=tuple(cells))


def _read(cell: Cell, page: int, box: Box, wrong: Misread | None) -> Cell:
    """The cell with its place; if it is misread, with every character and what else that may be."""
    way = mesh()
    if wrong is None:
        return replace(cell, reading=Reading(cell.reading.text, page, way.box_back(box), (), 1.0))
    if not wrong.others:
        return replace(cell, reading=Reading(wrong.text, page, way.box_back(box), (), wrong.probability))
    edges = [box.x1 - _INSET - _font(_TEXT).getlength(wrong.text[i:]) * 72 / DPI for i in range(len(wrong.text) + 1)]
    glyphs = []
    for i, character in enumerate(wrong.text):
        other = wrong.others.get(i)
        sure, others = (_SURE, ()) if other is None else (_DOUBTFUL, ((other, _OTHER),))
        glyphs.append(Glyph(character, sure, edges[i], edges[i + 1], others))
    text = way.box_back(Box(edges[0], box.y0 + 1, edges[-1], box.y1 - 1))
    return replace(cell, reading=Reading(wrong.text, page, text, tuple(glyphs), _DOUBTFUL))


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    found = source("serif")
    return ImageFont.truetype(str(found.path), round(size * DPI / 72), index=found.index)


def drawn(texts: Sequence[Text]) -> tuple[bytes, bytes]:
    """The page as filed, askew, and straightened, as WebP; the same texts are drawn once."""
    if id(texts) not in _drawn:
        _drawn[id(texts)] = (texts, _draw(texts))
    return _drawn[id(texts)][1]


_drawn: dict[int, tuple[Sequence[Text], tuple[bytes, bytes]]] = {}


def _draw(texts: Sequence[Text]) -> tuple[bytes, bytes]:
    scale = DPI / 72
    straight = Image.new("L", (round(WIDTH * scale), round(HEIGHT * scale)), 250)
    pen = ImageDraw.Draw(straight)
    for one in texts:
        corners = [v * scale for v in (one.box.x0, one.box.y0, one.box.x1, one.box.y1)]
        if one.size == _TEXT:
            pen.rectangle(corners, outline=90)
        font, text = _font(one.size), one.text
        room = corners[2] - corners[0] - 6
        fits = next(n for n in range(len(text), -1, -1) if one.right or font.getlength(text[:n]) <= room)
        x = corners[2] - font.getlength(text) - 3 if one.right else corners[0] + 3
        pen.text((x, corners[1] + 2.5), text[:fits], fill=30, font=font)
    filed = straight.rotate(-math.degrees(_ASKEW), Image.Resampling.BICUBIC, fillcolor=246)
    return _webp(filed), _webp(straight)


def _webp(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=70, method=0)
    return stream.getvalue()
