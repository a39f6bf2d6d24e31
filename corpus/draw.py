"""Drawing on PDF pages: mixed faces, ruled tables that run over pages, running text.

Lengths are points; y is measured from the top of the page downwards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from io import BytesIO
from random import Random

from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from corpus.sheets import Box, Sheet
from corpus.variant import Variant

A4 = (595.28, 841.89)
_RUNS = re.compile(r"[\x20-\x7e]+|[^\x20-\x7e]+")
_SMALLEST = 6.5
_NAME_WIDTHS = (84.0, 190.0)


@dataclass(frozen=True, slots=True)
class Run:
    """A run of text as drawn: page from 1, left end and baseline from the page's top left, in points."""

    page: int
    x: float
    y: float
    size: float
    width: float
    text: str


@dataclass(slots=True)
class Faces:
    """Names of registered reportlab fonts for text and for digits."""

    text: str
    digits: str


@dataclass(slots=True)
class Painter:
    """A PDF being written; keeps every run of text with its place."""

    faces: Faces
    variant: Variant
    rng: Random
    buffer: BytesIO = field(default_factory=BytesIO)
    runs: list[Run] = field(default_factory=list)
    sizes: list[tuple[float, float]] = field(default_factory=list)
    placed: dict[tuple[str, int], int] = field(default_factory=dict)
    canvas: Canvas = field(init=False)

    def __post_init__(self) -> None:
        self.canvas = Canvas(self.buffer, invariant=1)

    @property
    def page(self) -> int:
        return len(self.sizes)

    @property
    def width(self) -> float:
        return self.sizes[-1][0]

    @property
    def height(self) -> float:
        return self.sizes[-1][1]

    def new_page(self, *, landscape: bool = False) -> None:
        """Finish the page and begin another."""
        if self.sizes:
            self.canvas.showPage()
        size = (A4[1], A4[0]) if landscape else A4
        self.canvas.setPageSize(size)
        self.sizes.append(size)
        self.canvas.setLineWidth(self.variant.rule)

    def finish(self) -> bytes:
        """Close the document and return it."""
        self.canvas.showPage()
        self.canvas.save()
        return self.buffer.getvalue()

    def text_width(self, text: str, size: float) -> float:
        return sum(
            float(pdfmetrics.stringWidth(run, self.faces.digits if run.isascii() else self.faces.text, size))
            for run in _RUNS.findall(text)
        )

    def write(self, x: float, y: float, text: str, size: float, align: str = "l") -> None:
        """Draw a line of text; (x, y) is its left end, middle or right end on the baseline."""
        if not text:
            return
        width = self.text_width(text, size)
        x -= {"l": 0.0, "c": width / 2, "r": width}[align]
        self.runs.append(Run(self.page, x, y, size, width, text))
        for run in _RUNS.findall(text):
            face = self.faces.digits if run.isascii() else self.faces.text
            self.canvas.setFont(face, size)
            self.canvas.drawString(x, self.height - y, run)
            x += pdfmetrics.stringWidth(run, face, size)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float) -> None:
        self.canvas.rect(x0, self.height - y1, x1 - x0, y1 - y0)

    def wrap(self, text: str, size: float, width: float) -> list[str]:
        """Break text into lines no wider than `width`; amounts and words of Latin letters stay whole."""
        lines = [""]
        for piece in re.findall(r"[\x21-\x7e]+|.", text):
            if lines[-1] and self.text_width(lines[-1] + piece, size) > width and piece not in "，。；：、）":
                lines.append("")
            lines[-1] += piece
        return lines


@dataclass(frozen=True, slots=True)
class _Frame:
    """Measures of a table: text size and left edges of its columns (one more than columns)."""

    size: float
    edges: tuple[float, ...]


def _natural(painter: Painter, sheet: Sheet, size: float) -> list[float]:
    """What each column needs: amounts and codes on one line, names between two bounds."""
    widths = [
        {"name": _NAME_WIDTHS[0], "line": 2.4 * size, "code": 2.6 * size, "amount": 4.2 * size}[k] for k in sheet.kinds
    ]
    for box in sheet.boxes:
        kind = sheet.kinds[box.column]
        if box.row < sheet.head and box.align != "r":
            continue
        if box.columns == 1 and box.text:
            need = painter.text_width(box.text, size) + 7
            widths[box.column] = max(widths[box.column], min(need, _NAME_WIDTHS[1]) if kind == "name" else need)
        elif (
            box.columns > 1
            and kind == "code"
            and sheet.kinds[box.column + box.columns - 1] == "code"
            and box.text.isascii()
        ):
            each = (painter.text_width(box.text, size) + 7) / box.columns
            for n in range(box.columns):
                widths[box.column + n] = max(widths[box.column + n], each)
    return widths


def _fit(painter: Painter, sheet: Sheet) -> _Frame:
    """Choose the text size and column edges; names give way first, then the size, then the page is turned."""
    margin = painter.rng.choice((36.0, 42.0, 50.0))
    size = painter.variant.size
    while True:
        room = (A4[1] if sheet.landscape else A4[0]) - 2 * margin
        widths = _natural(painter, sheet, size)
        names = [n for n, k in enumerate(sheet.kinds) if k == "name"]
        over = sum(widths) - room
        slack = sum(widths[n] - _NAME_WIDTHS[0] for n in names)
        if over <= slack or (size <= _SMALLEST and sheet.landscape):
            break
        size -= 0.5
        if size < _SMALLEST:
            size, sheet.landscape = painter.variant.size, True
    if over > 0:
        for n in names:
            widths[n] -= over * (widths[n] - _NAME_WIDTHS[0]) / max(slack, 1e-9)
    grown = min(1.0, room / sum(widths)) if over > 0 else min(room / sum(widths), 1.6)
    edges = [margin]
    for width in widths:
        edges.append(edges[-1] + width * grown)
    shift = (room - (edges[-1] - margin)) / 2
    return _Frame(size, tuple(e + shift for e in edges))


def _heights(painter: Painter, sheet: Sheet, frame: _Frame, padding: float) -> list[float]:
    heights = [frame.size * 1.15 + padding] * len(sheet.lines)
    for box in sheet.boxes:
        width = frame.edges[box.column + box.columns] - frame.edges[box.column] - 5
        lines = len(painter.wrap(box.text, frame.size, width)) if box.align != "r" else 1
        need = (lines * frame.size * 1.15 + padding) / box.rows
        for row in range(box.row, box.row + box.rows):
            heights[row] = max(heights[row], need)
    return heights


def draw_sheet(painter: Painter, sheet: Sheet) -> None:
    """Draw a table on as many pages as it takes; `painter.placed` learns the page of each printed line."""
    frame = _fit(painter, sheet)
    padding = painter.rng.choice((3.5, 4.5, 6.0, 8.0))
    heights = _heights(painter, sheet, frame, padding)
    painter.new_page(landscape=sheet.landscape)
    y = _headline(painter, sheet, frame)
    rows = list(range(len(heights)))
    while rows:
        fitting, total = 0, 0.0
        limit = painter.height - 46 - y
        while fitting < len(rows) and total + heights[rows[fitting]] <= limit:
            total += heights[rows[fitting]]
            fitting += 1
        shown, rows = rows[: max(fitting, 1)], rows[max(fitting, 1) :]
        y = _draw_rows(painter, sheet, frame, heights, (shown, y))
        if rows:
            painter.new_page(landscape=sheet.landscape)
            y = 52.0
            if painter.variant.repeat_header:
                rows = list(range(sheet.head)) + rows
    if sheet.note:
        for line in painter.wrap(sheet.note, frame.size, frame.edges[-1] - frame.edges[0]):
            y += frame.size * 1.5
            painter.write(frame.edges[0], y + 2, line, frame.size)


def _headline(painter: Painter, sheet: Sheet, frame: _Frame) -> float:
    """Title, number, entity and unit above a table; where the table begins."""
    y = 62.0
    painter.write(painter.width / 2, y, sheet.title, 15, "c")
    if sheet.mark:
        y += 18
        painter.write(frame.edges[-1], y, sheet.mark, 9.5, "r")
    y += 16
    painter.write(frame.edges[0], y, sheet.left, 9.5)
    painter.write(frame.edges[-1], y, sheet.right, 9.5, "r")
    return y + 7


def _draw_rows(
    painter: Painter, sheet: Sheet, frame: _Frame, heights: list[float], shown: tuple[list[int], float]
) -> float:
    rows, y = shown
    tops: dict[int, float] = {}
    for row in rows:
        tops[row] = y
        y += heights[row]
        line = sheet.lines[row]
        if line is not None:
            painter.placed.setdefault((sheet.code, line), painter.page)
    raised = painter.variant.name == "shanghai-2024"
    for box in sheet.boxes:
        if box.row in tops:
            bottom = tops[box.row] + sum(heights[box.row : box.row + box.rows])
            _draw_box(painter, box, frame, (tops[box.row], bottom), raised=raised and painter.rng.random() * 20 < 1)
    return y


def _draw_box(painter: Painter, box: Box, frame: _Frame, span: tuple[float, float], *, raised: bool) -> None:
    x0, x1 = frame.edges[box.column], frame.edges[box.column + box.columns]
    painter.rectangle(x0, span[0], x1, span[1])
    if not box.text:
        return
    size = frame.size
    lines = painter.wrap(box.text, size, x1 - x0 - 5) if box.align != "r" else [box.text]
    height = len(lines) * size * 1.15
    top = span[0] + 0.5 if raised else (span[0] + span[1] - height) / 2
    for n, line in enumerate(lines):
        baseline = top + (n + 0.87) * size * 1.15
        x = {"l": x0 + 3, "c": (x0 + x1) / 2, "r": x1 - 3}[box.align]
        painter.write(x, baseline, line, size, box.align)


def draw_text(painter: Painter, paragraphs: list[tuple[str, float]], *, indent: bool = True) -> None:
    """Running text from the top of a new page on; each paragraph with its text size."""
    painter.new_page()
    margin, y = 76.0, 80.0
    for text, size in paragraphs:
        body = ("　　" if indent else "") + text
        for line in painter.wrap(body, size, painter.width - 2 * margin):
            if y > painter.height - 76:
                painter.new_page()
                y = 80.0
            painter.write(margin, y, line, size)
            y += size * 1.75
