"""Everything that follows from a document as read: values, statuses, checks, repairs, facts and open questions."""

from __future__ import annotations

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
from worker.core.arrange import Arrangement, arrange
from worker.core.checks import Figure
from worker.core.confidence import standard_curve
from worker.core.entity import find_kind, find_unit, find_year
from worker.core.facts import Hearing, hear
from worker.core.label_doubts import label_doubts
from worker.core.labels import settle_rows
from worker.core.narrative import sentences
from worker.core.office import Office, find_office
from worker.core.promises import missing_forms
from worker.core.relabel import relabelled
from worker.core.repair import find_repairs, repaired_figures
from worker.core.statements import statements
from worker.core.structure import move_reasons
from worker.core.verdicts import Bench, doubted, gather, judge, moved

TARGET = 4e-5
SURE_WORDS = 0.9
"""The probability with which a sentence must have been read that no cell confirms."""


@dataclass(frozen=True, slots=True)
class _Identity:
    office: Office
    year: str
    kind: DocumentKind

    @property
    def entity(self) -> str:
        return self.office.name


def settle(document: Document, target: float = TARGET, *, repair: bool = True) -> Extraction:
    """The extraction that a document as read gives; pure and deterministic.

    `target` is the share of cells that may be wrong and unseen by a person: what is too doubtful for it is flagged.
    Without `repair` no figure is restored by its sums or moved: what should be is flagged.
    """
    curve = standard_curve()
    told = statements(sentences(document.lines))
    year = find_year(document)
    who = _Identity(find_office(document, year), year, find_kind(document))
    own = document.origin is Origin.BORN_DIGITAL
    tables, relabels = relabelled(_with_units(document), document.origin) if repair else (_with_units(document), ())
    arranged = arrange(document, tables, told if repair else None)
    view = arranged.view
    trials, silent = view.tried(view.figures)
    heard = hear(told, view.court, view.figures, own, SURE_WORDS)
    findings = find_repairs((*trials, *heard.trials), silent, view.candidates)
    best = repaired_figures(view.figures, findings)
    trials, _ = view.tried(best)
    evidence = gather((*trials, *hear(told, view.court, best, own, SURE_WORDS).trials), best, findings)
    bench = Bench(findings, evidence, view.candidates, curve, curve.needed(target), repair)
    settled, repairs = _settle_tables(arranged, bench)
    repairs = (*relabels, *repairs)
    figures = settled_figures(best, settled)
    trials, _ = view.tried(figures)
    hearing = hear(told, view.court, figures, own, SURE_WORDS)
    checks = (*(trial.check for trial in trials), *hearing.checks)
    return _extraction(document, who, settled, (checks, repairs, hearing))


def settled_figures(figures: Mapping[str, Figure], settled: Sequence[SettledTable]) -> dict[str, Figure]:
    """The figures that are exported: repaired where that is proven, as read elsewhere."""
    values = {cell.cell.cell_id: cell.value for table in settled for cell in table.cells}
    return {
        cell: replace(figure, value=values[cell] or None) if (values[cell] or 0) != (figure.value or 0) else figure
        for cell, figure in figures.items()
    }


def _with_units(document: Document) -> tuple[Table, ...]:
    """The tables, those of forms without a printed unit in the unit the document uses otherwise."""
    unit = find_unit(document.tables, document.lines)
    return tuple(replace(t, unit=unit) if t.form and not t.unit and unit else t for t in document.tables)


def _settle_tables(arranged: Arrangement, bench: Bench) -> tuple[tuple[SettledTable, ...], tuple[Repair, ...]]:
    view = arranged.view
    rows, repairs = settle_rows(view.sheets)
    repairs += arranged.repairs
    reasons = move_reasons(view.tables, arranged.moves)
    settled = []
    for sheet, labels, doubts in zip(view.sheets, rows, label_doubts(view.sheets, rows), strict=True):
        verdicts = []
        for cell in sheet.table.cells:
            verdict = judge(view.said[cell.cell_id], bench, view.convention(sheet.table))
            verdict = moved(verdict, reasons.get(cell.cell_id, ""))
            verdicts.append(doubted(verdict, doubts.get(cell.row, "")))
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
