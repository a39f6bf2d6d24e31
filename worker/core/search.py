"""The likeliest ways to make a set of laws hold by reading cells otherwise: best first, exact, bounded.

Conflict-directed search (after Reiter's diagnosis from first principles, 1987, ordered by cost as in A*): a law that
does not hold is mended by reading one to four of its cells otherwise (found as a subset sum, meeting in the middle:
Horowitz and Sahni, 1974), or left broken for a price. A way down the tree fixes the whole of one law at each step: what
it does not change there stays as it is, so that no set of changes is met twice.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from heapq import heappop, heappush, nsmallest
from itertools import combinations, count
from math import inf

ZERO = Decimal(0)
MOST_ALTERNATIVES = 48
"""Options of one law that are combined; the cheapest ones."""
CENT = Decimal("0.01")
MOST_IN_ROOM, KEPT_IN_ROOM = 25, 4
"""Within a tolerance: how many last places are tried at either side, and how many values are kept."""
ROUNDED = 5.0
"""Nats, shared by the terms of a law: that it is off by the rounding of its figures."""
CHEAP = 8.0
"""Nats: an option that costs more is not combined with what the law asks of another cell."""
Changes = Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Law:
    """Weighted cells whose sum must be `constant` within `tolerance`; with `any_of`, one of the terms alone must.

    `slack` is the price, in nats, of leaving it broken.
    """

    check_id: str
    kind: str
    terms: tuple[tuple[str, Decimal], ...]
    constant: Decimal
    tolerance: Decimal
    slack: float
    any_of: bool = False


def places(laws: Sequence[Law]) -> dict[str, list[int]]:
    """For each cell the laws that it stands in, by index."""
    found: dict[str, list[int]] = {}
    for index, law in enumerate(laws):
        for cell, _ in law.terms:
            found.setdefault(cell, []).append(index)
    return found


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Laws over cells as read (a blank is zero).

    `options` holds what else a cell may be, with its cost in nats, `priced` the cost of any other value, which is not
    less than `at_least`, sooner found. `failing` laws do not hold at first, `ignored` ones are not looked at.
    """

    laws: tuple[Law, ...]
    values: Mapping[str, Decimal]
    options: Mapping[str, Mapping[Decimal, float]]
    priced: Callable[[str, Decimal], float]
    at_least: Callable[[str, Decimal], float]
    of_cell: Mapping[str, Sequence[int]] = field(default_factory=dict)
    failing: tuple[int, ...] = ()
    ignored: frozenset[int] = frozenset()

    @classmethod
    def of(
        cls,
        laws: Sequence[Law],
        values: Mapping[str, Decimal],
        options: Mapping[str, Mapping[Decimal, float]],
        priced: Callable[[str, Decimal], float],
        at_least: Callable[[str, Decimal], float] = lambda _cell, _value: 0.0,
    ) -> Puzzle:
        """The puzzle of these laws, with those that fail as read."""
        whole = cls(tuple(laws), values, options, priced, at_least, places(laws))
        return replace(whole, failing=whole.broken(range(len(laws)), {}))

    def part(self, failing: Sequence[int], options: Mapping[str, Mapping[Decimal, float]]) -> Puzzle:
        """This puzzle where only some laws fail at first."""
        ignored = frozenset(self.failing).difference(failing)
        return replace(self, options={**self.options, **options}, failing=tuple(failing), ignored=ignored)

    def settled(self, changes: Changes) -> Puzzle:
        """This puzzle after some changes, what fails then left aside."""
        ignored = frozenset(self.broken(self.touched(changes), changes))
        return replace(self, values={**self.values, **changes}, failing=(), ignored=ignored)

    def touched(self, changes: Changes) -> tuple[int, ...]:
        """The laws that may be broken after some changes: those that fail at first, and those of the changed cells."""
        return tuple(sorted({i for cell in changes for i in self.of_cell.get(cell, ())}.union(self.failing)))

    def broken(self, pending: Iterable[int], changes: Changes, left: frozenset[int] = frozenset()) -> tuple[int, ...]:
        """The laws among `pending` that do not hold, but for those left broken."""
        return tuple(
            index
            for index in dict.fromkeys(pending)
            if index not in left and index not in self.ignored and residual(self, self.laws[index], changes)
        )


@dataclass(frozen=True, slots=True)
class Solution:
    """Cells read otherwise, and the laws left broken, by index."""

    cost: float
    changes: Changes
    broken: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The solutions, cheapest first, and the cost up to which there are no others; `seen` are the laws looked at."""

    solutions: tuple[Solution, ...]
    reach: float
    nodes: int
    seen: frozenset[int] = frozenset()

    @property
    def best(self) -> Solution | None:
        return self.solutions[0] if self.solutions else None


@dataclass(frozen=True, slots=True)
class _Node:
    """A set of choices: `kept` cells stay as they are, `pending` laws may be broken and are looked at in its turn."""

    cost: float
    changes: Changes
    kept: frozenset[str]
    broken: frozenset[int]
    pending: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Effort:
    """How far to look: what costs up to `margin` nats more than the best, and up to `most` in all.

    In so many nodes and steps away from them: where much is wrong at once each node has hundreds, and none leads out.
    """

    margin: float
    nodes: int
    steps: int
    most: float = inf


def solve(puzzle: Puzzle, effort: Effort, start: Changes | None = None, start_cost: float = 0.0) -> Outcome:
    """Every solution that begins with `start` and is within the effort's margin of the cheapest one.

    `reach` says how far it came where the effort ran out.
    """
    start = start or {}
    ticket = count()
    first = _Node(start_cost, start, frozenset(start), frozenset(), puzzle.touched(start))
    heap: list[tuple[float, int, _Node]] = [(start_cost, next(ticket), first)]
    found: list[Solution] = []
    seen: set[int] = set()
    nodes = steps = 0
    while heap:
        cost, _, node = heappop(heap)
        bound = min(effort.most, found[0].cost + effort.margin) if found else effort.most
        if cost > bound or nodes >= effort.nodes or steps >= effort.steps:
            return Outcome(tuple(found), min(cost, bound), nodes, frozenset(seen))
        nodes += 1
        seen.update(node.pending)
        broken = puzzle.broken(node.pending, node.changes, node.broken)
        if not broken and any(not residual(puzzle, puzzle.laws[i], node.changes) for i in node.broken):
            continue  # a law left broken that holds after all: this is found on the way that mends it
        if not broken:
            found.append(Solution(node.cost + _roughness(puzzle, node), node.changes, node.broken))
            found.sort(key=lambda solution: solution.cost)
            continue
        for child in _children(puzzle, node, broken, bound):
            heappush(heap, (child.cost, next(ticket), child))
            steps += 1
    reach = min(effort.most, (found[0].cost if found else start_cost) + effort.margin)
    return Outcome(tuple(found), reach, nodes, frozenset(seen))


def _roughness(puzzle: Puzzle, node: _Node) -> float:
    """What it costs that laws around the changes hold within rounding only: the fewer terms, the rarer is that."""
    touched = {i for cell in node.changes for i in puzzle.of_cell.get(cell, ())} - node.broken - puzzle.ignored
    rough = [puzzle.laws[i] for i in touched if puzzle.laws[i].tolerance and not puzzle.laws[i].any_of]
    return sum(ROUNDED / len(law.terms) for law in rough if _sum(puzzle, law, node.changes) != law.constant)


def _sum(puzzle: Puzzle, law: Law, changes: Changes) -> Decimal:
    return sum((weight * changes.get(cell, puzzle.values[cell]) for cell, weight in law.terms), ZERO)


def residual(puzzle: Puzzle, law: Law, changes: Changes) -> Decimal:
    """How far a law is off, zero where it holds."""
    if law.any_of:
        gap = min((w * changes.get(c, puzzle.values[c]) - law.constant for c, w in law.terms), key=abs)
    else:
        gap = _sum(puzzle, law, changes) - law.constant
    return gap if abs(gap) > law.tolerance else ZERO


def _children(puzzle: Puzzle, node: _Node, broken: tuple[int, ...], bound: float) -> Iterator[_Node]:
    """Every way to mend the broken law that has the fewest cells to choose from, and to leave it broken."""
    index = min(broken, key=lambda i: (sum(c not in node.kept for c, _ in puzzle.laws[i].terms), i))
    law = puzzle.laws[index]
    kept = node.kept.union(cell for cell, _ in law.terms)
    for changes, cost in _mendings(puzzle, law, node, bound - node.cost):
        if node.cost + cost > bound:
            continue
        pending = (*broken, *(i for cell in changes for i in puzzle.of_cell[cell]))
        yield _Node(node.cost + cost, {**node.changes, **changes}, kept, node.broken, pending)
    yield _Node(node.cost + law.slack, node.changes, node.kept, node.broken | {index}, broken)


@dataclass(frozen=True, slots=True)
class _Step:
    """One cell of a law read otherwise: by how much the law's sum changes, and the cost."""

    cell: str
    value: Decimal
    shift: Decimal
    cost: float


def _mendings(puzzle: Puzzle, law: Law, node: _Node, most: float) -> Iterator[tuple[dict[str, Decimal], float]]:
    """The sets of changes to a law's cells by which it holds: options of up to four cells, or what it asks of one.

    What costs more than `most` may be left out.
    """
    free = [(cell, weight) for cell, weight in law.terms if cell not in node.kept and weight]
    if law.any_of:
        yield from _named(puzzle, law, free)
        return
    steps = [
        _Step(cell, value, weight * (value - puzzle.values[cell]), cost)
        for cell, weight in free
        for value, cost in puzzle.options.get(cell, {}).items()
    ]
    steps = nsmallest(MOST_ALTERNATIVES, steps, key=lambda step: (step.cost, step.cell, step.value))
    gap = residual(puzzle, law, node.changes)
    seen: set[frozenset[tuple[str, Decimal]]] = set()
    for some in _combined(steps, -gap, law.tolerance):
        chosen = {step.cell: step.value for step in some}
        seen.add(frozenset(chosen.items()))
        yield chosen, sum(step.cost for step in some)
    for before in [None, *(step for step in steps if step.cost <= CHEAP)]:
        given = {before.cell: before.value} if before else {}
        cost, off = (before.cost, gap + before.shift) if before else (0.0, gap)
        for cell, weight in free:
            if cell in given:
                continue
            for value in _wanted(puzzle, cell, off / weight, law.tolerance / abs(weight)):
                if cost + puzzle.at_least(cell, value) > most:
                    continue
                further = puzzle.priced(cell, value)
                both = {**given, cell: value}
                if value != puzzle.values[cell] and frozenset(both.items()) not in seen:
                    yield both, cost + further


def _named(puzzle: Puzzle, law: Law, free: Sequence[tuple[str, Decimal]]) -> Iterator[tuple[dict[str, Decimal], float]]:
    for cell, weight in free:
        value = law.constant / weight
        cost = puzzle.priced(cell, value)
        yield {cell: value}, min(cost, puzzle.options.get(cell, {}).get(value, cost))


def _combined(steps: Sequence[_Step], wanted: Decimal, room: Decimal) -> Iterator[tuple[_Step, ...]]:
    """The sets of one to four steps, no two of one cell, whose shifts add up to what is wanted."""
    steps = sorted(steps, key=lambda step: (step.cell, step.value))
    pairs = [(a, b) for a, b in combinations(steps, 2) if a.cell != b.cell]
    pairs.sort(key=lambda pair: pair[0].shift + pair[1].shift)
    sums = [a.shift + b.shift for a, b in pairs]

    def reaching(rest: Decimal) -> Iterator[tuple[_Step, _Step]]:
        at = bisect_left(sums, rest - room)
        while at < len(sums) and sums[at] <= rest + room:
            yield pairs[at]
            at += 1

    yield from ((step,) for step in steps if abs(step.shift - wanted) <= room)
    yield from reaching(wanted)
    for parts in [*((step,) for step in steps), *pairs]:
        for other in reaching(wanted - sum((step.shift for step in parts), ZERO)):
            both = (*parts, *other)
            cells = [step.cell for step in both]
            if len(set(cells)) == len(both) and cells == sorted(cells):
                yield both


def _wanted(puzzle: Puzzle, cell: str, off: Decimal, room: Decimal) -> Sequence[Decimal]:
    """The values of a cell by which a law that is `off` would hold; within a tolerance, the likeliest ones."""
    read = puzzle.values[cell]
    exact = read - off
    if not room:
        return (exact,)
    exponent = read.as_tuple().exponent
    place = min(CENT, Decimal(1).scaleb(exponent if isinstance(exponent, int) else 0))
    reach = min(int(room / place), MOST_IN_ROOM)
    middle = exact.quantize(place)
    return nsmallest(
        KEPT_IN_ROOM, (middle + place * n for n in range(-reach, reach + 1)), key=lambda v: puzzle.priced(cell, v)
    )
