"""CSV without a file: lines gathered in a list, and small tables as text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, MutableSequence, Sequence


class Lines:
    """Takes what is written and adds it to a list."""

    def __init__(self, lines: MutableSequence[str]) -> None:
        self._lines = lines

    def write(self, text: str) -> int:
        """Add it."""
        self._lines.append(text)
        return len(text)


def written(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A small table as CSV, with its header."""
    lines: list[str] = []
    writer = csv.writer(Lines(lines), lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return "".join(lines)


def rows(text: str, columns: Sequence[str]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The rows of such a CSV with their line numbers, the header's being 1. Raises ValueError for other columns."""
    found = csv.DictReader(text.split("\n"))
    if list(found.fieldnames or ()) != list(columns):
        raise ValueError(f"the columns have to be {', '.join(columns)}")
    for number, row in enumerate(found, 2):
        yield number, tuple(row[column] or "" for column in columns)
