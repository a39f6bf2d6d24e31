"""How likely it is that a printed amount was read as a given text: a noisy channel of slips, in nats.

After Shannon's noisy channel as spelling correction uses it (Kernighan, Church and Gale, 1990): the cost of a reading
is minus the logarithm of its probability given what is printed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from math import inf, log

from worker.core.slips import FURTHER, LOST, Slips, standard_slips

PER_DIGIT = log(10)
MARK_DIGITS = 4
"""A mark that is no number is read as a short one: each further digit is one more chance to look like none."""


@dataclass(frozen=True, slots=True)
class Channel:
    """How often readings go wrong, in nats: a slip in a number, a number overlooked, a mark taken for a number,
    separators or a sign misread, a number that may be any other, and what a place that is blank otherwise may hold.
    """

    slip: float
    overlooked: float
    stray: float
    separator: float
    sign: float
    garbled: float


SCAN = Channel(slip=7.0, overlooked=9.0, stray=7.5, separator=3.0, sign=8.0, garbled=9.0)
TYPED = Channel(slip=18.0, overlooked=18.0, stray=18.0, separator=18.0, sign=18.0, garbled=18.0)
"""A file's own text is not misread; what stands there may belong elsewhere."""
DECIDED = Channel(slip=inf, overlooked=inf, stray=inf, separator=inf, sign=inf, garbled=inf)
"""What a person read is not read otherwise."""
DUMP = Channel(slip=3.0, overlooked=7.0, stray=5.0, separator=2.0, sign=8.0, garbled=4.6)


@lru_cache(maxsize=1 << 14)
def digits(value: Decimal) -> str:
    """The digits of an amount as printed to the fen, without sign and separators."""
    places = max(2, -_exponent(value))
    return f"{abs(value):.{places}f}".replace(".", "").lstrip("0")


def _exponent(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return exponent if isinstance(exponent, int) else 0


def price(read: Decimal | None, printed: Decimal | None, channel: Channel, slips: Slips | None = None) -> float:
    """What it costs, in nats, that `printed` was read as `read`; None and zero are a blank. Zero where they agree.

    `slips` are the usual ones where none are given.
    """
    if (read or None) == (printed or None):
        return 0.0
    if not read:
        return channel.overlooked + PER_DIGIT * len(digits(printed or Decimal(0)))
    if not printed:
        return channel.stray + PER_DIGIT * max(0, len(digits(read)) - MARK_DIGITS)
    sign = channel.sign if (read < 0) != (printed < 0) else 0.0
    was, now = digits(printed), digits(read)
    if was == now:
        return sign or channel.separator
    if was.rstrip("0") == now.rstrip("0"):
        return sign + channel.separator + PER_DIGIT
    garbled = channel.garbled + PER_DIGIT * len(was)
    return sign + min(channel.slip + (slips or standard_slips()).between(was, now), garbled)


def least_price(read: Decimal | None, printed: Decimal | None, channel: Channel) -> float:
    """What `price` is not below, found without comparing digit by digit: each digit only one of both has is a slip."""
    if not read or not printed:
        return price(read, printed, channel)
    was, now = digits(printed), digits(read)
    more, fewer = 0, 0
    for ours, theirs in zip(_counts(was), _counts(now), strict=True):
        if ours > theirs:
            more += ours - theirs
        else:
            fewer += theirs - ours
    odd = max(more, fewer)
    if not odd or was.rstrip("0") == now.rstrip("0"):
        return 0.0
    return min(channel.slip + odd * (LOST + FURTHER) - FURTHER, channel.garbled + PER_DIGIT * len(was))


@lru_cache(maxsize=1 << 14)
def _counts(text: str) -> tuple[int, ...]:
    """How often each digit stands in an amount."""
    return tuple(map(text.count, "0123456789"))
