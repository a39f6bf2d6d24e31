"""Everything that follows from a document as read: values, statuses, checks, repairs, facts and open questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.decisions import Asks, Review
from models.document import (
    CELLS_WAIT,
    CellStatus,
    Check,
    Document,
    DocumentKind,
    DocumentStatus,
    Extraction,
    Line,
    Origin,
    Repair,
    SettledRow,
    SettledTable,
    Table,
)
from models.names import Names
from worker.core.amounts import Convention
from worker.core.arrange import Arrangement, arrange
from worker.core.candidates import Candidates
from worker.core.checks import Figure, Trial
from worker.core.confidence import Curve, standard_curve
from worker.core.decided import Decided, decide
from worker.core.entity import find_kind, find_unit, find_year
from worker.core.facts import Hearing
from worker.core.label_doubts import label_doubts
from worker.core.labels import settle_rows
from worker.core.memo import Memo
from worker.core.narrative import sentences
from worker.core.office import Office, find_office, suggested
from worker.core.people import overlaid, without
from worker.core.promises import missing_forms, missing_totals
from worker.core.readings import Said
from worker.core.relabel import relabelled
from worker.core.repair import Finding, Findings, find_repairs, repaired_figures
from worker.core.shaky import shaky
from worker.core.sheets import Sheet, frame
from worker.core.slips import slips_of
from worker.core.statements import Statement, statements
from worker.core.structure import move_reasons
from worker.core.verdicts import Bench, Evidence, Verdict, doubted, gather, judge, moved

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


def settle(
    document: Document,
    target: float = TARGET,
    *,
    repair: bool = True,
    review: Review | None = None,
    memo: Memo | None = None,
) -> Extraction:
    """The extraction that a document as read gives, with what people decided; pure and deterministic.

    `target` is the share of cells that may be wrong and unseen by a person: what is too doubtful for it is flagged.
    Without `repair` no figure is restored by its sums or moved: what should be is flagged. A `memo` of the same
    document saves time where much is as it was; what comes out is the same.
    """
    review, memo = review or Review(), memo or Memo()
    decided = decide(document, review)
    document = decided.document
    document = replace(document, tables=tuple(memo.equal(i, table) for i, table in enumerate(document.tables)))
    frames = tuple(memo.steady(frame, ("read", i), table) for i, table in enumerate(document.tables))
    blank = memo.equal("blank", replace(document, tables=frames))
    curve = standard_curve()
    told = memo.of(_told, "", document.lines)
    who = _identity(document, blank, (decided, review), memo)
    own = document.origin is Origin.BORN_DIGITAL
    tables = _with_units(document, blank, memo)
    tables, relabels = relabelled(tables, document.origin, memo) if repair else (tables, ())
    arranged = arrange(document, tables, told if repair else None, decided.wrong, memo)
    view = arranged.view
    trials, silent = view.tried(view.figures)
    heard = view.hear(told, view.figures, own, SURE_WORDS)
    open_to_repair = [trial for trial in (*trials, *heard.trials) if not _is_wrong(trial, decided)]
    findings = find_repairs(open_to_repair, silent, view.candidates, slips_of(review.learned.confusions), memo)
    best = repaired_figures(view.figures, findings, memo)
    trials, _ = view.tried(best)
    evidence = gather((*trials, *view.hear(told, best, own, SURE_WORDS).trials), best, findings)
    bench = Bench(findings, evidence, view.candidates, curve, memo.of(curve.needed, "", target), repair)
    settled, repairs = _settle_tables(arranged, bench, memo.equal("names", review.learned.names))
    settled, entered = overlaid(settled, decided, _proven(bench.evidence), review)
    repairs = (*without((*who.office.repairs, *relabels, *repairs), decided), *entered)
    figures = settled_figures(best, settled, memo)
    trials, _ = view.tried(figures)
    hearing = view.hear(told, figures, own, SURE_WORDS)
    checks = (*(trial.check for trial in trials), *hearing.checks)
    return _extraction(decided, who, settled, (checks, repairs, hearing))


def _told(lines: Sequence[Line]) -> Sequence[Statement]:
    return statements(sentences(lines))


def _identity(document: Document, blank: Document, people: tuple[Decided, Review], memo: Memo) -> _Identity:
    """Whose accounts of which year they are, as read or as a person said; `blank` is without what cells say."""
    said, review = people[0].about, people[1]
    year = said.get("year", memo.of(find_year, "", blank))
    names = memo.equal("names", review.learned.names)
    office = memo.of(_suggested, "", find_office(document, year, memo), names)
    if "entity" in said:
        office = replace(office, name=said["entity"], questions=())
    kind = DocumentKind(said["kind"]) if "kind" in said else memo.of(find_kind, "", blank)
    return _Identity(office, year, kind)


def _suggested(office: Office, names: Names) -> Office:
    return suggested(office, names.offices())


def _is_wrong(trial: Trial, decided: Decided) -> bool:
    """Whether an identity fails because the paper is wrong, as a person says."""
    return trial.failed and not decided.wrong.isdisjoint(trial.constraint.cell_ids)


def _proven(evidence: Mapping[str, Evidence]) -> frozenset[str]:
    """The cells that an identity confirms to the last digit."""
    return frozenset(cell for cell, one in evidence.items() if any(trial.confirms for trial in one.passes))


def settled_figures(figures: Mapping[str, Figure], settled: Sequence[SettledTable], memo: Memo) -> dict[str, Figure]:
    """The figures that are exported: repaired where that is proven, as read elsewhere."""
    values = {cell.cell.cell_id: cell.value for table in settled for cell in table.cells}
    return {
        cell: memo.of(_valued, cell, figure, values[cell]) if (values[cell] or 0) != (figure.value or 0) else figure
        for cell, figure in figures.items()
    }


def _valued(figure: Figure, value: Decimal | None) -> Figure:
    return replace(figure, value=value or None)


def _with_units(document: Document, blank: Document, memo: Memo) -> tuple[Table, ...]:
    """The tables, those of forms without a printed unit in the unit the document uses otherwise."""
    unit = memo.of(find_unit, "", blank.tables, document.lines)
    return tuple(memo.of(_in_unit, i, table, unit) for i, table in enumerate(document.tables))


def _in_unit(table: Table, unit: str) -> Table:
    return replace(table, unit=unit) if table.form and not table.unit and unit else table


def _settle_tables(
    arranged: Arrangement, bench: Bench, known: Names
) -> tuple[tuple[SettledTable, ...], tuple[Repair, ...]]:
    view, memo = arranged.view, arranged.view.memo
    rows, relabels = memo.of(settle_rows, "", view.frames)
    repairs = [*relabels, *arranged.repairs]
    reasons = move_reasons(view.tables, arranged.moves)
    doubtful = memo.of(_doubts, "", view.frames, rows, known)
    bench = replace(bench, shaky=memo.of(shaky, "", view.frames, rows, doubtful, view.wanted))
    settled = []
    for sheet, labels, doubts in zip(view.sheets, rows, doubtful, strict=True):
        verdicts = []
        for cell in sheet.table.cells:
            verdict = _judged(view.said[cell.cell_id], bench, view.convention(sheet.table), memo)
            verdict = moved(verdict, reasons.get(cell.cell_id, ""))
            verdicts.append(doubted(verdict, doubts.get(cell.row, "")))
        repairs += [v.repair for v in verdicts if v.repair is not None]
        settled.append(SettledTable(sheet.table, labels, tuple(v.cell for v in verdicts)))
    return tuple(settled), tuple(repairs)


def _doubts(frames: Sequence[Sheet], rows: Sequence[Sequence[SettledRow]], known: Names) -> Sequence[Mapping[int, str]]:
    return label_doubts(frames, rows, known.items())


def _judged(said: Said, bench: Bench, convention: Convention, memo: Memo) -> Verdict:
    """The verdict on one cell, given from what concerns that cell and from nothing else."""
    evidence = bench.of(said)
    return memo.of(
        _verdict, said.cell.cell_id, said, convention, (bench.finding(said), bench.offers.get(said.cell.cell_id)),
        (tuple(evidence.passes), tuple(evidence.fails), evidence.accused),
        (bench.curve, bench.needed, bench.repair, bench.shaky),
    )  # fmt: skip


def _verdict(
    said: Said,
    convention: Convention,
    known: tuple[Finding | None, Candidates | None],
    heard: tuple[Sequence[Trial], Sequence[Trial], bool],
    measure: tuple[Curve, float, bool, frozenset[str]],
) -> Verdict:
    cell, (finding, offer), (passes, fails, accused) = said.cell.cell_id, known, heard
    findings = Findings({} if finding is None else {cell: finding}, frozenset())
    evidence = {cell: Evidence([*passes], [*fails], accused)}
    return judge(said, Bench(findings, evidence, {} if offer is None else {cell: offer}, *measure), convention)


def _extraction(
    decided: Decided,
    who: _Identity,
    settled: tuple[SettledTable, ...],
    results: tuple[tuple[Check, ...], tuple[Repair, ...], Hearing],
) -> Extraction:
    checks, repairs, hearing = results
    facts = tuple(hearing.facts)
    questions = tuple(
        asked
        for asked in _questions(decided, who, settled, hearing.contradicted)
        if f"document: {asked}" not in decided.accepted
    )
    open_cells = any(cell.asks not in (None, Asks.SAMPLE) for table in settled for cell in table.cells)
    return Extraction(
        entity=who.entity,
        year=who.year,
        kind=who.kind,
        status=DocumentStatus.NEEDS_REVIEW if questions or open_cells else DocumentStatus.CLEAN,
        tables=settled,
        checks=checks,
        repairs=repairs,
        facts=facts,
        questions=questions,
        orphans=decided.orphans,
    )


def _questions(
    decided: Decided, who: _Identity, settled: tuple[SettledTable, ...], contradicted: int
) -> tuple[str, ...]:
    """What keeps the document from being clean, in words; empty where nothing does."""
    document = decided.document
    asked = [*document.problems, *who.office.questions]
    asked += [f"未能确定{what}" for what, value in (("单位名称", who.entity), ("年度", who.year)) if not value]
    asked += [f"{t.table.code} {t.table.title}：未能确定金额单位" for t in settled if t.table.form and not t.table.unit]
    if who.kind is DocumentKind.FINAL_ACCOUNT:
        asked += [f"缺少{form.code} {form.title}" for form in missing_forms(document)]
    for table in settled:
        asked += [f"{table.table.code}：{doubt}" for doubt in table.table.doubts]
        asked += [f"{table.table.code}：没有“{name}”一行，或在换页处遗漏" for name in missing_totals(table)]
        if table.table.code in decided.remarks:
            asked.append(f"{table.table.code}：表格结构有误（{decided.remarks[table.table.code]}）")
        flagged = sum(cell.status is CellStatus.FLAGGED and cell.asks is not None for cell in table.cells)
        if flagged:
            asked.append(f"{table.table.code} {table.table.title}：{flagged}{CELLS_WAIT}")
    if contradicted:
        asked.append(f"文字说明：{contradicted}个数字与表格或其他数字不符")
    return tuple(asked)
