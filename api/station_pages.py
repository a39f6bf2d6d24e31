"""The pages of the review station: the queue, and the screen on which one question is answered."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, Response

from api.deps import Calls, Reads, allowed
from api.languages import language
from api.pages import checked
from api.questions import REVIEWERS, some_questions
from api.rendering import catalogue, render
from api.review_schemas import FilterAsked
from api.schemas import After, Filter
from models.decisions import Asks
from models.document import DocumentKind
from models.forms import all_forms

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_FEN = 100
_Yuan = Annotated[str, Query(max_length=20, pattern=r"^\d{0,16}$")]
_TOLD = "station.js."
"""How the names of texts begin that scripts of the station say."""


def _filter(batch: int | None, form: str, asks: str, entity: str, bounds: tuple[str, str]) -> FilterAsked:
    least, most = (int(one) * _FEN if one else None for one in bounds)
    kind = asks if asks in set(Asks) else None
    return checked(FilterAsked, batch=batch, form=form, asks=kind, entity=entity, least=least, most=most)


def _values(call: Calls, asked: FilterAsked) -> dict[str, Any]:
    spoken = language(call.request)
    chosen = asked.model_dump(mode="json", exclude_none=True, exclude={"skip"}, exclude_defaults=True)
    yuan: dict[str, int] = {name: chosen[name] // _FEN for name in ("least", "most") if name in chosen}
    empty = dict.fromkeys(("batch", "form", "asks", "entity", "least", "most"), "")
    return {
        "chosen": {**empty, **chosen, **yuan},
        "asked": chosen,
        "query": urlencode({**chosen, **yuan}),
        "forms": all_forms(),
        "kinds": [kind.value for kind in Asks],
        "document_kinds": [kind.value for kind in DocumentKind],
        "texts": {key.removeprefix(_TOLD): text[spoken] for key, text in catalogue().items() if key.startswith(_TOLD)},
    }


@router.get("/review")
@allowed(*REVIEWERS)
def station(  # noqa: PLR0913  # each is a query parameter
    call: Calls, *, batch: After = None, form: Filter = "", asks: Filter = "", entity: Filter = "",
    least: _Yuan = "", most: _Yuan = "",
) -> Response:  # fmt: skip
    """One question after the other, by keyboard."""
    asked = _filter(batch, form, asks, entity, (least, most))
    return render(call.request, "station.html", _values(call, asked))


@router.get("/review/queue")
@allowed(*REVIEWERS)
def queue(  # noqa: PLR0913  # each is a query parameter
    call: Calls, session: Reads, *, batch: After = None, form: Filter = "", asks: Filter = "", entity: Filter = "",
    least: _Yuan = "", most: _Yuan = "",
) -> Response:  # fmt: skip
    """The questions that wait, and who looks at which."""
    asked = _filter(batch, form, asks, entity, (least, most))
    found = some_questions(session, call, asked)
    return render(call.request, "queue.html", {**_values(call, asked), "questions": found})
