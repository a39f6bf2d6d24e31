"""Prices of misreadings: what is more usual costs less, and agreement costs nothing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.core.misreading import DUMP, SCAN, TYPED, Channel, digits, least_price, price

amounts = st.decimals(min_value="0.01", max_value="9999999999.99", places=2)


@given(amounts)
def test_what_was_read_right_costs_nothing(amount: Decimal) -> None:
    assert price(amount, amount, SCAN) == 0
    assert price(None, None, SCAN) == 0
    assert price(Decimal(0), None, SCAN) == 0


@given(amounts, amounts)
def test_every_misreading_costs_something_and_text_of_the_file_most(one: Decimal, other: Decimal) -> None:
    if one != other:
        assert 0 < price(one, other, DUMP) <= price(one, other, SCAN) < price(one, other, TYPED)


@pytest.mark.parametrize(
    ("read", "usual", "rarer"),
    [
        ("15088.28", "15098.28", "15028.28"),  # 8 looks like 9, not like 2
        ("11702547.02", "117032547.02", "217032547.02"),  # a digit lost against one lost and one misread
        ("1335.00", "135.00", "1345.00"),  # a doubled digit against an unlike one
        ("12.34", "-12.34", "87.65"),
    ],
)
def test_the_more_usual_slip_costs_less(read: str, usual: str, rarer: str) -> None:
    assert price(Decimal(read), Decimal(usual), SCAN) < price(Decimal(read), Decimal(rarer), SCAN)


def test_a_lost_point_is_cheap_and_a_lost_number_dear() -> None:
    assert price(Decimal(86878811), Decimal("868788.11"), SCAN) < price(
        Decimal("868788.12"), Decimal("868788.11"), SCAN
    )
    assert price(None, Decimal("868788.11"), SCAN) > price(Decimal("868788.12"), Decimal("868788.11"), SCAN)


def test_a_long_number_is_no_mere_mark() -> None:
    marks = [price(Decimal(read), None, SCAN) for read in ("0.02", "12.00", "9501.80", "9501802.41")]
    assert marks[0] == marks[1] < marks[2] < marks[3]
    assert price(Decimal("9501802.41"), None, SCAN) > price(Decimal("9501802.41"), Decimal("9591802.41"), SCAN)


def test_no_misreading_costs_more_than_any_other_number_would() -> None:
    printed = Decimal("113594696.11")
    other = price(Decimal("22.50"), printed, DUMP)
    assert other == price(Decimal("70.80"), printed, DUMP)
    assert price(Decimal("11550488.11"), printed, DUMP) <= other


@pytest.mark.parametrize(
    ("amount", "expected"), [("0.05", "5"), ("12.5", "1250"), ("-3", "300"), ("1.234567", "1234567")]
)
def test_digits_of_an_amount(amount: str, expected: str) -> None:
    assert digits(Decimal(amount)) == expected


def test_slips_of_each_sort_are_priced_by_what_they_could_have_been() -> None:
    """One slip costs its own sort; a second one costs its sort and a little more."""
    swapped = price(Decimal("21.35"), Decimal("12.35"), SCAN)
    lost = price(Decimal("12.34"), Decimal("125.34"), SCAN)
    doubled = price(Decimal("1223.45"), Decimal("123.45"), SCAN)
    added = price(Decimal("1273.45"), Decimal("123.45"), SCAN)
    unlike = price(Decimal("12.35"), Decimal("12.37"), SCAN)
    assert lost < doubled < swapped < unlike < added
    both = price(Decimal("1273.47"), Decimal("123.45"), SCAN)
    assert added < both < added + unlike


def test_swapped_digits_are_one_slip_only_beside_each_other() -> None:
    beside = price(Decimal("1243.00"), Decimal("1234.00"), SCAN)
    apart = price(Decimal("1432.00"), Decimal("1234.00"), SCAN)
    assert beside < apart
    assert price(Decimal("1244.00"), Decimal("1243.00"), SCAN) < apart


@given(
    st.decimals(-(10**9), 10**9, places=2), st.decimals(-(10**9), 10**9, places=2), st.sampled_from([SCAN, TYPED, DUMP])
)
def test_the_least_price_is_never_above_the_price(read: Decimal, printed: Decimal, channel: Channel) -> None:
    assert least_price(read, printed, channel) <= price(read, printed, channel) + 1e-9


@given(st.decimals(1, 10**9, places=2), st.data())
def test_the_least_price_of_a_slip_or_two_is_never_above_the_price(read: Decimal, data: st.DataObject) -> None:
    text = list(f"{read:f}".replace(".", ""))
    for _ in range(data.draw(st.integers(1, 2))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + 1] = data.draw(
            st.sampled_from([[], [*"7"], [text[at], "7"], [text[at], text[at]], text[at : at + 1]])
        )
        text = text or ["1"]
    printed = Decimal("".join(text)).scaleb(-2)
    assert least_price(read, printed, SCAN) <= price(read, printed, SCAN) + 1e-9
