"""What a text layer claims against what was read off the same glyphs, character by character. Pure."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum

_SKIP, _HALF, _FULL = 0.0, 0.5, 1.0
_UNCERTAIN = (
    frozenset("0OoQD\u3007\u25cb口"),
    frozenset("1Il|i!丨一-—L"),
    frozenset("5Ss"),
    frozenset("8B"),
    frozenset("2Zz"),
    frozenset("9gq"),
    frozenset("6b"),
)
"""Glyphs that look alike in some faces; a reading of one for another proves nothing against a layer."""
_NEUTRAL_KINDS = ("P", "Z", "S")
_DIGITS_ARE_WRONG = 2
"""A digit that is read as one and the same other character this often, and hardly ever as itself, is mapped wrongly."""
_OUTWEIGHED = 3
_FEW, _SHARE = 3, 0.3
"""A font is wrong if more than this share of what was compared differs, at least so many characters."""
_OCR_FEW, _OCR_SHARE = 3, 0.02
"""Two good readings of a scan differ in fewer than 1 % of the characters, look-alikes and lost ones included."""


class Outcome(Enum):
    """How one character of a layer compares with the reading."""

    AGREES = "agrees"
    DIFFERS = "differs"
    UNDECIDED = "undecided"


@dataclass(slots=True)
class Tally:
    """What was compared for one font: `agreed` by character, `differed` and `resembled` by (claimed, read).

    What was read as a look-alike, or not at all, counts as resembled: nothing against a font, but against an OCR.
    """

    agreed: Counter[str] = field(default_factory=Counter)
    differed: Counter[tuple[str, str]] = field(default_factory=Counter)
    resembled: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, claimed: str, outcome: Outcome, read: str) -> None:
        if outcome is Outcome.AGREES:
            self.agreed[claimed] += 1
        elif outcome is Outcome.DIFFERS:
            self.differed[claimed, read] += 1
        elif not neutral(claimed) and (not read or not neutral(read)):
            self.resembled[claimed, read] += 1

    def suspects(self) -> list[str]:
        """The digits that differed: what the layer or what the paper calls a digit."""
        return sorted({claimed for claimed, read in self.differed if claimed.isdigit() or read.isdigit()})

    def wrong_digits(self) -> list[tuple[str, str]]:
        """(claimed, read) of digits that are mapped wrongly, without reasonable doubt."""
        return [
            (claimed, read)
            for (claimed, read), times in sorted(self.differed.items())
            if (claimed.isdigit() or read.isdigit())
            and times >= _DIGITS_ARE_WRONG
            and times >= _OUTWEIGHED * self.agreed[claimed]
        ]

    def wrong_share(self) -> float:
        """Share of the compared characters that differ; 0 while there are too few to say."""
        differed = self.differed.total()
        return differed / (differed + self.agreed.total()) if differed >= _FEW else 0.0

    @property
    def garbled(self) -> bool:
        """Whether an earlier OCR's text has more errors than a comparison of two good readings would show."""
        errors = self.differed.total() + self.resembled.total()
        return errors >= _OCR_FEW and errors > _OCR_SHARE * (errors + self.agreed.total())

    @property
    def believed(self) -> bool:
        return not self.wrong_digits() and self.wrong_share() <= _SHARE


def compare(claimed: Sequence[str], read: str) -> list[tuple[Outcome, str]]:
    """For each claimed character whether the reading agrees, and what was read in its place (empty: nothing).

    Where both have the same number of characters besides punctuation, which recognisers lose and swap, these are
    compared one by one: 0178 against 1289 is a shift, not two matches. Otherwise the two are aligned at the least cost.
    """
    left = [_plain(char) for char in claimed]
    right = [_plain(char) for char in unicodedata.normalize("NFKC", read) if not char.isspace()]
    there = [char for char in right if not _punctuation(char)]
    if sum(not _punctuation(char) for char in left) != len(there):
        return _aligned(left, right)
    if [_punctuation(char) for char in left] == [_punctuation(char) for char in right]:
        return [(_outcome(a, b), b) for a, b in zip(left, right, strict=True)]
    rest = iter(there)
    others = ["" if _punctuation(char) else next(rest) for char in left]
    return [(_outcome(a, b), b) for a, b in zip(left, others, strict=True)]


def _aligned(left: Sequence[str], right: Sequence[str]) -> list[tuple[Outcome, str]]:
    """The comparison along the cheapest alignment (Levenshtein), punctuation at half price."""
    costs = _costs(left, right)
    found: list[tuple[Outcome, str]] = []
    i, j = len(left), len(right)
    while i:
        if j and costs[i][j] == costs[i - 1][j - 1] + _substitution(left[i - 1], right[j - 1]):
            i, j = i - 1, j - 1
            found.append((_outcome(left[i], right[j]), right[j]))
        elif costs[i][j] == costs[i - 1][j] + _indel(left[i - 1]):
            i -= 1
            found.append((_outcome(left[i], ""), ""))
        else:
            j -= 1
    return found[::-1]


def _costs(left: Sequence[str], right: Sequence[str]) -> list[list[float]]:
    table = [[_SKIP] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, a in enumerate(left, 1):
        table[i][0] = table[i - 1][0] + _indel(a)
    for j, b in enumerate(right, 1):
        table[0][j] = table[0][j - 1] + _indel(b)
    for i, a in enumerate(left, 1):
        for j, b in enumerate(right, 1):
            table[i][j] = min(
                table[i - 1][j - 1] + _substitution(a, b), table[i - 1][j] + _indel(a), table[i][j - 1] + _indel(b)
            )
    return table


def _plain(char: str) -> str:
    """A character without differences of width and compatibility forms; what is not one character stays as it is."""
    plain = unicodedata.normalize("NFKC", char)
    return plain if len(plain) == 1 else char


def neutral(char: str) -> bool:
    """Whether a character says nothing about a font: blanks, punctuation, symbols and bullets."""
    return not char or unicodedata.category(char)[0] in _NEUTRAL_KINDS


def unmapped(char: str) -> bool:
    """Whether a code came without a meaning: replacement, control, private-use or unassigned."""
    return char == "\ufffd" or unicodedata.category(char)[0] == "C"


def _indel(char: str) -> float:
    return _HALF if _punctuation(char) else _FULL


def _punctuation(char: str) -> bool:
    return neutral(char) and not unmapped(char)


def _substitution(a: str, b: str) -> float:
    if a == b:
        return _SKIP
    return _HALF if _alike(a, b) or (_punctuation(a) and _punctuation(b)) else _FULL


def _alike(a: str, b: str) -> bool:
    return a.casefold() == b.casefold() or any(a in group and b in group for group in _UNCERTAIN)


def _outcome(claimed: str, read: str) -> Outcome:
    if claimed == read:
        return Outcome.AGREES
    if _alike(claimed, read) or neutral(read):
        return Outcome.UNDECIDED  # What was read as nothing or as a mark may have been lost by the recogniser.
    if _punctuation(claimed) and (not claimed.isascii() or not read.isalnum()):
        return Outcome.UNDECIDED  # Bullets, squares and dashes are read as whatever letter they resemble.
    return Outcome.DIFFERS
