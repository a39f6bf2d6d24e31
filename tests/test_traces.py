"""Traces go out where an endpoint is configured, from the sending of a task on, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from api.client import Client
from models import traces
from tests.doors import TOKEN, admit
from tests.recorded import recorded
from tests.serving import serving
from tests.topology import Topology

Collector = tuple[str, list[bytes]]
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
def collector() -> Iterator[Collector]:
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


def test_a_request_and_the_task_it_sends_are_one_trace(collector: Collector, redis_server_url: str) -> None:
    address, found = collector
    environment = {**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": address}
    subprocess.run([sys.executable, "-c", SEND, redis_server_url], env=environment, check=True, timeout=60)  # noqa: S603  # our own
    told = b"".join(found)
    assert b"jiaokan-test" in told
    assert b"request" in told
    assert b"apply_async/jiaokan.sweep" in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_request_asks_for_is_one_trace_and_what_is_next_another(
    tmp_path: Path, database_url: str, redis_server_url: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server and a real worker: an export is part of its request's trace, each page has its own."""
    address, found = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "100")
    with Topology(tmp_path, database_url, redis_server_url, f"{tmp_path}/store") as topology:
        admit(topology.database)
        topology.worker(1)
        with serving(database_url, redis_server_url, tmp_path / "store", empty=False) as server:
            with Client(server.url, TOKEN) as client:
                batch = client.open_batch("2023").id
                (tmp_path / "a.pdf").write_bytes(recorded(1, 4))
                client.add(batch, "a.pdf", tmp_path / "a.pdf")
                topology.wait(60)
                client.export("2023", batch=batch)
            told = spans_once(found, "run/jiaokan.export", "run/jiaokan.read_page", "POST /api/exports")
    (asked,) = [span for span in told if span.name == "POST /api/exports"]
    (made,) = [span for span in told if span.name == "run/jiaokan.export"]
    assert asked.trace_id == made.trace_id
    assert about(asked)["jiaokan.request"] == about(made)["jiaokan.request"]
    pages = [span for span in told if span.name == "run/jiaokan.read_page"]
    assert len({span.trace_id for span in pages} - {span.trace_id for span in told if "api" in span.name}) == 4
    assert {about(span)["jiaokan.page"] for span in pages} == {"1", "2", "3", "4"}
    assert {about(span)["jiaokan.batch"] for span in pages} == {str(batch)}


def spans_once(found: list[bytes], *names: str) -> list[Span]:
    """All spans, once those are there."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        requests = [ExportTraceServiceRequest.FromString(one) for one in list(found)]
        scopes = [scope for one in requests for part in one.resource_spans for scope in part.scope_spans]
        told = [span for scope in scopes for span in scope.spans]
        if set(names) <= {span.name for span in told}:
            return told
        time.sleep(0.1)
    raise AssertionError(f"not told: {set(names) - {span.name for span in told}}")


def about(span: Span) -> dict[str, str]:
    """What a span is about."""
    return {one.key: one.value.string_value or str(one.value.int_value) for one in span.attributes}
