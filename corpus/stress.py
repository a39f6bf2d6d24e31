"""Misreadings put into documents that were read right: are they restored, asked about, or kept in silence?

What goes wrong and how often follows what a recogniser does to worn pages: digits read as others of like shape, lost,
doubled and swapped digits, lost points, a figure overlooked, now and then two slips in one figure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

from models.document import Cell, Document, Glyph, Reading
from worker.core.amounts import parse

LIKE = {
    "0": "689", "1": "74", "2": "7", "3": "85", "4": "19", "5": "63", "6": "805", "7": "12", "8": "360", "9": "04",
}  # fmt: skip
ALIKE, SHORT = 0.7, 3
SURENESS = (0.5, 0.8, 0.95, 0.99, 0.999)
SEEN = 0.6
"""How often the recogniser thought of the right character too."""


def stressed(document: Document, rng: Random, share: float) -> tuple[Document, frozenset[str]]:
    """The document with a share of the amounts of its forms misread, and the ids of those cells."""
    wrong: set[str] = set()

    def spoiled(cell: Cell) -> Cell:
        text = cell.reading.text
        amount = parse(text)
        if amount is None or not amount.value or rng.random() >= share:
            return cell
        now = slip(rng, text)
        if now == text:
            return cell
        wrong.add(cell.cell_id)
        return replace(cell, reading=_misread(rng, cell.reading, now))

    tables = tuple(replace(t, cells=tuple(map(spoiled, t.cells))) if t.form else t for t in document.tables)
    return replace(document, tables=tables), frozenset(wrong)


def slip(rng: Random, text: str) -> str:
    """The text of an amount as a recogniser may misread it; the empty text where it overlooks it."""
    places = [i for i, char in enumerate(text) if char.isdigit()]
    if not places:
        return text
    choice = rng.random()
    for limit, way in _WAYS:
        if choice < limit:
            return way(rng, text, places)
    return ""


def _substituted(rng: Random, text: str, places: list[int]) -> str:
    at = rng.choice(places)
    others = LIKE[text[at]] if rng.random() < ALIKE else "0123456789".replace(text[at], "")
    return text[:at] + rng.choice(others) + text[at + 1 :]


def _lost(rng: Random, text: str, places: list[int]) -> str:
    at = rng.choice(places)
    return text[:at] + text[at + 1 :]


def _doubled(rng: Random, text: str, places: list[int]) -> str:
    at = rng.choice(places)
    return text[: at + 1] + text[at:]


def _swapped(rng: Random, text: str, places: list[int]) -> str:
    pairs = [a for a in places if a + 1 in places and text[a] != text[a + 1]]
    if not pairs:
        return _lost(rng, text, places)
    at = rng.choice(pairs)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _pointless(rng: Random, text: str, places: list[int]) -> str:
    return text.replace(".", "", 1) if "." in text else _lost(rng, text, places)


def _twice(rng: Random, text: str, places: list[int]) -> str:
    return slip(rng, slip(rng, text)) if len(places) > SHORT else _substituted(rng, text, places)


_WAYS: tuple[tuple[float, Callable[[Random, str, list[int]], str]], ...] = (
    (0.45, _substituted),
    (0.65, _lost),
    (0.80, _doubled),
    (0.88, _swapped),
    (0.95, _pointless),
    (0.98, _twice),
)


def _misread(rng: Random, reading: Reading, text: str) -> Reading:
    """The reading with another text: the recogniser is less sure of what changed, and may have thought of the truth."""
    sure = rng.choice(SURENESS)
    aligned = len(text) == len(reading.text)
    glyphs = []
    for at, char in enumerate(text):
        if aligned and char != reading.text[at]:
            seen = ((reading.text[at], (1 - sure) * 0.8),) if rng.random() < SEEN else ()
            glyphs.append(Glyph(char, sure, 0, 0, seen))
        else:
            glyphs.append(Glyph(char, 0.9995, 0, 0))
    probability = min((glyph.probability for glyph in glyphs), default=1.0)
    return replace(reading, text=text, glyphs=tuple(glyphs), probability=probability, again=())
