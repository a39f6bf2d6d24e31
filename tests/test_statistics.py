"""Figures about quality: Wilson's interval, curves, pace, and what second looks at cells come to."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import Decision, DecisionKind
from models.statistics import BIN_EDGES, Pace, Share, calibration_error, reliability, wilson
from worker.core.quality import Samples, Seen, agreement, judged, pairs, samples

counts = st.integers(1, 400).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials)))


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (1, 10, 0.0179, 0.4042), (15, 148, 0.0624, 0.1605), (10, 10, 0.7225, 1.0)],
)
def test_wilsons_interval_is_the_one_in_the_books(hits: int, trials: int, low: float, high: float) -> None:
    """As computed by hand from the formula; 15 of 148 is Newcombe's (1998) example."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@given(counts)
def test_the_interval_holds_the_share_and_narrows_with_more_trials(drawn: tuple[int, int]) -> None:
    hits, trials = drawn
    low, high = wilson(hits, trials)
    assert 0 <= low <= hits / trials <= high <= 1
    assert high - low > 0
    wider = wilson(hits * 3, trials * 3)
    assert wider[1] - wider[0] < high - low
    assert wilson(trials - hits, trials) == pytest.approx((1 - high, 1 - low))


@given(counts)
def test_its_ends_are_the_shares_that_are_just_as_many_deviations_away(drawn: tuple[int, int]) -> None:
    hits, trials = drawn
    for end in wilson(hits, trials, 2.0):
        if 0 < end < 1:
            assert abs(hits - trials * end) == pytest.approx(2 * (trials * end * (1 - end)) ** 0.5)


def test_it_holds_the_true_share_in_about_nineteen_of_twenty_cases() -> None:
    for true in (0.01, 0.1, 0.4):
        held = sum(
            comb(200, hits) * true**hits * (1 - true) ** (200 - hits)
            for hits in range(201)
            if wilson(hits, 200)[0] <= true <= wilson(hits, 200)[1]
        )
        assert 0.92 < held < 0.985


def test_without_trials_nothing_is_known() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    assert Share(0, 0).value is None
    for hits, trials in ((-1, 3), (4, 3)):
        with pytest.raises(ValueError, match="no share"):
            wilson(hits, trials)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_a_curve_counts_each_reading_once_where_it_belongs(readings: list[tuple[float, bool]]) -> None:
    bins = reliability(readings)
    assert sum(one.right.trials for one in bins) == len(readings)
    assert sum(one.right.hits for one in bins) == sum(right for _, right in readings)
    for one in bins:
        assert one.low <= one.confidence + 1e-9
        assert one.confidence <= one.high + 1e-9
        assert one.low in BIN_EDGES


@pytest.mark.parametrize(
    ("readings", "error"),
    [
        ([], 0.0),
        ([(0.75, True)] * 3 + [(0.75, False)], 0.0),
        ([(0.75, True)] * 4, 0.25),
        ([(0.6, True), (0.6, False), (1.0, True), (1.0, True)], 0.05),
        ([(0.1, True), (0.9999, True)], 0.45005),
    ],
)
def test_the_calibration_error_is_the_mean_gap_between_confidence_and_share_right(
    readings: list[tuple[float, bool]], error: float
) -> None:
    assert calibration_error(readings) == pytest.approx(error)


def test_pace_leaves_breaks_out() -> None:
    both = Pace(10, 8, 120.0).plus(Pace(2, 2, 30.0))
    assert both == Pace(12, 10, 150.0)
    assert both.minutes_per_hundred == 25.0
    assert Pace(1).minutes_per_hundred is None


def entry(number: int, key: str, after: str, person: int, asks: str) -> Seen:
    """An entry on a cell that shows 12.50; those of the keys x and y show 0."""
    before = {"x": "0.00", "y": "0"}.get(key, "12.50")
    kind = DecisionKind.VALUE if after != "?" else DecisionKind.ILLEGIBLE
    said = Decision(
        number, kind, key, after if after != "?" else "", person=person, before=before, straight=asks == "sample"
    )
    return Seen("file", said, asks, 0.5)


def test_an_error_counts_once_two_people_confirm_it() -> None:
    right = [entry(1, "a", "12.5", 1, "sample"), entry(2, "x", "0", 1, "sample")]
    assert samples(right) == Samples(2, 0, 0)
    wrong = [*right, entry(3, "c", "13.50", 1, "sample")]
    assert samples(wrong) == Samples(3, 0, 1)
    assert samples(wrong).rate == Share(0, 2)
    assert samples([*wrong, entry(4, "c", "13.5", 2, "second")]) == Samples(3, 1, 0)
    differing = [*wrong, entry(4, "c", "12.50", 2, "second")]
    assert samples(differing) == Samples(3, 0, 1), "two people differ: a third one decides"
    assert samples([*differing, entry(5, "c", "12.50", 3, "third")]) == Samples(3, 0, 0)
    assert samples([*differing, entry(5, "c", "13.50", 3, "third")]) == Samples(3, 1, 0)


def test_what_was_taken_back_tells_nothing() -> None:
    undo = Seen("file", Decision(2, DecisionKind.UNDO, "a", person=1, undoes=1))
    assert samples([entry(1, "a", "13.50", 1, "sample"), undo]) == Samples()
    other_file = Seen("other", undo.decision)
    assert samples([entry(1, "a", "13.50", 1, "sample"), other_file]).waiting == 1


def test_a_blank_where_something_was_read_is_an_error_and_an_entry_in_the_table_no_sample() -> None:
    both = [entry(1, "y", "", 1, "sample"), entry(2, "y", "", 2, "second")]
    assert samples(both) == Samples(1, 1, 0)
    assert samples([entry(1, "a", "13.50", 1, "")]) == Samples()


def test_second_entries_are_compared_with_the_ones_they_did_not_see() -> None:
    seen = [
        entry(1, "a", "1", 1, "unsure"),
        entry(2, "a", "1.00", 2, "second"),
        entry(3, "b", "1", 1, "unsure"),
        entry(4, "b", "2", 2, "second"),
        entry(5, "b", "2", 3, "third"),
        entry(6, "c", "?", 2, "unsure"),
        entry(7, "c", "?", 3, "second"),
        entry(8, "d", "5", 1, "unsure"),
        entry(9, "d", "6", 3, ""),  # corrected in the table, having seen the first
    ]
    found = pairs(seen)
    assert [(pair.first, pair.second, pair.agree) for pair in found] == [(1, 2, True), (1, 2, False), (2, 3, True)]
    assert agreement(found) == Share(2, 3)
    assert agreement(found, 1) == Share(1, 2)
    assert agreement(found, 9) == Share(0, 0)


def test_the_curve_takes_samples_and_questions_apart() -> None:
    seen = [
        entry(1, "a", "12.50", 1, "sample"),
        entry(2, "b", "12.50", 1, "unsure"),
        entry(3, "c", "7", 1, "contradicted"),
        entry(4, "c", "7", 2, "second"),
        entry(5, "d", "?", 2, "unsure"),
        entry(6, "e", "7", 2, ""),
    ]
    assert judged(seen) == ([(0.5, True)], [(0.5, True), (0.5, False)])
