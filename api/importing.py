"""Decisions brought in from a file: each line's cell is found, what is there already stays, and each is answered for.

What is imported counts as said by who imports it: nobody vouches for another. Who made it first, and when, is kept.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Literal

from api.deps import Call
from api.errors import ProblemError
from api.insight_schemas import ImportOut, RowOut
from models.db import Session, after_commit
from models.decisions import ABOUT, LABELS, Decision, DecisionKind, Place
from models.document import Document, DocumentKind
from models.export.decided import Line, NoDecisionsError, Unreadable, read
from models.packing import unpack_document
from models.queue import Priority, Task
from models.rows import Document as DocumentRow
from models.store import audit, decided, readings, reviews
from models.store.reviews import Said
from worker.core.carried import carried, place_in
from worker.core.entries import ENTRIES, amount, standing
from worker.core.printed_lines import UnfitError
from worker.core.restructure import restructured, understood

MOST_ROWS = 50_000
_Outcome = Literal["taken", "already there", "orphaned", "refused"]


@dataclass
class _Target:
    """A document that lines are for.

    `known` are the numbers of the decisions about it by what tells them apart, `numbers` those here by those in the
    file, `entered` the cells that others have entered here.
    """

    row: DocumentRow
    document: Document | None
    known: dict[str, int] = field(default_factory=dict)
    numbers: dict[int, int] = field(default_factory=dict)
    entered: frozenset[str] = frozenset()


def bring(session: Session, call: Call, subject: str, data: bytes, found: Sequence[DocumentRow]) -> ImportOut:
    """Bring the decisions of a file to these documents: each line to the one of the same bytes, else of the same name.

    Where the subject is a document, all of them go to that. Raises ProblemError: 413, 422.
    """
    lines = _read(data)
    outcomes: dict[int, RowOut] = {
        row: _told(row, None, "refused", one.reason) for row, one in lines.items() if isinstance(one, Unreadable)
    }
    readable = {row: one for row, one in lines.items() if isinstance(one, Line)}
    changed = set()
    only = found[0] if subject.startswith("document") else None
    for document, rows in _by_document(readable, found, only, outcomes):
        target = _target(session, call, document)
        for told in _bring(session, call, target, {row: readable[row] for row in rows}):
            outcomes[told.row] = told
            if told.decision and told.outcome != "already there":
                changed.add(document.reading_id)
    for reading_id in readings.ask_settling(session, sorted(changed)):
        after_commit(session, partial(call.kit.send, Task.SETTLE, reading_id, priority=Priority.FINISH))
    result = _sum([outcomes[row] for row in sorted(outcomes)])
    audit.note(session, call.acts, "decisions imported", subject, result.model_dump(exclude={"rows"}))
    return result


def _read(data: bytes) -> dict[int, Line | Unreadable]:
    lines: dict[int, Line | Unreadable] = {}
    try:
        for row, line in read(data):
            lines[row] = line
            if len(lines) > MOST_ROWS:
                raise ProblemError(413, "too long", f"at most {MOST_ROWS:,} decisions at a time: cut the file in parts")
    except NoDecisionsError as error:
        raise ProblemError(422, "no decisions", str(error)) from error
    return lines


def _by_document(
    lines: Mapping[int, Line], found: Sequence[DocumentRow], only: DocumentRow | None, outcomes: dict[int, RowOut]
) -> list[tuple[DocumentRow, list[int]]]:
    """Which lines are for which document; those for none are refused."""
    by_hash = {one.sha256: one for one in reversed(found)}
    by_name = {one.name: one for one in reversed(found)}
    chosen: dict[int, tuple[DocumentRow, list[int]]] = {}
    for row, line in lines.items():
        document = only or by_hash.get(line.sha256) or by_name.get(line.document)
        if document is None:
            outcomes[row] = _told(row, line, "refused", "no document here has these bytes or this name")
        else:
            chosen.setdefault(document.id, (document, []))[1].append(row)
    return list(chosen.values())


def _target(session: Session, call: Call, row: DocumentRow) -> _Target:
    reading = decided.held(session, row.reading_id)
    document = unpack_document(call.kit.blobs.get(reading.document)) if reading and reading.document else None
    stand = standing(reviews.review_of(session, row.sha256).decisions)
    if document is not None:
        document, _ = restructured(document, stand)
    target = _Target(row, document)
    for one in reviews.decisions_on(session, row.sha256):
        imported = one.seen.get("imported")
        target.known[str(imported) if imported else decided.line(one, "", "").source] = one.id
    if document is not None:
        others = [one for one in stand if one.person != call.who.id]
        target.entered = frozenset(one.key for one in carried(others, document)[0] if one.kind in ENTRIES)
    return target


def _bring(session: Session, call: Call, target: _Target, lines: Mapping[int, Line]) -> Iterator[RowOut]:
    """What came of each line, in the order in which the decisions were made."""
    matched, orphans = _matched(target.document, lines)
    places = _places(target.document) if target.document else {}
    by_number = {line.number: matched.get(row, line.key) for row, line in lines.items()}
    for row, line in sorted(lines.items(), key=lambda one: (one[1].number, one[0])):
        known = target.known.get(line.source)
        if known is not None:
            target.numbers[line.number] = known
            yield _told(row, line, "already there", "", known)
            continue
        same = line.sha256 == target.row.sha256
        key = by_number.get(line.undoes or line.number, line.key)
        reason = _refusal(line, same) or _standing_in(line, key, target)
        if reason:
            yield _told(row, line, "refused", reason)
        elif row in orphans and not same:
            yield _told(row, line, "orphaned", "it stands for no cell of this document, and is left out")
        else:
            place = line.place if same else places.get(key, line.place)
            number = _keep(session, call, target, replace(line, key=key, place=place), line.source)
            target.known[line.source] = target.numbers[line.number] = number
            told = "it stands for no cell of this document, and is kept" if row in orphans else ""
            yield _told(row, line, "orphaned" if row in orphans else "taken", told, number)


def _matched(document: Document | None, lines: Mapping[int, Line]) -> tuple[dict[int, str], Container[int]]:
    """What each line is about in this document, by line, and the lines that match nothing in it."""
    if document is None:
        return {}, ()
    found, orphans = carried([_value(row, line) for row, line in lines.items()], document)
    return {one.number: one.key for one in found}, orphans


def _keep(session: Session, call: Call, target: _Target, line: Line, source: str) -> int:
    seen = {
        "imported": source,
        "from": {"number": line.number, "sha256": line.sha256, "person": line.person, "at": str(line.at or "")},
        "straight": line.straight,
    }
    undoes = None if line.undoes is None else target.numbers[line.undoes]
    said = Said(
        sha256=target.row.sha256, reading_id=target.row.reading_id, kind=line.kind, key=line.key, before=line.before,
        after=line.after, field=line.field, note=line.note, place=asdict(line.place) if line.place else {}, seen=seen,
        undoes=undoes,
    )  # fmt: skip
    return reviews.decide(session, call.who.id, said)


def _standing_in(line: Line, key: str, target: _Target) -> str:
    """Why a line cannot be taken as things stand here; empty if it can."""
    if target.document is None:
        return "its document is not read yet: import again then"
    if line.kind is DecisionKind.UNDO and (line.undoes is None or line.undoes not in target.numbers):
        return f"it takes back number {line.undoes or '?'}, which was not taken from this file"
    if line.kind in ENTRIES and key in target.entered:
        return "another person has entered this cell here, and a file does not stand in for a second look"
    return ""


def _refusal(line: Line, same: bool) -> str:
    """Why a line cannot be taken by itself; empty if it can."""
    if not line.key and line.kind is not DecisionKind.UNDO:
        return "key: what it is about"
    if line.kind in (DecisionKind.VALUE, DecisionKind.SOURCE_WRONG):
        return _no_amount(line.after)
    if line.kind is DecisionKind.LABEL and line.field not in LABELS:
        return f"field: one of {', '.join(LABELS)}"
    if line.kind is DecisionKind.STRUCTURE:
        return _no_structure(line, same)
    return _nothing_about(line) if line.kind is DecisionKind.DOCUMENT else ""


def _no_amount(text: str) -> str:
    try:
        amount(text)
    except ValueError:
        return f"“{text[:40]}” is no amount: a plain decimal, or nothing"
    return ""


def _no_structure(line: Line, same: bool) -> str:
    if not same:
        return "how a table is built holds for its own file only: look at this one"
    try:
        understood(line.field, line.after)
    except UnfitError as error:
        return f"after: {error}"
    return ""


def _nothing_about(line: Line) -> str:
    if line.field not in ABOUT:
        return f"field: one of {', '.join(ABOUT)}"
    if line.field == "kind" and line.after not in set(DocumentKind):
        return f"after: one of {', '.join(DocumentKind)}"
    return ""


def _value(row: int, line: Line) -> Decision:
    return Decision(row, line.kind, line.key, line.after, field=line.field, place=line.place)


def _places(document: Document) -> dict[str, Place]:
    """Where each cell of a document stands."""
    return {cell.cell_id: place_in(table, cell) for table in document.tables for cell in table.cells}


def _told(row: int, line: Line | None, outcome: _Outcome, reason: str = "", decision: int | None = None) -> RowOut:
    number = line.number if line else None
    name = line.document if line else ""
    return RowOut(row=row, number=number, document=name, outcome=outcome, reason=reason, decision=decision)


def _sum(rows: list[RowOut]) -> ImportOut:
    counts = {
        name: sum(one.outcome == name for one in rows) for name in ("taken", "already there", "orphaned", "refused")
    }
    return ImportOut(
        taken=counts["taken"], already_there=counts["already there"], orphaned=counts["orphaned"],
        refused=counts["refused"], rows=rows,
    )  # fmt: skip
