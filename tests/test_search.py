"""The search for the likeliest readings: against every possible choice, on small random puzzles."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations, product
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.core.search import Effort, Law, Puzzle, solve

CELLS = "abcdef"
ALL = Effort(margin=6.0, nodes=4000, steps=100_000)


def never(_cell: str, _value: Decimal) -> float:
    return inf


def law(name: str, weights: dict[str, int], slack: float = 9.0, tolerance: str = "0") -> Law:
    terms = tuple((cell, Decimal(weight)) for cell, weight in weights.items())
    return Law(name, "hierarchy", terms, Decimal(0), Decimal(tolerance), slack)


@st.composite
def puzzles(draw: st.DrawFn) -> Puzzle:
    """Up to three sums over six cells of small values, each cell with up to two other readings."""
    values = {cell: Decimal(draw(st.integers(0, 6))) for cell in CELLS}
    costs = st.floats(0.5, 7.0, allow_nan=False)
    options = {cell: draw(st.dictionaries(st.integers(0, 6).map(Decimal), costs, max_size=2)) for cell in CELLS}
    options = {c: {v: k for v, k in found.items() if v != values[c]} for c, found in options.items()}
    laws = []
    for index in range(draw(st.integers(1, 3))):
        chosen = draw(st.lists(st.sampled_from(CELLS), min_size=2, max_size=4, unique=True))
        weights = {cell: -1 if place == 0 else 1 for place, cell in enumerate(chosen)}
        laws.append(law(f"law{index}", weights, draw(st.floats(3.0, 12.0, allow_nan=False))))
    return Puzzle.of(laws, values, options, never)


def cheapest(puzzle: Puzzle) -> dict[tuple[Decimal, ...], float]:
    """The cost of every choice of readings, by trying all of them."""
    choices = [[(puzzle.values[cell], 0.0), *puzzle.options[cell].items()] for cell in CELLS]
    found = {}
    for chosen in product(*choices):
        values = dict(zip(CELLS, (value for value, _ in chosen), strict=True))
        cost = sum(cost for _, cost in chosen)
        for one in puzzle.laws:
            if sum(weight * values[cell] for cell, weight in one.terms) != one.constant:
                cost += one.slack
        found[tuple(values.values())] = cost
    return found


@settings(max_examples=60, deadline=None)
@given(puzzles())
def test_the_best_way_is_the_cheapest_of_all(puzzle: Puzzle) -> None:
    outcome = solve(puzzle, ALL)
    assert outcome.best is not None
    assert outcome.best.cost == pytest.approx(min(cheapest(puzzle).values()))


@settings(max_examples=60, deadline=None)
@given(puzzles())
def test_nothing_cheaper_than_the_reach_is_left_out(puzzle: Puzzle) -> None:
    outcome = solve(puzzle, ALL)
    found = {tuple(s.changes.get(c, puzzle.values[c]) for c in CELLS) for s in outcome.solutions}
    changed = {
        values: cost
        for values, cost in cheapest(puzzle).items()
        if cost < outcome.reach - 1e-9 and _needed(puzzle, values, cost)
    }
    assert changed.keys() <= found


def _needed(puzzle: Puzzle, values: tuple[Decimal, ...], cost: float) -> bool:
    """Whether all changes of a choice mend something: with any of them taken back the choice would be dearer."""
    everything = cheapest(puzzle)
    read = [puzzle.values[c] for c in CELLS]
    changed = [i for i in range(len(CELLS)) if values[i] != read[i]]
    fewer = (kept for n in range(len(changed)) for kept in combinations(changed, n))
    return all(
        everything[tuple(values[i] if i in kept else read[i] for i in range(len(CELLS)))] > cost for kept in fewer
    )


@settings(max_examples=30, deadline=None)
@given(puzzles(), st.floats(1.0, 6.0))
def test_no_way_is_found_twice(puzzle: Puzzle, margin: float) -> None:
    found = [tuple(sorted(s.changes.items())) for s in solve(puzzle, Effort(margin, 4000, 100_000)).solutions]
    laws = [s.broken for s in solve(puzzle, Effort(margin, 4000, 100_000)).solutions]
    assert len(set(zip(found, laws, strict=True))) == len(found)


def test_a_value_that_two_sums_ask_for_is_found_without_being_listed() -> None:
    values = {"a": Decimal(4), "b": Decimal(2), "c": Decimal(6), "t": Decimal(7), "s": Decimal(11)}
    laws = [law("row", {"t": -1, "a": 1, "b": 1}), law("column", {"s": -1, "a": 1, "c": 1})]
    puzzle = Puzzle.of(laws, values, {}, lambda _cell, _value: 5.0)
    best = solve(puzzle, ALL).best
    assert best is not None
    assert best.changes == {"a": Decimal(5)}


def test_two_readings_that_both_add_up_are_both_found() -> None:
    values = {"a": Decimal(3), "b": Decimal(3), "t": Decimal(11)}
    options = {"a": {Decimal(8): 1.0}, "b": {Decimal(8): 1.0}}
    outcome = solve(Puzzle.of([law("sum", {"t": -1, "a": 1, "b": 1})], values, options, never), ALL)
    assert [dict(s.changes) for s in outcome.solutions[:2]] == [{"a": Decimal(8)}, {"b": Decimal(8)}]
    assert outcome.solutions[0].cost == outcome.solutions[1].cost


def test_a_law_that_no_reading_mends_is_left_broken() -> None:
    values = {"a": Decimal(3), "b": Decimal(3), "t": Decimal(11)}
    best = solve(Puzzle.of([law("sum", {"t": -1, "a": 1, "b": 1})], values, {}, never), ALL).best
    assert best is not None
    assert (dict(best.changes), set(best.broken)) == ({}, {0})


def test_effort_that_runs_out_says_how_far_it_came() -> None:
    values = {cell: Decimal(1) for cell in CELLS}
    options = {cell: {Decimal(n): float(n) for n in range(2, 6)} for cell in CELLS}
    puzzle = Puzzle.of([law("sum", {cell: (-7 if cell == "a" else 1) for cell in CELLS})], values, options, never)
    for effort in (Effort(margin=20.0, nodes=1, steps=1000), Effort(margin=20.0, nodes=1000, steps=1)):
        short = solve(puzzle, effort)
        assert short.nodes == 1
        assert short.reach <= min(cheapest(puzzle).values())


def test_within_rounding_the_likeliest_value_is_kept_and_exact_sums_go_first() -> None:
    values = {"t": Decimal("25.10"), "a": Decimal("10.00"), "b": Decimal("5.73")}
    laws = [law("sum", {"t": -1, "a": 1, "b": 1}, tolerance="0.015")]
    costs = {Decimal("15.10"): 6.0}
    puzzle = Puzzle.of(laws, values, {}, lambda cell, value: costs.get(value, 9.0) if cell == "b" else 30.0)
    best = solve(puzzle, ALL).best
    assert best is not None
    assert best.changes == {"b": Decimal("15.10")}


def named(cells: dict[str, str], constant: str, slack: float = 9.0, tolerance: str = "0") -> Law:
    """A sentence that states a figure in its own unit, which one of the cells prints."""
    terms = tuple((cell, Decimal(weight)) for cell, weight in cells.items())
    return Law("said", "narrative", terms, Decimal(constant), Decimal(tolerance), slack, any_of=True)


def test_a_stated_figure_asks_one_cell_in_its_own_unit() -> None:
    values = {"a": Decimal(70000), "b": Decimal(5)}
    laws = [named({"a": "0.0001", "b": "1"}, "7.5")]
    puzzle = Puzzle.of(laws, values, {}, lambda cell, value: 4.0 if (cell, value) == ("a", Decimal(75000)) else 8.0)
    outcome = solve(puzzle, ALL)
    assert puzzle.failing == (0,)
    assert [dict(s.changes) for s in outcome.solutions] == [{"a": Decimal(75000)}, {"b": Decimal("7.5")}, {}]
    assert [s.cost for s in outcome.solutions] == [4.0, 8.0, 9.0]


def test_a_stated_figure_is_content_with_one_cell_that_agrees() -> None:
    values = {"a": Decimal(75000), "b": Decimal(5)}
    assert Puzzle.of([named({"a": "0.0001", "b": "1"}, "7.5")], values, {}, never).failing == ()
    near = named({"a": "0.0001", "b": "1"}, "7.52", tolerance="0.02")
    assert Puzzle.of([near], values, {}, never).failing == ()
    assert Puzzle.of([named({"a": "0.0001", "b": "1"}, "7.52", tolerance="0.01")], values, {}, never).failing == (0,)


def test_two_options_within_rounding_mend_a_sum_together() -> None:
    values = {"t": Decimal("30.00"), "a": Decimal("1.00"), "b": Decimal("2.00")}
    options = {"a": {Decimal("10.00"): 2.0}, "b": {Decimal("19.99"): 2.0}}
    for tolerance, mended in (("0.015", True), ("0.005", False)):
        laws = [law("sum", {"t": -1, "a": 1, "b": 1}, slack=30.0, tolerance=tolerance)]
        best = solve(Puzzle.of(laws, values, options, never), ALL).best
        assert best is not None
        assert (best.changes == {"a": Decimal("10.00"), "b": Decimal("19.99")}) is mended


def test_what_is_asked_of_a_weighted_cell_is_divided_by_its_weight() -> None:
    values = {"t": Decimal(12), "a": Decimal(5)}
    terms = (("t", Decimal(-1)), ("a", Decimal(3)))
    puzzle = Puzzle.of([Law("x", "cross-table", terms, Decimal(0), Decimal(0), 9.0)], values, {}, lambda *_: 3.0)
    changes = [dict(s.changes) for s in solve(puzzle, ALL).solutions]
    assert {"a": Decimal(4)} in changes
    assert {"t": Decimal(15)} in changes


def test_costs_of_an_option_and_of_what_is_asked_beside_it_add_up() -> None:
    values = {"t": Decimal(20), "a": Decimal(1), "b": Decimal(2)}
    options = {"a": {Decimal(11): 1.5}}
    puzzle = Puzzle.of(
        [law("sum", {"t": -1, "a": 1, "b": 1}, slack=30.0)],
        values,
        options,
        lambda cell, _: 4.0 if cell == "b" else 50.0,
    )
    found = {tuple(sorted(s.changes.items())): s.cost for s in solve(puzzle, ALL).solutions}
    assert found[("a", Decimal(11)), ("b", Decimal(9))] == pytest.approx(5.5)
    assert found[(("b", Decimal(19)),)] == pytest.approx(4.0)


def test_holding_within_rounding_only_costs_something() -> None:
    values = {"t": Decimal("3.00"), "a": Decimal("1.00"), "b": Decimal("9.00")}
    options = {"b": {Decimal("2.00"): 3.0, Decimal("2.01"): 3.0}}
    laws = [law("sum", {"t": -1, "a": 1, "b": 1}, slack=30.0, tolerance="0.015")]
    costs = {s.changes["b"]: s.cost for s in solve(Puzzle.of(laws, values, options, never), ALL).solutions if s.changes}
    assert costs[Decimal("2.00")] == pytest.approx(3.0)
    assert costs[Decimal("2.01")] > costs[Decimal("2.00")]
