"""The page of a table: the whole of it beside its pages, put right by keyboard; what was decided about it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import HTMLResponse, Response

from api.batches import one_document
from api.deps import Call, Calls, Reads, allowed
from api.errors import missing
from api.languages import language
from api.rendering import render, words
from api.review_desk import Open, last_said, open_document, shelf
from api.schemas import IdPath
from api.table_view import TableView, names_of, view
from models.archive import Role
from models.db import Session
from models.decisions import Asks, DecisionKind
from models.document import CellStatus, DocumentKind, SettledTable
from models.forms import all_forms
from models.store import people, reviews
from worker.core.restructure import table_names
from worker.core.structure_arguments import UNITS

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
REVIEWERS = (Role.REVIEWER, Role.ADMIN)
_OF_DOCUMENT = "document: "
_Code = Annotated[str, Path(max_length=40)]


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the page lists it; `cell` is the cell to go to, `takes_back`: who looks may take it back."""

    number: int
    kind: str
    field: str
    key: str
    cell: str
    place: str
    before: str
    after: str
    note: str
    who: str
    at: datetime
    undone: bool
    orphan: bool
    takes_back: bool


@router.get("/documents/{document_id}/tables/{code}")
@allowed()
def table_page(call: Calls, session: Reads, document_id: IdPath, code: _Code) -> Response:
    """A table of a document."""
    document = one_document(session, call.who, document_id)
    opened = open_document(session, call, document_id)
    extraction = opened.settled.extraction
    names = names_of(shelf(call).document(opened.reading.document or ""), extraction)
    now = table_names(one.table.code for one in extraction.tables)
    index = next((found.index(code) for found in (names, now) if code in found), None)
    if index is None:
        raise missing("table")
    found = view(extraction, index, names[index])
    table = found.settled.table
    form = next((one for one in all_forms() if one.code == table.form), None)
    may = call.who.role in REVIEWERS
    values = {
        "document": document,
        "view": found,
        "found": extraction,
        "others": [_other(name, one) for name, one in zip(names, extraction.tables, strict=True)],
        "forms": all_forms(),
        "units": UNITS,
        "kinds": [kind.value for kind in DocumentKind],
        "blocks": form.blocks if form else (),
        "canonical": form.columns if form else (),
        "may": may,
        "last": last_said(opened.said),
        "asked": {one.key: one.id for one in reviews.questions_of(session, opened.reading.id)} if may else {},
        "decided": list(_decided(session, call, opened, found)),
        "reading": opened.reading.id,
        "texts": _texts(call),
    }
    return render(call.request, "table.html", values)


def _other(name: str, settled: SettledTable) -> dict[str, Any]:
    flagged = sum(cell.status is CellStatus.FLAGGED for cell in settled.cells)
    return {"name": name, "title": settled.table.title, "flagged": flagged}


def _decided(session: Session, call: Call, opened: Open, shown: TableView) -> Iterator[Decided]:
    """What was decided about this table and the document, the newest first; and what is orphaned in it.

    Of a cell that another person is to enter blindly, nobody is shown what others entered.
    """
    undone = {one.undoes for one in opened.said if one.undoes}
    orphans = set(opened.settled.extraction.orphans)
    blind = {cell.cell.cell_id for cell in shown.settled.cells if cell.asks in (Asks.SECOND, Asks.THIRD)}
    for one in reversed(opened.said):
        kind, mine = DecisionKind(one.kind), one.user_id == call.who.id
        here = one.key in shown.keys or one.key == shown.name or kind is DecisionKind.DOCUMENT
        lost = one.id in orphans and one.place.get("table_code") in (shown.name, shown.settled.table.code)
        if kind is DecisionKind.UNDO or not (here or lost):
            continue
        user = people.user_by_id(session, one.user_id)
        hidden = one.key in blind and not mine
        yield Decided(
            number=one.id, kind=kind.value, field=one.field, key=one.key,
            cell=one.key if one.key in shown.keys else "", place=_place(one.place) or _question(one.key),
            before="" if hidden else one.before, after="…" if hidden else _after(kind, one.field, one.after),
            note=one.note, who=user.name if user else "", at=one.at, undone=one.id in undone,
            orphan=one.id in orphans, takes_back=mine or call.who.role is Role.ADMIN,
        )  # fmt: skip


def _place(place: Mapping[str, Any]) -> str:
    row = place.get("row_name") or place.get("row_code") or ""
    return " · ".join(filter(None, (row, place.get("column_name") or "")))


def _question(key: str) -> str:
    """What was asked of the document, where the decision is about that."""
    return key.removeprefix(_OF_DOCUMENT) if key.startswith(_OF_DOCUMENT) else ""


def _after(kind: DecisionKind, field: str, after: str) -> str:
    """What a decision says, in few words: of a structure decision the argument that matters."""
    if kind is not DecisionKind.STRUCTURE:
        return after
    try:
        said = json.loads(after)
    except ValueError:
        return ""
    shown = {"set-form": "form", "set-unit": "unit", "set-column": "name", "insert-row": "name"}
    if field in ("shift-row", "shift-column"):
        return f"{said.get('by', 0):+d}"
    return str(said.get(shown[field], "")) if field in shown else ""


def _texts(call: Call) -> dict[str, Any]:
    """What scripts of the page say, in the language of who asks."""
    t = partial(words, language(call.request))
    return {
        "statuses": {status.value: t(f"cell.{status.value}") for status in CellStatus},
        "labels": {field: t(f"label.{field}") for field in ("line_no", "row_code", "row_name")},
        "blank": t("cell.blank"),
        "row": t("row"),
        "take": t("detail.take"),
        "saved": t("saved"),
        "savedMore": t("saved.more"),
        "savedSecond": t("saved.second"),
        "offline": t("saved.offline"),
        "noDoubts": t("table.no-doubts"),
        "askEmpty": t("ask.empty"),
        "askDelete": t("ask.delete-row"),
        "page": t("page.number"),
        "noPicture": t("page.none"),
    }
