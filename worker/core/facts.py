"""Statements of the narrative as facts, each compared with the tables and with the figures it was reckoned from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from models.document import Cell, CellStatus, Check, CheckResult, Fact
from worker.core.checks import HALF, Figure, Trial, attempt
from worker.core.relations import Constraint, Term
from worker.core.statements import CHANGES, RATES, Sort, Statement
from worker.core.testimony import Court, Testimony, factor

TELLING = 4
PERCENT_PLACES = 2
HUNDRED = Decimal(100)


@dataclass(slots=True)
class Hearing:
    """The facts with their checks, and the trials by which they witness for cells; fills up statement by statement."""

    facts: list[Fact] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    contradicted: int = 0

    def next_id(self, kind: str) -> str:
        """The id of the next check of a kind: nar-0001, pct-0001, yoy-0001."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        return f"{kind}-{self.counts[kind]:04d}"


def hear(
    statements: Sequence[Statement], court: Court, figures: Mapping[str, Figure], believed: bool, threshold: float
) -> Hearing:
    """Facts, checks and trials of all statements.

    `believed` says that the text is the document's own: then a statement that disagrees with the tables is an
    inconsistency of the source. A statement that was read with less probability than `threshold` and that no cell
    confirms, nor any figure it was reckoned from, is flagged.
    """
    hearing = Hearing()
    heard = court.heard(statements)
    for statement, testimony in zip(statements, heard, strict=True):
        agreeing = [c.cell_id for c, u in _targets(testimony, figures) if _agrees(statement, figures[c.cell_id], u)]
        printed = tuple(dict.fromkeys(c for c in agreeing if figures[c].value is not None))
        results = (
            _against_tables(hearing, testimony, figures, agreeing, believed),
            _against_others(hearing, statement, heard, figures, believed),
        )
        hearing.contradicted += False in results
        unsure = True not in results and statement.sentence.probability < threshold
        hearing.facts.append(_fact(statement, printed, False in results or unsure))
    return hearing


def _fact(statement: Statement, agrees_with: tuple[str, ...], doubtful: bool) -> Fact:
    return Fact(
        page=statement.sentence.page,
        section=statement.sentence.section,
        name=statement.name,
        value=statement.value,
        unit=statement.unit,
        status=CellStatus.FLAGGED if doubtful else CellStatus.READ,
        raw=statement.raw,
        sentence_no=statement.sentence.number,
        agrees_with=agrees_with,
    )


def _targets(testimony: Testimony, figures: Mapping[str, Figure]) -> list[tuple[Cell, str]]:
    pairs = zip(testimony.cells, testimony.units, strict=True)
    return [(c, u) for c, u in pairs if not figures[c.cell_id].broken]


def _room(statement: Statement, figure: Figure, unit: str) -> Decimal:
    """By how much two printings of one figure may differ, in 元: half a unit of the coarser one, nothing if as fine.

    A sentence that cuts the amount off instead of rounding it (119.36 for 119.3673) may differ by up to a unit.
    """
    said = Decimal(1).scaleb(-statement.decimals) * factor(statement.unit)
    shown = Decimal(1).scaleb(-figure.decimals) * factor(unit)
    value = (figure.value or Decimal(0)) * factor(unit)
    if said > shown and value - value % said == statement.value * factor(statement.unit):
        return said
    return HALF * max(said, shown) if said != shown and figure.value else Decimal(0)


def _agrees(statement: Statement, figure: Figure, unit: str) -> bool:
    return _distance(statement, figure, unit) <= _room(statement, figure, unit)


def _against_tables(
    hearing: Hearing, testimony: Testimony, figures: Mapping[str, Figure], agreeing: list[str], believed: bool
) -> bool | None:
    """Adds the check of a statement against its cells; whether it holds, None where there is nothing to compare."""
    targets = _targets(testimony, figures)
    if not targets:
        return None
    statement = testimony.statement
    chosen = [(c, u) for c, u in targets if c.cell_id in agreeing] or targets
    cell, unit = min(chosen, key=lambda pair: _distance(statement, figures[pair[0].cell_id], pair[1]))
    scale = factor(unit) / factor(statement.unit)
    result = CheckResult.PASS if agreeing else CheckResult.SOURCE_INCONSISTENT if believed else CheckResult.FAIL
    check = Check(
        check_id=hearing.next_id("nar"),
        kind="narrative",
        formula=f"{statement.sentence.section} {statement.name} = {cell.cell_id}",
        left=statement.value,
        right=(figures[cell.cell_id].value or Decimal(0)) * scale,
        tolerance=_room(statement, figures[cell.cell_id], unit) / factor(statement.unit),
        result=result,
        cell_ids=tuple(agreeing) or tuple(c.cell_id for c, _ in targets),
    )
    hearing.checks.append(check)
    hearing.trials.append(_trial(check, statement, chosen, figures))
    return bool(agreeing)


def _distance(statement: Statement, figure: Figure, unit: str) -> Decimal:
    return abs(statement.value * factor(statement.unit) - (figure.value or Decimal(0)) * factor(unit))


def _trial(check: Check, statement: Statement, chosen: list[tuple[Cell, str]], figures: Mapping[str, Figure]) -> Trial:
    """The check as a trial: one of the cells prints what is stated. A figure of few digits confirms nothing."""
    terms = tuple(Term(cell.cell_id, 1, factor(unit) / factor(statement.unit)) for cell, unit in chosen)
    constraint = Constraint(
        check.check_id, check.kind, check.formula, terms, (), statement.value, check.tolerance, any_of=True
    )
    vague = len(significant(statement.value)) < TELLING
    return Trial(constraint, check, sum(bool(figures[cell.cell_id].value) for cell, _ in chosen), vague)


def significant(value: Decimal) -> str:
    """The digits of a value without leading and trailing zeros."""
    return "".join(map(str, value.as_tuple().digits)).strip("0")


def _against_others(
    hearing: Hearing, statement: Statement, heard: Sequence[Testimony], figures: Mapping[str, Figure], believed: bool
) -> bool | None:
    """Adds the check of a share, rate or completion against what it was reckoned from; whether it holds, or None."""
    if statement.of is None or statement.to is None:
        return None
    part, whole = heard[statement.of].statement, heard[statement.to].statement
    reckoned = reckon(statement.sort, part, whole)
    if reckoned is None:
        return None
    expected, allowed = reckoned
    place = Decimal(1).scaleb(-min(statement.decimals, PERCENT_PLACES))
    allowed += place if expected - expected % place == statement.value else HALF * place
    holds = abs(expected - statement.value) <= allowed
    kind = "year-on-year" if statement.sort in RATES else "percentage"
    cells = tuple(dict.fromkeys(c for i in (statement.of, statement.to) for c in hearing.facts[i].agrees_with))
    hearing.checks.append(
        Check(
            check_id=hearing.next_id("yoy" if kind == "year-on-year" else "pct"),
            kind=kind,
            formula=_formula(statement, part, whole),
            left=statement.value,
            right=round(expected, 4),
            tolerance=round(allowed, 6),
            result=CheckResult.PASS if holds else CheckResult.SOURCE_INCONSISTENT if believed else CheckResult.FAIL,
            cell_ids=cells,
        )
    )
    hearing.trials.extend(_reckoned(hearing.checks[-1], statement, heard, figures))
    return holds


def _reckoned(
    check: Check, statement: Statement, heard: Sequence[Testimony], figures: Mapping[str, Figure]
) -> Iterator[Trial]:
    """A share, completion or rate as an identity of the cells that print part and whole, or the present figure.

    A share s of a whole says 100 part = s whole; a rate r with its change c says r present = (100 + r) c. Both hold
    within the rounding of the percentage only, so they speak against a cell but confirm none.
    """
    if statement.of is None or statement.to is None:
        return
    part, whole = (_nearest(heard[i], figures) for i in (statement.of, statement.to))
    if whole is None:
        return
    share, present = statement.value, Term(whole[0].cell_id, 1, statement.value * factor(whole[1]))
    size = (figures[whole[0].cell_id].value or Decimal(0)) * factor(whole[1])
    room = abs(size) * Decimal(1).scaleb(-min(statement.decimals, PERCENT_PLACES))
    if statement.sort in RATES:
        change = heard[statement.of].statement
        said = change.value * factor(change.unit) * (HUNDRED + share)
        room += HUNDRED * Decimal(1).scaleb(-change.decimals) * factor(change.unit)
        constraint = Constraint(check.check_id, check.kind, check.formula, (present,), (), said, room)
    elif part is not None and part[0].cell_id != whole[0].cell_id:
        left = Term(part[0].cell_id, 1, HUNDRED * factor(part[1]))
        constraint = Constraint(check.check_id, check.kind, check.formula, (left,), (present,), Decimal(0), room)
    else:
        return
    trial = attempt(constraint, figures, ())
    if trial is not None:
        yield replace(trial, vague=True)


def _nearest(testimony: Testimony, figures: Mapping[str, Figure]) -> tuple[Cell, str] | None:
    """The cell that prints what a statement says, or comes nearest to it."""
    targets = _targets(testimony, figures)
    statement = testimony.statement
    return min(targets, key=lambda pair: _distance(statement, figures[pair[0].cell_id], pair[1])) if targets else None


def _formula(statement: Statement, part: Statement, whole: Statement) -> str:
    if statement.sort in RATES:
        return f"{statement.name} = {part.raw} ÷ ({whole.raw} - {part.raw})"
    return f"{statement.name} = {part.name} ÷ {whole.name}"


def reckon(sort: Sort, part: Statement, whole: Statement) -> tuple[Decimal, Decimal] | None:
    """The percentage that two statements give, and how far rounding of their amounts may move it; None where none.

    A rate is the change over what was before: change / (present - change).
    """
    above, below = (s.value * factor(s.unit) for s in (part, whole))
    if part.sort in CHANGES:
        below -= above
    if sort not in (*RATES, Sort.SHARE, Sort.DONE) or below <= 0:
        return None
    rounding = [HALF * Decimal(1).scaleb(-s.decimals) * factor(s.unit) for s in (part, whole)]
    if part.sort in CHANGES:
        rounding[1] += rounding[0]
    allowed = HUNDRED * (rounding[0] + abs(above / below) * rounding[1]) / below
    return HUNDRED * above / below, allowed
