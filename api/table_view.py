"""A settled table as its page shows it: lines as printed, blocks side by side, each cell with all that is known of it.

Pure: values in, values out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.document import CellStatus, Check, CheckResult, Document, Extraction, Reading, SettledCell, SettledTable
from models.geometry import Box
from worker.core.restructure import table_names

_FAILING = (CheckResult.FAIL, CheckResult.SOURCE_INCONSISTENT)
_ORDER = (CheckResult.FAIL, CheckResult.SOURCE_INCONSISTENT, CheckResult.PASS, CheckResult.NOT_CHECKABLE)
LABELS = (("line_no", "line_no"), ("row_code", "code"), ("row_name", "name"))
"""What a decision calls a label, and what rows call it."""


@dataclass(frozen=True, slots=True)
class LabelBox:
    """A label of a row: `key` and `field` are those of a decision about it; `raw` is what was read."""

    key: str
    field: str
    text: str
    raw: str
    page: int
    box: str

    @property
    def changed(self) -> bool:
        """Whether it is no longer as read."""
        return self.text != self.raw


@dataclass(frozen=True, slots=True)
class AmountBox:
    """A cell; `value` is the plain decimal, `shown` the same with thousands, `box` x0 y0 x1 y1 in points."""

    key: str
    row: int
    column: int
    raw: str
    value: str
    shown: str
    status: str
    asks: str
    reason: str
    confidence: float
    alternatives: tuple[str, ...]
    page: int
    box: str
    failing: bool
    checks: str


@dataclass(frozen=True, slots=True)
class RowBoxes:
    """One block of one printed line."""

    index: int
    labels: tuple[LabelBox, ...]
    amounts: tuple[AmountBox, ...]


@dataclass(frozen=True, slots=True)
class BlockHead:
    """What stands above one block: the labels that its rows have, and its columns as (index, 栏次, name, header)."""

    block: int
    labels: tuple[str, ...]
    columns: tuple[tuple[int, str, str, str], ...]

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return len(self.labels) + len(self.columns)


@dataclass(frozen=True, slots=True)
class CheckLine:
    """An identity of the table; `first` is its first cell here, `cells` all of its cells here."""

    check_id: str
    kind: str
    formula: str
    left: str
    right: str
    difference: str
    result: str
    cells: tuple[str, ...]

    @property
    def first(self) -> str:
        """Where to jump to."""
        return self.cells[0]

    @property
    def failing(self) -> bool:
        """Whether it does not hold."""
        return self.result in _FAILING


@dataclass(frozen=True, slots=True)
class TableView:
    """A table with its lines (one entry for each block, None where the block has no row there) and its checks."""

    name: str
    settled: SettledTable
    heads: tuple[BlockHead, ...]
    lines: tuple[tuple[RowBoxes | None, ...], ...]
    checks: tuple[CheckLine, ...]

    @property
    def failing(self) -> tuple[CheckLine, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if check.failing)

    @property
    def holding(self) -> tuple[CheckLine, ...]:
        """The other ones."""
        return tuple(check for check in self.checks if not check.failing)

    @property
    def keys(self) -> frozenset[str]:
        """The ids of its cells."""
        return frozenset(cell.cell.cell_id for cell in self.settled.cells)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many cells that print something or are asked about have which status."""
        found: dict[str, int] = dict.fromkeys((status.value for status in CellStatus), 0)
        for cell in self.settled.cells:
            if cell.value is not None or cell.cell.reading.text or cell.status is not CellStatus.READ:
                found[cell.status.value] += 1
        return found

    @property
    def pages(self) -> tuple[int, ...]:
        """The pages it stands on."""
        return self.settled.table.pages


def names_of(read: Document, extraction: Extraction) -> tuple[str, ...]:
    """The names of tables: as they were read, so that they stay whatever form a table is set to."""
    further = extraction.tables[len(read.tables) :]
    return (*table_names(one.code for one in read.tables), *(one.table.code for one in further))


def view(extraction: Extraction, index: int, name: str) -> TableView:
    """The table of that index."""
    settled = extraction.tables[index]
    keys = {cell.cell.cell_id for cell in settled.cells}
    checks = [check for check in extraction.checks if keys & set(check.cell_ids)]
    heads = tuple(_heads(settled))
    return TableView(name, settled, heads, tuple(_lines(settled, heads, checks)), tuple(_check_lines(checks, keys)))


def _heads(settled: SettledTable) -> Iterator[BlockHead]:
    table = settled.table
    for block in sorted({column.block for column in table.columns}):
        rows = [row for i, row in enumerate(settled.rows) if table.rows[i].block == block]
        shown = [field for field, name in LABELS if any(getattr(row, name) for row in rows) or name == "name"]
        columns = [(i, c.number, c.name, c.header) for i, c in enumerate(table.columns) if c.block == block]
        yield BlockHead(block, tuple(shown), tuple(columns))


def _lines(
    settled: SettledTable, heads: Sequence[BlockHead], checks: Sequence[Check]
) -> Iterator[tuple[RowBoxes | None, ...]]:
    table = settled.table
    of_row: dict[int, list[SettledCell]] = defaultdict(list)
    for cell in settled.cells:
        of_row[cell.cell.row].append(cell)
    of_cell: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        for key in check.cell_ids:
            of_cell[key].append(check)
    places: dict[int, dict[int, int]] = defaultdict(dict)
    for i, row in enumerate(table.rows):
        at = places[row.line] if row.block not in places[row.line] else places[-1 - i]  # two rows on one line
        at[row.block] = i
    order = sorted((min(found.values()), line) for line, found in places.items() if found)
    if len({row.block for row in table.rows}) > 1 and all(line >= 0 for _, line in order):
        order = sorted(order, key=lambda one: one[1])
    for _, line in order:
        found = places[line]
        yield tuple(
            _row(settled, head, found[head.block], of_row[found[head.block]], of_cell) if head.block in found else None
            for head in heads
        )


def _row(
    settled: SettledTable,
    head: BlockHead,
    index: int,
    cells: Sequence[SettledCell],
    checks: Mapping[str, Sequence[Check]],
) -> RowBoxes:
    key = cells[0].cell.cell_id if cells else ""
    read, now = settled.table.rows[index], settled.rows[index]
    names = dict(LABELS)
    labels = [_label(key, field, getattr(now, names[field]), getattr(read, names[field])) for field in head.labels]
    return RowBoxes(index, tuple(labels), tuple(_amount(cell, checks.get(cell.cell.cell_id, ())) for cell in cells))


def _label(key: str, field: str, text: str, read: Reading) -> LabelBox:
    return LabelBox(key, field, text, read.text, read.page, _written(read.box))


def _amount(cell: SettledCell, checks: Sequence[Check]) -> AmountBox:
    reading = cell.cell.reading
    return AmountBox(
        key=cell.cell.cell_id,
        row=cell.cell.row,
        column=cell.cell.column,
        raw=reading.text,
        value="" if cell.value is None else format(cell.value, "f"),
        shown="" if cell.value is None else format(cell.value, ",f"),
        status=cell.status.value,
        asks=cell.asks.value if cell.asks else "",
        reason=cell.reason,
        confidence=cell.confidence,
        alternatives=cell.alternatives,
        page=reading.page,
        box=_written(reading.box),
        failing=any(check.result in _FAILING for check in checks),
        checks=" ".join(check.check_id for check in checks),
    )


def _written(box: Box | None) -> str:
    return "" if box is None else f"{box.x0:.1f} {box.y0:.1f} {box.x1:.1f} {box.y1:.1f}"


def _check_lines(checks: Sequence[Check], keys: set[str]) -> Iterator[CheckLine]:
    """The checks, failing ones first."""
    for check in sorted(checks, key=lambda one: _ORDER.index(one.result)):
        cells = tuple(key for key in dict.fromkeys(check.cell_ids) if key in keys)
        left, right, gap = (_amount_of(x) for x in (check.left, check.right, check.difference))
        yield CheckLine(check.check_id, check.kind, check.formula, left, right, gap, check.result.value, cells)


def _amount_of(value: Decimal | None) -> str:
    return "" if value is None else format(value, ",f")
