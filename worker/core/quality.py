"""What second looks tell: how many cells nobody doubted were wrong, and how often two people enter the same. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.decisions import Asks, Decision, DecisionKind, Review
from models.statistics import Share
from worker.core.entries import ENTRIES, Outcome, Printed, entry_of, standing, text_of, vote, written

_DOUBTS = frozenset({Asks.UNSURE, Asks.CONTRADICTED, Asks.MISSHAPEN, Asks.LAYOUT, Asks.LABEL, Asks.SIBLING})
_UNKNOWN = Printed(None, None)


@dataclass(frozen=True, slots=True)
class Seen:
    """A decision about a file, with why the person was asked and how sure the machine was of what it showed."""

    file: str
    decision: Decision
    asks: str = ""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Samples:
    """What came of the cells that nobody doubted and that were drawn to measure quality.

    `errors` are confirmed: two people entered the same, and not what the machine had. `waiting` are cells where one
    entry differs and another person has still to look.
    """

    entered: int = 0
    errors: int = 0
    waiting: int = 0

    @property
    def rate(self) -> Share:
        """The share of errors among those that are decided."""
        return Share(self.errors, self.entered - self.waiting)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who entered the same cell, the second without seeing the first entry; whether they agree."""

    first: int
    second: int
    agree: bool


def samples(seen: Iterable[Seen], person: int | None = None) -> Samples:
    """What came of the sampled cells, of all or of those that this person entered first.

    Cells that two people found illegible tell nothing and are left out.
    """
    entered = errors = waiting = 0
    for group in _by_cell(seen).values():
        first = group[0].decision
        if group[0].asks != Asks.SAMPLE or person not in (None, first.person):
            continue
        entry = entry_of([one.decision for one in group], _UNKNOWN, Review())
        if entry.outcome is Outcome.ILLEGIBLE:
            continue
        entered += 1
        if entry.outcome is Outcome.OPEN:
            waiting += 1
        else:
            errors += written(entry.value) != text_of(first.before)
    return Samples(entered, errors, waiting)


def pairs(seen: Iterable[Seen]) -> tuple[Pair, ...]:
    """The second entries, each with the first one it did not see."""
    found = []
    for group in _by_cell(seen).values():
        for place, one in enumerate(group):
            earlier = [other for other in group[:place] if other.decision.person != one.decision.person]
            if one.asks == Asks.SECOND and earlier:
                first, second = earlier[-1].decision, one.decision
                found.append(Pair(first.person, second.person, vote(first) == vote(second)))
    return tuple(found)


def agreement(found: Iterable[Pair], person: int | None = None) -> Share:
    """In what share of the pairs, of all or of one person's, the two agree."""
    agreed = [pair.agree for pair in found if person in (None, pair.first, pair.second)]
    return Share(sum(agreed), len(agreed))


def judged(
    seen: Iterable[Seen], person: int | None = None
) -> tuple[list[tuple[float, bool]], list[tuple[float, bool]]]:
    """How sure the machine was, and whether it was right: of the sampled cells, and of those it asked about.

    What is right is what the first person entered, who is this one if one is named; the cells that are asked about are
    no random draw, and so stand alone.
    """
    drawn: list[tuple[float, bool]] = []
    asked: list[tuple[float, bool]] = []
    for group in _by_cell(seen).values():
        first = group[0]
        if first.confidence is None or first.decision.kind is DecisionKind.ILLEGIBLE:
            continue
        if person not in (None, first.decision.person):
            continue
        right = vote(first.decision) == text_of(first.decision.before)
        if first.asks == Asks.SAMPLE:
            drawn.append((first.confidence, right))
        elif first.asks in _DOUBTS:
            asked.append((first.confidence, right))
    return drawn, asked


def _by_cell(seen: Iterable[Seen]) -> dict[tuple[str, str], Sequence[Seen]]:
    """The entries that stand, in order, by file and cell."""
    by_file: defaultdict[str, dict[int, Seen]] = defaultdict(dict)
    for one in seen:
        by_file[one.file][one.decision.number] = one
    cells: defaultdict[tuple[str, str], list[Seen]] = defaultdict(list)
    for file, known in by_file.items():
        for decision in standing(one.decision for one in known.values()):
            if decision.kind in ENTRIES:
                cells[file, decision.key].append(known[decision.number])
    return dict(cells)
