"""The status of each cell from its reading and the evidence: kept, repaired, or flagged with a reason to act on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.document import CellStatus, Repair, SettledCell
from worker.core.amounts import Convention, printed
from worker.core.checks import Trial
from worker.core.confidence import Witnesses, confidence
from worker.core.readings import Said, digit_probability
from worker.core.witnesses import Evidence

CONFIRMED_THRESHOLD = 0.3
SHOWN_CHECKS = 3
ENOUGH = 2
DOUBTED = 0.5  # confidence at most, of a figure that may belong to another row
CHECK_OBJECT = "请核对原件"
KINDS = {
    "row-sum": "行合计",
    "column-sum": "列合计",
    "hierarchy": "类款项合计",
    "balance": "收支平衡",
    "cross-table": "表间关系",
    "narrative": "文字说明",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A settled cell and the repair row that goes with it, if it was repaired."""

    cell: SettledCell
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What verdicts are given from: the evidence by cell, the trials by check id, the probability that is enough."""

    evidence: Mapping[str, Evidence]
    trials: Mapping[str, Sequence[Trial]]
    threshold: float

    def of(self, said: Said) -> Evidence:
        return self.evidence.get(said.cell.cell_id) or Evidence()


def judge(said: Said, bench: Bench, convention: Convention) -> Verdict:
    """The verdict on one cell."""
    evidence = bench.of(said)
    reason = _against(said, evidence, bench)
    value = said.amount.value if said.amount is not None else None
    repaired = _repair(said, evidence) if not reason else None
    status = CellStatus.FLAGGED if reason else CellStatus.REPAIRED if repaired else CellStatus.READ
    if repaired:
        reason = f"按数字书写规则修正（{repaired.kind}）：{repaired.proof}"
    cell = SettledCell(
        cell=said.cell,
        value=value,
        status=status,
        confidence=_confidence(said, evidence),
        reason=reason,
        alternatives=_alternatives(said, evidence, convention) if status is CellStatus.FLAGGED else (),
    )
    return Verdict(cell, repaired)


def doubted(verdict: Verdict, doubt: str) -> Verdict:
    """The verdict on a cell whose row's label is doubted: a figure in it is a question, whatever its own evidence."""
    cell = verdict.cell
    if not doubt or cell.value is None or cell.status is CellStatus.FLAGGED:
        return verdict
    reason = f"{doubt}；{CHECK_OBJECT}"
    asked = replace(cell, status=CellStatus.FLAGGED, confidence=min(cell.confidence, DOUBTED), reason=reason)
    return Verdict(asked)


def _confidence(said: Said, evidence: Evidence) -> float:
    return confidence(
        Witnesses(
            probability=said.cell.reading.probability,
            passes=len(evidence.passes),
            fails=len(evidence.fails),
            suspect=evidence.suspect,
            grammar_doubt=bool(said.doubt),
            layout_doubt=bool(said.cell.doubt),
        )
    )


def _against(said: Said, evidence: Evidence, bench: Bench) -> str:
    """Why the cell must be looked at; empty where nothing speaks against it or enough speaks for it."""
    if evidence.suspect and not said.is_broken:
        return _contradicted(said, evidence, bench)
    confirmed = evidence.strong and (said.is_blank or len(evidence.passes) > 0)
    if said.is_broken:
        words = said.doubt or "不是数字"
    elif said.misplaced:
        words = said.misplaced
    elif said.doubt and not (confirmed and len(evidence.passes) >= ENOUGH):
        words = said.doubt
    elif said.counts and said.cell.doubt and not confirmed:
        words = f"版面存疑：{said.cell.doubt}"
    else:
        words = _unsure(said, evidence, confirmed, bench.threshold) if said.counts else ""
    return f"{words}；{CHECK_OBJECT}" if words else ""


def _unsure(said: Said, evidence: Evidence, confirmed: bool, threshold: float) -> str:
    """Whether the recogniser was too unsure: two identities that hold outweigh any doubt, one that confirms most."""
    probability = said.cell.reading.probability if said.is_blank else digit_probability(said.cell.reading)
    if confirmed and len(evidence.passes) >= ENOUGH:
        return ""
    needed = CONFIRMED_THRESHOLD if confirmed else threshold
    if probability >= needed:
        return ""
    return f"识别概率低（{probability:.2f}），且无足够校验佐证"


def _contradicted(said: Said, evidence: Evidence, bench: Bench) -> str:
    shown = "、".join(evidence.fails[:SHOWN_CHECKS]) + ("…" if len(evidence.fails) > SHOWN_CHECKS else "")
    trials = [t for check_id in evidence.fails for t in bench.trials.get(check_id, ())]
    words = "、".join(dict.fromkeys(KINDS.get(t.check.kind, t.check.kind) for t in trials))
    gap = next((t.residual for t in trials if said.cell.cell_id in t.constraint.cell_ids), Decimal(0))
    meant = f"，或应为{evidence.wanted[0]:f}" if evidence.wanted else ""
    state = "空白，但" if said.is_blank else ""
    return f"{state}{words}不符，差{gap:f}（{shown}）{meant}；{CHECK_OBJECT}"


def _alternatives(said: Said, evidence: Evidence, convention: Convention) -> tuple[str, ...]:
    value = said.amount.value if said.amount is not None else None
    others = dict.fromkeys((*evidence.wanted, *(() if said.other is None else (said.other,))))
    return tuple(printed(other, convention) for other in others if other != value)


def _repair(said: Said, evidence: Evidence) -> Repair | None:
    """The repair row of a cell whose text breaks the grammar in a way that leaves one reading, or that sums confirm."""
    kind = said.repair or ("separator" if said.doubt and said.amount is not None and _separators(said) else "")
    if not kind or said.amount is None:
        return None
    proof = " ".join(["数字书写规则", *evidence.passes[:SHOWN_CHECKS]])
    return Repair(
        cell_id=said.cell.cell_id,
        field="value",
        raw=said.cell.reading.text,
        repaired=f"{said.amount.value:f}",
        kind=kind,
        proof=proof,
        unique=True,
    )


def _separators(said: Said) -> bool:
    """Whether the doubt is about separators only: the same digits, written otherwise than the grammar asks."""
    return "格式" in said.doubt
