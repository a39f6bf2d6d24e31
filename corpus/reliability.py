"""How far confidence can be trusted: the share of right cells among those of about one confidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

Judged = Sequence[tuple[float, bool]]
"""The confidence of each cell, and whether its value is right."""

EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 0.9999, 1.01)


@dataclass(frozen=True, slots=True)
class Bin:
    """Cells of about one confidence: its mean, the share of them that is right, how many there are."""

    confidence: float
    right: float
    cells: int


def reliability(judged: Judged) -> list[Bin]:
    """The points of the reliability curve, confidence going up."""
    return list(_bins(judged))


def _bins(judged: Judged) -> Iterator[Bin]:
    for low, high in pairwise(EDGES):
        inside = [(c, right) for c, right in judged if low <= c < high]
        if inside:
            count = len(inside)
            yield Bin(sum(c for c, _ in inside) / count, sum(right for _, right in inside) / count, count)


def calibration_error(judged: Judged) -> float:
    """Expected calibration error (Naeini et al., 2015): the gap between confidence and share right, over all cells."""
    if not judged:
        return 0.0
    return sum(abs(b.confidence - b.right) * b.cells for b in _bins(judged)) / len(judged)
