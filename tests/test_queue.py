"""The queue: its times hold together, tasks go out after the commit and in order of urgency."""

from __future__ import annotations

import pytest
import redis
from celery import Celery
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from models.archive import Role
from models.db import Database, at
from models.logs import about
from models.queue import QUEUE, Priority, QueueError, Sent, Task, Times, make_app, send, send_after, send_all, unasked
from models.rows import Batch
from models.store import people


@given(st.floats(1, 3600))
def test_told_before_ended_before_given_to_another(page_seconds: float) -> None:
    times = Times(page_seconds)
    for task in Task:
        assert page_seconds < times.soft(task) < times.hard(task) < times.visibility
    assert times.busy < times.page_lost


def test_the_application_acknowledges_late_and_keeps_no_results() -> None:
    app = make_app("redis://127.0.0.1:1/0", 120, 4096)
    conf, times = app.conf, Times(120)
    assert conf.task_acks_late
    assert conf.task_reject_on_worker_lost
    assert conf.worker_prefetch_multiplier == 1
    assert conf.result_backend is None
    assert conf.worker_max_memory_per_child == 4096 * 1024, "in KiB"
    assert conf.accept_content == ["json"]
    for task in Task:
        limits = conf.task_annotations[task.value]
        assert limits["soft_time_limit"] < limits["time_limit"] < conf.broker_transport_options["visibility_timeout"]
    assert conf.broker_transport_options["visibility_timeout"] == times.visibility


def test_the_urgent_is_taken_first(redis_url: str) -> None:
    app = make_app(redis_url, 120, 4096)
    send(app, Task.READ_PAGE, 7, 1)
    send(app, Task.READ_PAGE, 8, 1, priority=Priority.REVIEW)
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        first, second = (queue.get(timeout=5) for _ in range(2))
        assert [message.payload[0] for message in (first, second)] == [[8, 1], [7, 1]]
        assert first.headers["task"] == Task.READ_PAGE
        for message in (first, second):
            message.ack()
    app.close()


def test_a_task_is_sent_after_the_commit_only(database: Database, redis_url: str) -> None:
    app = make_app(redis_url, 120, 4096)
    client = redis.Redis(unix_socket_path=redis_url.partition("://")[2])
    client.flushall()
    for begin in (database.transaction, database.statements):
        with begin() as session:
            for number in (3, 4):
                send_after(session, app, Task.OPEN, number, priority=Priority.REVIEW)
            assert client.llen(QUEUE) == 0
        assert client.llen(QUEUE) == 2
        client.flushall()
    with pytest.raises(IntegrityError):
        _send_and_fail(database, app)
    assert client.llen(QUEUE) == 0
    client.flushall()
    client.close()
    app.close()


def _send_and_fail(database: Database, app: Celery) -> None:
    with database.transaction() as session:
        send_after(session, app, Task.OPEN, 3, priority=Priority.REVIEW)
        session.add(Batch(owner_id=7, name="", key="", created_at=at(session)))


def test_many_are_sent_in_one_go_and_arrive_in_order(redis_url: str) -> None:
    app = make_app(redis_url, 120, 4096)
    send_all(app, [Sent(Task.READ_PAGE, (7, number)) for number in range(1, 300)])
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        found = [queue.get(timeout=5) for _ in range(299)]
        assert [message.payload[0] for message in found] == [[7, number] for number in range(1, 300)]
        assert len({message.headers["id"] for message in found}) == 299
        for message in found:
            message.ack()
    app.close()


def test_a_task_names_the_request_it_follows_from_and_no_other(redis_url: str) -> None:
    app = make_app(redis_url, 120, 4096)
    with about(request="r1"):
        send(app, Task.EXPORT, 1)
        with unasked():
            send(app, Task.READ_PAGE, 7, 1)
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        asked, unnamed = (queue.get(timeout=5) for _ in range(2))
        assert asked.headers["jiaokan_request"] == "r1"
        assert "jiaokan_request" not in unnamed.headers
        for message in (asked, unnamed):
            message.ack()
    app.close()


def test_a_queue_that_is_away_is_told_and_loses_nothing(database: Database) -> None:
    app = make_app("redis://127.0.0.1:1/0", 120, 4096)
    with pytest.raises(QueueError, match="JIAOKAN_REDIS_URL"):
        send(app, Task.OPEN, 3)
    with database.transaction() as session:
        people.add_user(session, "a", Role.ADMIN, "")
        send_after(session, app, Task.OPEN, 3)
    with database.snapshot() as session:
        assert len(people.users(session)) == 1
    with pytest.raises(QueueError, match="jiaokan serve"):
        make_app("", 120, 4096)
    app.close()
