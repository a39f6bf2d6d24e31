"""`jiaokan corpus bench`: the product against a stock set-up on the same scanned pages, whole command each."""

from __future__ import annotations

import sys
from pathlib import Path

from corpus.report import extract_command, timed
from corpus.truth import read_documents
from worker.weights import prepare_weights

LEVELS = ("level1", "level2")


def bench(count: int, seed: int, out: Path, jobs: int) -> float:
    """Print and return how many times faster the product is.

    Raises RuntimeError when either command fails.
    """
    from corpus import make  # noqa: PLC0415  # loads OpenCV

    paths, pages = [], 0
    for level in LEVELS:
        paths += [str(p) for p in make.make(level, count, seed, out / level, jobs)]
        pages += sum(d.pages for d in read_documents(out / level / "truth" / "documents.csv"))
    weights = prepare_weights()
    ours = _seconds([*extract_command(), *paths, "--out", str(out / "export"), "--jobs", str(jobs)])
    theirs = _seconds([sys.executable, "-m", "corpus.baseline", str(out / "baseline"), str(weights), *paths])
    ratio = theirs / ours
    lines = (
        f"{pages} scanned pages, whole command against whole command",
        f"jiaokan extract: {ours:.1f} s, {ours / pages:.2f} s a page",
        f"stock PaddleOCR.predict on ONNX Runtime CPU + Camelot: {theirs:.1f} s, {theirs / pages:.2f} s a page",
        f"ratio: {ratio:.2f}",
    )
    sys.stdout.write("\n".join(lines) + "\n")
    return ratio


def _seconds(command: list[str]) -> float:
    seconds, status = timed(command)
    if status:
        raise RuntimeError(f"{' '.join(command[:3])} ended with status {status}")
    return seconds
