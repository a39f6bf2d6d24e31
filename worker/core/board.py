"""A document's amounts where they stand, the identities with them, and what moving some of them mends and breaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from models.document import Cell, Table
from worker.core.checks import Figure, fails
from worker.core.relations import Constraint

LEAST_GAIN = 2
BLANK = Figure()


@dataclass(frozen=True, slots=True)
class Move:
    """Where amounts go: for each cell whose content changes, the cell it comes from ("": none, it is blank)."""

    sources: tuple[tuple[str, str], ...]
    kind: str
    mended: tuple[str, ...] = ()

    @property
    def amounts(self) -> int:
        """How many amounts move."""
        return sum(bool(source) for _, source in self.sources)

    @property
    def cells(self) -> frozenset[str]:
        """The cells whose content changes."""
        return frozenset(cell for cell, _ in self.sources)


@dataclass(frozen=True, slots=True)
class _Place:
    table: int
    cell: Cell


Outcome = tuple[frozenset[str], frozenset[str]]
"""The identities that a move mends, and those that it breaks."""


class Board:
    """The figures where they stand now, and the identities with them."""

    def __init__(self, tables: Sequence[Table], wanted: Sequence[Constraint], figures: Mapping[str, Figure]) -> None:
        self.figures = dict(figures)
        self.wanted = {c.check_id: c for c in wanted}
        self.tables = tables
        self.places = {c.cell_id: _Place(i, c) for i, t in enumerate(tables) for c in t.cells}
        self.at = {(p.table, p.cell.row, p.cell.column): cell_id for cell_id, p in self.places.items()}
        self.fixed = frozenset(cell_id for cell_id, place in self.places.items() if place.cell.reading.decided)
        self.of_cell: defaultdict[str, list[str]] = defaultdict(list)
        for constraint in wanted:
            for cell_id in constraint.cell_ids:
                self.of_cell[cell_id].append(constraint.check_id)
        self.lines: dict[tuple[int, int], list[str]] = {}
        for (index, row, column), cell_id in sorted(self.at.items()):
            if column < len(tables[index].columns):
                self.lines.setdefault((index, row), []).append(cell_id)
        self.failing = {check_id for check_id, one in self.wanted.items() if fails(one, self.figures)}

    def may_mend(self, cells: Iterable[str]) -> bool:
        """Whether enough identities fail in which some of these cells stand: a move of others need not be tried."""
        found: set[str] = set()
        for cell in cells:
            found.update(self.failing.intersection(self.of_cell[cell]))
            if len(found) >= LEAST_GAIN:
                return True
        return False

    def shows(self, cell_id: str) -> bool:
        """Whether a cell shows an amount other than zero."""
        return bool(self.figures[cell_id].value)

    def tried(self, move: Move, touched: frozenset[str]) -> Outcome:
        """The identities, of those that it touches, that a move mends and those that it breaks."""
        moved = self._moved(move)
        before = {cell: self.figures[cell] for cell in moved}
        self.figures.update(moved)
        after = frozenset(check_id for check_id in touched if fails(self.wanted[check_id], self.figures))
        self.figures.update(before)
        return (touched & self.failing) - after, after - self.failing

    def touched(self, move: Move) -> frozenset[str]:
        """The identities in which a cell stands whose content changes by a move."""
        return frozenset(check_id for cell, _ in move.sources for check_id in self.of_cell[cell])

    def make(self, move: Move) -> None:
        """From now on the amounts stand as a move has them."""
        moved, touched = self._moved(move), self.touched(move)
        self.figures.update(moved)
        self.failing -= touched
        self.failing |= {check_id for check_id in touched if fails(self.wanted[check_id], self.figures)}

    def _moved(self, move: Move) -> dict[str, Figure]:
        """What the cells of a move show after it."""
        return {cell: self.figures[source] if source else BLANK for cell, source in move.sources}


class Tried:
    """The moves that were tried the last time, and what each mended and broke: that stays while all it touches does."""

    def __init__(self) -> None:
        self._figures: Mapping[str, Figure] = {}
        self._wanted: Mapping[str, Constraint] = {}
        self._before: dict[object, tuple[frozenset[str], Outcome]] = {}
        self._now: dict[object, tuple[frozenset[str], Outcome]] = {}
        self._cells: set[str] = set()
        self._checks: set[str] = set()

    def begin(self, board: Board) -> None:
        """From now on moves are tried on this board as it stands."""
        self._cells = {cell for cell, figure in board.figures.items() if self._figures.get(cell) is not figure}
        self._checks = {check for check, one in board.wanted.items() if self._wanted.get(check) is not one}
        self._checks.update(check for cell in self._cells for check in board.of_cell[cell])
        self._before, self._now = self._now, {}
        self._figures, self._wanted = dict(board.figures), board.wanted

    def of(self, board: Board, move: Move) -> Outcome:
        """What a move mends and breaks."""
        touched = board.touched(move)
        found = self._before.get(move.sources)
        if found is None or found[0] != touched or not self._holds(move, touched):
            found = (touched, board.tried(move, touched))
        self._now[move.sources] = found
        return found[1]

    def _holds(self, move: Move, touched: frozenset[str]) -> bool:
        return self._checks.isdisjoint(touched) and not any(source in self._cells for _, source in move.sources)
