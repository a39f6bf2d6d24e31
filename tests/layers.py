"""Small PDFs with honest and dishonest text layers, printed for the tests of layer, origin and textlayer."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from io import BytesIO
from unittest import mock

import numpy as np
import pytest
from numpy.typing import NDArray
from reportlab.pdfbase import pdfmetrics, ttfonts  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from corpus.fonts import embeddable, source

WIDTH, HEIGHT = 595.0, 842.0
NAMES = (
    "一般公共服务支出",
    "教育支出",
    "科学技术支出",
    "社会保障和就业支出",
    "卫生健康支出",
    "节能环保支出",
    "城乡社区支出",
    "农林水支出",
    "住房保障支出",
    "其他支出",
    "本年支出合计",
)
_CHARACTERS = "收入支出决算总表合计看不见在图下上0123456789,.-"
NEEDS_UMING = pytest.mark.skipif(
    source("song").path.name != "uming.ttc", reason="the font UMing is missing: apt-get install fonts-arphic-uming"
)
Wrong = Callable[[list[int]], list[int]]
"""How a font's map lies: the Unicode values of its codes, honest to dishonest."""


def shifted(by: int) -> Wrong:
    return lambda values: [v + by if v > ord(" ") else v for v in values]


def swapped(*pairs: str) -> Wrong:
    table = {ord(pair[i]): ord(pair[1 - i]) for pair in pairs for i in (0, 1)}
    return lambda values: [table.get(v, v) for v in values]


def private(values: list[int]) -> list[int]:
    return [0xE000 + i for i, _ in enumerate(values)]


def unmapped(values: list[int]) -> list[int]:
    return [0xFFFD for _ in values]


def renamed(old: str, new: str) -> Wrong:
    return lambda values: [ord(new) if v == ord(old) else v for v in values]


@cache
def font(name: str, face: str) -> str:
    """Registers an embedded font of its own under a name, so that two fonts may share a face."""
    found = source(face)
    file: object = str(found.path)
    if found.path.suffix == ".otf":
        file, _ = embeddable(face, "".join(NAMES) + _CHARACTERS)
    pdfmetrics.registerFont(TTFont(name, file, subfontIndex=found.index, asciiReadable=0))
    return name


@contextmanager
def lying(wrong: dict[str, Wrong]) -> Iterator[None]:
    """While open, the ToUnicode maps of fonts whose PostScript name holds a key are written wrongly."""
    honest = ttfonts.makeToUnicodeCMap

    def write(name: str, subset: list[int]) -> str:
        for part, change in wrong.items():
            if part in name:
                return str(honest(name, change(list(subset))))
        return str(honest(name, subset))

    with mock.patch.object(ttfonts, "makeToUnicodeCMap", write):
        yield


def figures(seed: int) -> list[tuple[str, str, str]]:
    chance = random.Random(seed)  # noqa: S311  figures for a test
    return [
        (name, f"{chance.randrange(10**4, 10**9) / 100:,.2f}", f"{chance.randrange(10**4, 10**9) / 100:,.2f}")
        for name in chance.sample(NAMES, len(NAMES))
    ]


def table_page(canvas: Canvas, seed: int, labels: str, digits: str) -> None:
    """A ruled table of three columns with a title, A4."""
    canvas.setFont(labels, 14)
    canvas.drawCentredString(WIDTH / 2, HEIGHT - 80, "收入支出决算总表")
    top, high = HEIGHT - 120, 24
    edges = (60, 260, 400, 535)
    rows = figures(seed)
    for i, (name, *amounts) in enumerate(rows):
        base = top - (i + 1) * high + 8
        canvas.setFont(labels, 10)
        canvas.drawString(edges[0] + 6, base, name)
        canvas.setFont(digits, 10)
        for edge, amount in zip(edges[2:], amounts, strict=True):
            canvas.drawRightString(edge - 4, base, amount)
    canvas.setLineWidth(0.6)
    canvas.grid(edges, [top - i * high for i in range(len(rows) + 1)])


def table_pdf(
    seed: int, labels: str = "labels", digits: str = "digits", wrong: dict[str, Wrong] | None = None
) -> bytes:
    """One page with a table; `wrong` by (part of) the PostScript name of the fonts whose maps lie."""
    out = BytesIO()
    with lying(wrong or {}):
        canvas = Canvas(out, (WIDTH, HEIGHT), pageCompression=1, invariant=1)
        table_page(canvas, seed, labels, digits)
        canvas.save()
    return out.getvalue()


def blank_image(width: float, height: float, scale: float) -> NDArray[np.uint8]:
    return np.full((round(height / scale), round(width / scale), 3), 255, np.uint8)
