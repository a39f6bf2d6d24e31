"""Thick documents: several offices' random accounts as one, on thirty pages or so, some amounts misread.

What people would find on the paper is known, so that a run can answer as they do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TypeVar

from corpus import forms, lists, narrative
from corpus.account import Account, Item, random_account
from corpus.make import seeded
from corpus.solver import as_read
from corpus.stress import LIKE, stressed
from corpus.truth import Truth
from corpus.variant import Variant, random_variant
from models.document import Document, Glyph, Line, Reading, Row, Table
from models.geometry import Box

_Key = TypeVar("_Key")
OFFICES = 4
MISREAD = 0.06
_YEAR = 2023
_FRONT = 4
_ROWS, _LINES, _WIDE = 22, 24, 40
_LEFT, _TOP, _HIGH, _CELL = 30.0, 90.0, 18.0, 72.0
_SURE, _ELSE = 0.9995, (0.001, 0.01, 0.1)
_UNSURE = 0.06
"""The share of amounts in which the recogniser took a character for another one too, as in worn scans."""


@dataclass(frozen=True)
class Thick:
    """A document as read, and the text of each cell as printed."""

    document: Document
    printed: Mapping[str, str]


def thick(seed: int, offices: int = OFFICES, misread: float = MISREAD) -> Thick:
    """A scanned document of the accounts of so many offices, a share of its amounts misread."""
    rng = seeded(seed)
    found = [b for b in lists.bureaus() if b[1][:3] in dict(lists.categories(_YEAR))]
    _, place = rng.choice(lists.places())
    whole = _summed([random_account(rng, place + name, leading, _YEAR) for name, leading in rng.sample(found, offices)])
    variant = replace(random_variant(rng), unit="元", narrative_unit="元", style="grouped", leaves_only=False)
    truth = Truth("", whole.entity, _YEAR, "元", forms.tables(whole, variant), narrative.sections(whole, variant, rng))
    right = _paged(truth, variant, rng)
    printed = {cell.cell_id: cell.reading.text for table in right.tables for cell in table.cells}
    wrong, _ = stressed(right, rng, misread)
    return Thick(wrong, printed)


def _summed(accounts: list[Account]) -> Account:
    """One account of several: every figure of an account is a sum, so sums of accounts add up too."""
    items: dict[str, list[Item]] = {}
    for one in accounts:
        for item in one.items:
            items.setdefault(item.code, []).append(item)
    budgets, spent = zip(*(one.receptions for one in accounts), strict=True)
    return replace(
        accounts[0],
        items=tuple(_item(code, same) for code, same in sorted(items.items())),
        own_opening=sum(one.own_opening for one in accounts),
        own_use=sum(one.own_use for one in accounts),
        assigned=sum(one.assigned for one in accounts),
        economic=_added(one.economic for one in accounts),
        receptions=(_each(budgets), _each(spent)),
        before=_added(one.before for one in accounts),
    )


def _item(code: str, same: list[Item]) -> Item:
    return Item(
        code,
        _added(one.granted for one in same),
        _added(one.income for one in same),
        _added(one.spent for one in same),
        _added(one.opening for one in same),
    )


def _added(parts: Iterable[Mapping[_Key, int]]) -> dict[_Key, int]:
    found: Counter[_Key] = Counter()
    for part in parts:
        for key, value in part.items():
            found[key] += value
    return dict(found)


def _each(parts: Iterable[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    first, second, third, fourth = (sum(one) for one in zip(*parts, strict=True))
    return first, second, third, fourth


def _paged(truth: Truth, variant: Variant, rng: Random) -> Document:
    """The document read without error: cover, contents and two pages about the office, then tables and sentences."""
    read = as_read(truth, variant)
    page = _FRONT
    tables = []
    for table in read.tables:
        placed = _placed(table, page + 1, rng)
        tables.append(placed)
        page = placed.pages[-1]
    lines = [*read.lines]
    said = [part for title, paragraphs in truth.sections for part in (title, *paragraphs)]
    broken = [text[at : at + _WIDE] for text in said for at in range(0, len(text), _WIDE)]
    for number, text in enumerate(broken):
        at = number % _LINES
        box = Box(_LEFT, _TOP + at * 15, _LEFT + 12 * len(text), _TOP + at * 15 + 12)
        lines.append(Line(text, page + 1 + number // _LINES, box))
    return replace(read, page_count=lines[-1].page, tables=tuple(tables), lines=tuple(lines))


def _placed(table: Table, first: int, rng: Random) -> Table:
    """The table on as many pages as it takes, each cell at its place and with its characters."""
    places = {}
    seen: Counter[int] = Counter()
    blocks = len({column.block for column in table.columns})
    for index, row in enumerate(table.rows):
        number, at = divmod(seen[row.block], _ROWS)
        seen[row.block] += 1
        places[index] = (first + number, _LEFT + row.block * 780 / max(blocks, 1), _TOP + at * _HIGH)
    last = max((page for page, _, _ in places.values()), default=first)

    def of(index: int, step: float, reading: Reading) -> Reading:
        page, x, y = places[index]
        left = x + step * _CELL
        return replace(reading, page=page, box=Box(left, y, left + _CELL - 4, y + 12))

    def labelled(index: int, one: Row) -> Row:
        code, name = of(index, 0, one.code), of(index, 0.8, one.name)
        return replace(one, line_no=of(index, 1.6, one.line_no), code=code, name=name)

    cells = [replace(cell, reading=_seen(of(cell.row, 2 + cell.column % 8, cell.reading), rng)) for cell in table.cells]
    rows = tuple(labelled(index, one) for index, one in enumerate(table.rows))
    return replace(table, pages=tuple(range(first, last + 1)), rows=rows, cells=tuple(cells))


def _seen(reading: Reading, rng: Random) -> Reading:
    """The reading with its characters, now and then one of them in doubt."""
    box, text = reading.box, reading.text
    left = box.x0 if box else 0.0
    digits = [at for at, char in enumerate(text) if char in LIKE]
    doubtful = rng.choice(digits) if digits and rng.random() < _UNSURE else -1
    glyphs = []
    for at, char in enumerate(text):
        other = rng.choice(_ELSE) if at == doubtful else 0.0
        seen = ((LIKE[char][0], other),) if other else ()
        glyphs.append(Glyph(char, _SURE - other, left + 5 * at, left + 5 * at + 5, seen))
    return replace(reading, glyphs=tuple(glyphs), probability=min((one.probability for one in glyphs), default=1.0))
