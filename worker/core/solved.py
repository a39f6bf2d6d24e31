"""What a search came to the last time, used again where all that it looked at is as it was.

A search looks at a law only once one of its cells is changed or the law fails. The laws it looked at, with their cells,
are its footprint: values, options and prices of those cells, which laws they stand in, which of those laws are left
aside. Where none of that is another, the search would take the same steps again.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar, cast

from worker.core.candidates import Candidates
from worker.core.search import Changes, Law, Puzzle
from worker.core.slips import Slips

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of a search, what it was given, the laws it looked at, and those of them that it left aside."""

    result: object
    given: object
    seen: frozenset[int]
    ignored: frozenset[int]


class Solved:
    """The searches of the last time, in a document's puzzle as it was then."""

    def __init__(self) -> None:
        self._laws: Sequence[Law] = ()
        self._offers: Mapping[str, Candidates] = {}
        self._slips: Slips | None = None
        self._best: Changes = {}
        self._failing: frozenset[int] = frozenset()
        self._before: dict[Hashable, _Found] = {}
        self._now: dict[Hashable, _Found] = {}
        self._stale: frozenset[int] = frozenset()

    def laws(self, laws: Sequence[Law]) -> tuple[Law, ...]:
        """The laws, those that are as they were the very ones of the last time."""
        before = (*self._laws[: len(laws)], *laws[len(self._laws) :])
        return tuple(was if was is law or _alike(was, law) else law for law, was in zip(laws, before, strict=True))

    def begin(self, puzzle: Puzzle, offers: Mapping[str, Candidates], slips: Slips) -> Puzzle:
        """From now on the puzzle is this one, and its laws those that `laws` gave; it is told which of them fail."""
        cells = {cell for cell, offer in offers.items() if self._offers.get(cell) is not offer}
        cells.update(cell for cell in self._offers if cell not in offers)
        for index, law in enumerate(puzzle.laws):
            before = self._laws[index] if index < len(self._laws) else None
            if before is not law:
                cells.update(cell for one in (before, law) if one for cell, _ in one.terms)
        gone = range(len(puzzle.laws), len(self._laws))
        cells.update(cell for index in gone for cell, _ in self._laws[index].terms)
        self._stale = _of(puzzle, cells).union(gone)
        self._before = self._now if slips is self._slips else {}
        self._now = {}
        self._laws, self._offers, self._slips = puzzle.laws, offers, slips
        again = sorted(self._stale.difference(gone))
        self._failing = (self._failing - self._stale).union(puzzle.broken(again, {}))
        return replace(puzzle, failing=tuple(sorted(self._failing)))

    def changed(self, puzzle: Puzzle, best: Changes) -> None:
        """From now on the cells of the best ways hold what these make of them."""
        cells = {cell for cell in {*best, *self._best} if not _same(best.get(cell), self._best.get(cell))}
        self._stale |= _of(puzzle, cells)
        self._best = best

    def of(
        self,
        key: Hashable,
        given: object,
        ignored: frozenset[int],
        search: Callable[[], tuple[_Value, frozenset[int]]],
    ) -> _Value:
        """What a search comes to, which tells the laws it looked at; `ignored` are those it leaves aside.

        `given` is what it rests on besides, the same object if it is the same.
        """
        found = self._before.get(key)
        if found is None or found.given is not given or not self._holds(found, ignored):
            result, seen = search()
            found = _Found(result, given, seen, seen & ignored)
        self._now[key] = found
        return cast(_Value, found.result)

    def _holds(self, found: _Found, ignored: frozenset[int]) -> bool:
        return self._stale.isdisjoint(found.seen) and found.seen & ignored == found.ignored


def _of(puzzle: Puzzle, cells: Iterable[str]) -> frozenset[int]:
    return frozenset(index for cell in cells for index in puzzle.of_cell.get(cell, ()))


def _alike(one: Law, other: Law) -> bool:
    """Whether two laws are equal, and their numbers written alike: 1.5 and 1.50 lead to amounts written otherwise."""
    return one == other and str(_numbers(one)) == str(_numbers(other))


def _numbers(law: Law) -> tuple[Decimal, ...]:
    return (law.constant, law.tolerance, *(weight for _, weight in law.terms))


def _same(one: Decimal | None, other: Decimal | None) -> bool:
    return one is other or (one is not None and other is not None and str(one) == str(other))
