"""Which characters are read for which, counted from what people corrected: a table and its file. Pure.

Cells that people look at are mostly doubtful ones: what may be compared is one confusion with another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from models import csv_lines

LOST = ""
"""Read as nothing; as what is printed: nothing, where a character was read."""
_COLUMNS = ("printed", "read", "count")
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Confusions:
    """How often each character was read as each, itself included."""

    counts: Mapping[tuple[str, str], int] = field(default_factory=dict)

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
    return csv_lines.written(_COLUMNS, ((*pair, count) for pair, count in sorted(found.counts.items())))


def parsed(text: str) -> Confusions:
    """The table that such a CSV holds. Raises ValueError, saying which line is wrong."""
    counts: dict[tuple[str, str], int] = {}
    for number, (printed, read, count) in csv_lines.rows(text, _COLUMNS):
        none = not printed and not read
        if len(printed) > 1 or len(read) > 1 or none or not count.isdecimal() or int(count) > _MOST:
            raise ValueError(f"line {number}: a character, a character and a count")
        counts[printed, read] = int(count)
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
