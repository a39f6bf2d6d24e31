"""How likely a cell's value is what the paper prints, from all that speaks for and against it.

A sum of log-odds: the recogniser's own probability as the prior, then one fixed weight for each witness. The weights
are set by hand until documents with known figures calibrate them; the estimate is monotone in every argument.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

LEAST, MOST = 0.02, 0.995
PASS, FAIL = 2.0, -2.5
MOST_PASSES, MOST_FAILS = 3, 2
SUSPECT, GRAMMAR, LAYOUT = -2.0, -2.0, -1.5


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What is known of a cell: the recogniser's probability, identities that hold and fail, and doubts."""

    probability: float
    passes: int = 0
    fails: int = 0
    suspect: bool = False
    grammar_doubt: bool = False
    layout_doubt: bool = False


def confidence(witnesses: Witnesses) -> float:
    """The estimate, 0 to 1, rounded to four digits."""
    prior = min(max(witnesses.probability, LEAST), MOST)
    odds = log(prior / (1 - prior))
    odds += PASS * min(witnesses.passes, MOST_PASSES) + FAIL * min(witnesses.fails, MOST_FAILS)
    odds += SUSPECT * witnesses.suspect + GRAMMAR * witnesses.grammar_doubt + LAYOUT * witnesses.layout_doubt
    return round(1 / (1 + exp(-odds)), 4)
