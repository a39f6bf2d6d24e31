"""Pages go out by turns and by urgency; what was lost is found."""

from __future__ import annotations

from datetime import timedelta

from models.archive import ExportFormat, State
from models.db import Database, at
from models.rows import Reading
from models.store import batches, dispatch, exports, pages, people, readings, uploads
from models.store.exports import Wanted
from models.store.pages import PageKey, PageResult
from tests.archives import FRESH, add, batch_of, later, opening_sent, read

HOUR = timedelta(hours=1)


def test_a_large_batch_does_not_keep_a_small_one_waiting(database: Database) -> None:
    _, large = batch_of(database, *(f"large {n}.pdf" for n in range(5)), pages=10)
    _, (small,) = batch_of(database, "small.pdf", pages=3)
    with database.transaction() as session:
        sent = dispatch.pages_to_send(session, room=8, each=20)
        assert [task.key.reading_id == small for task in sent] == [False, True] * 3 + [False] * 2
        assert dispatch.out(session) == dispatch.Out(8, 0, 0, 0, unopened=False, unsettled=False)
        pages.start_page(session, sent[0].key, FRESH)
        assert (dispatch.out(session).pages, dispatch.out(session).begun) == (8, 1)
        rest = dispatch.pages_to_send(session, room=100, each=3)
        assert len(rest) == 3
        assert {task.key for task in rest}.isdisjoint(task.key for task in sent)
        session.get_one(Reading, large[4]).priority = 0
        session.flush()
        (urgent, *_) = dispatch.pages_to_send(session, room=2, each=3)
        assert urgent == dispatch.PageTask(PageKey(large[4], 1), 0)


def test_pages_nobody_wants_wait_until_somebody_does(database: Database) -> None:
    batch_id, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        batches.cancel_batch(session, batch_id)
        assert dispatch.pages_to_send(session, 10, 10) == []
        owner = people.users(session)[0]
        other = batches.open_batch(session, owner.id, "other", "other")
        assert add(session, other.id, "a.pdf").reading_id == reading
        assert [task.key for task in dispatch.pages_to_send(session, 10, 10)] == [PageKey(reading, 1)]


def test_what_was_lost_on_its_way_is_sent_again_once(database: Database) -> None:
    batch_id, (waiting, last, settling) = batch_of(database, "a.pdf", "b.pdf", "c.pdf", pages=1)
    with database.transaction() as session:
        owner = people.users(session)[0]
        upload = uploads.start_upload(session, batch_id, owner.id, "d.zip", None)
        uploads.whole(session, upload.id, "a" * 64, 10)
        opening = add(session, batch_id, "e.pdf").reading_id
        opening_sent(session, opening)
        export = exports.ask_export(session, owner.id, Wanted("all", ExportFormat.CSV, {}))
        dispatch.pages_to_send(session, 10, 10)
        pages.start_page(session, PageKey(last, 1), FRESH)
        pages.finish_page(session, PageKey(last, 1), PageResult("a" * 64, "", {}))
        read(session, settling, 1)
        nothing = dispatch.Lost((), (), (), (last,), (), ())
        assert dispatch.lost(session, at(session) - HOUR, at(session) - HOUR) == nothing
        later(session, hours=2)
        found = dispatch.lost(session, at(session) - HOUR, at(session) - HOUR)
        expected = dispatch.Lost((upload.id,), (opening,), (settling,), (last,), (export.id,), (PageKey(waiting, 1),))
        assert found == expected
        assert dispatch.lost(session, at(session) - HOUR, at(session) - HOUR) == nothing


def test_what_is_finished_failed_or_cancelled_is_not_lost(database: Database) -> None:
    batch_id, (failed,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        owner = people.users(session)[0]
        dispatch.pages_to_send(session, 10, 10)
        readings.fail(session, failed, "no")
        add(session, batch_id, "b.pdf")
        batches.cancel_batch(session, batch_id)
        export = exports.ask_export(session, owner.id, Wanted("all", ExportFormat.CSV, {}))
        exports.fail_export(session, export.id, "no")
        later(session, hours=2)
        assert dispatch.lost(session, at(session), at(session)) == dispatch.Lost((), (), (), (), (), ())
        assert session.get_one(Reading, failed, populate_existing=True).state == State.FAILED
