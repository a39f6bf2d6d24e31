"""Results replace each other in the order of what they know; lists and questions follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from models.archive import CellLine, QuestionLine, State, Summary
from models.db import Database, Session
from models.rows import Reading
from models.store import batches, figures, listing, people, readings, results, reviews
from models.store.listing import CellFilter, DocumentFilter
from models.store.results import Settled
from tests.archives import add, batch_of, later, read

CELL = CellLine(0, "c0", "公开01", "公开01", 1, "201", "一般公共服务支出", "决算数", "1.00", 100, "read", 0.99, "")
FLAGGED = CELL._replace(position=3, cell_id="c3", status="flagged", reason="sum", confidence=0.5)
QUESTION = QuestionLine("c3", "公开01", "公开01", 1, 100, "unsure", "sum", 2.0)
SUMMARY = Summary("青河县统计局", "2023", "final-account", "scan", "公开01", 4, 1, 0, 1)


def asked_at(session: Session, reading: int) -> datetime:
    session.flush()
    moment = session.get_one(Reading, reading, populate_existing=True).settle_asked_at
    assert moment is not None
    return moment


def settled(session: Session, reading: int, decision_id: int = 0) -> Settled:
    asked = asked_at(session, reading)
    return Settled("a" * 64, State.NEEDS_REVIEW, SUMMARY, [CELL, FLAGGED], [QUESTION], decision_id, "1", asked)


def test_a_result_is_listed(database: Database) -> None:
    batch_id, (reading, _) = batch_of(database, "a.pdf", "b.pdf", pages=2)
    with database.transaction() as session:
        read(session, reading, 1, 2)
        assert results.keep_result(session, reading, settled(session, reading))
    with database.snapshot() as session:
        viewer = people.users(session)[0]
        (line, waiting) = listing.documents(session, viewer, DocumentFilter(batch_id=batch_id))
        assert (line.state, line.entity, line.flagged, line.pages) == (State.NEEDS_REVIEW, "青河县统计局", 1, 2)
        assert (waiting.state, waiting.entity) == (State.QUEUED, "")
        assert listing.document_line(session, line.id) == line
        for chosen in (
            DocumentFilter(state=State.NEEDS_REVIEW), DocumentFilter(entity="青河县统计局"),
            DocumentFilter(year="2023"), DocumentFilter(name_contains="A.P"),
        ):  # fmt: skip
            assert listing.documents(session, viewer, chosen) == [line]
        assert listing.documents(session, viewer, DocumentFilter(name_contains="%")) == []
        assert listing.documents(session, viewer, DocumentFilter(), after=line.id) == [waiting]
        assert [cell.cell_id for cell in listing.cells(session, CellFilter(reading))] == ["c0", "c3"]
        assert [cell.cell_id for cell in listing.cells(session, CellFilter(reading, flagged=True))] == ["c3"]
        assert listing.cells(session, CellFilter(reading, form="公开01", row_code="201"), after=3) == []
        (batch,) = listing.batches(session, viewer)
        assert (batch.state, batch.documents) == (State.READING, {State.NEEDS_REVIEW: 1, State.QUEUED: 1})
        assert figures.by_state(session)[State.QUEUED] == 1
        assert figures.open_questions(session) == 1
        assert listing.page_progress(session, reading) == listing.PageProgress(2, 2, 0, {})


def test_a_list_of_batches_counts_as_each_of_them_does(database: Database) -> None:
    first, (done, again, gone, failed, _) = batch_of(database, *(f"{n}.pdf" for n in range(5)), pages=1)
    second, (shared,) = batch_of(database, "shared.pdf", pages=1)
    with database.transaction() as session:
        for reading in (done, again, shared):
            read(session, reading, 1)
            outcome = replace(settled(session, reading), outcome=State.DONE)
            assert results.keep_result(session, reading, outcome)
        viewer = people.users(session)[0]
        add(session, first, "other name.pdf", content="shared.pdf")
        readings.fail(session, failed, "no")
        cancelled = next(
            one for one in listing.documents(session, viewer, DocumentFilter(first)) if one.reading_id == gone
        )
        assert batches.cancel_document(session, cancelled.id)
        later(session, hours=1)
        readings.ask_settling(session, [again])
        empty = batches.open_batch(session, viewer.id, "empty", "empty").id
    with database.snapshot() as session:
        lines = {line.id: dict(line.documents) for line in listing.batches(session, people.users(session)[0])}
        states = (State.DONE, State.SETTLING, State.CANCELLED, State.FAILED, State.QUEUED)
        assert lines[first] == dict.fromkeys(states, 1) | {State.DONE: 2}
        assert (lines[second], lines[empty]) == ({State.DONE: 1}, {})
        for batch_id, counted in lines.items():
            shown = listing.progress(session, batch_id)
            assert shown is not None
            assert shown.documents == counted


@pytest.mark.parametrize(
    ("part", "found"),
    [
        ("pdf", 3),
        ("PdF", 3),
        ("局", 2),
        ("a局", 1),
        ("Ａ局", 1),
        ("ａ局", 0),
        ("É", 1),
        ("Éa", 1),
        ("%", 0),
        ("_", 1),
        ("\\", 0),
    ],
)
def test_a_part_of_a_name_is_found_in_either_case(database: Database, part: str, found: int) -> None:
    batch_id, _ = batch_of(database, "A局.pdf", "Ａ局.PDF", "ÉA_.Pdf", pages=1)
    with database.snapshot() as session:
        viewer = people.users(session)[0]
        assert len(listing.documents(session, viewer, DocumentFilter(batch_id, name_contains=part))) == found


def test_progress_is_what_the_pages_say(database: Database) -> None:
    batch_id, (done, half, _) = batch_of(database, "a.pdf", "b.pdf", "c.pdf", pages=4)
    with database.transaction() as session:
        read(session, done, 1, 2, 3, 4)
        results.keep_result(session, done, settled(session, done))
        read(session, half, 1)
        read(session, half, 2, problem="too large")
    with database.snapshot() as session:
        batch = listing.batches(session, people.users(session)[0])[0]
        shown = listing.progress(session, batch_id)
        assert shown is not None
        assert (shown.pages, shown.pages_finished, shown.questions) == (12, 6, 1)
        assert (shown.state, shown.documents) == (batch.state, batch.documents)
        assert listing.page_progress(session, half) == listing.PageProgress(4, 2, 0, {2: "too large"})
        assert listing.progress(session, 999) is None


def test_a_result_that_knows_less_comes_too_late(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        assert not results.keep_result(
            session, reading, Settled("a" * 64, State.DONE, SUMMARY, [], [], 0, "1", datetime.now().astimezone())
        )
        read(session, reading, 1)
        first = settled(session, reading)
        assert results.keep_result(session, reading, replace(first, decision_id=7, blob="b" * 64))
        assert not results.keep_result(session, reading, replace(first, decision_id=6))
        present = results.extraction_of(session, reading)
        assert present is not None
        assert (present.blob, present.decision_id) == ("b" * 64, 7)


def test_settling_asked_for_meanwhile_goes_on(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        read(session, reading, 1)
        first = settled(session, reading)
        later(session, hours=-1)  # even if the clock was set back
        readings.ask_settling(session, [reading])
        results.keep_result(session, reading, first)
        assert session.get_one(Reading, reading, populate_existing=True).state == State.SETTLING
        results.keep_result(session, reading, replace(settled(session, reading), outcome=State.DONE))
        assert session.get_one(Reading, reading, populate_existing=True).state == State.DONE


def test_a_question_keeps_its_number_closes_and_opens_again(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        read(session, reading, 1)
        first = settled(session, reading)
        results.keep_result(session, reading, first)
        (question,) = reviews.questions_of(session, reading)
        answered = replace(first, cells=[CELL._replace(value="2.00", fen=200)], questions=[], decision_id=1)
        results.keep_result(session, reading, answered)
        assert reviews.questions_of(session, reading) == []
        (cell,) = listing.cells(session, CellFilter(reading))
        assert (cell.value, cell.fen) == ("2.00", 200)
        other = replace(QUESTION, key="c9", worth=9.0)
        again = replace(first, questions=[replace(QUESTION, worth=5.0), other], decision_id=2)
        results.keep_result(session, reading, again)
        found = reviews.questions_of(session, reading)
        assert [(one.key, one.worth) for one in found] == [("c9", 9.0), ("c3", 5.0)]
        assert found[1].id == question.id


def test_only_what_differs_from_the_cells_as_kept_is_written(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    third = CELL._replace(position=5, cell_id="c5", value="3.00", fen=300)
    with database.transaction() as session:
        read(session, reading, 1)
        first = replace(settled(session, reading), cells=[CELL, FLAGGED])
        results.keep_result(session, reading, first)
        now = [CELL, FLAGGED._replace(status="reviewed"), third]
        results.keep_result(session, reading, replace(first, cells=now, decision_id=1), [CELL, FLAGGED])
        found = {one.position: (one.status, one.value) for one in listing.cells(session, CellFilter(reading))}
        assert found == {0: ("read", "1.00"), 3: ("reviewed", "1.00"), 5: ("read", "3.00")}
        results.keep_result(session, reading, replace(first, cells=[third], decision_id=2), now)
        assert [one.cell_id for one in listing.cells(session, CellFilter(reading))] == ["c5"]
