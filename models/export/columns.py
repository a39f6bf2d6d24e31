"""The columns of an export, in order, with their types: what the writer, the datapackage and the tests go by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import EnumType

from models.document import CellStatus, CheckResult, DocumentKind, DocumentStatus, Origin

CHECK_KINDS = (
    "row-sum", "column-sum", "hierarchy", "balance", "cross-table", "narrative", "percentage", "year-on-year",
    "cross-document", "grammar",
)  # fmt: skip
UNITS = ("元", "万元", "亿元", "%")


@dataclass(frozen=True, slots=True)
class Field:
    """A column of a CSV file; `type` is one of Frictionless Table Schema, `enum` the values allowed besides blank."""

    name: str
    type: str = "string"
    enum: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file: its columns and those that together name a row, where there are such."""

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()


def _fields(names: str, **types: str | EnumType | tuple[str, ...]) -> tuple[Field, ...]:
    fields = []
    for name in names.split():
        kind = types.get(name, "string")
        if isinstance(kind, str):
            fields.append(Field(name, kind))
        else:
            fields.append(Field(name, enum=tuple(str(value) for value in kind)))
    return tuple(fields)


DOCUMENTS = Sheet(
    "documents",
    _fields(
        "document document_id sha256 pages entity year kind origin tables status error questions",
        pages="integer",
        kind=DocumentKind,
        origin=Origin,
        status=DocumentStatus,
    ),
    ("document",),
)
CELLS = Sheet(
    "cells",
    _fields(
        "document entity year table_code table_title page line_no row_code row_name column_no column_name unit raw "
        "value value_yuan status confidence reason alternatives x0 y0 x1 y1 cell_id",
        page="integer",
        unit=UNITS,
        value="number",
        value_yuan="number",
        status=CellStatus,
        confidence="number",
        x0="number",
        y0="number",
        x1="number",
        y1="number",
    ),
    ("document", "cell_id"),
)
CHECKS = Sheet(
    "checks",
    _fields(
        "document check_id kind formula left right difference tolerance result cell_ids",
        kind=CHECK_KINDS,
        left="number",
        right="number",
        difference="number",
        tolerance="number",
        result=CheckResult,
    ),
    ("document", "check_id"),
)
REPAIRS = Sheet(
    "repairs",
    _fields("document cell_id field raw repaired kind proof unique alternatives", unique="boolean"),
)
FACTS = Sheet(
    "facts",
    _fields(
        "document page section name value unit status raw agrees_with sentence_no",
        page="integer",
        value="number",
        status=CellStatus,
        sentence_no="integer",
    ),
)
PARTS = (CELLS, CHECKS, REPAIRS, FACTS)
SHEETS = (DOCUMENTS, *PARTS)
