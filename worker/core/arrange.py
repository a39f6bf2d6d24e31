"""How a document's tables stand best: rows labelled and amounts placed so that most identities hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from models.document import Document, Repair, Table
from worker.core.board import Move
from worker.core.memo import Memo
from worker.core.statements import Statement
from worker.core.structure import move_repairs, rearrange
from worker.core.unnamed import Relabelling, relabellings
from worker.core.view import View, look

MOST_RELABELLINGS = 12
MORE_PASSING = 2
MOST_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The view of the tables as they stand best, the tables as read, and what was changed between them."""

    view: View
    read: tuple[Table, ...]
    moves: tuple[Move, ...] = ()
    relabelled: tuple[tuple[Relabelling, tuple[str, ...]], ...] = ()

    @property
    def repairs(self) -> list[Repair]:
        """A repair row for each moved amount and each new label, with the identities that prove it."""
        found = move_repairs(self.read, self.moves)
        for relabelling, mended in self.relabelled:
            found += _label_repairs(self.view.tables[relabelling.table], relabelling, mended)
        return found


def arrange(
    document: Document, tables: tuple[Table, ...], told: Sequence[Statement] | None, wrong: frozenset[str], memo: Memo
) -> Arrangement:
    """The best arrangement: amounts moved, and labels changed where more identities hold under the new ones.

    `told` is the narrative; None leaves everything where it was read. `wrong` cells are those of `View`.
    """
    if told is None:
        return Arrangement(look(document, tables, wrong, memo), tables)
    best = _moved(document, tables, told, wrong, memo)
    taken: list[tuple[Relabelling, tuple[str, ...]]] = []
    labelled = tables
    for proposal in _in_turn(best.view):
        changed = proposal.applied(labelled)
        after = _moved(document, changed, told, wrong, memo)
        mended = _better(best.view, after.view, told)
        if mended:
            best, labelled = after, changed
            taken.append((proposal, mended))
    return Arrangement(best.view, tables, best.moves, tuple(taken))


def _in_turn(view: View) -> list[Relabelling]:
    return list(relabellings(view.sheets))[:MOST_RELABELLINGS]


def _moved(
    document: Document, tables: tuple[Table, ...], told: Sequence[Statement], wrong: frozenset[str], memo: Memo
) -> Arrangement:
    view = look(document, tables, wrong, memo)
    made: list[Move] = []
    for _ in range(MOST_ROUNDS):
        moved, moves = rearrange(view.tables, view.with_words(told), view.figures, memo)
        if not moves:
            break
        made += moves
        view = look(document, moved, wrong, memo)
    return Arrangement(view, tables, tuple(made))


def _better(before: View, after: View, told: Sequence[Statement]) -> tuple[str, ...]:
    """The ids of the identities that hold only afterwards; none where more fail, or too few hold that did not."""
    was, now = _results(before, told), _results(after, told)
    fails = [sum(not held for held, _ in found.values()) for found in (was, now)]
    passes = [sum(held for held, _ in found.values()) for found in (was, now)]
    if fails[1] > fails[0] or passes[1] - passes[0] < MORE_PASSING:
        return ()
    return tuple(check_id for key, (held, check_id) in now.items() if held and not was.get(key, (False, ""))[0])


def _results(view: View, told: Sequence[Statement]) -> Mapping[str, tuple[bool, str]]:
    """For each identity with at least two amounts, by its formula: whether it holds, and its id."""
    trials, _ = view.tried(view.figures)
    return {
        t.check.formula: (not t.failed, t.check.check_id)
        for t in (*trials, *view.heard(told))
        if t.nonzero > 1 or t.failed or t.check.kind == "narrative"
    }


def _label_repairs(table: Table, relabelling: Relabelling, mended: tuple[str, ...]) -> list[Repair]:
    found = []
    for index, row in sorted(relabelling.rows.items()):
        cell = next((c.cell_id for c in table.cells if c.row == index), "")
        label = " ".join(part for part in (row.code.text, row.name.text) if part)
        found.append(Repair(cell, "row_name", "", label, relabelling.kind, " ".join(mended), unique=True))
    return found
