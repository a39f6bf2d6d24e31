"""`jiaokan corpus confusions`: which digit is read for which, counted on documents of known figures.

What is counted weighs readings against each other (`worker.core.slips`); documents that it was counted on measure
nothing afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from corpus.calibrate import exported, truths
from corpus.readings import documents, folders
from corpus.score import matched
from models.confusions import Confusions, counted
from worker.core.learned import digits_read
from worker.core.misreading import digits
from worker.core.settle import settle
from worker.core.slips import DIGITS


def count(roots: Iterable[Path], jobs: int) -> Confusions:
    """The digits of amounts that were read as other digits, in all documents below some folders.

    Amounts of which more than half the digits differ are other amounts, and left out.
    """
    found = counted(pair for folder in folders(roots) for pair in _pairs(folder, jobs))
    misread = {
        (printed, read): times
        for printed, read, times in found.mistakes()
        if printed and read and printed in DIGITS and read in DIGITS
    }
    return Confusions(misread)


def _pairs(folder: Path, jobs: int) -> Iterator[tuple[str, str]]:
    """The digits of each amount as printed and as read."""
    truth = truths(folder)
    for name, document in documents(folder, jobs):
        for pairs, _ in matched(truth[name], exported(name, settle(document))):
            for wanted, row in pairs:
                if wanted.value and row and row["raw"].strip():
                    yield digits(wanted.value), digits_read(row["raw"])
