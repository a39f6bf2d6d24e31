"""The pages about people: logging in, one's own account, and for admins everybody and the record."""

from __future__ import annotations

import secrets
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api import people
from api.deps import Calls, Reads, Ways, Writes, actor, allowed, kit, public
from api.errors import ProblemError
from api.pages import checked, to
from api.rendering import render
from api.schemas import After, IdPath, TokenAsked, UserAsked, UserChanged
from models.archive import Role
from models.store import audit

router = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)
_ROWS = 100
_BEFORE = "jiaokan_before"
"""The cookie that shows that the form to log in came from our own page."""
_Text = Annotated[str, Form(max_length=300)]


@router.get("/login")
@public
def login_page(request: Request) -> Response:
    """The form to log in."""
    if request.state.person is not None:
        return RedirectResponse("/", 303)
    return _login(request, "", 200)


@router.post("/login")
@public
async def log_in(request: Request, ways: Ways, name: _Text, password: _Text, before: _Text = "") -> Response:
    """Log in; the cookie that says so is out of reach for scripts and other sites."""
    known = request.cookies.get(_BEFORE, "")
    if not known or not secrets.compare_digest(known.encode(), before.encode()):
        return _login(request, "login.again", 403)
    browser = (request.headers.get("user-agent", ""), actor(request))
    try:
        secret, _ = await run_in_threadpool(people.log_in, ways, name, password, browser)
    except ProblemError as problem:
        key = "login.wait" if "Retry-After" in problem.headers else "login.wrong"
        shown = _login(request, key, problem.status)
        shown.headers.update(problem.headers)
        return shown
    answer = RedirectResponse("/", 303)
    seconds = int(ways.settings.session_hours * 3600)
    answer.set_cookie(ways.cookie, secret, seconds, secure=ways.secure, httponly=True, samesite="lax")
    answer.delete_cookie(_BEFORE, secure=ways.secure, httponly=True, samesite="strict")
    return answer


@router.post("/logout")
@allowed()
def log_out(call: Calls, session: Writes) -> Response:
    """Log this browser out."""
    people.log_out(session, call.acts, call.request.cookies.get(call.kit.cookie, ""))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(call.kit.cookie, secure=call.kit.secure, httponly=True, samesite="lax")
    return answer


@router.get("/account")
@allowed()
def account_page(call: Calls, session: Reads) -> Response:
    """One's tokens and password."""
    tokens = people.list_tokens(session, call.who)
    return render(call.request, "account.html", {"tokens": tokens, "made": None})


@router.post("/account/tokens")
@allowed()
def new_token(call: Calls, session: Writes, name: _Text) -> Response:
    """A token, shown this once."""
    made = people.make_token(session, call.who, call.acts, checked(TokenAsked, name=name))
    return render(call.request, "account.html", {"tokens": people.list_tokens(session, call.who), "made": made})


@router.post("/account/tokens/{token_id}/revoke")
@allowed()
def revoke(call: Calls, session: Writes, token_id: IdPath) -> Response:
    """Let nobody in with this token any more."""
    people.revoke_token(session, call.who, call.acts, token_id)
    return to("/account", did="revoke")


@router.post("/account/password")
@allowed()
def new_password(call: Calls, session: Writes, old: _Text, new: _Text) -> Response:
    """Another password; one has to log in again."""
    people.change_password(session, call.acts, call.who.user, old, new)
    return to("/login")


@router.get("/people")
@allowed(Role.ADMIN)
def people_page(call: Calls, session: Reads) -> Response:
    """Everybody."""
    return render(call.request, "people.html", {"users": people.list_users(session), "roles": [r.value for r in Role]})


@router.post("/people")
@allowed(Role.ADMIN)
def new_person(call: Calls, session: Writes, name: _Text, role: _Text, password: _Text) -> Response:
    """Add a person."""
    people.add_user(session, call.acts, checked(UserAsked, name=name, role=role, password=password))
    return to("/people", did="person")


@router.post("/people/{user_id}")
@allowed(Role.ADMIN)
def change_person(call: Calls, session: Writes, user_id: IdPath, role: _Text = "", disabled: _Text = "") -> Response:
    """Another role, or shut out, or let in again."""
    wanted = {"role": role or None, "disabled": {"yes": True, "no": False}.get(disabled)}
    people.change_user(session, call.who, call.acts, user_id, checked(UserChanged, **wanted))
    return to("/people", did="changed")


@router.get("/audit")
@allowed(Role.ADMIN)
def audit_page(call: Calls, session: Reads, after: After = None) -> Response:
    """The record."""
    found = audit.entries(session, _ROWS + 1, after)
    names = people.names(session, [entry.user_id for entry in found])
    more = found[_ROWS - 1].id if len(found) > _ROWS else None
    return render(call.request, "audit.html", {"entries": found[:_ROWS], "names": names, "more": more})


def _login(request: Request, wrong: str, status: int) -> Response:
    before = secrets.token_urlsafe(24)
    shown = render(request, "login.html", {"wrong": wrong, "before": before}, status)
    shown.set_cookie(_BEFORE, before, 3600, secure=kit(request).secure, httponly=True, samesite="strict")
    return shown
