"""`jiaokan corpus resettle`: documents made and read before, settled again and scored; nothing is read twice.

Reading takes hours, settling seconds: a change of what follows from readings is measured on the same readings.
"""

from __future__ import annotations

import math
import re
import shutil
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from corpus import score
from corpus.readings import documents, folders
from corpus.report import TARGETS, Measured
from models.export.folder import Export
from models.files import FileResult, stems
from worker.core.settle import settle

_SEED = re.compile(r"-\d+$")


def resettle(roots: Sequence[Path], jobs: int, *, repair: bool = True) -> list[Measured]:
    """What the product gets right at each level, and how many seconds settling takes, on the documents in some folders.

    The level of a folder is its name, or what stands in that before a number. What was not read yet is read and kept.
    Raises ValueError for a folder named otherwise.
    """
    found: defaultdict[str, list[Path]] = defaultdict(list)
    for folder in folders(roots):
        level = _SEED.sub("", folder.name)
        if level not in TARGETS:
            raise ValueError(f"{folder}: name the folder after one of {', '.join(TARGETS)}")
        found[level].append(folder)
    return [_level(level, found[level], jobs, repair=repair) for level in TARGETS if level in found]


def _level(level: str, found: Sequence[Path], jobs: int, *, repair: bool) -> Measured:
    total, pages, taken = score.Score(), 0, [0.0]
    for folder in found:
        shutil.rmtree(folder / "export", ignore_errors=True)
        (folder / "export").mkdir()
        export = Export(folder / "export")
        read = dict(documents(folder, jobs))
        named = stems(read)
        for name, document in read.items():
            begun = time.process_time()
            extraction = settle(document, repair=repair)
            taken.append(time.process_time() - begun)
            pages += document.page_count
            export.add(FileResult(name, named[name], "0" * 64, document.page_count, document.origin, extraction))
        export.finish()
        total.add(score.score_export(folder / "truth", folder / "export"))
    score.write_faults(found[0].parent / f"faults-{level}.csv", total.faults)
    slow = sorted(taken)[math.ceil(0.95 * len(taken)) - 1]
    sys.stdout.write(f"{level}: {len(taken) - 1} documents settled, p95 {slow:.2f} s of processor time each\n")
    return Measured(level, total, sum(taken), pages)
