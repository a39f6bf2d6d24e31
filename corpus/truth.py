"""Documents as figures: what a disclosure prints, cell by cell, and the CSV folder that keeps it.

Values are Decimals in the unit the paper prints; None stands for a blank cell, which is not zero.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

CELL_FIELDS = (
    "document",
    "table_code",
    "line_no",
    "row_code",
    "row_name",
    "column_no",
    "column_name",
    "unit",
    "value",
    "page",
    "table_title",
    "line",
    "block",
)
DOCUMENT_FIELDS = ("document", "entity", "year", "kind", "level", "pages")


@dataclass(frozen=True, slots=True)
class Column:
    """A data column: its 栏次 in the form, its canonical name and its side-by-side block, counted from 0."""

    number: str
    name: str
    block: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """An item of a block, with one value for each column of that block; `line` counts printed lines."""

    line: int
    block: int
    line_no: str
    code: str
    name: str
    values: tuple[Decimal | None, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table as printed. `code` is that of the form (公开01 …), whatever number the paper gives it in `mark`."""

    code: str
    title: str
    unit: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    mark: str = ""

    def block_columns(self, block: int) -> tuple[Column, ...]:
        return tuple(c for c in self.columns if c.block == block)


@dataclass(frozen=True, slots=True)
class Truth:
    """A document: who disclosed what for which year, its tables and the sentences of its third part."""

    document: str
    entity: str
    year: int
    unit: str
    tables: tuple[Table, ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kind: str = "final-account"


@dataclass(frozen=True, slots=True)
class TruthCell:
    """One data cell as the paper prints it; `page` counts from 1, 0 where it is not known."""

    document: str
    table_code: str
    line_no: str
    row_code: str
    row_name: str
    column_no: str
    column_name: str
    unit: str
    value: Decimal | None
    page: int = 0
    table_title: str = ""
    line: int = 0
    block: int = 0


def cells(truth: Truth, pages: dict[tuple[str, int], int] | None = None) -> Iterator[TruthCell]:
    """All data cells of a document in printed order; `pages` tells the page of (table code, printed line)."""
    for table in truth.tables:
        for row in table.rows:
            for column, value in zip(table.block_columns(row.block), row.values, strict=True):
                yield TruthCell(
                    document=truth.document,
                    table_code=table.code,
                    line_no=row.line_no,
                    row_code=row.code,
                    row_name=row.name,
                    column_no=column.number,
                    column_name=column.name,
                    unit=table.unit,
                    value=value,
                    page=(pages or {}).get((table.code, row.line), 0),
                    table_title=table.title,
                    line=row.line,
                    block=row.block,
                )


def plain(value: Decimal | None) -> str:
    """A value as plain decimal, blank as the empty string."""
    return "" if value is None else format(value, "f")


def write_cells(path: Path, found: Iterable[TruthCell]) -> None:
    """Write cells.csv of a truth folder."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(CELL_FIELDS)
        for cell in found:
            writer.writerow([plain(cell.value) if f == "value" else getattr(cell, f) for f in CELL_FIELDS])


def read_cells(path: Path) -> tuple[TruthCell, ...]:
    """Read cells.csv of a truth folder."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            TruthCell(
                document=r["document"],
                table_code=r["table_code"],
                line_no=r["line_no"],
                row_code=r["row_code"],
                row_name=r["row_name"],
                column_no=r["column_no"],
                column_name=r["column_name"],
                unit=r["unit"],
                value=Decimal(r["value"]) if r["value"] else None,
                page=int(r["page"] or 0),
                table_title=r["table_title"],
                line=int(r["line"] or 0),
                block=int(r["block"] or 0),
            )
            for r in csv.DictReader(file)
        )


@dataclass(frozen=True, slots=True)
class Filed:
    """One row of a truth folder's documents.csv; `level` names how the document was rendered.

    `entity` may hold several names that are all right, separated by "|".
    """

    document: str
    entity: str
    year: int
    kind: str
    level: str
    pages: int


def write_documents(path: Path, rows: Iterable[Filed]) -> None:
    """Write documents.csv of a truth folder."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(DOCUMENT_FIELDS)
        writer.writerows([getattr(row, f) for f in DOCUMENT_FIELDS] for row in rows)


def read_documents(path: Path) -> tuple[Filed, ...]:
    """Read documents.csv of a truth folder."""
    with path.open(encoding="utf-8", newline="") as file:
        return tuple(
            Filed(r["document"], r["entity"], int(r["year"]), r["kind"], r["level"], int(r["pages"] or 0))
            for r in csv.DictReader(file)
        )
