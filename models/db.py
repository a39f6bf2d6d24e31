"""The database: one engine, and transactions. SQLite for one machine, PostgreSQL for many.

One request or task is one transaction. What must not happen unless it is committed, such as sending a task, is given to
`after_commit`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import Connection as SQLiteConnection
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, CursorResult, Engine, Executable, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import Session

__all__ = ["Database", "DatabaseAwayError", "Session", "Statements", "after_commit", "at"]

_log = logging.getLogger(__name__)
_WAIT_SECONDS = 30
"""How long SQLite waits for another writer."""
_CONNECT_SECONDS = 5
_PLANS = "-c random_page_cost=1.1"
"""Disks without heads: measured on 100,000 documents, lists then take rows by their keys instead of whole tables."""
_NOT_LASTING = "-c synchronous_commit=off"
_AWAY = (InterfaceError, OperationalError, psycopg.InterfaceError, psycopg.OperationalError)
_READ_ONLY = "jiaokan_read_only"
_AFTER = "jiaokan_after_commit"
_AT = "jiaokan_at"


class DatabaseAwayError(RuntimeError):
    """The database does not answer, or could not do it at this moment; trying later may help."""


def now() -> datetime:
    """The time by this machine's clock, in UTC, which may be wrong and may jump."""
    return datetime.now(UTC)


class Statements:
    """What statements are given to, where a session with its objects would cost more than they do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.info: dict[Any, Any] = {_AT: now()}

    def execute(self, statement: Executable, told: Mapping[str, Any] | None = None) -> CursorResult[Any]:
        """What a statement finds."""
        return self._connection.execute(statement, told)

    def scalar(self, statement: Executable, told: Mapping[str, Any] | None = None) -> Any:
        """The first value of the first row that a statement finds; None if there is none."""
        return self._connection.scalar(statement, told)


def at(session: Session | Statements) -> datetime:
    """The time of the session's transaction, in UTC: the same for all it writes."""
    return cast(datetime, session.info.setdefault(_AT, now()))


def after_commit(session: Session | Statements, action: Callable[[], object]) -> None:
    """Do this once the session's transaction is committed; if it is rolled back, never.

    An action that fails is logged and the others are done: what it should have sent is found by the sweep.
    """
    session.info.setdefault(_AFTER, []).append(action)


class Database:
    """The way to the database; cheap to make, connects when used. Not to be shared across a fork: see `forked`.

    `repeats` says that its user does again what fails or is lost, as workers do. Then a connection is not asked whether
    it still lives before each use, and what is not said to be lasting does not wait for PostgreSQL's disk.
    """

    def __init__(self, url: str, pool: int = 10, repeats: bool = False) -> None:
        parsed = _with_driver(make_url(url))
        if parsed.get_backend_name() == "sqlite":
            self.engine = self._each = _sqlite(parsed)
        else:
            self.engine = _postgresql(parsed, pool, repeats)
            self._each = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._lasts = not repeats
        self._kept: list[Connection] = []

    @property
    def is_sqlite(self) -> bool:
        """Whether one file is the whole database, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def transaction(self, moment: datetime | None = None, lasting: bool = True) -> Iterator[Session]:
        """A session that is committed at the end, or rolled back if anything is raised.

        `moment` is when it happens, if not now. Where the work can be done again, such as a page's, `lasting=False`
        does not wait for PostgreSQL's disk: the last half second may be gone should that machine fail. Raises
        DatabaseAwayError; whether a commit that was cut off took place is then unknown.
        """
        with Session(self.engine, expire_on_commit=False, info={_AT: moment or now()}) as session:
            with _said(), session.begin():
                if lasting is not self._lasts and not self.is_sqlite:
                    session.execute(text(f"SET LOCAL synchronous_commit = {'on' if lasting else 'off'}"))
                yield session
            _run(session.info.pop(_AFTER, []))

    @contextmanager
    def statements(self) -> Iterator[Statements]:
        """A way to have statements done, each committed by itself: what is done stays even if a later one fails.

        This is for a statement or two that are asked for all the time and need no transaction around them. On SQLite
        it is one transaction. The connection is kept for the next time. Raises DatabaseAwayError, as `transaction`.
        """
        with _said():
            connection = self._kept.pop() if self._kept else self._keep()
            try:
                asked = Statements(connection)
                yield asked
                connection.commit()
            except BaseException:
                connection.close()
                raise
            self._kept.append(connection)
        _run(asked.info.pop(_AFTER, []))

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session that only reads, sees one moment of the database, and keeps nobody from writing.

        Raises DatabaseAwayError.
        """
        with _said(), Session(self.engine, autoflush=False, info={_AT: now()}) as session:
            session.connection(execution_options=self._reading())
            yield session
            session.rollback()

    def problem(self) -> str:
        """What is wrong with the database, in words; empty if it answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            return f"the database does not answer ({_first_line(error)}): check JIAOKAN_DATABASE_URL and the server"
        return ""

    def forked(self) -> None:
        """Let go of connections that belong to the parent process; to be called first in a forked child."""
        self._kept.clear()
        self.engine.dispose(close=False)

    def close(self) -> None:
        """Close all connections."""
        while self._kept:
            self._kept.pop().close()
        self.engine.dispose()

    def _keep(self) -> Connection:
        """A connection for statements that are asked for all the time: PostgreSQL plans each of them once."""
        connection = self._each.connect()
        if not self.is_sqlite:
            connection.detach()  # or whoever had it next would have such plans too
            connection.exec_driver_sql("SET plan_cache_mode = force_generic_plan")
        return connection

    def _reading(self) -> dict[str, Any]:
        if self.is_sqlite:
            return {_READ_ONLY: True}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgres", "postgresql") else url


def _postgresql(url: URL, pool: int, repeats: bool) -> Engine:
    options = f"{_PLANS} {_NOT_LASTING}" if repeats else _PLANS
    return create_engine(
        url,
        pool_size=pool,
        max_overflow=pool,
        pool_pre_ping=not repeats,
        pool_recycle=1800,
        connect_args={"connect_timeout": _CONNECT_SECONDS, "application_name": "jiaokan", "options": options},
    )


def _sqlite(url: URL) -> Engine:
    if url.database:
        Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _WAIT_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: SQLiteConnection, _record: object) -> None:
    """Transactions begin as `_begin_sqlite` says, not as the driver guesses; readers do not wait for the writer."""
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_WAIT_SECONDS * 1000}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """A transaction that may write takes its turn at once: one that began by reading could not be retried."""
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


@contextmanager
def _said() -> Iterator[None]:
    """What a server that is away, or a full disk, makes of a transaction, in words."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:  # the driver's own comes from what is copied into a table
        if getattr(error, "connection_invalidated", False) or isinstance(error, _AWAY):
            told = f"the database does not answer ({_first_line(error)}): check JIAOKAN_DATABASE_URL and the server"
            raise DatabaseAwayError(told) from error
        raise


def _run(actions: list[Callable[[], object]]) -> None:
    for action in actions:
        try:
            action()
        except Exception:
            _log.exception("what was to be done after a commit failed; the sweep will find it")


def _first_line(error: Exception) -> str:
    return next(iter(str(getattr(error, "orig", None) or error).strip().splitlines()), type(error).__name__)
