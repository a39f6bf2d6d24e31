"""What Alembic runs: on the connection it is given, or on the database of the settings when called as `alembic`."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

import models.rows  # noqa: F401  # the tables register themselves
from models.columns import Base
from models.db import Database
from models.settings import Settings


def run(connection: Connection) -> None:
    """Walk the steps in one transaction."""
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with Database(Settings().database_url.get_secret_value()).engine.begin() as opened:
        run(opened)
