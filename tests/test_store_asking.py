"""Questions are asked of one person at a time, the worthiest first, however they are filtered."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from sqlalchemy import select

from models.archive import QuestionLine
from models.db import Database
from models.decisions import DecisionKind
from models.rows import Document
from models.store import asking, results, reviews
from models.store.asking import QuestionFilter
from models.store.reviews import Said
from tests.archives import batch_of, hash_of, later, person, read
from tests.test_store_results import settled

ALL = QuestionFilter()


def asked(database: Database, count: int) -> tuple[int, int]:
    """A reading with so many questions, worth more and more; the batch and the reading."""
    batch_id, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        read(session, reading, 1)
        questions = [QuestionLine(f"c{n}", "公开01", "公开01", 1, None, "unsure", "", float(n)) for n in range(count)]
        results.keep_result(session, reading, replace(settled(session, reading), questions=questions))
    return batch_id, reading


def test_the_worthiest_question_is_asked_first_and_of_one_person(database: Database) -> None:
    batch_id, _ = asked(database, 3)
    with database.transaction() as session:
        one, two = person(session, "one"), person(session, "two")
        first = asking.next_question(session, one.id, ALL)
        second = asking.next_question(session, two.id, ALL)
        assert first is not None
        assert second is not None
        assert (first.key, second.key) == ("c2", "c1")
        assert asking.next_question(session, one.id, ALL) is first
        skipped = QuestionFilter(batch_id, form="公开01", skipped=(first.id,))
        third = asking.next_question(session, one.id, skipped)
        assert third is not None
        assert third.key == "c0"
        assert not asking.claim(session, second.id, one.id)
        assert asking.next_question(session, two.id, QuestionFilter(batch_id + 1)) is None
        assert asking.next_question(session, two.id, QuestionFilter(form="公开09")) is None


def test_a_claim_runs_out_or_is_given_up(database: Database) -> None:
    asked(database, 1)
    with database.transaction() as session:
        one, two = person(session, "one"), person(session, "two")
        question = asking.next_question(session, one.id, ALL)
        assert question is not None
        assert asking.next_question(session, two.id, ALL) is None
        later(session, minutes=16)
        assert asking.next_question(session, two.id, ALL) is question
        assert not asking.claim(session, question.id, one.id)
        asking.release(session, question.id, one.id)
        asking.release(session, question.id, two.id)
        assert asking.claim(session, question.id, one.id)


def test_two_at_once_get_different_questions(database: Database) -> None:
    asked(database, 20)
    with database.transaction() as session:
        numbers = [person(session, name).id for name in "abcd"]
    given: list[int] = []

    def work(user_id: int) -> None:
        skipped: tuple[int, ...] = ()
        for _ in range(5):
            with database.transaction() as session:
                question = asking.next_question(session, user_id, QuestionFilter(skipped=skipped))
            assert question is not None
            skipped += (question.id,)
            given.append(question.id)

    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(set(given)) == 20


def archive(database: Database) -> dict[str, int]:
    """Two documents of two entities, with questions of several sorts; the readings by name."""
    batch_id, found = batch_of(database, "a.pdf", "b.pdf", pages=1)
    readings = dict(zip(("a", "b"), found, strict=True))
    lines = {
        "a": [
            QuestionLine("c1", "公开01", "公开01", 1, 100, "unsure", "", 1.0),
            QuestionLine("c2", "公开02", "公开02", 1, -50_000, "contradicted", "", 2.0),
        ],
        "b": [
            QuestionLine("c1", "公开01", "公开01", 1, 900, "contradicted", "", 3.0),
            QuestionLine("document: 年度", "", "", 0, None, "document", "", 1000.0),
        ],
    }
    with database.transaction() as session:
        for name, reading in readings.items():
            read(session, reading, 1)
            result = settled(session, reading)
            shown = replace(result.summary, entity=f"{name}局")
            results.keep_result(session, reading, replace(result, questions=lines[name], summary=shown))
    return {**readings, "batch": batch_id}


@pytest.mark.parametrize("worthiest", [2000, 0])
def test_every_filter_finds_its_questions_worthiest_first(
    database: Database, monkeypatch: pytest.MonkeyPatch, worthiest: int
) -> None:
    """With none of the worthiest looked at, the way through the readings has to find the same."""
    monkeypatch.setattr(asking, "_WORTHIEST", worthiest)
    found = archive(database)
    expected = {
        QuestionFilter(): "document: 年度",
        QuestionFilter(entity="a局"): "c2",
        QuestionFilter(entity="b局", form="公开01"): "c1",
        QuestionFilter(batch_id=found["batch"], asks="unsure"): "c1",
        QuestionFilter(batch_id=found["batch"], entity="a局"): "c2",
        QuestionFilter(batch_id=found["batch"] + 1): None,
        QuestionFilter(reading_id=found["a"]): "c2",
        QuestionFilter(least=1000): "c2",
        QuestionFilter(most=500): "c1",
        QuestionFilter(least=500, most=1000): "c1",
        QuestionFilter(least=100_000): None,
        QuestionFilter(asks="layout"): None,
    }
    with database.transaction() as session:
        one = person(session, "one")
        for chosen, key in expected.items():
            question = asking.next_question(session, one.id, chosen)
            assert (question.key if question else None) == key, chosen
            if question is not None:
                asking.release(session, question.id, one.id)


def test_a_second_entry_is_asked_of_somebody_else(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    said = Said(hash_of("a.pdf"), reading, DecisionKind.VALUE, "c0", "1", "2")
    with database.transaction() as session:
        read(session, reading, 1)
        line = QuestionLine("c0", "公开01", "公开01", 1, None, "second", "", 1.0)
        results.keep_result(session, reading, replace(settled(session, reading), questions=[line]))
        one, two = person(session, "one"), person(session, "two")
        reviews.decide(session, one.id, said)
        assert asking.next_question(session, one.id, ALL) is None
        question = asking.next_question(session, two.id, ALL)
        assert question is not None


def test_documents_that_nobody_wants_any_more_are_not_asked_about(database: Database) -> None:
    batch_id, _ = asked(database, 1)
    with database.transaction() as session:
        one = person(session, "one")
        for row in session.scalars(select(Document).where(Document.batch_id == batch_id)):
            row.cancelled_at = row.added_at
        session.flush()
        assert asking.next_question(session, one.id, ALL) is None


def test_lists_show_who_looks_at_what_until_when(database: Database) -> None:
    batch_id, _ = asked(database, 3)
    with database.transaction() as session:
        one, two = person(session, "one"), person(session, "two")
        question = asking.next_question(session, one.id, ALL)
        assert question is not None
        found = asking.waiting(session, two.id, QuestionFilter(batch_id), 2)
        assert [(line.question.key, line.person, line.document.name) for line in found] == [
            ("c2", "one", "a.pdf"),
            ("c1", "", "a.pdf"),
        ]
        assert found[0].until is not None
        assert asking.claimed_by(session, question.id) == (one.id, "one", found[0].until)
        later(session, minutes=16)
        assert asking.waiting(session, two.id, ALL)[0].person == ""
        assert asking.claimed_by(session, question.id) is None
        assert asking.question_about(session, question.reading_id, "c2") is question
