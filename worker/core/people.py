"""What people decided, put over what the machine settled; and whom to ask next: a second person, or about siblings."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.decisions import Asks, Review
from models.document import CellStatus, Repair, SettledCell, SettledRow, SettledTable
from worker.core.decided import Decided
from worker.core.entries import TWO_PEOPLE, Entry, Outcome, amount, drawn, text_of, written
from worker.core.misreading import digits
from worker.core.words import by_person, illegible_words, sibling_words, third_words, waiting_words

REVIEWED = "reviewed"
_ASKED = {Asks.SECOND: waiting_words, Asks.THIRD: third_words}
_STRAIGHT = (CellStatus.READ, CellStatus.REPAIRED)


@dataclass(frozen=True, slots=True)
class _Slip:
    """An error that people found where nobody doubted: the digit read, or, where it is not one digit, the column."""

    digit: str
    table: str
    column: int


def overlaid(
    settled: Sequence[SettledTable], decided: Decided, proven: Collection[str], review: Review
) -> tuple[tuple[SettledTable, ...], tuple[Repair, ...]]:
    """The tables with people's entries and labels in them, and a repair row for each that changed something.

    `proven` are the cells that an identity confirms to the last digit. `review` draws the cells whose quality is
    measured.
    """
    slips = tuple(_slips(settled, decided.entries))
    repairs: list[Repair] = []
    tables = []
    for table in settled:
        rows = _rows(table, decided.labels, repairs)
        cells = []
        for cell in table.cells:
            own = _as_read(cell, decided)
            entry = decided.entries.get(own.cell.cell_id)
            if entry is not None:
                own = _entered(own, entry, repairs)
            elif own.cell.cell_id not in proven and (slip := _like(own, table.table.code, slips)):
                why = sibling_words(slip.digit)
                own = replace(own, status=CellStatus.FLAGGED, reason=why, asks=Asks.SIBLING)
            elif _is_straight(own) and drawn(review.seed, own.cell.cell_id, review.policy.sample_share):
                own = replace(own, asks=Asks.SAMPLE)
            cells.append(own)
        tables.append(replace(table, rows=rows, cells=tuple(cells)))
    return tuple(tables), tuple(repairs)


def without(repairs: Iterable[Repair], decided: Decided) -> tuple[Repair, ...]:
    """The machine's repairs but those of what people decided."""
    entered = {cell for cell, entry in decided.entries.items() if entry.outcome is Outcome.DECIDED}
    labelled = {(cell, name) for cell, names in decided.labels.items() for name in names}
    return tuple(
        one
        for one in repairs
        if not (one.field == "value" and one.cell_id in entered)
        and (one.cell_id, one.field) not in labelled
        and not (one.field in decided.about and not one.cell_id)
    )


def _as_read(cell: SettledCell, decided: Decided) -> SettledCell:
    """The settled cell with its reading as the machine read it, where a person's reading stands in it."""
    return replace(cell, cell=decided.cells[cell.cell.cell_id]) if cell.cell.reading.decided else cell


def _entered(cell: SettledCell, entry: Entry, repairs: list[Repair]) -> SettledCell:
    if entry.outcome is Outcome.OPEN and entry.asks is not None:
        return replace(cell, status=CellStatus.FLAGGED, reason=_ASKED[entry.asks](), asks=entry.asks, alternatives=())
    if entry.outcome is not Outcome.DECIDED:
        if cell.status is not CellStatus.FLAGGED:
            return cell
        return replace(cell, reason=illegible_words(cell.reason), asks=None)
    raw = cell.cell.reading.text
    shown = "" if entry.value is None else f"{entry.value:f}"
    why = by_person(raw, shown, entry.people, entry.source_wrong)
    if shown != _plain(raw):
        repairs.append(Repair(cell.cell.cell_id, "value", raw, shown, REVIEWED, why, unique=True))
    return SettledCell(cell.cell, entry.value, CellStatus.REVIEWED, round(entry.confidence, 6), why)


def _plain(raw: str) -> str:
    try:
        value = amount(raw.replace(",", ""))
    except ValueError:
        return raw
    return "" if value is None else f"{value:f}"


def _rows(
    table: SettledTable, labels: Mapping[str, Mapping[str, str]], repairs: list[Repair]
) -> tuple[SettledRow, ...]:
    rows = list(table.rows)
    for cell in table.cells:
        for name, text in labels.get(cell.cell.cell_id, {}).items():
            place = {"row_code": "code", "row_name": "name"}.get(name, name)
            was = getattr(rows[cell.cell.row], place)
            rows[cell.cell.row] = replace(rows[cell.cell.row], **{place: text})
            if was != text:
                why = by_person(was, text, 1, source_wrong=False)
                repairs.append(Repair(cell.cell.cell_id, name, was, text, REVIEWED, why, unique=True))
    return tuple(rows)


def _is_straight(cell: SettledCell) -> bool:
    return cell.status in _STRAIGHT and cell.value is not None and bool(cell.sort)


def _slips(settled: Sequence[SettledTable], entries: Mapping[str, Entry]) -> Iterator[_Slip]:
    """The errors among cells that nobody doubted, once a second person confirmed them."""
    for table in settled:
        for cell in table.cells:
            entry = entries.get(cell.cell.cell_id)
            if entry is None or not entry.straight or entry.confidence < TWO_PEOPLE:
                continue
            if text_of(entry.before) != written(entry.value):
                yield _Slip(_misread(text_of(entry.before), entry.value), table.table.code, cell.cell.column)


def _misread(read: str | None, printed: Decimal | None) -> str:
    """The digit that was read wrongly, where the amounts differ in a single one."""
    was, now = digits(Decimal(read or 0)), digits(printed or Decimal(0))
    differing = [a for a, b in zip(was, now, strict=False) if a != b]
    return differing[0] if len(was) == len(now) and len(differing) == 1 else ""


def _like(cell: SettledCell, table: str, slips: Sequence[_Slip]) -> _Slip | None:
    """The error of another cell that one nobody doubts may have in it too; None for no such error."""
    if not _is_straight(cell):
        return None
    shown = digits(cell.value or Decimal(0))
    for slip in slips:
        same_column = (slip.table, slip.column) == (table, cell.cell.column)
        if slip.digit in shown if slip.digit else same_column:
            return slip
    return None
