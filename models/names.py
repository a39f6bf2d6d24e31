"""The names an archive's people confirmed: of offices, and of items by their codes. A list that suggests and proves
nothing. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from models import csv_lines

ENTITY, ITEM = "entity", "item"
_COLUMNS = ("kind", "code", "name", "times")
_MOST = 10**9


@dataclass(frozen=True, slots=True)
class Names:
    """How often people said each name: of an office (code empty), or of the item with a code."""

    times: Mapping[tuple[str, str, str], int] = field(default_factory=dict)

    def offices(self) -> frozenset[str]:
        """The names of offices."""
        return frozenset(name for kind, _, name in self.times if kind == ENTITY)

    def items(self) -> dict[str, str]:
        """The name of the item with each code: the one that was said most often."""
        ordered = sorted(self.times.items(), key=lambda one: (one[1], one[0]))
        return {code: name for (kind, code, name), _ in ordered if kind == ITEM and code}

    def changes(self, before: Names) -> list[tuple[tuple[str, str, str], int, int]]:
        """The names whose count is another than before, with both counts, in order."""
        keys = sorted({*self.times, *before.times})
        counts = [(key, before.times.get(key, 0), self.times.get(key, 0)) for key in keys]
        return [one for one in counts if one[1] != one[2]]


def counted(said: Iterable[tuple[str, str, str]]) -> Names:
    """Names (kind, code, name) with how often each was said; blank ones are left out."""
    plain = ((kind, code, " ".join(name.split())) for kind, code, name in said)
    return Names(dict(Counter(one for one in plain if one[2])))


def written(names: Names) -> str:
    """The list as CSV, in order."""
    return csv_lines.written(_COLUMNS, ((*key, count) for key, count in sorted(names.times.items())))


def parsed(text: str) -> Names:
    """The list that such a CSV holds. Raises ValueError, saying which line is wrong."""
    times: dict[tuple[str, str, str], int] = {}
    for number, (kind, code, name, count) in csv_lines.rows(text, _COLUMNS):
        if kind not in (ENTITY, ITEM) or not name or not count.isdecimal() or int(count) > _MOST:
            raise ValueError(f"line {number}: entity or item, a code, a name and a count")
        times[kind, code, name] = int(count)
    return Names(times)
