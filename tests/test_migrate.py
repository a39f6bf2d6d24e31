"""Migrations lead to the tables of the code, on both kinds of database."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Column, Connection, MetaData, func, select, text
from sqlalchemy.exc import DBAPIError

from models import migrate
from models.columns import Base
from models.db import Database
from models.decisions import DecisionKind
from models.store import audit, people, reviews
from models.store.reviews import Said
from tests.archives import batch_of, hash_of


def test_the_migrations_make_the_tables_of_the_code(database: Database) -> None:
    migrate.check(database)
    assert migrate.problem(database) == ""
    migrate.upgrade(database)


def test_an_archive_comes_along_from_version_to_version(database: Database, tmp_path: Path) -> None:
    """From the first version on, with a row in every table, each one step on."""
    if database.is_sqlite:
        old = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    else:
        old = database
        with old.transaction() as session:
            session.execute(text("DROP SCHEMA public CASCADE"))
            session.execute(text("CREATE SCHEMA public"))
    before: dict[str, int] = {}
    for version in reversed(list(ScriptDirectory.from_config(migrate._config()).walk_revisions())):
        with old.engine.begin() as connection:
            command.upgrade(migrate._config(connection), version.revision)
        with old.engine.begin() as connection:
            found = rows(connection)
            assert {name: found[name] for name in before if name in found} == before, version
            fill(connection)
            before = rows(connection)
        assert set(before.values()) == {1}
    assert set(before) == set(Base.metadata.tables)
    assert migrate.problem(old) == ""
    migrate.check(old)
    old.close()


def rows(connection: Connection) -> dict[str, int]:
    """How many rows each table has."""
    found = MetaData()
    found.reflect(connection)
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) or 0
        for table in found.sorted_tables
        if table.name != "alembic_version"
    }


def fill(connection: Connection) -> None:
    """Put a row into every table that has none."""
    found = MetaData()
    found.reflect(connection)
    for table in found.sorted_tables:
        if not connection.scalar(select(func.count()).select_from(table)):
            needed = [one for one in table.columns if not (one.nullable or one.computed or one.server_default)]
            connection.execute(table.insert().values({one.name: value(connection, one) for one in needed}))


def value(connection: Connection, column: Column[Any]) -> Any:
    """Something that a column takes: of a foreign key, what is there."""
    for key in column.foreign_keys:
        return connection.scalar(select(key.column))
    kinds = {bool: True, int: 1, float: 0.5, datetime: datetime.now(UTC), dict: {}, str: "x"}
    return kinds.get(column.type.python_type, "x")


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
