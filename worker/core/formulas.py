"""The formulas of the form files as values; their grammar is in docs/forms.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

EVERY_ROW, EVERY_CLASS, TREE = "*", "类", "tree"

_REFERENCE = re.compile(
    r"\s*(?P<sign>[+-])?\s*(?P<form>公开\d+)?(?P<sum>sum)?\[\s*(?:(?P<group>[^\[\]:,]+):)?(?P<row>[^\[\]:,]+?)\s*,"
    r"\s*(?P<column>[\d.]+)\s*\]"
)


class FormulaError(ValueError):
    """A form file holds a formula that the grammar does not know."""


@dataclass(frozen=True, slots=True)
class Reference:
    """One term of a formula: a cell named by row and 栏次, in this form or another, or the sum of a group's cells."""

    row: str
    column: str
    group: str = ""
    form: str = ""
    summed: bool = False
    sign: int = 1


@dataclass(frozen=True, slots=True)
class Formula:
    """Two sides that must agree."""

    left: tuple[Reference, ...]
    right: tuple[Reference, ...]

    @property
    def references(self) -> tuple[Reference, ...]:
        return self.left + self.right

    def ranges_over(self, row: str) -> bool:
        """Whether the formula stands for many identities: one a row (*) or one a class (类)."""
        return any(reference.row == row for reference in self.references)


@cache
def read_formula(text: str) -> Formula:
    """The formula a form file states. Raises FormulaError where it breaks the grammar."""
    left, equals, right = text.partition("=")
    if not equals:
        raise FormulaError(f"no = in formula {text!r}")
    return Formula(_side(left, text), _side(right, text))


def _side(side: str, whole: str) -> tuple[Reference, ...]:
    references: list[Reference] = []
    place = 0
    while side[place:].strip():
        found = _REFERENCE.match(side, place)
        if not found or (references and not found["sign"]):
            raise FormulaError(f"cannot read {side[place:].strip()!r} in formula {whole!r}")
        references.append(
            Reference(
                row=found["row"],
                column=found["column"],
                group=(found["group"] or "").strip(),
                form=found["form"] or "",
                summed=bool(found["sum"]),
                sign=-1 if found["sign"] == "-" else 1,
            )
        )
        place = found.end()
    if not references:
        raise FormulaError(f"an empty side in formula {whole!r}")
    return tuple(references)
