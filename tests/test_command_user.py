"""`jiaokan user`: the first admin, a forgotten password, somebody shut out."""

from __future__ import annotations

import io
import sys

import pytest

from models.db import Database
from models.passwords import matches, wrong_with
from models.store import audit, people
from worker import cli

LONG, NEWEST = "several long words", "my newest password"


@pytest.fixture
def says(database_url: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", database_url)
    return monkeypatch


def user(says: pytest.MonkeyPatch, *words: str, password: str = "") -> int:
    says.setattr(sys, "stdin", io.StringIO(f"{password}\n"))
    return cli.main(["user", *words])


def test_people_are_added_changed_and_shut_out(
    says: pytest.MonkeyPatch, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert user(says, "add", "档案员", password=LONG) == 0
    assert user(says, "add", "校对员", "--role", "reviewer", "--password-stdin", password=LONG) == 0
    assert user(says, "add", " 档案员 ", password=LONG) == 2
    assert user(says, "password", "档案员", password=NEWEST) == 0
    assert user(says, "disable", "校对员") == 0
    capsys.readouterr()
    assert user(says, "list") == 0
    assert capsys.readouterr().out == "校对员\treviewer, shut out\n档案员\tadmin\n"
    with database.snapshot() as session:
        found = people.user_by_name(session, "档案员")
        assert found is not None
        assert matches(NEWEST, found.password)
        assert [entry.action for entry in audit.entries(session)][-1] == "person added"


@pytest.mark.parametrize(
    ("words", "password", "why"),
    [
        (("add",), "several long words", "give the name"),
        (("add", "档案员"), "short", "10 to 200"),
        (("add", "档案员档案员档案员档案员档案员"), "档案员档案员档案员档案员档案员", "easy to guess"),
        (("password", "档案员"), "several long words", "nobody called"),
    ],
)
def test_what_cannot_be_done_is_told(
    says: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], password: str, why: str
) -> None:
    assert user(says, *words, password=password) == 2
    assert why in capsys.readouterr().err


def test_a_password_is_more_than_long() -> None:
    assert wrong_with("several long words", "档案员") == ""
    assert wrong_with("ababababababab", "档案员") != ""
    assert not matches("anything", "not a hash")
