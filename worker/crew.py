"""A worker: one Celery process that takes tasks, and a process for each task at a time, each with a child that reads.

The first tells the others (`models.fleet`) what it has taken and that it is alive, and has the sweep sent when it is
time; of all workers one does.
"""

from __future__ import annotations

import logging
import multiprocessing.process
import os
import secrets
import socket
from typing import Any

from celery import bootsteps, signals
from celery.worker.request import Request
from redis import RedisError

from models import traces
from models.fleet import BEAT_SECONDS, Taken
from models.queue import Priority, QueueError, Task, send
from models.settings import Settings
from worker import measures
from worker.desk import Desk, Work
from worker.parenthood import end_with_parent
from worker.tasks import register

_log = logging.getLogger(__name__)
_GIVES_WAY = 5
"""How much less urgent work is than answering people, where both share processors (see nice(2))."""


def run(settings: Settings, work: Work, count: int, metrics_port: int = 0) -> int:
    """Work until told to stop; the exit status."""
    os.nice(_GIVES_WAY)
    desk = Desk(settings, work, f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(3)}")
    register(desk)
    _listen(desk)
    if metrics_port:
        measures.serve(metrics_port)
    desk.app.steps["worker"].add(_watch(desk))
    options = ("--pool=prefork", "--optimization=fair", "--without-gossip", "--without-mingle", "--without-heartbeat")
    name = f"--hostname=jiaokan-{desk.worker.replace(':', '-')}"
    try:
        desk.app.worker_main(["worker", f"--concurrency={count}", name, "--loglevel=INFO", *options])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    finally:
        desk.close()
    return 0


def _listen(desk: Desk) -> None:
    """What happens around tasks; receivers are kept by Celery, which else would forget them."""

    first = multiprocessing.current_process()

    def logging_is_set_up(**_told: Any) -> None:
        """Celery leaves the logs alone if anybody listens here."""

    def process_begins(**_told: Any) -> None:
        # Celery's own multiprocessing has put a process there that may have no children; ours end with their parent.
        end_with_parent()
        multiprocessing.process._current_process = first  # type: ignore[attr-defined]  # it has no public name
        desk.forked()
        traces.start("jiaokan-worker")

    def process_ends(**_told: Any) -> None:
        desk.close()

    def received(request: Request, **_told: Any) -> None:
        _took(desk, request)

    signals.setup_logging.connect(logging_is_set_up, weak=False)
    signals.worker_process_init.connect(process_begins, weak=False)
    signals.worker_process_shutdown.connect(process_ends, weak=False)
    signals.task_received.connect(received, weak=False)


def _took(desk: Desk, request: Request) -> None:
    try:
        numbers = tuple(int(number) for number in request.args)
        priority = int((request.delivery_info or {}).get("priority") or 0)
        desk.fleet.took(request.id, Taken(desk.worker, Task(request.name), numbers, priority))
    except (RedisError, OSError, ValueError) as error:
        _log.warning("not told what was taken: %s", error)


def _watch(desk: Desk) -> type[bootsteps.StartStopStep]:
    """A part of the Celery worker that keeps time."""

    class Watch(bootsteps.StartStopStep):
        requires = ("celery.worker.components:Timer",)

        def start(self, parent: Any) -> None:
            beat(desk)
            parent.timer.call_repeatedly(BEAT_SECONDS, beat, (desk,))
            parent.timer.call_repeatedly(1.0, have_swept, (desk,))

        def stop(self, _parent: Any) -> None:
            leave(desk)

    return Watch


def beat(desk: Desk) -> None:
    """Tell that this worker is alive."""
    try:
        desk.fleet.beat(desk.worker)
    except (RedisError, OSError) as error:
        _log.warning("Redis does not answer: %s", error)


def leave(desk: Desk) -> None:
    """Tell that this worker ends."""
    try:
        desk.fleet.leave(desk.worker)
    except (RedisError, OSError) as error:
        _log.warning("Redis does not answer: %s", error)


def have_swept(desk: Desk) -> None:
    """Send the sweep if it is time."""
    try:
        if desk.fleet.due("sweep", desk.times.sweep):
            send(desk.app, Task.SWEEP, priority=Priority.SWEEP)
    except (RedisError, QueueError, OSError) as error:
        _log.warning("no sweep: %s", error)
