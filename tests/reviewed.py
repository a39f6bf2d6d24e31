"""A small archive that people have reviewed: decisions at known times, some blind, some samples, some in error."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from models.archive import Role
from models.blobs import Blobs
from models.db import Database, Session
from models.decisions import DecisionKind
from models.rows import Document, Question
from models.store import people, reviews
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
    return row.sha256


def busy(database: Database, archive: Reviewed) -> int:
    """Weeks of work of three people: doubts answered, entered twice, sampled; how many second entries there are.

    The same at every run.
    """
    twice = 0
    rng = Random(7)  # noqa: S311  # the same at every run
    people_at_work = (archive.first, archive.second, archive.third)
    clock = dict.fromkeys(people_at_work, 0.0)
    with database.transaction(NOON) as session:
        sha256 = file_of(session, archive.readings[0])
        for number in range(420):
            person = people_at_work[number % 3]
            asks = ("sample", "unsure", "contradicted", "sample", "layout", "unsure", "sample")[number % 7]
            sure = 0.99997 if asks == "sample" else round(0.3 + 0.69 * rng.random(), 4)
            wrong = number in (63, 245) if asks == "sample" else rng.random() < 1 - sure
            after = "12.60" if wrong else "12.50"
            clock[person] += 4 + 9 * rng.random() + (person - archive.first) * 2 + (number % 60 == 0) * 50_000
            _add(session, (sha256, archive.readings[0]), Answer(person, clock[person], f"c{number}", after, asks, sure))
            if number % 5 == 0 or (asks == "sample" and wrong):
                twice += 1
                other = people_at_work[(number + 1) % 3]
                clock[other] += 5 + 4 * rng.random()
                again = after if rng.random() < 0.93 else "13.50"
                _add(
                    session,
                    (sha256, archive.readings[0]),
                    Answer(other, clock[other], f"c{number}", again, "second", sure),
                )
        _ask(session, archive.readings[0], rng)
    return twice


def _add(session: Session, of: tuple[str, int], said: Answer) -> None:
    session.info["jiaokan_at"] = NOON + timedelta(seconds=said.seconds)
    seen = {"asks": said.asks, "confidence": said.confidence, "straight": said.asks == "sample"}
    reviews.decide(session, said.person, Said(of[0], of[1], said.kind, said.key, "12.50", said.after, seen=seen))


def _ask(session: Session, reading: int, rng: Random) -> None:
    """Questions that came and went over six weeks, those of the document's own settling among them."""
    session.flush()
    session.query(Question).update({"opened_at": NOON})
    kinds = (("unsure", 60), ("contradicted", 90), ("layout", 25), ("second", 30), ("sample", 40), ("sibling", 6))
    for asks, count in kinds:
        for number in range(count):
            opened = NOON + timedelta(days=rng.random() * 25)
            closed = opened + timedelta(days=1 + rng.random() * 22) if rng.random() < 0.8 else None
            row = {"key": f"{asks} {number}", "form": "公开01", "table_code": "公开01", "page": 1, "asks": asks}
            times = {"opened_at": opened, "closed_at": closed}
            session.add(Question(reading_id=reading, reason="请核对原件", worth=1.0, **row, **times))
