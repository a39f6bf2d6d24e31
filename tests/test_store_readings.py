"""A file's way through the workers, each step done twice or by workers that die."""

from __future__ import annotations

import threading

from models.archive import Start, State
from models.db import Database, Session
from models.rows import Page, Reading
from models.store import batches, pages, readings
from models.store.batches import Ask
from models.store.pages import Attempt, Finished, PageFile, PageKey, PageResult
from tests.archives import AGAIN, BUSY, FRESH, add, batch_of, begin, hash_of, later, person, read


def state_of(session: Session, reading_id: int) -> State:
    session.flush()
    session.expire_all()
    return State(session.get_one(Reading, reading_id).state)


def page_of(session: Session, reading_id: int, number: int) -> Page:
    return session.get_one(Page, (reading_id, number), populate_existing=True)


def test_from_queued_to_settling(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=2)
    with database.transaction() as session:
        assert state_of(session, reading) is State.QUEUED
        assert not read(session, reading, 1)
        assert state_of(session, reading) is State.READING
        assert read(session, reading, 2)
        assert state_of(session, reading) is State.SETTLING
        assert not readings.all_read(session, reading)
        assert [page.number for page in readings.pages(session, reading)] == [1, 2]
        readings.keep_document(session, reading, "a" * 64)
        readings.keep_document(session, reading, "b" * 64)
        session.expire_all()
        found = readings.reading_of(session, reading)
        assert found is not None
        assert (found[0].document, found[1].kind) == ("a" * 64, "pdf")


def test_only_who_finishes_with_no_page_to_come_looks_whether_it_was_the_last(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=3)
    with database.transaction() as session:
        for number in (1, 2):
            assert begin(session, PageKey(reading, number), FRESH) is Start.READ
        nothing = PageResult("a" * 64, "", {})
        assert pages.finish_page(session, PageKey(reading, 1), nothing) == Finished(True, last=False)
        assert begin(session, PageKey(reading, 3), FRESH) is Start.READ
        assert pages.finish_page(session, PageKey(reading, 2), nothing) == Finished(True, last=True)
        assert not readings.all_read(session, reading)
        assert pages.finish_page(session, PageKey(reading, 3), nothing) == Finished(True, last=True)
        assert readings.all_read(session, reading)


def test_whoever_begins_is_told_the_file(database: Database) -> None:
    batch_id, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.statements() as session:
        found = pages.start_page(session, PageKey(reading, 1), FRESH)
        assert found == PageFile(batch_id, hash_of("a.pdf"), "pdf", 1)


def test_a_text_dump_waits_for_settling_at_once(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.txt", pages=0)
    with database.transaction() as session:
        assert state_of(session, reading) is State.SETTLING


def test_every_step_may_come_twice(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    key = PageKey(reading, 1)
    with database.transaction() as session:
        assert readings.start_opening(session, reading, again=False) is Start.DONE
        readings.opened(session, reading, 5)
        assert begin(session, key, FRESH) is Start.READ
        assert begin(session, key, FRESH) is Start.BUSY
        assert pages.finish_page(session, key, PageResult("a" * 64, "", {"read": 1.5})) == Finished(True, True)
        assert pages.finish_page(session, key, PageResult("b" * 64, "", {})) == Finished(False, True)
        assert begin(session, key, AGAIN) is Start.DONE
        page = page_of(session, reading, 1)
        assert (page.blob, page.seconds, page.attempts, page.deaths) == ("a" * 64, {"read": 1.5}, 1, 0)
        assert begin(session, PageKey(reading, 9), FRESH) is Start.DONE


def test_a_page_that_kills_its_readers_is_set_aside(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=2)
    key = PageKey(reading, 1)
    with database.transaction() as session:
        read(session, reading, 2)
        for death in range(1, pages.MOST_DEATHS + 1):
            assert begin(session, key, FRESH) is Start.READ
            assert pages.killed(session, key, "SIGSEGV") is (death == pages.MOST_DEATHS)
        assert not pages.killed(session, key, "SIGSEGV")
        assert readings.all_read(session, reading)
        page = page_of(session, reading, 1)
        assert page.problem == "reading this page ended its worker 3 times: SIGSEGV"
        assert (page.attempts, page.deaths) == (3, 3)
        assert state_of(session, reading) is State.SETTLING


def test_a_worker_lost_is_no_fault_of_its_page_but_not_for_ever(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    key = PageKey(reading, 1)
    with database.transaction() as session:
        for count in range(pages.MOST_ATTEMPTS):
            assert begin(session, key, AGAIN if count % 3 == 1 else FRESH) is Start.READ
            if count % 3 == 1:
                pages.release(session, [key])
            else:
                later(session, seconds=(count % 3) * (BUSY.total_seconds() + 1))
        page = page_of(session, reading, 1)
        assert (page.deaths, page.attempts) == (0, pages.MOST_ATTEMPTS)
        assert begin(session, key, AGAIN) is Start.SET_ASIDE


def test_a_clock_set_back_does_not_keep_a_page_for_ever(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    key = PageKey(reading, 1)
    with database.transaction() as session:
        pages.start_page(session, key, FRESH)
        assert begin(session, key, FRESH) is Start.BUSY
        later(session, hours=-3)
        assert begin(session, key, FRESH) is Start.READ


def test_after_too_many_failed_pages_the_rest_is_not_read(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=3)
    with database.transaction() as session:
        read(session, reading, 1, 2, problem="blotted")
        few = Attempt("one", again=False, busy=BUSY, most_failed=2)
        assert begin(session, PageKey(reading, 3), few) is Start.SET_ASIDE
        assert readings.all_read(session, reading)
        assert page_of(session, reading, 3).problem == pages.REST


def test_a_page_given_back_has_not_killed_anybody(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        for _ in range(5):
            assert begin(session, PageKey(reading, 1), AGAIN) is Start.READ
            pages.give_back(session, PageKey(reading, 1))
        page = page_of(session, reading, 1)
        assert (page.deaths, page.attempts) == (0, 0)


def test_a_file_that_was_lost_with_every_worker_that_opened_it_fails(database: Database) -> None:
    with database.transaction() as session:
        batch = batches.open_batch(session, person(session).id, "b", "k")
        reading = add(session, batch.id, "a.pdf").reading_id
        assert readings.start_opening(session, reading, again=False) is Start.READ
        for _ in range(pages.MOST_ATTEMPTS - 1):
            assert readings.start_opening(session, reading, again=True) is Start.READ
        assert readings.start_opening(session, reading, again=True) is Start.SET_ASIDE
        assert state_of(session, reading) is State.FAILED
        assert readings.retry(session, reading)
        assert not readings.retry(session, reading)
        assert readings.start_opening(session, reading, again=False) is Start.READ


def test_a_retry_reads_again_what_failed_and_nothing_else(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=2)
    with database.transaction() as session:
        read(session, reading, 1)
        assert read(session, reading, 2, problem="too large")
        readings.fail(session, reading, "settling took too long")
        assert readings.retry(session, reading)
        assert state_of(session, reading) is State.READING
        assert page_of(session, reading, 1).blob
        assert page_of(session, reading, 2).finished_at is None
        assert read(session, reading, 2)
        readings.fail(session, reading, "settling took too long")
        assert state_of(session, reading) is State.FAILED
        assert readings.retry(session, reading)
        assert state_of(session, reading) is State.SETTLING


def test_settling_is_asked_for_where_pages_are_read(database: Database) -> None:
    _, (done, waiting) = batch_of(database, "a.pdf", "b.pdf", pages=1)
    with database.transaction() as session:
        read(session, done, 1)
        assert readings.ask_settling(session, [waiting, done]) == [done]


def test_another_engine_reads_anew_and_the_document_shows_that(database: Database) -> None:
    _, (old,) = batch_of(database, "a.pdf", pages=1)
    with database.transaction() as session:
        batch_id = session.get_one(Reading, old).batch_id
        document = add(session, batch_id, "a.pdf").document_id
        new = readings.reread(session, document, "test 2", 0)
        assert new is not None
        assert new != old
        assert readings.reread(session, document, "test 2", 0) == new
        assert not batches.wanted(session, old)
        assert state_of(session, new) is State.QUEUED
        assert readings.reread(session, 999, "test 2", 0) is None
        assert Ask("test 2", 0).priority == session.get_one(Reading, new).priority


def test_of_many_workers_one_sends_the_settling(database: Database) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=8)
    last: list[int] = []

    def work(number: int) -> None:
        key = PageKey(reading, number)
        with database.statements() as session:
            pages.start_page(session, key, FRESH)
        with database.statements() as session:
            finished = pages.finish_page(session, key, PageResult("a" * 64, "", {}))
        if finished.last:
            with database.statements() as session:
                if readings.all_read(session, reading):
                    last.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(last) == 1
