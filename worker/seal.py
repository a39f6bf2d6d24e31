"""Seals: found by colour and shape, lifted off so that the ink under them stays, their pictures kept."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Seal
from models.geometry import Box

Colour = NDArray[np.uint8]
Mask = NDArray[np.uint8]
Floats = NDArray[np.float32]

RED, BLUE = 2, 0  # channels of a BGR picture in which paste of that colour is as light as paper
VIVID = 14  # levels by which the faintest paste is lighter in its own channel than in the others; paper varies by 3
FAINT = 5  # the same at the blurred rim of its strokes
SHRINK = 4  # seals are looked for in a picture this much smaller
GAP = 4.5  # points a stroke of paste may be broken by the ink over it
SMALLEST, LARGEST = 36.0, 170.0  # points across: from a personal seal of 13 mm to one of 60 mm
SLIMMEST = 0.45  # short side to long side, ovals included
SOLID = 0.72  # share of its box that a pie chart covers and a seal does not
SECTORS = 36
CLOSED = 0.7  # share of the sectors of its rim in which a seal shows paste
RIM = (0.8, 1.1)  # of its half axes: where the rim of a seal is
MARGIN = 4.0  # points around a seal that go into its picture
INK = 110  # level in paste's own channel below which there is ink under it


@dataclass(frozen=True, slots=True)
class _Found:
    """A seal's box in pixels and the channel its paste is lightest in."""

    x0: int
    y0: int
    x1: int
    y1: int
    channel: int


def lifted(image: Colour, scale: float) -> tuple[Colour, tuple[Seal, ...]]:
    """The BGR page without its seals, and the seals with their boxes in points; the same array where there is none."""
    small = np.asarray(cv2.resize(image, None, fx=1 / SHRINK, fy=1 / SHRINK, interpolation=cv2.INTER_AREA), np.uint8)
    paper = _paper(small)
    balanced = _balanced(small, paper)
    found = [seal for channel in (RED, BLUE) for seal in _seals(balanced, channel, scale * SHRINK)]
    if not found:
        return image, ()
    page, seals = image.copy(), []
    for seal in found:
        part = _around(seal, image.shape, MARGIN / scale)
        picture = cv2.imencode(".png", image[part])[1].tobytes()
        box = Box(seal.x0 * scale, seal.y0 * scale, seal.x1 * scale, seal.y1 * scale)
        seals.append(Seal(box, picture))
        page[part] = _without_paste(page[part], paper, seal.channel)
    return page, tuple(seals)


def _paper(image: Colour) -> Floats:
    """The colour of the paper: what most of the lighter pixels have."""
    light = image.reshape(-1, 3)
    light = light[light.min(axis=1) >= np.percentile(light.min(axis=1), 50)]
    return np.asarray(np.median(light, axis=0), dtype=np.float32).clip(60, 255)


def _balanced(image: Colour, paper: Floats) -> Floats:
    """The picture as if its paper were white."""
    return np.asarray(image * (np.float32(255) / paper), dtype=np.float32)


def _tint(balanced: Floats, channel: int) -> Floats:
    """By how much a picture is lighter in a channel than in both others."""
    others = [balanced[..., other] for other in range(3) if other != channel]
    return np.asarray(balanced[..., channel] - np.maximum(*others), dtype=np.float32)


def _seals(balanced: Floats, channel: int, scale: float) -> list[_Found]:
    """The connected patches of paste that have the size and rim of a seal, in pixels of the full picture."""
    paste = ((_tint(balanced, channel) >= VIVID) & (balanced[..., channel] >= INK)).astype(np.uint8)
    if int(paste.sum()) < SMALLEST / scale:
        return []
    reach = max(1, round(GAP / 2 / scale))
    joined = cv2.morphologyEx(paste, cv2.MORPH_CLOSE, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        sized = all(SMALLEST <= side * scale <= LARGEST for side in (w, h))
        if not sized or min(w, h) < SLIMMEST * max(w, h):
            continue
        own = (paste[y : y + h, x : x + w] > 0) & (labels[y : y + h, x : x + w] == i)
        if own.mean() <= SOLID and _rim(own) >= CLOSED:
            found.append(_Found(x * SHRINK, y * SHRINK, (x + w) * SHRINK, (y + h) * SHRINK, channel))
    return found


def _rim(own: NDArray[np.bool_]) -> float:
    """Share of the directions from its middle in which a patch reaches its inscribed ellipse, or its box."""
    height, width = own.shape
    ys, xs = np.nonzero(own)
    u, v = (xs + 0.5) * 2 / width - 1, (ys + 0.5) * 2 / height - 1
    sector = ((np.arctan2(v, u) + np.pi) / (2 * np.pi) * SECTORS).astype(int) % SECTORS
    best = 0.0
    for distance in (np.hypot(u, v), np.maximum(np.abs(u), np.abs(v))):
        rim = (distance > RIM[0]) & (distance < RIM[1])
        best = max(best, np.unique(sector[rim]).size / SECTORS)
    return best


def _around(seal: _Found, shape: tuple[int, ...], margin: float) -> tuple[slice, slice]:
    m = round(margin)
    down = slice(max(0, seal.y0 - m), min(shape[0], seal.y1 + m))
    return down, slice(max(0, seal.x0 - m), min(shape[1], seal.x1 + m))


def _without_paste(part: Colour, paper: Floats, channel: int) -> Colour:
    """A patch of page without paste, in the tint of its paper.

    Paste is nearly as light as paper in its own channel, ink is dark in all: that channel is taken for the whole patch,
    and made lighter where there is paste, by as much as paste is darker than paper there.
    """
    balanced = _balanced(part, paper)
    tint = cv2.GaussianBlur(_tint(balanced, channel), (0, 0), 1.0)
    own = balanced[..., channel]
    paste = own[(tint >= VIVID) & (own >= INK)]
    level = float(np.percentile(paste, 20)) if paste.size else 255.0
    share = np.clip((tint - FAINT) / (VIVID - FAINT), 0, 1)
    plain = np.clip(own * (1 + share * max(0.0, 255.0 / level - 1)), 0, 255)
    return np.asarray(plain[..., None] * (paper / np.float32(255)), dtype=np.uint8)
