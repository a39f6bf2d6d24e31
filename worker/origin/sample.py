"""Which pieces of a text layer to compare: few, and together showing most characters of each font. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.geometry import Box, around
from models.layer import Run
from worker.origin.compare import neutral, unmapped

_LENGTH = 14
"""Characters of a piece: long enough to align a reading, short enough to read fast."""
_DIGIT_WEIGHT, _ODD_WEIGHT, _WEIGHT, _MARK_WEIGHT = 6.0, 4.0, 1.0, 0.3
_AGAIN = 0.15
"""What a character counts that one piece has shown already, for each time it was."""
_PER_PIECE = 1.5
"""What reading a piece costs, in characters."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Neighbouring glyphs of a run: their characters as claimed, their fonts, and the box that shows them."""

    chars: tuple[str, ...]
    fonts: tuple[str, ...]
    box: Box

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """(font, character) of each glyph."""
        return list(zip(self.fonts, self.chars, strict=True))


def pieces(runs: Iterable[Run]) -> list[Piece]:
    """Upright runs cut to pieces that are quick to read."""
    found: list[Piece] = []
    for run in runs:
        if not run.upright:
            continue
        glyphs, box = run.token.glyphs, run.token.box
        for start in range(0, len(glyphs), _LENGTH):
            part = glyphs[start : start + _LENGTH]
            if all(glyph.char.isspace() for glyph in part):
                continue
            inked = [(g, f) for g, f in zip(part, run.fonts[start : start + _LENGTH], strict=True) if g.char != " "]
            place = around([Box(g.x0, box.y0, g.x1, box.y1) for g, _ in inked])
            found.append(Piece(tuple(g.char for g, _ in inked), tuple(f for _, f in inked), place))
    return found


def choose(candidates: Sequence[Piece], most: int) -> list[Piece]:
    """About so many pieces; each time the one that shows most of what no chosen piece has shown (greedy cover).

    Digits count more than other characters, and so do codes without a meaning. Ties go to the earlier piece. Up to
    twice as many are chosen while a font has a digit that no chosen piece shows.
    """
    seen: Counter[tuple[str, str]] = Counter()
    left = list(candidates)
    chosen: list[Piece] = []
    while left and len(chosen) < 2 * most:
        if len(chosen) >= most:
            left = [p for p in left if any(char.isdigit() and not seen[font, char] for font, char in p.pairs)]
            if not left:
                break
        gains = [_gain(piece, seen) / (len(piece.chars) ** 0.5 + _PER_PIECE) for piece in left]
        best = max(range(len(left)), key=lambda i: (gains[i], -i))
        if gains[best] <= 0:
            break
        chosen.append(left.pop(best))
        seen.update(chosen[-1].pairs)
    return chosen


def _gain(piece: Piece, seen: Counter[tuple[str, str]]) -> float:
    return sum(_weight(char) * _AGAIN ** min(seen[font, char], 4) for font, char in set(piece.pairs))


def _weight(char: str) -> float:
    if char.isdigit():
        return _DIGIT_WEIGHT
    if unmapped(char):
        return _ODD_WEIGHT
    return _MARK_WEIGHT if neutral(char) else _WEIGHT


def showing(candidates: Iterable[Piece], font: str, chars: Iterable[str]) -> list[Piece]:
    """The pieces in which a font shows one of the characters, those that show most of them first."""
    wanted = set(chars)
    scored = [(sum(f == font and c in wanted for f, c in piece.pairs), piece) for piece in candidates]
    return [piece for score, piece in sorted(scored, key=lambda item: -item[0]) if score]
