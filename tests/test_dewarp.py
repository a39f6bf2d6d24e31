from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.geometry import Mesh
from tests.ruled import SCALE, prose_page, turned
from worker.dewarp import Warp, fit, remap, skew

Floats = NDArray[np.float64]


def lines(bend: float, slope: float, lean: float) -> tuple[list[Floats], list[Floats]]:
    """Ten rows and six columns of an 800 x 600 page, sheared, curled and leaning."""
    t = np.linspace(50, 750, 80)
    rows = [np.stack([t, y + slope * (t - 400) + bend * np.sin(t / 120)], axis=1) for y in range(60, 560, 50)]
    s = np.linspace(60, 510, 60)
    columns = [np.stack([x + lean * (s - 300), s], axis=1) for x in range(50, 800, 140)]
    return rows, columns


@settings(max_examples=25, deadline=None)
@given(st.floats(-6, 6), st.floats(-0.03, 0.03), st.floats(-0.03, 0.03))
def test_bent_lines_come_out_straight(bend: float, slope: float, lean: float) -> None:
    rows, columns = lines(bend, slope, lean)
    warp = fit(rows, columns, 800, 600, 0.0)
    for y in (100.0, 300.0, 500.0):
        x = np.linspace(80, 720, 60)
        sx, sy = warp.source(x, np.full_like(x, y))
        wave = sy - slope * (sx - 400) - bend * np.sin(sx / 120)
        assert float(np.ptp(wave)) < 1.0


def test_text_counts_for_nothing_beside_rules() -> None:
    rows, columns = lines(0, 0, 0)
    letters = [np.array([[300.0, 400.0], [330.0, 403.0], [360.0, 406.0]])]
    warp = fit([*rows, *letters], columns, 800, 600, 0.0)
    assert abs(warp.skew) < 0.01
    assert warp.moves() < 0.3


def test_a_page_without_lines_is_only_turned() -> None:
    warp = fit([], [], 800, 600, 1.5)
    assert warp.skew == pytest.approx(1.5)
    x, y = warp.source(np.array([400.0]), np.array([300.0]))
    assert (float(x[0]), float(y[0])) == pytest.approx((400, 300))
    assert warp.unmoved().moves() == pytest.approx(0, abs=1e-9)


def test_rows_alone_keep_corners_square() -> None:
    rows, _ = lines(0, 0.02, 0)
    warp = fit(rows, [], 800, 600, 0.0)
    x, _ = warp.source(np.array([400.0, 400.0]), np.array([0.0, 600.0]))
    assert float(x[1] - x[0]) == pytest.approx(-0.02 * 600, abs=0.5)


@pytest.mark.parametrize("degrees", [-3.0, -0.7, 0.0, 0.4, 1.9, 5.0])
def test_skew_of_prose(degrees: float) -> None:
    grey = np.asarray(cv2.cvtColor(turned(prose_page(), degrees), cv2.COLOR_BGR2GRAY), dtype=np.uint8)
    assert skew(grey) == pytest.approx(degrees, abs=0.1)


def test_skew_of_nothing() -> None:
    assert skew(np.full((400, 300), 255, np.uint8)) == 0.0


def test_the_picture_and_the_mesh_agree() -> None:
    page = np.full((600, 800), 255, np.uint8)
    cv2.circle(page, (520, 390), 3, (0,), -1)
    warp = Warp(800, 600, 2.0, np.zeros((2, 2)), np.zeros((2, 2)), (-1.0, -1.0, 1.0, 1.0))
    nodes = warp.lattice(SCALE)
    straight = remap(page, nodes)
    y, x = (float(v.mean()) + 0.5 for v in np.nonzero(straight < 128))
    rows, columns = nodes[0].shape
    points = tuple(zip((nodes[0] * SCALE).ravel().tolist(), (nodes[1] * SCALE).ravel().tolist(), strict=True))
    mesh = Mesh(800 * SCALE, 600 * SCALE, columns, rows, points)
    back = mesh.back(x * SCALE, y * SCALE)
    assert (back[0] / SCALE, back[1] / SCALE) == pytest.approx((520.5, 390.5), abs=0.3)
