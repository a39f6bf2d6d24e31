"""A question about a cell as its screen shows it: sums, alternatives, witnesses, places. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from api.review_schemas import BalanceOut, Box, GridCellOut, GridRowOut, PlaceOut, TermOut, WitnessOut
from api.shelf import Settled, Spot
from models import geometry
from models.document import CellStatus, Check, Document, Fact, Reading, SettledCell, SettledTable
from models.forms import all_forms
from models.geometry import Mesh
from worker.core.amounts import parse
from worker.core.relations import YUAN, Term

_ROWS = 3
"""Rows of the table shown above and below the one asked about."""
_WITNESSES = 8
_LINES = 6
_CORNER_DIGITS = 2


def plain(value: Decimal | None) -> str:
    """A value as a plain decimal; empty where nothing is printed."""
    return "" if value is None else f"{value:f}"


def amounts(cell: SettledCell) -> list[str]:
    """What else the cell may print, as plain decimals, without what it is read as."""
    found = [parse(text) for text in cell.alternatives]
    values = dict.fromkeys(plain(one.value) for one in found if one is not None)
    return [value for value in values if value != plain(cell.value)]


def balances(settled: Settled, cell_id: str) -> list[BalanceOut]:
    """The sums the cell takes part in, those that fail first."""
    found = [check for check in settled.extraction.checks if cell_id in check.cell_ids]
    failing = sorted(found, key=lambda check: check.result.value == "pass")
    return [one for one in (_balance(settled, check) for check in failing) if one is not None]


def _balance(settled: Settled, check: Check) -> BalanceOut | None:
    identity = settled.identities.get(check.check_id)
    if identity is None or identity.any_of or identity.constant:
        return None
    return BalanceOut(
        check=check.check_id,
        kind=check.kind,
        formula=check.formula,
        left=[_term(settled, term) for term in identity.left],
        right=[_term(settled, term) for term in identity.right],
        room=plain(check.tolerance or Decimal(0)),
    )


def _term(settled: Settled, term: Term) -> TermOut:
    spot = settled.spots[term.cell_id]
    row = spot.table.rows[spot.cell.cell.row]
    return TermOut(
        cell=term.cell_id,
        table=spot.table.table.code,
        name=row.name or row.code,
        column=column_name(spot),
        value=plain(spot.cell.value),
        sign=term.sign,
        scale=plain(term.scale),
    )


def column_name(spot: Spot) -> str:
    """What stands above a cell."""
    column = spot.table.table.columns[spot.cell.cell.column]
    return column.name or column.header or column.number


def place(reading: Reading, mesh: Mesh | None) -> PlaceOut:
    """Where something stands."""
    box = reading.box
    if box is None:
        return PlaceOut(page=reading.page)
    straight = _corners(mesh.box_forward(box)) if mesh is not None else None
    return PlaceOut(page=reading.page, box=_corners(box), straight=straight)


def _corners(box: geometry.Box) -> Box:
    return (
        round(box.x0, _CORNER_DIGITS), round(box.y0, _CORNER_DIGITS),
        round(box.x1, _CORNER_DIGITS), round(box.y1, _CORNER_DIGITS),
    )  # fmt: skip


def mates(spot: Spot, mesh: Mesh | None) -> list[PlaceOut]:
    """Where the other cells of its row and of its column stand on the same page."""
    own = spot.cell.cell
    same = (
        one.cell.reading
        for one in spot.table.cells
        if (one.cell.row == own.row or one.cell.column == own.column) and one.cell.cell_id != own.cell_id
    )
    row = spot.table.table.rows[own.row]
    labels = (row.line_no, row.code, row.name)
    return [place(one, mesh) for one in (*labels, *same) if one.page == own.reading.page and one.box is not None]


def rows_around(spot: Spot, seen: Mapping[str, int]) -> list[GridRowOut]:
    """The rows around the cell, of its block, each with its data cells."""
    table, own = spot.table, spot.cell.cell
    block = table.table.rows[own.row].block
    rows = [i for i, row in enumerate(table.table.rows) if row.block == block]
    at = rows.index(own.row)
    chosen = rows[max(0, at - _ROWS) : at + _ROWS + 1]
    by_row: dict[int, list[SettledCell]] = {i: [] for i in chosen}
    for cell in table.cells:
        if cell.cell.row in by_row:
            by_row[cell.cell.row].append(cell)
    return [
        GridRowOut(
            line_no=table.rows[i].line_no,
            code=table.rows[i].code,
            name=table.rows[i].name,
            cells=[
                GridCellOut(
                    cell=one.cell.cell_id, column=one.cell.column, value=plain(one.value), status=one.status.value,
                    seen=seen.get(one.cell.cell_id, 0),
                )
                for one in by_row[i]
            ],
        )
        for i in chosen
    ]  # fmt: skip


def columns_of(spot: Spot) -> list[str]:
    """The names of the data columns of the cell's block."""
    block = spot.table.table.rows[spot.cell.cell.row].block
    return [one.name or one.header or one.number for one in spot.table.table.columns if one.block == block]


def lines_around(document: Document, spot: Spot) -> list[str]:
    """The text of a dump around the cell: the rows of its table as they were read."""
    table, own = spot.table, spot.cell.cell.row
    line = table.table.rows[own].line
    around = [i for i, row in enumerate(table.table.rows) if abs(row.line - line) <= _LINES]
    texts: dict[int, list[str]] = {}
    for i in around:
        row = table.table.rows[i]
        labels = [one.text for one in (row.line_no, row.code, row.name) if one.text]
        cells = [one.cell.reading.text for one in table.cells if one.cell.row == i]
        texts.setdefault(row.line, []).extend([*labels, *cells])
    said = (
        [one.text for one in document.lines if one.page == spot.cell.cell.reading.page][:_LINES] if not around else []
    )
    return [*said, *("\t".join(texts[number]) for number in sorted(texts))]


def witnesses(settled: Settled, spot: Spot, number: int, document: Document) -> list[WitnessOut]:
    """The same figure in other tables, and the sentences that state it; `number` is that of the document."""
    return [*_in_tables(settled, spot, number), *_in_words(settled, spot, number, document)][:_WITNESSES]


def _in_tables(settled: Settled, spot: Spot, document: int) -> Iterator[WitnessOut]:
    """Cells that an identity sets equal to this one, and cells of the same item elsewhere with the same figure."""
    own = spot.cell.cell.cell_id
    told: set[str] = {own}
    pairs = [one for one in settled.identities.values() if own in one.cell_ids and len(one.cell_ids) == 2]  # noqa: PLR2004  (a pair)
    partners = [cell for one in pairs for cell in one.cell_ids if cell != own]
    for cell_id in (*partners, *_same_item(settled, spot)):
        if cell_id not in told:
            told.add(cell_id)
            yield _table_witness(settled.spots[cell_id], spot, document)


def _same_item(settled: Settled, spot: Spot) -> Iterator[str]:
    """Cells of other tables that print one of the readings of this cell on a row of the same code or name."""
    readings = {_yuan(spot, value) for value in _readings(spot.cell)} - {None, Decimal(0)}
    row = spot.table.rows[spot.cell.cell.row]
    for cell_id, other in settled.spots.items():
        if other.table is spot.table or other.cell.value is None:
            continue
        theirs = other.table.rows[other.cell.cell.row]
        same = (row.code and row.code == theirs.code) or (row.name and row.name == theirs.name)
        if same and _yuan(other, other.cell.value) in readings:
            yield cell_id


def _readings(cell: SettledCell) -> list[Decimal]:
    others = [one.value for text in cell.alternatives if (one := parse(text)) is not None]
    return [one for one in (cell.value, *others) if one is not None]


def _yuan(spot: Spot, value: Decimal) -> Decimal:
    return value * YUAN.get(spot.table.table.unit, Decimal(1))


def _table_witness(other: Spot, spot: Spot, document: int) -> WitnessOut:
    row = other.table.rows[other.cell.cell.row]
    value = other.cell.value or Decimal(0)
    return WitnessOut(
        kind="table",
        document=document,
        cell=other.cell.cell.cell_id,
        text=f"{other.table.table.code} {row.name or row.code} · {column_name(other)}",
        value=plain(other.cell.value),
        agrees=_yuan(other, value) == _yuan(spot, spot.cell.value or Decimal(0)),
        page=other.cell.cell.reading.page,
    )


def _in_words(settled: Settled, spot: Spot, number: int, document: Document) -> Iterator[WitnessOut]:
    own = spot.cell.cell.cell_id
    for fact in settled.extraction.facts:
        agrees = own in fact.agrees_with
        stated = fact.value * YUAN.get(fact.unit, Decimal(1))
        meant = any(_yuan(spot, value) == stated for value in _readings(spot.cell)) if stated else False
        if agrees or meant:
            yield WitnessOut(
                kind="narrative", document=number, cell="", text=fact.raw, value=f"{fact.value:f}", agrees=agrees,
                page=fact.page, place=_sentence(document, fact),
            )  # fmt: skip


def _sentence(document: Document, fact: Fact) -> PlaceOut:
    """Where a sentence stands: the line of its page that shows the figure, on the page as filed."""
    lines = (line for line in document.lines if line.page == fact.page and line.box is not None)
    found = next((line for line in lines if fact.raw in line.text or line.text in fact.raw), None)
    return PlaceOut(page=fact.page, box=_corners(found.box) if found and found.box else None)


def missing_form(key: str) -> str:
    """The code of the form that a question says is missing; empty if it says something else."""
    return next((form.code for form in all_forms() if key == f"document: 缺少{form.code} {form.title}"), "")


def is_straight(cell: SettledCell) -> bool:
    """Whether nothing is doubted about the cell as it stands."""
    return cell.status in (CellStatus.READ, CellStatus.REPAIRED)


def labels_of(table: SettledTable, row: int) -> Mapping[str, str]:
    """The labels of a row by the names that decisions use."""
    found = table.rows[row]
    return {"row_code": found.code, "row_name": found.name, "line_no": found.line_no}
