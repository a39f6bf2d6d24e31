"""A document's tables as the core sees them: what each cell says, which item and column it is, what must add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from models.document import Document, Origin, Table
from worker.core.amounts import Convention
from worker.core.candidates import Candidates, candidates
from worker.core.checks import Figure, Trial
from worker.core.constraints import constraints
from worker.core.facts import Hearing, hear
from worker.core.memo import Memo
from worker.core.readings import Said, conventions, figures, listen
from worker.core.relations import Constraint
from worker.core.sheets import Sheet, filled, frame, sheets
from worker.core.statements import Statement
from worker.core.testimony import Court
from worker.core.trials import Trials

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class View:
    """Tables with all that follows from how they stand, before any repair.

    `frames` are the sheets without what the cells say. `believed` cells were read with certainty; identities that fail
    with a `wrong` one fail on paper.
    """

    tables: tuple[Table, ...]
    frames: tuple[Sheet, ...]
    sheets: tuple[Sheet, ...]
    said: Mapping[str, Said]
    figures: Mapping[str, Figure]
    wanted: tuple[Constraint, ...]
    court: Court
    candidates: Mapping[str, Candidates]
    believed: frozenset[str]
    wrong: frozenset[str]
    conventions: Mapping[str, Convention]
    memo: Memo

    def convention(self, table: Table) -> Convention:
        """How the table prints its amounts."""
        return self.conventions.get(table.unit, Convention())

    def tried(self, amounts: Mapping[str, Figure]) -> tuple[tuple[Trial, ...], tuple[Constraint, ...]]:
        """The identities tried on these amounts, and those whose cells print nothing at all."""
        tried = self.memo.keeper(Trials).of(self.wanted, amounts, self.believed, self.wrong)
        silent = (one for one, trial in zip(self.wanted, tried, strict=True) if trial is None)
        return tuple(trial for trial in tried if trial is not None), tuple(silent)

    def hear(
        self, told: Sequence[Statement], amounts: Mapping[str, Figure], believed: bool, threshold: float
    ) -> Hearing:
        """What `hear` makes of the sentences that state figures, beside these amounts."""
        shown = tuple(amounts[cell] for cell in self.court.cells(told))
        return self.memo.of(_hearing, "", told, self.court, shown, believed, threshold)

    def heard(self, told: Sequence[Statement]) -> tuple[Trial, ...]:
        """The sentences that state figures, as identities tried on the figures."""
        return tuple(self.hear(told, self.figures, believed=False, threshold=0.0).trials)

    def with_words(self, told: Sequence[Statement]) -> tuple[Constraint, ...]:
        """All identities, those with the narrative too."""
        found = (trial.constraint for trial in self.heard(told))
        return (*self.wanted, *(self.memo.written(one.check_id, one) for one in found))


def _hearing(
    told: Sequence[Statement], court: Court, shown: Sequence[Figure], believed: bool, threshold: float
) -> Hearing:
    return hear(told, court, dict(zip(court.cells(told), shown, strict=True)), believed, threshold)


def look(
    document: Document, tables: tuple[Table, ...], wrong: frozenset[str] = frozenset(), memo: Memo | None = None
) -> View:
    """The view of a document's tables as they stand; `wrong` are cells that a person says the paper has wrong."""
    memo = memo or Memo()
    frames = memo.of(sheets, "", tuple(memo.steady(frame, i, table) for i, table in enumerate(tables)))
    found = tuple(memo.of(filled, i, *one) for i, one in enumerate(zip(frames, tables, strict=True)))
    known = conventions(tables, memo)
    heard = [_heard(document.origin, i, one, known, memo) for i, one in enumerate(tables)]
    lost = frozenset().union(*(one.lost for one in heard))
    said = _joined(one.said for one in heard)
    identities = memo.of(constraints, "", tuple(f if f.form else s for f, s in zip(frames, found, strict=True)))
    return View(
        tables=tables,
        frames=frames,
        sheets=found,
        said=said,
        figures=_joined(one.figures for one in heard),
        wanted=memo.of(_printed, "", identities, lost) if lost else identities,
        court=memo.of(Court, "", frames),
        candidates=_joined(one.offers for one in heard),
        believed=frozenset().union(*(one.believed for one in heard)),
        wrong=wrong,
        conventions=known,
        memo=memo,
    )


@dataclass(frozen=True, slots=True)
class _Heard:
    """What the cells of one table say; `lost` ones are blank, and the layout doubts that they are."""

    said: Mapping[str, Said]
    offers: Mapping[str, Candidates]
    figures: Mapping[str, Figure]
    believed: frozenset[str]
    lost: frozenset[str]


def _heard(origin: Origin, index: int, table: Table, known: Mapping[str, Convention], memo: Memo) -> _Heard:
    convention = memo.equal(table.unit, known.get(table.unit, Convention()))
    return memo.within(_listened, index, origin, table, convention)


def _listened(memo: Memo, origin: Origin, table: Table, convention: Convention) -> _Heard:
    said = listen(memo, table, convention)
    offers = candidates(memo, said, convention, origin)
    read = figures(memo, table.unit, said, convention)
    lost = frozenset(cell for cell, one in said.items() if one.cell.doubt and one.is_blank)
    return _Heard(said, offers, _guessed(read, offers), _believed(origin, said), lost)


def _joined(parts: Iterable[Mapping[str, _Value]]) -> dict[str, _Value]:
    found: dict[str, _Value] = {}
    for part in parts:
        found.update(part)
    return found


def _printed(identities: Sequence[Constraint], lost: frozenset[str]) -> tuple[Constraint, ...]:
    return tuple(one for one in identities if not _is_lost(one, lost))


def _is_lost(constraint: Constraint, lost: frozenset[str]) -> bool:
    """Whether all parts of an identity are blank and the layout doubts that they are: a column that was lost."""
    sides = [side for side in (constraint.left, constraint.right) if len(side) > 1]
    return any(all(term.cell_id in lost for term in side) for side in sides)


def _believed(origin: Origin, said: Mapping[str, Said]) -> frozenset[str]:
    """Cells read with certainty: by a person, or from the text layer of a born-digital page, which is its own."""
    typed = origin is Origin.BORN_DIGITAL
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
