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
SPECK = 0.17  # square points of full ink: less than any decimal point of a readable size has
DIRT = 1.7  # square points: taken off where no letter is near
LETTER_NEAR = 9.0  # points from dirt to the next letter that makes it a part of the text; full-width colons need 6
FEW = 60  # specks on a page that may as well be meant


def is_bilevel(grey: Grey) -> bool:
    """Whether a page has nothing but black and white, as a fax has."""
    counts = cv2.calcHist([grey], [0], None, [256], [0, 256]).ravel()
    return bool(counts[12:244].sum() <= 0.001 * grey.size)


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
