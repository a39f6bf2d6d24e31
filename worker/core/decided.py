"""Decisions put to a document as read: readings by people in place of the machine's, before anything is reckoned."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from models.decisions import LABELS, Decision, DecisionKind, Review
from models.document import Cell, Document, Reading, Row, Table
from worker.core.amounts import parse
from worker.core.carried import carried
from worker.core.entries import ENTRIES, Entry, Outcome, Printed, entry_of, standing
from worker.core.relations import YUAN
from worker.core.restructure import label_keys, restructured


@dataclass(frozen=True, slots=True)
class Decided:
    """A document with what people decided.

    `cells` are the cells of the document as the machine read them, by id. `entries` are by cell id, `labels` by the id
    of a cell of the row, then by field; `about` holds entity, year and kind. `accepted` are questions about the
    document that need not be asked, `remarks` what is said of the structure of tables, by code. `orphans` are the
    numbers of the decisions that match nothing here.
    """

    document: Document
    cells: Mapping[str, Cell] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    accepted: frozenset[str] = frozenset()
    remarks: Mapping[str, str] = field(default_factory=dict)
    orphans: tuple[int, ...] = ()

    @property
    def wrong(self) -> frozenset[str]:
        """The cells of which a person says that the paper itself is wrong."""
        return frozenset(cell for cell, entry in self.entries.items() if entry.source_wrong)


def decide(document: Document, review: Review) -> Decided:
    """The document with the decisions that stand; first those about the structure of its tables."""
    read = document
    stand = standing(review.decisions)
    document, unfit = restructured(document, stand) if stand else (document, ())
    cells = {cell.cell_id: cell for table in document.tables for cell in table.cells}
    if not stand:
        return Decided(document, cells)
    found, lost = carried([one for one in stand if one.number not in unfit], document)
    entries = _entries(document, found, review)
    labels: defaultdict[str, dict[str, str]] = defaultdict(dict)
    rows, keys = label_keys(read, stand), {one.number: one.key for one in stand}
    for one in found:
        if one.kind is DecisionKind.LABEL and one.field in LABELS:
            key = rows.get(one.number, one.key) if one.key == keys[one.number] else one.key
            labels[key][one.field] = one.after
    about = {one.field: one.after for one in found if one.kind is DecisionKind.DOCUMENT and one.field != "accepted"}
    accepted = (one.key for one in found if one.kind is DecisionKind.DOCUMENT and one.field == "accepted")
    wrong = (one for one in found if one.kind is DecisionKind.STRUCTURE and one.field == "wrong")
    tables = tuple(_with_people(table, entries, labels) for table in document.tables)
    return Decided(
        document=replace(document, tables=tables),
        cells=cells,
        entries=entries,
        labels=dict(labels),
        about=about,
        accepted=frozenset(accepted),
        remarks={one.key: one.note for one in wrong},
        orphans=tuple(sorted((*unfit, *lost))),
    )


def _entries(document: Document, found: Sequence[Decision], review: Review) -> dict[str, Entry]:
    said: defaultdict[str, list[Decision]] = defaultdict(list)
    for one in found:
        if one.kind in ENTRIES:
            said[one.key].append(one)
    entries = {}
    for table in document.tables:
        for cell in table.cells:
            if cell.cell_id in said:
                read = parse(cell.reading.text)
                printed = Printed(read.value if read is not None else None, YUAN.get(table.unit))
                entries[cell.cell_id] = entry_of(said[cell.cell_id], printed, review)
    return entries


def _with_people(table: Table, entries: Mapping[str, Entry], labels: Mapping[str, Mapping[str, str]]) -> Table:
    """The table with people's readings in it."""
    rows = {cell.row: labels[cell.cell_id] for cell in table.cells if cell.cell_id in labels}
    cells = tuple(_entered(cell, entries.get(cell.cell_id)) for cell in table.cells)
    labelled = tuple(_labelled(row, rows[i]) if i in rows else row for i, row in enumerate(table.rows))
    return replace(table, cells=cells, rows=labelled)


def _entered(cell: Cell, entry: Entry | None) -> Cell:
    if entry is None or entry.outcome is not Outcome.DECIDED:
        return cell
    text = "" if entry.value is None else f"{entry.value:f}"
    return replace(cell, reading=_by_person(cell.reading, text), doubt="")


def _labelled(row: Row, labels: Mapping[str, str]) -> Row:
    def now(field: str, reading: Reading) -> Reading:
        return _by_person(reading, labels[field]) if field in labels else reading

    return replace(
        row, code=now("row_code", row.code), name=now("row_name", row.name), line_no=now("line_no", row.line_no)
    )


def _by_person(reading: Reading, text: str) -> Reading:
    return replace(reading, text=text, glyphs=(), probability=1.0, again=(), decided=True)
