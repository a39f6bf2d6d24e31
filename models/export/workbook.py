"""An export as one workbook: a sheet for the documents, one for each form, one for all other tables.

A line of a form's sheet is a printed line of one document's table, its amounts side by side under their canonical
names. Codes are text. Amounts are numbers where a spreadsheet can hold them exactly (15 digits), text otherwise. Cells
that nobody has confirmed yet are coloured and named in the last column.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from models.document import CellStatus, Extraction, SettledTable
from models.export.columns import DOCUMENTS
from models.export.records import amount, document_record, guarded
from models.files import FileResult, Refusal

_HEAD = ("document", "entity", "year", "table_code", "table_title", "unit", "line_no", "row_code", "row_name")
_FLAGGED = "flagged"
_MOST_ROWS = 1_000_000
_LONGEST_TEXT = 32_000
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""The same results give the same bytes: no workbook tells when it was made."""
_EXACT_DIGITS = 15
_OTHERS = "其他表"
_FIXED = {"in_memory": False, "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
_WIDTHS = (28, 24, 8, 12, 28, 8, 8, 12, 34)


class WorkbookExport:
    """Writes `jiaokan.xlsx` into an empty folder: `add` each result in the order of names, then `finish` once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._documents: list[Sequence[str]] = []
        self._headings: dict[str, dict[str, None]] = {}

    def add(self, result: FileResult | Refusal) -> None:
        """Take a document's rows; they wait on disk, form by form."""
        self._documents.append(document_record(result))
        if isinstance(result, FileResult) and result.extraction is not None:
            for settled in result.extraction.tables:
                form = settled.table.form or _OTHERS
                headings = self._headings.setdefault(form, {})
                with self._part(form).open("a", encoding="utf-8") as part:
                    for line in _lines(result.name, result.extraction, settled):
                        headings.update(dict.fromkeys(line["amounts"]))
                        part.write(json.dumps(line, ensure_ascii=False) + "\n")

    def finish(self) -> None:
        """Write the workbook; what waited on disk is removed."""
        with xlsxwriter.Workbook(str(self._folder / "jiaokan.xlsx"), dict(_FIXED)) as book:
            book.set_properties({"title": "Jiaokan", "created": _EPOCH})
            styles = _Styles(book)
            _documents_sheet(book, styles, self._documents)
            for form in sorted(self._headings, key=lambda form: (form == _OTHERS, form)):
                _form_sheets(book, styles, form, list(self._headings[form]), self._read(form))
        for form in self._headings:
            self._part(form).unlink()

    def _part(self, form: str) -> Path:
        return self._folder / f".{form}.part"

    def _read(self, form: str) -> Iterator[Mapping[str, Any]]:
        with self._part(form).open(encoding="utf-8") as part:
            for line in part:
                yield json.loads(line)


class _Styles:
    """How cells look."""

    def __init__(self, book: Any) -> None:
        self.heading = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.text = book.add_format({"num_format": "@"})
        self.number = book.add_format({"num_format": "#,##0.00##"})
        self.doubt = book.add_format({"num_format": "#,##0.00##", "bg_color": "#FFE9A8"})
        self.doubtful_text = book.add_format({"num_format": "@", "bg_color": "#FFE9A8"})


def _lines(name: str, extraction: Extraction, settled: SettledTable) -> Iterator[Mapping[str, Any]]:
    """The lines of a table: labels, amounts by name of their column, and which of them are flagged."""
    table = settled.table
    rows: dict[int, tuple[dict[str, str], list[str]]] = {}
    for cell in settled.cells:
        amounts, flagged = rows.setdefault(cell.cell.row, ({}, []))
        column = table.columns[cell.cell.column]
        heading = column.name or column.header or column.number or f"第{cell.cell.column + 1}栏"
        while heading in amounts:
            heading += " *"
        amounts[heading] = amount(cell.value)
        if cell.status is CellStatus.FLAGGED:
            flagged.append(heading)
    for index, (amounts, flagged) in sorted(rows.items()):
        row = settled.rows[index]
        labels = (name, extraction.entity, extraction.year, table.code, table.title, table.unit)
        yield {"labels": [*labels, row.line_no, row.code, row.name], "amounts": amounts, "flagged": flagged}


def _documents_sheet(book: Any, styles: _Styles, records: Sequence[Sequence[str]]) -> None:
    sheet = book.add_worksheet("documents")
    _head(sheet, styles, [field.name for field in DOCUMENTS.fields], ())
    for number, record in enumerate(records[:_MOST_ROWS], 1):
        for place, (field, text) in enumerate(zip(DOCUMENTS.fields, record, strict=True)):
            if field.type == "integer" and text:
                sheet.write_number(number, place, int(text))
            else:
                _text(sheet, number, place, text, styles.text)


def _form_sheets(
    book: Any, styles: _Styles, form: str, headings: Sequence[str], lines: Iterator[Mapping[str, Any]]
) -> None:
    """One sheet, or several where a form has more lines than a sheet can hold."""
    sheet: Any = None
    for count, line in enumerate(lines):
        number = count % _MOST_ROWS + 1
        if number == 1:
            sheet = book.add_worksheet(form if not count else f"{form} ({count // _MOST_ROWS + 1})")
            _head(sheet, styles, [*_HEAD, *map(guarded, headings), _FLAGGED], _WIDTHS)
        for place, text in enumerate(line["labels"]):
            _text(sheet, number, place, text, styles.text)
        for place, heading in enumerate(headings, len(_HEAD)):
            doubtful = heading in line["flagged"]
            _amount(sheet, (number, place), line["amounts"].get(heading, ""), styles, doubtful)
        _text(sheet, number, len(_HEAD) + len(headings), "；".join(line["flagged"]), styles.text)


def _head(sheet: Any, styles: _Styles, names: Sequence[str], widths: Sequence[int]) -> None:
    for place, width in enumerate(widths):
        sheet.set_column(place, place, width)
    sheet.set_column(len(widths), max(len(names) - 1, len(widths)), 18)
    sheet.freeze_panes(1, 0)
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, styles.heading)


def _text(sheet: Any, row: int, column: int, text: str, style: Any) -> None:
    if text:
        sheet.write_string(row, column, guarded(text)[:_LONGEST_TEXT], style)


def _amount(sheet: Any, place: tuple[int, int], text: str, styles: _Styles, doubtful: bool) -> None:
    if not text:
        if doubtful:
            sheet.write_blank(*place, None, styles.doubt)
    elif len(Decimal(text).as_tuple().digits) <= _EXACT_DIGITS:
        sheet.write_number(*place, float(text), styles.doubt if doubtful else styles.number)
    else:
        sheet.write_string(*place, text, styles.doubtful_text if doubtful else styles.text)
