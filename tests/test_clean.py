from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.geometry import Mesh
from tests.ruled import COLUMNS, ROWS, SCALE, bent, figure, prose_page, stamped, table_page, turned
from worker.clean import clean

Picture = NDArray[np.uint8]


def worst_slope(segments: tuple[tuple[float, float, float, float], ...], mesh: Mesh | None) -> float:
    """Degrees between the direction of rules on the page as filed and their direction after straightening."""
    assert mesh is not None
    x0, y0, x1, y1 = (v * SCALE for v in max(segments, key=lambda s: s[2] - s[0]))
    (ax, ay), (bx, by) = mesh.back(x0, y0), mesh.back(x1, y1)
    return float(np.degrees(np.arctan2(by - ay, bx - ax)))


def test_a_clean_page_comes_back_as_it_is() -> None:
    page = table_page()
    cleaned = clean(page, SCALE)
    assert cleaned.image is page
    assert (cleaned.mesh, cleaned.rotation, cleaned.skew, cleaned.seals) == (None, 0, 0.0, ())
    assert len(cleaned.rules.horizontal) == len(ROWS)


@pytest.mark.parametrize("degrees", [-2.0, -0.4, 1.3, 4.0])
def test_skew_is_taken_out(degrees: float) -> None:
    cleaned = clean(turned(table_page(), degrees), SCALE)
    assert cleaned.skew == pytest.approx(degrees, abs=0.1)
    assert worst_slope(cleaned.rules.horizontal, cleaned.mesh) == pytest.approx(degrees, abs=0.1)
    assert (len(cleaned.rules.horizontal), len(cleaned.rules.vertical)) == (len(ROWS), len(COLUMNS))


def test_keystone_and_curl_are_taken_out() -> None:
    page, (flat_x, flat_y) = bent(table_page(), keystone=0.04, curl=8.0)
    cleaned = clean(page, SCALE)
    assert cleaned.mesh is not None
    assert (len(cleaned.rules.horizontal), len(cleaned.rules.vertical)) == (len(ROWS), len(COLUMNS))

    def flat(x: float, y: float) -> tuple[float, float]:
        """Where a point of the straightened page, in pixels, lies on the page before it was bent."""
        assert cleaned.mesh is not None
        px, py = (np.array([[v / SCALE - 0.5]], np.float32) for v in cleaned.mesh.back(x * SCALE, y * SCALE))
        x, y = (float(np.asarray(cv2.remap(m, px, py, cv2.INTER_LINEAR))[0, 0]) for m in (flat_x, flat_y))
        return x, y

    for (x0, y, x1, _), drawn in zip(sorted(cleaned.rules.horizontal, key=lambda s: s[1]), ROWS, strict=True):
        assert [flat(x, y + 0.5)[1] for x in np.linspace(x0, x1, 9)] == pytest.approx([drawn] * 9, abs=1.5)
    for (x, y0, _, y1), drawn in zip(sorted(cleaned.rules.vertical), COLUMNS, strict=True):
        assert [flat(x + 0.5, y)[0] for y in np.linspace(y0, y1, 9)] == pytest.approx([drawn] * 9, abs=1.5)


def test_prose_is_turned_and_not_bent() -> None:
    cleaned = clean(turned(prose_page(), 1.2), SCALE)
    assert cleaned.skew == pytest.approx(1.2, abs=0.1)
    assert cleaned.rules.segments == ()


@pytest.mark.parametrize(("rotation", "code"), [(90, cv2.ROTATE_90_COUNTERCLOCKWISE), (180, cv2.ROTATE_180)])
def test_the_way_back_from_a_turned_page(rotation: int, code: int) -> None:
    page = table_page()
    cv2.circle(page, (240, 150), 6, (0, 0, 0), -1)
    filed = np.asarray(cv2.rotate(page, code), dtype=np.uint8)
    cleaned = clean(filed, SCALE, lambda _: rotation)
    assert cleaned.rotation == rotation
    assert cleaned.image.shape == page.shape
    assert cleaned.mesh is not None
    x, y = (v / SCALE for v in cleaned.mesh.back(240.5 * SCALE, 150.5 * SCALE))
    assert filed[int(y), int(x)].max() == 0
    assert filed[int(y) - 12, int(x)].min() == 255


def test_the_seal_goes_and_what_it_covered_stays() -> None:
    page = table_page()
    cleaned = clean(stamped(page, 900, 600), SCALE)
    (seal,) = cleaned.seals
    assert seal.box.centre == pytest.approx((900 * SCALE, 600 * SCALE), abs=3)
    assert seal.box.width == pytest.approx(246 * SCALE, abs=5)
    assert cv2.imdecode(np.frombuffer(seal.picture, np.uint8), cv2.IMREAD_COLOR) is not None
    covered = cleaned.image[470:730, 770:1030].astype(int)
    assert np.abs(covered - page[470:730, 770:1030]).mean() < 6
    assert (covered[page[470:730, 770:1030].max(axis=2) < 60] < 110).all()
    assert np.ptp(covered, axis=2).max() < 12


def test_coloured_text_and_solid_charts_stay() -> None:
    page = prose_page()
    cv2.putText(page, "RED HEADLINE", (300, 200), cv2.FONT_HERSHEY_DUPLEX, 3, (30, 30, 210), 8)
    cv2.circle(page, (800, 1900), 150, (30, 30, 210), -1)
    cleaned = clean(page, SCALE)
    assert cleaned.seals == ()
    assert (cleaned.image == page).all()


def test_shadow_goes_and_ink_stays() -> None:
    page = table_page()
    shade = np.linspace(1.0, 0.55, page.shape[1])[None, :, None]
    cleaned = clean(np.asarray(page * shade, dtype=np.uint8), SCALE)
    paper = cleaned.image[(page.min(axis=2) == 255) & (cv2.blur(page, (9, 9)).min(axis=2) == 255)]
    assert np.percentile(paper, 1) >= 245
    assert len(cleaned.rules.vertical) == len(COLUMNS)


def test_specks_go_and_points_stay() -> None:
    page = np.full((1400, 1654, 3), 255, np.uint8)
    for y in range(200, 1300, 60):
        figure(page, "1234 . 56", 300, y)
        page[y - 2 : y, 600:602] = 0
        figure(page, "78", 610, y)
    clear = page.copy()
    chance = np.random.default_rng(3)
    specks = chance.random(page.shape[:2]) < 0.0006
    specks &= cv2.erode(page.min(axis=2), np.ones((5, 5), np.uint8)) == 255
    page[specks] = 0
    cleaned = clean(page, SCALE).image
    assert (cleaned[specks] == 255).mean() > 0.97
    assert (cleaned[clear.min(axis=2) < 100] < 150).mean() > 0.999


def test_scratches_and_dark_edges_do_not_bend_a_page() -> None:
    page = turned(table_page(), 2.0)
    for scratch in (90, 700, 1290, 1580):
        cv2.line(page, (scratch, 0), (scratch, page.shape[0]), (120, 120, 120), 2)
    page[:, :18], page[-22:] = 20, 15
    cleaned = clean(page, SCALE)
    assert cleaned.skew == pytest.approx(2.0, abs=0.1)
    assert (len(cleaned.rules.horizontal), len(cleaned.rules.vertical)) == (len(ROWS), len(COLUMNS))
    assert cleaned.mesh is not None
    for (x, y0, _, y1), drawn in zip(sorted(cleaned.rules.vertical), COLUMNS, strict=True):
        places = [cleaned.mesh.back(x * SCALE, y * SCALE) for y in (y0, y1)]
        back = np.array([[px / SCALE - 827, py / SCALE - 700] for px, py in places]) @ [np.cos(0.0349), np.sin(0.0349)]
        assert back + 827 == pytest.approx([drawn, drawn], abs=3)
