"""What decisions teach: pairs of what is printed and what was read, and names that people confirmed. Pure.

A cell counts once, with the last thing said about it that was not taken back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from models.confusions import Confusions
from models.confusions import counted as confusions
from models.decisions import Decision, DecisionKind
from models.names import ENTITY, ITEM, Names
from models.names import counted as names
from worker.core.entries import amount, standing
from worker.core.misreading import digits

_BETWEEN = re.compile(r"[\s,，.．'’¥￥+\-−—()（）]")


def learned(files: Mapping[str, Iterable[Decision]]) -> tuple[Confusions, Names]:
    """What the decisions about files teach, given by the file's SHA-256."""
    pairs: list[tuple[str, str]] = []
    said: list[tuple[str, str, str]] = []
    for decisions in files.values():
        last = {(one.kind, one.key, one.field): one for one in standing(decisions)}
        for one in last.values():
            pairs += _pair(one)
            said += _name(one)
    return confusions(pairs), names(said)


def _pair(decision: Decision) -> Iterator[tuple[str, str]]:
    if decision.kind in (DecisionKind.VALUE, DecisionKind.SOURCE_WRONG):
        read = decision.place.raw if decision.place else decision.before
        printed = amount(decision.after)
        if printed and read.strip():
            yield digits(printed), digits_read(read)
    elif decision.kind is DecisionKind.LABEL and decision.field == "row_name" and decision.before and decision.after:
        yield "".join(decision.after.split()), "".join(decision.before.split())


def digits_read(text: str) -> str:
    """The characters of an amount as read, without separators, in the form in which `digits` writes amounts."""
    try:
        value = amount(text.replace(",", ""))
    except ValueError:
        return _BETWEEN.sub("", text)
    return digits(value or Decimal(0))


def _name(decision: Decision) -> Iterator[tuple[str, str, str]]:
    if decision.kind is DecisionKind.DOCUMENT and decision.field == "entity":
        yield ENTITY, "", decision.after.strip()
    elif decision.kind is DecisionKind.LABEL and decision.field == "row_name":
        yield ITEM, decision.place.row_code if decision.place else "", decision.after.strip()
