"""Everything that follows from a document as read: values, statuses, checks, repairs, facts and open questions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from models.document import (
    CellStatus,
    Check,
    Document,
    DocumentKind,
    DocumentStatus,
    Extraction,
    Origin,
    Repair,
    SettledTable,
    Table,
)
from worker.core.amounts import Convention
from worker.core.checks import Figure, Trial, attempt
from worker.core.constraints import constraints
from worker.core.entity import find_kind, find_unit, find_year
from worker.core.facts import Hearing, hear
from worker.core.label_doubts import label_doubts
from worker.core.labels import settle_rows
from worker.core.narrative import sentences
from worker.core.office import Office, find_office
from worker.core.promises import missing_forms
from worker.core.readings import Said, conventions, figures, listen, other_values
from worker.core.relabel import relabelled
from worker.core.relations import Constraint
from worker.core.sheets import Sheet, sheets
from worker.core.statements import statements
from worker.core.testimony import Court
from worker.core.verdicts import Bench, doubted, judge
from worker.core.witnesses import Case, weigh

THRESHOLD = 0.9


@dataclass(frozen=True, slots=True)
class _Identity:
    office: Office
    year: str
    kind: DocumentKind

    @property
    def entity(self) -> str:
        return self.office.name


def settle(document: Document, threshold: float = THRESHOLD) -> Extraction:
    """The extraction that a document as read gives; pure and deterministic.

    `threshold` is the probability with which a figure must have been read that no identity confirms.
    """
    tables, relabels = relabelled(_with_units(document), document.origin)
    year = find_year(document)
    who = _Identity(find_office(document, year), year, find_kind(document))
    found = sheets(tables)
    known = conventions(tables)
    said = listen(tables, known)
    amounts = figures(tables, said)
    believed = _believed(document, said)
    trials, silent = _try(constraints(found), amounts, believed)
    told = statements(sentences(document.lines))
    hearing = hear(told, Court(found), amounts, document.origin is Origin.BORN_DIGITAL, threshold)
    rows = {cell.cell_id: (i, cell.row) for i, table in enumerate(tables) for cell in table.cells}
    case = Case(
        (*trials, *hearing.trials), amounts, silent, rows, {cell_id: other_values(one) for cell_id, one in said.items()}
    )
    bench = Bench(weigh(case), _by_id(case.trials), threshold)
    settled, repairs = _settle_tables(found, said, known, bench)
    repairs = (*relabels, *repairs)
    checks = (*(trial.check for trial in trials), *hearing.checks)
    return _extraction(document, who, settled, (checks, repairs, hearing))


def _with_units(document: Document) -> tuple[Table, ...]:
    """The tables, those of forms without a printed unit in the unit the document uses otherwise."""
    unit = find_unit(document.tables, document.lines)
    return tuple(replace(t, unit=unit) if t.form and not t.unit and unit else t for t in document.tables)


def _believed(document: Document, said: Mapping[str, Said]) -> frozenset[str]:
    """Cells whose text is the document's own: the text layer of a born-digital page, read with certainty."""
    if document.origin is not Origin.BORN_DIGITAL:
        return frozenset()
    return frozenset(cell_id for cell_id, one in said.items() if one.cell.reading.probability >= 1.0)


def _try(
    wanted: Sequence[Constraint], amounts: Mapping[str, Figure], believed: frozenset[str]
) -> tuple[tuple[Trial, ...], tuple[Constraint, ...]]:
    """The identities that were tried, and those whose cells print nothing at all."""
    trials, silent = [], []
    for constraint in wanted:
        trial = attempt(constraint, amounts, believed)
        if trial is None:
            silent.append(constraint)
        else:
            trials.append(trial)
    return tuple(trials), tuple(silent)


def _by_id(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    found: dict[str, list[Trial]] = defaultdict(list)
    for trial in trials:
        found[trial.check.check_id].append(trial)
    return found


def _settle_tables(
    found: Sequence[Sheet], said: Mapping[str, Said], known: Mapping[str, Convention], bench: Bench
) -> tuple[tuple[SettledTable, ...], tuple[Repair, ...]]:
    rows, repairs = settle_rows(found)
    settled = []
    for sheet, labels, doubts in zip(found, rows, label_doubts(found, rows), strict=True):
        convention = known.get(sheet.table.unit, Convention())
        verdicts = [judge(said[cell.cell_id], bench, convention) for cell in sheet.table.cells]
        verdicts = [doubted(verdict, doubts.get(verdict.cell.cell.row, "")) for verdict in verdicts]
        repairs += [v.repair for v in verdicts if v.repair is not None]
        settled.append(SettledTable(sheet.table, labels, tuple(v.cell for v in verdicts)))
    return tuple(settled), tuple(repairs)


def _extraction(
    document: Document,
    who: _Identity,
    settled: tuple[SettledTable, ...],
    results: tuple[tuple[Check, ...], tuple[Repair, ...], Hearing],
) -> Extraction:
    checks, repairs, hearing = results
    facts = tuple(hearing.facts)
    questions = _questions(document, who, settled, hearing.contradicted)
    return Extraction(
        entity=who.entity,
        year=who.year,
        kind=who.kind,
        status=DocumentStatus.NEEDS_REVIEW if questions else DocumentStatus.CLEAN,
        tables=settled,
        checks=checks,
        repairs=(*who.office.repairs, *repairs),
        facts=facts,
        questions=questions,
    )


def _questions(
    document: Document, who: _Identity, settled: tuple[SettledTable, ...], contradicted: int
) -> tuple[str, ...]:
    """What keeps the document from being clean, in words; empty where nothing does."""
    asked = [*document.problems, *who.office.questions]
    asked += [f"未能确定{what}" for what, value in (("单位名称", who.entity), ("年度", who.year)) if not value]
    asked += [f"{t.table.code} {t.table.title}：未能确定金额单位" for t in settled if t.table.form and not t.table.unit]
    if who.kind is DocumentKind.FINAL_ACCOUNT:
        asked += [f"缺少{form.code} {form.title}" for form in missing_forms(document)]
    for table in settled:
        asked += [f"{table.table.code}：{doubt}" for doubt in table.table.doubts]
        flagged = sum(cell.status is CellStatus.FLAGGED for cell in table.cells)
        if flagged:
            asked.append(f"{table.table.code} {table.table.title}：{flagged}个单元格待核对")
    if contradicted:
        asked.append(f"文字说明：{contradicted}个数字与表格或其他数字不符")
    return tuple(asked)
