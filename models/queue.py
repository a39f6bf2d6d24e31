"""The queue: the Celery application, the names of the tasks, and the times that hold it together.

A task carries numbers only and is sent after the commit that made it necessary. State lives in the database; the queue
may lose everything, and the sweep sends again what is missing.

All times follow from what one page may take (`page_seconds`): a task is told to end at its soft limit, ended at its
hard limit, and given to another worker only after the visibility timeout, which is longer than any hard limit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum, StrEnum
from typing import Any

from celery import Celery
from kombu.exceptions import KombuError
from kombu.transport import redis

from models import traces
from models.db import Session, Statements, after_commit
from models.logs import about, context

QUEUE = "jiaokan"


class Task(StrEnum):
    """The tasks by name; the numbers that each is given stand behind it."""

    TAKE_IN = "jiaokan.take_in"  # upload
    OPEN = "jiaokan.open"  # reading
    READ_PAGE = "jiaokan.read_page"  # reading, page
    SETTLE = "jiaokan.settle"  # reading
    PICTURE = "jiaokan.picture"  # reading, page
    EXPORT = "jiaokan.export"  # export
    SWEEP = "jiaokan.sweep"  # nothing


class Priority(IntEnum):
    """What goes first: the smaller number."""

    REVIEW = 0
    SWEEP = 1
    FINISH = 2
    PERSON = 4
    BATCH = 6


class QueueError(RuntimeError):
    """The queue cannot be used; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A task to be sent, with its numbers, and how urgent it is."""

    task: Task
    numbers: tuple[int, ...]
    priority: Priority = Priority.BATCH


class _Channel(redis.Channel):
    """Uses one client of Redis for all that is asked: kombu makes one each time, thrice a task, 0.1 ms each."""

    _one: Any = None

    @contextmanager
    def conn_or_acquire(self, client: Any = None) -> Iterator[Any]:
        if self._one is None:
            with super().conn_or_acquire() as self._one:
                pass
        yield client or self._one


class Transport(redis.Transport):
    """The way to Redis."""

    Channel = _Channel


_TO_SEND = "jiaokan_to_send"
_PAGES = {
    Task.TAKE_IN: 10,
    Task.OPEN: 2,
    Task.READ_PAGE: 1,
    Task.SETTLE: 2,
    Task.PICTURE: 1,
    Task.EXPORT: 30,
    Task.SWEEP: 1,
}
"""How long a task may take, in what one page may take."""
_NOT_SHOWN: dict[str, Any] = {"argsrepr": "", "kwargsrepr": ""}
"""Celery's monitors are not used, and what it writes for them costs a fifth of sending a task."""
_START_SECONDS = 60
"""What a task may take besides: loading models, the store, the database."""
_GRACE = 1.25
"""From the soft to the hard limit, and from the longest hard limit to the visibility timeout."""


@dataclass(frozen=True, slots=True)
class Times:
    """The times of the queue, in seconds."""

    page_seconds: float

    def soft(self, task: Task) -> float:
        """When a task is told to end."""
        return self.page_seconds * _PAGES[task] + _START_SECONDS

    def hard(self, task: Task) -> float:
        """When it is ended."""
        return self.soft(task) * _GRACE

    @property
    def visibility(self) -> float:
        """When a task whose worker has said nothing is given to another."""
        return max(self.hard(task) for task in Task) * _GRACE

    @property
    def busy(self) -> timedelta:
        """A page begun longer ago than this has lost its worker."""
        return timedelta(seconds=self.hard(Task.READ_PAGE))

    @property
    def page_lost(self) -> timedelta:
        """A page sent longer ago than this, and not begun since, is sent again."""
        return timedelta(seconds=self.hard(Task.READ_PAGE) * 2)

    @property
    def task_lost(self) -> timedelta:
        """Any other task sent longer ago than this is sent again."""
        return timedelta(seconds=max(self.hard(task) for task in (Task.TAKE_IN, Task.EXPORT, Task.SETTLE)))

    @property
    def sweep(self) -> float:
        """How long after a sweep the next begins; a quarter of what a page may take, within 2 to 30 s."""
        return min(max(self.page_seconds / 4, 2.0), 30.0)


def make_app(redis_url: str, page_seconds: float, child_megabytes: int) -> Celery:
    """The Celery application; connects when used."""
    if not redis_url:
        raise QueueError("no queue is set: JIAOKAN_REDIS_URL names a Redis server, or `jiaokan serve` starts one")
    times = Times(page_seconds)
    app = Celery("jiaokan", broker=redis_url, set_as_current=False)
    app.conf.update(
        broker_transport=Transport,
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=True,
        task_acks_on_failure_or_timeout=True,
        task_reject_on_worker_lost=True,
        task_default_priority=Priority.BATCH.value,
        task_annotations={
            task.value: {"soft_time_limit": times.soft(task), "time_limit": times.hard(task)} for task in Task
        },
        task_publish_retry_policy={"max_retries": 2, "interval_start": 0, "interval_step": 0.5, "interval_max": 1},
        worker_prefetch_multiplier=1,
        worker_max_memory_per_child=child_megabytes * 1024,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        worker_soft_shutdown_timeout=10.0,
        broker_transport_options={
            "visibility_timeout": times.visibility,
            "priority_steps": list(range(10)),
            "queue_order_strategy": "priority",
            "socket_timeout": 30,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
        },
        enable_utc=True,
        timezone="UTC",
    )
    return app


def send(app: Celery, task: Task, *numbers: int, priority: Priority = Priority.BATCH) -> None:
    """Send a task now; raises QueueError if the queue is away."""
    send_all(app, [Sent(task, numbers, priority)])


def send_all(app: Celery, tasks: Iterable[Sent]) -> None:
    """Send tasks now, all in one go; raises QueueError if the queue is away, and then nobody knows which arrived."""
    asked = {"jiaokan_request": context()["request"]} if "request" in context() else {}
    try:
        with app.producer_or_acquire() as producer, producer.batch():
            for one in tasks:
                app.send_task(
                    one.task.value, args=one.numbers, priority=one.priority.value, ignore_result=True,
                    headers=dict(asked), producer=producer, **_NOT_SHOWN,
                )  # fmt: skip
    except (KombuError, OSError) as error:
        raise QueueError(f"the queue does not answer ({error}): check JIAOKAN_REDIS_URL and the server") from error


@contextmanager
def unasked() -> Iterator[None]:
    """What is sent within follows from nobody's request: its logs name none, and its traces begin anew."""
    with about(request=None), traces.apart():
        yield


def send_after(
    session: Session | Statements, app: Celery, task: Task, *numbers: int, priority: Priority = Priority.BATCH
) -> None:
    """Send a task once the session's transaction is committed; if the queue is away then, the sweep sends it later.

    What one transaction sends goes out together.
    """
    waiting: list[Sent] = session.info.setdefault(_TO_SEND, [])
    if not waiting:
        after_commit(session, lambda: send_all(app, session.info.pop(_TO_SEND)))
    waiting.append(Sent(task, numbers, priority))
