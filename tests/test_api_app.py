"""What stands around every answer: headers, numbers of requests, problems in words, the truth about being ready."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from errno import ENOSPC
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from starlette.testclient import TestClient

from api.app import create_app, make_kit
from api.deps import guard, public
from api.waking import Waker
from models import migrate
from models.blobs import Blobs, StoreError
from models.db import Database, DatabaseAwayError
from models.fleet import Fleet
from models.logs import JsonLines
from models.queue import QueueError
from models.settings import Settings
from tests.doors import PDF, Doors, doors
from tests.serving import emptied


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Doors]:
    with doors(database, tmp_path) as opened:
        yield opened


def test_every_answer_carries_the_headers(found: Doors) -> None:
    client = found.client()
    for path in ("/healthz", "/login", "/nowhere", "/api/nowhere", "/api/me", "/static/page.css", "/api/openapi.json"):
        headers = client.get(path, headers={"x-request-id": "r-1"}).headers
        assert "script-src 'self'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY")
        assert headers["x-request-id"] == "r-1"
    assert client.get("/healthz", headers={"x-request-id": "bad\tid"}).headers["x-request-id"] != "bad\tid"


def test_logs_carry_the_number_of_the_request(found: Doors, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "api.shield"):
        found.client().get("/api/me?secret=1", headers={"x-request-id": "r-9", "authorization": "Bearer jk_secret"})
    told = JsonLines().format(caplog.records[-1])
    assert '"path": "/api/me"' in told
    assert '"status": 401' in told
    assert "secret" not in told


def test_problems_are_told_alike(found: Doors) -> None:
    client = found.client(found.person("档案员"))
    for path, status in (("/api/nowhere", 404), ("/api/batches/1", 404), ("/api/batches/x", 422), ("/api/me?x", 200)):
        answer = client.get(path)
        assert answer.status_code == status
        if status >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["instance"] == path
    wrong = client.put("/api/tokens")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, POST")
    assert client.post("/api/documents/1/cells").status_code == 405
    assert client.get("/api/questions/next").headers["allow"] == "POST"
    assert client.post("/api/batches", content=b"{", headers={"content-type": "application/json"}).status_code == 422
    huge = client.post("/api/batches", content=b'"' + b"x" * (2 << 20), headers={"content-type": "application/json"})
    assert huge.status_code == 413
    page = client.get("/batches/9", headers={"accept-language": "en"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "no such batch" in page.text


def test_problems_are_told_in_the_language_of_who_asks(found: Doors) -> None:
    script, chinese = found.client(found.person("档案员")), {"accept-language": "zh-CN,zh;q=0.9"}
    for headers, spoken, detail in (
        ({}, "en", "there is no such batch, or it is not yours"),
        (chinese, "zh", "没有这个批次，或不属于您"),
    ):
        answer = script.get("/api/batches/9", headers=headers)
        assert (answer.json()["detail"], answer.headers["content-language"]) == (detail, spoken)
    assert script.post("/api/batches", json={}, headers=chinese).json()["detail"] == "body.name: 必填"
    assert "没有这个批次" in script.get("/batches/9").text
    browser = found.browser("档案员").client
    assert browser.get("/api/batches/9").json()["title"] == "没有找到"
    assert "没有这个批次" in browser.get("/batches/9").text
    assert found.client().get("/login", headers={"accept-language": "en"}).headers.get("content-language") is None


def test_an_address_that_says_nothing_answers_nobody(found: Doors) -> None:
    app = found.app
    app.add_api_route("/api/forgotten", lambda: "secret")
    answer = TestClient(app).get("/api/forgotten")
    assert (answer.status_code, "secret" in answer.text) == (403, False)
    assert guard in [dependency.dependency for dependency in app.router.dependencies]


@pytest.mark.parametrize(
    ("error", "status"),
    [(StoreError("full"), 503), (DatabaseAwayError("gone"), 503), (QueueError("gone"), 503), (ValueError(), 500)],
)
def test_what_is_away_is_told(found: Doors, error: Exception, status: int, caplog: pytest.LogCaptureFixture) -> None:
    @public
    def fails() -> None:
        raise error

    found.app.add_api_route("/api/fails", fails)
    with caplog.at_level(logging.ERROR):
        answer = TestClient(found.app, raise_server_exceptions=False).get("/api/fails")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert caplog.records
    if status == 503:
        assert answer.headers["retry-after"]


def test_a_commit_that_fails_is_no_success(found: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    client = found.client(found.person("档案员"))

    def fail(*_: object) -> None:
        raise DatabaseAwayError("the disk is full")

    monkeypatch.setattr("sqlalchemy.orm.session.SessionTransaction.commit", fail)
    assert client.post("/api/batches", json={"name": "x"}).status_code == 503


def test_a_store_that_refuses_is_told_and_keeps_nothing(found: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    client = found.client(found.person("档案员"))
    client.post("/api/batches", json={"name": "x"})

    def full(*_: object) -> None:
        raise OSError(ENOSPC, "No space left on device")

    monkeypatch.setattr("models.blobs.os.fsync", full)
    answer = client.put("/api/batches/1/files/a.pdf", content=PDF)
    assert (answer.status_code, "No space left" in answer.json()["detail"]) == (503, True)
    monkeypatch.undo()
    assert client.get("/api/batches/1").json()["total"] == 0
    assert found.kit.blobs.old("new", datetime.max.replace(tzinfo=UTC)) == []
    assert client.put("/api/batches/1/files/a.pdf", content=PDF).json()["outcome"] == "accepted"


def test_ready_tells_the_truth(found: Doors, tmp_path: Path) -> None:
    assert found.client().get("/readyz").json() == {"status": "ok", "problems": {}}
    (tmp_path / "file").write_bytes(b"")
    away: dict[str, dict[str, Any]] = {
        "store": {"blobs": Blobs(str(tmp_path / "file" / "store"))},
        "queue": {"queue_problem": Fleet("redis://127.0.0.1:1/0").problem},
        "database": {"database": Database("postgresql://nobody@127.0.0.1:1/none")},
    }
    for name, instead in away.items():
        client = TestClient(create_app(kit=replace(found.kit, **instead)))
        answer = client.get("/readyz")
        assert (answer.status_code, set(answer.json()["problems"])) == (503, {name})
        assert client.get("/healthz").status_code == 200
    with found.kit.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "jiaokan migrate" in found.client().get("/readyz").json()["problems"]["database"]


def test_it_is_made_from_the_settings(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", f"sqlite:///{tmp_path}/x.sqlite")
    kit = make_kit(Settings(store_url=str(tmp_path), redis_url=SecretStr(redis_url)))
    migrate.upgrade(kit.database)
    assert kit.queue_problem() == ""
    assert b"jiaokan_readings" in kit.figures()
    kit.unpack(7)
    kit.waker.soon()
    with TestClient(create_app(kit=kit)) as client:
        assert client.get("/healthz").json()["status"] == "ok"
    emptied(redis_url)
    with pytest.raises(QueueError, match="JIAOKAN_REDIS_URL"):
        make_kit(Settings(redis_url=SecretStr("")))


def test_many_wishes_wake_once(caplog: pytest.LogCaptureFixture) -> None:
    woken: list[int] = []
    waker = Waker(lambda: woken.append(1), 60.0)
    for _ in range(5):
        waker.soon()
    waker.close()
    waker.close()
    assert woken == [1]

    def away() -> None:
        raise QueueError("Redis is away")

    waker = Waker(away, 60.0)
    waker.soon()
    waker.close()
    assert "Redis is away" in caplog.text


def test_it_starts_without_what_reads_pages() -> None:
    heavy = ["cv2", "numpy", "paddleocr", "camelot", "onnxruntime", "pypdfium2", "PIL"]
    code = f"import sys, api.app; sys.exit(str([name for name in {heavy} if name in sys.modules] or ''))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603  # our own code
    assert done.stderr.strip() == ""
