"""What speaks for a cell, and what makes it a question."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models.decisions import Asks
from models.document import Cell, CellStatus, Reading, Repair, SettledCell
from worker.core.checks import Figure, attempt
from worker.core.relations import Constraint, Term
from worker.core.repair import Findings
from worker.core.verdicts import Evidence, Verdict, doubted, gather


def passes(constraint: Constraint, **texts: str) -> dict[str, int]:
    """How many identities speak for each cell where only this one is tried."""
    figures = {cell: Figure(Decimal(text), 2) for cell, text in texts.items()}
    trial = attempt(constraint, figures, ())
    assert trial is not None
    assert not trial.failed
    evidence = gather([trial], figures, Findings({}, frozenset()))
    return {cell: len(evidence.get(cell, Evidence()).passes) for cell in texts}


def test_cells_that_should_print_the_same_confirm_each_other_only_to_the_last_digit() -> None:
    same = Constraint("k1", "cross-table", "", (Term("a"),), (Term("b"),))
    assert passes(same, a="9.02", b="9.02") == {"a": 1, "b": 1}
    assert passes(same, a="9.02", b="9.01") == {"a": 0, "b": 0}


def test_a_sum_of_which_one_part_is_printed_is_two_cells_that_should_print_the_same() -> None:
    whole = Constraint("k1", "row-sum", "", (Term("a"),), (Term("b"), Term("c")))
    assert passes(whole, a="9.02", b="9.01", c="0") == {"a": 0, "b": 0, "c": 0}
    assert passes(whole, a="9.02", b="9.02", c="0") == {"a": 1, "b": 1, "c": 1}


def test_a_sum_that_holds_within_rounding_speaks_for_its_cells() -> None:
    whole = Constraint("k1", "hierarchy", "", (Term("a"),), (Term("b"), Term("c")))
    assert passes(whole, a="9.02", b="4.01", c="5.00") == {"a": 1, "b": 1, "c": 1}


def verdict(value: str, repaired: bool) -> Verdict:
    cell = Cell("g05-r1-c0", 1, 0, Reading("12"))
    settled = SettledCell(
        cell, Decimal(value) if value else None, CellStatus.REPAIRED if repaired else CellStatus.READ, 1.0
    )
    return Verdict(
        settled, Repair(cell.cell_id, "value", "12", value, "stray", "k1", unique=True) if repaired else None
    )


@pytest.mark.parametrize(
    ("value", "repaired", "asked"), [("3.20", False, True), ("3.20", True, True), ("", True, True), ("", False, False)]
)
def test_in_a_row_whose_label_is_doubted_figures_are_asked_about_and_so_is_what_was_emptied(
    value: str, repaired: bool, asked: bool
) -> None:
    now = doubted(verdict(value, repaired), "科目代码存疑")
    assert (now.cell.status is CellStatus.FLAGGED) is asked
    if asked:
        assert (now.cell.asks, now.repair) == (Asks.LABEL, None)
        assert now.cell.confidence <= 0.5
    assert doubted(verdict(value, repaired), "") == verdict(value, repaired)
