"""The queue of the review station as JSON: the next question, a question, who looks at it, what is decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Path, Query

from api import question_view as seen
from api.deps import Call, Calls, Reads, Writes, allowed
from api.errors import ProblemError, missing
from api.people import names
from api.pictures import page_of
from api.review_desk import Open, decide, last_said, open_document, settle_ahead, shelf, standing, subject
from api.review_schemas import (
    DecisionAsked,
    DecisionOut,
    DocumentRef,
    FilterAsked,
    HolderOut,
    LastOut,
    NextOut,
    PlaceOut,
    QuestionOut,
    SaidOut,
    WaitingOut,
    WitnessOut,
)
from api.schemas import After, Filter, IdPath
from api.shelf import Spot
from api.table_view import names_of
from models.archive import Role
from models.db import Session
from models.decisions import BLIND, Asks, DecisionKind
from models.document import Document, Origin
from models.geometry import Mesh
from models.rows import Batch, Question
from models.store import asking, listing, pictures, reviews
from models.store.asking import QuestionFilter
from models.store.pages import PageKey

router = APIRouter(prefix="/api", tags=["review"])
REVIEWERS = (Role.REVIEWER, Role.ADMIN)
_LISTED = 50
_CellId = Annotated[str, Path(max_length=100)]
_Amount = Annotated[int | None, Query(ge=0, le=10**18, description="In fen.")]


def question_filter(session: Session, call: Call, asked: FilterAsked) -> QuestionFilter:
    """What the queue is asked for. Raises ProblemError 404 for a document that is not there."""
    reading = open_document(session, call, asked.document).reading.id if asked.document is not None else None
    return QuestionFilter(
        asked.batch, reading, asked.form, asked.asks.value if asked.asks else "", asked.entity, asked.least,
        asked.most, tuple(asked.skip),
    )  # fmt: skip


def one_question(session: Session, call: Call, question: Question, batch_id: int | None = None) -> QuestionOut:
    """A question as its screen shows it. Raises ProblemError 409 where its document is no longer what it was."""
    document = asking.document_of(session, {question.reading_id}, batch_id).get(question.reading_id)
    if document is None:
        told = "the document was cancelled or read again since: its questions are others now"
        raise ProblemError(409, "no longer asked", told)
    found = open_document(session, call, document.id)
    spot = found.settled.spots.get(question.key)
    blind = question.closed_at is None and question.asks in BLIND
    about = question.key if spot else subject(DecisionKind.DOCUMENT, question.key, "accepted")
    base = QuestionOut(
        id=question.id, key=question.key, open=question.closed_at is None, asks=Asks(question.asks or Asks.UNSURE),
        reason=question.reason, worth=question.worth, reading=question.reading_id, blind=blind,
        document=_document(session, found), missing=seen.missing_form(question.key),
        seen=last_said(found.said).get(about, 0), said=[] if blind else _said(session, call, found, about),
        holder=_holder(session, call, question.id), page=page_of(session, document, question.page or 1),
    )  # fmt: skip
    return base if spot is None else base.model_copy(update=_cell(session, call, found, spot))


def _cell(session: Session, call: Call, found: Open, spot: Spot) -> dict[str, object]:
    """What a question about a cell shows besides."""
    cell, table = spot.cell, spot.table
    labels, reading = table.rows[cell.cell.row], cell.cell.reading
    mesh = _mesh(session, call, found, reading.page)
    settled, extraction = found.settled, found.settled.extraction
    document = shelf(call).document(found.reading.document or "")
    dump = found.kept.origin == Origin.TEXT_DUMP
    return {
        "table": table.table.code, "table_page": _page_of_table(found, document, spot),
        "title": table.table.title, "unit": table.table.unit,
        "code": labels.code, "row": labels.name, "line_no": labels.line_no, "column": seen.column_name(spot),
        "raw": reading.text, "value": seen.plain(cell.value), "status": cell.status.value,
        "alternatives": seen.amounts(cell), "balances": seen.balances(settled, cell.cell.cell_id),
        "place": seen.place(reading, mesh), "mates": seen.mates(spot, mesh),
        "lines": seen.lines_around(document, spot) if dump else [],
        "witnesses": [
            *seen.witnesses(settled, spot, found.document.id, document),
            *_last_year(session, found, spot, extraction.year),
        ],
        "columns": seen.columns_of(spot), "rows": seen.rows_around(spot, last_said(found.said)),
    }  # fmt: skip


def _page_of_table(found: Open, document: Document, spot: Spot) -> str:
    extraction = found.settled.extraction
    named = zip(names_of(document, extraction), extraction.tables, strict=True)
    return next(name for name, table in named if table is spot.table)


def _mesh(session: Session, call: Call, found: Open, page: int) -> Mesh | None:
    row = pictures.page_of(session, PageKey(found.reading.id, page))
    return shelf(call).mesh(row.blob) if row is not None and row.blob else None


def _document(session: Session, found: Open) -> DocumentRef:
    row, whole = found.document, found.settled.extraction
    batch = session.get_one(Batch, row.batch_id)
    return DocumentRef(
        id=row.id, name=row.name, batch=batch.id, batch_name=batch.name, entity=whole.entity, year=whole.year,
        kind=whole.kind.value, pages=found.reading.page_count or 0,
    )  # fmt: skip


def _last_year(session: Session, found: Open, spot: Spot, year: str) -> list[WitnessOut]:
    """The same figure in the report of the year before."""
    entity = found.settled.extraction.entity
    like = listing.cell_of(session, found.reading.id, spot.cell.cell.cell_id)
    if not entity or not year.isdigit() or like is None or not spot.table.table.form:
        return []
    before = listing.figure_of(session, entity, str(int(year) - 1), like)
    if before is None:
        return []
    document, cell = before
    text = f"{int(year) - 1} {cell.table_code} {cell.row_name or cell.row_code} · {cell.column_name}"
    agrees = cell.value == seen.plain(spot.cell.value)
    return [
        WitnessOut(
            kind="last-year", document=document.id, cell=cell.cell_id, text=text, value=cell.value, agrees=agrees,
            page=cell.page,
        )
    ]  # fmt: skip


def _said(session: Session, call: Call, found: Open, about: str) -> list[SaidOut]:
    mine = [one for one in found.said if subject(one.kind, one.key, one.field) == about and one.kind != "undo"]
    stands = {one.id for one in standing(found.said)}
    who = names(session, [one.user_id for one in mine])
    return [
        SaidOut(
            number=one.id, who=who.get(one.user_id, ""), mine=one.user_id == call.who.id, at=one.at,
            kind=DecisionKind(one.kind), after=one.after, note=one.note, undone=one.id not in stands,
        )
        for one in mine
    ]  # fmt: skip


def _holder(session: Session, call: Call, question_id: int) -> HolderOut | None:
    held = asking.claimed_by(session, question_id)
    return None if held is None else HolderOut(who=held[1], mine=held[0] == call.who.id, until=held[2])


@router.post("/questions/next", summary="The next question")
@allowed(*REVIEWERS)
def next_question(session: Writes, call: Calls, asked: FilterAsked, later: BackgroundTasks) -> NextOut:
    """The one worth most that fits and nobody else looks at; it is yours for 15 minutes."""
    question = asking.next_question(session, call.who.id, question_filter(session, call, asked))
    if question is None:
        return NextOut(question=None)
    shown = one_question(session, call, question, asked.batch)
    later.add_task(settle_ahead, call, shown.document.id)
    return NextOut(question=shown)


@router.get("/questions", summary="Questions that wait")
@allowed(*REVIEWERS)
def list_questions(  # noqa: PLR0913  # each is a query parameter
    session: Reads, call: Calls, *, batch: After = None, form: Filter = "", asks: Asks | None = None,
    entity: Filter = "", least: _Amount = None, most: _Amount = None,
) -> list[WaitingOut]:  # fmt: skip
    """Those worth most, with who is looking at them."""
    asked = FilterAsked(batch=batch, form=form, asks=asks, entity=entity, least=least, most=most)
    return some_questions(session, call, asked)


def some_questions(session: Session, call: Call, asked: FilterAsked) -> list[WaitingOut]:
    """Questions that wait, those worth most first."""
    found = asking.waiting(session, call.who.id, question_filter(session, call, asked), _LISTED)
    return [
        WaitingOut(
            id=one.question.id, document=one.document.id, name=one.document.name, form=one.question.form,
            table=one.question.table_code, page=one.question.page, asks=one.question.asks,
            reason=one.question.reason, worth=one.question.worth, fen=one.question.fen, who=one.person,
            until=one.until,
        )
        for one in found
    ]  # fmt: skip


@router.get("/questions/{question_id:int}", summary="A question")
@allowed(*REVIEWERS)
def show_question(session: Reads, call: Calls, question_id: IdPath) -> QuestionOut:
    """Open or answered; looking at it this way does not keep others from it."""
    return one_question(session, call, _question(session, question_id))


@router.get("/documents/{document_id}/cells/{cell_id}/place", summary="Where a cell stands")
@allowed(*REVIEWERS)
def show_place(session: Reads, call: Calls, document_id: IdPath, cell_id: _CellId) -> PlaceOut:
    """On the page as filed, and on the straightened one."""
    found = open_document(session, call, document_id)
    spot = found.settled.spots.get(cell_id)
    if spot is None:
        raise missing("cell")
    reading = spot.cell.cell.reading
    return seen.place(reading, _mesh(session, call, found, reading.page))


@router.post("/questions/{question_id}/claim", summary="Look at a question")
@allowed(*REVIEWERS)
def claim_question(session: Writes, call: Calls, question_id: IdPath) -> QuestionOut:
    """It is yours for 15 minutes from now on; 409 says who else looks at it."""
    question = _question(session, question_id)
    if not asking.claim(session, question.id, call.who.id):
        held = asking.claimed_by(session, question.id)
        raise ProblemError(409, "taken", f"{held[1] if held else '…'} is looking at this question: take another one")
    return one_question(session, call, question)


@router.delete("/questions/{question_id}/claim", status_code=204, summary="Leave a question to others")
@allowed(*REVIEWERS)
def release_question(session: Writes, call: Calls, question_id: IdPath) -> None:
    """As after skipping it, or when its page is left."""
    asking.release(session, question_id, call.who.id)


@router.post("/documents/{document_id}/decisions", summary="Decide")
@allowed(*REVIEWERS)
def post_decision(session: Writes, call: Calls, document_id: IdPath, asked: DecisionAsked) -> DecisionOut:
    """Kept for good, and the document settled again at once; what that changed is told."""
    return decide(session, call, document_id, asked)


@router.get("/decisions/last", summary="What can be taken back")
@allowed(*REVIEWERS)
def last_decision(session: Reads, call: Calls) -> LastOut:
    """Your last decision that still stands."""
    row = reviews.last_by(session, call.who.id)
    document = asking.document_of(session, {row.reading_id}).get(row.reading_id) if row else None
    if row is None or document is None:
        return LastOut(decision=0, document=0, key="")
    return LastOut(decision=row.id, document=document.id, key=row.key)


def _question(session: Session, question_id: int) -> Question:
    question = asking.question_of(session, question_id)
    if question is None:
        raise missing("question")
    return question
