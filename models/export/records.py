"""Values to rows of text: what stands in each column of an export. Pure; the columns are those of `columns`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from decimal import Decimal

from models.document import DocumentStatus, Extraction, SettledCell, SettledTable
from models.export.columns import UNITS
from models.files import FileResult, Refusal
from models.geometry import Box

Record = tuple[str, ...]

_POWERS = {"元": 0, "万元": 4, "亿元": 8}
_FORMULA = tuple("=+-@")
_AMOUNT = r"[-+]?\s*[¥]?\d[\d,.]*%?"
_AMOUNTS = re.compile(rf"(?:{_AMOUNT})(?:\s+{_AMOUNT})*|[-\u2014]+")
_ID_DIGITS = 16


def document_record(result: FileResult | Refusal) -> Record:
    """The row of documents.csv: failed exactly if there is an error; the open questions stand in one column."""
    head = (result.name, result.sha256[:_ID_DIGITS], result.sha256)
    if isinstance(result, Refusal):
        return (*head, "", "", "", "", "", "", DocumentStatus.FAILED.value, result.error, "")
    extraction = result.extraction
    pages = str(result.pages) if result.pages or extraction else ""
    origin = result.origin.value if result.origin else ""
    if extraction is None:
        error = result.error or "nothing came of this document, by a fault of jiaokan: please report it"
        return (*head, pages, "", "", "", origin, "", DocumentStatus.FAILED.value, error, "")
    codes = " ".join(settled.table.code for settled in extraction.tables)
    status = DocumentStatus.FAILED if result.error else extraction.status
    said = (extraction.entity, extraction.year, extraction.kind.value, origin, codes, status.value, result.error)
    return (*head, pages, *said, "；".join(extraction.questions))


def cell_records(name: str, extraction: Extraction) -> Iterator[Record]:
    """The rows of cells.csv: every data cell, table by table, row by row."""
    for settled in extraction.tables:
        head = (name, extraction.entity, extraction.year, settled.table.code, settled.table.title)
        for cell in settled.cells:
            yield (*head, *_cell(settled, cell))


def check_records(name: str, extraction: Extraction) -> Iterator[Record]:
    """The rows of checks.csv."""
    for check in extraction.checks:
        figures = (check.left, check.right, check.difference, check.tolerance)
        head = (name, check.check_id, check.kind, check.formula)
        yield (*head, *map(amount, figures), check.result.value, " ".join(check.cell_ids))


def repair_records(name: str, extraction: Extraction) -> Iterator[Record]:
    """The rows of repairs.csv."""
    for repair in extraction.repairs:
        unique = "true" if repair.unique else "false"
        what = (repair.cell_id, repair.field, repair.raw, repair.repaired, repair.kind)
        yield (name, *what, repair.proof, unique, _spaced(repair.alternatives))


def fact_records(name: str, extraction: Extraction) -> Iterator[Record]:
    """The rows of facts.csv."""
    for fact in extraction.facts:
        what = (str(fact.page), fact.section, fact.name, amount(fact.value), fact.unit, fact.status.value)
        yield (name, *what, fact.raw, " ".join(fact.agrees_with), str(fact.sentence_no))


def wide_records(settled: SettledTable) -> tuple[tuple[tuple[str, bool], ...], list[Record]]:
    """A table as printed: the headings, each with whether its column holds amounts, and the lines.

    The blocks of a printed line stand side by side: code and 行次 where the block has any, item, amounts.
    """
    table = settled.table
    values = {(cell.cell.row, cell.cell.column): amount(cell.value) for cell in settled.cells}
    headings: list[tuple[str, bool]] = []
    parts: list[dict[int, list[Record]]] = []
    for block in sorted({row.block for row in table.rows} | {column.block for column in table.columns}) or [0]:
        rows = [index for index, row in enumerate(table.rows) if row.block == block]
        columns = [index for index, column in enumerate(table.columns) if column.block == block]
        coded = any(settled.rows[index].code for index in rows)
        numbered = any(settled.rows[index].line_no for index in rows)
        headings += [(label, False) for label, shown in _labels(coded, numbered) if shown]
        headings += [(_heading(settled, column), True) for column in columns]
        lines: dict[int, list[Record]] = {}
        for index in rows:
            row = settled.rows[index]
            said = ((row.code, coded), (row.name, True), (row.line_no, numbered))
            figures = tuple(values.get((index, column), "") for column in columns)
            record = (*(text for text, shown in said if shown), *figures)
            lines.setdefault(table.rows[index].line, []).append(record)
        width = len([shown for _, shown in _labels(coded, numbered) if shown]) + len(columns)
        lines[-1] = [("",) * width]
        parts.append(lines)
    return _distinct(headings), _side_by_side(parts)


def amount(value: Decimal | None) -> str:
    """A plain decimal with the digits it came with: no exponent, no grouping, no minus before zero; blank for None.

    Raises ValueError for infinities and NaN.
    """
    if value is None:
        return ""
    if not value.is_finite():
        raise ValueError(f"not an amount: {value}")
    return format(abs(value) if value == 0 else value, "f")


def in_yuan(value: Decimal | None, unit: str) -> str:
    """An amount in 元; blank where the unit is no sum of money."""
    if value is None or unit not in _POWERS:
        return ""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError(f"not an amount: {value}")
    return amount(Decimal((sign, digits, exponent + _POWERS[unit])))


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: what begins like one, full-width too, gets an apostrophe before it.

    Amounts, also several, and dashes stay as they are: a guard would turn a negative number into text. Control
    characters, among them tabs and line breaks, become spaces.
    """
    text = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)
    bare = unicodedata.normalize("NFKC", text).strip()
    return f"'{text}" if bare.startswith(_FORMULA) and not _AMOUNTS.fullmatch(bare) else text


def _cell(settled: SettledTable, cell: SettledCell) -> Record:
    table, place = settled.table, cell.cell
    row, column = settled.rows[place.row], table.columns[place.column]
    unit = table.unit if table.unit in UNITS else ""
    page = place.reading.page or table.rows[place.row].name.page or next(iter(table.pages), 0)
    return (
        str(page) if page else "",
        row.line_no,
        row.code,
        row.name,
        column.number,
        column.name,
        unit,
        place.reading.text,
        amount(cell.value),
        in_yuan(cell.value, unit),
        cell.status.value,
        f"{min(max(cell.confidence, 0.0), 1.0):.4f}",
        cell.reason,
        _spaced(cell.alternatives),
        *_corners(place.reading.box),
        place.cell_id,
    )


def _corners(box: Box | None) -> Record:
    if box is None:
        return ("", "", "", "")
    return tuple(f"{round(side, 2) + 0.0:.2f}" for side in (box.x0, box.y0, box.x1, box.y1))


def _spaced(readings: Iterable[str]) -> str:
    """Readings with a space between them and none within."""
    return " ".join(filter(None, ("".join(reading.split()) for reading in readings)))


def _labels(coded: bool, numbered: bool) -> tuple[tuple[str, bool], ...]:
    return ("科目代码", coded), ("项目", True), ("行次", numbered)


def _heading(settled: SettledTable, column: int) -> str:
    found = settled.table.columns[column]
    return found.name or found.header or found.number or f"第{column + 1}栏"


def _distinct(headings: list[tuple[str, bool]]) -> tuple[tuple[str, bool], ...]:
    """Headings told apart: a second 决算数 becomes 决算数 (2)."""
    taken: dict[str, bool] = {}
    for heading, is_amount in headings:
        text, count = guarded(heading), 1
        while text in taken:
            count += 1
            text = f"{guarded(heading)} ({count})"
        taken[text] = is_amount
    return tuple(taken.items())


def _side_by_side(parts: list[dict[int, list[Record]]]) -> list[Record]:
    """Lines of the blocks joined, empty ones left out; key -1 of each block holds its blank."""
    numbers = sorted({number for lines in parts for number in lines if number >= 0})
    joined = []
    for number in numbers:
        for place in range(max(len(lines.get(number, ())) for lines in parts)):
            record: Record = ()
            for lines in parts:
                here = lines.get(number, [])
                record += here[place] if place < len(here) else lines[-1][0]
            if any(record):
                joined.append(record)
    return joined
