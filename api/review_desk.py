"""A decision and what follows from it, in one transaction: kept, settled again, and what that changed told.

Whoever decides about a document holds its reading meanwhile: of two who decide at once the second is told what the
first one said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from typing import Any

from api.deps import Call
from api.entered import checked
from api.errors import ProblemError, missing
from api.question_view import is_straight, labels_of, plain
from api.review_schemas import DecisionAsked, DecisionOut
from api.shelf import Settled, Shelf, Spot
from models import rows
from models.blobs import StoreError
from models.db import DatabaseAwayError, Session
from models.decisions import BLIND, DecisionKind, Place, Review
from models.document import Extraction
from models.learned import known
from models.packing import pack
from models.store import asking, batches, people, readings, results, reviews
from models.store.reviews import Said
from models.summaries import outcome, question_lines, summary
from worker.core import entries
from worker.core.carried import place_in
from worker.core.restructure import anchor
from worker.core.settle import settle

_VERSION = version("jiaokan")


@dataclass(frozen=True, slots=True)
class Open:
    """A settled document at hand: its rows, what it was settled to, and all that was said about it."""

    document: rows.Document
    reading: rows.Reading
    kept: rows.Extraction
    settled: Settled
    said: Sequence[rows.Decision]


def open_document(session: Session, call: Call, document_id: int, *, hold: bool = False) -> Open:
    """A document that can be reviewed. Raises ProblemError: 404, and 409 for one that is not settled, or cancelled."""
    document = batches.document_for(session, document_id, call.who.user)
    if document is None:
        raise missing("document")
    if document.cancelled_at is not None:
        raise ProblemError(409, "cancelled", "this document was cancelled: nothing more is decided about it")
    found = readings.hold(session, document.reading_id) if hold else session.get(rows.Reading, document.reading_id)
    kept = results.extraction_of(session, document.reading_id)
    if found is None or kept is None or found.document is None:
        raise ProblemError(409, "not settled", "this document is being read: wait until it is settled")
    said = reviews.decisions_on(session, document.sha256)
    return Open(document, found, kept, shelf(call).settled(kept.blob), said)


def shelf(call: Call) -> Shelf:
    """The documents at hand in this process."""
    found: Shelf = call.request.app.state.shelf
    return found


def decide(session: Session, call: Call, document_id: int, asked: DecisionAsked) -> DecisionOut:
    """Keep a decision, settle again, and say what changed. Raises ProblemError: 404, 409 and 422."""
    found = open_document(session, call, document_id, hold=True)
    before = [one for one in found.said if asked.idempotency and one.sent_as == asked.idempotency]
    if any(one.user_id == call.who.id for one in before):
        return _told(session, found, before[0], {}, again=True)
    if asked.reading is not None and asked.reading != found.reading.id:
        raise ProblemError(409, "read again", "this document was read again meanwhile: look at it anew")
    said = _taken_back(found, call, asked) if asked.kind is DecisionKind.UNDO else _said(found, asked)
    _check_seen(session, found, asked)
    _check_doubted(found, asked, said.after)
    known = _questions(session, found)
    number = reviews.decide(session, call.who.id, said)
    _settle(session, call, found, number)
    row = session.get_one(rows.Decision, number)
    return _told(session, found, row, known, again=False)


def subject(kind: str, key: str, field: str) -> str:
    """What a decision is about: of two about the same, the second has to know of the first."""
    return f"{key}/{field}" if kind in (DecisionKind.LABEL, DecisionKind.DOCUMENT) else key


def last_said(said: Sequence[rows.Decision]) -> Mapping[str, int]:
    """The number of the last decision about each thing."""
    return {subject(one.kind, one.key, one.field): one.id for one in said}


def standing(said: Sequence[rows.Decision]) -> list[rows.Decision]:
    """The decisions that were not taken back."""
    stand = {one.number for one in entries.standing(map(reviews.as_value, said))}
    return [one for one in said if one.id in stand]


def _check_seen(session: Session, found: Open, asked: DecisionAsked) -> None:
    """Raise ProblemError 409 if something was said of it that the person has not seen."""
    if asked.seen is None:
        return
    about = subject(asked.kind, asked.key, asked.field)
    last = next((one for one in reversed(found.said) if subject(one.kind, one.key, one.field) == about), None)
    if last is None or last.id == asked.seen:
        return
    user = people.user_by_id(session, last.user_id)
    who = user.name if user else str(last.user_id)
    spot = found.settled.spots.get(asked.key)
    if last.kind == DecisionKind.UNDO:
        told = f"{who} took back what was said here"
    elif spot is not None and spot.cell.asks in BLIND:
        told = f"{who} has entered it, and another person is asked now"
    elif last.kind == DecisionKind.ILLEGIBLE:
        told = f"{who} found it illegible"
    else:
        told = f"{who} has entered “{last.after}”"
    raise ProblemError(409, "decided meanwhile", f"{told}: look at it again")


def _check_doubted(found: Open, asked: DecisionAsked, after: str) -> None:
    """Raise ProblemError 409 for an answer to what the sums have answered otherwise since."""
    spot = found.settled.spots.get(asked.key)
    if not asked.doubted or spot is None or spot.cell.asks is not None:
        return
    now = plain(spot.cell.value)
    if asked.kind is not DecisionKind.VALUE or entries.amount(after) != entries.amount(now):
        raise ProblemError(409, "answered meanwhile", f"the sums have answered this: it is “{now}”: look at it again")


def _said(found: Open, asked: DecisionAsked) -> Said:
    """A decision with what was there before, where it stands and what was seen."""
    spot = found.settled.spots.get(asked.key)
    after = checked(asked, spot)
    place: Mapping[str, Any] = {}
    seen: dict[str, Any] = {"extraction": found.kept.blob}
    before = ""
    if spot is not None:
        cell = spot.cell
        before = plain(cell.value)
        if asked.kind is DecisionKind.LABEL:
            before = labels_of(spot.table, cell.cell.row)[asked.field]
        place = asdict(place_of(spot))
        seen |= {
            "straight": is_straight(cell), "value": plain(cell.value), "status": cell.status.value,
            "asks": cell.asks.value if cell.asks else "", "reason": cell.reason,
            "alternatives": list(cell.alternatives), "confidence": cell.confidence,
        }  # fmt: skip
    elif asked.kind is DecisionKind.STRUCTURE:
        place = asdict(_structure_place(found, asked))
    elif asked.kind is DecisionKind.DOCUMENT:
        whole = found.settled.extraction
        before = {"entity": whole.entity, "year": whole.year, "kind": whole.kind.value}.get(asked.field, "")
    return Said(
        sha256=found.document.sha256, reading_id=found.reading.id, kind=asked.kind, key=asked.key, before=before,
        after=after, field=asked.field, note=asked.note, place=place, seen=seen, sent_as=asked.idempotency,
    )  # fmt: skip


def _structure_place(found: Open, asked: DecisionAsked) -> Place:
    """Where the row or cell stands that a change of structure is about, else its table."""
    spot = found.settled.spots.get(anchor(asked.field, asked.after))
    if spot is not None:
        return place_of(spot)
    tables = (one.table for one in found.settled.extraction.tables)
    table = next((one for one in tables if one.code == asked.key), None)
    if table is None:
        return Place(table_code=asked.key)
    return Place(form=table.form, table_code=table.code, page=next(iter(table.pages), 0))


def place_of(spot: Spot) -> Place:
    """Where a cell stands, to find it in another reading."""
    return place_in(spot.table.table, spot.cell.cell)


def _taken_back(found: Open, call: Call, asked: DecisionAsked) -> Said:
    """A taking back of one's own decision, if nobody has said something of the same since."""
    first = next((one for one in found.said if one.id == asked.undoes), None)
    if first is None or first.kind == DecisionKind.UNDO:
        raise ProblemError(404, "not found", "there is no such decision about this document")
    if first.user_id != call.who.id and call.who.role != "admin":
        raise ProblemError(403, "not yours", "only who decided, or an admin, takes a decision back")
    if any(one.undoes == first.id for one in found.said):
        raise ProblemError(409, "taken back before", "this decision was taken back already")
    about = subject(first.kind, first.key, first.field)
    later = [
        one
        for one in standing(found.said)
        if one.id > first.id and one.user_id != first.user_id and subject(one.kind, one.key, one.field) == about
    ]
    if later:
        raise ProblemError(409, "decided meanwhile", "another person has said something of it since: look at it again")
    return Said(
        sha256=found.document.sha256, reading_id=found.reading.id, kind=DecisionKind.UNDO, key=first.key,
        field=first.field, before=first.after, after="", note=asked.note, undoes=first.id, sent_as=asked.idempotency,
    )  # fmt: skip


def _settle(session: Session, call: Call, found: Open, number: int) -> None:
    """Settle with all that was said. Raises ProblemError 422 for a decision that fits nothing in the document."""
    at_hand = shelf(call)
    extraction = _reckoned(call, found.reading.id, found.reading.document or "", _review(session, call, found))
    if number in extraction.orphans:
        raise ProblemError(422, "does not fit", "this fits no cell or table of the document: look at it again")
    new, packed = Settled(extraction), pack(extraction)
    blob = call.kit.blobs.put_bytes(packed).sha256
    kept = results.Settled(
        blob=blob, outcome=outcome(extraction), summary=summary(extraction, found.kept.origin),
        cells=new.lines, questions=tuple(question_lines(extraction)), decision_id=number,
        version=_VERSION, asked_at=found.reading.settle_asked_at or found.reading.created_at,
    )  # fmt: skip
    before = found.settled.lines if found.kept.version == _VERSION else None
    results.keep_result(session, found.reading.id, kept, before)
    at_hand.put(blob, len(packed), new, found.settled)


def settle_ahead(call: Call, document_id: int) -> None:
    """Settle a document that somebody looks at, so that the first decision about it takes no longer than the next."""
    with suppress(ProblemError, DatabaseAwayError, StoreError):
        with call.kit.database.snapshot() as session:
            found = open_document(session, call, document_id)
            reading, blob, review = found.reading.id, found.reading.document or "", _review(session, call, found)
        if shelf(call).is_new(reading):
            _reckoned(call, reading, blob, review)


def _review(session: Session, call: Call, found: Open) -> Review:
    """All that was said of a document, and what the archive taught."""
    return replace(reviews.review_of(session, found.document.sha256), learned=known(call.kit.settings.learned))


def _reckoned(call: Call, reading_id: int, blob: str, review: Review) -> Extraction:
    """What a reading is settled to; the last time it was in this process makes it quick."""
    document = shelf(call).document(blob)
    with shelf(call).memo(reading_id) as memo:
        return settle(document, call.kit.settings.target_errors / 10_000, review=review, memo=memo)


def _told(session: Session, found: Open, row: rows.Decision, known: Mapping[str, int], *, again: bool) -> DecisionOut:
    """What came of a decision; `known` are the questions that were open before, by key."""
    now = _questions(session, found)
    question = asking.question_about(session, found.reading.id, row.key)
    if question is not None and not again:
        asking.release(session, question.id, row.user_id)
    return DecisionOut(
        decision=row.id,
        again=again,
        question=question.id if question else None,
        answered=row.key not in now,
        settled=sorted(number for key, number in known.items() if key not in now and key != row.key),
        opened=[] if again else sorted(number for key, number in now.items() if key not in known and key != row.key),
        left=len(now),
    )


def _questions(session: Session, found: Open) -> dict[str, int]:
    return {one.key: one.id for one in reviews.questions_of(session, found.reading.id)}
