"""OpenTelemetry traces, if OTEL_EXPORTER_OTLP_ENDPOINT (or ..._TRACES_ENDPOINT) says where to; else nothing is loaded.

A trace goes from the request that asked for something through the tasks that follow from it.
"""

from __future__ import annotations

import os
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
