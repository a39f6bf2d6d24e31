"""What is doubtful about a reading, so that people can look at all that is doubtful alike at once. Pure.

Two readings are alike if their least certain character was read as the same and may be the same other one, or if they
read the same altogether.
"""

from __future__ import annotations

from typing import Any

from models.document import Glyph, Reading, SettledCell

NOTHING = "∅"
"""Stands for "no character here" where a pair is written."""


def worst(reading: Reading) -> Glyph | None:
    """The least certain of the characters that may be another one; None where none may be."""
    doubtful = [glyph for glyph in reading.glyphs if glyph.alternatives]
    return min(doubtful, key=lambda one: one.probability, default=None)


def pair(reading: Reading) -> str:
    """What the least certain character was read as and what else it likeliest is, such as 3>8; empty for none."""
    glyph = worst(reading)
    return "" if glyph is None else f"{glyph.char or NOTHING}>{glyph.alternatives[0][0] or NOTHING}"


def look(cell: SettledCell) -> dict[str, Any]:
    """What it takes to show a cell on its page: its value, its box in points, where in it the doubtful character is.

    `glyph` is the extent of that character in shares of the box's width.
    """
    reading, glyph = cell.cell.reading, worst(cell.cell.reading)
    found: dict[str, Any] = {"value": "" if cell.value is None else format(cell.value, "f")}
    if reading.box is not None:
        found["box"] = [round(x, 1) for x in (reading.box.x0, reading.box.y0, reading.box.x1, reading.box.y1)]
    if glyph is not None and (extent := _extent(reading, glyph)):
        found["glyph"] = extent
    return found


def _extent(reading: Reading, glyph: Glyph) -> list[float]:
    """Glyphs stand on the straightened page and the box on the page as filed: their shares of the text agree."""
    left, right = min(one.x0 for one in reading.glyphs), max(one.x1 for one in reading.glyphs)
    if right <= left:
        return []
    return [round((x - left) / (right - left), 4) for x in (glyph.x0, glyph.x1)]
