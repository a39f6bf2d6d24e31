"""Ruling lines of a straightened page: found by their thinness, joined over breaks, ended at the lines they meet.

All lengths here are pixels of the given image, origin top left; `scale` is points per pixel (72/dpi). A line is
accepted piece by piece between the lines that cross it, where ink covers most of the piece from end to end: a fax
drop-out does not open a cell, and text standing at the height of a line does not close one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Segment = tuple[float, float, float, float]

THICKEST = 5.0  # points: what is thicker is no rule
SHORTEST_PIECE = 8.0  # points: a row is hardly lower, and many strokes of letters are shorter
CONTRAST = 28  # grey levels a rule is darker than both its sides
DOUBLE = 2.6  # points between the two strokes of a double rule
REACH = 5.0  # points a rule may fall short of the rule it should meet
FAR = 11.0  # points it may fall short of where it is judged
COVERED = 0.55  # share of a piece between two crossings that must be inked without cross strokes
ENDS = 0.4  # share of both ends of such a piece that must be inked
UNBROKEN = 0.78  # the same for a long run: true ones show 0.9 even in a fax, rows of letters up to 0.75
CERTAIN = 0.85  # share from which the ends do not matter
SPAN = 90.0  # points within which the next rule of the same table stands
GAP = 30.0  # points between pieces of one candidate
DENSE = 0.4  # share of a candidate that its pieces cover
BARE = 0.7  # share of a short line that must have nothing beside it
ONE_SIDE = 0.95  # or of one of its sides for twice as far
LETTER = 45.0  # points: shorter lines may be the strokes of large letters
CORNERS = 2  # lines a rule of a table meets at least
HEAD = 5  # rules of a table's head at most
LONE = 0.2  # share of the page a rule must run when it meets fewer than two others


@dataclass(frozen=True, slots=True)
class Rules:
    """Ruling segments as (x0, y0, x1, y1) with x0 <= x1 and y0 <= y1, in pixels of the straightened image."""

    horizontal: tuple[Segment, ...] = ()
    vertical: tuple[Segment, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.horizontal + self.vertical

    def points(self, scale: float) -> tuple[Segment, ...]:
        """All segments in points."""
        return tuple((x0 * scale, y0 * scale, x1 * scale, y1 * scale) for x0, y0, x1, y1 in self.segments)


@dataclass(frozen=True, slots=True)
class _Line:
    """A candidate along the first axis: its inked extent, the heights at which it runs (`knots`: position, height)."""

    start: float
    end: float
    height: float  # in the middle
    knots: tuple[tuple[float, float], ...]

    def at(self, positions: Sequence[float] | NDArray[np.int64]) -> NDArray[np.float64]:
        heights = np.interp(positions, [p for p, _ in self.knots], [h for _, h in self.knots])
        return np.asarray(heights, dtype=np.float64)


def thin_dark(grey: Grey, thickest: int, vertical: bool) -> Grey:
    """How much darker a pixel is than the paper on both sides, for strokes up to `thickest` pixels across."""
    size = (thickest, 1) if vertical else (1, thickest)
    kernel = cv2.getStructuringElement(cv2.MORPH_RECT, size)
    return np.asarray(cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel), dtype=np.uint8)


def find(grey: Grey, scale: float) -> Rules:
    """The ruling lines of a straightened grey page image."""
    thickest = max(5, round(THICKEST / scale)) | 1
    flat = (thin_dark(grey, thickest, vertical=False) > CONTRAST).astype(np.uint8)
    upright = (thin_dark(grey, thickest, vertical=True) > CONTRAST).astype(np.uint8)
    strokes = flat | upright
    upright = np.ascontiguousarray(upright.T)
    rows, columns = _candidates(flat, scale), _candidates(upright, scale)
    rows, columns = _plausible(rows, columns, scale), _plausible(columns, rows, scale)
    across, along = columns, rows
    for _ in range(2):  # what is no rule is no crossing either: the second time only rules count
        horizontal = _confirmed(rows, across, flat, strokes, scale)
        vertical = _confirmed(columns, along, upright, strokes.T, scale)
        along, across = _as_lines(horizontal), _as_lines(vertical)
    horizontal, vertical = _meeting(horizontal, vertical, scale, grey.shape)
    vertical = _without_strays(vertical, horizontal, REACH / scale)
    return Rules(tuple(horizontal), tuple((y0, x0, y1, x1) for x0, y0, x1, y1 in vertical))


def _candidates(mask: Grey, scale: float) -> list[_Line]:
    """Lines along x of a 0/1 mask: long straight runs, those at one height chained, double strokes taken as one."""
    shortest = max(9, round(SHORTEST_PIECE / scale))
    closed = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, max(3, round(1.0 / scale))), np.uint8))
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((1, shortest), np.uint8))
    pieces = list(_pieces(np.asarray(opened, dtype=np.uint8), shortest, max(5.0, THICKEST / scale)))
    pieces.sort(key=lambda piece: piece[2])
    parts = (part for group in _groups(pieces, DOUBLE / scale) for part in _apart(group, GAP / scale))
    return [_line_of(part) for part in parts]


def _pieces(
    mask: Grey, shortest: int, tallest: float, left: int = 0, top: int = 0
) -> Iterable[tuple[float, float, float]]:
    """The runs of an opened mask as (start, end, height), those grown together with a slanting stroke freed of it."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(mask, connectivity=8)
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        if h <= tallest:
            yield float(left + x), float(left + x + w - 1), float(top + centres[i][1])
        elif w > 2 * shortest:
            own = (labels[y : y + h, x : x + w] == i).astype(np.uint8)
            longer = cv2.morphologyEx(own, cv2.MORPH_OPEN, np.ones((1, 2 * shortest), np.uint8))
            yield from _pieces(np.asarray(longer, dtype=np.uint8), 2 * shortest, tallest, left + x, top + y)


def _plausible(lines: Sequence[_Line], crossing: Sequence[_Line], scale: float) -> list[_Line]:
    """The candidates without those no longer than a letter's stroke that do not reach from one long line to another."""
    reach, letter = REACH / scale, LETTER / scale
    long = np.array([(o.height, o.start - reach, o.end + reach) for o in crossing if o.end - o.start > letter])
    kept = []
    for line in lines:
        if line.end - line.start <= letter:
            if not long.size:
                continue
            near = long[(long[:, 1] <= line.height) & (long[:, 2] >= line.height), 0]
            if not (np.any(np.abs(near - line.start) <= reach) and np.any(np.abs(near - line.end) <= reach)):
                continue
        kept.append(line)
    return kept


def _groups(pieces: Sequence[tuple[float, float, float]], near: float) -> Iterable[list[tuple[float, float, float]]]:
    """Pieces sorted by height, split where the next one is more than `near` from the length-weighted middle so far."""
    group: list[tuple[float, float, float]] = []
    weight = total = 0.0
    for start, end, height in pieces:
        if group and height - total / weight > near:
            yield group
            group, weight, total = [], 0.0, 0.0
        group.append((start, end, height))
        length = end - start + 1
        weight, total = weight + length, total + length * height
    if group:
        yield group


def _apart(group: Sequence[tuple[float, float, float]], gap: float) -> Iterable[list[tuple[float, float, float]]]:
    """Pieces of one height, parted where nothing is for longer than `gap`, at shorter gaps where they are sparse."""
    part: list[tuple[float, float, float]] = []
    for piece in [*sorted(group), (np.inf, np.inf, 0.0)]:
        end = max((p[1] for p in part), default=piece[0])
        if part and piece[0] - end > gap:
            if sum(p[1] - p[0] for p in part) >= DENSE * (end - part[0][0]):
                yield part
            else:
                yield from _apart(part, gap / 3)
            part = []
        part.append(piece)


def _line_of(group: Sequence[tuple[float, float, float]]) -> _Line:
    """The line through pieces of about one height; where they lie side by side it keeps to the longest."""
    start, end = min(p[0] for p in group), max(p[1] for p in group)
    knots = []
    for position in sorted({side for piece in group for side in piece[:2]}):
        here = [piece for piece in group if piece[0] <= position <= piece[1]]
        knots.append((position, max(here, key=lambda piece: piece[1] - piece[0])[2]))
    middles = np.interp(np.linspace(start, end, 33), [p for p, _ in knots], [h for _, h in knots])
    return _Line(start, end, float(np.median(middles)), tuple(knots))


def _confirmed(
    lines: Sequence[_Line], crossing: Sequence[_Line], mask: Grey, strokes: Grey, scale: float
) -> list[Segment]:
    """The parts of the candidates that ink bears out, piece by piece between the lines that may cross them."""
    segments: list[Segment] = []
    places = np.array([(o.height, o.start, o.end) for o in crossing]).reshape(-1, 3)
    for line in lines:
        cuts = _cuts(line, places, FAR / scale)
        ink = _ink_along(line, cuts, mask, strokes, scale)
        whole = len(_cuts(line, places, SPAN / scale)) == len(cuts)
        for start, end in _runs(cuts, ink, whole):
            height = float(np.median(line.at(np.linspace(start, end, 5).tolist())))
            segments.append((start, height, end, height))
    return segments


def _as_lines(segments: Sequence[Segment]) -> list[_Line]:
    return [_Line(start, end, height, ((start, height), (end, height))) for start, height, end, _ in segments]


def _cuts(line: _Line, crossing: NDArray[np.float64], reach: float) -> list[float]:
    """Where others (rows of position, start, end) may cross the line, in order; its own ends where none is near."""
    meets = (crossing[:, 1] - reach <= line.height) & (line.height <= crossing[:, 2] + reach)
    meets &= (crossing[:, 0] >= line.start - reach) & (crossing[:, 0] <= line.end + reach)
    cuts: list[float] = crossing[meets, 0].tolist()
    ends = [end for end in (line.start, line.end) if all(abs(cut - end) > reach for cut in cuts)]
    return sorted({*cuts, *ends})


@dataclass(frozen=True, slots=True)
class _Ink:
    """Cumulated counts of pixels along a line, from `first` on.

    `inked` counts those on a stroke, `plain` those of them without strokes to both sides, `around` the places without
    strokes near to either side, and those without strokes further off to one of them (the better one).
    """

    first: int
    inked: NDArray[np.int64]
    plain: NDArray[np.int64]
    around: tuple[NDArray[np.int64], NDArray[np.int64]]
    margin: int
    zone: int
    letter: int

    def bears_out(self, start: float, end: float) -> tuple[bool, bool]:
        """Whether the piece between two crossings is ruled (mostly inked, without cross strokes, from end to end), and
        whether without a break."""
        a, b = self._indices(start, end)
        if b - a <= 4 * self.margin:
            return True, True
        a, b = a + self.margin, b - self.margin
        share = (self.plain[b] - self.plain[a]) / (b - a)
        zone = min(self.zone, b - a)
        ends = min(self.inked[a + zone] - self.inked[a], self.inked[b] - self.inked[b - zone]) / zone
        ruled = (share >= COVERED and ends >= ENDS) or (share >= CERTAIN and b - a > self.letter)
        return bool(ruled), bool(share >= CERTAIN and ends >= CERTAIN)

    def is_alone(self, start: float, end: float) -> bool:
        """Whether a piece has nothing beside it, or nothing for further off to one of its sides, as no letter has."""
        a, b = self._indices(start, end)
        if b - a <= 4 * self.margin:
            return False
        a, b = a + self.margin, b - self.margin
        bare, one_side = ((counts[b] - counts[a]) / (b - a) for counts in self.around)
        return bool(bare >= BARE or one_side >= ONE_SIDE)

    def _indices(self, start: float, end: float) -> tuple[int, int]:
        a, b = (min(max(round(p) - self.first, 0), self.inked.size - 1) for p in (start, end))
        return a, b

    def is_no_text(self, start: float, end: float) -> bool:
        """Whether a long run is a rule, unbroken or broken where all is empty, and not a line of letters' strokes."""
        a, b = self._indices(start, end)
        plain, bare = ((counts[b] - counts[a]) / max(1, b - a) for counts in (self.plain, self.around[0]))
        return bool(plain >= UNBROKEN or bare >= CERTAIN)


def _ink_along(line: _Line, cuts: Sequence[float], mask: Grey, strokes: Grey, scale: float) -> _Ink:
    """What stands within half a stroke of a line, and beside it, from the first cut to the last."""
    positions = np.arange(max(0, int(cuts[0])), min(int(cuts[-1]) + 1, mask.shape[1]))
    heights = np.rint(line.at(positions)).astype(np.int64)
    spread = max(1, round(0.6 / scale))

    def band(source: Grey, first: int, last: int) -> NDArray[np.bool_]:
        rows = (heights + np.arange(first, last + 1)[:, None]).clip(0, source.shape[0] - 1)
        return np.asarray(source[rows, positions].any(axis=0), dtype=np.bool_)

    inked = band(mask, -spread, spread)
    beside = _half_thickness(mask, heights, positions) + round(0.9 / scale)
    near, further, clear = beside + 1, beside + max(1, round(2.5 / scale)), beside + round(5.0 / scale)
    both_sides = band(strokes, -near, -beside) & band(strokes, beside, near)
    bare = ~(band(strokes, -further, -beside) | band(strokes, beside, further))
    sides = [_counted(~band(strokes, *side)) for side in ((-clear, -beside), (beside, clear))]
    around = _counted(bare), max(sides, key=lambda counts: int(counts[-1]))
    margin, zone, letter = max(2, round(1.0 / scale)), max(3, round(2.0 / scale)), round(LETTER / scale)
    return _Ink(int(positions[0]), _counted(inked), _counted(inked & ~both_sides), around, margin, zone, letter)


def _counted(found: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many of the places before each one were found."""
    return np.concatenate(([0], np.cumsum(found, dtype=np.int64)))


def _half_thickness(mask: Grey, heights: NDArray[np.int64], positions: NDArray[np.int64]) -> int:
    """Pixels from the middle of a line to its edge, the median over its inked places; at least one."""
    reach = np.arange(-12, 13)
    column = mask[(heights + reach[:, None]).clip(0, mask.shape[0] - 1), positions] > 0
    thick = column[:, column[12]].sum(axis=0)
    return max(1, math.ceil(float(np.median(thick)) / 2)) if thick.size else 1


def _runs(cuts: Sequence[float], ink: _Ink, whole: bool) -> Iterable[tuple[float, float]]:
    """Neighbouring pieces between cuts that are ruled, joined.

    What is as short as a letter must be unbroken and either stand alone or cross its `whole` table.
    """
    begin, unbroken, alone = cuts[0], True, False
    for start, end in itertools.pairwise([*cuts, cuts[-1]]):
        ruled, certain = ink.bears_out(start, end) if end > start else (False, False)
        if ruled:
            unbroken &= certain
            alone |= certain and ink.is_alone(start, end)
            continue
        crosses = whole and unbroken and (begin, start) == (cuts[0], cuts[-1]) and start - begin > 4 * ink.zone
        long = start - begin > ink.letter and ink.is_no_text(begin, start)
        if start > begin and (alone or crosses or long):
            yield begin, start
        begin, unbroken, alone = end, True, False


def _meeting(
    horizontal: Sequence[Segment], vertical: Sequence[Segment], scale: float, shape: Sequence[int]
) -> tuple[list[Segment], list[Segment]]:
    """Both kinds ended exactly at the lines they meet; short ones that meet fewer than two others are left out.

    `vertical` comes and goes transposed: its x is the page's y.
    """
    reach = REACH / scale

    def kept(segments: Sequence[Segment], others: Sequence[Segment], long: float) -> list[Segment]:
        ended = [_snapped(s, others, reach) for s in segments]
        return [s for s, meets in ended if s[2] - s[0] >= (long if meets < CORNERS else reach)]

    for _ in range(3):
        horizontal, vertical = (
            kept(horizontal, vertical, LONE * shape[1]),
            kept(vertical, horizontal, LONE * shape[0]),
        )
    return list(horizontal), list(vertical)


def _without_strays(vertical: Sequence[Segment], horizontal: Sequence[Segment], reach: float) -> list[Segment]:
    """The vertical segments without those that part one row of a table's body and no other: stains, hand-drawn strokes.

    In a head, the first `HEAD` rules of a table, one row may well be parted alone. `vertical` is transposed.
    """
    kept = []
    for segment in vertical:
        start, x, end, _ = segment
        crossing = [y for x0, y, x1, _ in horizontal if x0 - reach <= x <= x1 + reach]
        rows = sum(start + reach < y < end - reach for y in crossing) + 1
        above = sum(y <= start + reach for y in crossing)
        in_line = any(other is not segment and abs(other[1] - x) <= reach for other in vertical)
        if in_line or rows > 1 or above <= HEAD:
            kept.append(segment)
    return kept


def _snapped(segment: Segment, others: Sequence[Segment], reach: float) -> tuple[Segment, int]:
    """A segment with its ends moved onto the lines they nearly meet, and how many lines it meets.

    What runs out in the middle of a cell goes back to the last line it met.
    """
    start, height, end, _ = segment
    places = sorted(o[1] for o in others if o[0] - reach <= height <= o[2] + reach)
    meeting = [place for place in places if start - reach <= place <= end + reach]
    if not meeting:
        return segment, 0
    if abs(meeting[0] - start) <= reach or places[0] < start:
        start = meeting[0]
    if abs(meeting[-1] - end) <= reach or places[-1] > end:
        end = meeting[-1]
    return (start, height, max(start, end), height), len(meeting)
