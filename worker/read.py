"""Read an image: find the text boxes, cut them at the rules, recognise each, keep what else every character may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.document import Box, Glyph, Token
from worker.ctc import Emission, decode
from worker.engine import Engine
from worker.weights import prepare_weights

Image = NDArray[np.uint8]
_HEIGHT = 48
_STRIDE = 8


@dataclass(frozen=True, slots=True)
class Recognition:
    """What stands in a crop; `glyphs` have their extents in pixels of the crop."""

    text: str
    probability: float
    glyphs: tuple[Glyph, ...]


class Reader:
    """A detector and a recogniser, loaded once and used for many pages; not to be shared by threads."""

    def __init__(self, weights: Path | None = None, threads: int = 2, cache: Path | None = None) -> None:
        self._engine = Engine(prepare_weights(weights, cache), threads)
        self.engine = self._engine.name

    def read(
        self, image: Image, scale: float, walls: Sequence[tuple[float, float, float, float]] = ()
    ) -> tuple[Token, ...]:
        """The tokens of a straightened page in reading order; `image` is BGR, `scale` points per pixel."""
        tokens = []
        height, width = image.shape[:2]
        boxes, crops = [], []
        for quad in self._engine.detect(image):
            x0, y0 = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
            x1, y1 = np.minimum(np.ceil(quad.max(axis=0)), (width, height)).astype(int)
            if x1 - x0 < 3 or y1 - y0 < 3:
                continue
            boxes.append((x0, y0, x1, y1))
            crops.append(image[y0:y1, x0:x1])
        for (x0, y0, x1, y1), seen in zip(boxes, self.recognise(crops), strict=True):
            if seen.text:
                glyphs = tuple(
                    Glyph(g.char, g.probability, (x0 + g.x0) * scale, (x0 + g.x1) * scale, g.alternatives)
                    for g in seen.glyphs
                )
                box = Box(x0 * scale, y0 * scale, x1 * scale, y1 * scale)
                tokens.append(Token(seen.text, box, seen.probability, glyphs))
        return tuple(sorted(tokens, key=lambda token: (token.box.centre[1], token.box.x0)))

    def recognise(self, crops: Sequence[Image]) -> tuple[Recognition, ...]:
        """What stands in each crop, a line of text each, BGR."""
        if not crops:
            return ()
        frames = self._engine.frames(crops)
        return tuple(
            _recognition(decode(seen, self._engine.characters), crop) for seen, crop in zip(frames, crops, strict=True)
        )


def _recognition(emissions: Sequence[Emission], crop: Image) -> Recognition:
    scale = crop.shape[0] / _HEIGHT * _STRIDE
    glyphs = tuple(
        Glyph(e.char, e.probability, e.first * scale, (e.last + 1) * scale, e.alternatives) for e in emissions
    )
    text = "".join(glyph.char for glyph in glyphs)
    return Recognition(text, min((glyph.probability for glyph in glyphs), default=0.0), glyphs)
