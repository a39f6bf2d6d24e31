"""What a page draws besides characters: ruling lines and pictures, with their places and their order."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pypdfium2.raw as pdfium  # type: ignore[import-untyped]  # ships no types

from models.geometry import Box

_RULE_WIDTH = 2.5
_RULE_LENGTH = 6.0
"""Points: a stroke or filled bar at most this wide and at least this long is a ruling line."""
_DEPTH = 12
"""Form XObjects nested deeper than this are not looked into; honest files nest two or three deep."""
_BEZIER = pdfium.FPDF_SEGMENT_BEZIERTO
_MOVE = pdfium.FPDF_SEGMENT_MOVETO


@dataclass(frozen=True, slots=True)
class Placement:
    """An affine map: (x, y) goes to (a*x + c*y + e, b*x + d*y + f)."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def point(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f

    def direction(self, x: float, y: float) -> tuple[float, float]:
        return self.a * x + self.c * y, self.b * x + self.d * y

    def box(self, x0: float, y0: float, x1: float, y1: float) -> Box:
        """The upright box around a rectangle's image."""
        corners = [self.point(x, y) for x in (x0, x1) for y in (y0, y1)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return Box(min(xs), min(ys), max(xs), max(ys))

    def after(self, inner: Placement) -> Placement:
        """The map that applies `inner` first, then this one."""
        a, b = self.direction(inner.a, inner.b)
        c, d = self.direction(inner.c, inner.d)
        e, f = self.point(inner.e, inner.f)
        return Placement(a, b, c, d, e, f)


@dataclass(frozen=True, slots=True)
class Drawing:
    """One object of a page: its place in the painting order, its box on the displayed page, and what it is."""

    order: int
    box: Box
    picture: bool = False
    opaque: bool = False
    rules: tuple[Box, ...] = ()


def drawings(page: Any, place: Placement) -> dict[int, Drawing]:
    """The objects of a page by their address in memory, which characters refer to."""
    found: dict[int, Drawing] = {}
    for order, (handle, kind, way) in enumerate(_objects(page.raw, place, _DEPTH)):
        address = ctypes.cast(handle, ctypes.c_void_p).value or 0
        picture = kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING)
        opaque = picture and not pdfium.FPDFPageObj_HasTransparency(handle)
        rules = tuple(_rules(handle, way)) if kind == pdfium.FPDF_PAGEOBJ_PATH else ()
        found[address] = Drawing(order, _bounds(handle, way), picture, opaque, rules)
    return found


def _objects(holder: Any, place: Placement, depth: int, form: bool = False) -> Iterator[tuple[Any, int, Placement]]:
    """Handle, kind and placement of each object in painting order, those inside form XObjects included."""
    count = pdfium.FPDFFormObj_CountObjects if form else pdfium.FPDFPage_CountObjects
    get = pdfium.FPDFFormObj_GetObject if form else pdfium.FPDFPage_GetObject
    for index in range(count(holder)):
        handle = get(holder, index)
        kind = pdfium.FPDFPageObj_GetType(handle)
        if kind != pdfium.FPDF_PAGEOBJ_FORM:
            yield handle, kind, place
        elif depth:
            yield from _objects(handle, place.after(_matrix(handle)), depth - 1, True)


def _matrix(handle: Any) -> Placement:
    m = pdfium.FS_MATRIX(1, 0, 0, 1, 0, 0)
    pdfium.FPDFPageObj_GetMatrix(handle, m)
    return Placement(m.a, m.b, m.c, m.d, m.e, m.f)


def _bounds(handle: Any, place: Placement) -> Box:
    sides = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(handle, *sides)
    left, bottom, right, top = (side.value for side in sides)
    return place.box(left, bottom, right, top)


def _rules(handle: Any, place: Placement) -> Iterator[Box]:
    """The ruling lines of a path: thin filled bars, and the level and upright strokes."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(handle, fill, stroke)
    bounds = _bounds(handle, place)
    if not fill.value and not stroke.value:
        return
    if min(bounds.width, bounds.height) <= _RULE_WIDTH:
        if max(bounds.width, bounds.height) >= _RULE_LENGTH:
            yield bounds
        return
    if stroke.value:
        for start, end in _strokes(handle, place.after(_matrix(handle))):
            box = Box(min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1]))
            if min(box.width, box.height) <= 1.0 and max(box.width, box.height) >= _RULE_LENGTH:
                yield box


def _strokes(handle: Any, place: Placement) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """The straight segments of a path on the displayed page; a closed figure's last side included."""
    figures: list[list[tuple[float, float]]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(pdfium.FPDFPath_CountSegments(handle)):
        segment = pdfium.FPDFPath_GetPathSegment(handle, index)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        pdfium.FPDFPathSegment_GetPoint(segment, x, y)
        point = place.point(x.value, y.value)
        if kind in (_MOVE, _BEZIER) or not figures:
            figures.append([point])
            continue
        figures[-1].append(point)
        if pdfium.FPDFPathSegment_GetClose(segment):
            figures[-1].append(figures[-1][0])
    for figure in figures:
        yield from pairwise(figure)
