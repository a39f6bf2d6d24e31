"""行次 by their order: a number among others that go up one by one is known, however it was read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from models.document import Table

Numbered = tuple[int, str]
"""A row of the table and what is printed as its 行次."""

_SUPPORTERS = 3
"""Rows whose numbers run on from each other, gaps aside, before they are believed."""


def line_numbers(table: Table) -> dict[int, str]:
    """The 行次 that read otherwise than their neighbours prove, by row.

    Numbers that go up with their rows share one offset. Between two rows of the same trusted offset there is room for
    its numbers alone, for 行次 never go back; where a province skips numbers the offset changes, and nothing is changed
    there.
    """
    repaired: dict[int, str] = {}
    for rows in _blocks(table):
        offsets = [_offset(place, text) for place, (_, text) in enumerate(rows)]
        counts = Counter(offset for offset in offsets if offset is not None)
        sure = [place for place, offset in enumerate(offsets) if offset is not None and counts[offset] >= _SUPPORTERS]
        for before, after in pairwise(sure):
            if offsets[before] != offsets[after]:
                continue
            for place in range(before + 1, after):
                repaired[rows[place][0]] = str(place + (offsets[before] or 0))
    return repaired | _going_on(table, repaired)


def _going_on(table: Table, repaired: Mapping[int, str]) -> dict[int, str]:
    """The 行次 of a second block that goes on where the first ends: those of the first, and its last one more.

    Only numbers that are missing or no numbers are filled in, where the first block's run from 1 to its last line
    without a gap, or each counts its line, the second begins with the next, and half of what is printed in it agrees.
    What is printed stays: papers skip numbers.
    """
    numbers = {i: repaired.get(i, "".join(row.line_no.text.split())) for i, row in enumerate(table.rows)}
    left = {row.line: int(numbers[i]) for i, row in enumerate(table.rows) if row.block == 0 and numbers[i].isdigit()}
    last = max(left.values(), default=0)
    if all(number == line + 1 for line, number in left.items()):
        left = {line: line + 1 for line in range(last)}
    right = {i: row.line for i, row in enumerate(table.rows) if row.block == 1 and row.line in left}
    if sorted(left.values()) != list(range(1, last + 1)) or last < _SUPPORTERS:
        return {}
    expected = {i: str(left[line] + last) for i, line in right.items()}
    printed = [i for i in expected if numbers[i]]
    agreeing = sum(numbers[i] == expected[i] for i in printed)
    first = min(right, key=lambda i: right[i], default=-1)
    if not printed or 2 * agreeing < len(printed) or numbers.get(first) != str(last + 1):
        return {}
    return {i: number for i, number in expected.items() if not numbers[i].isdigit()}


def _blocks(table: Table) -> Iterator[Sequence[Numbered]]:
    """The rows of each block that prints 行次 in most of its rows, top to bottom."""
    blocks: dict[int, list[Numbered]] = defaultdict(list)
    for index, row in enumerate(table.rows):
        blocks[row.block].append((index, "".join(row.line_no.text.split())))
    for rows in blocks.values():
        if 2 * sum(bool(text) for _, text in rows) > len(rows):
            yield rows


def _offset(place: int, text: str) -> int | None:
    """How far a number is ahead of its place in the block; None where it is no number."""
    return int(text) - place if text.isascii() and text.isdigit() else None
