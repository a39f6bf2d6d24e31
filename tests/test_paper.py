"""Paper: bars at its edges and streaks across it go, what is printed stays."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.ruled import SCALE, table_page
from worker.paper import unbordered, unstreaked

Grey = NDArray[np.uint8]


def grey_page() -> Grey:
    return np.asarray(cv2.cvtColor(table_page(), cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def test_a_page_without_bars_and_streaks_comes_back_as_it_is() -> None:
    page = grey_page()
    assert unbordered(page, SCALE) is page
    assert unstreaked(page, SCALE) is page


def test_dark_bars_go_and_a_rule_that_runs_into_one_stays() -> None:
    page = grey_page()
    page[600:603, 0:200] = 0
    expected = page.copy()
    page[:, :20], page[-25:] = 20, 30
    seen = unbordered(page, SCALE)
    assert seen[:, :20][np.r_[0:590, 612:1400]].min() == 255
    assert seen[-25:].min() == 255
    assert np.array_equal(seen[:-40, 40:], expected[:-40, 40:])


def test_a_grey_streak_goes_and_the_ink_under_it_stays() -> None:
    plain = grey_page()
    streaked = plain.copy()
    streaked[:, 802:804] = (streaked[:, 802:804] * 0.5).astype(np.uint8)
    streaked[505:507] = (streaked[505:507] * 0.5).astype(np.uint8)
    seen = unstreaked(streaked, SCALE)
    assert np.abs(seen.astype(int) - plain).max() <= 4


def test_a_black_streak_goes_and_what_crosses_it_stays() -> None:
    streaked = grey_page()
    streaked[:, 802:804] = 0
    seen = unstreaked(streaked, SCALE)
    assert (seen[:290, 795:810] == 255).all()
    assert seen[380, 802:804].max() < 100


def test_rules_of_a_table_are_no_streaks() -> None:
    page = np.full((1400, 1000), 255, np.uint8)
    page[60:1340, 500:502] = 0
    assert unstreaked(page, SCALE) is page


def test_rules_of_a_table_as_wide_as_its_page_are_no_streaks() -> None:
    page = np.full((1400, 1000), 255, np.uint8)
    page[60:1340:80, 34:966] = 0
    page[61:1340:80, 34:966] = 0
    page[60:1340, 34:36] = page[60:1340, 964:966] = 0
    assert unstreaked(page, SCALE) is page
