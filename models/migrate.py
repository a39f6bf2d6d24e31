"""The database brought to the shape the code expects: forward only, by one process at a time."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from models.db import Database

_LOCK = 0x6A69616F6B616E
"""Any number of our own: PostgreSQL's advisory lock for whoever migrates."""


def upgrade(database: Database) -> None:
    """Bring the database up to date; processes that start together wait for each other."""
    with database.engine.begin() as connection:
        if not database.is_sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        command.upgrade(_config(connection), "head")


def check(database: Database) -> None:
    """Raise alembic.util.CommandError where the tables of the code and those of the migrations differ."""
    with database.engine.connect() as connection:
        command.check(_config(connection))


def problem(database: Database) -> str:
    """What is wrong with the shape of the database, in words; empty if it is the one the code expects."""
    with database.engine.connect() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == _newest():
        return ""
    return f"the database is at version {present or 'none'}, not {_newest()}: run `jiaokan migrate`"


@cache
def _newest() -> str | None:
    """The version that the code expects."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config(connection: Connection | None = None) -> Config:
    config = Config(attributes={"connection": connection} if connection else {})
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config
