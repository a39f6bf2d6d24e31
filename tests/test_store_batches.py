"""Batches: files come in once, may be in several, and are stopped without harm to others."""

from __future__ import annotations

import threading

from sqlalchemy import select

from models.archive import Outcome, Role, State
from models.db import Database
from models.rows import Document
from models.store import batches, listing, pages, people, readings
from models.store.listing import DocumentFilter
from tests.archives import AGAIN, ENGINE, add, batch_of, begin, hash_of, person, read


def test_the_same_batch_sent_twice_is_one(database: Database) -> None:
    with database.transaction() as session:
        owner, other = person(session), person(session, "other")
        first = batches.open_batch(session, owner.id, "2023", "k")
        assert batches.open_batch(session, owner.id, "again", "k").id == first.id
        assert batches.open_batch(session, other.id, "2023", "k").id != first.id
        once, twice = add(session, first.id, "a.pdf"), add(session, first.id, "a.pdf")
        assert (once.outcome, twice.outcome) == (Outcome.ACCEPTED, Outcome.DUPLICATE)
        assert twice.document_id == once.document_id
        assert session.scalars(select(Document.id)).all() == [once.document_id]


def test_two_who_send_the_same_at_once_make_one(database: Database) -> None:
    with database.transaction() as session:
        owner = person(session)
    added: list[Outcome] = []

    def send() -> None:
        with database.transaction() as session:
            batch = batches.open_batch(session, owner.id, "2023", "k")
            added.extend(add(session, batch.id, name).outcome for name in ("a.pdf", "b.pdf"))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(added) == [Outcome.ACCEPTED] * 2 + [Outcome.DUPLICATE] * 6
    with database.snapshot() as session:
        (line,) = listing.batches(session, owner)
        assert line.documents == {State.QUEUED: 2}


def test_equal_files_are_read_once_whatever_they_are_called(database: Database) -> None:
    with database.transaction() as session:
        owner = person(session)
        one, two = (batches.open_batch(session, owner.id, key, key) for key in "ab")
        first = add(session, one.id, "a.pdf", "same")
        renamed = add(session, one.id, "b.pdf", "same")
        elsewhere = add(session, two.id, "c.pdf", "same")
        assert first.reading_id == renamed.reading_id == elsewhere.reading_id
        assert (renamed.outcome, renamed.same_as) == (Outcome.DUPLICATE, "a.pdf")
        assert (elsewhere.outcome, elsewhere.same_as) == (Outcome.DUPLICATE, "")
        assert len({first.document_id, renamed.document_id, elsewhere.document_id}) == 3
        assert first.to_open
        assert add(session, two.id, "c.pdf", "same", engine="test 2").reading_id != first.reading_id


def test_another_file_of_the_same_name_is_refused_and_the_reason_kept(database: Database) -> None:
    with database.transaction() as session:
        batch = batches.open_batch(session, person(session).id, "2023", "k")
        add(session, batch.id, "a.pdf", "one")
        refused = add(session, batch.id, "a.pdf", "two")
        assert refused.outcome is Outcome.REFUSED
        batches.refuse(session, batch.id, "b.exe", "no PDF")
        batches.refuse(session, batch.id, "b.exe", "another reason")
        found = batches.refusals(session, batch.id)
        assert [(one.name, one.reason) for one in found] == [("a.pdf", refused.reason), ("b.exe", "no PDF")]


def test_uploaders_see_their_own_batches_reviewers_all(database: Database) -> None:
    batch_id, _ = batch_of(database, "a.pdf")
    with database.transaction() as session:
        owner = people.user_by_name(session, "档案员")
        assert owner is not None
        other, reviewer = person(session, "other"), person(session, "reviewer", Role.REVIEWER)
        for viewer, sees in ((owner, True), (other, False), (reviewer, True)):
            assert (batches.batch_for(session, batch_id, viewer) is not None) is sees
            assert bool(listing.batches(session, viewer)) is sees
            found = listing.documents(session, viewer, DocumentFilter(batch_id=batch_id))
            assert bool(found) is sees
            if sees:
                assert batches.document_for(session, found[0].id, viewer) is not None


def test_cancelling_stops_the_unfinished_unless_another_batch_waits_for_it(database: Database) -> None:
    batch_id, (shared, alone, failed) = batch_of(database, "shared.pdf", "alone.pdf", "failed.pdf")
    with database.transaction() as session:
        owner = people.user_by_name(session, "档案员")
        assert owner is not None
        readings.fail(session, failed, "locked")
        other = batches.open_batch(session, owner.id, "other", "other")
        add(session, other.id, "shared.pdf")
        batches.cancel_batch(session, batch_id)
        assert batches.wanted(session, shared)
        assert not batches.wanted(session, alone)
        lines = {line.id: line for line in listing.batches(session, owner)}
        assert lines[batch_id].state is State.CANCELLED
        assert lines[batch_id].documents == {State.CANCELLED: 2, State.FAILED: 1}
        assert lines[other.id].state is State.QUEUED
        assert begin(session, pages.PageKey(alone, 1), AGAIN) == "cancelled"
        (document,) = listing.documents(session, owner, DocumentFilter(state=State.FAILED))
        assert not batches.cancel_document(session, document.id)
        assert not read(session, shared, 1)
        assert readings.reread(session, document.id, ENGINE, 0) == failed
        assert document.sha256 == hash_of("failed.pdf")
