"""Who may come in, and how: log-in, throttling, forms of our own only, tokens that can be revoked, the record."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.archive import Role
from models.db import Database
from models.logs import JsonLines
from models.passwords import digest
from models.rows import ApiToken, LoginSession, User
from models.store import audit, people
from tests.doors import PASSWORD, Doors, doors, hidden


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Doors]:
    with doors(database, tmp_path) as opened:
        opened.person("档案员", Role.ADMIN)
        yield opened


def log_in(found: Doors, name: str, password: str) -> int:
    client = found.client()
    before = hidden(client.get("/login").text, "before")
    return client.post("/login", data={"name": name, "password": password, "before": before}).status_code


def test_a_browser_logs_in_and_out(found: Doors) -> None:
    browser = found.browser("档案员")
    cookies = browser.client.cookies
    (session,) = [cookie for cookie in cookies.jar if cookie.name == "jiaokan"]
    assert session.has_nonstandard_attr("HttpOnly")
    assert session.get_nonstandard_attr("SameSite") == "lax"
    with found.kit.database.snapshot() as held:
        row = held.get(LoginSession, digest(session.value or ""))
        assert row is not None
        assert session.value not in (row.token, row.csrf)
    assert browser.client.get("/api/me").json()["name"] == "档案员"
    assert browser.client.post("/logout", data={"csrf": browser.csrf}).status_code == 303
    assert browser.client.get("/api/me").status_code == 401
    cookies.set("jiaokan", session.value or "")
    assert browser.client.get("/api/me").status_code == 401


def test_over_https_cookies_go_nowhere_else(database: Database, tmp_path: Path) -> None:
    with doors(database, tmp_path, public_url="https://jiaokan.example") as found:
        answer = found.client().get("/login")
        assert "Secure" in answer.headers["set-cookie"]
        assert answer.headers["strict-transport-security"]
        assert found.kit.cookie == "__Host-jiaokan"


def test_a_change_needs_a_form_of_ours(found: Doors) -> None:
    browser = found.browser("档案员")
    for headers, status in (({}, 403), ({"x-csrf-token": "guess"}, 403), ({"x-csrf-token": browser.csrf}, 201)):
        assert browser.client.post("/api/batches", json={"name": "x"}, headers=headers).status_code == status
    for data, status in (({}, 403), ({"csrf": "guess"}, 403), ({"csrf": browser.csrf}, 303)):
        assert browser.client.post("/batches", data={"name": "x", **data}).status_code == status
    assert found.client().post("/login", data={"name": "档案员", "password": PASSWORD}).status_code == 403


def test_guessing_has_to_wait(found: Doors) -> None:
    statuses = [log_in(found, "档案员", "wrong") for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert log_in(found, "档案员", PASSWORD) == 429
    assert log_in(found, "nobody", PASSWORD) == 401
    with found.kit.database.transaction() as session:
        people.forgive(session, "档案员")
    assert log_in(found, " 档案员", PASSWORD) == 303


def test_one_address_cannot_try_all_names(found: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.people.matches", lambda *_: False)
    assert [log_in(found, f"name {number}", "x") for number in range(31)] == [401] * 30 + [429]


def test_a_name_that_nobody_has_takes_as_long(found: Doors, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def never(_password: str, kept: str) -> bool:
        compared.append(kept)
        return False

    monkeypatch.setattr("api.people.matches", never)
    for name in ("档案员", "nobody", "nobody else"):
        log_in(found, name, "x")
    mine, *nobodys = compared
    assert mine.startswith("$argon2id$")
    assert {kept.rpartition("$")[0].rpartition("$")[0] for kept in nobodys} == {
        mine.rpartition("$")[0].rpartition("$")[0]
    }, "the same work"


def test_names_are_as_long_as_the_database_takes_them(found: Doors) -> None:
    for name in ("x" * 300, "\ufdfa" * 100, "档案员\0", "\0"):
        assert log_in(found, name, "wrong") == 401
    admin = found.browser("档案员")
    said, person = {"x-csrf-token": admin.csrf}, {"role": "reviewer", "password": "several long words"}
    for name, status in (("x" * 201, 422), ("x\0", 422), ("\ufdfa" * 100, 201), ("档案员\u200b", 409)):
        assert admin.client.post("/api/users", json={"name": name, **person}, headers=said).status_code == status
    assert admin.client.post("/api/tokens", json={"name": "x" * 201}, headers=said).status_code == 422


def test_no_secret_stands_in_a_log(found: Doors, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        browser = found.browser("档案员")
        log_in(found, "档案员", "a wrong password")
        said = {"x-csrf-token": browser.csrf}
        token = browser.client.post("/api/tokens", json={"name": "x"}, headers=said).json()["token"]
        found.client(token).get("/api/me")
        person = {"name": "韩梅梅", "role": "reviewer", "password": "several long words"}
        browser.client.post("/api/users", json=person, headers=said)
    written = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert "/api/users" in written
    cookie = browser.client.cookies["jiaokan"]
    for secret in (PASSWORD, "a wrong password", token, "several long words", cookie, browser.csrf):
        assert secret not in written


def test_a_token_is_kept_as_its_hash_and_can_be_revoked(found: Doors) -> None:
    browser = found.browser("档案员")
    said = {"x-csrf-token": browser.csrf}
    made = browser.client.post("/api/tokens", json={"name": "nightly"}, headers=said).json()
    with found.kit.database.snapshot() as session:
        row = session.get_one(ApiToken, made["id"])
        assert (row.token, made["token"][:7]) == (digest(made["token"]), row.shown)
    script = found.client(made["token"])
    assert script.post("/api/batches", json={"name": "x"}).status_code == 201
    assert script.get("/api/tokens").json()[0]["used_at"]
    assert "token" not in script.get("/api/tokens").json()[0]
    assert browser.client.delete(f"/api/tokens/{made['id']}", headers=said).status_code == 204
    assert script.get("/api/me").status_code == 401
    assert found.client("jk_guess").get("/api/me").headers["www-authenticate"] == "Bearer"


def test_who_is_shut_out_is_out_at_once(found: Doors) -> None:
    admin, token = found.browser("档案员"), found.person("校对员")
    other, said = found.browser("校对员"), {"x-csrf-token": admin.csrf}
    assert admin.client.patch("/api/users/2", json={"disabled": True}, headers=said).json()["disabled_at"]
    assert other.client.get("/api/me").status_code == found.client(token).get("/api/me").status_code == 401
    assert log_in(found, "校对员", PASSWORD) == 401
    changed = {"disabled": False, "role": "reviewer", "password": "another long password"}
    assert admin.client.patch("/api/users/2", json=changed, headers=said).json()["role"] == "reviewer"
    assert log_in(found, "校对员", "another long password") == 303
    for mine in ({"disabled": True}, {"role": "uploader"}):
        assert admin.client.patch("/api/users/1", json=mine, headers=said).status_code == 409
    assert admin.client.patch("/api/users/9", json={}, headers=said).status_code == 404


def test_people_change_their_own_password(found: Doors) -> None:
    browser = found.browser("档案员")
    form = {"csrf": browser.csrf, "old": PASSWORD, "new": "aaaaaaaaaaaa"}
    assert browser.client.post("/account/password", data=form).status_code == 422
    assert browser.client.post("/account/password", data={**form, "new": "my newest password"}).status_code == 303
    assert browser.client.get("/account").headers["location"] == "/login"
    assert log_in(found, "档案员", "my newest password") == 303


def test_what_is_done_stands_in_the_record(found: Doors) -> None:
    browser = found.browser("档案员")
    said = {"x-csrf-token": browser.csrf, "x-request-id": "r-77"}
    person = {"name": "韩梅梅", "role": "reviewer", "password": "several long words"}
    assert browser.client.post("/api/users", json=person, headers=said).status_code == 201
    assert browser.client.post("/api/users", json=person, headers=said).status_code == 409
    log_in(found, "档案员", "wrong")
    with found.kit.database.snapshot() as session:
        entries = [(one.action, one.request == "r-77", one.user_id) for one in audit.entries(session)]
        kept = str([vars(one) for one in audit.entries(session)])
    assert entries == [("log-in failed", False, None), ("person added", True, 1), ("logged in", False, 1)]
    assert "several long words" not in kept


def test_pages_speak_the_language_of_their_reader(found: Doors) -> None:
    client = found.client()
    assert 'lang="zh-CN"' in client.get("/login").text
    assert 'lang="en"' in client.get("/login", headers={"accept-language": "en-GB,en;q=0.9"}).text
    for back, to in (("/exports", "/exports"), ("https://evil.example", "/"), ("//evil.example", "/")):
        answer = client.post("/language", data={"spoken": "en", "back": back})
        assert answer.headers["location"] == to
    assert 'lang="en"' in client.get("/login").text
    browser = found.browser("档案员")
    browser.client.post("/language", data={"spoken": "en", "csrf": browser.csrf})
    with found.kit.database.snapshot() as session:
        assert session.get_one(User, 1).language == "en"
