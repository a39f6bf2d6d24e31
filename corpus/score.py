"""How well an export folder says what the paper prints: every money cell right, wrong, missing, invented or flagged.

Silent errors are what the export's promise forbids: a wrong or missing value that is not flagged, and a value where the
paper prints none. A truth row that the export does not have counts as missing, hence silent, whatever stands near it.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from pathlib import Path

from corpus.truth import Filed, TruthCell, read_cells, read_documents

Exported = dict[str, str]
Key = Callable[[TruthCell], str]
Pair = tuple[TruthCell, Exported | None]
_FORM = re.compile(r"公开0\d$")
_ORDINAL = re.compile(r"^([一二三四五六七八九十]+、|\([一二三四五六七八九十]+\)|\d+[.、])")
ONE_COLUMN_FORM = "公开06"


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell that is not what the paper prints; `kind` is wrong, missing or invented."""

    document: str
    table: str
    row: str
    column: str
    expected: str
    got: str
    status: str
    reason: str
    kind: str
    silent: bool


@dataclass(slots=True)
class Score:
    """Counts over the non-zero money cells of a set of documents.

    `straight` cells are right and unflagged; `silent` counts errors nobody is told of; `zeros_lost` printed noughts the
    export leaves blank (no error of a figure, so counted apart). `misread` cells have a `raw` that is another figure,
    `restored` ones of those are right all the same, `spoiled` ones were read right and repaired wrong. `judged` holds
    the confidence of every cell, blank ones too, and whether its value is right.
    """

    money: int = 0
    exact: int = 0
    straight: int = 0
    silent: int = 0
    flagged: int = 0
    missing: int = 0
    invented: int = 0
    zeros_lost: int = 0
    other_flagged: int = 0
    documents: int = 0
    failed: int = 0
    entity_right: int = 0
    year_right: int = 0
    unit_wrong: int = 0
    misread: int = 0
    restored: int = 0
    spoiled: int = 0
    faults: list[Fault] = field(default_factory=list)
    judged: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, other: Score) -> None:
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def exact_share(self) -> float:
        return self.exact / self.money if self.money else 0.0

    @property
    def straight_share(self) -> float:
        return self.straight / self.money if self.money else 0.0

    @property
    def flag_rate(self) -> float:
        return self.flagged / self.money if self.money else 0.0

    @property
    def silent_per_10000(self) -> float:
        return 10_000 * self.silent / self.money if self.money else 0.0

    @property
    def spoiled_per_10000(self) -> float:
        return 10_000 * self.spoiled / self.money if self.money else 0.0


def normal(name: str) -> str:
    """A label's letters and digits, without spaces, width variants, punctuation and leading ordinals."""
    text = re.sub(r"\s", "", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]", "", _ORDINAL.sub("", text))


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation:
        return None


def _column(cell: Exported, names: dict[str, str]) -> str:
    """The 栏次 an exported cell belongs to: by its canonical name where the form has it, else the number it gives."""
    if cell["table_code"] == ONE_COLUMN_FORM:
        return ""
    return names.get(normal(cell["column_name"]), cell["column_no"])


def _take(wanted: list[TruthCell], offered: list[Exported], mine: Key, theirs: str) -> list[Pair]:
    """Pair cells that share a non-empty key, in order, and strike them off both lists."""
    by_key: dict[str, list[Exported]] = defaultdict(list)
    for row in offered:
        key = normal(row[theirs]) if theirs == "row_name" else row[theirs].strip()
        if key:
            by_key[key].append(row)
    pairs: list[Pair] = []
    for cell in list(wanted):
        found = by_key.get(mine(cell)) if mine(cell) else None
        if found:
            partner = found.pop(0)
            pairs.append((cell, partner))
            wanted.remove(cell)
            offered.remove(partner)
    return pairs


def _take_cut(wanted: list[TruthCell], offered: list[Exported]) -> list[Pair]:
    """Pair rows whose code and name a narrow column cut short: each begins the other's."""

    def begins(one: str, other: str) -> bool:
        return bool(one and other) and (one.startswith(other) or other.startswith(one))

    pairs: list[Pair] = []
    for cell in [c for c in wanted if c.row_code]:
        for row in offered:
            if begins(cell.row_code, row["row_code"]) and begins(normal(cell.row_name), normal(row["row_name"])):
                pairs.append((cell, row))
                wanted.remove(cell)
                offered.remove(row)
                break
    return pairs


def match(
    wanted: Sequence[TruthCell], offered: Sequence[Exported]
) -> tuple[list[tuple[TruthCell, Exported | None]], list[Exported]]:
    """Pair the cells of one column: by 科目代码, else 行次, else name in order; the exported rest comes back."""
    left, rest = list(wanted), list(offered)
    pairs: list[Pair] = []
    pairs += _take(left, rest, lambda c: c.row_code, "row_code")
    pairs += _take(left, rest, lambda c: "" if c.row_code else c.line_no, "line_no")
    pairs += _take(left, rest, lambda c: normal(c.row_name), "row_name")
    pairs += _take_cut(left, rest)
    bare = [c for c in left if not (c.row_code or c.line_no or c.row_name)]
    if bare and len(wanted) == 1 and len(rest) == 1:
        pairs.append((bare[0], rest.pop()))
        left.remove(bare[0])
    pairs += [(cell, None) for cell in left]
    return pairs, rest


def matched(truth: Sequence[TruthCell], exported: Iterable[Exported]) -> Iterator[tuple[list[Pair], list[Exported]]]:
    """For each column of each form the truth's cells with the exported ones, and what the export has beside them."""
    names: dict[str, dict[str, str]] = defaultdict(dict)
    wanted: dict[tuple[str, str], list[TruthCell]] = defaultdict(list)
    offered: dict[tuple[str, str], list[Exported]] = defaultdict(list)
    for cell in truth:
        names[cell.table_code][normal(cell.column_name)] = cell.column_no
        wanted[cell.table_code, cell.column_no].append(cell)
    for row in exported:
        if _FORM.match(row["table_code"]):
            offered[row["table_code"], _column(row, names[row["table_code"]])].append(row)
    for key in sorted(wanted.keys() | offered.keys()):
        yield match(wanted.get(key, []), offered.get(key, []))


def score_document(truth: Sequence[TruthCell], exported: Iterable[Exported]) -> Score:
    """Score the cells of one document; tables that are none of the nine forms are not looked at."""
    score = Score()
    for pairs, rest in matched(truth, exported):
        for cell, found in pairs:
            _judge(score, cell, found)
            if found:
                right = (_amount(found["value"]) or 0) == (cell.value or 0)
                score.judged.append((float(found["confidence"]), right))
                score.misread += bool(cell.value) and _amount(_plain(found["raw"])) != cell.value
                score.restored += bool(cell.value) and _amount(_plain(found["raw"])) != cell.value and right
                score.spoiled += (
                    found["status"] == "repaired" and not right and _amount(_plain(found["raw"])) == cell.value
                )
        for row in rest:
            if row["value"]:
                _invented(score, row, "", row["row_code"] or row["row_name"] or row["line_no"])
    return score


def _plain(raw: str) -> str:
    """A reading without grouping, to be compared with what is printed."""
    return raw.replace(",", "").strip()


def _judge(score: Score, cell: TruthCell, found: Exported | None) -> None:
    got = _amount(found["value"]) if found else None
    flagged = bool(found) and found["status"] == "flagged" if found else False
    if not cell.value:
        score.other_flagged += flagged
        if found and got is not None and (cell.value is None or got != 0):
            _invented(score, found, "" if cell.value is None else str(cell.value), _label(cell))
        elif cell.value is not None and got is None:
            score.zeros_lost += 1
        return
    score.money += 1
    score.flagged += flagged
    if found and cell.unit != found["unit"]:
        score.unit_wrong += 1
    if got == cell.value:
        score.exact += 1
        score.straight += not flagged
        return
    score.missing += got is None
    score.silent += not flagged
    status, reason = (found["status"], found["reason"]) if found else ("no such row", "")
    kind = "missing" if got is None else "wrong"
    score.faults.append(
        Fault(
            cell.document,
            cell.table_code,
            _label(cell),
            f"{cell.column_no} {cell.column_name}",
            str(cell.value),
            found["value"] if found else "",
            status,
            reason,
            kind,
            not flagged,
        )
    )


def _label(cell: TruthCell) -> str:
    return " ".join(part for part in (cell.row_code, cell.line_no, cell.row_name) if part)


def _invented(score: Score, row: Exported, expected: str, label: str) -> None:
    """A value where the paper prints none, or other than nought where it prints nought."""
    flagged = row["status"] == "flagged"
    score.invented += 1
    score.silent += not flagged
    column = f"{row['column_no']} {row['column_name']}"
    reason, table = row["reason"], row["table_code"]
    score.faults.append(
        Fault(
            row["document"],
            table,
            label,
            column,
            expected,
            row["value"],
            row["status"],
            reason,
            "invented",
            not flagged,
        )
    )


def _rows(path: Path) -> list[Exported]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def score_export(truth: Path, export: Path) -> Score:
    """Score an export folder against a truth folder (cells.csv and documents.csv); documents pair by file name."""
    filed = {d.document: d for d in read_documents(truth / "documents.csv")}
    cells: dict[str, list[TruthCell]] = defaultdict(list)
    for cell in read_cells(truth / "cells.csv"):
        cells[cell.document].append(cell)
    exported: dict[str, list[Exported]] = defaultdict(list)
    for row in _rows(export / "cells.csv"):
        exported[Path(row["document"]).name].append(row)
    documents = {Path(r["document"]).name: r for r in _rows(export / "documents.csv")}
    total = Score()
    for name in sorted(filed):
        score = score_document(cells[name], exported[name])
        _identity(score, filed[name], documents.get(name))
        total.add(score)
    return total


def _identity(score: Score, filed: Filed, row: Exported | None) -> None:
    score.documents = 1
    score.failed = int(row is None or row["status"] == "failed")
    score.entity_right = int(row is not None and row["entity"] in filed.entity.split("|"))
    score.year_right = int(row is not None and row["year"] == str(filed.year))


def write_faults(path: Path, faults: Iterable[Fault]) -> None:
    """Write what is wrong, one row a cell, silent errors first."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([f.name for f in fields(Fault)])
        ordered = sorted(faults, key=lambda f: (not f.silent, f.document, f.table))
        writer.writerows([getattr(fault, f.name) for f in fields(Fault)] for fault in ordered)
