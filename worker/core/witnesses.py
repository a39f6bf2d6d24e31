"""What the identities say about each cell: which cells they confirm, and which may be wrong where one fails.

A failed identity says that one of its cells is wrong, not which. Cells that other identities confirm are let off, and
where several failures meet in one cell and ask for the same value there, that cell alone is suspect. Every cell that
may be wrong and is confirmed by nothing is suspect: a false alarm costs a look, a silent error costs trust.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations, permutations, product

from worker.core.checks import STRONG_TERMS, Figure, Trial
from worker.core.relations import Constraint

AGREEING_READINGS = 3
TELLING_DIGITS = 3
FEW = 3
MOST_PAIRS = 30


@dataclass(slots=True)
class Evidence:
    """What speaks for and against one cell.

    `passes` and `fails` are ids of checks, `strong` says that its digits may be trusted in a failed identity, `placed`
    that its row may be trusted too (its own row's sum says nothing about that), `suspect` that it may be wrong;
    `wanted` holds the values that would heal failed identities, the best supported first.
    """

    passes: list[str] = field(default_factory=list)
    fails: list[str] = field(default_factory=list)
    strong: bool = False
    placed: bool = False
    suspect: bool = False
    wanted: list[Decimal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Case:
    """All trials of a document with the figures they were made on, and the constraints whose cells print nothing.

    `rows` gives the row of each cell as any value that is the same for cells of one row, `others` the values that the
    recogniser thought next likeliest.
    """

    trials: tuple[Trial, ...]
    figures: Mapping[str, Figure]
    silent: tuple[Constraint, ...] = ()
    rows: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    others: Mapping[str, frozenset[Decimal]] = field(default_factory=dict)

    def value(self, cell_id: str) -> Decimal:
        """A cell's amount, blank as zero."""
        return self.figures[cell_id].value or Decimal(0)


class _Readings:
    """Cells joined by confirmed equalities: independent readings of one figure (union-find)."""

    def __init__(self) -> None:
        self.above: dict[str, str] = {}
        self.sums: set[str] = set()
        self.extra: dict[str, int] = defaultdict(int)
        self.size: dict[str, int] = defaultdict(lambda: 1)

    def find(self, cell_id: str) -> str:
        while self.above.get(cell_id, cell_id) != cell_id:
            cell_id = self.above[cell_id]
        return cell_id

    def join(self, one: str, other: str) -> None:
        one, other = self.find(one), self.find(other)
        if one != other:
            self.above[other] = one
            self.size[one] += self.size[other]
            self.extra[one] += self.extra[other]
            if other in self.sums:
                self.sums.add(one)

    def is_strong(self, cell_id: str) -> bool:
        root = self.find(cell_id)
        return root in self.sums or self.size[root] + self.extra[root] >= AGREEING_READINGS


def weigh(case: Case) -> dict[str, Evidence]:
    """The evidence for every cell that stands in an identity."""
    evidence = _counted(case.trials)
    failed = [t for t in case.trials if t.failed]
    explained = _explain(case, failed, evidence)
    healed = [t for t in failed if t.check.check_id in explained and t.check.kind != "narrative"]
    holding = [*(t for t in case.trials if t.confirms), *healed]
    strong = _trusted(case, holding, explained)
    placed = _trusted(case, [t for t in holding if t.check.kind != "row-sum"], explained)
    for cell_id in strong | placed:
        evidence[cell_id].strong, evidence[cell_id].placed = cell_id in strong, cell_id in placed
    moved = _rows_in_doubt(case, [t for t in failed if t.check.check_id not in explained])
    for trial in failed:
        culprits = list(explained.get(trial.check.check_id, ())) or _suspects(case, trial, evidence, moved)
        _accuse(case, trial, [c for c in trial.constraint.cell_ids if c in culprits], evidence)
    for cell_id, found in evidence.items():
        found.wanted = _ranked(case.value(cell_id), found.wanted)
    return dict(evidence)


def _counted(trials: Iterable[Trial]) -> defaultdict[str, Evidence]:
    """For each cell the ids of the identities that confirm it and of those that fail with it."""
    evidence: defaultdict[str, Evidence] = defaultdict(Evidence)
    for trial in trials:
        for cell_id in trial.constraint.cell_ids:
            if trial.confirms:
                evidence[cell_id].passes.append(trial.check.check_id)
            elif trial.failed:
                evidence[cell_id].fails.append(trial.check.check_id)
    return evidence


def _accuse(case: Case, trial: Trial, culprits: list[str], evidence: Mapping[str, Evidence]) -> None:
    """Marks the suspects of a failed identity; what it wants of them is worth telling where they are few."""
    for cell_id in culprits:
        evidence[cell_id].suspect = True
        wanted = _needed(case, trial, cell_id)
        if len(culprits) <= FEW or is_one_slip(case.value(cell_id), wanted):
            evidence[cell_id].wanted.append(wanted)


def _ranked(value: Decimal, wanted: list[Decimal]) -> list[Decimal]:
    """The values that failed identities ask for, the likeliest first: asked for often, one slip away; no new minus."""
    possible = [w for w in dict.fromkeys(wanted) if w >= 0 or value < 0]
    return sorted(possible, key=lambda w: (-wanted.count(w), not is_one_slip(value, w)))


def _needed(case: Case, trial: Trial, cell_id: str) -> Decimal:
    """The value that this cell would have to have for the identity to hold."""
    weight = sum((t.sign * t.scale for t in trial.constraint.signed if t.cell_id == cell_id), Decimal(0))
    return case.value(cell_id) - trial.residual / weight if weight else case.value(cell_id)


def _explain(case: Case, failed: list[Trial], evidence: Mapping[str, Evidence]) -> dict[str, set[str]]:
    """For failed identities, by id, the cells in which they meet: those that alone, or with another, heal several."""
    explained: dict[str, set[str]] = defaultdict(set)
    by_cell: dict[str, list[Trial]] = defaultdict(list)
    for trial in failed:
        for cell_id in trial.constraint.cell_ids:
            by_cell[cell_id].append(trial)
    for cell_id, trials in by_cell.items():
        if not evidence[cell_id].passes:
            for trial in _meeting(case, cell_id, trials):
                explained[trial.check.check_id].add(cell_id)
    for cells, healed in _shifts(case, by_cell):
        for trial in healed:
            explained[trial.check.check_id].update(cells & set(trial.constraint.cell_ids))
    return explained


def _meeting(case: Case, cell_id: str, trials: list[Trial]) -> list[Trial]:
    """The failed identities of a cell that ask for the same value in it: two or more, or none."""
    asked = [(_needed(case, t, cell_id), t) for t in trials]
    groups = [[t for n, t in asked if abs(n - value) <= _room(t)] for value, _ in asked]
    best = max(groups, key=len, default=[])
    return best if len(best) > 1 else []


def _room(trial: Trial) -> Decimal:
    return trial.check.tolerance or Decimal(0)


def _shifts(case: Case, by_cell: Mapping[str, list[Trial]]) -> Iterable[tuple[set[str], list[Trial]]]:
    """Cells between which amounts moved sideways: their rows add up either way, but both columns fail by what moved."""
    pairs: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    trials = {t.check.check_id: t for found in by_cell.values() for t in found}
    for row in case.trials:
        if row.check.kind == "row-sum" and row.confirms:
            parts = [t.cell_id for t in row.constraint.right if t.cell_id in by_cell]
            for to, source in permutations(parts, 2):
                for short, over in product(by_cell[to], by_cell[source]):
                    if case.value(source) and _gain(case, short, to) == -_gain(case, over, source) != 0:
                        pairs[short.check.check_id, over.check.check_id].append((to, source))
    for (short_id, over_id), found in pairs.items():
        moved = _moved(case, found, _gain(case, trials[short_id], found[0][0]))
        if moved:
            yield {cell_id for pair in moved for cell_id in pair}, [trials[short_id], trials[over_id]]


def _gain(case: Case, trial: Trial, cell_id: str) -> Decimal:
    return _needed(case, trial, cell_id) - case.value(cell_id)


def _moved(case: Case, pairs: list[tuple[str, str]], gain: Decimal) -> list[tuple[str, str]]:
    """The fewest pairs whose sources add up to what one column lacks; none where no few of them do."""
    for count in range(1, FEW + 1):
        for some in combinations(pairs[:MOST_PAIRS], count):
            if sum((case.value(source) for _, source in some), Decimal(0)) == gain:
                return list(some)
    return []


def _rows_in_doubt(case: Case, failed: list[Trial]) -> frozenset[str]:
    """Ids of failed identities over the same rows in several columns: a row may be lost or stand in another's place."""
    by_rows: dict[tuple[tuple[int, int] | None, ...], list[str]] = defaultdict(list)
    for trial in failed:
        if trial.check.kind in ("hierarchy", "column-sum"):
            by_rows[tuple(case.rows.get(c) for c in trial.constraint.cell_ids)].append(trial.check.check_id)
    return frozenset(check_id for ids in by_rows.values() if len(ids) > 1 for check_id in ids)


def _trusted(case: Case, holding: list[Trial], explained: Mapping[str, set[str]]) -> frozenset[str]:
    """The cells that may be trusted: those in a sum that holds, or read alike three times, and confirmed blanks.

    A failed identity that is explained by one cell holds for its other cells.
    """
    readings = _Readings()
    blank: set[str] = set()
    for trial in holding:
        culprits = explained.get(trial.check.check_id, set())
        sound = [c for c in trial.constraint.cell_ids if c not in culprits]
        filled = [c for c in sound if case.value(c)]
        if len(filled) + bool(culprits) >= STRONG_TERMS:
            readings.sums.update(readings.find(c) for c in filled)
        elif len(filled) > 1 and not culprits:
            readings.join(filled[0], filled[1])
        elif len(filled) == 1 and trial.check.kind == "narrative":
            readings.extra[readings.find(filled[0])] += 1
        blank.update(c for c in sound if not case.value(c))
    for constraint in case.silent:
        blank.update(constraint.cell_ids)
    sound_cells = (c for c, figure in case.figures.items() if not figure.broken)
    return frozenset(c for c in sound_cells if (readings.is_strong(c) if case.value(c) else c in blank))


def _suspects(case: Case, trial: Trial, evidence: Mapping[str, Evidence], moved: frozenset[str]) -> list[str]:
    """The cells of a failed identity that may be wrong; there is always one, but where the narrative disagrees."""
    cells = list(trial.constraint.cell_ids)
    displaced = trial.check.check_id in moved
    doubtful = [c for c in cells if not (evidence[c].placed if displaced else evidence[c].strong)]
    size = abs(trial.residual)
    if trial.check.kind == "narrative":
        return doubtful
    equal = [c for c in cells if case.value(c) and abs(case.value(c)) == size and c not in doubtful]
    if trial.nonzero >= STRONG_TERMS:
        telling = _telling(case, trial, doubtful)
        return (telling or doubtful) + equal or _least_supported(trial, evidence)
    return doubtful or _least_supported(trial, evidence)


def _telling(case: Case, trial: Trial, doubtful: list[str]) -> list[str]:
    """Doubtful cells where one slip of reading would heal the identity: one the recogniser thought of, else any.

    A difference of few digits tells nothing: then a slip in almost any cell would heal it.
    """
    wanted = {c: _needed(case, trial, c) for c in doubtful}
    foreseen = [c for c in doubtful if wanted[c] in case.others.get(c, ())]
    if len(foreseen) == 1:
        return foreseen
    if len(significant(trial.residual)) < TELLING_DIGITS:
        return []
    near = [c for c in doubtful if case.value(c) and is_one_slip(case.value(c), wanted[c])]
    return near if len(near) < FEW else []


def significant(value: Decimal) -> str:
    """The digits of a value without leading and trailing zeros."""
    return "".join(map(str, value.as_tuple().digits)).strip("0")


def is_one_slip(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts differ by one slip of reading: a digit lost, added or misread, or two neighbours swapped."""
    if one == other or (one < 0) != (other < 0):
        return False
    places = max(_decimals(one), _decimals(other))
    a, b = (f"{abs(v):.{places}f}".replace(".", "") for v in (one, other))
    if len(a) == len(b):
        wrong = [i for i in range(len(a)) if a[i] != b[i]]
        first = wrong[0]
        return wrong == [first] or (wrong == [first, first + 1] and a[first : first + 2] == b[first : first + 2][::-1])
    short, long = sorted((a, b), key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _decimals(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _least_supported(trial: Trial, evidence: Mapping[str, Evidence]) -> list[str]:
    """Where every cell is confirmed elsewhere: the side of an equality with less support, or the total of a sum."""
    left = [t.cell_id for t in trial.constraint.left]
    right = [t.cell_id for t in trial.constraint.right]
    if not left or not right or trial.nonzero >= STRONG_TERMS:
        return left or right
    ours, theirs = (min(len(evidence[c].passes) for c in side) for side in (left, right))
    if ours == theirs:
        return left + right
    return left if ours < theirs else right
