"""行次 by their order: a number between two that leave room for it alone is that number, however it was read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from models.document import Table

Numbered = tuple[int, str]
"""A row of the table and what is printed as its 行次."""


def line_numbers(table: Table) -> dict[int, str]:
    """The 行次 that read otherwise than its neighbours prove, by row.

    A proof is two runs of numbers, one before and one after, that leave exactly as many numbers as rows between them.
    A province that skips numbers leaves none, so nothing is changed there.
    """
    repaired: dict[int, str] = {}
    for rows in _blocks(table):
        numbers = [_number(text) for _, text in rows]
        sure = [place for place in range(len(rows)) if _is_anchor(numbers, place)]
        for before, after in pairwise(sure):
            first, last = numbers[before], numbers[after]
            if first is None or last is None or last - first != after - before:
                continue
            for place in range(before + 1, after):
                row, text = rows[place]
                due = str(first + place - before)
                if text != due:
                    repaired[row] = due
    return repaired


def _blocks(table: Table) -> Iterator[Sequence[Numbered]]:
    """The rows of each block that prints 行次 in most of its rows, top to bottom."""
    blocks: dict[int, list[Numbered]] = defaultdict(list)
    for index, row in enumerate(table.rows):
        blocks[row.block].append((index, "".join(row.line_no.text.split())))
    for rows in blocks.values():
        if 2 * sum(bool(text) for _, text in rows) > len(rows):
            yield rows


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


def _is_anchor(numbers: Sequence[int | None], place: int) -> bool:
    """Whether a number goes on from the one before, or into the one after."""
    number = numbers[place]
    if number is None:
        return False
    before = numbers[place - 1] if place else None
    after = numbers[place + 1] if place + 1 < len(numbers) else None
    return before == number - 1 or after == number + 1
