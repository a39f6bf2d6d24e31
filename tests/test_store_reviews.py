"""Decisions stay."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from models.db import Database
from models.decisions import DecisionKind
from models.store import people, reviews
from models.store.reviews import Said
from tests.archives import batch_of, hash_of, person


def test_decisions_are_kept_in_order_with_what_was_seen(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
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


def test_the_last_decision_of_a_person_that_stands_is_found(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    said = Said(hash_of("a.pdf"), reading, DecisionKind.VALUE, "c0", "1", "2", sent_as="k1")
    with database.transaction() as session:
        one, two = people.users(session)[0].id, person(session, "校对员").id
        first = reviews.decide(session, one, said)
        second = reviews.decide(session, one, replace(said, key="c1"))
        reviews.decide(session, two, said)
        last = reviews.last_by(session, one)
        assert last is not None
        assert last.id == second
        reviews.decide(session, one, replace(said, kind=DecisionKind.UNDO, undoes=second, sent_as="k2"))
        last = reviews.last_by(session, one)
        assert last is not None
        assert last.id == first
    with pytest.raises(IntegrityError), database.transaction() as session:
        reviews.decide(session, one, said)
