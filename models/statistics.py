"""Shares with their intervals, curves of reliability, time at work: what figures about quality are made of. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import sqrt

SURE = 1.959963984540054
"""How many standard deviations to either side hold 95 % of a normal distribution."""
BIN_EDGES = (0.0, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0)
"""Where the bins of a reliability curve begin; they get finer towards certainty, as confidences do."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many: `hits` of `trials`, with the 95 % interval in which the share lies that they were drawn from.

    Wilson's score interval (Wilson, 1927): unlike the usual one it is right for few trials and for shares near 0 and 1.
    """

    hits: int
    trials: int

    @property
    def value(self) -> float | None:
        """The share itself, 0 to 1; None without trials."""
        return self.hits / self.trials if self.trials else None

    @property
    def low(self) -> float:
        """The lower end of the interval."""
        return wilson(self.hits, self.trials)[0]

    @property
    def high(self) -> float:
        """The upper end of the interval."""
        return wilson(self.hits, self.trials)[1]


@dataclass(frozen=True, slots=True)
class Bin:
    """A bin of a reliability curve: the mean of the confidences in it, and how many of its readings were right."""

    low: float
    high: float
    confidence: float
    right: Share


@dataclass(frozen=True, slots=True)
class Pace:
    """How a person works: how many decisions, how many of them followed another without a break, and in what time."""

    decisions: int = 0
    timed: int = 0
    seconds: float = 0.0

    def plus(self, other: Pace) -> Pace:
        """Both together."""
        return Pace(self.decisions + other.decisions, self.timed + other.timed, self.seconds + other.seconds)

    @property
    def minutes_per_hundred(self) -> float | None:
        """Minutes for 100 questions, breaks left out; None where nothing followed anything without a break."""
        return 100 * self.seconds / 60 / self.timed if self.timed else None


def wilson(hits: int, trials: int, deviations: float = SURE) -> tuple[float, float]:
    """The score interval of a share (E. B. Wilson, J. Am. Stat. Assoc. 22, 1927, 209-212): its lower and upper end.

    The shares p for which `hits` lie within so many standard deviations of what p lets expect. 0 to 1 without trials.
    Raises ValueError for counts that make no sense.
    """
    if not 0 <= hits <= trials:
        raise ValueError(f"{hits} of {trials} is no share")
    if not trials:
        return 0.0, 1.0
    share, square = hits / trials, deviations**2
    middle = share + square / (2 * trials)
    spread = deviations * sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    scale = 1 + square / trials
    low = 0.0 if not hits else max((middle - spread) / scale, 0.0)
    high = 1.0 if hits == trials else min((middle + spread) / scale, 1.0)
    return low, high


def reliability(readings: Iterable[tuple[float, bool]], edges: Sequence[float] = BIN_EDGES) -> tuple[Bin, ...]:
    """How often readings were right, by how sure they were: pairs of confidence and whether it was. Empty bins go."""
    inside: list[list[tuple[float, bool]]] = [[] for _ in edges[1:]]
    for confidence, right in readings:
        place = sum(confidence >= edge for edge in edges[1:-1])
        inside[place].append((confidence, right))
    return tuple(
        Bin(low, high, sum(c for c, _ in found) / len(found), Share(sum(right for _, right in found), len(found)))
        for low, high, found in zip(edges, edges[1:], inside, strict=False)
        if found
    )


def calibration_error(readings: Sequence[tuple[float, bool]], edges: Sequence[float] = BIN_EDGES) -> float:
    """Expected calibration error (Naeini et al., 2015): the mean gap between confidence and share right."""
    bins = reliability(readings, edges)
    gaps = sum(abs(one.confidence * one.right.trials - one.right.hits) for one in bins)
    return gaps / len(readings) if readings else 0.0
