"""The pages about batches, documents and versions, made of what the JSON endpoints answer with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.actions import Action, act_on_batch, act_on_document
from api.batches import all_batches, cells_of, one_batch, one_document, open_batch, refused, some_documents
from api.charts import percent
from api.decision_files import orphans_of
from api.deps import CSRF_FIELD, Calls, Reads, Writes, allowed, check_csrf, csrf_in_stream, public
from api.errors import ProblemError
from api.exports import ask, some_exports
from api.insight import REVIEWERS, quality_of
from api.languages import LANGUAGE_COOKIE, LANGUAGES
from api.multipart import FormFiles
from api.rendering import SHARES, render, secure_cookies
from api.schemas import After, Asked, BatchAsked, ExportAsked, Filter, From, IdPath
from api.uploads import ANY_SIZE, take_form, upload_out
from models.archive import ExportFormat, State
from models.store import people, uploads
from models.store.listing import DocumentFilter
from worker.core.restructure import table_names

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
streams = APIRouter(include_in_schema=False, default_response_class=HTMLResponse, max_body_size=ANY_SIZE)
_ROWS = 50
_BATCHES = 20
_FLAGGED = 30
_LANGUAGE_SECONDS = 365 * 24 * 3600
_Asked = TypeVar("_Asked", bound=Asked)


def error_page(request: Request, problem: Mapping[str, Any]) -> Response:
    """A problem as a page."""
    return render(request, "error.html", {"problem": problem}, int(problem["status"]))


def to(path: str, **told: object) -> RedirectResponse:
    """On to a page of ours after something was done, which it tells."""
    return RedirectResponse(f"{path}?{urlencode(told)}" if told else path, 303)


@router.get("/")
@allowed()
def home(call: Calls, session: Reads, after: After = None) -> Response:
    """The batches."""
    found = all_batches(session, call.who, _BATCHES + 1, after)
    more = found[_BATCHES - 1].id if len(found) > _BATCHES else None
    return render(call.request, "batches.html", {"batches": found[:_BATCHES], "more": more, "first": after is None})


@router.post("/batches")
@allowed()
def new_batch(call: Calls, session: Writes, name: Annotated[str, Form(max_length=300)]) -> Response:
    """Open a batch and go to its page."""
    batch = open_batch(session, call, checked(BatchAsked, name=name))
    return to(f"/batches/{batch.id}")


@router.get("/batches/{batch_id}")
@allowed()
def batch_page(  # noqa: PLR0913  # each is a query parameter
    call: Calls, session: Reads, batch_id: IdPath, *, state: Filter = "", name: Filter = "", after: From = 0
) -> Response:
    """A batch: how far it is, its documents, what was refused."""
    wanted = State(state) if state in set(State) else None
    batch = one_batch(session, call.who, batch_id)
    found = some_documents(session, call.who, DocumentFilter(batch_id, wanted, name_contains=name), _ROWS + 1, after)
    waiting = [upload_out(session, upload) for upload in uploads.uploads(session, batch_id)]
    values = {
        "batch": batch,
        "documents": found[:_ROWS],
        "more": found[_ROWS - 1].id if len(found) > _ROWS else None,
        "refusals": refused(session, call.who, batch_id),
        "uploads": [upload for upload in waiting if upload.state != "taken"],
        "chosen": {"state": wanted.value if wanted else "", "name": name},
        "states": [one.value for one in SHARES],
        "formats": [one.value for one in ExportFormat],
        "quality": quality_of(session, call.who, batch_id) if call.who.role in REVIEWERS else None,
        "percent": percent,
    }
    return render(call.request, "batch.html", values)


@streams.post("/batches/{batch_id}/files")
@allowed()
@csrf_in_stream
async def sent_files(call: Calls, batch_id: IdPath) -> Response:
    """Files from the form of a browser without scripts, and what came of each."""
    files = FormFiles(call.request)
    check_csrf(call.who, (await files.before_files()).get(CSRF_FIELD, ""))
    outcomes = [outcome for outcome in await take_form(call, batch_id, files) if outcome.name != "?"]
    return render(call.request, "sent.html", {"batch_id": batch_id, "outcomes": outcomes})


@router.post("/batches/{batch_id}/{action}")
@allowed()
def batch_action(call: Calls, session: Writes, batch_id: IdPath, action: Action) -> Response:
    """Do something about all documents of a batch."""
    count = act_on_batch(session, call, batch_id, action)
    return to(f"/batches/{batch_id}", did=action.value, count=count)


@router.get("/documents/{document_id}")
@allowed()
def document_page(call: Calls, session: Reads, document_id: IdPath) -> Response:
    """A document: how far it is, what was found, which cells are asked about."""
    document = one_document(session, call.who, document_id)
    flagged = cells_of(session, call.who, document_id, {"flagged": True, "limit": _FLAGGED})
    values = {
        "document": document,
        "flagged": flagged,
        "tables": table_names(document.tables.split()),
        "orphans": orphans_of(session, call, document_id),
    }
    return render(call.request, "document.html", values)


@router.post("/documents/{document_id}/{action}")
@allowed()
def document_action(call: Calls, session: Writes, document_id: IdPath, action: Action) -> Response:
    """Do something about a document."""
    count = act_on_document(session, call, document_id, action)
    return to(f"/documents/{document_id}", did=action.value, count=count)


@router.get("/exports")
@allowed()
def exports_page(call: Calls, session: Reads, after: After = None) -> Response:
    """Frozen versions, and a form for a new one of everything."""
    found = some_exports(session, call.who, _ROWS + 1, after)
    more = found[_ROWS - 1].id if len(found) > _ROWS else None
    formats = [one.value for one in ExportFormat]
    return render(call.request, "exports.html", {"exports": found[:_ROWS], "more": more, "formats": formats})


@router.post("/exports")
@allowed()
def new_export(  # noqa: PLR0913  # each is a field of the form
    call: Calls, session: Writes, *, name: Annotated[str, Form(max_length=300)], format: Annotated[str, Form()],
    batch: Annotated[int | None, Form(ge=1)] = None, with_flagged: Annotated[str, Form()] = "",
    documents: Annotated[list[int] | None, Form()] = None, of: Annotated[str, Form()] = "",
) -> Response:  # fmt: skip
    """Have a version made: of the documents that are ticked, if the button says so, else of a batch or everything."""
    chosen = documents if of == "chosen" else None
    if of == "chosen" and not chosen:
        raise ProblemError(422, "nothing chosen", "tick the documents that are to be in the version")
    wanted = checked(
        ExportAsked, name=name, format=format, batch=None if chosen else batch, documents=chosen,
        with_flagged=bool(with_flagged),
    )  # fmt: skip
    ask(session, call, wanted)
    return to("/exports", did="export")


@router.post("/language")
@public
def choose_language(
    request: Request, session: Writes, spoken: Annotated[str, Form()], back: Annotated[str, Form()] = "/"
) -> Response:
    """Another language, for this browser and, if logged in, for the person."""
    chosen = spoken if spoken in LANGUAGES else LANGUAGES[0]
    if request.state.person is not None:
        people.set_language(session, request.state.person.id, chosen)
    ours = back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/"
    answer = RedirectResponse(ours, 303)
    answer.set_cookie(
        LANGUAGE_COOKIE, chosen, _LANGUAGE_SECONDS, secure=secure_cookies(request), httponly=True, samesite="lax"
    )
    return answer


def checked(kind: type[_Asked], **values: Any) -> _Asked:
    """What a form asks for, by the rules of the JSON endpoint; raises RequestValidationError, which is told as 422."""
    try:
        return kind(**values)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error
