"""How alike two texts are that may have been misread: spaces, brackets and quotation marks do not count.

The likeness of two texts is 1 - d / n, d the Levenshtein distance and n the length of the longer one.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_IGNORED = re.compile(r"[\s\W_]+")


@lru_cache(maxsize=65536)
def squashed(text: str) -> str:
    """The text with compatibility forms folded and without spaces, brackets, quotation marks and punctuation."""
    return _IGNORED.sub("", unicodedata.normalize("NFKC", text))


@lru_cache(maxsize=65536)
def likeness(one: str, other: str) -> float:
    """How alike two texts are after squashing, from 0 to 1."""
    one, other = squashed(one), squashed(other)
    if one == other:
        return 1.0 if one else 0.0
    if not one or not other:
        return 0.0
    return 1 - _distance(one, other) / max(len(one), len(other))


def _distance(one: str, other: str) -> int:
    """Levenshtein distance, by the two-row algorithm of Wagner and Fischer."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        diagonal, row[0] = row[0], i
        for j, b in enumerate(other, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (a != b))
    return row[-1]
