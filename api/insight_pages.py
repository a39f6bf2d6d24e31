"""The page of figures about reviewing, its charts to take away, and the form for the policy of a batch."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Form
from pydantic import BeforeValidator
from starlette.responses import HTMLResponse, Response

from api.charts import percent
from api.deps import Calls, Reads, Writes, allowed
from api.errors import ProblemError, missing
from api.insight import REVIEWERS, insight_into, set_policy
from api.insight_charts import NAMES, charts
from api.insight_schemas import PolicyAsked
from api.languages import language
from api.pages import checked, to
from api.rendering import render, words
from api.schemas import After, IdPath
from models.archive import Role
from models.store import listing, people

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_BATCHES = 200
_Text = Annotated[str, Form(max_length=40)]
_Chosen = Annotated[After, BeforeValidator(lambda sent: sent or None)]
"""A number, or nothing, which a form sends as an empty text."""


@router.get("/insight")
@allowed(*REVIEWERS)
def insight_page(call: Calls, session: Reads, batch: _Chosen = None, reviewer: _Chosen = None) -> Response:
    """Figures about reviewing, as tables and charts that stand in a report."""
    found = insight_into(session, call.who, batch, reviewer)
    t = partial(words, language(call.request))
    everybody = people.users(session) if call.who.role is Role.ADMIN else [call.who.user]
    values = {
        "found": found,
        "charts": charts(found, t),
        "batches": listing.batches(session, call.who.user, _BATCHES),
        "reviewers": [user for user in everybody if user.role != Role.UPLOADER],
        "percent": percent,
    }
    return render(call.request, "insight.html", values)


@router.get("/insight/{name}.svg")
@allowed(*REVIEWERS)
def chart_file(call: Calls, session: Reads, name: str, batch: _Chosen = None, reviewer: _Chosen = None) -> Response:
    """A chart by itself, as a file."""
    found = insight_into(session, call.who, batch, reviewer)
    chart = charts(found, partial(words, language(call.request))).get(name)
    if name not in NAMES or chart is None:
        raise missing("chart")
    page = render(call.request, "chart_file.html", {"chart": chart, "found": found})
    headers = {"content-disposition": f'attachment; filename="{name}.svg"'}
    return Response(page.body, media_type="image/svg+xml", headers=headers)


@router.post("/batches/{batch_id}/policy")
@allowed(*REVIEWERS)
def new_policy(  # noqa: PLR0913  # each is a field of the form
    call: Calls, session: Writes, batch_id: IdPath, *, above_yuan: _Text = "", flagged: _Text = "", sample: _Text = ""
) -> Response:
    """Change the policy of a batch, from the form on its page; shares come in percent."""
    amount = _number(above_yuan, "amount") if above_yuan.strip() else None
    asked = checked(
        PolicyAsked, above_yuan=amount, flagged_share=_part(flagged), sample_share=_part(sample)
    )  # fmt: skip
    set_policy(session, call, batch_id, asked)
    return to(f"/batches/{batch_id}", did="policy")


def _part(text: str) -> Decimal:
    """A share from percent. Raises ProblemError 422 for one that is none."""
    if not text.strip():
        return Decimal(0)
    share = _number(text.replace("%", "").replace("％", ""), "share") / 100
    if not 0 <= share <= 1:
        raise ProblemError(422, "not as it should be", f"“{text[:20]}” is no share: enter 0 to 100 percent")
    return share


def _number(text: str, what: str) -> Decimal:
    plain = text.strip().replace(",", "").replace("，", "")
    try:
        found = Decimal(plain)
    except InvalidOperation as error:
        raise _no_number(text, what) from error
    if not found.is_finite() or found < 0:
        raise _no_number(text, what)
    return found


def _no_number(text: str, what: str) -> ProblemError:
    wanted = "a share in percent, 0 to 100" if what == "share" else "an amount in yuan, or nothing"
    return ProblemError(422, "not as it should be", f"“{text[:20]}” is no number: enter {wanted}")
