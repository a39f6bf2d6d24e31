"""Figures about reviewing, counted by the database: what they take in, and what they leave out."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from models.db import Database
from models.decisions import Asks, DecisionKind
from models.rows import Question
from models.statistics import Pace
from models.store import insight, readings, results
from models.store.insight import Day, Scope
from tests.reviewed import NOON, Answer, Reviewed, answer, reviewed

ALL = Scope()


@pytest.fixture
def archive(database: Database, tmp_path: Path) -> Reviewed:
    return reviewed(database, tmp_path)


def test_what_went_straight_through(database: Database, archive: Reviewed) -> None:
    with database.snapshot() as session:
        found = insight.through(session, ALL)
        assert found == insight.through(session, Scope(archive.batch))
        assert insight.through(session, Scope(99)) == insight.Through(0, 0, 0, 0, 0)
        kept = [results.extraction_of(session, reading) for reading in archive.readings]
        cells, repaired = (sum(getattr(one, name) for one in kept) for name in ("cells", "repaired"))
        asked = session.query(Question).where(Question.asks != Asks.DOCUMENT.value).count()
    assert found.documents == 2
    assert found.documents_straight == 1
    assert (found.cells, found.cells_repaired) == (cells, repaired)
    assert 0 < found.cells_asked == asked
    answer(database, archive.readings[1], Answer(archive.first, 0, "a", "1"))
    with database.snapshot() as session:
        assert insight.through(session, ALL).documents_straight == 0


def test_the_backlog_follows_questions_as_they_come_and_go(database: Database, archive: Reviewed) -> None:
    with database.transaction() as session:
        questions = session.query(Question).order_by(Question.id).all()
        for place, question in enumerate(questions):
            question.opened_at = NOON
            question.closed_at = NOON + timedelta(days=3) if place == 0 else None
    with database.snapshot() as session:
        count = len(questions)
        assert insight.backlog(session, Scope(archive.batch)) == [
            Day(date(2026, 3, 2), count, 0, count),
            Day(date(2026, 3, 5), 0, 1, count - 1),
        ]
        assert insight.backlog(session, Scope(99)) == []
        came = insight.reasons(session, ALL)
    assert sum(count for count, _ in came.values()) == count
    assert sum(still for _, still in came.values()) == count - 1


def test_breaks_are_no_time_at_work(database: Database, archive: Reviewed) -> None:
    doubtful, clean = archive.readings
    for seconds in (0, 12, 30, 30 + 301, 30 + 301 + 300):
        answer(database, doubtful, Answer(archive.first, seconds, f"cell {seconds}", "1"))
    taken = answer(database, doubtful, Answer(archive.second, 5, "x", "1"))
    undo = Answer(archive.second, 9, "x", "", kind=DecisionKind.UNDO, undoes=taken)
    answer(database, clean, undo)
    imported = Answer(archive.first, 640, "y", "1", more=(("imported", "abc"),))
    answer(database, doubtful, imported)
    with database.snapshot() as session:
        found = insight.paces(session, ALL)
        one = insight.paces(session, Scope(archive.batch, archive.first))
        nothing = insight.paces(session, Scope(99))
    rounded = {person: Pace(pace.decisions, pace.timed, round(pace.seconds, 2)) for person, pace in found.items()}
    assert rounded == {archive.first: Pace(5, 3, 330.0), archive.second: Pace(1, 0, 4.0)}
    assert list(one) == [archive.first]
    assert nothing == {}


def test_second_looks_and_samples_are_found_with_what_took_them_back(database: Database, archive: Reviewed) -> None:
    doubtful, clean = archive.readings
    answer(database, clean, Answer(archive.first, 0, "s", "13.50", "sample", 0.99998))
    answer(database, clean, Answer(archive.second, 1, "s", "13.50", "second", 0.99998))
    first = answer(database, doubtful, Answer(archive.first, 2, "t", "1"))
    answer(database, doubtful, Answer(archive.second, 3, "t", "2", "second"))
    answer(database, doubtful, Answer(archive.first, 4, "t", "", kind=DecisionKind.UNDO, undoes=first))
    answer(database, doubtful, Answer(archive.third, 5, "alone", "1"))
    answer(database, doubtful, Answer(archive.third, 6, "z", "1", "sample", more=(("imported", "abc"),)))
    with database.snapshot() as session:
        twice = insight.looked_at_twice(session, ALL)
        assert {one.number for one in insight.looked_at_twice(session, Scope(archive.batch))} == {
            one.number for one in twice
        }
        judged = insight.answered(session, ALL)
        assert insight.looked_at_twice(session, Scope(99)) == []
        answers = insight.reasons_answered(session, Scope(None, archive.second))
    assert sorted(one.key for one in twice) == ["s", "s", "t", "t", "t"]
    assert {one.key for one in judged} == {"s", "t", "alone"}
    sample = next(one for one in twice if one.asks == "sample")
    assert (sample.confidence, sample.straight, sample.before) == (0.99998, True, "12.50")
    assert answers == {"second": 2}


def test_a_document_read_again_is_counted_once(database: Database, archive: Reviewed) -> None:
    with database.transaction() as session:
        document = insight.through(session, ALL).documents
        new = readings.reread(session, 1, "another engine", 5)
        assert new not in archive.readings
        session.flush()
        assert insight.through(session, ALL).documents == document - 1
