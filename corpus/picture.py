"""A page beside the table read from it, as one picture: what was read where, and what is doubted."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
from PIL import Image, ImageDraw

from corpus.fonts import picture_font

Row = dict[str, str]

_DPI = 100
_POINT = _DPI / 72
_COLOURS = {"read": (46, 139, 87), "repaired": (46, 96, 190), "reviewed": (46, 96, 190), "flagged": (226, 122, 0)}
_LINE, _NAME, _AMOUNT, _MARGIN = 24, 330, 132, 24
_SIZE = 15


def draw(pdf: Path, export: Path, page: int, out: Path) -> None:
    """Write a PNG of one page of a document and its cells as exported.

    Raises RuntimeError where the export holds no cells of that page.
    """
    with (export / "cells.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [row for row in csv.DictReader(file) if row["document"] == pdf.name and row["page"] == str(page)]
    if not cells:
        raise RuntimeError(f"{export / 'cells.csv'} holds no cells of page {page} of {pdf.name}")
    left, right = _page(pdf, page, cells), _table(cells)
    width, height = left.width + right.width, max(left.height, right.height)
    whole = Image.new("RGB", (width, height), "white")
    whole.paste(left, (0, 0))
    whole.paste(right, (left.width, 0))
    out.parent.mkdir(parents=True, exist_ok=True)
    whole.quantize(128).save(out, optimize=True)


def _page(pdf: Path, page: int, cells: Sequence[Row]) -> Image.Image:
    """The page as filed, its printed cells tinted by their status."""
    document = pdfium.PdfDocument(pdf)
    try:
        seen = document[page - 1].render(scale=_POINT).to_pil().convert("RGB")
    finally:
        document.close()
    tint = Image.new("RGBA", seen.size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(tint)
    for cell in cells:
        if cell["raw"] or cell["status"] == "flagged":
            corners = [float(cell[side]) * _POINT for side in ("x0", "y0", "x1", "y1")]
            pen.rectangle(corners, fill=(*_COLOURS[cell["status"]], 50), outline=(*_COLOURS[cell["status"]], 255))
    return Image.alpha_composite(seen.convert("RGBA"), tint).convert("RGB")


def _table(cells: Sequence[Row]) -> Image.Image:
    """The cells as rows of item and amounts, tinted likewise, each doubt in words below."""
    rows = [
        (head, list(row)) for head, row in groupby(cells, key=lambda c: (c["row_code"], c["row_name"], c["line_no"]))
    ]
    doubts = [cell for cell in cells if cell["status"] == "flagged"]
    width = 2 * _MARGIN + _NAME + _AMOUNT * max(len(row) for _, row in rows)
    sheet = Image.new("RGB", (width, 2 * _MARGIN + _LINE * (len(rows) + 2 + 2 * len(doubts))), "white")
    pen = ImageDraw.Draw(sheet)
    font = picture_font("sans", _SIZE)
    first = cells[0]
    pen.text((_MARGIN, _MARGIN), f"{first['entity']} {first['year']} · {first['table_code']}", "black", font)
    pen.text((_MARGIN, _MARGIN + _LINE), f"{first['table_title']} · {first['unit']}", "black", font)
    top = _MARGIN + 2 * _LINE
    for (code, name, line_no), row in rows:
        pen.text((_MARGIN, top), f"{code} {name} {line_no}".strip()[:22], "black", font)
        for place, cell in enumerate(row):
            _amount(pen, cell, (_MARGIN + _NAME + place * _AMOUNT, top))
        top += _LINE
    for cell in doubts:
        said = f"{cell['row_code'] or cell['row_name']} · {cell['column_name']}: {cell['raw']}"
        pen.text((_MARGIN, top), said, _COLOURS["flagged"], font)
        pen.text((_MARGIN + _LINE, top + _LINE), cell["reason"][: width // _SIZE - 4], "black", font)
        top += 2 * _LINE
    return sheet


def _amount(pen: ImageDraw.ImageDraw, cell: Row, at: tuple[int, int]) -> None:
    x, y = at
    if cell["value"] or cell["status"] == "flagged":
        tint = tuple(255 - (255 - level) // 4 for level in _COLOURS[cell["status"]])
        pen.rectangle((x + 2, y, x + _AMOUNT - 2, y + _LINE - 3), fill=tint)
    font = picture_font("sans", _SIZE)
    text = f"{float(cell['value']):,.2f}" if cell["value"] else ""
    pen.text((x + _AMOUNT - 6 - pen.textlength(text, font), y + 1), text, "black", font)
