"""`jiaokan corpus solver`: how long settling takes, and the repair in it, as a document gets more tables.

Documents are made of figures, not read from pages; two in a hundred amounts are misread on purpose.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from random import Random

from corpus.make import random_document
from corpus.sheets import amount
from corpus.stress import stressed
from corpus.truth import Row, Truth
from corpus.truth import Table as TrueTable
from corpus.variant import Variant
from models import document as read
from models.forms import form_by_code
from worker.core.settle import settle

SHARE = 0.02
REPEATS = 5


def growing(most: int, seed: int) -> Iterator[str]:
    """A line for each size, doubled each time up to `most` times nine tables: seconds as they are and misread."""
    rng = Random(seed)  # noqa: S311  # no secret
    truth, variant = random_document("solver", rng)
    times = 1
    while times <= most:
        clean = as_read(truth, variant, times)
        wrong, cells = stressed(clean, Random(seed), SHARE)  # noqa: S311  # no secret
        amounts = sum(bool(c.reading.text) for t in clean.tables for c in t.cells)
        yield (
            f"{len(clean.tables)} tables, {amounts} printed amounts: {_seconds(clean):.3f} s as printed, "
            f"{_seconds(wrong):.3f} s with {len(cells)} misread"
        )
        times *= 2


def _seconds(document: read.Document) -> float:
    """The median of a few runs."""
    taken = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        settle(document)
        taken.append(time.perf_counter() - start)
    return sorted(taken)[REPEATS // 2]


def as_read(truth: Truth, variant: Variant, times: int = 1) -> read.Document:
    """The document as a reader without error would hand it over, its tables so many times over."""
    tables = [_table(table, variant, f"r{n}" if n else "") for n in range(times) for table in truth.tables]
    lines = (read.Line(f"{truth.year}年度{truth.entity}部门决算", 1),)
    return read.Document(1, read.Origin.SCAN, tuple(tables), lines)


def _table(table: TrueTable, variant: Variant, prefix: str) -> read.Table:
    columns = tuple(read.Column(c.number, c.name, c.name, c.block) for c in table.columns)
    rows = tuple(_row(row) for row in table.rows)
    cells = []
    for index, row in enumerate(table.rows):
        places = [i for i, c in enumerate(table.columns) if c.block == row.block]
        for place, value in zip(places, row.values, strict=True):
            name = f"{prefix}{table.code}-{index}-{place}"
            cells.append(read.Cell(name, index, place, read.Reading(amount(value, variant), 1, probability=0.9995)))
    form = form_by_code(table.code).code
    return read.Table(table.code, table.title, form, table.unit, (1,), columns, rows, tuple(cells))


def _row(row: Row) -> read.Row:
    return replace(
        read.Row(row.line, row.block),
        line_no=read.Reading(row.line_no),
        code=read.Reading(row.code),
        name=read.Reading(row.name),
    )
