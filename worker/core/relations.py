"""A linear identity over cells: left side equals right side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

LONGEST_LIST = 6
RECKONED = frozenset({"percentage", "year-on-year"})
IN_SENTENCES = RECKONED | {"narrative"}
"""Kinds of identities that sentences state, not tables; those of percentages hold roughly and confirm no figure."""
YUAN = {"元": Decimal(1), "万元": Decimal(10_000), "亿元": Decimal(100_000_000)}


@dataclass(frozen=True, slots=True)
class Term:
    """A cell with its sign; `scale` brings its amount to the unit of the identity's first term."""

    cell_id: str
    sign: int = 1
    scale: Decimal = Decimal(1)


@dataclass(frozen=True)
class Constraint:
    """The sum of the left terms equals that of the right ones plus `constant`; a side without terms is zero.

    `room` is how far they may be apart, where that is known beforehand. With `any_of` a single one of the left terms
    has to equal the constant: a sentence that names a figure which several cells print.
    """

    check_id: str
    kind: str
    formula: str
    left: tuple[Term, ...]
    right: tuple[Term, ...]
    constant: Decimal = Decimal(0)
    room: Decimal | None = None
    any_of: bool = False

    @cached_property
    def cell_ids(self) -> tuple[str, ...]:
        """The cells of both sides, left ones first, each once."""
        return tuple(dict.fromkeys(term.cell_id for term in self.left + self.right))

    @cached_property
    def signed(self) -> tuple[Term, ...]:
        """All terms on one side: the identity says that their sum is zero."""
        return self.left + tuple(Term(t.cell_id, -t.sign, t.scale) for t in self.right)


def side_text(names: Sequence[str]) -> str:
    """One side of a formula in words, long lists cut."""
    if len(names) <= LONGEST_LIST:
        return " + ".join(names)
    return f"{' + '.join(names[: LONGEST_LIST - 1])} + …（共{len(names)}项）"
