"""A second look at doubtful figures: the same place cut wider, enlarged, or in black and white, and as figures only."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from models.document import Rereading, Token
from worker.crops import Place
from worker.ctc import Frame, decode

Image = NDArray[np.uint8]
Recognise = Callable[[Sequence[Image]], Sequence[tuple[str, float]]]

SURE = 0.97
"""A figure whose worst character is as probable as this is not looked at again, if it is well formed."""
_WIDER = 0.25
"""Times the height of a box: how much paper the wider crop adds at each side."""
_LARGER = 1.5
_FIGURES = frozenset("0123456789.,-()%")
_AMOUNT = re.compile(r"-?(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.\d{2,6})?|-?\d{1,7}")


@dataclass(frozen=True, slots=True)
class Look:
    """A token of a page with the place that it was read at, in pixels."""

    token: Token
    place: Place


def is_doubtful(token: Token) -> bool:
    """Whether a token is a figure that was read with doubt, or is not well formed."""
    figures = sum(char.isdigit() for char in token.text)
    if not figures or figures < len(token.text) / 2:
        return False
    return token.probability < SURE or not _AMOUNT.fullmatch(token.text)


def figures_only(frames: Sequence[Frame], characters: Sequence[str]) -> tuple[str, float]:
    """What the frames of a line say if only figures, separators and signs may stand there."""
    allowed = {0, *(i for i, char in enumerate(characters) if char in _FIGURES)}
    kept = [[(label, p) for label, p in frame if label in allowed] for frame in frames]
    emissions = [e for e in decode(kept, characters) if e.char]
    return "".join(e.char for e in emissions), min((e.probability for e in emissions), default=0.0)


def reread(page: Image, looks: Sequence[Look], recognise: Recognise) -> list[Token]:
    """The tokens, the doubtful ones with what the page says there in other crops. `page` is BGR."""
    doubtful = [i for i, look in enumerate(looks) if is_doubtful(look.token)]
    cuts = [(i, kind, crop) for i in doubtful for kind, crop in _cuts(page, looks[i].place)]
    read = recognise([crop for _, _, crop in cuts])
    again: dict[int, list[Rereading]] = {i: [] for i in doubtful}
    for (i, kind, _), (text, probability) in zip(cuts, read, strict=True):
        if text and text != looks[i].token.text:
            again[i].append(Rereading(text, round(probability, 4), kind))
    return [
        replace(look.token, again=(*look.token.again, *again[i])) if again.get(i) else look.token
        for i, look in enumerate(looks)
    ]


def _cuts(page: Image, place: Place) -> Iterator[tuple[str, Image]]:
    """The other crops of a place: with more paper around it (not over a rule), enlarged, and in black and white."""
    height = place.y1 - place.y0
    more = round(_WIDER * height)
    left, right = (0 if cut else more for cut in place.cut)
    wide = page[max(0, place.y0 - more // 2) : place.y1 + more // 2, max(0, place.x0 - left) : place.x1 + right]
    tight = page[place.y0 : place.y1, place.x0 : place.x1]
    yield "wider", wide
    yield (
        "larger",
        np.asarray(
            cv2.GaussianBlur(
                cv2.resize(tight, None, fx=_LARGER, fy=_LARGER, interpolation=cv2.INTER_CUBIC), (0, 0), 0.8
            ),
            dtype=np.uint8,
        ),
    )
    grey = cv2.cvtColor(np.ascontiguousarray(wide), cv2.COLOR_BGR2GRAY)
    _, binary = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    yield "binarised", np.asarray(cv2.cvtColor(binary, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
