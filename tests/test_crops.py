from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.crops import (
    HEIGHT,
    MARGIN,
    Place,
    in_colour,
    line_picture,
    places,
    scaled_width,
    softened,
    trimmed,
)

SHAPE = (400, 600)
GREY = np.random.default_rng(0)


def test_a_box_across_an_upright_wall_is_cut_there() -> None:
    left, right = places([(50, 10, 250, 40)], [(150, 0, 150, 100)], SHAPE)
    assert (left.x1, right.x0) == (150, 150)
    assert (left.cut, right.cut) == ((False, True), (True, False))


def test_a_wall_that_ends_beside_the_line_cuts_nothing() -> None:
    (whole,) = places([(50, 10, 250, 40)], [(150, 30, 150, 100)], SHAPE)
    assert (whole.x1, whole.cut) == (250, (False, False))


def test_a_wall_at_the_edge_marks_the_side() -> None:
    (place,) = places([(50, 10, 250, 40)], [(249, 0, 249, 100)], SHAPE)
    assert (place.x1, place.cut) == (249, (False, True))


def test_a_sliver_beyond_a_wall_is_dropped() -> None:
    (place,) = places([(50, 10, 250, 40)], [(246, 0, 246, 100)], SHAPE)
    assert place.x1 == 246


def test_two_lines_taken_for_one_are_parted_at_the_rule_between() -> None:
    upper, lower = places([(50, 10, 250, 60)], [(0, 35, 600, 35)], SHAPE)
    assert (upper.y0, upper.y1, lower.y0, lower.y1) == (10, 35, 35, 60)


def test_a_rule_grazed_by_a_box_only_clips_it() -> None:
    (place,) = places([(50, 10, 250, 40)], [(0, 34, 600, 34)], SHAPE)
    assert (place.y0, place.y1) == (10, 34)


def test_a_box_is_drawn_out_to_a_minus_on_its_left_but_not_into_its_neighbour() -> None:
    (lone,) = places([(100, 10, 200, 40)], [], SHAPE)
    assert (lone.x0, lone.drawn) == (55, 45)
    _, right = places([(10, 10, 90, 40), (100, 10, 200, 40)], [], SHAPE)
    assert right.x0 == 95
    (walled,) = places([(100, 10, 200, 40)], [(98, 0, 98, 100)], SHAPE)
    assert (walled.x0, walled.cut) == (98, (True, False))


boxes = st.tuples(st.integers(0, 500), st.integers(0, 350), st.integers(8, 200), st.integers(8, 60)).map(
    lambda b: (float(b[0]), float(b[1]), float(b[0] + b[2]), float(b[1] + b[3]))
)
upright = st.tuples(st.integers(0, 600), st.integers(0, 200), st.integers(10, 200)).map(
    lambda w: (float(w[0]), float(w[1]), float(w[0]), float(w[1] + w[2]))
)


@given(st.lists(boxes, max_size=6), st.lists(upright, max_size=6))
def test_places_lie_within_the_image_and_no_wall_runs_through_them(
    found: list[tuple[float, float, float, float]], walls: list[tuple[float, float, float, float]]
) -> None:
    for place in places(found, walls, SHAPE):
        assert 0 <= place.x0 < place.x1 <= SHAPE[1]
        assert 0 <= place.y0 < place.y1 <= SHAPE[0]
        for x, top, _, bottom in walls:
            if top <= place.y0 and bottom >= place.y1 and place.x1 - place.x0 > (place.y1 - place.y0) / 2:
                assert not place.x0 + 1 < x < place.x1 - 1


def paper(height: int = 40, width: int = 120) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.full((height, width), 235, dtype=np.uint8)


def test_a_rule_at_a_cut_side_is_taken_off_and_a_digit_beside_it_is_not() -> None:
    piece = paper()
    piece[:, 117:] = 20
    piece[12:30, 110:113] = 20
    piece[12:30, 60:70] = 20
    rest = trimmed(piece, Place(0, 0, 120, 40, (False, True)))
    assert rest is not None
    assert 113 < rest.x1 <= 117


def test_a_piece_with_nothing_but_a_rule_is_dropped() -> None:
    piece = paper(40, 40)
    piece[:, :2] = 20
    assert trimmed(piece, Place(0, 0, 40, 40, (True, False))) is None


@pytest.mark.parametrize("side", [0, 1])
def test_what_is_printed_much_lighter_than_the_rule_beside_it_is_ink(side: int) -> None:
    piece = paper()
    cv2.putText(piece, "795.17", (14, 30), cv2.FONT_HERSHEY_SIMPLEX, 0.8, (205,), 1, cv2.LINE_AA)
    piece[:, (slice(0, 4), slice(-4, None))[side]] = 60
    place = trimmed(piece, Place(0, 0, 120, 40, (side == 0, side == 1)))
    assert place is not None
    assert (place.x0, place.x1) == ((5, 120), (0, 115))[side]


def test_a_whole_box_is_kept_even_if_it_is_faint() -> None:
    assert trimmed(paper(), Place(0, 0, 120, 40)) == Place(0, 0, 120, 40)


@given(st.integers(4, 120), st.integers(1, 4000))
def test_line_pictures_have_one_height_and_few_widths(height: int, width: int) -> None:
    crop = np.full((height, width), 200, dtype=np.uint8)
    picture = line_picture(crop)
    assert picture.shape[0] == HEIGHT
    assert picture.shape[1] >= scaled_width(crop) + 2 * MARGIN
    assert picture.shape[1] % 32 == 0
    assert picture.shape[2] == 3


def test_a_line_stands_on_its_own_paper() -> None:
    crop = paper(24, 30)
    crop[6:18, 10:20] = 10
    picture = line_picture(crop)
    assert (picture[:, :MARGIN] == 235).all()
    assert (picture[:, -1] == 235).all()


@pytest.mark.parametrize(("levels", "changed"), [((0, 255), True), ((30, 90, 150, 240), False), ((255,), False)])
def test_only_a_page_of_black_and_white_is_softened(levels: tuple[int, ...], changed: bool) -> None:
    page = in_colour(GREY.choice(np.array(levels, dtype=np.uint8), size=(50, 50)))
    assert bool((softened(page) != page).any()) is changed


def drawn_out(minus: tuple[int, int, int, int] | None) -> Place:
    """Where a figure's crop begins that was drawn out by 45 pixels, with a stroke (x, y, width, height) before it."""
    grey = paper()
    grey[8:32, 50:110:8] = 30
    if minus:
        x, y, w, h = minus
        grey[y : y + h, x : x + w] = 40
    place = trimmed(grey, Place(0, 0, 120, 40, drawn=45))
    assert place is not None
    return place


def test_empty_paper_before_a_box_is_taken_back() -> None:
    assert drawn_out(None).x0 == 43
    assert drawn_out((20, 6, 2, 2)).x0 == 43


@pytest.mark.parametrize(("start", "width"), [(32, 8), (8, 30)])
def test_a_minus_and_a_long_stroke_before_a_box_are_kept(start: int, width: int) -> None:
    assert drawn_out((start, 18, width, 3)).x0 == start - 2


def test_a_rule_along_the_edge_and_a_mark_far_off_are_no_part_of_the_line() -> None:
    assert drawn_out((0, 0, 45, 3)).x0 == 43
    assert drawn_out((2, 16, 8, 8)).x0 == 43
