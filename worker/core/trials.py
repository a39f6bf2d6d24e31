"""Identities tried on amounts again and again: only those are tried anew in which an amount is another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from worker.core.checks import Figure, Trial, attempt
from worker.core.relations import Constraint


class Trials:
    """The identities of a document as they were tried the last time."""

    def __init__(self) -> None:
        self._wanted: Sequence[Constraint] = ()
        self._figures: Mapping[str, Figure] = {}
        self._sure: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
        self._tried: list[Trial | None] = []
        self._of_cell: dict[str, list[int]] = {}

    def of(
        self,
        wanted: Sequence[Constraint],
        figures: Mapping[str, Figure],
        believed: frozenset[str],
        wrong: frozenset[str],
    ) -> list[Trial | None]:
        """Each identity tried on these amounts, as `attempt` does."""
        if wanted is not self._wanted or len(figures) != len(self._figures):
            self._tried = [attempt(one, figures, believed, wrong) for one in wanted]
            self._index(wanted)
        else:
            cells = {cell for cell, figure in figures.items() if self._figures.get(cell) is not figure}
            cells |= (believed ^ self._sure[0]) | (wrong ^ self._sure[1])
            for index in {index for cell in cells for index in self._of_cell.get(cell, ())}:
                self._tried[index] = attempt(wanted[index], figures, believed, wrong)
        self._figures, self._sure = figures, (believed, wrong)
        return list(self._tried)

    def _index(self, wanted: Sequence[Constraint]) -> None:
        self._wanted, self._of_cell = wanted, {}
        for index, one in enumerate(wanted):
            for cell in one.cell_ids:
                self._of_cell.setdefault(cell, []).append(index)
