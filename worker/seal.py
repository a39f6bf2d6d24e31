"""Seals: found by colour and shape, lifted off so that the ink under them stays, their pictures kept."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Box, Seal

Colour = NDArray[np.uint8]
Mask = NDArray[np.uint8]

VIVID = 45  # saturation (0..255) of the faintest seal paste
SHRINK = 4  # seals are looked for in a picture this much smaller
SMALLEST, LARGEST = 36.0, 170.0  # points across: from a personal seal of 13 mm to one of 60 mm
SLIMMEST = 0.45  # short side to long side, ovals included
SOLID = 0.72  # share of its box that a pie chart covers and a seal does not
SECTORS = 36
CLOSED = 0.7  # share of the sectors of its rim in which a seal shows paste
MARGIN = 4.0  # points around a seal that go into its picture
INK = 105  # brightest channel of a pixel that is ink, under paste or not


def lifted(image: Colour, scale: float) -> tuple[Colour, tuple[Seal, ...]]:
    """The page without its seals, and the seals with their boxes in points; the same array where there is none.

    Paste is lightest in its own colour's channel, ink is dark in all: under a seal the lightest channel is kept.
    """
    small = cv2.resize(image, None, fx=1 / SHRINK, fy=1 / SHRINK, interpolation=cv2.INTER_AREA)
    paste = _paste(np.asarray(small, dtype=np.uint8))
    if int(paste.sum()) < (SMALLEST / scale / SHRINK):
        return image, ()
    found = _seals(paste, scale * SHRINK)
    if not found:
        return image, ()
    page, seals = image.copy(), []
    for x0, y0, x1, y1 in found:
        part = _around(image, (x0 * SHRINK, y0 * SHRINK, x1 * SHRINK, y1 * SHRINK), MARGIN / scale)
        picture = cv2.imencode(".png", image[part])[1].tobytes()
        box = Box(x0 * SHRINK * scale, y0 * SHRINK * scale, x1 * SHRINK * scale, y1 * SHRINK * scale)
        seals.append(Seal(box, picture))
        page[part] = _without_paste(image[part])
    return page, tuple(seals)


def _paste(image: Colour) -> Mask:
    """1 where a picture is as red or as blue as seal paste, else 0."""
    hsv = cv2.cvtColor(image, cv2.COLOR_BGR2HSV)
    hue, saturation, value = hsv[..., 0], hsv[..., 1], hsv[..., 2]
    red, blue = (hue <= 12) | (hue >= 160), (hue >= 96) & (hue <= 140)  # noqa: PLR2004  # OpenCV's hue: half degrees
    return ((red | blue) & (saturation >= VIVID) & (value >= INK)).astype(np.uint8)


def _seals(paste: Mask, scale: float) -> list[tuple[int, int, int, int]]:
    """Boxes (x0, y0, x1, y1) in pixels of the connected patches of paste that have the size and rim of a seal."""
    reach = max(1, round(2.5 / scale))
    joined = cv2.morphologyEx(paste, cv2.MORPH_CLOSE, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    boxes = []
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        if not (SMALLEST <= w * scale <= LARGEST and SMALLEST <= h * scale <= LARGEST):
            continue
        if min(w, h) < SLIMMEST * max(w, h):
            continue
        own = (paste[y : y + h, x : x + w] > 0) & (labels[y : y + h, x : x + w] == i)
        if own.mean() <= SOLID and _rim(own) >= CLOSED:
            boxes.append((x, y, x + w, y + h))
    return boxes


def _rim(own: NDArray[np.bool_]) -> float:
    """Share of the directions from its middle in which a patch reaches its inscribed ellipse, or its box."""
    height, width = own.shape
    ys, xs = np.nonzero(own)
    u, v = (xs + 0.5) * 2 / width - 1, (ys + 0.5) * 2 / height - 1
    sector = ((np.arctan2(v, u) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    best = 0.0
    for distance in (np.hypot(u, v), np.maximum(np.abs(u), np.abs(v))):
        rim = (distance > 0.8) & (distance < 1.1)  # noqa: PLR2004  # the stroke around a seal is a tenth of it
        best = max(best, np.unique(sector[rim]).size / SECTORS)
    return best


def _around(image: Colour, box: tuple[int, int, int, int], margin: float) -> tuple[slice, slice]:
    x0, y0, x1, y1 = box
    m = round(margin)
    return slice(max(0, y0 - m), min(image.shape[0], y1 + m)), slice(max(0, x0 - m), min(image.shape[1], x1 + m))


def _without_paste(part: Colour) -> Colour:
    """A patch of page with its coloured pixels made grey: paste as light as paper, ink as dark as it is."""
    hsv = cv2.cvtColor(part, cv2.COLOR_BGR2HSV)
    lightest = hsv[..., 2]
    coloured = cv2.dilate((hsv[..., 1] >= VIVID).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    paper = float(np.percentile(lightest, 90))
    paste = lightest[coloured & (lightest >= INK)]
    level = float(np.percentile(paste, 25)) if paste.size else paper
    lifted_ = np.clip(lightest * (paper / max(level, 1.0)), 0, paper).astype(np.uint8)
    grey = np.where(coloured, lifted_, 0)
    return np.where(coloured[..., None], np.repeat(grey[..., None], 3, axis=2), part).astype(np.uint8)
