"""Text boxes to line pictures: cut at the ruling lines, freed of their ink, set on paper of the line's own shade.

Boxes and walls are (x0, y0, x1, y1) in pixels, origin top left. A wall is a ruling line from end to end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Span = tuple[float, float, float, float]

HEIGHT = 48
"""Pixels: the height of a line picture, fixed by the recogniser."""
MARGIN = 24
"""Pixels of paper before and after the line: separators at an edge are read better (docs/decisions/0008)."""
_WIDTHS = (64, 96, 128, 160, 192, 224, 256, 288, 320, 384, 448, 512, 640, 768, 960, 1280, 1600, 2080, 2560, 3200)
_NEAR = 3.0
_SMALLEST = 4
_CROSSES = 0.8
_PAPER = 85
"""Percentile of a line's grey levels that is its paper's."""
_DRAWN, _APART = 1.5, 0.5
"""Heights by which a box is drawn out to the left, and by which a sign may stand before what follows it."""
_REACH = 5
"""Pixels from a box's side within which a rule is looked for."""
_CUT_RULE, _LONE_RULE = 0.8, 0.95
"""Dark share of a column that makes it a rule's: beside a wall, and where none is known."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a line stands: its box in whole pixels; `cut` tells whether a wall made its left or right side.

    `drawn` is how many of its columns, from the left, the detector had left outside.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    cut: tuple[bool, bool] = (False, False)
    drawn: int = 0


def places(boxes: Sequence[Span], walls: Sequence[Span], shape: tuple[int, ...]) -> list[Place]:
    """The boxes cut where walls cross them, within an image of the given shape."""
    upright = [wall for wall in walls if abs(wall[2] - wall[0]) < abs(wall[3] - wall[1])]
    level = [wall for wall in walls if abs(wall[2] - wall[0]) > abs(wall[3] - wall[1])]
    found = []
    for box, drawn in zip(boxes, _reaching_left(boxes), strict=True):
        for x0, x1, cut in _columns(drawn, upright):
            if x1 <= box[0] + _NEAR:
                continue
            for y0, y1 in _bands((x0, box[1], x1, box[3]), level):
                place = Place(
                    max(0, int(np.floor(x0))),
                    max(0, int(np.floor(y0))),
                    min(shape[1], int(np.ceil(x1))),
                    min(shape[0], int(np.ceil(y1))),
                    cut,
                    max(0, int(np.floor(box[0])) - max(0, int(np.floor(x0)))),
                )
                if place.x1 - place.x0 >= _SMALLEST and place.y1 - place.y0 >= _SMALLEST:
                    found.append(place)
    return found


def _reaching_left(boxes: Sequence[Span]) -> list[Span]:
    """The boxes drawn out to the left by one and a half of their height, but not beyond half the way to a neighbour.

    The detector tends to leave a minus sign outside, or the 一 of "一、"; `trimmed` takes back what holds no ink.
    """
    spans = np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
    drawn = []
    for x0, y0, x1, y1 in spans.tolist():
        beside = np.minimum(spans[:, 3], y1) - np.maximum(spans[:, 1], y0) > (y1 - y0) / 4
        before = spans[beside & (spans[:, 0] < x0) & (spans[:, 2] < (x0 + x1) / 2), 2]
        nearest = max(0.0, float(before.max(initial=0.0)))
        drawn.append((min(x0, max(x0 - _DRAWN * (y1 - y0), (nearest + x0) / 2)), y0, x1, y1))
    return drawn


def _columns(box: Span, upright: Sequence[Span]) -> list[tuple[float, float, tuple[bool, bool]]]:
    """The parts of a box between the upright walls: left, right, and which of the two is a wall."""
    x0, y0, x1, y1 = box
    rules = sorted(
        (a + c) / 2 for a, b, c, d in upright if _shared(b, d, y0, y1) and x0 - _NEAR < (a + c) / 2 < x1 + _NEAR
    )
    edges = [(x0, False), *((x, True) for x in rules if x0 < x < x1), (x1, False)]
    if rules:
        edges[0] = (x0, rules[0] <= x0)
        edges[-1] = (x1, rules[-1] >= x1)
    narrowest = (y1 - y0) / 4
    parts = [(left, right, (a, b)) for (left, a), (right, b) in pairwise(edges) if right - left >= narrowest]
    return parts or [(x0, x1, (False, False))]


def _bands(box: Span, level: Sequence[Span]) -> list[tuple[float, float]]:
    """The parts of a box between the level walls, without the slivers that belong to the next line."""
    x0, y0, x1, y1 = box
    rules = sorted((b + d) / 2 for a, b, c, d in level if _shared(a, c, x0, x1) and y0 < (b + d) / 2 < y1)
    bands = list(pairwise([y0, *rules, y1]))
    highest = max(bottom - top for top, bottom in bands)
    return [(top, bottom) for top, bottom in bands if bottom - top >= highest / 2]


def _shared(start: float, end: float, low: float, high: float) -> bool:
    """Whether start..end covers low..high but for a little."""
    covered = min(max(start, end), high) - max(min(start, end), low)
    return covered >= _CROSSES * (high - low)


def trimmed(grey: Image, place: Place) -> Place | None:
    """The place without rules at its sides and empty paper before it; None where a piece cut by a wall holds no ink."""
    piece = grey[place.y0 : place.y1, place.x0 : place.x1].astype(np.float32)
    share = _dark(piece)[0].mean(axis=0)
    left, right = _rule_end(share, cut=place.cut[0]), _rule_end(share[::-1], cut=place.cut[1])
    if piece.shape[1] - left - right < _SMALLEST:
        return None
    dark, contrast = _dark(piece[:, left : piece.shape[1] - right])  # a rule may be much darker than what is printed
    before = _before(dark[:, : place.drawn - left]) if place.drawn > left else 0
    rest = Place(place.x0 + left + before, place.y0, place.x1 - right, place.y1, place.cut)
    if rest.x1 - rest.x0 < _SMALLEST:
        return None
    if any(place.cut) and not _inked(dark[:, before:], contrast):
        return None
    return rest


def _dark(piece: NDArray[np.float32]) -> tuple[NDArray[np.bool_], float]:
    """Which pixels of a piece are nearer to its ink than to its paper, and how many grey levels these lie apart."""
    paper, ink = np.percentile(piece, (_PAPER, 2))
    return piece < (paper + ink) / 2, float(paper - ink)


def _before(dark: NDArray[np.bool_]) -> int:
    """How many columns of the drawn part, left of a box, hold nothing that belongs to its line.

    What belongs is as large as a minus sign, stands amid the line's height (rules run along its edges), and no further
    from what follows it than half that height.
    """
    height, width = dark.shape
    count, _, stats, centres = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=8)
    start = width
    for i in sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_LEFT])):
        x, _, w, h, area = (int(v) for v in stats[i])
        amid = 0.2 * height < centres[i][1] < 0.8 * height
        large = area >= height * height / 120 and max(w, h) >= height / 8
        if amid and large and start - (x + w) <= _APART * height:
            start = min(start, x)
    return max(0, int(start) - 2)


def _rule_end(share: NDArray[np.float64], *, cut: bool) -> int:
    """How many columns at a side are a rule's, which is dark over the height as no character is."""
    columns = share[:_REACH] >= (_CUT_RULE if cut else _LONE_RULE)
    if not columns.any():
        return 0
    start = int(columns.argmax())
    after = np.flatnonzero(~columns[start:])
    return start + (int(after[0]) + 1 if after.size else len(columns) - start)


def _inked(dark: NDArray[np.bool_], contrast: float) -> bool:
    """Whether something of a character's height is printed, specks left aside."""
    if contrast < 24:  # noqa: PLR2004  (grey levels: paper grain)
        return False
    height, width = dark.shape
    count, _, stats, _ = cv2.connectedComponentsWithStats(dark.astype(np.uint8), connectivity=8)
    tall = stats[1:count, cv2.CC_STAT_HEIGHT]
    large = stats[1:count, cv2.CC_STAT_AREA]
    return bool(((tall >= height / 4) & (large >= height * min(width, height) / 60)).any())


def line_picture(crop: Image) -> Image:
    """A crop at the recogniser's height, with paper around it, as wide as the next of a few fixed widths.

    The runtime compiles itself anew for every width it meets, so there are only a few. Grey or BGR in, BGR out.
    """
    width = scaled_width(crop)
    line = cv2.resize(np.ascontiguousarray(in_colour(crop)), (width, HEIGHT), interpolation=cv2.INTER_LINEAR)
    full = next(fixed for fixed in _WIDTHS if fixed >= width + 2 * MARGIN)
    picture = np.empty((HEIGHT, full, 3), dtype=np.uint8)
    picture[:] = np.percentile(line, _PAPER, axis=(0, 1)).astype(np.uint8)
    picture[:, MARGIN : MARGIN + width] = line
    return picture


def scaled_width(crop: Image) -> int:
    """How wide a crop is in its line picture: that of its own proportions, up to the widest picture."""
    return max(1, min(int(np.ceil(crop.shape[1] * HEIGHT / crop.shape[0])), _WIDTHS[-1] - 2 * MARGIN))


def in_colour(image: Image) -> Image:
    """A grey image as BGR; a BGR image as it is."""
    if image.ndim > 2:  # noqa: PLR2004  (rows, columns)
        return image
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)


def softened(image: Image) -> Image:
    """A page of black and white only, blurred to the greys the recogniser knows; a grey scan as it is."""
    grey = image[:, :, 1]
    middle, dark = int(((grey > 40) & (grey < 215)).sum()), int((grey <= 40).sum())  # noqa: PLR2004  (grey levels)
    if dark == 0 or middle > 0.1 * dark:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), 1.1), dtype=np.uint8)
