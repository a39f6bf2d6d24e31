"""Identities tried against amounts: how each comes out, and how far it may be off through rounding."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal

from models.document import Check, CheckResult
from worker.core.relations import Constraint, Term

HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Figure:
    """What a cell says: its value and printed decimals, or nothing (blank), or something that is no amount (broken).

    `exact` cells belong to a table in 元 that prints fen: there is nothing left to round.
    """

    value: Decimal | None = None
    decimals: int = 0
    broken: bool = False
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Trial:
    """A constraint tried: its check, and how many non-zero amounts took part.

    A `vague` one holds too easily to confirm anything: a sentence that states a figure of few digits.
    """

    constraint: Constraint
    check: Check
    nonzero: int
    vague: bool = False

    @property
    def residual(self) -> Decimal:
        """Left minus right; zero where the identity could not be tried."""
        return self.check.difference or Decimal(0)

    @property
    def failed(self) -> bool:
        return self.check.result in (CheckResult.FAIL, CheckResult.SOURCE_INCONSISTENT)

    @property
    def confirms(self) -> bool:
        """Whether the identity holds to the last digit; within rounding there is room for an error."""
        return self.check.result is CheckResult.PASS and self.residual == 0 and not self.vague

    @property
    def loosely(self) -> bool:
        """Whether the identity holds within rounding only."""
        return self.check.result is CheckResult.PASS and not self.confirms


def attempt(
    constraint: Constraint, figures: Mapping[str, Figure], believed: Collection[str], wrong: Collection[str] = ()
) -> Trial | None:
    """The constraint tried; None where nothing at all is printed in its cells.

    `believed` are cells read with certainty: where only such cells disagree, or one that a person says is `wrong` on
    paper, the source is inconsistent. Blank counts as zero.
    """
    terms = constraint.signed
    shown = [figures[t.cell_id] for t in terms if t.cell_id in figures]
    if all(f.value is None and not f.broken for f in shown) and not constraint.constant:
        return None
    nonzero = sum(1 for f in shown if f.value)
    if any(f.broken for f in shown):
        return Trial(constraint, _check(constraint, None, None, None, CheckResult.NOT_CHECKABLE), nonzero)
    left, right = _sides(constraint, figures)
    allowed = tolerance(terms, figures) if constraint.room is None else constraint.room
    result = CheckResult.PASS
    if abs(left - right) > allowed:
        cells = constraint.cell_ids
        own = all(cell in believed for cell in cells) or any(cell in wrong for cell in cells)
        result = CheckResult.SOURCE_INCONSISTENT if own else CheckResult.FAIL
    return Trial(constraint, _check(constraint, left, right, allowed, result), nonzero)


def fails(constraint: Constraint, figures: Mapping[str, Figure]) -> bool:
    """Whether the constraint, tried, fails: what `attempt` finds, without its check."""
    shown = [figures[cell] for cell in constraint.cell_ids if cell in figures]
    if any(one.broken for one in shown) or not (constraint.constant or any(one.value is not None for one in shown)):
        return False
    left, right = _sides(constraint, figures)
    if left == right:
        return False
    allowed = tolerance(constraint.signed, figures) if constraint.room is None else constraint.room
    return abs(left - right) > allowed


def _check(
    constraint: Constraint, left: Decimal | None, right: Decimal | None, allowed: Decimal | None, result: CheckResult
) -> Check:
    return Check(
        check_id=constraint.check_id,
        kind=constraint.kind,
        formula=constraint.formula,
        left=left,
        right=right,
        tolerance=allowed,
        result=result,
        cell_ids=constraint.cell_ids,
    )


def _sides(constraint: Constraint, figures: Mapping[str, Figure]) -> tuple[Decimal, Decimal]:
    right = _total(constraint.right, figures) + constraint.constant
    if not constraint.any_of:
        return _total(constraint.left, figures), right
    return min((_total((term,), figures) for term in constraint.left), key=lambda one: abs(one - right)), right


def _total(side: tuple[Term, ...], figures: Mapping[str, Figure]) -> Decimal:
    total = Decimal(0)
    for term in side:
        value = figures[term.cell_id].value
        if value is not None:
            total += term.sign * term.scale * value
    return total


def tolerance(terms: tuple[Term, ...], figures: Mapping[str, Figure]) -> Decimal:
    """Half a unit in the last printed place for each term that prints an amount other than zero.

    Nothing at all where every term is printed to the fen in 元: those figures are not rounded (docs/decisions/0007).
    """
    counted = [(t, figures[t.cell_id]) for t in terms if figures[t.cell_id].value]
    if not counted or all(f.exact for _, f in counted):
        return Decimal(0)
    places: dict[Decimal, int] = {}
    for term, figure in counted:
        places[term.scale] = max(places.get(term.scale, 0), figure.decimals)
    return sum((HALF * t.scale * Decimal(1).scaleb(-places[t.scale]) for t, _ in counted), Decimal(0))
