"""The description of the API is true: requests made up from it get no answer that does not stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute, iter_route_contexts
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from api.schemas import ProblemOut
from models.archive import Role
from models.db import Database
from tests.doors import PDF, Doors, doors
from tests.finished import extraction, finish
from tests.reviewing import doubtful, file_away

_EXAMPLES = 12
load_all_checks()
_WITHIN: Any = CHECKS.get_one("positive_data_acceptance")
_BEYOND = {
    "POST /api/users", "PATCH /api/users/{user_id}",
    "POST /api/batches/{batch_id}/decisions.csv", "POST /api/documents/{document_id}/decisions.csv",
    "PATCH /api/batches/{batch_id}/policy", "POST /api/exports",
}  # fmt: skip
"""Where is refused what no schema can tell from the rest: passwords easy to guess, CSVs without the columns,
a batch and documents both, and text in place of a decimal, of which Pydantic does not say how it is written."""


@pytest.fixture
def found(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Doors]:
    monkeypatch.setattr("api.watching._LONGEST_SECONDS", 0.0)
    with doors(database, tmp_path) as opened:
        opened.person("first", Role.ADMIN)
        yield opened


@pytest.fixture
def token(found: Doors) -> str:
    """An admin's, in an archive that holds one of everything."""
    token = found.person("档案员", Role.ADMIN)
    client = found.client(token)
    client.post("/api/batches", json={"name": "2023"})
    for name in ("a.pdf", "b.pdf", "c.docx"):
        client.put(f"/api/batches/1/files/{name}", content=PDF + name.encode())
    client.post("/api/batches/1/uploads", json={"name": "z.pdf", "size": 99})
    client.post("/api/exports", json={"name": "x", "batch": 1})
    finish(found.kit.database, found.kit.blobs, 1, extraction())
    file_away(found.kit.database, found.kit.blobs, 1, "doubtful.pdf", doubtful(1))
    return token


def test_every_answer_is_described(found: Doors, token: str) -> None:
    described = schemathesis.openapi.from_asgi("/api/openapi.json", found.app)
    wrong, tried = [], 0
    for operation in described.get_all_operations():
        try:
            tried += 1
            assert isinstance(operation, Ok)
            _try(operation.ok(), token)
        except Exception as error:  # all of them are told at the end
            wrong.append(str(error))
    assert tried > 30
    assert not wrong, "\n\n".join(wrong)
    assert found.client(token).get("/api/me").status_code == 200, "the token was lost on the way: nothing was tried"


def _try(operation: schemathesis.APIOperation[Any, Any, Any, Any], token: str) -> None:
    @given(case=operation.as_strategy())
    @settings(
        max_examples=_EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    def call(case: schemathesis.Case[Any]) -> None:
        beyond = [_WITHIN] if operation.label in _BEYOND else []
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, excluded_checks=beyond)

    call()


def test_every_endpoint_says_what_it_is_for(found: Doors) -> None:
    told = found.app.openapi()
    endpoints = [
        (operation, f"{method} {path}")
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
    ]
    assert len(endpoints) > 30
    for operation, name in endpoints:
        assert operation["summary"], name
        assert operation["description"], name
        assert {"401", "404", "503"} <= set(operation["responses"]), name
        assert operation["responses"]["404"]["content"].keys() == {"application/problem+json"}, name


def test_every_value_has_an_example_or_says_itself_what_it_may_be(found: Doors) -> None:
    schemas = found.app.openapi()["components"]["schemas"]
    assert len(schemas) > 30
    bare = [
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema.get("properties", {}).items()
        if not _clear(told)
    ]
    assert not bare


def _clear(told: dict[str, Any]) -> bool:
    """Whether one sees what a value is like: by an example, a default, a few words, another schema."""
    if {"examples", "default", "enum", "const", "$ref"} & told.keys():
        return True
    if told.get("format") == "date-time" or told.get("type") == "boolean" or "anyOf" in told:
        return True
    return told.get("type") == "array" and _clear(told["items"])


def test_every_error_is_shown(found: Doors) -> None:
    for path, methods in found.app.openapi()["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if status >= "400" and path != "/readyz":
                    (told,) = answer["content"].values()
                    ProblemOut.model_validate(told["example"])
                    assert told["example"]["status"] == int(status)


def test_pages_are_no_part_of_the_api(found: Doors) -> None:
    for context in iter_route_contexts(found.app.routes):
        if isinstance(context.route, APIRoute):
            outside = str(context.path).startswith(("/api", "/healthz", "/readyz", "/metrics"))
            assert context.route.include_in_schema is outside, context.path
