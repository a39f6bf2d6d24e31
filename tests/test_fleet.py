"""Who works on what, told in Redis and believed only as a hint."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.fleet import Fleet, Taken
from models.queue import Priority, Task, make_app, send

PAGE = Taken("one", Task.READ_PAGE, (7, 3), 6)


@pytest.fixture
def fleet(redis_server_url: str) -> Iterator[Fleet]:
    found = Fleet(redis_server_url)
    yield found
    found.close()


def test_tasks_of_a_worker_that_is_gone_are_told_once(fleet: Fleet) -> None:
    fleet.beat("one")
    fleet.took("a", PAGE)
    fleet.took("b", Taken("two", Task.SETTLE, (9,), 2))
    assert fleet.workers() == {"one"}
    assert fleet.forsaken() == [Taken("two", Task.SETTLE, (9,), 2)]
    assert fleet.forsaken() == []
    fleet.leave("one")
    assert fleet.forsaken() == [PAGE]


def test_a_task_taken_by_another_is_that_ones(fleet: Fleet) -> None:
    fleet.beat("two")
    fleet.took("a", PAGE)
    fleet.took("a", Taken("two", *(PAGE.task, PAGE.numbers, PAGE.priority)))
    assert fleet.forsaken() == []
    fleet.did("a")
    assert fleet.idle()


def test_idle_is_nothing_queued_and_nobody_at_work(fleet: Fleet, redis_server_url: str) -> None:
    assert fleet.idle()
    fleet.took("s", Taken("one", Task.SWEEP, (), 1))
    assert fleet.idle()
    fleet.took("a", PAGE)
    assert not fleet.idle()
    fleet.did("a")
    app = make_app(redis_server_url, 120, 4096)
    send(app, Task.OPEN, 1, priority=Priority.PERSON)
    send(app, Task.SETTLE, 1, priority=Priority.REVIEW)
    app.close()
    assert not fleet.idle()
    assert {priority: count for priority, count in fleet.depth().items() if count} == {0: 1, 4: 1}


def test_of_all_who_ask_one_is_told(fleet: Fleet) -> None:
    assert [fleet.due("sweep", 10), fleet.due("sweep", 10), fleet.due("clean", 10)] == [True, False, True]
    assert [fleet.emptied(), fleet.emptied()] == [True, False]


def test_a_server_that_is_away_says_what_to_do(fleet: Fleet) -> None:
    assert fleet.problem() == ""
    assert "JIAOKAN_REDIS_URL" in Fleet("redis://127.0.0.1:1/0").problem()
