"""What people decided as CSV, out and in: to keep elsewhere, and to carry over to another version of a file. Pure.

Text that a spreadsheet would take for a formula is guarded as everywhere; the guard is taken off when it comes back.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from models.decisions import DecisionKind, Place
from models.export.records import Record, guarded

COLUMNS = (
    "number", "document", "sha256", "kind", "key", "field", "before", "after", "note", "person", "at", "undoes", "asks",
    "straight", "form", "table_code", "row_code", "row_name", "line_no", "column_no", "column_name", "page", "x0", "y0",
    "x1", "y1", "raw",
)  # fmt: skip
NEEDED = ("number", "sha256", "kind", "key", "after")
"""Without these columns a file of decisions makes no sense; what else is missing counts as empty."""
_BOX = ("x0", "y0", "x1", "y1")
_TEXTS = ("form", "table_code", "row_code", "row_name", "line_no", "column_no", "column_name", "raw")
_HASH = re.compile(r"[0-9a-f]{64}")
_LARGEST = 2**53 - 1
_LONGEST = 4000
_GUARD = "'"
_FORMULA = tuple("=+-@")


class NoDecisionsError(ValueError):
    """A file that holds no decisions; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Line:
    """A decision as a line of a file: of which document, by whom, when; otherwise as in `models.decisions`."""

    number: int
    sha256: str
    kind: DecisionKind
    key: str
    after: str
    document: str = ""
    field: str = ""
    before: str = ""
    note: str = ""
    person: str = ""
    at: datetime | None = None
    undoes: int | None = None
    asks: str = ""
    straight: bool = False
    place: Place | None = None

    @property
    def source(self) -> str:
        """What tells this decision from all others, wherever it is brought."""
        told = (self.sha256, self.number, self.kind, _plain(self.key), self.field, _plain(self.after), _time(self.at))
        return hashlib.sha256("\x1f".join(map(str, told)).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line that is no decision, and why."""

    row: int
    reason: str


def written(lines: Iterable[Line], header: bool = True) -> str:
    """Lines as CSV, as exports write it: with a header, lines ending in CR LF."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    if header:
        writer.writerow(COLUMNS)
    writer.writerows(map(_record, lines))
    return out.getvalue()


def read(data: bytes) -> Iterator[tuple[int, Line | Unreadable]]:
    """The lines of a file, numbered from 2 as spreadsheets do, the header being 1. Raises NoDecisionsError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NoDecisionsError("this is not UTF-8: save it as “CSV UTF-8”") from error
    rows = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
        if missing:
            raise NoDecisionsError(f"these columns are missing: {', '.join(missing)}")
        for number, row in enumerate(rows, 2):
            values = {name: unguarded(row.get(name) or "") for name in COLUMNS}
            try:
                yield number, _line(values)
            except ValueError as error:
                yield number, Unreadable(number, str(error))
    except csv.Error as error:
        raise NoDecisionsError(f"this is no CSV, see line {rows.line_num + 1}: {error}") from error


def sheltered(text: str) -> str:
    """Text with the guard of exports, and one more apostrophe before what looks guarded already, so that it is found
    again."""
    shown = guarded(text)
    return _GUARD + shown if shown == _plain(text) and _looks_guarded(shown) else shown


def unguarded(text: str) -> str:
    """Text without its guard."""
    return text[1:] if _looks_guarded(text) else text


def _looks_guarded(text: str) -> bool:
    bare = unicodedata.normalize("NFKC", text.lstrip(_GUARD)).strip()
    return text.startswith(_GUARD) and bare.startswith(_FORMULA)


def _plain(text: str) -> str:
    """Text as a file can hold it: control characters are spaces."""
    return "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text)


def _record(line: Line) -> Record:
    place = line.place or Place()
    box = place.box
    values = {
        "number": str(line.number),
        "document": line.document,
        "sha256": line.sha256,
        "kind": line.kind.value,
        "key": line.key,
        "field": line.field,
        "before": line.before,
        "after": line.after,
        "note": line.note,
        "person": line.person,
        "at": _time(line.at),
        "undoes": "" if line.undoes is None else str(line.undoes),
        "asks": line.asks,
        "straight": "true" if line.straight else "false",
        "page": str(place.page) if place.page else "",
        **{name: getattr(place, name) for name in _TEXTS},
        **{name: "" if box is None else f"{box[side]:.2f}" for side, name in enumerate(_BOX)},
    }
    return tuple(values[name] if name in _BOX else sheltered(values[name]) for name in COLUMNS)


def _line(values: Mapping[str, str]) -> Line:
    """Raises ValueError, saying why, where it is no decision."""
    if values["kind"] not in set(DecisionKind):
        raise ValueError(f"kind: one of {', '.join(DecisionKind)}")
    if not _HASH.fullmatch(values["sha256"]):
        raise ValueError("sha256: 64 hexadecimal digits")
    long = [name for name in COLUMNS if len(values[name]) > _LONGEST]
    if long:
        raise ValueError(f"{long[0]}: at most {_LONGEST} characters")
    return Line(
        number=_number("number", values["number"]),
        sha256=values["sha256"],
        kind=DecisionKind(values["kind"]),
        key=values["key"],
        after=values["after"],
        document=values["document"],
        field=values["field"],
        before=values["before"],
        note=values["note"],
        person=values["person"],
        at=_moment(values["at"]),
        undoes=_number("undoes", values["undoes"]) if values["undoes"] else None,
        asks=values["asks"],
        straight=values["straight"] == "true",
        place=_place(values),
    )


def _place(values: Mapping[str, str]) -> Place | None:
    sides = [values[name] for name in _BOX]
    texts = {name: values[name] for name in _TEXTS}
    page = _number("page", values["page"]) if values["page"] else 0
    if not any((*sides, *texts.values(), page)):
        return None
    try:
        box = tuple(float(side) for side in sides) if all(sides) else None
    except ValueError as error:
        raise ValueError("x0, y0, x1, y1: numbers") from error
    return Place(page=page, box=None if box is None else (box[0], box[1], box[2], box[3]), **texts)


def _number(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LARGEST:
        raise ValueError(f"{name}: a whole number")
    return int(text)


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError("at: a time such as 2026-03-02T12:00:00+00:00") from error
    if found.tzinfo is None:
        raise ValueError("at: a time with its zone")
    return found


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat()
