"""Rows that are there afterwards, whoever else writes the same at the same time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from models.columns import Base


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


def _key(row: type[Base]) -> list[Any]:
    return [row.__mapper__.get_property_by_column(column).class_attribute for column in row.__mapper__.primary_key]
