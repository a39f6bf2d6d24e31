"""Traces go out where an endpoint is configured, from the sending of a task on, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from models import traces

SEND = """
from opentelemetry import trace
from models import traces
from models.queue import Task, make_app, send
import sys
assert traces.start("jiaokan-test")
app = make_app(sys.argv[1], 120, 4096)
with trace.get_tracer("test").start_as_current_span("request"):
    send(app, Task.SWEEP)
trace.get_tracer_provider().shutdown()
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An endpoint that keeps what it is sent."""
    found: list[bytes] = []

    class Keep(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name the server wants
            found.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_told: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Keep)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", found
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_an_endpoint_nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    assert not traces.start("jiaokan-test")


def test_a_request_and_the_task_it_sends_are_one_trace(
    collector: tuple[str, list[bytes]], redis_server_url: str
) -> None:
    address, found = collector
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": address}
    subprocess.run([sys.executable, "-c", SEND, redis_server_url], env=environment, check=True, timeout=60)  # noqa: S603  # our own
    told = b"".join(found)
    assert b"jiaokan-test" in told
    assert b"request" in told
    assert b"apply_async/jiaokan.sweep" in told
