"""Documents made up by `strategies`, printed: every cell with its place on a page, and pictures of the pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

from corpus.fonts import source
from models.document import Cell, Document, Glyph, Reading, Table
from models.geometry import Box

WIDTH, HEIGHT = 842.0, 595.0
DPI = 150
_SCALE = DPI / 72
_TOP, _LINE, _SIZE, _MARGIN = 96.0, 17.0, 8.5, 28.0


def printed(document: Document, misread: Mapping[str, tuple[str, Mapping[int, str]]] | None = None) -> Document:
    """The document with a page for each table and a box for each cell.

    `misread` says for some cells what was read instead, and for some of its characters what else they may be.
    """
    tables = tuple(_placed(table, page, misread or {}) for page, table in enumerate(document.tables, 2))
    return replace(document, tables=tables, page_count=len(tables) + 1)


@cache
def _face(size: float = _SIZE) -> ImageFont.FreeTypeFont:
    face = source("serif")
    return ImageFont.truetype(str(face.path), round(size * _SCALE), face.index)


def _placed(table: Table, page: int, misread: Mapping[str, tuple[str, Mapping[int, str]]]) -> Table:
    lines: Counter[int] = Counter()
    rows, at = [], {}
    for i, row in enumerate(table.rows):
        line = lines[row.block]
        lines[row.block] += 1
        y = _TOP + line * _LINE
        left = _blocks(table)[row.block][0]
        code = replace(row.code, page=page, box=Box(left, y, left + 48, y + 12))
        name = replace(row.name, page=page, box=Box(left + 50, y, left + 190, y + 12))
        rows.append(replace(row, line=line, code=code, name=name))
        at[i] = y
    cells = tuple(_cell(table, cell, page, at[cell.row], misread.get(cell.cell_id)) for cell in table.cells)
    return replace(table, pages=(page,), rows=tuple(rows), cells=cells)


def _blocks(table: Table) -> dict[int, tuple[float, float]]:
    blocks = sorted({column.block for column in table.columns})
    wide = (WIDTH - 2 * _MARGIN) / len(blocks)
    return {block: (_MARGIN + i * wide, wide - 8) for i, block in enumerate(blocks)}


def _column(table: Table, index: int) -> tuple[float, float]:
    left, wide = _blocks(table)[table.columns[index].block]
    mine = [i for i, column in enumerate(table.columns) if column.block == table.columns[index].block]
    each = (wide - 192) / len(mine)
    start = left + 192 + mine.index(index) * each
    return start, start + each


def _cell(table: Table, cell: Cell, page: int, y: float, instead: tuple[str, Mapping[int, str]] | None) -> Cell:
    start, end = _column(table, cell.column)
    text, others = instead or (cell.reading.text, {})
    left = end - 3 - _face().getlength(text) / _SCALE if text else start + 1
    box = Box(left, y, end - 3, y + 12)
    probability = 0.51 if others else 1.0 if not text else 0.9995
    edges = [left + _face().getlength(text[:i]) / _SCALE for i in range(len(text) + 1)]
    glyphs = tuple(
        Glyph(c, 0.51 if i in others else 0.9995, edges[i], edges[i + 1], ((others[i], 0.48),) if i in others else ())
        for i, c in enumerate(text)
    )
    return replace(cell, reading=Reading(text, page, box, glyphs, probability))


def pictures(document: Document, paper: Document) -> dict[int, bytes]:
    """A WebP for each page of a printed document, showing what the `paper` says."""
    found = {1: _drawn(None)}
    for table, true in zip(document.tables, paper.tables, strict=True):
        texts = {cell.cell_id: cell.reading.text for cell in true.cells}
        found[table.pages[0]] = _drawn(table, texts)
    return found


def _drawn(table: Table | None, texts: Mapping[str, str] | None = None) -> bytes:
    scale = _SCALE
    image = Image.new("L", (round(WIDTH * scale), round(HEIGHT * scale)), 250)
    pen = ImageDraw.Draw(image)
    font = _face()

    def write(text: str, box: Box, right: bool = False) -> None:
        x = box.x1 * scale - pen.textlength(text, font) if right else box.x0 * scale
        pen.text((x, box.y0 * scale), text, 30, font)

    if table is not None:
        big = _face(15.0)
        pen.text((_MARGIN * scale, 30 * scale), table.title, 20, big)
        for i, column in enumerate(table.columns):
            write(column.name.rsplit("/", 1)[-1][:9], Box(_column(table, i)[0] + 2, 78, 0, 0))
        for row in table.rows:
            for label in (row.code, row.name):
                write(label.text[:15], label.box or Box(0, 0, 0, 0))
        for cell in table.cells:
            box = cell.reading.box or Box(0, 0, 0, 0)
            write((texts or {}).get(cell.cell_id, ""), box, right=True)
            edges = _column(table, cell.column)
            pen.rectangle([v * scale for v in (edges[0], box.y0 - 2, edges[1], box.y1 + 3)], outline=170)
    out = BytesIO()
    image.save(out, "WEBP", quality=60)
    return out.getvalue()
