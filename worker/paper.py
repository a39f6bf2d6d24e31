"""Shadow and specks taken off a grey page, ink left as it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]

WHITE = 249  # grey level from which paper needs no lightening
BLOCK = 3.0  # points: the paper's level is looked up this finely
INK = 150  # grey level of flattened paper below which a pixel is ink
FAINT = 215  # grey level below which a grey page is not paper
BORDER = 0.55  # of the paper's grey level: what is lighter is shadow, which `flattened` takes off
BAR = 4.0  # points: bars at the edge are thicker than this, rules and strokes are not
STREAK = 2.0  # points across at most
EDGE = 6.0  # points from the page's edge: a streak shows there too, a table filed with the narrowest margin does not
DARKER = 20  # grey levels a streak is darker than both its sides
BLACK = 0.35  # of the paper's grey level: a darker streak shows nothing of the ink under it
REACHES, UNBROKEN = 0.4, 0.6  # share of a streak that shows near both edges, and on the whole page
SPECK = 0.17  # square points of full ink: less than any decimal point of a readable size has
DIRT = 1.7  # square points: taken off where no letter is near
LETTER_NEAR = 9.0  # points from dirt to the next letter that makes it a part of the text; full-width colons need 6
FEW = 60  # specks on a page that may as well be meant


def is_bilevel(grey: Grey) -> bool:
    """Whether a page has nothing but black and white, as a fax has."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    return bool(counts[12:244].sum() <= 0.001 * grey.size)


def unbordered(grey: Grey, scale: float) -> Grey:
    """The page without the dark bars and wedges at its edges that a scanner's lid leaves; the same array without any.

    Only what is thicker than a rule or a letter's stroke, and reaches the edge, is made as light as the paper.
    """
    paper = float(np.median(grey))
    dark = (grey < BORDER * paper).astype(np.uint8)
    size = max(3, round(BAR / scale))
    framed = cv2.copyMakeBorder(dark, size, size, size, size, cv2.BORDER_REPLICATE)
    opened = cv2.morphologyEx(framed, cv2.MORPH_OPEN, np.ones((size, size), np.uint8))
    thick = np.asarray(opened[size:-size, size:-size], dtype=np.uint8).copy()
    _, labels = cv2.connectedComponents(thick, connectivity=8)
    edges = np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]])
    touching = np.unique(edges[edges > 0])
    if not touching.size:
        return grey
    reach = 2 * max(1, round(0.5 / scale)) + 1
    bars = cv2.dilate(np.isin(labels, touching).astype(np.uint8), np.ones((reach, reach), np.uint8))
    return np.where(bars > 0, np.uint8(paper), grey)


def unstreaked(grey: Grey, scale: float, barred: NDArray[np.bool_] | None = None) -> Grey:
    """The page without thin lines from edge to edge along its sides, as dirt on a scanner's glass draws them.

    A table's rules end with the table, at the latest some points before the edge. `barred` tells where bars were taken
    off, which hide the ends of streaks. The same array where there is none.
    """
    for vertical in (True, False):
        page: Grey = grey if vertical else np.ascontiguousarray(grey.T)
        streaks = _streaks(page, scale, barred if barred is None or vertical else barred.T)
        if streaks:
            page = page.copy()
            for left, right in streaks:
                page[:, left:right] = _cleared(page, left, right)
            grey = np.ascontiguousarray(page if vertical else page.T)
    return grey


def _cleared(page: Grey, left: int, right: int) -> Grey:
    """A streak's columns made as light as the paper: ink under a grey streak stays, being darker than the streak.

    A black streak hides what is under it; what is dark on both its sides is then taken to cross it.
    """
    beside = page[:, [max(0, left - 1), min(right, page.shape[1] - 1)]].max(axis=1)
    light = float(np.median(beside))
    level = np.median(page[:, left:right], axis=0)
    if float(level.min()) < BLACK * light:
        return np.repeat(beside[:, None], right - left, axis=1)
    lightened = page[:, left:right] * (light / np.minimum(level, light))
    return np.asarray(np.minimum(lightened, light), dtype=np.uint8)


def _streaks(grey: Grey, scale: float, barred: NDArray[np.bool_] | None) -> list[tuple[int, int]]:
    """The first and one past the last column of each vertical streak, a pixel of its slope on both sides included."""
    wide = 2 * max(1, round(STREAK / scale)) + 1
    darker = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((1, wide), np.uint8)) > DARKER
    if barred is not None:
        darker |= barred
    zone = max(1, round(EDGE / scale))
    through = np.minimum(darker[:zone].mean(axis=0), darker[-zone:].mean(axis=0)) >= REACHES
    found = np.flatnonzero((darker.mean(axis=0) >= UNBROKEN) & through)
    groups = np.split(found, np.flatnonzero(np.diff(found) > 1) + 1) if found.size else []
    return [(max(0, int(group[0]) - 1), min(grey.shape[1], int(group[-1]) + 2)) for group in groups]


def flattened(grey: Grey, scale: float) -> Grey:
    """The page on evenly white paper; the same array where it is white already.

    The paper's level is the lightest of each neighbourhood, so wide dark areas (photographs, filled cells) larger than
    some 20 points lose their darkness to it.
    """
    block = max(2, round(BLOCK / scale))
    size = (max(1, grey.shape[1] // block), max(1, grey.shape[0] // block))
    small = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    level = cv2.medianBlur(np.asarray(cv2.dilate(small, np.ones((5, 5), np.uint8)), dtype=np.uint8), 9)
    if np.percentile(level, 2) >= WHITE:
        return grey
    wide = cv2.resize(level, (grey.shape[1], grey.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.divide(grey, np.maximum(wide, 40), scale=255.0), dtype=np.uint8)


def despeckled(grey: Grey, scale: float) -> Grey:
    """The page without specks: those with less ink than any decimal point, and larger ones where no letter is near.

    A page with a few specks only comes back as it is. In black-and-white pages single white pixels in ink are filled.
    """
    bilevel = is_bilevel(grey)
    ink = (grey < (INK if bilevel else FAINT)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    area = stats[:, cv2.CC_STAT_AREA] * scale**2
    small = area <= DIRT
    if int(small.sum()) < FEW:
        return grey
    flat = labels.ravel()
    mass = np.bincount(flat, weights=255.0 - grey.ravel(), minlength=count) / 255 * scale**2
    letters = ((~small)[labels] & (ink > 0)).astype(np.uint8)
    reach = 2 * round(LETTER_NEAR / scale) + 1
    near = cv2.dilate(cv2.dilate(letters, np.ones((1, reach), np.uint8)), np.ones((reach, 1), np.uint8))
    beside = np.bincount(flat, weights=near.ravel(), minlength=count) > 0
    gone = (small & ~beside) | (mass <= SPECK)
    gone[0] = False
    spots = cv2.dilate(gone[labels].astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    cleaned = grey.copy()
    cleaned[spots & ~((ink > 0) & ~gone[labels])] = 255
    return filled(cleaned) if bilevel else cleaned


def filled(grey: Grey) -> Grey:
    """A black-and-white page with its single white pixels inside ink made black."""
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    cross[1, 1] = 0
    holes = (grey > INK) & (cv2.dilate(grey, cross) <= INK)
    return np.where(holes, np.uint8(0), grey)
