"""The description of the API for machines (OpenAPI): every error it can answer, and how to log in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.errors import MEDIA
from api.schemas import ProblemOut

TITLE = "Jiaokan"
_ABOUT = """Archives of documents in, tables that can be trusted cell by cell out.

Log in with a token: `Authorization: Bearer jk_…`, made on the page of your account. Whatever goes wrong is told as
problem+json with what to do. Lists go on after the last number: `?after=`.
"""
_ERRORS = {
    "400": "The request is damaged.",
    "401": "Not logged in.",
    "403": "Not allowed with this role.",
    "404": "There is no such thing, or it is another's.",
    "409": "Not in this state.",
    "410": "The bytes are no longer in the store.",
    "413": "Too large.",
    "415": "Not this kind of body.",
    "416": "Beyond the end.",
    "422": "The values are not as they should be.",
    "429": "Too many attempts.",
    "503": "Database or store are away: try again later.",
}


def describe(app: FastAPI) -> None:
    """Have the application describe itself in this way."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            found = get_openapi(title=TITLE, version=app.version, description=_ABOUT, routes=app.routes)
            app.openapi_schema = _completed(found)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI asks for it


def _completed(found: dict[str, Any]) -> dict[str, Any]:
    parts = found.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = ProblemOut.model_json_schema(ref_template="#/components/schemas/{model}")
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "jk_…"}}
    for path, methods in found["paths"].items():
        for operation in methods.values():
            responses = operation["responses"]
            responses.pop("422", None)
            for status, said in _ERRORS.items():
                responses.setdefault(status, _problem(path, int(status), said))
            if path.startswith(("/api", "/metrics")):
                operation["security"] = [{"token": []}]
    return found


def _problem(path: str, status: int, said: str) -> dict[str, Any]:
    example = {
        "type": "about:blank", "title": HTTPStatus(status).phrase.lower(), "status": status, "detail": said,
        "instance": path, "request": "5d3c…",
    }  # fmt: skip
    body = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    return {"description": said, "content": {MEDIA: body}}
