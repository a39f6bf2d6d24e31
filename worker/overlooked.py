"""Ink in the cells of a grid where no token stands: what the text detector overlooked, most often a short number."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Grid
from models.geometry import Box
from worker.stopwatch import step

Picture = NDArray[np.uint8]

_INSET = 1.5
"""Points from a cell's edge within which ink is the rule's."""
_CONTRAST = 60
"""Grey levels between paper and ink."""
_LOWEST, _HIGHEST = 4.0, 16.0
"""Points: how high a character is; lower is a speck, a dash or a separator, higher a piece of a seal."""
_WIDEST = 3.0
"""Times its height: a wider mark is no character."""
_MARGIN = 1.0
_LEAST_SIDE = 3.0
"""Points: nothing is looked for in a smaller cell."""


@step("overlooked")
def overlooked(image: Picture, scale: float, grids: Iterable[Grid]) -> tuple[Box, ...]:
    """Where characters stand in cells without tokens, a box for each such cell, in points of the straightened page.

    `image` is the cleaned page, BGR; `scale` is points per pixel.
    """
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    empty = [cell.box for grid in grids for cell in grid.cells if not cell.tokens]
    return tuple(found for box in empty if (found := _characters(grey, scale, box)))


def _characters(grey: Picture, scale: float, box: Box) -> Box | None:
    """The box around the marks in a cell that are of a character's size."""
    x0, y0 = int((box.x0 + _INSET) / scale), int((box.y0 + _INSET) / scale)
    inside = grey[max(0, y0) : int((box.y1 - _INSET) / scale), max(0, x0) : int((box.x1 - _INSET) / scale)]
    if min(inside.shape) * scale < _LEAST_SIDE:
        return None
    paper, ink = float(np.median(inside)), float(inside.min())
    if paper - ink < _CONTRAST:
        return None
    dark = (inside < (paper + ink) / 2).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(dark, connectivity=8)
    width, height = stats[1:, cv2.CC_STAT_WIDTH], stats[1:, cv2.CC_STAT_HEIGHT]
    sized = (height * scale >= _LOWEST) & (height * scale <= _HIGHEST) & (width <= _WIDEST * height)
    sized &= height < inside.shape[0]
    if not sized.any():
        return None
    marks = stats[1:][sized]
    left, top = marks[:, cv2.CC_STAT_LEFT], marks[:, cv2.CC_STAT_TOP]
    right, bottom = left + marks[:, cv2.CC_STAT_WIDTH], top + marks[:, cv2.CC_STAT_HEIGHT]
    return Box(
        (x0 + int(left.min())) * scale - _MARGIN,
        (y0 + int(top.min())) * scale - _MARGIN,
        (x0 + int(right.max())) * scale + _MARGIN,
        (y0 + int(bottom.max())) * scale + _MARGIN,
    )
