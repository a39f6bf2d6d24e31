"""What a PDF page says of itself before anyone looks at its pixels: its text layer, its rules, its pictures.

Lengths are points from the top left corner of the page as it is displayed, as in `models.document`.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.document import Token
from models.geometry import Box, Mesh


@dataclass(frozen=True, slots=True)
class Run:
    """A token of a text layer with what drew it.

    `fonts` names the font of each of the token's glyphs; two fonts of one page never share a name. `shown` is False for
    text that leaves no mark: invisible render mode, fully transparent, or under an opaque picture drawn after it.
    `upright` is False for text that does not run from left to right on the displayed page. Codes without a Unicode
    value come as U+FFFD.
    """

    token: Token
    fonts: tuple[str, ...]
    shown: bool = True
    upright: bool = True


@dataclass(frozen=True, slots=True)
class Layer:
    """The facts of one PDF page; `rules` are thin boxes along ruling lines, `pictures` the places of its images.

    A page whose text mostly runs sideways or upside down is turned clockwise by `turn` degrees to make it readable;
    sizes and boxes are then those of the turned page, and `mesh` leads back to the page as displayed.
    """

    width: float
    height: float
    runs: tuple[Run, ...]
    rules: tuple[Box, ...] = ()
    pictures: tuple[Box, ...] = ()
    turn: int = 0

    @property
    def mesh(self) -> Mesh | None:
        """The way back from a turned page; None where nothing was turned."""
        if not self.turn:
            return None
        w, h = self.width, self.height
        corners: dict[int, tuple[tuple[float, float], ...]] = {
            90: ((0, w), (0, 0), (h, w), (h, 0)),
            180: ((w, h), (0, h), (w, 0), (0, 0)),
            270: ((h, 0), (h, w), (0, 0), (0, w)),
        }
        return Mesh(w, h, 2, 2, corners[self.turn])
