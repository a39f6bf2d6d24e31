"""What went wrong, told alike everywhere: as problem+json (RFC 9457) to scripts, as a page to browsers.

In the language of who asks; the code says it in English.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from api.languages import is_script, language, told
from models.blobs import NotStoredError, StoreError
from models.db import DatabaseAwayError
from models.queue import QueueError

MEDIA = "application/problem+json"
_log = logging.getLogger(__name__)
_RETRY_SECONDS = "5"


class ProblemError(Exception):
    """An answer other than the one that was hoped for; `detail` says what to do."""

    def __init__(self, status: int, title: str, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status, self.title, self.detail = status, title, detail
        self.headers = dict(headers or {})


def missing(what: str) -> ProblemError:
    """There is no such thing, or it is another's: which of the two is not told."""
    return ProblemError(404, "not found", f"there is no such {what}, or it is not yours")


def install(app: FastAPI) -> None:
    """Have every error answered in this way."""
    app.add_exception_handler(ProblemError, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(NotStoredError, _gone)
    for away in (StoreError, QueueError, DatabaseAwayError):
        app.add_exception_handler(away, _away)
    app.add_exception_handler(Exception, _fault)


async def _problem(request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemError):
        raise error
    return answer(request, error)


def answer(request: Request, problem: ProblemError, more: Mapping[str, Any] | None = None) -> Response:
    """The answer that tells of a problem."""
    headers = dict(problem.headers)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        if not is_script(request) and request.method == "GET":
            return RedirectResponse("/login", 303)
        headers["WWW-Authenticate"] = "Bearer"
    spoken = language(request)
    headers |= {"Content-Language": spoken, "Vary": "Accept-Language, Cookie"}
    title, detail = told(problem.title, spoken), told(problem.detail, spoken)
    body = {
        "type": "about:blank", "title": title, "status": problem.status, "detail": detail,
        "instance": request.url.path, "request": request.scope.get("request_id", ""), **(more or {}),
    }  # fmt: skip
    page = None if is_script(request) else getattr(request.app.state, "error_page", None)
    if page is not None:
        shown: Response = page(request, body)
        shown.headers.update(headers)
        return shown
    return JSONResponse(jsonable_encoder(body), problem.status, headers, MEDIA)


async def _http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    title = HTTPStatus(error.status_code).phrase.lower()
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_methods(request))
    return answer(request, ProblemError(error.status_code, title, str(error.detail), headers))


def _methods(request: Request) -> list[str]:
    """What can be done at this address; each endpoint by itself knows its own method only."""
    found: set[str] = set()
    for context in iter_route_contexts(request.app.routes):
        if isinstance(context.route, APIRoute) and context.path_regex.match(request.url.path):
            found |= context.methods or set()
    return sorted(found)


async def _invalid(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    spoken = language(request)
    errors = [{"where": ".".join(map(str, one["loc"])), "what": told(one["msg"], spoken)} for one in error.errors()]
    detail = "; ".join(f"{one['where']}: {one['what']}" for one in errors[:5])
    return answer(request, ProblemError(422, "not as it should be", detail), {"errors": errors})


async def _gone(request: Request, error: Exception) -> Response:
    return answer(request, ProblemError(410, "no longer stored", str(error)))


async def _away(request: Request, error: Exception) -> Response:
    _log.error("%s", error)
    headers = {"Retry-After": _RETRY_SECONDS}
    return answer(request, ProblemError(503, "not at the moment", str(error), headers))


async def _fault(request: Request, error: Exception) -> Response:
    _log.error("a fault of jiaokan", exc_info=error)
    detail = "a fault of jiaokan: tell its operator the number of this request"
    return answer(request, ProblemError(500, "a fault", detail))
