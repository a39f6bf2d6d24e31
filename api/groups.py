"""Group verification: cells that are doubtful alike on one screen, confirmed at once but those a person picks out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from itertools import groupby
from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import HTMLResponse, Response

from api.batches import one_batch, one_document
from api.deps import Call, Calls, Reads, Writes, allowed
from api.errors import ProblemError
from api.languages import language
from api.question_view import is_straight, plain
from api.rendering import render, words
from api.review_desk import Open, open_document, place_of
from api.review_schemas import Sent
from api.schemas import After, Asked, Filter, Number, Value
from models.archive import Role
from models.db import Session, after_commit
from models.decisions import DecisionKind
from models.queue import Priority, Task
from models.rows import Document, Question
from models.store import groups, readings, reviews
from models.store.groups import Alike, Scope
from models.store.reviews import Said

router = APIRouter(prefix="/api", tags=["review"])
pages = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
REVIEWERS = (Role.REVIEWER, Role.ADMIN)
_SHOWN = 48
_MOST = 100
_SENT = 64


class GroupAsked(Asked):
    """Questions about cells whose value, as read, is what the paper prints."""

    questions: list[Number] = Field(min_length=1, max_length=_MOST, examples=[[7, 9, 12]])
    values: list[str] = Field(
        default_factory=list, max_length=_MOST, examples=[["35923.87", "33205.59", ""]],
        description="What was shown for each of them; a cell that has another value since is skipped.",
    )  # fmt: skip
    idempotency: Sent | None = Field(default=None, examples=["b7c1f0aa42d94f6e"])


class GroupOut(Value):
    """How many cells were confirmed, and the questions that were not: answered meanwhile, or asked otherwise now."""

    decided: int = Field(examples=[46])
    skipped: list[int] = Field(examples=[[9]])


@pages.get("/groups")
@allowed(*REVIEWERS)
def groups_page(  # noqa: PLR0913  # each is a query parameter
    call: Calls, session: Reads, *, batch: After = None, document: After = None,
    pair: Filter = "", asks: Filter = "", raw: Filter = "",
) -> Response:  # fmt: skip
    """The groups of a batch, of a document or of all, and the cells of one of them."""
    scope = Scope(batch, document)
    found = groups.groups(session, scope)
    known = [group.alike for group in found]
    wanted = Alike(pair, asks, raw)
    chosen = wanted if wanted in known else next(iter(known), None)
    values = {
        "scope": scope,
        "batch": one_batch(session, call.who, batch) if batch else None,
        "document": one_document(session, call.who, document) if document else None,
        "groups": found,
        "chosen": chosen,
        "members": groups.members(session, scope, chosen, call.who.id, _SHOWN) if chosen else [],
        "texts": _texts(call),
    }
    return render(call.request, "groups.html", values)


@router.post("/groups/decisions", summary="Confirm many cells at once")
@allowed(*REVIEWERS)
def post_group(session: Writes, call: Calls, asked: GroupAsked) -> GroupOut:
    """One decision for each cell; their documents are settled again by workers, those with most at stake first."""
    confirmed: list[int] = []
    shown = dict(zip(asked.questions, asked.values, strict=False))
    found = groups.open_ones(session, Scope(), asked.questions)
    ours = [one for one in found if shown.get(one[0].id, one[0].look.get("value")) == one[0].look.get("value")]
    for _, some in groupby(ours, key=lambda one: one[0].reading_id):
        confirmed += _confirm(session, call, list(some), asked.idempotency)
    groups.close(session, confirmed)
    touched = sorted({question.reading_id for question, _ in ours if question.id in confirmed})
    for reading_id in readings.ask_settling(session, touched):
        after_commit(session, partial(call.kit.send, Task.SETTLE, reading_id, priority=Priority.FINISH))
    return GroupOut(decided=len(confirmed), skipped=sorted(set(asked.questions) - set(confirmed)))


def _confirm(
    session: Session, call: Call, some: Sequence[tuple[Question, Document]], sent_as: str | None
) -> Iterator[int]:
    """Decide the cells of one document; the questions that were answered."""
    document = some[0][1]
    try:
        found = open_document(session, call, document.id, hold=True)
    except ProblemError:
        return
    key = f"{sent_as}-{document.id}"[-_SENT:] if sent_as else None
    before = {one.key for one in found.said if key and one.sent_as == key}
    for question, _ in some:
        said = None if question.key in before else _said(found, question, key)
        if said is not None:
            reviews.decide(session, call.who.id, said)
        if said is not None or question.key in before:
            yield question.id


def _said(found: Open, question: Question, sent_as: str | None) -> Said | None:
    """That a cell prints what was read; None if it does not say any more what the person was shown."""
    spot = found.settled.spots.get(question.key)
    if spot is None or plain(spot.cell.value) != question.look.get("value"):
        return None
    cell = spot.cell
    seen = {
        "extraction": found.kept.blob, "group": question.pair or question.raw, "straight": is_straight(cell),
        "value": plain(cell.value), "status": cell.status.value, "asks": question.asks, "reason": cell.reason,
        "confidence": cell.confidence,
    }  # fmt: skip
    return Said(
        sha256=found.document.sha256, reading_id=found.reading.id, kind=DecisionKind.VALUE, key=question.key,
        before=plain(cell.value), after=plain(cell.value), place=asdict(place_of(spot)), seen=seen, sent_as=sent_as,
    )  # fmt: skip


def _texts(call: Call) -> dict[str, Any]:
    t = partial(words, language(call.request))
    return {
        "confirm": t("groups.confirm"),
        "confirmed": t("groups.confirmed"),
        "skipped": t("groups.skipped"),
        "offline": t("groups.offline"),
        "drawing": t("station.js.drawing"),
        "noPicture": t("page.none"),
    }
