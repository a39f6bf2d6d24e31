"""Skew, keystone and curl of a scanned page: measured on its ruling lines, taken out by a smooth warp.

A point (X, Y) of the straight page shows at x = X + g(X, Y), y = Y + f(X, Y) of the picture. f and g are Chebyshev
polynomials in both directions. A horizontal line knows nothing of where it should stand, only that Y is the same all
along it, so f has no terms in Y alone and g none in X alone: the page is straightened, never stretched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Floats = NDArray[np.float64]

STEEPEST = 8.0  # degrees of skew looked for; more than that is another orientation
NODE = 18.0  # points between the nodes of the mesh
STRIP = 2.9  # points averaged along a line
PIECE = 5  # strips: the shortest run followed
BESIDE = (1.4, 4.0)  # points: where a line of letters has other strokes, and a rule has mostly none
BARE = 0.35  # share of a run that must have none
TALLEST = 1.2  # pixels across for each strip along, or it is no line
THICKEST = 5.0  # points
CONTRAST = 25  # grey levels a rule is darker than both its sides
LONGEST_GAP = 40.0  # points a line may be broken
SHORTEST = 55.0  # points: shorter chains tell more about letters than about the page
DARK = 170  # grey level of ink in a shrunken page
LEAST_INK, ENOUGH_INK = 200, 40_000  # pixels from which a page has a skew at all, and with which it is measured
TELLING = 24.0  # pixels of a line's end that tell its slope
STILL = 0.3  # pixels: a warp that moves nothing further is left out
LONG = 0.25  # of the page's side: lines that must agree in their direction
ENOUGH_LINES = 5  # of them, or there is no telling who is astray
APART = 0.1  # of the page's side between two lines that tell how directions change
ASTRAY = 0.004  # slope by which a line may differ from its neighbours
ORDERS = (6, 3)  # of f in X and Y, of g in Y and X
STIFFNESS = 5e-6  # weight of the penalty on bending


@dataclass(frozen=True, slots=True)
class Warp:
    """Where the points of the straight page show in the picture, in pixels of both (they have the same size)."""

    width: int
    height: int
    angle: float
    right: Floats  # coefficients of g[order in Y, order in X]
    down: Floats  # coefficients of f[order in X, order in Y]
    hull: tuple[float, float, float, float]  # where lines were seen; higher orders go no further

    def unmoved(self) -> Warp:
        """The warp that leaves a page of this size as it is."""
        return Warp(self.width, self.height, 0.0, np.zeros((2, 2)), np.zeros((2, 2)), (-1.0, -1.0, 1.0, 1.0))

    @property
    def skew(self) -> float:
        """Degrees the lines of the page run down to the right, on average."""
        slope = self.down[1, 0] * 2 / self.width if self.down.shape[0] > 1 else 0.0
        return self.angle + float(np.degrees(np.arctan(slope)))

    def source(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Picture coordinates of points of the straight page."""
        g, f = self._shift(x, y)
        return _turned(x + g, y + f, self.angle, self.width, self.height)

    def _shift(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        u, v = 2 * x / self.width - 1, 2 * y / self.height - 1
        inner_u, inner_v = np.clip(u, self.hull[0], self.hull[2]), np.clip(v, self.hull[1], self.hull[3])
        return (
            _surface(self.right, v, u, inner_v, inner_u),
            _surface(self.down, u, v, inner_u, inner_v),
        )

    def moves(self) -> float:
        """The furthest any corner or middle of the page moves, in pixels."""
        x, y = (a.ravel() for a in np.meshgrid(np.linspace(0, self.width, 7), np.linspace(0, self.height, 7)))
        sx, sy = self.source(x, y)
        return float(np.hypot(sx - x, sy - y).max())

    def lattice(self, scale: float) -> tuple[Floats, Floats]:
        """Picture coordinates of the nodes of an even lattice over the straight page, corners included."""
        columns, rows = (max(2, round(side * scale / NODE) + 1) for side in (self.width, self.height))
        x, y = np.meshgrid(np.linspace(0, self.width, columns), np.linspace(0, self.height, rows))
        return self.source(x, y)


def _turned(x: Floats, y: Floats, degrees: float, width: float, height: float) -> tuple[Floats, Floats]:
    """Points turned about the middle of the page; positive degrees turn lines down to the right."""
    turn = np.radians(degrees)
    dx, dy = x - width / 2, y - height / 2
    return (
        np.cos(turn) * dx - np.sin(turn) * dy + width / 2,
        np.sin(turn) * dx + np.cos(turn) * dy + height / 2,
    )


def _powers(t: Floats, order: int) -> Floats:
    """Chebyshev polynomials T0..T(order) of t, last axis."""
    return np.asarray(np.polynomial.chebyshev.chebvander(t, order), dtype=np.float64)


def _terms(t: Floats, s: Floats, inner_t: Floats, inner_s: Floats, shape: tuple[int, int]) -> Floats:
    """All products Ti(t) Tj(s), last axis flattened; beyond the hull only the bilinear ones go on growing."""
    inside = _powers(inner_t, shape[0] - 1)[..., :, None] * _powers(inner_s, shape[1] - 1)[..., None, :]
    inside[..., :2, :2] = _powers(t, 1)[..., :, None] * _powers(s, 1)[..., None, :]
    return inside.reshape((*t.shape, -1))


def _surface(coefficients: Floats, t: Floats, s: Floats, inner_t: Floats, inner_s: Floats) -> Floats:
    shape = (coefficients.shape[0], coefficients.shape[1])
    return np.asarray(_terms(t, s, inner_t, inner_s, shape) @ coefficients.ravel(), dtype=np.float64)


def skew(grey: Grey) -> float:
    """Degrees by which the text and lines of a flattened page run down to the right, to about 0.05 degree.

    The angle at which ink projected along it gathers in the fewest rows: the sum of their squares is greatest. Coarsely
    at a quarter of the resolution, where letters run together to lines, then finely at half of it.
    """
    best, spread = 0.0, STEEPEST
    for shrink, pace in ((0.25, 0.4), (0.25, 0.1), (0.5, 0.05), (0.5, 0.02)):
        x, y = _ink_points(grey, shrink)
        if x.size < LEAST_INK:
            return 0.0
        angles = np.arange(best - spread, best + spread + pace / 2, pace).tolist()
        best = max(angles, key=lambda angle: _gathered(x, y, angle))
        spread = 2 * pace
    return best


def _ink_points(grey: Grey, shrink: float) -> tuple[Floats, Floats]:
    """Coordinates of ink in a smaller picture, at most some tens of thousands, the same ones every time."""
    small = cv2.resize(grey, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
    ys, xs = np.nonzero(small < DARK)
    if ys.size > ENOUGH_INK:
        some = np.random.default_rng(0).choice(ys.size, ENOUGH_INK, replace=False)
        ys, xs = ys[some], xs[some]
    return xs.astype(np.float64), ys.astype(np.float64)


def _gathered(x: Floats, y: Floats, degrees: float) -> float:
    """Sum of the squares of the rows, each point shared between the two rows it lies between."""
    turn = np.radians(degrees)
    height = y * np.cos(turn) - x * np.sin(turn)
    height -= height.min()
    row = height.astype(np.int64)
    part = height - row
    size = int(row.max()) + 2
    rows = np.bincount(row, 1 - part, minlength=size) + np.bincount(row + 1, part, minlength=size)
    return float(np.square(rows).sum())


def chains(grey: Grey, scale: float, vertical: bool = False) -> list[Floats]:
    """Long thin dark lines running along x (along y if `vertical`), each as points (x, y) to a fraction of a pixel.

    The picture is averaged over strips along the line's direction first: a sloping rule stays what it is, letters fade.
    """
    strip = max(2, round(STRIP / scale))
    height, width = grey.shape
    size = (width, height // strip) if vertical else (width // strip, height)
    strips = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    if vertical:
        strips = np.ascontiguousarray(strips.T)
    kernel = np.ones((max(5, round(THICKEST / scale)) | 1, 1), np.uint8)
    dark = np.asarray(cv2.morphologyEx(strips, cv2.MORPH_BLACKHAT, kernel), dtype=np.uint8)
    beside = [round(distance / scale) for distance in BESIDE]
    pace = (height if vertical else width) / strips.shape[1]
    lines = [
        np.stack([(line[:, 0] + 0.5) * pace, line[:, 1] + 0.5], axis=1) for line in _traced(dark, beside[0], beside[1])
    ]
    long = [line for line in _linked(lines, scale) if line[-1, 0] - line[0, 0] >= SHORTEST / scale]
    return [line[:, ::-1] for line in long] if vertical else long


def _traced(dark: Grey, near: int, far: int) -> list[Floats]:
    """Runs of at least `PIECE` strips, each as (strip, darkness-weighted height); slopes up to one pixel a strip.

    Runs with other strokes `near` to `far` pixels beside them are letters.
    """
    mask = (dark > CONTRAST).astype(np.uint8)
    thick = cv2.dilate(mask, np.ones((3, 1), np.uint8))
    runs = cv2.morphologyEx(thick, cv2.MORPH_OPEN, np.ones((1, PIECE), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(runs, connectivity=8)
    pieces = []
    for i in range(1, count):
        x, y, w, h, _ = (int(v) for v in stats[i])
        if h > TALLEST * w:
            continue
        weight = np.where(labels[y : y + h, x : x + w] == i, dark[y : y + h, x : x + w], 0).astype(np.float64)
        total = weight.sum(axis=0)
        seen = np.flatnonzero(total > 0)
        if seen.size < PIECE:
            continue
        middle = (weight * np.arange(y, y + h)[:, None]).sum(axis=0)[seen] / total[seen]
        if _bare(mask, seen + x, middle, near, far) >= BARE:
            pieces.append(np.stack([seen + float(x), middle], axis=1))
    return pieces


def _bare(mask: Grey, columns: NDArray[np.int64], heights: Floats, near: int, far: int) -> float:
    """Share of the points of a run that have no strokes `near` to `far` pixels above and below."""
    offsets = np.concatenate([np.arange(-far, -near + 1), np.arange(near, far + 1)])
    rows = (np.rint(heights).astype(np.int64) + offsets[:, None]).clip(0, mask.shape[0] - 1)
    return float(1.0 - mask[rows, columns].any(axis=0).mean())


def _linked(pieces: list[Floats], scale: float) -> list[Floats]:
    """Pieces that continue one another, joined."""
    lines: list[list[Floats]] = []
    tails = np.empty((len(pieces), 3))
    for piece in sorted(pieces, key=lambda p: float(p[0, 0])):
        open_ends = tails[: len(lines)]
        ahead = piece[0, 0] - open_ends[:, 0]
        off = np.abs(piece[0, 1] - open_ends[:, 1] - open_ends[:, 2] * ahead)
        off /= 1.0 / scale + 0.02 * np.maximum(ahead, 0)
        off[(ahead < -STRIP / scale) | (ahead > LONGEST_GAP / scale)] = np.inf
        nearest = int(off.argmin()) if off.size else -1
        if nearest >= 0 and off[nearest] < 1:
            lines[nearest].append(piece)
        else:
            nearest = len(lines)
            lines.append([piece])
        tails[nearest] = piece[-1, 0], piece[-1, 1], _slope(piece)
    return [np.concatenate(line) for line in lines]


def _slope(points: Floats) -> float:
    """Slope of the last dozen points of a piece, 0 where it is too short to tell."""
    tail = points[-12:]
    if tail[-1, 0] - tail[0, 0] < TELLING:
        return 0.0
    x, y = tail[:, 0] - tail[:, 0].mean(), tail[:, 1] - tail[:, 1].mean()
    return float((x * y).sum() / (x * x).sum())


def agreeing(lines: Sequence[Floats], side: float, vertical: bool = False) -> list[Floats]:
    """The lines without long ones whose direction is not that of their neighbours, as scratches and page edges run.

    The direction of a page's lines changes evenly from one border to the other (keystone); its course is taken from
    the medians of slopes between all pairs of longer lines (Theil and Sen). `side` is the page's length along them.
    """
    along = 1 if vertical else 0
    extents = np.array([float(np.ptp(line[:, along])) for line in lines])
    slopes = np.array([np.polyfit(line[:, along], line[:, 1 - along], 1)[0] for line in lines])
    places = np.array([float(line[:, 1 - along].mean()) for line in lines])
    longer = np.flatnonzero(extents >= LONG * side)
    if longer.size < ENOUGH_LINES:
        return list(lines)
    first, second = np.triu_indices(longer.size, 1)
    apart = places[longer][second] - places[longer][first]
    far = np.abs(apart) > APART * side
    rises = (slopes[longer][second] - slopes[longer][first])[far] / apart[far]
    rise = float(np.median(rises)) if rises.size else 0.0
    level = float(np.median(slopes[longer] - rise * places[longer]))
    off = np.abs(slopes - level - rise * places)
    usual = max(ASTRAY, 3 * float(np.median(off[longer])))
    return [line for i, line in enumerate(lines) if extents[i] < LONG * side or off[i] <= usual]


def fit(rows: Sequence[Floats], columns: Sequence[Floats], width: int, height: int, angle: float) -> Warp:
    """The warp that makes lines straight: `rows` run along x, `columns` along y (points as (x, y) both).

    The points are pixels of the picture after turning it back by `angle` about its middle.
    """
    seen = [*rows, *columns]
    if not seen:
        return Warp(width, height, angle, np.zeros((2, 2)), np.zeros((2, 2)), (-1.0, -1.0, 1.0, 1.0))
    every = np.concatenate(seen)
    low, high = every.min(axis=0), every.max(axis=0)
    hull = (
        2 * low[0] / width - 1, 2 * low[1] / height - 1, 2 * high[0] / width - 1, 2 * high[1] / height - 1,
    )  # fmt: skip
    shape = (ORDERS[0] + 1, ORDERS[1] + 1)
    warp = Warp(width, height, angle, np.zeros(shape), np.zeros(shape), hull)
    for _ in range(3):
        down = _bend(rows, warp, across=1) if rows else warp.down
        right = _bend(columns, warp, across=0) if columns else warp.right
        if not columns:
            right = _square(down, height / width, shape)
        if not rows:
            down = _square(right, width / height, shape)
        warp = Warp(width, height, angle, right, down, hull)
    return warp


def _square(other: Floats, sides: float, shape: tuple[int, int]) -> Floats:
    """What a mere rotation asks of one direction when only the other shows lines."""
    coefficients = np.zeros(shape)
    coefficients[1, 0] = -other[1, 0] * sides
    return coefficients


def _bend(lines: Sequence[Floats], warp: Warp, across: int) -> Floats:
    """Coefficients of f (`across` 1) or g (0) by robust least squares over lines that should be straight."""
    points = np.concatenate(lines)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    straight = points.copy()
    for _ in range(2):
        straight = points - np.stack(warp._shift(straight[:, 0], straight[:, 1]), axis=1)
    u, v = 2 * straight[:, 0] / warp.width - 1, 2 * straight[:, 1] / warp.height - 1
    inner_u, inner_v = np.clip(u, *warp.hull[::2]), np.clip(v, *warp.hull[1::2])
    shape = (warp.down.shape[0], warp.down.shape[1])
    terms = _terms(u, v, inner_u, inner_v, shape) if across else _terms(v, u, inner_v, inner_u, shape)
    along, over = np.divmod(np.arange(shape[0] * shape[1])[shape[1] :], shape[1])
    bending = (along * (along - 1.0)) ** 2 + 4 * over**2 * (over + along - 1.0) + 0.01
    lengths = np.array([float(np.ptp(line[:, 1 - across])) for line in lines])
    trust = np.square(lengths / lengths.max())[owner]
    solution = _robust(terms[:, shape[1] :], points[:, across], owner, trust, STIFFNESS * float(trust.sum()) * bending)
    return np.asarray(np.concatenate([np.zeros(shape[1]), solution]).reshape(shape), dtype=np.float64)


def _robust(terms: Floats, values: Floats, owner: NDArray[np.int64], trust: Floats, penalty: Floats) -> Floats:
    """Least squares with a free constant for each line, thrice, points that lie off counting ever less."""
    weight = trust
    for _ in range(3):
        solution = _centred_solution(terms, values, owner, weight, penalty)
        rest = _centred(values - terms @ solution, owner, weight)
        spread = max(0.35, 1.5 * float(np.median(np.abs(rest))))
        weight = trust / (1.0 + np.square(rest / (2 * spread)))
    return np.asarray(solution, dtype=np.float64)


def _centred(values: Floats, owner: NDArray[np.int64], weight: Floats) -> Floats:
    """Values less the weighted mean of their line."""
    total = np.bincount(owner, weights=weight)
    mean = np.bincount(owner, weights=weight * values) / total
    return np.asarray(values - mean[owner], dtype=np.float64)


def _centred_solution(
    terms: Floats, values: Floats, owner: NDArray[np.int64], weight: Floats, penalty: Floats
) -> Floats:
    """Weighted ridge regression in which every line has its own free constant."""
    total = np.bincount(owner, weights=weight)
    sums = np.stack([np.bincount(owner, weights=weight * column) for column in terms.T], axis=1)
    centred = terms - (sums / total[:, None])[owner]
    goal = _centred(values, owner, weight)
    normal = (centred * weight[:, None]).T @ centred + np.diag(penalty)
    return np.asarray(np.linalg.solve(normal, (centred * weight[:, None]).T @ goal), dtype=np.float64)


def remap(image: Grey, nodes: tuple[Floats, Floats], shape: tuple[int, int] | None = None) -> Grey:
    """The straight picture: bilinear between the nodes exactly as `models.geometry.Mesh` has it, on white.

    Grey or colour in and out; `shape` is (rows, columns) of the straight picture where it is not that of the image.
    """
    height, width = shape or (image.shape[0], image.shape[1])
    rows, columns = nodes[0].shape
    down, along = _tents(height, rows), _tents(width, columns)
    x, y = ((down @ part.astype(np.float32) @ along.T) - np.float32(0.5) for part in nodes)
    return np.asarray(cv2.remap(image, x, y, cv2.INTER_CUBIC, borderValue=(255, 255, 255)), dtype=np.uint8)


def _tents(pixels: int, nodes: int) -> NDArray[np.float32]:
    """Weights of each node for each pixel's middle, along one side."""
    position = (np.arange(pixels) + 0.5) / pixels * (nodes - 1)
    distance = np.abs(position[:, None] - np.arange(nodes)[None, :])
    return np.clip(1 - distance, 0, 1).astype(np.float32)
