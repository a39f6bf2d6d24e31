"""Those requirements of a lock (from stdin) whose packages a file names: `python choose.py NAMES <LOCK >CHOSEN`."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path


def chosen(lock: Iterable[str], names: frozenset[str]) -> Iterator[str]:
    """The lines of the requirements that are named, hashes included."""
    wanted = False
    for line in lock:
        if found := re.match(r"([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==", line):
            wanted = canonical(found[1]) in names
        if wanted:
            yield line


def canonical(name: str) -> str:
    """A package's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    sys.stdout.writelines(chosen(sys.stdin, frozenset(Path(sys.argv[1]).read_text(encoding="utf-8").split())))
