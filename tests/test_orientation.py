from __future__ import annotations

import numpy as np
import pytest

from tests.ruled import SCALE, prose_page
from worker.clean import clean
from worker.orientation import Upright


@pytest.fixture(scope="module")
def upright() -> Upright:
    return Upright()


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_a_turned_page_is_turned_back(upright: Upright, quarters: int) -> None:
    page = prose_page()
    filed = np.ascontiguousarray(np.rot90(page, quarters))
    assert upright(filed) == 90 * quarters
    assert clean(filed, SCALE, upright).image.shape == page.shape


def test_an_empty_page_is_left_alone(upright: Upright) -> None:
    assert upright(np.full((800, 600, 3), 255, np.uint8)) == 0
    assert upright.probabilities(np.full((50, 2000, 3), 255, np.uint8)).sum() == pytest.approx(1, abs=1e-3)
