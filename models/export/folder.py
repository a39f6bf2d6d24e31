"""The export folder: documents, cells, checks, repairs and facts as CSV, each table as printed, and their description.

Rows go to disk as documents come in, in whatever order, and are put together by document name at the end: a batch of
any size takes little memory, and the same results give the same bytes.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from models.document import CellStatus, DocumentStatus, Extraction
from models.export import datapackage
from models.export.columns import CELLS, CHECKS, DOCUMENTS, FACTS, PARTS, REPAIRS, SHEETS, Field, Sheet
from models.export.records import (
    Record,
    cell_records,
    check_records,
    document_record,
    fact_records,
    guarded,
    repair_records,
    wide_records,
)
from models.files import FileResult, Refusal

SEARCHABLE = "searchable"
"""The folder, within the export, for searchable PDFs; what the pipeline has put there is described too."""
_TABLES = "tables"
ROWS: dict[Sheet, Callable[[str, Extraction], Iterator[Record]]] = {
    CELLS: cell_records,
    CHECKS: check_records,
    REPAIRS: repair_records,
    FACTS: fact_records,
}


@dataclass(frozen=True, slots=True)
class Told:
    """What a person wants to know of one document."""

    name: str
    status: DocumentStatus
    pages: int
    tables: int
    cells: int
    flagged: int
    error: str = ""
    questions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Printed:
    """A table written as printed: its path in the export, its title and its columns."""

    path: str
    title: str
    fields: tuple[Field, ...]


class Export:
    """Writes an export into an empty folder: `add` each result, then `finish` once."""

    def __init__(self, folder: Path, bom: bool = False) -> None:
        self._folder = folder
        self._encoding = "utf-8-sig" if bom else "utf-8"
        self._documents: dict[str, Record] = {}
        self._stems: dict[str, str] = {}
        self._tables: dict[str, list[_Printed]] = {}
        self._told: dict[str, Told] = {}
        self._parts = folder / ".parts"
        self._parts.mkdir()
        (folder / _TABLES).mkdir()

    def add(self, result: FileResult | Refusal) -> Told:
        """Write a document's rows. Raises ValueError if a document of that name was added before."""
        if result.name in self._documents:
            raise ValueError(f"two documents of one name: {result.name}")
        self._documents[result.name] = document_record(result)
        if isinstance(result, FileResult) and result.extraction is not None:
            self._stems[result.name] = result.stem
            for sheet, rows in ROWS.items():
                with _writer(self._part(sheet, result.stem), "utf-8") as write:
                    write(sheet.fields, rows(result.name, result.extraction))
            self._tables[result.name] = self._print(result.stem, result.extraction)
        told = _tell(result)
        self._told[result.name] = told
        return told

    def finish(self) -> tuple[Told, ...]:
        """Put the files together and describe them; what to tell of each document, by name."""
        names = sorted(self._documents)
        with _writer(self._folder / "documents.csv", self._encoding) as write:
            write(DOCUMENTS.fields, [_header(DOCUMENTS)])
            write(DOCUMENTS.fields, (self._documents[name] for name in names))
        for sheet in PARTS:
            self._join(sheet, [self._stems[name] for name in names if name in self._stems])
        shutil.rmtree(self._parts)
        resources = [datapackage.sheet_resource(self._folder, sheet, self._encoding) for sheet in SHEETS]
        printed = [table for name in names for table in self._tables.get(name, ())]
        for count, table in enumerate(printed, 1):
            name = f"table-{count:05d}"
            resource = datapackage.table_resource(self._folder, name, table.path, table.fields, self._encoding)
            resources.append({**resource, "title": table.title})
        for count, path in enumerate(sorted((self._folder / SEARCHABLE).glob("*.pdf")), 1):
            name, place = f"searchable-{count:05d}", f"{SEARCHABLE}/{path.name}"
            resources.append(datapackage.file_resource(self._folder, name, place, "application/pdf"))
        datapackage.write(self._folder, resources)
        return tuple(self._told[name] for name in names)

    def _part(self, sheet: Sheet, stem: str) -> Path:
        return self._parts / f"{stem}.{sheet.name}"

    def _join(self, sheet: Sheet, stems: Iterable[str]) -> None:
        path = self._folder / f"{sheet.name}.csv"
        with _writer(path, self._encoding) as write:
            write(sheet.fields, [_header(sheet)])
        with path.open("ab") as out:
            for stem in stems:
                with self._part(sheet, stem).open("rb") as part:
                    shutil.copyfileobj(part, out)

    def _print(self, stem: str, extraction: Extraction) -> list[_Printed]:
        """Write the tables of a document as printed; one code twice gets a number."""
        taken: set[str] = set()
        printed = []
        for settled in extraction.tables:
            code = re.sub(r"[^\w-]+", "_", settled.table.code) or "table"
            name, count = code, 1
            while name in taken:
                count += 1
                name = f"{code}-{count}"
            taken.add(name)
            headings, lines = wide_records(settled)
            fields = tuple(Field(text, "number" if is_amount else "string") for text, is_amount in headings)
            path = f"{_TABLES}/{stem}.{name}.csv"
            with _writer(self._folder / path, self._encoding) as write:
                write(_as_text(fields), [tuple(field.name for field in fields)])
                write(fields, lines)
            printed.append(_Printed(path, settled.table.title, fields))
        return printed


def _as_text(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    return tuple(Field(field.name) for field in fields)


def _header(sheet: Sheet) -> Record:
    return tuple(field.name for field in sheet.fields)


@contextmanager
def _writer(path: Path, encoding: str) -> Iterator[Callable[[tuple[Field, ...], Iterable[Record]], None]]:
    """A function that writes records as RFC 4180 says (lines end in CR LF), text guarded, figures as they are."""
    with path.open("w", encoding=encoding, newline="") as file:
        out = csv.writer(file, lineterminator="\r\n")

        def write(fields: tuple[Field, ...], records: Iterable[Record]) -> None:
            for record in records:
                pairs = zip(fields, record, strict=True)
                out.writerow([guarded(text) if field.type == "string" else text for field, text in pairs])

        yield write


def _tell(result: FileResult | Refusal) -> Told:
    if isinstance(result, Refusal):
        return Told(result.name, DocumentStatus.FAILED, 0, 0, 0, 0, result.error)
    if result.extraction is None:
        return Told(result.name, DocumentStatus.FAILED, result.pages, 0, 0, 0, document_record(result)[-2])
    cells = [cell for table in result.extraction.tables for cell in table.cells]
    flagged = sum(cell.status is CellStatus.FLAGGED for cell in cells)
    status = DocumentStatus.FAILED if result.error else result.extraction.status
    figures = (result.pages, len(result.extraction.tables), len(cells), flagged)
    return Told(result.name, status, *figures, result.error, result.extraction.questions)
