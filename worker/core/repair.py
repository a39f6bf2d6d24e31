"""Repair with proof: the only plausible readings under which everything adds up, or the ones to choose between.

The identities of a document become laws, its cells what they may print; where laws fail, the cheapest ways to make
them hold are searched, group by group. What a cell's value is worth shows in its margin: by how many nats the cheapest
way that gives it another value is dearer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache, partial

from worker.core.candidates import Candidates, Option
from worker.core.checks import Figure, Trial
from worker.core.memo import Memo
from worker.core.misreading import PER_DIGIT, digits, least_price, price
from worker.core.relations import IN_SENTENCES, Constraint
from worker.core.search import Changes, Effort, Law, Outcome, Puzzle, Solution, places, residual, solve
from worker.core.slips import Slips
from worker.core.solved import Solved

ZERO = Decimal(0)
MARGIN = 14.0
"""Nats: what is so much dearer than the best way is not looked at."""
WHOLE = Effort(margin=MARGIN, nodes=2500, steps=20_000)
SINGLE = Effort(margin=0.0, nodes=60, steps=5_000, most=MARGIN)
DOUBTED = 8.0
"""A cell of which another reading costs less than this is asked what speaks against that."""
IN_TABLE, BETWEEN, IN_WORDS = 9.0, 6.0, 8.0
"""Nats: that a sum in a table, an identity between tables (for both, digits count too) or a sentence is wrong."""
SHORTEST, LONGEST = 4, 12
NEGATIVE = 3.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What the laws say of one cell.

    `value` is the best reading, which may be the one as read. `margin` says by how many nats it is better than any
    other, `others` are those, the best first. `mended` are the ids of the checks that fail as read and hold now;
    a `disputed` cell stands in an identity that fails as read.
    """

    value: Decimal | None
    margin: float
    others: tuple[Decimal, ...] = ()
    mended: tuple[str, ...] = ()
    changed: bool = False
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Findings:
    """Findings by cell, and the ids of the checks that no plausible reading mends."""

    cells: Mapping[str, Finding]
    unmended: frozenset[str]


@dataclass(slots=True)
class _Group:
    """Laws that fail together, and what came of them."""

    laws: list[int]
    cells: set[str]
    outcome: Outcome | None = None
    findings: Mapping[str, Finding] = field(default_factory=dict)


def find_repairs(
    trials: Sequence[Trial],
    silent: Sequence[Constraint],
    offers: Mapping[str, Candidates],
    slips: Slips,
    memo: Memo,
) -> Findings:
    """What each cell prints, as far as the identities tell; `silent` are those whose cells print nothing at all.

    `slips` tell which digits are read for which.
    """
    solved = memo.keeper(Solved)
    laws = solved.laws(_laws(trials, silent, offers, memo))
    puzzle = solved.begin(_puzzle(laws, memo.of(places, "", laws), offers, slips), offers, slips)
    groups = _joined(puzzle, [_searched(puzzle, group, solved) for group in _groups(puzzle)], solved)
    best: dict[str, Decimal] = {}
    broken: set[int] = set()
    for group in groups:
        if group.outcome and group.outcome.best:
            best.update(group.outcome.best.changes)
            broken |= group.outcome.best.broken
    cells: dict[str, Finding] = {}
    for group in groups:
        cells.update(group.findings)
    solved.changed(puzzle, best)
    cells.update(_doubtful(puzzle, offers, cells, best, solved))
    return Findings(cells, frozenset(puzzle.laws[i].check_id for i in broken))


def _laws(
    trials: Sequence[Trial], silent: Sequence[Constraint], offers: Mapping[str, Candidates], memo: Memo
) -> list[Law]:
    """The identities whose cells all hold amounts, as laws."""
    tried = [(trial.constraint, trial) for trial in trials]
    whole = [*tried, *((constraint, None) for constraint in silent)]
    return [
        memo.of(_law, constraint.check_id, constraint, trial)
        for constraint, trial in whole
        if all(cell in offers for cell in constraint.cell_ids)
    ]


def _puzzle(
    laws: tuple[Law, ...], of_cell: Mapping[str, Sequence[int]], offers: Mapping[str, Candidates], slips: Slips
) -> Puzzle:
    """The laws over what the cells may print, before it is known which fail."""
    values = {cell: offer.read or ZERO for cell, offer in offers.items()}
    options = {
        cell: {option.value or ZERO: option.cost for option in offer.options}
        for cell, offer in offers.items()
        if offer.options
    }

    @cache
    def priced(cell: str, value: Decimal) -> float:
        offer = offers[cell]
        negative = NEGATIVE if value < 0 <= (offer.read or ZERO) else 0.0
        return price(offer.read, value, offer.channel, slips) + negative

    def at_least(cell: str, value: Decimal) -> float:
        return least_price(offers[cell].read, value, offers[cell].channel)

    return Puzzle(laws, values, options, priced, at_least, of_cell)


def _law(constraint: Constraint, trial: Trial | None) -> Law:
    """The constraint as a law."""
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for term in constraint.signed:
        weights[term.cell_id] += term.sign * term.scale
    tolerance = trial.check.tolerance if trial is not None and trial.check.tolerance is not None else ZERO
    return Law(
        constraint.check_id,
        constraint.kind,
        tuple(weights.items()),
        constraint.constant,
        tolerance if constraint.room is None else constraint.room,
        _slack(constraint, trial),
        constraint.any_of,
    )


def _slack(constraint: Constraint, trial: Trial | None) -> float:
    """What it costs to believe that the source itself does not add up; small differences are the likelier ones."""
    if constraint.kind in IN_SENTENCES:
        return IN_WORDS
    if trial is None:
        return IN_TABLE + PER_DIGIT * LONGEST
    size = max(len(digits(trial.check.left or ZERO)), 1)
    gap = max(len(digits(trial.residual)) + 1, SHORTEST) if trial.failed else LONGEST
    return (BETWEEN if constraint.kind == "cross-table" else IN_TABLE) + PER_DIGIT * min(size, gap)


def _groups(puzzle: Puzzle) -> list[_Group]:
    """Laws that fail, joined where they share a cell that could be read otherwise."""
    groups: list[_Group] = []
    for law in puzzle.failing:
        cells = {c for c, _ in puzzle.laws[law].terms}
        group = _Group([law], cells)
        for other in [g for g in groups if g.cells & cells]:
            group.laws += other.laws
            group.cells |= other.cells
            groups.remove(other)
        groups.append(group)
    return groups


def _searched(puzzle: Puzzle, group: _Group, solved: Solved) -> _Group:
    """The group with what came of it."""

    def search() -> tuple[tuple[Outcome, Mapping[str, Finding]], frozenset[int]]:
        outcome = solve(_within(puzzle, group), WHOLE)
        return (outcome, dict(_group_findings(puzzle, group, outcome))), outcome.seen

    others = frozenset(puzzle.failing).difference(group.laws)
    group.outcome, group.findings = solved.of(("group", *group.laws), None, others, search)
    return group


def _within(puzzle: Puzzle, group: _Group) -> Puzzle:
    """The puzzle of one group: only its laws fail at first, others may come to fail; cells may be what laws ask for."""
    options = {cell: dict(puzzle.options.get(cell, {})) for cell in group.cells}
    for index in group.laws:
        law = puzzle.laws[index]
        if law.any_of:
            continue
        gap = residual(puzzle, law, {})
        for cell, weight in law.terms:
            if gap and weight and not law.tolerance:
                value = puzzle.values[cell] - gap / weight
                cost = puzzle.priced(cell, value)
                if cost < options[cell].get(value, cost + 1):
                    options[cell][value] = cost
    return puzzle.part(group.laws, options)


def _joined(puzzle: Puzzle, groups: list[_Group], solved: Solved) -> list[_Group]:
    """Groups whose best ways change the same cells, or meet in a law, are searched again as one."""
    while True:
        pair = next(_meeting(puzzle, groups), None)
        if pair is None:
            return groups
        one, other = pair
        joined = _searched(puzzle, _Group(one.laws + other.laws, one.cells | other.cells), solved)
        groups = [g for g in groups if g is not one and g is not other] + [joined]


def _meeting(puzzle: Puzzle, groups: Sequence[_Group]) -> Iterator[tuple[_Group, _Group]]:
    """Groups of which any ways change the same cell, or the best ways cells of one law."""
    touched = [_touched(puzzle, group) for group in groups]
    changed = [
        {cell for way in group.outcome.solutions for cell in way.changes} if group.outcome else set()
        for group in groups
    ]
    for i, one in enumerate(groups):
        for j in range(i + 1, len(groups)):
            if touched[i] & touched[j] or changed[i] & changed[j]:
                yield one, groups[j]


def _touched(puzzle: Puzzle, group: _Group) -> set[int]:
    """The laws in which the best way of a group changes a cell."""
    best = group.outcome.best if group.outcome else None
    return {law for cell in (best.changes if best else ()) for law in puzzle.of_cell.get(cell, ())}


def _group_findings(puzzle: Puzzle, group: _Group, outcome: Outcome) -> Iterator[tuple[str, Finding]]:
    """A finding for each cell that a group's laws or its ways speak of."""
    best = outcome.best
    if best is None:
        for cell in group.cells:
            yield cell, Finding(puzzle.values[cell], 0.0)
        return
    cells = group.cells.union(*(s.changes for s in outcome.solutions))
    for cell in sorted(cells):
        mine = _value(puzzle, best, cell)
        rivals: dict[Decimal, float] = {}
        for solution in outcome.solutions:
            other = _value(puzzle, solution, cell)
            if other != mine:
                rivals.setdefault(other, solution.cost)
        margin = min([*rivals.values(), max(outcome.reach, best.cost)]) - best.cost
        changed = cell in best.changes
        yield cell, Finding(mine, margin, tuple(rivals), _mended(puzzle, group, best, cell), changed, disputed=True)


def _value(puzzle: Puzzle, solution: Solution, cell: str) -> Decimal:
    return solution.changes.get(cell, puzzle.values[cell])


def _mended(puzzle: Puzzle, group: _Group, best: Solution, cell: str) -> tuple[str, ...]:
    """The checks of a changed cell that fail as read and hold now."""
    if cell not in best.changes:
        return ()
    mine = set(puzzle.of_cell.get(cell, ()))
    return tuple(puzzle.laws[i].check_id for i in sorted(set(group.laws) & mine) if i not in best.broken)


def _doubtful(
    puzzle: Puzzle, offers: Mapping[str, Candidates], known: Mapping[str, Finding], best: Changes, solved: Solved
) -> Iterator[tuple[str, Finding]]:
    """Findings for cells that nothing contradicts but of which another reading is likely: what would that break?"""
    settled = puzzle.settled(best)

    def search(cell: str, cheap: Sequence[Option]) -> tuple[Finding, frozenset[int]]:
        rivals: list[tuple[float, Decimal]] = []
        seen: set[int] = set()
        for option in cheap:
            value = option.value or ZERO
            outcome = solve(settled, SINGLE, {cell: value}, option.cost)
            cost = outcome.best.cost if outcome.best else outcome.reach
            rivals.append((min(cost, MARGIN), value))
            seen |= outcome.seen
        rivals.sort()
        margin = rivals[0][0] if rivals else MARGIN
        return Finding(offers[cell].read, margin, tuple(value for _, value in rivals)), frozenset(seen)

    for cell, offer in offers.items():
        cheap = [o for o in offer.options if o.cost <= DOUBTED]
        if cell in known or not (cheap or offer.broken):
            continue
        yield cell, solved.of(("doubt", cell), offer, settled.ignored, partial(search, cell, cheap))


def repaired_figures(figures: Mapping[str, Figure], findings: Findings, memo: Memo) -> dict[str, Figure]:
    """The figures with the best readings in place of those as read."""
    changed = {cell: f for cell, f in findings.cells.items() if f.changed and cell in figures}
    return {**figures, **{cell: memo.of(_repaired, cell, figures[cell], found) for cell, found in changed.items()}}


def _repaired(figure: Figure, finding: Finding) -> Figure:
    return replace(figure, value=finding.value or None, broken=False, decimals=_decimals(figure, finding))


def _decimals(figure: Figure, finding: Finding) -> int:
    exponent = (finding.value or ZERO).as_tuple().exponent
    return max(figure.decimals, -exponent if isinstance(exponent, int) else 0)
