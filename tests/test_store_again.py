"""A whole batch asked for again: marked in a statement, sent by the sweep a few at a time."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import event, select

from models.archive import State
from models.db import Database, Session, at
from models.rows import Document, Reading
from models.store import again, batches, dispatch, readings
from tests.archives import ENGINE, add, batch_of, later, read

HOUR = timedelta(hours=1)


def settled(database: Database, *names: str) -> tuple[int, list[int]]:
    """A batch whose readings are settled."""
    batch_id, found = batch_of(database, *names, pages=1)
    with database.transaction() as session:
        for reading_id in found:
            assert read(session, reading_id, 1)
            row = session.get_one(Reading, reading_id)
            row.settled_for, row.outcome = row.settle_asked_at, State.DONE.value
    return batch_id, found


def next_settlings(session: Session) -> list[int]:
    """What is sent next where four may be out, two of a batch."""
    out = dispatch.out(session)
    found = dispatch.settlings_to_send(session, 4 - out.settlings, 2)
    assert out.unsettled or not found
    return found


def test_a_batch_settled_again_goes_out_a_few_at_a_time(database: Database) -> None:
    large, found = settled(database, *(f"{number}.pdf" for number in range(5)))
    small, (one,) = settled(database, "small.pdf")
    with database.transaction() as session:
        later(session, hours=1)
        add(session, large, "unread.pdf")
        assert again.settle_batch(session, large) == 5
        assert again.settle_batch(session, small) == 1
        assert next_settlings(session) == sorted([*found[:2], one])
        assert next_settlings(session) == [found[2]]
        assert next_settlings(session) == []
        assert dispatch.lost(session, at(session) - HOUR, at(session) - HOUR).unsettled == ()
        row = session.get_one(Reading, found[0], populate_existing=True)
        row.settled_for = row.settle_asked_at
        session.flush()
        assert next_settlings(session) == [found[3]]
        later(session, hours=2)
        lost = dispatch.lost(session, at(session) - HOUR, at(session) - HOUR)
        assert lost.unsettled == tuple(sorted([*found[1:4], one])), "what is yet to be sent is not lost"


def test_what_is_settled_at_once_is_not_sent_by_the_sweep_too(database: Database) -> None:
    _, (one,) = settled(database, "a.pdf")
    with database.transaction() as session:
        assert readings.ask_settling(session, [one]) == [one]
        assert next_settlings(session) == []


def test_a_failed_settling_that_is_tried_again_is_sent_by_the_sweep(database: Database) -> None:
    _, (one,) = settled(database, "a.pdf")
    with database.transaction() as session:
        readings.fail(session, one, "settling took too long")
        assert readings.retry(session, one)
        session.flush()
        assert next_settlings(session) == [one]


def test_a_batch_read_again_reads_what_another_engine_has_read(database: Database) -> None:
    batch_id, found = settled(database, "a.pdf", "b.pdf", "c.pdf")
    with database.transaction() as session:
        copy = add(session, batch_id, "copy.pdf", content="a.pdf").document_id
        known = readings.reread(session, copy, "test 2", 0)
        session.flush()
        batches.cancel_document(session, copy)
        assert again.read_batch(session, batch_id, "test 2", 6) == 4
        shown = dict(iter(session.execute(select(Document.name, Document.reading_id))))
        assert shown["a.pdf"] == shown["copy.pdf"] == known
        assert {shown["b.pdf"], shown["c.pdf"]}.isdisjoint(found)
        assert session.get_one(Reading, shown["b.pdf"]).priority == 6
        assert again.read_batch(session, batch_id, "test 2", 6) == 0
        assert again.read_batch(session, batch_id, ENGINE, 6) == 4
        assert session.scalar(select(Document.reading_id).where(Document.name == "b.pdf")) == found[1]


def test_the_size_of_a_batch_costs_no_statements(database: Database) -> None:
    batch_id, _ = settled(database, *(str(number) for number in range(20)))
    told: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: told.append(given[2]))
    with database.transaction() as session:
        assert again.settle_batch(session, batch_id) == 20
        assert again.read_batch(session, batch_id, "test 2", 6) == 20
    assert len([one for one in told if one.startswith(("UPDATE", "INSERT", "SELECT"))]) == 3
