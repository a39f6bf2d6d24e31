"""Read an image: find the text boxes, cut them at the rules, recognise each, keep what else every character may be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Glyph, Rereading, Token
from models.geometry import Box
from worker.crops import MARGIN, Place, in_colour, line_picture, places, scaled_width, softened, trimmed
from worker.ctc import Emission, decode
from worker.engine import STRIDE, Engine
from worker.rereading import Look, figures_only, is_doubtful, reread
from worker.stopwatch import step
from worker.weights import prepare_weights

Image = NDArray[np.uint8]
Wall = tuple[float, float, float, float]

_LINES = 16
"""How many lines tell whether a page can be read."""
_DETECTOR_BLUR = 1.0
"""Pixels: a detector is led astray by grain, which a light blur takes away (docs/decisions/0008)."""


@dataclass(frozen=True, slots=True)
class Recognition:
    """What stands in a crop; `probability` is that of its worst glyph, glyph extents are pixels of the crop.

    `figures` is what it says if nothing but figures may stand there, and the probability of that.
    """

    text: str
    probability: float
    glyphs: tuple[Glyph, ...]
    figures: tuple[str, float] = ("", 0.0)


class Reader:
    """A detector and a recogniser, loaded once and used for many pages; not to be shared by threads or over a fork.

    A glyph whose `char` is empty stands where a character was nearly read: it adds nothing to the text, and its
    alternatives are the characters that may be there.
    """

    @step("load")
    def __init__(self, weights: Path | None = None, threads: int = 2, cache: Path | None = None) -> None:
        self._engine = Engine(prepare_weights(weights, cache), threads)

    @property
    def engine(self) -> str:
        """The names and versions of the models and of what runs them."""
        return self._engine.name

    @step("read")
    def read(self, image: Image, scale: float, walls: Sequence[Wall] = ()) -> tuple[Token, ...]:
        """The tokens of a straightened page in reading order.

        `image` is BGR or grey, `scale` is points per pixel, `walls` are ruling lines (x0, y0, x1, y1) in pixels, at
        which text boxes are cut.
        """
        page = softened(in_colour(image))
        smooth = np.asarray(cv2.GaussianBlur(page, (0, 0), _DETECTOR_BLUR), dtype=np.uint8)
        boxes = [(*quad.min(axis=0), *quad.max(axis=0)) for quad in self._engine.detect(smooth)]
        return self._read(page, scale, boxes, walls)

    @step("read")
    def read_at(self, image: Image, scale: float, boxes: Sequence[Box]) -> tuple[Token, ...]:
        """The tokens at given places, in points; for what the detector overlooked."""
        spans = [(box.x0 / scale, box.y0 / scale, box.x1 / scale, box.y1 / scale) for box in boxes]
        return self._read(softened(in_colour(image)), scale, spans, ())

    @step("read")
    def legibility(self, image: Image) -> float:
        """How well an image can be read: the mean probability of the glyphs of its longest lines, 0 if it has none."""
        page = in_colour(image)
        boxes = [(*quad.min(axis=0), *quad.max(axis=0)) for quad in self._engine.detect(page)]
        spans = sorted(places(boxes, (), page.shape), key=lambda place: place.x0 - place.x1)[:_LINES]
        lines = self.recognise([page[place.y0 : place.y1, place.x0 : place.x1] for place in spans])
        glyphs = [glyph.probability for line in lines for glyph in line.glyphs if glyph.char]
        return sum(glyphs) / len(glyphs) if glyphs else 0.0

    def _read(self, page: Image, scale: float, boxes: Sequence[Wall], walls: Sequence[Wall]) -> tuple[Token, ...]:
        grey = np.asarray(cv2.cvtColor(page, cv2.COLOR_BGR2GRAY), dtype=np.uint8)
        found = [place for whole in places(boxes, walls, page.shape) if (place := trimmed(grey, whole))]
        seen = self.recognise([page[place.y0 : place.y1, place.x0 : place.x1] for place in found])
        looks = [
            Look(_token(place, line, scale), place)
            for place, line in zip(found, seen, strict=True)
            if line.text.strip()
        ]
        tokens = reread(page, looks, lambda crops: [(line.text, line.probability) for line in self.recognise(crops)])
        return tuple(in_reading_order(tokens))

    @step("read")
    def recognise(self, crops: Sequence[Image]) -> tuple[Recognition, ...]:
        """What stands in each crop, one line of text each, BGR or grey. A blank crop has an empty text."""
        frames = self._engine.frames([line_picture(crop) for crop in crops])
        characters = self._engine.characters
        return tuple(
            _recognition(decode(seen, characters), crop, figures_only(seen, characters))
            for seen, crop in zip(frames, crops, strict=True)
        )


def in_reading_order(tokens: Sequence[Token]) -> list[Token]:
    """Line by line from the top, from left to right; a line is what stands around one height."""
    lines: list[list[Token]] = []
    for token in sorted(tokens, key=lambda token: (token.box.centre[1], token.box.x0)):
        first = lines[-1][0].box if lines else None
        if first and abs(token.box.centre[1] - first.centre[1]) < min(token.box.height, first.height) / 2:
            lines[-1].append(token)
        else:
            lines.append([token])
    return [token for line in lines for token in sorted(line, key=lambda token: (token.box.x0, token.box.y0))]


def _recognition(emissions: Sequence[Emission], crop: Image, figures: tuple[str, float]) -> Recognition:
    ratio = scaled_width(crop) / crop.shape[1]
    glyphs = tuple(
        Glyph(e.char, e.probability, *_extent(e, ratio, crop.shape[1]), alternatives=e.alternatives) for e in emissions
    )
    text = "".join(glyph.char for glyph in glyphs)
    return Recognition(text, min((glyph.probability for glyph in glyphs), default=0.0), glyphs, figures)


def _extent(emission: Emission, ratio: float, width: int) -> tuple[float, float]:
    start = (emission.start * STRIDE - MARGIN) / ratio
    end = (emission.end * STRIDE - MARGIN) / ratio
    return min(max(start, 0.0), float(width)), min(max(end, 0.0), float(width))


def _token(place: Place, line: Recognition, scale: float) -> Token:
    box = Box(place.x0 * scale, place.y0 * scale, place.x1 * scale, place.y1 * scale)
    glyphs = tuple(
        Glyph(g.char, g.probability, box.x0 + g.x0 * scale, box.x0 + g.x1 * scale, g.alternatives) for g in line.glyphs
    )
    text, probability = line.figures
    again = (Rereading(text, round(probability, 4), "figures"),) if text and text != line.text else ()
    token = Token(line.text, box, line.probability, glyphs, again)
    return token if is_doubtful(token) else replace(token, again=())
