"""Characters to runs: what stands together on a line, and never the contents of two columns. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.document import Glyph, Token
from models.geometry import Box, around
from models.layer import Run

# Gaps are measured in ems of the smaller of two neighbours.
_JOINED = 0.6
"""Wider gaps end a run: cell paddings begin at about 0.7 em, letter-spacing and blanks between words end below 0.6."""
_DIGIT_BLANK = 0.3
"""Two digits this far apart with a blank between are two numbers."""
_SPREAD = 4.5
"""The widest gap inside a spread label, 合　　　计."""
_DRAWN_TWICE = 0.2
"""The same character this near is a bold face made by printing twice."""
_LINE = 0.3
"""Characters whose baselines differ by less stand on one line."""


@dataclass(frozen=True, slots=True)
class Character:
    """One character of a text layer; `box` is its em box, `base` the height of its baseline, `size` its em in points.

    `source` tells the drawing operations apart, `order` is its place in the content.
    """

    char: str
    box: Box
    base: float
    size: float
    font: str
    source: int
    shown: bool = True
    upright: bool = True

    @property
    def blank(self) -> bool:
        return self.char.isspace()


def group(characters: Sequence[Character], rules: Iterable[Box] = ()) -> tuple[Run, ...]:
    """Runs in reading order of their lines, top to bottom and left to right; then what is not upright, as drawn.

    `rules` are thin boxes; an upright one between two characters parts them however near they are.
    """
    walls = [rule for rule in rules if rule.height > rule.width]
    runs: list[Run] = []
    for shown in (True, False):
        upright = [c for c in characters if c.upright and c.shown == shown]
        for line in _lines(upright):
            runs.extend(_run(piece) for piece in _pieces(line, walls))
        runs.extend(_run(piece) for piece in _drawn([c for c in characters if not c.upright and c.shown == shown]))
    return tuple(runs)


def _lines(characters: list[Character]) -> list[list[Character]]:
    """Characters by baseline, each line from left to right, without those printed twice."""
    lines: list[list[Character]] = []
    for character in sorted(characters, key=lambda c: (c.base, c.box.x0)):
        first = lines[-1][0] if lines else None
        if first is not None and character.base - first.base <= _LINE * min(character.size, first.size):
            lines[-1].append(character)
        else:
            lines.append([character])
    return [_once(sorted(line, key=lambda c: (c.box.x0, c.box.x1))) for line in lines]


def _once(line: list[Character]) -> list[Character]:
    """A line without the second prints of a character."""
    kept: list[Character] = []
    for character in line:
        near = (k for k in reversed(kept[-4:]) if k.char == character.char)
        if not any(abs(k.box.x0 - character.box.x0) < _DRAWN_TWICE * k.size for k in near):
            kept.append(character)
    return kept


def _pieces(line: list[Character], walls: list[Box]) -> list[list[Character]]:
    """A line cut at wide gaps and at rules, blanks left out but for those between words."""
    walls = [w for w in walls if any(w.y0 < c.box.centre[1] < w.y1 for c in line[:1])]
    pieces: list[list[Character]] = []
    blank: Character | None = None
    for character in line:
        if character.blank:
            blank = character
            continue
        last = pieces[-1][-1] if pieces else None
        if last is None or _parted(last, character, blank, walls):
            pieces.append([character])
        else:
            if blank is not None and not (_wide(last.char) and _wide(character.char)):
                pieces[-1].append(_between(last, character, blank))
            pieces[-1].append(character)
        blank = None
    return _spread(pieces, line, walls)


def _parted(left: Character, right: Character, blank: Character | None, walls: list[Box]) -> bool:
    gap = (right.box.x0 - left.box.x1) / min(left.size, right.size)
    if gap > _JOINED or _walled(left, right, walls):
        return True
    return blank is not None and gap > _DIGIT_BLANK and left.char.isdigit() and right.char.isdigit()


def _walled(left: Character, right: Character, walls: list[Box]) -> bool:
    """Whether a rule stands between the middles of two characters."""
    return any(left.box.centre[0] < wall.centre[0] < right.box.centre[0] for wall in walls)


def _between(left: Character, right: Character, blank: Character) -> Character:
    x0, x1 = left.box.x1, max(left.box.x1, right.box.x0)
    return Character(" ", Box(x0, left.box.y0, x1, left.box.y1), left.base, left.size, blank.font, blank.source)


def _spread(pieces: list[list[Character]], line: list[Character], walls: list[Box]) -> list[list[Character]]:
    """Joins the characters of a spread label: single ones, blanks between them, drawn in one operation."""
    spaced = {c.source for c in line if c.blank}
    joined: list[list[Character]] = []
    alone = False
    for piece in pieces:
        single = len(piece) == 1 and _wide(piece[0].char) and piece[0].source in spaced
        if joined and alone and single and _same_label(joined[-1][-1], piece[0], walls):
            joined[-1].extend(piece)
        else:
            joined.append(list(piece))
        alone = single
    return joined


def _same_label(left: Character, right: Character, walls: list[Box]) -> bool:
    near = right.box.x0 - left.box.x1 <= _SPREAD * min(left.size, right.size)
    return near and left.source == right.source and not _walled(left, right, walls)


def _wide(char: str) -> bool:
    """Whether a character is of those that take a whole em: CJK ideographs, kana, full-width forms and punctuation."""
    return char >= "\u2e80"


def _drawn(characters: list[Character]) -> list[list[Character]]:
    """Text at an angle: one piece for each drawing operation, in the order drawn."""
    pieces: list[list[Character]] = []
    for character in characters:
        if pieces and pieces[-1][-1].source == character.source:
            pieces[-1].append(character)
        else:
            pieces.append([character])
    return [piece for piece in pieces if not all(c.blank for c in piece)]


def _run(characters: Sequence[Character]) -> Run:
    glyphs = [Glyph(c.char, 1.0, c.box.x0, c.box.x1) for c in characters]
    # A glyph whose advance overlaps the next one's is cut there, so that the glyphs tile the token.
    for index, (glyph, following) in enumerate(pairwise(glyphs)):
        if glyph.x0 < following.x0 < glyph.x1:
            glyphs[index] = Glyph(glyph.char, 1.0, glyph.x0, following.x0)
    box = around([c.box for c in characters])
    token = Token("".join(c.char for c in characters), box, 1.0, tuple(glyphs))
    return Run(token, tuple(c.font for c in characters), characters[0].shown, characters[0].upright)
