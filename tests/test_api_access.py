"""Who may do what: every address, every role. A new address without a line here fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Mount, Route

from models.archive import Role
from models.db import Database
from tests.doors import PDF, Doors, doors

DECISIONS = b"number,sha256,kind,key,after\r\n"
# address: (nobody, another uploader, the owner, a reviewer, an admin)
MATRIX: dict[str, tuple[int, int, int, int, int]] = {
    "GET /healthz": (200, 200, 200, 200, 200),
    "GET /readyz": (200, 200, 200, 200, 200),
    "GET /metrics": (401, 403, 403, 403, 200),
    "GET /api/me": (401, 200, 200, 200, 200),
    "GET /api/tokens": (401, 200, 200, 200, 200),
    "POST /api/tokens": (401, 201, 201, 201, 201),
    "DELETE /api/tokens/{token_id}": (401, 404, 404, 404, 404),
    "GET /api/users": (401, 403, 403, 403, 200),
    "POST /api/users": (401, 403, 403, 403, 201),
    "PATCH /api/users/{user_id}": (401, 403, 403, 403, 200),
    "GET /api/audit": (401, 403, 403, 403, 200),
    "GET /api/batches": (401, 200, 200, 200, 200),
    "POST /api/batches": (401, 201, 201, 201, 201),
    "GET /api/batches/{batch_id}": (401, 404, 200, 200, 200),
    "GET /api/batches/{batch_id}/refusals": (401, 404, 200, 200, 200),
    "GET /api/batches/{batch_id}/events": (401, 404, 200, 200, 200),
    "POST /api/batches/{batch_id}/{action:action}": (401, 404, 200, 200, 200),
    "GET /api/batches/{batch_id}/policy": (401, 403, 403, 200, 200),
    "PATCH /api/batches/{batch_id}/policy": (401, 403, 403, 200, 200),
    "GET /api/batches/{batch_id}/quality": (401, 403, 403, 200, 200),
    "GET /api/batches/{batch_id}/decisions.csv": (401, 403, 403, 200, 200),
    "POST /api/batches/{batch_id}/decisions.csv": (401, 403, 403, 200, 200),
    "GET /api/insight": (401, 403, 403, 200, 200),
    "PUT /api/batches/{batch_id}/files/{name:path}": (401, 404, 200, 200, 200),
    "POST /api/batches/{batch_id}/files": (401, 404, 200, 200, 200),
    "POST /api/batches/{batch_id}/uploads": (401, 404, 201, 201, 201),
    "GET /api/batches/{batch_id}/uploads": (401, 404, 200, 200, 200),
    "GET /api/uploads/{upload_id}": (401, 404, 200, 200, 200),
    "PATCH /api/uploads/{upload_id}": (401, 404, 200, 200, 200),
    "GET /api/documents": (401, 200, 200, 200, 200),
    "GET /api/documents/{document_id}": (401, 404, 200, 200, 200),
    "GET /api/documents/{document_id}/cells": (401, 404, 200, 200, 200),
    "GET /api/documents/{document_id}/events": (401, 404, 200, 200, 200),
    "GET /api/documents/{document_id}/file": (401, 404, 200, 200, 200),
    "POST /api/documents/{document_id}/{action:action}": (401, 404, 200, 200, 200),
    "GET /api/documents/{document_id}/decisions.csv": (401, 403, 403, 200, 200),
    "POST /api/documents/{document_id}/decisions.csv": (401, 403, 403, 200, 200),
    "GET /api/documents/{document_id}/orphans": (401, 404, 200, 200, 200),
    "GET /api/exports": (401, 200, 200, 200, 200),
    "POST /api/exports": (401, 202, 202, 202, 202),
    "GET /api/exports/{export_id}": (401, 404, 200, 200, 200),
    "GET /api/exports/{export_id}/file": (401, 404, 409, 409, 409),
    "GET /api/exports/{export_id}/manifest": (401, 404, 409, 409, 409),
    "GET /api/documents/{document_id}/pages/{number}": (401, 404, 404, 404, 404),
    "GET /api/documents/{document_id}/pages/{number}/picture": (401, 404, 404, 404, 404),
    "GET /api/documents/{document_id}/cells/{cell_id}/place": (401, 403, 403, 409, 409),
    "POST /api/documents/{document_id}/decisions": (401, 403, 403, 409, 409),
    "GET /api/decisions/last": (401, 403, 403, 200, 200),
    "GET /api/questions": (401, 403, 403, 200, 200),
    "POST /api/questions/next": (401, 403, 403, 200, 200),
    "GET /api/questions/{question_id:int}": (401, 403, 403, 404, 404),
    "POST /api/questions/{question_id}/claim": (401, 403, 403, 404, 404),
    "DELETE /api/questions/{question_id}/claim": (401, 403, 403, 204, 204),
    "GET /review": (303, 403, 403, 200, 200),
    "GET /review/queue": (303, 403, 403, 200, 200),
    "GET /": (303, 200, 200, 200, 200),
    "POST /batches": (401, 303, 303, 303, 303),
    "GET /batches/{batch_id}": (303, 404, 200, 200, 200),
    "POST /batches/{batch_id}/files": (401, 404, 200, 200, 200),
    "POST /batches/{batch_id}/{action}": (401, 404, 303, 303, 303),
    "POST /batches/{batch_id}/policy": (401, 403, 403, 303, 303),
    "GET /insight": (303, 403, 403, 200, 200),
    "GET /insight/{name}.svg": (303, 403, 403, 404, 404),
    "GET /documents/{document_id}": (303, 404, 200, 200, 200),
    "POST /documents/{document_id}/{action}": (401, 404, 303, 303, 303),
    "GET /documents/{document_id}/tables/{code}": (303, 404, 409, 409, 409),
    "GET /groups": (303, 403, 403, 200, 200),
    "POST /api/groups/decisions": (401, 403, 403, 200, 200),
    "GET /exports": (303, 200, 200, 200, 200),
    "POST /exports": (401, 303, 303, 303, 303),
    "POST /language": (303, 303, 303, 303, 303),
    "GET /login": (200, 303, 303, 303, 303),
    "POST /login": (403, 403, 403, 403, 403),
    "POST /logout": (401, 303, 303, 303, 303),
    "GET /account": (303, 200, 200, 200, 200),
    "POST /account/tokens": (401, 200, 200, 200, 200),
    "POST /account/tokens/{token_id}/revoke": (401, 404, 404, 404, 404),
    "POST /account/password": (401, 403, 403, 403, 403),
    "GET /people": (303, 403, 403, 403, 200),
    "POST /people": (401, 403, 403, 403, 303),
    "POST /people/{user_id}": (401, 403, 403, 403, 303),
    "GET /audit": (303, 403, 403, 403, 200),
}
OPEN = {"/api/openapi.json", "/static"}
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/tokens": {"json": {"name": "x"}},
    "POST /api/users": {"json": {"name": "new", "role": "reviewer", "password": "several long words"}},
    "PATCH /api/users/{user_id}": {"json": {"role": "reviewer"}},
    "POST /api/batches": {"json": {"name": "x"}},
    "PUT /api/batches/{batch_id}/files/{name:path}": {"content": PDF},
    "POST /api/batches/{batch_id}/files": {"files": {"files": ("a.pdf", PDF)}},
    "POST /api/batches/{batch_id}/uploads": {"json": {"name": "big.pdf", "size": 99}},
    "PATCH /api/uploads/{upload_id}": {"content": b"%PDF-", "headers": {"Upload-Offset": "0"}},
    "POST /api/documents/{document_id}/decisions": {"json": {"kind": "value", "key": "c"}},
    "POST /api/questions/next": {"json": {}},
    "POST /api/exports": {"json": {"name": "x"}},
    "POST /api/groups/decisions": {"json": {"questions": [1]}},
    "PATCH /api/batches/{batch_id}/policy": {"json": {"sample_share": 0.1}},
    "POST /api/batches/{batch_id}/decisions.csv": {"content": DECISIONS},
    "POST /api/documents/{document_id}/decisions.csv": {"content": DECISIONS},
    "POST /batches": {"data": {"name": "x"}},
    "POST /batches/{batch_id}/files": {"files": {"files": ("a.pdf", PDF)}},
    "POST /exports": {"data": {"name": "x", "format": "csv"}},
    "POST /language": {"data": {"spoken": "en"}},
    "POST /login": {"data": {"name": "x", "password": "y"}},
    "POST /account/tokens": {"data": {"name": "x"}},
    "POST /account/password": {"data": {"old": "x", "new": "several long words"}},
    "POST /people": {"data": {"name": "newer", "role": "reviewer", "password": "several long words"}},
    "POST /people/{user_id}": {"data": {"role": "reviewer"}},
}
NUMBERS = {
    "{name:path}": "a/b.pdf",
    "{code}": "T1",
    "{action}": "resettle",
    "{action:action}": "resettle",
    "{question_id:int}": "1",
    "{token_id}": "99",
    "{user_id}": "2",
    "{number}": "1",
    "{cell_id}": "c",
}


@pytest.fixture
def open_doors(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Doors, list[str]]]:
    monkeypatch.setattr("api.watching._LONGEST_SECONDS", 0.0)
    with doors(database, tmp_path) as found:
        tokens = ["", found.person("other"), found.person("owner")]
        tokens += [found.person("reviewer", Role.REVIEWER), found.person("admin", Role.ADMIN)]
        with found.client(tokens[2]) as owner:
            owner.post("/api/batches", json={"name": "x"})
            owner.put("/api/batches/1/files/a.pdf", content=PDF)
            owner.post("/api/batches/1/uploads", json={"name": "z.pdf", "size": 99})
            owner.post("/api/exports", json={"name": "x", "batch": 1})
        yield found, tokens


def routes(found: Doors) -> set[str]:
    listed = set()
    for context in iter_route_contexts(found.app.routes):
        route = context.route
        if isinstance(route, APIRoute):
            listed |= {f"{method} {context.path}" for method in context.methods or ()}
        else:
            assert isinstance(route, Route | Mount)
            assert route.path in OPEN
    return listed


def test_every_address_is_listed(open_doors: tuple[Doors, list[str]]) -> None:
    assert routes(open_doors[0]) == set(MATRIX)


@pytest.mark.parametrize("who", range(5), ids=("nobody", "other", "owner", "reviewer", "admin"))
def test_each_role_may_do_what_is_listed(open_doors: tuple[Doors, list[str]], who: int) -> None:
    found, tokens = open_doors
    answers = {}
    with found.client(tokens[who]) as client:
        for address in MATRIX:
            method, _, path = address.partition(" ")
            for name, value in NUMBERS.items():
                path = path.replace(name, value)
            for name in ("batch", "document", "export", "question", "upload"):
                path = path.replace(f"{{{name}_id}}", "1")
            with client.stream(method, path, **BODIES.get(address, {})) as answer:
                answers[address] = answer.status_code
    assert answers == {address: statuses[who] for address, statuses in MATRIX.items()}
