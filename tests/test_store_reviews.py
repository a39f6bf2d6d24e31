"""Questions are asked of one person at a time; decisions stay."""

from __future__ import annotations

import threading
from dataclasses import replace

from models.archive import QuestionLine
from models.db import Database
from models.decisions import DecisionKind
from models.store import people, results, reviews
from models.store.reviews import QuestionFilter, Said
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
        first = reviews.next_question(session, one.id, ALL)
        second = reviews.next_question(session, two.id, ALL)
        assert first is not None
        assert second is not None
        assert (first.key, second.key) == ("c2", "c1")
        assert reviews.next_question(session, one.id, ALL) is first
        skipped = QuestionFilter(batch_id, "公开01", (first.id,))
        third = reviews.next_question(session, one.id, skipped)
        assert third is not None
        assert third.key == "c0"
        assert not reviews.claim(session, second.id, one.id)
        assert reviews.next_question(session, two.id, QuestionFilter(batch_id + 1)) is None
        assert reviews.next_question(session, two.id, QuestionFilter(form="公开09")) is None


def test_a_claim_runs_out_or_is_given_up(database: Database) -> None:
    asked(database, 1)
    with database.transaction() as session:
        one, two = person(session, "one"), person(session, "two")
        question = reviews.next_question(session, one.id, ALL)
        assert question is not None
        assert reviews.next_question(session, two.id, ALL) is None
        later(session, minutes=16)
        assert reviews.next_question(session, two.id, ALL) is question
        assert not reviews.claim(session, question.id, one.id)
        reviews.release(session, question.id, one.id)
        reviews.release(session, question.id, two.id)
        assert reviews.claim(session, question.id, one.id)


def test_two_at_once_get_different_questions(database: Database) -> None:
    asked(database, 20)
    with database.transaction() as session:
        numbers = [person(session, name).id for name in "abcd"]
    given: list[int] = []

    def work(user_id: int) -> None:
        skipped: tuple[int, ...] = ()
        for _ in range(5):
            with database.transaction() as session:
                question = reviews.next_question(session, user_id, QuestionFilter(skipped=skipped))
            assert question is not None
            skipped += (question.id,)
            given.append(question.id)

    threads = [threading.Thread(target=work, args=(number,)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == len(set(given)) == 20


def test_decisions_are_kept_in_order_with_what_was_seen(database: Database) -> None:
    _, reading = asked(database, 1)
    said = Said(hash_of("a.pdf"), reading, DecisionKind.VALUE, "c0", "1", "2", seen={"value": "1"}, place={"page": 1})
    with database.transaction() as session:
        user = people.users(session)[0]
        assert reviews.last_decision(session, said.sha256) == 0
        first = reviews.decide(session, user.id, said)
        undo = reviews.decide(session, user.id, replace(said, kind=DecisionKind.UNDO, undoes=first))
    with database.snapshot() as session:
        found = reviews.decisions_on(session, said.sha256)
        assert [(one.id, one.kind, one.undoes) for one in found] == [(first, "value", None), (undo, "undo", first)]
        assert found[0].seen == {"value": "1"}
        assert reviews.last_decision(session, said.sha256) == undo
