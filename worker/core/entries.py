"""What people said of each cell, put together: decided, wanted from another person too, or illegible. Pure.

Two people who enter the same without seeing each other are wrong far more rarely than one: single keying leaves 3.7
wrong fields in 10,000, double keying 0.46 (Paulsen, Overgaard and Lauritsen, 2012).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from hashlib import sha256

from models.decisions import Asks, Decision, DecisionKind, Review

ONE_PERSON = 1 - 3.7e-4
TWO_PEOPLE = 1 - 4.6e-5
ENOUGH = 2
ENTRIES = frozenset({DecisionKind.VALUE, DecisionKind.ILLEGIBLE, DecisionKind.SOURCE_WRONG})
_DRAWN = 1 << 64


class Outcome(StrEnum):
    """What became of the entries on a cell."""

    DECIDED = "decided"
    ILLEGIBLE = "illegible"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Entry:
    """A cell as people entered it; `value` is None where nothing is printed, `people` how many of them agree.

    While it is OPEN, `asks` says whether a second or a third person is wanted. `source_wrong`: the paper prints this,
    and the paper is wrong. `straight`: nothing was doubted about the cell, `before` is what it had.
    """

    outcome: Outcome
    value: Decimal | None = None
    people: int = 0
    asks: Asks | None = None
    source_wrong: bool = False
    straight: bool = False
    before: str = ""

    @property
    def confidence(self) -> float:
        """The probability that what was entered is what the paper prints."""
        return TWO_PEOPLE if self.people >= ENOUGH else ONE_PERSON


@dataclass(frozen=True, slots=True)
class Printed:
    """The amount that the machine read in a cell, and what one of its unit is in yuan; None where there is none."""

    read: Decimal | None
    scale: Decimal | None


def standing(decisions: Iterable[Decision]) -> tuple[Decision, ...]:
    """The decisions that were not taken back, in order; taking back a taking back lets the first one stand again."""
    known = sorted(decisions, key=lambda one: one.number)
    undone: set[int] = set()
    for decision in reversed(known):
        if decision.kind is DecisionKind.UNDO and decision.undoes is not None and decision.number not in undone:
            undone.add(decision.undoes)
    return tuple(one for one in known if one.number not in undone and one.kind is not DecisionKind.UNDO)


def entry_of(said: Sequence[Decision], printed: Printed, review: Review) -> Entry:
    """What the entries on one cell come to; `said` are those that stand, in order.

    Each person's last entry counts. Where two are wanted, those agree whom nothing was shown of each other's.
    """
    latest = {one.person: one for one in said}
    votes = Counter(vote(one) for one in latest.values())
    first, last = said[0], max(latest.values(), key=lambda one: one.number)
    if any(_wants_two(first, one, printed, review) for one in latest.values()):
        agreed = [told for told, count in votes.items() if count >= ENOUGH]
        if len(agreed) != 1:
            asks = Asks.SECOND if len(latest) == 1 else Asks.THIRD
            return Entry(Outcome.OPEN, asks=asks, straight=first.straight, before=first.before)
        won = agreed[0]
    else:
        won = vote(last)
    agreeing = [one for one in latest.values() if vote(one) == won]
    if won is None:
        return Entry(Outcome.ILLEGIBLE, people=len(agreeing))
    return Entry(
        Outcome.DECIDED,
        amount(agreeing[-1].after),
        len(agreeing),
        source_wrong=any(one.kind is DecisionKind.SOURCE_WRONG for one in agreeing),
        straight=first.straight,
        before=first.before,
    )


def amount(text: str) -> Decimal | None:
    """An entered amount; None where nothing is printed. Raises ValueError for what is no amount."""
    if not text.strip():
        return None
    try:
        value = Decimal(text.strip())
    except InvalidOperation as error:
        raise ValueError(f"{text!r} is no amount") from error
    if not value.is_finite():
        raise ValueError(f"{text!r} is no amount")
    return value


def drawn(seed: str, cell_id: str, share: float) -> bool:
    """Whether a cell is one of a share of all cells, 0 to 1, drawn by its file and id: always the same ones."""
    if share <= 0:
        return False
    number = int.from_bytes(sha256(f"{seed} {cell_id}".encode()).digest()[:8])
    return number < share * _DRAWN


def vote(decision: Decision) -> str | None:
    """What an entry says, as text by which entries are compared; None for illegible."""
    if decision.kind is DecisionKind.ILLEGIBLE:
        return None
    return written(amount(decision.after))


def written(value: Decimal | None) -> str:
    """An amount as text by which amounts are compared: 1.50 is 1.5, and a blank is not 0."""
    return "" if value is None else f"{value.normalize():f}" if value else "0"


def _wants_two(first: Decision, entry: Decision, printed: Printed, review: Review) -> bool:
    """Whether a cell that was first entered so, and by somebody as in `entry`, is to be entered by two people."""
    if first.straight and vote(entry) != text_of(first.before):
        return True  # it contradicts what nobody doubted
    if not first.straight and drawn(review.seed, first.key, review.policy.flagged_share):
        return True
    above, scale = review.policy.above_yuan, printed.scale
    if above is None or scale is None:
        return False
    amounts = [printed.read, None if entry.kind is DecisionKind.ILLEGIBLE else amount(entry.after)]
    return any(one is not None and abs(one) * scale >= above for one in amounts)


def text_of(before: str) -> str | None:
    """What was there before, as text by which it is compared; None for what is no amount."""
    try:
        return written(amount(before))
    except ValueError:
        return None
