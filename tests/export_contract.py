"""The export contract as a check: what a folder of documents, cells, checks, repairs and facts must keep."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

Rows = list[dict[str, str]]

HEADERS = {
    "documents": ["document", "document_id", "sha256", "pages", "entity", "year", "kind", "origin", "tables", "status",
                  "error"],
    "cells": ["document", "entity", "year", "table_code", "table_title", "page", "line_no", "row_code", "row_name",
              "column_no", "column_name", "unit", "raw", "value", "value_yuan", "status", "confidence", "reason",
              "alternatives", "x0", "y0", "x1", "y1", "cell_id"],
    "checks": ["document", "check_id", "kind", "formula", "left", "right", "difference", "tolerance", "result",
               "cell_ids"],
    "repairs": ["document", "cell_id", "field", "raw", "repaired", "kind", "proof", "unique", "alternatives"],
    "facts": ["document", "page", "section", "name", "value", "unit", "status", "raw", "agrees_with", "sentence_no"],
}  # fmt: skip
WORDS = {
    ("documents", "kind"): {"final-account", "budget", "performance", "other"},
    ("documents", "origin"): {"born-digital", "scan", "garbled-text", "text-dump", "mixed"},
    ("documents", "status"): {"clean", "needs-review", "failed"},
    ("cells", "status"): {"read", "repaired", "flagged", "reviewed"},
    ("cells", "unit"): {"元", "万元", "亿元", "%"},
    ("checks", "result"): {"pass", "fail", "source-inconsistent", "not-checkable"},
    ("repairs", "unique"): {"true", "false"},
}
MAY_BE_BLANK = {("documents", "kind"), ("documents", "origin"), ("cells", "unit")}
PLAIN = re.compile(r"-?\d+(\.\d+)?")
FIGURES = {"cells": ["value", "value_yuan"], "checks": ["left", "right", "difference", "tolerance"], "facts": ["value"]}


def broken(folder: Path) -> list[str]:
    """What breaks the contract, in words; empty if nothing does."""
    sheets = {name: rows(folder / f"{name}.csv", name) for name in HEADERS}
    found = [f"{name}.csv: no header as agreed" for name, sheet in sheets.items() if sheet is None]
    if found:
        return found
    whole = {name: sheet for name, sheet in sheets.items() if sheet is not None}
    return [*_words(whole), *_figures(whole), *_documents(whole), *_cells(whole), *_references(whole)]


def rows(path: Path, name: str) -> Rows | None:
    """The rows of a file; None if it does not begin with the agreed columns."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        if list(reader.fieldnames or ())[: len(HEADERS[name])] != HEADERS[name]:
            return None
        return list(reader)


def _words(sheets: dict[str, Rows]) -> Iterator[str]:
    for (name, column), words in WORDS.items():
        allowed = words | {""} if (name, column) in MAY_BE_BLANK else words
        yield from (f"{name}.csv: {column} {row[column]!r}" for row in sheets[name] if row[column] not in allowed)


def _figures(sheets: dict[str, Rows]) -> Iterator[str]:
    for name, columns in FIGURES.items():
        for row in sheets[name]:
            wrong = [row[column] for column in columns if row[column] and not PLAIN.fullmatch(row[column])]
            yield from (f"{name}.csv: {figure!r} is no plain decimal" for figure in wrong)


def _documents(sheets: dict[str, Rows]) -> Iterator[str]:
    flagged = {row["document"] for row in sheets["cells"] if row["status"] == "flagged"}
    for row in sheets["documents"]:
        if (row["status"] == "failed") is not bool(row["error"]):
            yield f"documents.csv: {row['document']} is {row['status']} with error {row['error']!r}"
        if row["status"] == "clean" and not (row["entity"] and re.fullmatch(r"\d{4}", row["year"])):
            yield f"documents.csv: {row['document']} is clean without entity or year"
        if row["status"] == "clean" and row["document"] in flagged:
            yield f"documents.csv: {row['document']} is clean with flagged cells"


def _cells(sheets: dict[str, Rows]) -> Iterator[str]:
    origins = {row["document"]: row["origin"] for row in sheets["documents"]}
    repaired = {(row["document"], row["cell_id"]) for row in sheets["repairs"] if row["field"] == "value"}
    seen: set[tuple[str, str]] = set()
    for row in sheets["cells"]:
        key = (row["document"], row["cell_id"])
        if key in seen:
            yield f"cells.csv: {key} stands twice"
        seen.add(key)
        if not 0 <= float(row["confidence"] or "nan") <= 1:
            yield f"cells.csv: {key} has confidence {row['confidence']!r}"
        if row["status"] in {"flagged", "repaired"} and not row["reason"]:
            yield f"cells.csv: {key} is {row['status']} without a reason"
        if row["status"] == "repaired" and key not in repaired:
            yield f"cells.csv: {key} is repaired, and repairs.csv does not know"
        if not all(row[side] for side in ("x0", "y0", "x1", "y1")) and origins.get(row["document"]) != "text-dump":
            yield f"cells.csv: {key} has no place on its page"


def _references(sheets: dict[str, Rows]) -> Iterator[str]:
    documents = {row["document"] for row in sheets["documents"]}
    cells = {(row["document"], row["cell_id"]) for row in sheets["cells"]}
    for name, column in (
        ("checks", "cell_ids"),
        ("facts", "agrees_with"),
        ("repairs", "cell_id"),
        ("cells", "cell_id"),
    ):
        for row in sheets[name]:
            if row["document"] not in documents:
                yield f"{name}.csv: unknown document {row['document']}"
            wanted = row[column].split() if name != "repairs" or row["field"] == "value" else []
            yield from (f"{name}.csv: unknown cell {one}" for one in wanted if (row["document"], one) not in cells)
    for row in sheets["repairs"]:
        if row["unique"] == "true" and not row["proof"]:
            yield f"repairs.csv: {row['cell_id']} is unique without a proof"
