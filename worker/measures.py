"""What a worker measures of its own work, for Prometheus; what can be counted in the database is counted there."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where the processes of a worker put their figures; has to be set before this module is imported."""
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)

TASKS = Histogram("jiaokan_task_seconds", "Time a task took, waiting for servers included.", ["task"], buckets=_SECONDS)
STEPS = Histogram("jiaokan_page_seconds", "Time a page took, by step.", ["step"], buckets=_SECONDS)
FAILURES = Counter("jiaokan_task_failures", "Tasks that ended with an error, and were put back or lost.", ["task"])
RETRIES = Counter("jiaokan_page_retries", "Pages begun once more, for their reading process or worker was lost.")
SET_ASIDE = Counter("jiaokan_pages_set_aside", "Pages that could not be read.")


@contextmanager
def measured(task: str) -> Iterator[None]:
    """The time of a task, and whether it failed."""
    begun = time.monotonic()
    try:
        yield
    except BaseException:
        FAILURES.labels(task).inc()
        raise
    finally:
        TASKS.labels(task).observe(time.monotonic() - begun)


def page_read(seconds: Mapping[str, float]) -> None:
    """A page was read, in so many seconds for each step."""
    for step, took in seconds.items():
        STEPS.labels(step).observe(took)


def serve(port: int, address: str = "0.0.0.0") -> WSGIServer:  # noqa: S104  # Prometheus asks from another machine
    """Answer Prometheus for all processes of this worker."""
    registry = CollectorRegistry()
    if os.environ.get(FOLDER):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # half of its types are missing
    server, _ = start_http_server(port, addr=address, registry=registry)
    return server
