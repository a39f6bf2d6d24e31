"""Which characters are read for which, counted from what people corrected: a table, its file, and its costs. Pure.

The chance that `printed` is read as `read` is (count + 1) / (all readings of `printed` + outcomes), Laplace's rule of
succession, so that what was never seen stays possible. Cells that people look at are mostly doubtful ones: the chances
are those of doubtful cells, and what may be compared is one confusion with another.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import log

from models.csv_lines import Lines

LOST = ""
"""Read as nothing; as what is printed: nothing, where a character was read."""
DIGITS = "0123456789"
OUTCOMES = len(DIGITS) + 1
"""What a digit may be read as: a digit, or nothing."""
CHARACTERS = 6763
"""The characters of GB 2312, which any other character may be read as."""
_COLUMNS = ("printed", "read", "count")
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Confusions:
    """How often each character was read as each, itself included."""

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)

    def of(self, printed: str) -> int:
        """How often a character that was printed has been compared."""
        return sum(count for (one, _), count in self.counts.items() if one == printed)

    def chance(self, printed: str, read: str) -> float:
        """The chance that a printed character is read as another; never 0."""
        outcomes = OUTCOMES if printed in DIGITS else CHARACTERS
        return (self.counts.get((printed, read), 0) + 1) / (self.of(printed) + outcomes)

    def cost(self, printed: str, read: str) -> float:
        """The same in nats: minus its logarithm."""
        return -log(self.chance(printed, read))

    def plus(self, other: Confusions) -> Confusions:
        """Both counted together."""
        return Confusions(dict(Counter(self.counts) + Counter(other.counts)))

    def mistakes(self) -> list[tuple[str, str, int]]:
        """What was read for what else and how often, the most frequent first."""
        found = [(printed, read, count) for (printed, read), count in self.counts.items() if printed != read]
        return sorted(found, key=lambda one: (-one[2], one))


def counted(pairs: Iterable[tuple[str, str]]) -> Confusions:
    """The confusions in texts as printed and as read; texts of which more than half differ are others, and left out."""
    counts: Counter[tuple[str, str]] = Counter()
    for printed, read in pairs:
        steps = aligned(printed, read)
        if 2 * sum(one != other for one, other in steps) <= len(steps):
            counts.update(steps)
    return Confusions(dict(counts))


def aligned(printed: str, read: str) -> list[tuple[str, str]]:
    """The characters of two texts beside each other, with as few differences as can be (Levenshtein, 1966)."""
    costs = [[max(i, j) if not (i and j) else 0 for j in range(len(read) + 1)] for i in range(len(printed) + 1)]
    for i in range(1, len(printed) + 1):
        for j in range(1, len(read) + 1):
            same = costs[i - 1][j - 1] + (printed[i - 1] != read[j - 1])
            costs[i][j] = min(same, costs[i - 1][j] + 1, costs[i][j - 1] + 1)
    return list(_walked(costs, printed, read))[::-1]


def written(found: Confusions) -> str:
    """The table as CSV: what is printed, what was read, how often; in order."""
    lines: list[str] = []
    writer = csv.writer(Lines(lines), lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows((*pair, count) for pair, count in sorted(found.counts.items()))
    return "".join(lines)


def parsed(text: str) -> Confusions:
    """The table that such a CSV holds. Raises ValueError, saying which line is wrong."""
    rows = csv.DictReader(text.split("\n"))
    if tuple(rows.fieldnames or ()) != _COLUMNS:
        raise ValueError(f"the columns of a table of confusions are {', '.join(_COLUMNS)}")
    counts: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 2):
        pair, count = (row["printed"] or "", row["read"] or ""), row["count"] or ""
        if len(pair[0]) > 1 or len(pair[1]) > 1 or pair == ("", "") or not count.isdecimal() or int(count) > _MOST:
            raise ValueError(f"line {number}: a character, a character and a count")
        counts[pair] = int(count)
    return Confusions(counts)


def _walked(costs: list[list[int]], printed: str, read: str) -> Iterator[tuple[str, str]]:
    """The way back through the costs, from the end; the last of equal ways is a substitution."""
    i, j = len(printed), len(read)
    while i or j:
        if i and j and costs[i][j] == costs[i - 1][j - 1] + (printed[i - 1] != read[j - 1]):
            i, j = i - 1, j - 1
            yield printed[i], read[j]
        elif i and costs[i][j] == costs[i - 1][j] + 1:
            i -= 1
            yield printed[i], LOST
        else:
            j -= 1
            yield LOST, read[j]
