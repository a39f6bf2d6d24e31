"""What columns are made of: times, hashes, numbers of rows; and the pattern of the constraints' names."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import DeclarativeBase, mapped_column
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A time with its zone, always UTC; SQLite, which knows no zones, keeps it without."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; a time without a zone is refused."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


BigId = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the type is plain INTEGER."""

Id = Annotated[int, mapped_column(BigId, primary_key=True, autoincrement=True)]
Sha256 = Annotated[str, mapped_column(String(64))]
Words = Annotated[str, mapped_column(Text, default="", server_default="")]
At = Annotated[datetime, mapped_column(Moment)]
MaybeAt = Annotated[datetime | None, mapped_column(Moment)]
Count = Annotated[int, mapped_column(Integer, default=0, server_default="0")]
Details = Annotated[dict[str, Any], mapped_column(JSON, default=dict, server_default="{}")]


class Base(DeclarativeBase):
    """All tables; constraints have names of one pattern, so that a migration can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def table(row: type[Base]) -> Table:
    """The table of a row, for statements that are asked so often that objects for rows would cost too much."""
    return cast(Table, row.__table__)
