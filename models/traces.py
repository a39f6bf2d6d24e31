"""OpenTelemetry traces, if OTEL_EXPORTER_OTLP_ENDPOINT (or ..._TRACES_ENDPOINT) says where to; else nothing is loaded.

A trace goes from the request that asked for something through the tasks that it sends, and what these send on. What
goes out because it is next, such as a page of a large batch, follows from no request and begins a trace of its own.
Spans know what they are about by the names that logs have.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

_NAMES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def wanted() -> bool:
    """Whether an endpoint is configured."""
    return any(os.environ.get(name) for name in _NAMES)


def watch(app: Any) -> None:
    """Have the requests to a FastAPI application traced, if an endpoint is configured."""
    if wanted():
        from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor  # noqa: PLC0415  # only where it is used

        FastAPIInstrumentor.instrument_app(app)


def start(service: str) -> bool:
    """Send this process's traces, under the name of a service; False if no endpoint is configured.

    To be called once in each process, after forks. Tasks that are sent or run are traced from then on.
    """
    if not wanted():
        return False
    from opentelemetry import trace  # noqa: PLC0415  # loaded only where it is used
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415  # likewise
    from opentelemetry.instrumentation.celery import CeleryInstrumentor  # noqa: PLC0415  # likewise
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415  # likewise
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415  # likewise
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415  # likewise

    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    CeleryInstrumentor().instrument()  # type: ignore[no-untyped-call]  # its types are missing
    return True


def note(ids: Mapping[str, Any]) -> None:
    """Have the span around know what it is about."""
    if wanted():
        from opentelemetry import trace  # noqa: PLC0415  # loaded only where it is used

        trace.get_current_span().set_attributes({f"jiaokan.{name}": value for name, value in ids.items()})


@contextmanager
def apart() -> Iterator[None]:
    """What is sent within begins a trace of its own."""
    if not wanted():
        yield
        return
    from opentelemetry import context  # noqa: PLC0415  # loaded only where it is used

    token = context.attach(context.Context())
    try:
        yield
    finally:
        context.detach(token)
