"""PDFium's view of a page as plain values: characters, rules, pictures. The one place that talks to its text API."""

from __future__ import annotations

import ctypes
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # ships no types

from models.geometry import Box
from models.layer import Layer
from worker.layer.drawing import Drawing, Placement, drawings
from worker.layer.runs import Character, group
from worker.stopwatch import step

_ASCENT, _DESCENT = 0.88, 0.12
"""Where an em box stands about the baseline, as in the OpenType defaults for CJK fonts (vhea/OS2: 0.88 and -0.12)."""
_UNMAPPED = "\ufffd"
_INVISIBLE_MODES = (pdfium.FPDF_TEXTRENDERMODE_INVISIBLE, pdfium.FPDF_TEXTRENDERMODE_CLIP)
_LEVEL = 0.05
"""Tangent of the angle up to which a baseline counts as level."""


@step("layer")
def extract(page: Any) -> Layer:
    """The facts of an open page (pypdfium2's PdfPage), which stays open.

    Rendering has to turn the page likewise: see `Layer.turn`.
    """
    textpage = page.get_textpage()
    try:
        characters, drawn = _facts(page, textpage.raw, 0)
        turn = _turn(textpage.raw, [c for c in characters if c.shown], _rotation(page))
        if turn:
            characters, drawn = _facts(page, textpage.raw, turn)
    finally:
        textpage.close()
    rules = tuple(rule for drawing in drawn.values() for rule in drawing.rules)
    pictures = tuple(d.box for d in drawn.values() if d.picture)
    width, height = _size(page, turn)
    return Layer(width, height, group(characters, rules), rules, pictures, turn)


def _facts(page: Any, textpage: Any, turn: int) -> tuple[list[Character], dict[int, Drawing]]:
    place = _placement(page, _rotation(page) + turn)
    drawn = drawings(page, place)
    return _CharacterReader(place, drawn, Box(0.0, 0.0, *_size(page, turn))).characters(textpage), drawn


def _rotation(page: Any) -> int:
    return int(page.get_rotation())


def _size(page: Any, turn: int) -> tuple[float, float]:
    width, height = (float(side) for side in page.get_size())
    return (height, width) if turn % 180 else (width, height)


def _turn(textpage: Any, characters: Sequence[Character], rotation: int) -> int:
    """The quarter turns, in degrees clockwise, after which most of the characters shown run from left to right."""
    if 2 * sum(c.upright for c in characters) >= len(characters):
        return 0
    matrix = pdfium.FS_MATRIX()
    ways: Counter[int] = Counter()
    for index in range(pdfium.FPDFText_CountChars(textpage)):
        if pdfium.FPDFText_GetMatrix(textpage, index, matrix):
            # The angle is counter-clockwise from the page's own x axis, /Rotate turns the display clockwise.
            angle = math.degrees(math.atan2(matrix.b, matrix.a)) - rotation
            ways[round(angle / 90) * 90 % 360] += 1
    return ways.most_common(1)[0][0] if ways else 0


def _placement(page: Any, rotation: int) -> Placement:
    """The way from the page's own coordinates to the displayed page: its box's corner, and its rotation clockwise."""
    bounds = pdfium.FS_RECTF()
    pdfium.FPDF_GetPageBoundingBox(page.raw, bounds)
    left, bottom, right, top = bounds.left, bounds.bottom, bounds.right, bounds.top
    return {
        0: Placement(1, 0, 0, -1, -left, top),
        90: Placement(0, 1, 1, 0, -bottom, -left),
        180: Placement(-1, 0, 0, 1, right, -bottom),
        270: Placement(0, -1, -1, 0, top, right),
    }[rotation % 360]


@dataclass(slots=True)
class _Source:
    """What the characters of one drawing operation have in common."""

    number: int
    font: str
    size: float
    visible: bool
    drawing: Drawing | None


class _CharacterReader:
    """Reads the characters of one page, with a memory for the drawing operations and fonts they share."""

    def __init__(self, place: Placement, drawn: dict[int, Drawing], paper: Box) -> None:
        self._place = place
        self._drawn = drawn
        self._paper = paper
        self._covers = [d for d in drawn.values() if d.picture and d.opaque]
        self._sources: dict[int, _Source] = {}
        self._fonts: dict[int, str] = {}

    def characters(self, textpage: Any) -> list[Character]:
        """Every character that stands on the page, in the order of the content."""
        found = (self._character(textpage, i) for i in range(pdfium.FPDFText_CountChars(textpage)))
        return [character for character in found if character is not None]

    def _character(self, textpage: Any, index: int) -> Character | None:
        if pdfium.FPDFText_IsGenerated(textpage, index) == 1:
            return None
        handle = pdfium.FPDFText_GetTextObject(textpage, index)
        if not handle:
            return None
        source = self._source(handle)
        box, base, size, upright = self._stand(textpage, index, source)
        x, y = box.centre
        if not (0 <= x <= self._paper.x1 and 0 <= y <= self._paper.y1):
            return None
        char = _unicode(textpage, index)
        shown = source.visible and not self._covered(source, box)
        return Character(char, box, base, size, source.font, source.number, shown, upright)

    def _stand(self, textpage: Any, index: int, source: _Source) -> tuple[Box, float, float, bool]:
        """A character's em box, baseline and em on the displayed page, and whether it runs from left to right."""
        loose, matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        x, y = ctypes.c_double(), ctypes.c_double()
        pdfium.FPDFText_GetLooseCharBox(textpage, index, loose)
        pdfium.FPDFText_GetCharOrigin(textpage, index, x, y)
        pdfium.FPDFText_GetMatrix(textpage, index, matrix)
        extent = self._place.box(loose.left, loose.bottom, loose.right, loose.top)
        across, down = self._place.direction(matrix.a, matrix.b)
        size = source.size * (matrix.c**2 + matrix.d**2) ** 0.5
        if across <= 0 or abs(down) > _LEVEL * across or size <= 0:
            return extent, extent.y1, max(extent.height, 1.0), False
        base = self._place.point(x.value, y.value)[1]
        box = Box(extent.x0, base - _ASCENT * size, extent.x1, base + _DESCENT * size)
        return box, base, size, True

    def _source(self, handle: Any) -> _Source:
        address = ctypes.cast(handle, ctypes.c_void_p).value or 0
        if address not in self._sources:
            size = ctypes.c_float()
            pdfium.FPDFTextObj_GetFontSize(handle, size)
            mode = pdfium.FPDFTextObj_GetTextRenderMode(handle)
            visible = mode not in _INVISIBLE_MODES and not _transparent(handle, mode)
            number = len(self._sources)
            self._sources[address] = _Source(number, self._font(handle), size.value, visible, self._drawn.get(address))
        return self._sources[address]

    def _font(self, handle: Any) -> str:
        """A name for the font that no other font of this page has."""
        font = pdfium.FPDFTextObj_GetFont(handle)
        address = ctypes.cast(font, ctypes.c_void_p).value or 0
        if address not in self._fonts:
            name = _text(lambda buffer, room: pdfium.FPDFFont_GetBaseFontName(font, buffer, room)) if font else ""
            same = sum(known.split("#")[0] == name for known in self._fonts.values())
            self._fonts[address] = f"{name}#{same + 1}" if same else name
        return self._fonts[address]

    def _covered(self, source: _Source, box: Box) -> bool:
        """Whether an opaque picture drawn later hides a character."""
        order = source.drawing.order if source.drawing else 0
        x, y = box.centre
        return any(c.order > order and c.box.x0 <= x <= c.box.x1 and c.box.y0 <= y <= c.box.y1 for c in self._covers)


def _unicode(textpage: Any, index: int) -> str:
    """A character's Unicode value; U+FFFD where the PDF gives none or gives what is no character."""
    code = pdfium.FPDFText_GetUnicode(textpage, index)
    surrogate = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004  the range is the name
    if code == 0 or surrogate or code > 0x10FFFF or pdfium.FPDFText_HasUnicodeMapError(textpage, index) == 1:  # noqa: PLR2004  # the last code point
        return _UNMAPPED
    return chr(code)


def _transparent(handle: Any, mode: int) -> bool:
    """Whether text is painted with no opacity at all."""
    channels = [ctypes.c_uint() for _ in range(4)]
    stroked = mode == pdfium.FPDF_TEXTRENDERMODE_STROKE
    colour = pdfium.FPDFPageObj_GetStrokeColor if stroked else pdfium.FPDFPageObj_GetFillColor
    return bool(colour(handle, *channels)) and channels[3].value == 0


def _text(fill: Callable[[Any, int], int]) -> str:
    """The answer of a PDFium call that writes UTF-8 into a buffer and returns the length it needs."""
    length = fill(None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    fill(buffer, length)
    return buffer.value.decode("utf-8", "replace")
