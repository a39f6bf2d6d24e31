"""What a person enters, checked before it is kept: amounts, labels, what is said of a document."""

from __future__ import annotations

import re
import unicodedata

from api.errors import ProblemError
from api.review_schemas import DecisionAsked
from api.shelf import Spot
from models.decisions import ABOUT, LABELS, DecisionKind
from models.document import DocumentKind

_AMOUNT = re.compile(r"[+-]?\d{1,20}(\.\d{1,6})?")
_YEAR = re.compile(r"(19|20)\d\d")
_LONGEST = 300
_ON_CELLS = (DecisionKind.VALUE, DecisionKind.LABEL, DecisionKind.ILLEGIBLE, DecisionKind.SOURCE_WRONG)


def checked(asked: DecisionAsked, spot: Spot | None) -> str:
    """What is kept of what was entered; raises ProblemError 404 for no such cell, 422 for what makes no sense."""
    if asked.kind in _ON_CELLS and spot is None:
        raise ProblemError(404, "not found", "the document has no such cell any more: look at it again")
    if asked.kind in (DecisionKind.VALUE, DecisionKind.SOURCE_WRONG):
        return amount(asked.after)
    if asked.kind is DecisionKind.ILLEGIBLE:
        return ""
    if asked.kind is DecisionKind.LABEL:
        return _label(asked)
    if asked.kind is DecisionKind.DOCUMENT:
        return _about(asked)
    return asked.after


def amount(text: str) -> str:
    """A plain decimal; separators of thousands and wide characters are let in. Raises ProblemError 422."""
    plain = re.sub(r"[,\s']", "", unicodedata.normalize("NFKC", text).replace("−", "-"))
    if not plain:
        return ""
    if not _AMOUNT.fullmatch(plain):
        raise ProblemError(422, "not a number", f"“{text[:40]}” is no number: enter digits, with a point for decimals")
    return plain.removeprefix("+")


def _label(asked: DecisionAsked) -> str:
    if asked.field not in LABELS:
        raise ProblemError(422, "not as it should be", f"field: one of {', '.join(LABELS)}")
    return _words(asked.after)


def _about(asked: DecisionAsked) -> str:
    if asked.field not in ABOUT:
        raise ProblemError(422, "not as it should be", f"field: one of {', '.join(ABOUT)}")
    if asked.field == "accepted":
        return ""
    if asked.field == "year" and not _YEAR.fullmatch(asked.after):
        raise ProblemError(422, "not a year", "enter the year as four digits")
    if asked.field == "kind" and asked.after not in set(DocumentKind):
        raise ProblemError(422, "not as it should be", f"kind: one of {', '.join(DocumentKind)}")
    return _words(asked.after)


def _words(text: str) -> str:
    shown = " ".join(text.split())
    if len(shown) > _LONGEST or any(unicodedata.category(one) == "Cc" for one in shown):
        raise ProblemError(422, "not as it should be", f"at most {_LONGEST} characters, all of them printable")
    return shown
