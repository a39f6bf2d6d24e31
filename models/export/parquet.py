"""The five tables of an export as Parquet files, typed: codes are text, amounts exact decimals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from models.export.columns import DOCUMENTS, SHEETS, Field, Sheet
from models.export.folder import ROWS
from models.export.records import Record, document_record, guarded
from models.files import FileResult, Refusal

_ROWS_AT_ONCE = 20_000
_AMOUNT = pa.decimal128(38, 8)
_MEASURES = {"confidence", "x0", "y0", "x1", "y1"}


class ParquetExport:
    """Writes Parquet files into an empty folder: `add` each result in the order of names, then `finish` once."""

    def __init__(self, folder: Path) -> None:
        self._waiting: dict[str, list[Record]] = {sheet.name: [] for sheet in SHEETS}
        self._schemas = {sheet.name: _schema(sheet) for sheet in SHEETS}
        self._writers = {
            name: pq.ParquetWriter(folder / f"{name}.parquet", schema, compression="zstd")
            for name, schema in self._schemas.items()
        }

    def add(self, result: FileResult | Refusal) -> None:
        """Take a document's rows."""
        self._take(DOCUMENTS, [document_record(result)])
        if isinstance(result, FileResult) and result.extraction is not None:
            for sheet, rows in ROWS.items():
                self._take(sheet, rows(result.name, result.extraction))

    def finish(self) -> None:
        """Write what is left and close the files."""
        for sheet in SHEETS:
            self._write(sheet)
            self._writers[sheet.name].close()

    def _take(self, sheet: Sheet, records: Iterable[Record]) -> None:
        waiting = self._waiting[sheet.name]
        waiting.extend(records)
        if len(waiting) >= _ROWS_AT_ONCE:
            self._write(sheet)

    def _write(self, sheet: Sheet) -> None:
        records, self._waiting[sheet.name] = self._waiting[sheet.name], []
        if records:
            schema = self._schemas[sheet.name]
            columns = zip(sheet.fields, zip(*records, strict=True), strict=True)
            arrays = [pa.array(_values(field, texts), schema.field(field.name).type) for field, texts in columns]
            self._writers[sheet.name].write_table(pa.Table.from_arrays(arrays, schema=schema))


def _schema(sheet: Sheet) -> pa.Schema:
    return pa.schema([(field.name, _type(field)) for field in sheet.fields])


def _type(field: Field) -> pa.DataType:
    if field.type == "number":
        return pa.float64() if field.name in _MEASURES else _AMOUNT
    return {"integer": pa.int64(), "boolean": pa.bool_()}.get(field.type, pa.string())


def _values(field: Field, texts: Sequence[str]) -> list[object]:
    return [_value(field, text) for text in texts]


def _value(field: Field, text: str) -> object:
    if field.type == "string":
        return guarded(text)
    if text == "":
        return None
    if field.type == "integer":
        return int(text)
    if field.type == "boolean":
        return text == "true"
    return float(text) if field.name in _MEASURES else Decimal(text)
