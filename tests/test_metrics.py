"""What Prometheus is told is what the database holds."""

from __future__ import annotations

from models.db import Database
from models.fleet import Fleet
from models.metrics import exposition
from models.queue import Priority, Task, make_app, send
from models.store import dispatch, pages
from tests.archives import FRESH, batch_of


def test_the_facts_as_figures(database: Database, redis_server_url: str) -> None:
    batch_of(database, "a.pdf", "b.pdf", pages=3)
    with database.transaction() as session:
        (first, _) = dispatch.pages_to_send(session, 2, 2)
        pages.start_page(session, first.key, FRESH)
    app = make_app(redis_server_url, 120, 4096)
    send(app, Task.OPEN, 1, priority=Priority.PERSON)
    app.close()
    fleet = Fleet(redis_server_url)
    fleet.beat("one")
    told = exposition(database, fleet).decode()
    for line in (
        'jiaokan_readings{state="reading"} 1.0', 'jiaokan_readings{state="queued"} 1.0',
        'jiaokan_pages_unfinished{state="queued"} 4.0', 'jiaokan_pages_unfinished{state="sent"} 1.0',
        'jiaokan_pages_unfinished{state="reading"} 1.0', 'jiaokan_queue_depth{priority="4"} 1.0',
        "jiaokan_workers 1.0", "jiaokan_questions_open 0.0", "jiaokan_straight_through_share 0.0",
    ):  # fmt: skip
        assert line in told.splitlines()
    fleet.close()


def test_without_redis_the_rest_is_told(database: Database) -> None:
    told = exposition(database, Fleet("redis://127.0.0.1:1/0")).decode()
    assert "jiaokan_readings" in told
    assert "jiaokan_queue_depth" not in told
