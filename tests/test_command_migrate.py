"""`jiaokan migrate`, as an operator would run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import migrate
from models.db import Database
from worker.cli import main


def test_a_new_database_is_made_and_a_second_run_changes_nothing(
    database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", database_url)
    assert main(["migrate"]) == 0
    assert "is up to date" in capsys.readouterr().out


def test_without_a_database_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", f"sqlite:///{tmp_path}/deep/new.sqlite")
    assert main(["migrate"]) == 0
    assert "brought up to date" in capsys.readouterr().out
    database = Database(f"sqlite:///{tmp_path}/deep/new.sqlite")
    assert migrate.problem(database) == ""
    database.close()


def test_a_database_that_does_not_answer_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert main(["migrate"]) == 2
    assert "does not answer" in capsys.readouterr().err
