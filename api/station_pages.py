"""The pages of the review station: the queue, and the screen on which one question is answered."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from pydantic import BaseModel, BeforeValidator, StringConstraints
from starlette.responses import HTMLResponse, Response

from api.batches import one_document
from api.deps import Calls, Reads, allowed
from api.languages import language
from api.pages import checked
from api.questions import REVIEWERS, some_questions
from api.rendering import catalogue, render
from api.review_schemas import FilterAsked, Text
from api.schemas import Number
from models.decisions import Asks
from models.document import DocumentKind
from models.forms import all_forms
from models.store import listing

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_FEN = 100
_BATCHES = 200
_Yuan = Annotated[str, StringConstraints(pattern=r"^\d{0,16}$")]


def _sent(text: object) -> object:
    """The number that a form sends as text, none where it was left empty."""
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() else text or None


_Number = Annotated[Number | None, BeforeValidator(_sent)]
_TOLD = "station.js."
"""How the names of texts begin that scripts of the station say."""


class Chosen(BaseModel):
    """Which questions, as the form of the queue sends it: amounts in yuan, and what is left open empty."""

    batch: _Number = None
    document: _Number = None
    form: Text = ""
    asks: Text = ""
    entity: Text = ""
    least: _Yuan = ""
    most: _Yuan = ""

    @property
    def asked(self) -> FilterAsked:
        """The same for the queue; a kind of doubt that there is not is none."""
        least, most = (int(one) * _FEN if one else None for one in (self.least, self.most))
        kind = self.asks if self.asks in set(Asks) else None
        wanted = self.model_dump(include={"batch", "document", "form", "entity"})
        return checked(FilterAsked, **wanted, asks=kind, least=least, most=most)


_Chosen = Annotated[Chosen, Query()]


def _values(call: Calls, chosen: Chosen) -> dict[str, Any]:
    spoken = language(call.request)
    wanted = {name: value for name, value in chosen.model_dump().items() if value}
    return {
        "chosen": chosen,
        "asked": chosen.asked.model_dump(mode="json", exclude={"skip"}, exclude_defaults=True),
        "query": urlencode(wanted),
        "forms": all_forms(),
        "kinds": [kind.value for kind in Asks],
        "document_kinds": [kind.value for kind in DocumentKind],
        "texts": {key.removeprefix(_TOLD): text[spoken] for key, text in catalogue().items() if key.startswith(_TOLD)},
    }


@router.get("/review")
@allowed(*REVIEWERS)
def station(call: Calls, chosen: _Chosen) -> Response:
    """One question after the other, by keyboard."""
    return render(call.request, "station.html", _values(call, chosen))


@router.get("/review/queue")
@allowed(*REVIEWERS)
def queue(call: Calls, session: Reads, chosen: _Chosen) -> Response:
    """The questions that wait, and who looks at which."""
    only = one_document(session, call.who, chosen.document) if chosen.document else None
    values = _values(call, chosen) | {
        "questions": some_questions(session, call, chosen.asked),
        "batches": listing.batches(session, call.who.user, _BATCHES),
        "only": only,
    }
    return render(call.request, "queue.html", values)
