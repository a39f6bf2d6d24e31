"""Places on a page: boxes, and the way from a straightened page back to the page as filed.

Lengths are PDF points (1/72 inch). The origin is the top left corner of the page as it is displayed, y grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

_NEARER, _NEAR = 12, 0.01
"""Steps at most, and points of distance that are near enough, in the inverse of a mesh."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in PDF points, top left origin, x0 <= x1 and y0 <= y1."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def centre(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.y0 + self.y1) / 2

    def overlap(self, other: Box) -> float:
        """Area shared with another box, in square points."""
        wide = min(self.x1, other.x1) - max(self.x0, other.x0)
        high = min(self.y1, other.y1) - max(self.y0, other.y0)
        return wide * high if wide > 0 and high > 0 else 0.0


def around(boxes: list[Box] | tuple[Box, ...]) -> Box:
    """The smallest box that holds all of one or more boxes."""
    return Box(min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes))


@dataclass(frozen=True, slots=True)
class Mesh:
    """The way from the straightened page back to the page as filed.

    A lattice of `columns` x `rows` nodes spread evenly over the straightened page (`width` x `height` points, corners
    included); `points` gives, row by row, where each node stands on the page as filed. Between nodes the way is
    bilinear, which holds rotation, skew, keystone and curl alike.
    """

    width: float
    height: float
    columns: int
    rows: int
    points: tuple[tuple[float, float], ...]

    def back(self, x: float, y: float) -> tuple[float, float]:
        """The point of the page as filed that shows at (x, y) of the straightened page."""
        u = min(max(x / self.width, 0.0), 1.0) * (self.columns - 1)
        v = min(max(y / self.height, 0.0), 1.0) * (self.rows - 1)
        i, j = min(int(u), self.columns - 2), min(int(v), self.rows - 2)
        u, v = u - i, v - j
        first = j * self.columns + i
        corners = (first, first + 1, first + self.columns, first + self.columns + 1)
        weights = ((1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v)
        return (
            sum(w * self.points[c][0] for w, c in zip(weights, corners, strict=True)),
            sum(w * self.points[c][1] for w, c in zip(weights, corners, strict=True)),
        )

    def forward(self, x: float, y: float) -> tuple[float, float]:
        """The inverse of `back`: from where the corners stand, ever nearer; also for a page turned by quarters."""
        last = self.columns - 1
        (ax, ay), (bx, by), (cx, cy) = self.points[0], self.points[last], self.points[-1 - last]
        px, py, qx, qy = (
            (bx - ax) / self.width,
            (by - ay) / self.width,
            (cx - ax) / self.height,
            (cy - ay) / self.height,
        )
        area = px * qy - qx * py
        u, v = self.width / 2, self.height / 2
        for _ in range(_NEARER):
            at_x, at_y = self.back(u, v)
            dx, dy = x - at_x, y - at_y
            u, v = u + (qy * dx - qx * dy) / area, v + (px * dy - py * dx) / area
            if abs(dx) + abs(dy) < _NEAR:
                break
        return u, v

    def box_forward(self, box: Box) -> Box:
        """The box of the straightened page that `box_back` makes this box of, where the mesh is even."""
        (cx, cy) = box.centre
        u, v = self.forward(cx, cy)
        (x, y), (ax, ay), (bx, by) = self.back(u, v), self.back(u + 1, v), self.back(u, v + 1)
        a, b, c, d = abs(ax - x), abs(bx - x), abs(ay - y), abs(by - y)
        area = a * d - b * c
        if abs(area) < _NEAR:
            return Box(u - box.width / 2, v - box.height / 2, u + box.width / 2, v + box.height / 2)
        wide, high = (d * box.width - b * box.height) / area, (a * box.height - c * box.width) / area
        return Box(u - abs(wide) / 2, v - abs(high) / 2, u + abs(wide) / 2, v + abs(high) / 2)

    def then(self, further: Mesh) -> Mesh:
        """This way, and from where it leads on by another one: that of a page which had been turned before."""
        return Mesh(self.width, self.height, self.columns, self.rows, tuple(further.back(x, y) for x, y in self.points))

    def box_back(self, box: Box) -> Box:
        """The upright box on the page as filed that holds the given box of the straightened page."""
        corners = [self.back(x, y) for x in (box.x0, box.x1) for y in (box.y0, box.y1)]
        xs, ys = [x for x, _ in corners], [y for _, y in corners]
        return Box(min(xs), min(ys), max(xs), max(ys))
