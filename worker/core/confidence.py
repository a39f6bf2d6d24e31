"""How likely a cell's value is what the paper prints: a calibrated curve over what speaks for it, in nats.

The score of a cell (see `worker.core.verdicts`) orders cells by how sure they are. What a score is worth was counted on
documents with known figures and is kept as data (`models/reference/calibration.csv`): points of a straight line of the
log-odds (Platt, 1999) for each sort of cell.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from math import exp, log

from models.reference import Point, calibration


class Sort(StrEnum):
    """Sorts of cells that err differently."""

    READ = "read"
    REPAIRED = "repaired"
    BLANK = "blank"


@dataclass(frozen=True, slots=True)
class Curve:
    """For each sort of cell the points (score, probability), scores going up."""

    points: Mapping[str, tuple[Point, ...]]

    def probability(self, sort: Sort, score: float) -> float:
        """The probability that a cell of this score is right, 0 to 1, rounded to six digits."""
        points = self.points[sort.value]
        place = bisect_right([p.score for p in points], score)
        if place == 0:
            return points[0].probability
        if place == len(points):
            return points[-1].probability
        before, after = points[place - 1], points[place]
        share = (score - before.score) / (after.score - before.score)
        odds = _odds(before.probability) * (1 - share) + _odds(after.probability) * share
        return round(1 / (1 + exp(-odds)), 6)

    def needed(self, target: float) -> float:
        """The least confidence with which cells may go unseen if a share of `target` of them may be wrong.

        The surest cells are let through first, as many as keep the expected errors of all of them within the target.
        """
        points = sorted((p for curve in self.points.values() for p in curve), key=lambda p: -p.probability)
        cells, errors, needed = 0, 0.0, 1.0
        for point in points:
            cells += point.cells
            errors += point.cells * (1 - point.probability)
            if cells and errors > target * cells:
                break
            needed = point.probability
        return needed


@cache
def standard_curve() -> Curve:
    """The curve that ships with the program."""
    return Curve(calibration())


def _odds(probability: float) -> float:
    return log(probability / (1 - probability))
