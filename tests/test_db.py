"""Transactions: all or nothing, what follows a commit, readers that keep nobody waiting."""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from models.archive import Role
from models.columns import table
from models.db import Database, after_commit, at
from models.rows import Batch, LoginFailure, User
from models.store import people


def test_what_was_raised_undoes_all_and_sends_nothing(database: Database) -> None:
    sent: list[str] = []

    def fail() -> None:
        with database.transaction() as session:
            people.add_user(session, "a", Role.ADMIN, "")
            after_commit(session, lambda: sent.append("a"))
            raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        fail()
    with database.snapshot() as session:
        assert people.users(session) == []
    assert sent == []


def test_what_follows_a_commit_follows_it_and_its_failure_harms_nothing(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    seen: list[int] = []

    def look() -> None:
        with database.snapshot() as other:
            seen.append(len(people.users(other)))

    with caplog.at_level(logging.ERROR), database.transaction() as session:
        people.add_user(session, "a", Role.ADMIN, "")
        after_commit(session, lambda: 1 / 0)
        after_commit(session, look)
        assert seen == []
    assert seen == [1]
    assert "sweep" in caplog.text


def test_times_have_a_zone_and_one_transaction_has_one(database: Database) -> None:
    with database.transaction() as session:
        assert at(session) == at(session)
        people.note_failure(session, "a", "::1")
        moment = at(session)
    with database.snapshot() as session:
        assert session.scalars(select(LoginFailure.at)).one() == moment
        assert moment.tzinfo is UTC
    with database.transaction() as session:
        query = select(LoginFailure).where(LoginFailure.at > datetime(2026, 1, 1))
        with pytest.raises(StatementError, match="without a zone"):
            session.scalars(query)


def test_a_reference_to_nothing_is_refused(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Batch(owner_id=7, name="", key="", created_at=at(session)))


def test_statements_stay_though_what_follows_fails(database: Database) -> None:
    row = {"login": "a", "address": "", "at": datetime(2026, 1, 1, tzinfo=UTC)}
    count = select(func.count()).select_from(LoginFailure)

    def write(fail: bool) -> None:
        with database.statements() as asked:
            asked.execute(insert(table(LoginFailure)), row)
            if fail:
                raise RuntimeError("no")

    write(fail=False)
    with pytest.raises(RuntimeError, match="no"):
        write(fail=True)
    with database.statements() as asked:
        assert asked.scalar(count) == (1 if database.is_sqlite else 2)
        first = at(asked)
    with database.statements() as asked:
        assert at(asked) >= first
        assert asked.execute(count).scalar_one() >= 1


def test_a_snapshot_reads_one_moment_and_cannot_write(database: Database) -> None:
    with database.snapshot() as reader:
        assert people.users(reader) == []
        with database.transaction() as session:
            people.add_user(session, "a", Role.ADMIN, "")
        assert people.users(reader) == []
    if not database.is_sqlite:
        with pytest.raises(DBAPIError, match="read-only"), database.snapshot() as reader:
            people.add_user(reader, "b", Role.ADMIN, "")


def test_work_that_can_be_done_again_need_not_wait_for_the_disk(database: Database) -> None:
    with database.transaction(lasting=False) as session:
        people.add_user(session, "a", Role.ADMIN, "")
        if not database.is_sqlite:
            assert session.scalar(text("SHOW synchronous_commit")) == "off"
    with database.transaction() as session:
        assert len(people.users(session)) == 1
        assert database.is_sqlite or session.scalar(text("SHOW synchronous_commit")) == "on"


def test_writers_take_turns(database: Database) -> None:
    """Each reads and then writes; none is turned away, and no count is lost."""

    def add() -> None:
        for _ in range(5):
            with database.transaction() as session:
                session.scalars(select(User).with_for_update()).all()
                people.note_failure(session, "a", "::1")

    with database.transaction() as session:
        people.add_user(session, "a", Role.ADMIN, "")
    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.snapshot() as session:
        since = datetime(2020, 1, 1, tzinfo=UTC)
        assert people.failures(session, "a", "::1", since) == people.Failures(20, 20)


def test_a_database_that_is_away_says_what_to_do(database: Database, tmp_path: Path) -> None:
    assert database.problem() == ""
    folder = tmp_path / "folder.sqlite"
    folder.mkdir()
    away = Database(f"sqlite:///{folder}")
    assert "JIAOKAN_DATABASE_URL" in away.problem()
    away = Database("postgresql://nobody@127.0.0.1:1/none")
    assert away.problem().startswith("the database does not answer")
    away.close()


def test_connections_of_a_parent_are_let_go_not_closed(database: Database) -> None:
    with database.engine.connect() as connection:
        parents = connection.connection.driver_connection
    assert parents is not None
    database.forked()
    assert database.problem() == ""
    parents.cursor().execute("SELECT 1")
    parents.close()
