"""Which digit is read for which: first guesses, moved by counts."""

from __future__ import annotations

from decimal import Decimal
from math import exp, isclose, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.confusions import Confusions
from worker.core.misreading import SCAN, least_price, price
from worker.core.slips import DIGITS, LIKE, LOST, PLACES, UNLIKE, Slips, costs, slips_of

pairs = st.sampled_from([(one, other) for one in DIGITS for other in DIGITS if one != other])
counted = st.dictionaries(pairs, st.integers(1, 5000), max_size=12)
amounts = st.decimals("0.01", 10**9, places=2)


def test_without_counts_a_digit_is_read_as_one_that_looks_like_it_or_as_any() -> None:
    found = costs(())
    assert len(found) == 90
    assert isclose(found["3", "8"], PLACES - log(LIKE))
    assert isclose(found["3", "2"], PLACES - log(UNLIKE))


@given(counted)
def test_counts_move_chances_among_the_digits_and_never_below_the_least(counts: dict[tuple[str, str], int]) -> None:
    found = costs(counts.items())
    assert min(found.values()) >= LOST
    for printed in DIGITS:
        whole = sum(exp(PLACES - found[printed, read]) for read in DIGITS if read != printed)
        guess = sum(exp(PLACES - costs(())[printed, read]) for read in DIGITS if read != printed)
        assert whole <= guess * (1 + 1e-9)


@given(st.integers(1, 5000), pairs)
def test_what_was_seen_often_costs_less_and_its_rivals_more(times: int, pair: tuple[str, str]) -> None:
    before, after = costs(()), costs([(pair, times)])
    assert after[pair] < before[pair] or isclose(after[pair], PLACES)
    rivals = [(pair[0], other) for other in DIGITS if other not in pair]
    assert all(after[rival] > before[rival] for rival in rivals)
    assert all(after[other] == before[other] for other in before if other[0] != pair[0])


@given(counted, amounts, amounts)
def test_the_least_price_holds_whatever_was_counted(
    counts: dict[tuple[str, str], int], read: Decimal, printed: Decimal
) -> None:
    slips = Slips(costs(counts.items()))
    assert least_price(read, printed, SCAN) <= price(read, printed, SCAN, slips) + 1e-9


def test_corrections_of_an_archive_change_which_reading_is_likelier() -> None:
    read = Decimal("15088.28")
    usual, odd = Decimal("15098.28"), Decimal("15028.28")
    assert price(read, usual, SCAN) < price(read, odd, SCAN)
    learned = slips_of(Confusions({("2", "8"): 400, ("9", "4"): 400, ("行", "待"): 7, ("", "8"): 3}))
    assert price(read, odd, SCAN, learned) < price(read, usual, SCAN, learned)
    assert learned is slips_of(Confusions({("9", "4"): 400, ("2", "8"): 400}))


@pytest.mark.parametrize("pair", [("1", "7"), ("5", "6")])
def test_a_few_counts_change_little(pair: tuple[str, str]) -> None:
    assert abs(costs([(pair, 1)])[pair] - costs(())[pair]) < 0.2
