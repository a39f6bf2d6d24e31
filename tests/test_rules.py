from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.ruled import COLUMNS, ROWS, SCALE, prose_page, table_page
from worker.rules import Rules, Segment, find


def grey(page: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def heights(segments: tuple[Segment, ...]) -> list[float]:
    return sorted(segment[1] for segment in segments)


def sides(segments: tuple[Segment, ...]) -> list[float]:
    return sorted(segment[0] for segment in segments)


def test_every_rule_is_found_where_it_was_drawn() -> None:
    rules = find(grey(table_page()), SCALE)
    assert heights(rules.horizontal) == pytest.approx(ROWS, abs=1.0)
    assert sides(rules.vertical) == pytest.approx(COLUMNS, abs=1.0)
    for x0, _, x1, _ in rules.horizontal:
        assert (x0, x1) == pytest.approx((COLUMNS[0], COLUMNS[-1]), abs=1.5)


@pytest.mark.parametrize("thickness", [1, 4, 7])
def test_thin_and_thick_rules(thickness: int) -> None:
    rules = find(grey(table_page(thickness=thickness)), SCALE)
    assert len(rules.horizontal) == len(ROWS)
    assert len(rules.vertical) == len(COLUMNS)


def test_a_double_rule_is_one() -> None:
    page = table_page()
    cv2.line(page, (COLUMNS[0], ROWS[0] + 5), (COLUMNS[-1], ROWS[0] + 5), (0, 0, 0), 1)
    assert len(find(grey(page), SCALE).horizontal) == len(ROWS)


def test_breaks_are_closed() -> None:
    page = grey(table_page())
    keep = np.random.default_rng(1).random(page.shape) > 0.25
    broken = np.where(keep, page, np.uint8(255))
    broken[:, 600:608] = 255
    rules = find(broken, SCALE)
    assert heights(rules.horizontal) == pytest.approx(ROWS, abs=1.5)
    assert sides(rules.vertical) == pytest.approx(COLUMNS, abs=1.5)
    assert all(x1 - x0 > COLUMNS[-1] - COLUMNS[0] - 5 for x0, _, x1, _ in rules.horizontal)


def test_a_merged_cell_stays_open() -> None:
    page = table_page()
    page[ROWS[0] + 3 : ROWS[1] - 2, COLUMNS[2] - 4 : COLUMNS[2] + 5] = 255
    rules = find(grey(page), SCALE)
    cut = [s for s in rules.vertical if abs(s[0] - COLUMNS[2]) < 2]
    assert [s[1] for s in cut] == pytest.approx([ROWS[1]], abs=1.5)


def test_prose_and_its_underlines_are_not_ruled() -> None:
    page = prose_page()
    cv2.line(page, (300, 368), (520, 368), (0, 0, 0), 2)
    assert find(grey(page), SCALE) == Rules()


def test_a_stroke_as_high_as_its_row_is_no_rule() -> None:
    page = table_page()
    cv2.line(page, (COLUMNS[1] + 200, ROWS[2] + 14), (COLUMNS[1] + 200, ROWS[3] - 8), (0, 0, 0), 2)
    assert len(find(grey(page), SCALE).vertical) == len(COLUMNS)


def test_an_empty_page_has_no_rules() -> None:
    assert find(np.full((800, 600), 255, np.uint8), SCALE) == Rules()


def test_points() -> None:
    assert Rules(((10.0, 20.0, 30.0, 20.0),)).points(0.5) == ((5.0, 10.0, 15.0, 10.0),)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.integers(30, 120), min_size=2, max_size=12),
    st.lists(st.integers(170, 300), min_size=2, max_size=4),
)
def test_any_table_of_a_readable_size_is_found(row_heights: list[int], widths: list[int]) -> None:
    rows = tuple(int(y) for y in np.cumsum([200, *row_heights]))
    columns = tuple(int(x) for x in np.cumsum([100, *widths]))
    rules = find(grey(table_page(rows, columns, height=rows[-1] + 200)), SCALE)
    assert heights(rules.horizontal) == pytest.approx(rows, abs=1.5)
    assert sides(rules.vertical) == pytest.approx(columns, abs=1.5)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.0, 0.3), st.integers(3, 300), st.integers(3, 300))
def test_noise_of_any_size_is_survived(seed: int, share: float, height: int, width: int) -> None:
    dirt = np.random.default_rng(seed).random((height, width)) < share
    rules = find(np.where(dirt, np.uint8(0), np.uint8(255)), SCALE)
    assert all(x1 >= x0 and y1 >= y0 for x0, y0, x1, y1 in rules.segments)


def test_a_pen_stroke_that_runs_into_a_rule_does_not_take_it_away() -> None:
    page = table_page()
    cv2.ellipse(page, (600, ROWS[3] + 24), (150, 24), 2, 0, 360, (40, 40, 40), 4, cv2.LINE_AA)
    found = find(np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), dtype=np.uint8), SCALE)
    across = [s for s in found.horizontal if abs(s[1] - ROWS[3]) < 3]
    assert sum(x1 - x0 for x0, _, x1, _ in across) > 0.9 * (COLUMNS[-1] - COLUMNS[0])


@pytest.mark.parametrize(("row", "kept"), [(7, False), (1, True)])
def test_a_stroke_in_one_row_of_a_table_parts_it_in_the_head_only(row: int, kept: bool) -> None:
    page = table_page()
    cv2.line(page, (700, ROWS[row]), (700, ROWS[row + 1]), (40, 40, 40), 3)
    found = find(grey(page), SCALE)
    assert any(abs(x - 700) < 3 for x in sides(found.vertical)) is kept
    assert len(found.vertical) == len(COLUMNS) + kept
