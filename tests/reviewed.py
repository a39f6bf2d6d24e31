"""A small archive that people have reviewed: decisions at known times, some blind, some samples, some in error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.archive import Role
from models.blobs import Blobs
from models.db import Database, Session
from models.decisions import DecisionKind
from models.rows import Document
from models.store import batches, people, reviews
from models.store.reviews import Said
from tests.archives import batch_of
from tests.finished import extraction, finish

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Reviewed:
    """The batch, its readings, and the three people who answered."""

    batch: int
    readings: tuple[int, ...]
    first: int
    second: int
    third: int


@dataclass(frozen=True)
class Answer:
    """What a person says of a cell, so many seconds after noon."""

    person: int
    seconds: float
    key: str
    after: str
    asks: str = "unsure"
    confidence: float = 0.6
    kind: DecisionKind = DecisionKind.VALUE
    undoes: int | None = None
    more: tuple[tuple[str, Any], ...] = ()


def reviewed(database: Database, folder: Path) -> Reviewed:
    """Two documents, one with doubts, one without, and three people to look at them."""
    batch, found = batch_of(database, "财政厅/2022.pdf", "财政厅/2023.pdf")
    blobs = Blobs(str(folder / "store"))
    for reading, doubtful in zip(found, (True, False), strict=True):
        finish(database, blobs, reading, extraction(doubtful))
    with database.transaction() as session:
        names = ("校对员", "复核员", "裁定员")
        numbers = []
        for name in names:
            user = people.user_by_name(session, name) or people.add_user(session, name, Role.REVIEWER, "hashed")
            assert user is not None
            numbers.append(user.id)
    return Reviewed(batch, tuple(found), *numbers)


def answer(database: Database, reading: int, said: Answer, before: str = "12.50") -> int:
    """Add a decision on a cell that showed 12.50."""
    with database.transaction(NOON + timedelta(seconds=said.seconds)) as session:
        sha256 = file_of(session, reading)
        seen = {"asks": said.asks, "confidence": said.confidence, "straight": said.asks == "sample", **dict(said.more)}
        found = Said(
            sha256, reading, said.kind, said.key, before, said.after, seen=seen, undoes=said.undoes,
            place={"form": "公开01", "table_code": "公开01", "page": 1, "raw": before},
        )  # fmt: skip
        return reviews.decide(session, said.person, found)


def file_of(session: Session, reading: int) -> str:
    row = session.query(Document).where(Document.reading_id == reading).first()
    assert row is not None
    assert batches.document_count(session, row.batch_id)
    return row.sha256
