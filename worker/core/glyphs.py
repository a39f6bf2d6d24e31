"""Characters that look alike: what two texts of the same length differ in, if only in such characters."""

from __future__ import annotations

from models.reference import confusable_glyphs

MOST_DIFFERENCES = 2


def look_alike(one: str, other: str) -> bool:
    """Whether two characters are listed as confusable."""
    return frozenset((one, other)) in confusable_glyphs()


def confused(printed: str, meant: str) -> str:
    """The confusable pairs that two texts of the same length differ in, as 未/末、人/入; empty if more or less differs.

    Empty as well where more than two characters or half of them differ: that is another name.
    """
    if len(printed) != len(meant) or printed == meant:
        return ""
    pairs = [(a, b) for a, b in zip(printed, meant, strict=True) if a != b]
    if len(pairs) > MOST_DIFFERENCES or 2 * len(pairs) > len(meant) or not all(look_alike(a, b) for a, b in pairs):
        return ""
    return "、".join(f"{a}/{b}" for a, b in pairs)
