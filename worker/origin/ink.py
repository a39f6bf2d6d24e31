"""Ink that no text accounts for: lines of a table set as a picture, numbers drawn as outlines."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import Box

Picture = NDArray[np.uint8]

_DARK = 150
_SMALLEST, _LARGEST = 3.0, 30.0
"""Points: the height of what may be a character."""
_WIDEST = 45.0
"""Points: up to four touching characters."""
_SLACK = 1.5
"""Points a glyph may stand out of its em box."""
_REACH = 9.0
"""Points between neighbours on a line."""


def uncovered_lines(image: Picture, scale: float, covered: Iterable[Box]) -> list[tuple[Box, int]]:
    """Boxes in points around lines of character-sized dark marks outside of `covered`, each with its number of marks.

    `scale` is points to the pixel. Coloured ink (seals, logos) does not count: a mark must be dark in every channel.
    """
    blue, green, red = cv2.split(image)
    dark = (cv2.max(cv2.max(blue, green), red) < _DARK).astype(np.uint8)
    for box in covered:
        x0, y0 = (max(0, int((v - _SLACK) / scale)) for v in (box.x0, box.y0))
        dark[y0 : int((box.y1 + _SLACK) / scale) + 1, x0 : int((box.x1 + _SLACK) / scale) + 1] = 0
    marks = np.zeros_like(dark)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    wide, high = stats[:, cv2.CC_STAT_WIDTH] * scale, stats[:, cv2.CC_STAT_HEIGHT] * scale
    fits = (high >= _SMALLEST) & (high <= _LARGEST) & (wide <= _WIDEST)
    fits[0] = False
    if count <= 1 or not fits.any():
        return []
    marks[fits[labels]] = 1
    return _joined(marks, stats[fits], scale)


def _joined(marks: Picture, stats: NDArray[Any], scale: float) -> list[tuple[Box, int]]:
    """Neighbouring marks as lines, those of most marks first."""
    reach = cv2.getStructuringElement(cv2.MORPH_RECT, (max(1, int(_REACH / scale)), 1))
    _, labels, places, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(marks, cv2.MORPH_CLOSE, reach))
    middles = (
        stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT] // 2,
        stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH] // 2,
    )
    members = np.bincount(labels[middles], minlength=len(places))
    lines: list[tuple[Box, int]] = []
    for label in range(1, len(places)):
        x, y, width, height = (float(v) * scale for v in places[label, :4])
        if members[label]:
            lines.append((Box(x, y, x + width, y + height), int(members[label])))
    return sorted(lines, key=lambda line: (-line[1], line[0].y0, line[0].x0))


def cut(image: Picture, scale: float, box: Box, margin: float) -> Picture:
    """The part of a page's picture that shows a box, with a margin in points; one pixel of white if it lies outside."""
    height, width = image.shape[:2]
    x0, y0 = max(0, int((box.x0 - margin) / scale)), max(0, int((box.y0 - margin) / scale))
    x1 = min(width, int(np.ceil((box.x1 + margin) / scale)))
    y1 = min(height, int(np.ceil((box.y1 + margin) / scale)))
    if x1 <= x0 or y1 <= y0:
        return np.full((1, 1, 3), 255, np.uint8)
    return np.ascontiguousarray(image[y0:y1, x0:x1])


def bare(crop: Picture) -> bool:
    """Whether a crop shows nothing: hardly any contrast."""
    return int(crop.max()) - int(crop.min()) < 40  # noqa: PLR2004  of 255 grey levels
