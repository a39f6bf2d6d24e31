"""What a cell may print: its reading, and what recogniser, further readings and number grammar offer beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from heapq import nsmallest
from math import log

from models.document import Glyph, Origin
from worker.core.amounts import Amount, Convention, folded, literal, parse, regroupings
from worker.core.memo import Memo
from worker.core.misreading import DECIDED, DUMP, SCAN, TYPED, Channel
from worker.core.readings import Said

KEPT_TEXTS = 24
KEPT_OPTIONS = 6
LEAST = 1e-4
MOST = 0.9999
BROKEN = 2.0
UNUSUAL = 3.0
DEAREST = 14.0
LEAST_COST = 0.05
AGAIN = 1.0
LONG = 5
OWN_TEXT = (Origin.BORN_DIGITAL, Origin.MIXED, Origin.GARBLED_TEXT)


@dataclass(frozen=True, slots=True)
class Option:
    """An amount that a cell may print instead of what was read (None: nothing); `cost` in nats above the reading."""

    value: Decimal | None
    cost: float


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a cell may print: `read` as read (None where blank), `options` the others, cheapest first.

    The text of `broken` cells spells no amount: `read` is the likeliest that is meant.
    """

    read: Decimal | None
    options: tuple[Option, ...] = ()
    channel: Channel = SCAN
    broken: bool = False


def candidates(memo: Memo, said: Mapping[str, Said], convention: Convention, origin: Origin) -> dict[str, Candidates]:
    """For each cell of a table that may hold an amount, by cell id."""
    return {cell: memo.of(_candidates, cell, one, convention, origin) for cell, one in said.items() if one.counts}


def _candidates(said: Said, convention: Convention, origin: Origin) -> Candidates:
    return _of(said, convention, channel_of(said, origin))


def channel_of(said: Said, origin: Origin) -> Channel:
    """By what way the cell's text came: a person, the file's own, an earlier program's, or a recogniser's."""
    if said.cell.reading.decided:
        return DECIDED
    if origin is Origin.TEXT_DUMP:
        return DUMP
    reading = said.cell.reading
    sure = reading.probability >= 1.0 and all(not glyph.alternatives for glyph in reading.glyphs)
    return TYPED if sure and origin in OWN_TEXT else SCAN


def _of(said: Said, convention: Convention, channel: Channel) -> Candidates:
    read = said.amount.value if said.amount is not None else None
    whole = parse(said.cell.reading.text) is not None or said.is_blank
    if channel is DECIDED or (channel is TYPED and whole):
        return Candidates(read, (), channel)
    cheapest: dict[Decimal | None, float] = {}
    if whole or said.is_words or said.repair:
        cheapest[read] = 0.0
    elif said.amount is not None:
        cheapest[read] = BROKEN + UNUSUAL
    for value, cost in _offers(said, convention, channel):
        if cost < cheapest.get(value, DEAREST):
            cheapest[value] = max(cost, LEAST_COST)
    best = nsmallest(KEPT_OPTIONS + 1, cheapest.items(), key=lambda pair: (pair[1], pair[0] or Decimal(0)))
    if not best:
        return Candidates(read, (), channel, broken=True)
    (base, taken), *others = best
    options = tuple(Option(value, max(cost - taken, LEAST_COST)) for value, cost in others)
    return Candidates(base, options, channel, broken=not (whole or said.repair or said.is_words))


def _offers(said: Said, convention: Convention, channel: Channel) -> Iterator[tuple[Decimal | None, float]]:
    """Every amount that the cell's text may be, with its cost; one amount may come several times."""
    if said.other is not None:
        yield said.other, 1.0
    own = cost_of(said.cell.reading.text, said.cell.reading.glyphs)
    for text, cost in likely_texts(said.cell.reading.glyphs):
        for value, further in amounts_of(text, convention, channel):
            yield value, cost - own + further
    for value, further in amounts_of(said.cell.reading.text, convention, channel):
        yield value, further
    for again in said.cell.reading.again:
        for value, further in amounts_of(again.text, convention, channel):
            yield value, AGAIN + further - log(max(again.probability, LEAST))


def amounts_of(text: str, convention: Convention, channel: Channel) -> Iterator[tuple[Decimal | None, float]]:
    """The amounts that one text may be: as it stands, and with its separators moved where its decimals are unusual."""
    if not any(c.isdigit() for c in text):
        return
    amount = parse(text)
    usual = amount is not None and not amount.percent and _is_usual(amount, convention)
    if amount is not None and not amount.percent:
        yield amount.value, 0.0 if usual else UNUSUAL
    if usual and not (amount and convention.decimals is None and amount.decimals == 0 and len(text) >= LONG):
        return
    sign = -1 if folded(text).startswith(("-", "(")) else 1
    for value in regroupings(text, convention.decimals):
        yield sign * value, channel.separator
    near = literal(text)
    if near is not None:
        yield near.value, BROKEN + UNUSUAL


def _is_usual(amount: Amount, convention: Convention) -> bool:
    return convention.decimals is None or amount.decimals == convention.decimals or not amount.value


def cost_of(text: str, glyphs: Iterable[Glyph]) -> float:
    """Minus the logarithm of the reading's own probability."""
    return sum(-log(min(max(g.probability, LEAST), MOST)) for g in glyphs) if text else 0.0


def likely_texts(glyphs: tuple[Glyph, ...]) -> list[tuple[str, float]]:
    """The likeliest texts of a line of glyphs, each with its cost in nats: a beam over what each glyph may be."""
    beam: dict[str, float] = {"": 0.0}
    for glyph in glyphs:
        choices = [(glyph.char, glyph.probability), *glyph.alternatives]
        grown: dict[str, float] = {}
        for text, cost in beam.items():
            for char, probability in choices:
                longer = text + char
                total = cost - log(min(max(probability, LEAST), MOST))
                if total < grown.get(longer, total + 1):
                    grown[longer] = total
        beam = dict(nsmallest(KEPT_TEXTS, grown.items(), key=lambda pair: (pair[1], pair[0])))
    return list(beam.items())
