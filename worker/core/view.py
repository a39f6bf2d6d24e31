"""A document's tables as the core sees them: what each cell says, which item and column it is, what must add up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.document import Document, Origin, Table
from worker.core.amounts import Convention
from worker.core.candidates import Candidates, candidates
from worker.core.checks import Figure, Trial, attempt
from worker.core.constraints import constraints
from worker.core.facts import hear
from worker.core.readings import Said, conventions, figures, listen
from worker.core.relations import Constraint
from worker.core.sheets import Sheet, sheets
from worker.core.statements import Statement
from worker.core.testimony import Court


@dataclass(frozen=True, slots=True)
class View:
    """Tables with all that follows from how they stand, before any repair.

    `believed` cells were read with certainty; identities that fail with a `wrong` one fail on paper.
    """

    tables: tuple[Table, ...]
    sheets: tuple[Sheet, ...]
    said: Mapping[str, Said]
    figures: Mapping[str, Figure]
    wanted: tuple[Constraint, ...]
    court: Court
    candidates: Mapping[str, Candidates]
    believed: frozenset[str]
    wrong: frozenset[str]
    conventions: Mapping[str, Convention]

    def convention(self, table: Table) -> Convention:
        """How the table prints its amounts."""
        return self.conventions.get(table.unit, Convention())

    def tried(self, amounts: Mapping[str, Figure]) -> tuple[tuple[Trial, ...], tuple[Constraint, ...]]:
        """The identities tried on these amounts, and those whose cells print nothing at all."""
        trials, silent = [], []
        for constraint in self.wanted:
            trial = attempt(constraint, amounts, self.believed, self.wrong)
            if trial is None:
                silent.append(constraint)
            else:
                trials.append(trial)
        return tuple(trials), tuple(silent)

    def heard(self, told: Sequence[Statement]) -> tuple[Trial, ...]:
        """The sentences that state figures, as identities tried on the figures."""
        return tuple(hear(told, self.court, self.figures, believed=False, threshold=0.0).trials)

    def with_words(self, told: Sequence[Statement]) -> tuple[Constraint, ...]:
        """All identities, those with the narrative too."""
        return (*self.wanted, *(trial.constraint for trial in self.heard(told)))


def look(document: Document, tables: tuple[Table, ...], wrong: frozenset[str] = frozenset()) -> View:
    """The view of a document's tables as they stand; `wrong` are cells that a person says the paper has wrong."""
    found = sheets(tables)
    known = conventions(tables)
    said = listen(tables, known)
    by_cell = {cell.cell_id: known.get(table.unit, Convention()) for table in tables for cell in table.cells}
    offers = candidates(said, by_cell, document.origin)
    return View(
        tables=tables,
        sheets=found,
        said=said,
        figures=_guessed(figures(tables, said, known), offers),
        wanted=tuple(c for c in constraints(found) if not _is_lost(c, said)),
        court=Court(found),
        candidates=offers,
        believed=_believed(document, said),
        wrong=wrong,
        conventions=known,
    )


def _is_lost(constraint: Constraint, said: Mapping[str, Said]) -> bool:
    """Whether all parts of an identity are blank and the layout doubts that they are: a column that was lost."""
    sides = [side for side in (constraint.left, constraint.right) if len(side) > 1]
    return any(all(said[t.cell_id].is_blank and said[t.cell_id].cell.doubt for t in side) for side in sides)


def _believed(document: Document, said: Mapping[str, Said]) -> frozenset[str]:
    """Cells read with certainty: by a person, or from the text layer of a born-digital page, which is its own."""
    typed = document.origin is Origin.BORN_DIGITAL
    readings = ((cell_id, one.cell.reading) for cell_id, one in said.items())
    return frozenset(cell_id for cell_id, r in readings if r.decided or (typed and r.probability >= 1.0))


def _guessed(read: Mapping[str, Figure], offers: Mapping[str, Candidates]) -> dict[str, Figure]:
    """The figures, with the likeliest amount where a text spells none."""
    return {
        cell: replace(figure, value=offers[cell].read, broken=False)
        if cell in offers and offers[cell].read != figure.value
        else figure
        for cell, figure in read.items()
    }
