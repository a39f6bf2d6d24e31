"""`jiaokan corpus calibrate`: what a cell's score is worth, counted on documents of known figures.

Documents are settled as read and again with misreadings put in (`corpus.stress`), so that there are errors to count.
For each sort of cell the log-odds of being wrong are fitted as a straight line over the score (Platt, 1999), by
maximum likelihood with a weak prior around the line of all sorts together.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import exp
from pathlib import Path
from random import Random

from corpus.readings import documents, folders
from corpus.score import Exported, matched
from corpus.stress import stressed
from corpus.truth import TruthCell, read_cells
from models.document import CellStatus, Document, Extraction, SettledCell
from models.export.columns import CELLS
from models.export.records import cell_records
from worker.core.confidence import Sort
from worker.core.settle import settle

GRID = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 25.0)
SHARES = (0.0, 0.01, 0.03)
"""Shares of amounts misread on purpose, each document once with each."""
SLOPE = 0.8
OF_START, OF_SLOPE = 1.0, 16.0
"""What the prior is worth, in samples: the start is within one or so, the slope within a quarter."""
LONGEST_STEP = 0.25
SUREST = 0.999999
ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Sample:
    """A cell of known truth: its sort and score, and whether its best reading is right."""

    sort: str
    score: float
    right: bool


@dataclass(frozen=True, slots=True)
class Line:
    """Log-odds of being right over the score."""

    start: float
    slope: float

    def probability(self, score: float) -> float:
        """The probability of a cell of this score being right."""
        return 1 / (1 + exp(-(self.start + self.slope * score)))


def best_value(cell: SettledCell) -> Decimal:
    """What a cell is believed to print: its value, or for a question about a repair its first answer; blank is zero."""
    asked = cell.status is CellStatus.FLAGGED and cell.sort == Sort.REPAIRED.value and cell.alternatives
    return Decimal(cell.alternatives[0].replace(",", "")) if asked else cell.value or Decimal(0)


def samples(name: str, extraction: Extraction, truth: Sequence[TruthCell]) -> Iterator[Sample]:
    """The cells of a document that the truth knows."""
    cells = {c.cell.cell_id: c for t in extraction.tables for c in t.cells}
    for pairs, _ in matched(truth, exported(name, extraction)):
        for wanted, row in pairs:
            cell = cells[row["cell_id"]] if row else None
            if cell is not None and cell.sort:
                yield Sample(cell.sort, cell.score, best_value(cell) == (wanted.value or Decimal(0)))


def exported(name: str, extraction: Extraction) -> list[Exported]:
    """The cells of a document as the export has them."""
    fields = [field.name for field in CELLS.fields]
    return [dict(zip(fields, record, strict=True)) for record in cell_records(name, extraction)]


def truths(folder: Path) -> dict[str, list[TruthCell]]:
    """What the documents of a folder print, by the document's name."""
    found: defaultdict[str, list[TruthCell]] = defaultdict(list)
    for cell in read_cells(folder / "truth" / "cells.csv"):
        found[cell.document].append(cell)
    return found


def collect(roots: Iterable[Path], shares: Sequence[float], jobs: int, seed: int) -> list[Sample]:
    """Samples of all documents below some folders: as read for a share of 0, with misreadings for others."""
    found: list[Sample] = []
    for folder in folders(roots):
        truth = truths(folder)
        for name, document in documents(folder, jobs):
            for share in shares:
                found += samples(name, settle(_spoiled(document, share, f"{seed}/{name}/{share}")), truth[name])
    return found


def _spoiled(document: Document, share: float, seed: str) -> Document:
    return stressed(document, Random(seed), share)[0] if share else document  # noqa: S311  # no secret


def fit(found: Sequence[Sample], around: Line | None = None) -> Line:
    """The line of greatest posterior, by Newton's method with short steps (the posterior has one peak)."""
    prior = around or Line(0.0, SLOPE)
    start, slope = prior.start, prior.slope
    for _ in range(ROUNDS):
        slants = [(start - prior.start) * OF_START, (slope - prior.slope) * OF_SLOPE]
        bends = [OF_START, 0.0, OF_SLOPE]
        for sample in found:
            p = 1 / (1 + exp(-(start + slope * sample.score)))
            weight = p * (1 - p)
            slants[0] += p - sample.right
            slants[1] += (p - sample.right) * sample.score
            bends[0] += weight
            bends[1] += weight * sample.score
            bends[2] += weight * sample.score**2
        whole = bends[0] * bends[2] - bends[1] ** 2
        start -= _short((bends[2] * slants[0] - bends[1] * slants[1]) / whole)
        slope -= _short((bends[0] * slants[1] - bends[1] * slants[0]) / whole)
    return Line(start, slope)


def _short(step: float) -> float:
    return min(max(step, -LONGEST_STEP), LONGEST_STEP)


def write_curve(path: Path, found: Sequence[Sample]) -> None:
    """Write calibration.csv: points of each sort's line, and how many cells have scores from there on."""
    whole = fit(found)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("sort", "score", "probability", "cells"))
        for sort in Sort:
            mine = [s for s in found if s.sort == sort.value]
            line = fit(mine, whole)
            for low, high in zip(GRID, (*GRID[1:], float("inf")), strict=True):
                cells = sum(low <= s.score < high or (low == GRID[0] and s.score < low) for s in mine)
                writer.writerow((sort.value, low, f"{min(line.probability(low), SUREST):.7f}", cells))
