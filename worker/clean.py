"""Image to a straight page without seal, shadow and specks, and the way back to the page as filed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Seal
from models.geometry import Mesh
from worker import dewarp, paper, rules, seal
from worker.orientation import turned
from worker.rules import Rules
from worker.stopwatch import step

Picture = NDArray[np.uint8]
Floats = NDArray[np.float64]

NEARLY_STRAIGHT = 0.3  # degrees by which text may seem to lean; rules, if there are any, know better
LEAST_RULED = 0.2  # of the page's width: shorter lines alone are not taken for rules
SURE_OF_TURN = 1.0  # degrees: a first guess at the skew further off than this is improved and lines traced again


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A cleaned page.

    `image` is BGR; `mesh` leads from its points to those of the page as filed (None: they are the same); `rotation` is
    how far the page was turned clockwise to stand upright (0, 90, 180, 270), `skew` by how many degrees its lines then
    ran down to the right; `seals` stand on the page as filed, `rules` in pixels of `image`.
    """

    image: Picture
    mesh: Mesh | None
    rotation: int
    skew: float
    seals: tuple[Seal, ...]
    rules: Rules


@step("clean")
def clean(image: Picture, scale: float, upright: Callable[[Picture], int] | None = None) -> Cleaned:
    """Straighten and clean a BGR page image; `scale` is points per pixel (72/dpi).

    `upright` tells how many degrees clockwise an image has to be turned (0, 90, 180, 270). A page with nothing to be
    cleaned comes back as it is.
    """
    page, seals = seal.lifted(image, scale)
    rotation = upright(page) if upright else 0
    page = turned(page, rotation)
    grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    framed = paper.unbordered(grey, scale)
    whole = paper.unstreaked(framed, scale, None if framed is grey else framed != grey)
    bright = paper.despeckled(paper.flattened(whole, scale), scale)
    warp = straightening(bright, scale)
    if warp.moves() <= dewarp.STILL:
        if bright is not grey:
            page = np.asarray(cv2.cvtColor(bright, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
        mesh = _mesh(warp.unmoved().lattice(scale), page, scale, rotation) if rotation else None
        return Cleaned(page, mesh, rotation, 0.0, seals, rules.find(bright, scale))
    nodes = warp.lattice(scale)
    straight = dewarp.remap(bright, nodes)
    mesh = _mesh(nodes, straight, scale, rotation)
    colour = np.asarray(cv2.cvtColor(straight, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    return Cleaned(colour, mesh, rotation, warp.skew, seals, rules.find(straight, scale))


def straightening(grey: Picture, scale: float) -> dewarp.Warp:
    """The warp that straightens a grey page: by its ruling lines; a page without them is only turned, by its text."""
    height, width = grey.shape
    by_text = dewarp.skew(grey)
    angle = 0.0 if abs(by_text) < NEARLY_STRAIGHT else by_text
    for _ in range(2):
        level = _levelled(grey, angle)
        rows = dewarp.agreeing(dewarp.chains(level, scale), width)
        columns = dewarp.agreeing(dewarp.chains(level, scale, vertical=True), height, vertical=True)
        if max((float(line[-1, 0] - line[0, 0]) for line in rows), default=0.0) < LEAST_RULED * width:
            return dewarp.fit((), (), width, height, by_text)
        warp = dewarp.fit(rows, columns, width, height, angle)
        if abs(warp.skew - angle) <= SURE_OF_TURN:
            break
        angle = warp.skew
    return warp


def _levelled(grey: Picture, angle: float) -> Picture:
    """The page turned back by some degrees about its middle, on white."""
    if not angle:
        return grey
    height, width = grey.shape
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), angle, 1.0)
    return np.asarray(cv2.warpAffine(grey, turn, (width, height), borderValue=(255,)), dtype=np.uint8)


def _mesh(nodes: tuple[Floats, Floats], page: Picture, scale: float, rotation: int) -> Mesh:
    """Nodes in pixels of the upright page as a mesh in points that leads on to the page as filed."""
    height, width = page.shape[0] * scale, page.shape[1] * scale
    x, y = nodes[0] * scale, nodes[1] * scale
    match rotation:
        case 90:
            x, y = y, width - x
        case 180:
            x, y = width - x, height - y
        case 270:
            x, y = height - y, x
    rows, columns = x.shape
    points = tuple(zip(x.ravel().tolist(), y.ravel().tolist(), strict=True))
    return Mesh(width, height, columns, rows, points)
