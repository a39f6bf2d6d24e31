"""Rows written: once, whoever else writes the same at the same time; or very many at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.types.json import Json
from sqlalchemy import insert
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.columns import Base, table


def insert_once(session: Session, row: type[Base], values: Mapping[str, Any]) -> bool:
    """Insert unless a row with the same key is there; whether it was inserted."""
    return insert_missing(session, row, [values]) == 1


def insert_missing(session: Session, row: type[Base], values: Sequence[Mapping[str, Any]]) -> int:
    """Insert those rows whose key is not there yet; how many that were."""
    if not values:
        return 0
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    found = session.execute(
        dialect.insert(row).values([dict(one) for one in values]).on_conflict_do_nothing().returning(*_key(row))
    )
    return len(found.all())


def insert_all(session: Session, row: type[Base], names: Sequence[str], values: Sequence[tuple[object, ...]]) -> None:
    """Insert rows, each given as its columns of these names, in the way that costs the database least."""
    if not values:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(insert(table(row)), [dict(zip(names, one, strict=True)) for one in values])
        return
    columns = sql.SQL(",").join(map(sql.Identifier, names))
    into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(row.__tablename__), columns)
    driver = cast(psycopg.Connection[Any], connection.connection.driver_connection)
    details = [index for index, value in enumerate(values[0]) if isinstance(value, Mapping)]
    with driver.cursor() as cursor, cursor.copy(into) as copy:
        for one in values:
            copy.write_row(_adapted(one, details) if details else one)


def _adapted(values: tuple[object, ...], details: Sequence[int]) -> list[object]:
    """A row with its mappings as the driver writes them."""
    found = list(values)
    for index in details:
        found[index] = Json(values[index])
    return found


def _key(row: type[Base]) -> list[Any]:
    return [row.__mapper__.get_property_by_column(column).class_attribute for column in row.__mapper__.primary_key]
