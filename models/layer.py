"""What a PDF page says of itself before anyone looks at its pixels: its text layer, its rules, its pictures.

Lengths are points from the top left corner of the page as it is displayed, as in `models.document`.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.document import Box, Token


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
    """The facts of one PDF page; `rules` are thin boxes along ruling lines, `pictures` the places of its images."""

    width: float
    height: float
    runs: tuple[Run, ...]
    rules: tuple[Box, ...] = ()
    pictures: tuple[Box, ...] = ()
