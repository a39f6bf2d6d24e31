from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.ruled import SCALE, prose_page
from worker.clean import clean
from worker.orientation import Picture, Upright


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


class Unsure(Upright):
    """One whose classifier says what the test wants, and that notes which ways were read."""

    def __init__(self, probabilities: list[float], read: dict[int, float]) -> None:
        super().__init__(legible=self._look)
        self.said = np.array(probabilities)
        self.read = read
        self.tried: list[int] = []

    def probabilities(self, image: Picture) -> NDArray[np.float64]:  # noqa: ARG002  (what the classifier says does not depend on it)
        return self.said

    def _look(self, image: Picture) -> float:
        """The marked corner tells how the picture was turned."""
        corners = (image[0, 0], image[0, -1], image[-1, -1], image[-1, 0])
        way = 90 * next(i for i, corner in enumerate(corners) if not corner.any())
        self.tried.append(way)
        return self.read[way]


@pytest.mark.parametrize(
    ("probabilities", "read", "tried", "way"),
    [
        ([0.5, 0.03, 0.45, 0.02], {0: 0.6, 180: 0.9}, [0, 180], 180),
        ([0.5, 0.03, 0.45, 0.02], {0: 0.9, 180: 0.6}, [0, 180], 0),
        ([0.3, 0.03, 0.65, 0.02], {0: 0.9, 180: 0.93}, [0, 180], 0),
        ([0.05, 0.4, 0.1, 0.45], {0: 0.5, 90: 0.6, 180: 0.5, 270: 0.9}, [0, 90, 180, 270], 270),
        ([0.1, 0.85, 0.03, 0.02], {}, [], 90),
        ([0.75, 0.09, 0.08, 0.08], {}, [], 0),
    ],
)
def test_where_the_classifier_is_unsure_what_reads_best_decides(
    probabilities: list[float], read: dict[int, float], tried: list[int], way: int
) -> None:
    page = np.full((60, 40, 3), 255, np.uint8)
    page[0, 0] = 0
    unsure = Unsure(probabilities, read)
    assert unsure(page) == way
    assert unsure.tried == tried
