"""Slips of the pen, the eye or a recogniser between two numbers, in nats: what was counted of them, on a first guess.

A slip costs the more, the more other outcomes it could have had: a digit misread is one of nine at one of n places, a
digit lost only one of n. Which digit is read for which is counted: on documents of known figures
(`models/reference/confusions.csv`, made by `jiaokan corpus confusions`) and in what an archive's people corrected
(`jiaokan learn`). Few counts change little: they are added to a first guess worth FIRST_GUESS misread digits (additive
smoothing; Chen and Goodman, 1996).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from math import inf, log

from models.confusions import Confusions
from models.reference import misread_digits

LIKE, UNLIKE = 1 / 2, 1 / 9
"""Chances of a misread digit to be read as a given one: as one of about two that look like it, as one of nine."""
PLACES = log(10)
"""A slip may stand at one of about ten places."""
LOST = log(10)
ADDED = log(100)
DOUBLED = log(15)
SWAPPED = log(20)
FURTHER = 1.5
"""What each slip after the first adds: they come in bursts."""
FIRST_GUESS = 20.0
DIGITS = "0123456789"

# Digits that fonts and wear confuse. Source: shapes of the songti, heiti and typewriter digits.
LOOK_ALIKE = frozenset(
    frozenset(pair) for pair in ("17", "38", "68", "06", "08", "89", "56", "35", "69", "09", "27", "14", "49")
)


class Slips:
    """What it costs that one number was read for another, by which digits are read for which."""

    def __init__(self, misread: Mapping[tuple[str, str], float]) -> None:
        """`misread` holds the cost in nats, at least LOST, of a digit (first) read as another (second)."""
        self._misread = misread
        self.between = lru_cache(maxsize=1 << 14)(self._between)

    def _between(self, printed: str, read: str) -> float:
        """The cheapest way between digits (Damerau and Levenshtein), the first slip without FURTHER."""
        rows, columns = len(printed) + 1, len(read) + 1
        table = [[inf] * columns for _ in range(rows)]
        table[0][0] = 0.0
        for i in range(rows):
            for j in range(columns):
                if i or j:
                    table[i][j] = self._cheapest(table, printed, read, (i, j))
        return table[-1][-1] - FURTHER

    def _cheapest(self, table: list[list[float]], printed: str, read: str, at: tuple[int, int]) -> float:
        i, j = at
        found = inf
        if i and j:
            found = table[i - 1][j - 1] + self._substituted(printed[i - 1], read[j - 1])
        if i:
            found = min(found, table[i - 1][j] + LOST + FURTHER)
        if j:
            doubled = j > 1 and read[j - 1] == read[j - 2]
            found = min(found, table[i][j - 1] + (DOUBLED if doubled else ADDED) + FURTHER)
        if i > 1 and j > 1 and printed[i - 2 : i] == read[j - 2 : j][::-1] and printed[i - 1] != printed[i - 2]:
            found = min(found, table[i - 2][j - 2] + SWAPPED + FURTHER)
        return found

    def _substituted(self, printed: str, read: str) -> float:
        return 0.0 if printed == read else self._misread[printed, read] + FURTHER


def standard_slips() -> Slips:
    """The slips that made documents of known figures show."""
    return slips_of(Confusions())


def slips_of(learned: Confusions) -> Slips:
    """The slips with what people corrected in an archive counted in."""
    return _slips(tuple(_digits(learned)))


@lru_cache(maxsize=4)
def _slips(learned: tuple[tuple[tuple[str, str], int], ...]) -> Slips:
    return Slips(costs((*misread_digits().items(), *learned)))


def _digits(found: Confusions) -> Iterator[tuple[tuple[str, str], int]]:
    """The counts of digits read as other digits, in order."""
    for (printed, read), count in sorted(found.counts.items()):
        if printed and read and printed in DIGITS and read in DIGITS and printed != read:
            yield (printed, read), count


def costs(counts: Iterable[tuple[tuple[str, str], int]]) -> dict[tuple[str, str], float]:
    """What each digit read as each other costs, in nats, given how often which was read for which.

    Counts move a digit's chances among the others; how likely it is misread at all is left to the channel.
    """
    seen: dict[tuple[str, str], int] = {}
    for pair, count in counts:
        seen[pair] = seen.get(pair, 0) + count
    found = {}
    for printed in DIGITS:
        guess = {read: _first_guess()[printed, read] for read in DIGITS if read != printed}
        whole = sum(guess.values())
        times = sum(seen.get((printed, read), 0) for read in guess)
        for read, chance in guess.items():
            drawn = FIRST_GUESS * chance + seen.get((printed, read), 0) * whole
            found[printed, read] = PLACES - log(min(drawn / (FIRST_GUESS + times), 1.0))
    return found


@cache
def _first_guess() -> dict[tuple[str, str], float]:
    pairs = ((one, other) for one in DIGITS for other in DIGITS if one != other)
    return {pair: LIKE if frozenset(pair) in LOOK_ALIKE else UNLIKE for pair in pairs}
