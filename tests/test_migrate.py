"""Migrations lead to the tables of the code, on both kinds of database."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from models import migrate
from models.db import Database
from models.decisions import DecisionKind
from models.store import audit, people, reviews
from models.store.reviews import Said
from tests.archives import batch_of, hash_of


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    migrate.check(database)
    assert migrate.problem(database) == ""
    migrate.upgrade(database)


def test_an_old_database_is_told(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.sqlite'}")
    assert "jiaokan migrate" in migrate.problem(database)
    database.close()


@pytest.mark.parametrize("table", ["audit", "decisions"])
@pytest.mark.parametrize("deed", ["UPDATE {} SET key = ''", "DELETE FROM {}"])
def test_records_only_grow(database: Database, table: str, deed: str) -> None:
    _, (reading,) = batch_of(database, "a.pdf")
    with database.transaction() as session:
        user = people.users(session)[0]
        audit.note(session, audit.Actor(user.id), "login", "user 1")
        reviews.decide(
            session, user.id, Said(hash_of("a.pdf"), reading, DecisionKind.VALUE, "c1", before="1", after="2")
        )
    statement = deed.format(table).replace("key", "action" if table == "audit" else "key")
    with pytest.raises(DBAPIError, match=f"{table} only grows"), database.transaction() as session:
        session.execute(text(statement))
