"""行次 restored by their order, and left alone where the order proves nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Reading, Row, Table
from worker.core.numbering import line_numbers


def table(*columns: list[str] | list[str | None]) -> Table:
    """A table of which only the 行次 matter, one list for each block; None where the row itself was lost."""
    rows = [
        Row(line, block, line_no=Reading(text))
        for block, texts in enumerate(columns)
        for line, text in enumerate(texts)
        if text is not None
    ]
    return Table("公开01", "", "公开01", "元", (1,), (), tuple(rows), ())


@pytest.mark.parametrize(
    ("printed", "repaired"),
    [
        (["22", "23", "34", "25", "26"], {2: "24"}),
        (["43", "44", "4S", "", "47", "48"], {2: "45", 3: "46"}),
        (["56", "57", "58", "54", "60"], {3: "59"}),
        (["48", "49", "50", "53", "54"], {}),
        (["1", "2", "x", "9", "10"], {}),
        (["37", "38", "1", "2", "41", "42"], {2: "39", 3: "40"}),
        (["1", "2", "3", "?"], {}),
        (["", "", "", "2", "3", "", "5", "6"], {}),
    ],
)
def test_a_number_is_repaired_only_between_runs_that_leave_room_for_it(
    printed: list[str], repaired: dict[int, str]
) -> None:
    assert line_numbers(table(printed)) == repaired


def test_each_block_counts_for_itself() -> None:
    assert line_numbers(table(["1", "2", "3"], ["31", "32", "8S", "34", "35"])) == {5: "33"}


@pytest.mark.parametrize(
    ("left", "right", "repaired"),
    [
        (["1", "2", "3"], ["4", "5", "6.4"], {5: "6"}),
        (["1", "2", "3"], ["4", "5", ""], {5: "6"}),
        (["1", None, "3", "4"], ["5", "6", "7", "8."], {6: "8"}),
        (["1", None, "2", "3"], ["4", None, "5", "x"], {5: "6"}),
        (["1", "2", "3"], ["4", "5", "9"], {}),
        (["2", "3", "4"], ["5", "6", "x"], {}),
        (["1", "2", "3"], ["5", "6", "x"], {}),
        (["1", "3", "4"], ["5", "6", "x"], {}),
        (["1", "2", "3"], ["4", "8", "9", "x"], {}),
        (["1", "2", None], ["3", "x"], {}),
    ],
)
def test_a_second_block_goes_on_where_the_first_ends(
    left: list[str | None], right: list[str | None], repaired: dict[int, str]
) -> None:
    assert line_numbers(table(left, right)) == repaired


@given(st.integers(1, 60), st.integers(5, 40), st.data())
def test_a_misread_number_inside_a_column_comes_back(first: int, count: int, data: st.DataObject) -> None:
    printed = [str(first + place) for place in range(count)]
    place = data.draw(st.integers(2, count - 3))
    misread = data.draw(st.text("0123456789SlO", max_size=3).filter(lambda text: text != printed[place]))
    damaged = [*printed[:place], misread, *printed[place + 1 :]]
    assert line_numbers(table(damaged)) == {place: printed[place]}
