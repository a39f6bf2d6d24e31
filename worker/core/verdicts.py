"""The status of each cell from its reading and what the identities say of it: kept, repaired, or asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from math import log

from models.decisions import Asks
from models.document import CellStatus, CheckResult, Repair, SettledCell
from worker.core.amounts import Convention, printed
from worker.core.candidates import Candidates
from worker.core.checks import Figure, Trial
from worker.core.confidence import Curve, Sort
from worker.core.misreading import DUMP, SCAN, TYPED, Channel, digits
from worker.core.readings import Said, digit_probability
from worker.core.relations import IN_SENTENCES, RECKONED
from worker.core.repair import MARGIN, Finding, Findings
from worker.core.words import (
    Words,
    contradicted,
    doubted_words,
    joined,
    misshapen,
    repaired_by_sums,
    repaired_by_writing,
    several,
    unsure,
)

CERTAIN = 20.0
CONFIRMS = 6.0
MOST_CONFIRMS = 2
LOOSELY = 2.0
DOUBT = 1.0
CONTESTED = 8.0
"""Nats: a text layer, an identity that holds exactly or within rounding, a doubted reading; and the margin under which
a cell of a failed identity is asked about."""
MOST_SHOWN = 4
LEAST, MOST = 1e-6, 1 - 1e-6
DOUBTED = 0.5  # confidence at most, of a figure that may belong to another row
ZERO = Decimal(0)


@dataclass(slots=True)
class Evidence:
    """The identities that hold with a cell, those that fail with it, and whether it is what they accuse."""

    passes: list[Trial] = field(default_factory=list)
    fails: list[Trial] = field(default_factory=list)
    accused: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A settled cell and the repair row that goes with it, if it was repaired."""

    cell: SettledCell
    repair: Repair | None = None


@dataclass(frozen=True, slots=True)
class Bench:
    """What verdicts are given from: findings and evidence by cell, the curve of confidence, the least that is enough.

    Without `repair` nothing is changed: what should be is asked about. The same where only `shaky` checks, by their
    ids, speak for a change.
    """

    findings: Findings
    evidence: Mapping[str, Evidence]
    offers: Mapping[str, Candidates]
    curve: Curve
    needed: float
    repair: bool = True
    shaky: frozenset[str] = frozenset()

    def finding(self, said: Said) -> Finding | None:
        return self.findings.cells.get(said.cell.cell_id)

    def of(self, said: Said) -> Evidence:
        return self.evidence.get(said.cell.cell_id) or Evidence()


def gather(trials: Sequence[Trial], figures: Mapping[str, Figure], findings: Findings) -> dict[str, Evidence]:
    """The evidence by cell, from trials made on the repaired `figures`."""
    evidence: defaultdict[str, Evidence] = defaultdict(Evidence)
    for trial in trials:
        for cell_id in trial.constraint.cell_ids:
            if trial.failed:
                evidence[cell_id].fails.append(trial)
            elif trial.check.kind not in RECKONED and (trial.confirms or _adds_up_roughly(trial, figures)):
                evidence[cell_id].passes.append(trial)
    for trial in trials:
        if trial.failed and trial.check.check_id in findings.unmended and trial.check.kind not in IN_SENTENCES:
            for cell_id in (*_least_supported(trial, evidence), *_unplaced(trial, evidence, figures)):
                evidence[cell_id].accused = True
    return dict(evidence)


def _adds_up_roughly(trial: Trial, figures: Mapping[str, Figure]) -> bool:
    """Whether an identity holds within rounding. Not so where one amount stands on each side and nothing else is
    printed: both round the same figure, so that they should print the same, and two that differ confirm neither.
    """
    sides = (trial.constraint.left, trial.constraint.right)
    alone = all(sum(bool(figures[term.cell_id].value) for term in side) == 1 for side in sides)
    return trial.loosely and not alone


def _unplaced(trial: Trial, evidence: Mapping[str, Evidence], figures: Mapping[str, Figure]) -> Iterator[str]:
    """The amounts of a failed sum that nothing else confirms; their own row does not say that they stand there."""
    if trial.check.result is CheckResult.SOURCE_INCONSISTENT:
        return
    for cell_id in trial.constraint.cell_ids:
        placed = [t for t in evidence[cell_id].passes if t.check.kind != "row-sum"]
        if figures[cell_id].value and not placed:
            yield cell_id


def _least_supported(trial: Trial, evidence: Mapping[str, Evidence]) -> Iterable[str]:
    """Whom an identity accuses that no reading mends: the total of a sum, else the side that less speaks for."""
    left = [t.cell_id for t in trial.constraint.left]
    right = [t.cell_id for t in trial.constraint.right]
    if not left or not right or len(left) + len(right) > 2:  # noqa: PLR2004  (a sum)
        return left or right
    ours, theirs = (min(len(evidence[c].passes) for c in side) for side in (left, right))
    return left + right if ours == theirs else left if ours < theirs else right


def judge(said: Said, bench: Bench, convention: Convention) -> Verdict:
    """The verdict on one cell."""
    read = said.amount.value if said.amount is not None else None
    if said.cell.reading.decided:
        return Verdict(SettledCell(said.cell, read, CellStatus.REVIEWED, 1.0))
    if not said.counts:
        return Verdict(SettledCell(said.cell, read, CellStatus.READ, 1.0))
    weighed = _weigh(said, read, bench)
    kept = weighed.changed and (weighed.typed or not bench.repair or weighed.rests_on(bench.shaky))
    if weighed.confidence < bench.needed or weighed.evidence.accused or weighed.contested or kept:
        return Verdict(_asked(said, weighed, convention))
    if weighed.changed:
        return _repaired(said, weighed)
    kind = said.repair or ("separator" if said.is_broken else "")
    if kind and read is not None:
        ids = [t.check.check_id for t in weighed.evidence.passes]
        proof, reason = repaired_by_writing(said.cell.reading.text, read, kind, ids)
        repair = Repair(said.cell.cell_id, "value", said.cell.reading.text, f"{read:f}", kind, proof, unique=True)
        return Verdict(weighed.settled(said, read, CellStatus.REPAIRED, reason), repair)
    return Verdict(weighed.settled(said, read, CellStatus.READ))


@dataclass(frozen=True, slots=True)
class _Weighed:
    """A cell with all that is known of it; `value` is the best reading, `changed` that it is not the one as read."""

    value: Decimal | None
    others: tuple[Decimal, ...]
    finding: Finding | None
    evidence: Evidence
    sort: Sort
    score: float
    confidence: float
    changed: bool
    typed: bool

    @property
    def contested(self) -> bool:
        """Whether an identity failed as read that another reading of the cell would mend, one not much less likely."""
        found = self.finding
        return (
            found is not None
            and found.disputed
            and bool(found.others)
            and found.margin < CONTESTED
            and not self.changed
        )

    def rests_on(self, checks: frozenset[str]) -> bool:
        """Whether the best reading mends checks, and only such ones."""
        mended = self.finding.mended if self.finding else ()
        return bool(mended) and checks.issuperset(mended)

    def settled(
        self, said: Said, value: Decimal | None, status: CellStatus, reason: str = "", others: tuple[str, ...] = ()
    ) -> SettledCell:
        """The settled cell of that value and status."""
        return SettledCell(said.cell, value, status, self.confidence, reason, others, self.score, self.sort.value)


def _weigh(said: Said, read: Decimal | None, bench: Bench) -> _Weighed:
    finding, evidence = bench.finding(said), bench.of(said)
    offer = bench.offers[said.cell.cell_id]
    value = (finding.value if finding is not None else offer.read) or None
    changed = (value or ZERO) != (read or ZERO)
    score = _score(said, finding, evidence, offer.channel)
    sort = Sort.REPAIRED if changed or said.is_broken else Sort.BLANK if said.is_blank else Sort.READ
    confidence = bench.curve.probability(sort, score)
    others = finding.others if finding is not None else ()
    return _Weighed(
        value, others, finding, evidence, sort, round(score, 3), confidence, changed, offer.channel is TYPED
    )


def doubted(verdict: Verdict, doubt: str) -> Verdict:
    """The verdict on a cell whose row's label is doubted: a figure in it is a question, whatever its own evidence."""
    cell = verdict.cell
    empty = cell.value is None and verdict.repair is None
    if not doubt or empty or cell.status in (CellStatus.FLAGGED, CellStatus.REVIEWED):
        return verdict
    reason, least = several([doubted_words(doubt)]), min(cell.confidence, DOUBTED)
    asked = replace(cell, status=CellStatus.FLAGGED, confidence=least, reason=reason, asks=Asks.LABEL)
    return Verdict(asked)


def moved(verdict: Verdict, reason: str) -> Verdict:
    """The verdict on a cell whose amount came from, or went to, another place."""
    cell = verdict.cell
    if not reason or cell.status in (CellStatus.FLAGGED, CellStatus.REVIEWED):
        return verdict
    return replace(verdict, cell=replace(cell, status=CellStatus.REPAIRED, reason=joined(reason, cell.reason)))


def _score(said: Said, finding: Finding | None, evidence: Evidence, channel: Channel) -> float:
    """What speaks for the value, in nats: its own reading and the identities it would break, or the search's margin."""
    own = _own(said, channel)
    support = _support(evidence.passes)
    if finding is None:
        score = own + support
    else:
        score = finding.margin if finding.changed else min(finding.margin, own + support)
    if said.cell.doubt:
        placed = [t for t in evidence.passes if t.check.kind != "row-sum"]
        score = min(score, DOUBT + _support(placed))
    if said.misplaced or said.is_words:
        score = min(score, 0.0)
    if said.doubt and not said.is_broken and not (finding and finding.changed):
        score = min(score, DOUBT + support)
    return score


def _own(said: Said, channel: Channel) -> float:
    """The log-odds of the reading alone; separators do not count, the grammar vouches for them."""
    if channel is not SCAN:
        return DUMP.slip if channel is DUMP else CERTAIN
    probability = said.cell.reading.probability if said.is_blank else digit_probability(said.cell.reading)
    bounded = min(max(probability, LEAST), MOST)
    odds = log(bounded / (1 - bounded))
    return min(odds, SCAN.overlooked) if said.is_blank else odds


def _support(passes: Sequence[Trial]) -> float:
    """What the identities that hold are worth: to the last digit much, within rounding little, further ones less."""
    exact = [t for t in passes if t.confirms]
    strong = CONFIRMS * min(len(exact), MOST_CONFIRMS) + max(0, len(exact) - MOST_CONFIRMS)
    return strong + LOOSELY * min(len(passes) - len(exact), MOST_CONFIRMS)


def _asked(said: Said, weighed: _Weighed, convention: Convention) -> SettledCell:
    """A question: the cell keeps its reading, and the likeliest other readings follow, the best first."""
    read = said.amount.value if said.amount is not None else None
    others = dict.fromkeys(v for v in (weighed.value, *weighed.others, said.other) if v is not None)
    shown = tuple(printed(v, convention) for v in others if v != (read or ZERO))
    reasons = _why(said, weighed, rivals=bool(shown))
    why, asks = several([words for _, words in reasons], shown), reasons[0][0]
    cell = replace(weighed.settled(said, read, CellStatus.FLAGGED, why, shown[:MOST_SHOWN]), asks=asks)
    return replace(cell, confidence=round(1 - cell.confidence, 6)) if weighed.changed else cell


def _why(said: Said, weighed: _Weighed, *, rivals: bool) -> list[tuple[Asks, Words]]:
    """The reasons for a question, at least one, each with its kind."""
    reasons = []
    if said.is_broken or said.is_words or said.doubt:
        reasons.append((Asks.MISSHAPEN, misshapen(said)))
    if said.misplaced:
        reasons.append((Asks.LABEL, doubted_words(said.misplaced)))
    if said.cell.doubt:
        reasons.append((Asks.LAYOUT, doubted_words(f"版面存疑：{said.cell.doubt}")))
    mended = weighed.finding.mended if weighed.finding and weighed.changed else ()
    if weighed.evidence.fails or mended:
        reasons.append((Asks.CONTRADICTED, contradicted(said, weighed.evidence.fails, mended)))
    if not reasons:
        reasons.append((Asks.UNSURE, unsure(said, digit_probability(said.cell.reading), rivals=rivals)))
    return reasons


def _repaired(said: Said, weighed: _Weighed) -> Verdict:
    raw, value = said.cell.reading.text, weighed.value
    others = tuple(f"{o:f}" for o in weighed.others)[:MOST_SHOWN]
    holding = [t.check.check_id for t in weighed.evidence.passes]
    mended = weighed.finding.mended if weighed.finding else ()
    alone = weighed.finding is not None and weighed.finding.margin >= MARGIN
    proof, reason = repaired_by_sums(raw, value, mended, holding, alone)
    kind = kind_of(said.amount.value if said.amount else None, value)
    shown = "" if value is None else f"{value:f}"
    repair = Repair(said.cell.cell_id, "value", raw, shown, kind, proof, unique=True, alternatives=others)
    return Verdict(weighed.settled(said, value, CellStatus.REPAIRED, reason, others), repair)


def kind_of(read: Decimal | None, value: Decimal | None) -> str:
    """What sort of slip lies between a reading and what is printed, in the words of the export contract."""
    if value is None:
        return "stray"
    if not read:
        return "lost-value"
    was, now = digits(read), digits(value)
    if (read < 0) != (value < 0):
        return "sign"
    if was == now or was.rstrip("0") == now.rstrip("0"):
        return "separator"
    if len(was) == len(now):
        return "digit"
    return "lost-digit" if len(was) < len(now) else "extra-digit"
