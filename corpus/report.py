"""`jiaokan corpus report`: fresh documents of every level, the product run on them, and what it got right."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from corpus import score
from corpus.truth import read_documents
from models.statistics import calibration_error, reliability

EDGES = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 0.99, 0.999, 0.9999, 1.0)
"""Where the bins of the reliability curve begin."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a release must reach: shares of money cells exact and straight through, silent errors in 10,000."""

    exact: float
    silent: float
    straight: float


TARGETS = {
    "born-digital": Target(0.999, 0.0, 0.999),
    "broken-tounicode": Target(0.995, 0.4, 0.995),
    "level1": Target(0.99, 0.4, 0.995),
    "level1-garbled": Target(0.99, 0.4, 0.995),
    "level2": Target(0.97, 0.4, 0.985),
    "level3": Target(0.93, 0.4, 0.96),
    "level4": Target(0.85, 1.0, 0.92),
}
_HEAD = (
    "level", "documents", "pages", "money cells", "exact %", "silent / 10,000", "straight through %", "flagged %",
    "misread restored %", "false repairs / 10,000", "calibration error", "s / page", "reached",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Measured:
    """One level's score with the seconds its extraction took and the pages it read."""

    level: str
    score: score.Score
    seconds: float
    pages: int

    @property
    def reached(self) -> bool:
        target, found = TARGETS[self.level], self.score
        enough = found.exact_share >= target.exact and found.straight_share >= target.straight
        return enough and found.silent_per_10000 <= target.silent


def extract_command() -> list[str]:
    """The installed `jiaokan extract`, or the same module where the console script is not beside the interpreter."""
    script = Path(sys.executable).with_name("jiaokan")
    return [str(script), "extract"] if script.exists() else [sys.executable, "-m", "worker.cli", "extract"]


def timed(command: Sequence[str]) -> tuple[float, int]:
    """Run a command and give its seconds and exit status; its own words go to stderr."""
    start = time.perf_counter()
    done = subprocess.run(list(command), stdout=2, check=False)  # noqa: S603  # our own command
    return time.perf_counter() - start, done.returncode


def measure(level: str, folder: Path, jobs: int, *, repair: bool = True) -> Measured:
    """Run the product on a folder of made documents, with or without repair, and score what it exports.

    Raises RuntimeError when the product could not start.
    """
    export = folder / "export"
    filed = read_documents(folder / "truth" / "documents.csv")
    paths = [str(folder / d.document) for d in filed]
    how = [] if repair else ["--without-repair"]
    seconds, status = timed([*extract_command(), *paths, "--out", str(export), "--jobs", str(jobs), *how])
    if not (export / "cells.csv").exists():
        raise RuntimeError(f"jiaokan extract ended with status {status} and left no export in {export}")
    found = score.score_export(folder / "truth", export)
    score.write_faults(folder / "faults.csv", found.faults)
    return Measured(level, found, seconds, sum(d.pages for d in filed))


def row(measured: Measured) -> tuple[str, ...]:
    """A level's line of the printed table."""
    found = measured.score
    return (
        measured.level,
        str(found.documents),
        str(measured.pages),
        str(found.money),
        f"{100 * found.exact_share:.2f}",
        f"{found.silent_per_10000:.1f}",
        f"{100 * found.straight_share:.2f}",
        f"{100 * found.flag_rate:.2f}",
        f"{100 * found.restored / found.misread:.1f}" if found.misread else "",
        f"{found.spoiled_per_10000:.1f}",
        f"{calibration_error(found.judged, EDGES):.4f}",
        f"{measured.seconds / max(measured.pages, 1):.2f}",
        "yes" if measured.reached else "no",
    )


def markdown(results: Sequence[Measured]) -> str:
    """The report as a Markdown table with a line for what else went wrong at each level."""
    lines = ["| " + " | ".join(_HEAD) + " |", "|" + "---|" * len(_HEAD)]
    lines += ["| " + " | ".join(row(r)) + " |" for r in results]
    lines.append("")
    for each in results:
        s = each.score
        lines.append(
            f"- {each.level}: entity right in {s.entity_right}, year in {s.year_right} of {s.documents} documents, "
            f"{s.failed} failed; {s.missing} figures missing, {s.invented} values where the paper prints nought "
            f"or none, {s.zeros_lost} printed noughts left blank, {s.unit_wrong} cells in a wrong unit."
        )
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[Measured]) -> str:
    """The report for machines; shares from 0 to 1."""
    return json.dumps(
        [
            {
                "level": r.level,
                "documents": r.score.documents,
                "pages": r.pages,
                "money_cells": r.score.money,
                "exact": r.score.exact_share,
                "silent_per_10000": r.score.silent_per_10000,
                "straight_through": r.score.straight_share,
                "flag_rate": r.score.flag_rate,
                "misread": r.score.misread,
                "restored": r.score.restored,
                "false_repairs_per_10000": r.score.spoiled_per_10000,
                "calibration_error": calibration_error(r.score.judged, EDGES),
                "reliability": [asdict(point) for point in reliability(r.score.judged, EDGES)],
                "seconds_per_page": r.seconds / max(r.pages, 1),
                "reached": r.reached,
                "missing": r.score.missing,
                "invented": r.score.invented,
                "zeros_lost": r.score.zeros_lost,
                "unit_wrong": r.score.unit_wrong,
                "entity_right": r.score.entity_right,
                "year_right": r.score.year_right,
                "failed": r.score.failed,
            }
            for r in results
        ],
        indent=1,
    )


def draw(results: Sequence[Measured], out: Path) -> None:
    """Chart of exactness, silent errors and reliability by level, as SVG; the black marks are the targets.

    A point of the reliability curve stands with the 95 % interval of the share it shows (Wilson, 1927).
    """
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415  # slow to load
    from matplotlib.figure import Figure  # noqa: PLC0415  # loads slowly

    figure = Figure(figsize=(14, 0.5 * len(results) + 2.2), layout="constrained")
    FigureCanvasSVG(figure)
    left, right, curve = figure.subplots(1, 3)
    right.sharey(left)
    levels = [r.level for r in results]
    left.barh(levels, [100 * r.score.exact_share for r in results], color="#4878a8", label="exact")
    straight = [100 * r.score.straight_share for r in results]
    left.barh(levels, straight, height=0.35, color="#9ec3e0", label="straight through")
    left.plot([100 * TARGETS[n].straight for n in levels], levels, "k|", markersize=16)
    left.set_xlim(min([80.0, *straight]) - 2, 100.5)
    left.set_xlabel("% of money cells")
    left.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2)
    bars = right.barh(levels, [r.score.silent_per_10000 for r in results], color="#b0504a")
    right.bar_label(bars, [f" {r.score.silent} of {r.score.money:,}" for r in results])
    right.plot([TARGETS[n].silent for n in levels], levels, "k|", markersize=16)
    right.set_xlim(0, 1.4 * max(1.0, *(r.score.silent_per_10000 for r in results)))
    right.set_xlabel("silent errors per 10,000")
    left.invert_yaxis()
    curve.plot([0, 1], [0, 1], color="#999999", linewidth=1)
    for each in results:
        points = reliability(each.score.judged, EDGES)
        shares = [(p.right.hits / p.right.trials, p.right) for p in points]
        ends = [[share - right.low for share, right in shares], [right.high - share for share, right in shares]]
        at, shown = [p.confidence for p in points], [share for share, _ in shares]
        curve.errorbar(at, shown, yerr=ends, marker="o", markersize=4, linewidth=1, capsize=2, label=each.level)
    curve.set_xlabel("confidence")
    curve.set_ylabel("share right, with its 95 % interval")
    curve.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize="small")
    figure.savefig(out)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a report measures: documents of each level, made from a seed, read by so many processes, repaired or not."""

    levels: Sequence[str]
    count: int
    seed: int
    jobs: int
    repair: bool = True


def report(plan: Plan, out: Path) -> list[Measured]:
    """Make the documents, run the product on them, print and save what came out."""
    from corpus import make  # noqa: PLC0415  # loads OpenCV

    results = []
    for level in plan.levels:
        sys.stderr.write(f"{level}: making {plan.count} documents\n")
        make.make(level, plan.count, plan.seed, out / level, plan.jobs)
        results.append(measure(level, out / level, plan.jobs, repair=plan.repair))
        sys.stdout.write("  ".join(f"{h}: {v}" for h, v in zip(_HEAD, row(results[-1]), strict=True)) + "\n")
        save(results, out)  # after every level, so a run that is cut short keeps what it measured
    sys.stdout.write("\n" + markdown(results))
    return results


def save(results: Sequence[Measured], out: Path) -> None:
    """Write what was measured as report.md, report.json and report.svg."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "report.md").write_text(markdown(results), encoding="utf-8")
    (out / "report.json").write_text(as_json(results), encoding="utf-8")
    draw(results, out / "report.svg")
