"""Logs as JSON, one object a line, each with the ids of what it is about: request, task, batch, documents, page.

No secrets and no text of documents go into a log; names of files are shortened.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

_NOTHING: Mapping[str, Any] = MappingProxyType({})
_about: ContextVar[Mapping[str, Any]] = ContextVar("jiaokan_about", default=_NOTHING)
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_LONGEST = 2000
_LOUD = (
    "aiobotocore", "alembic.runtime.plugins", "amqp", "botocore", "celery.app.trace", "celery.worker.strategy", "kombu",
    "s3fs", "urllib3",
)  # fmt: skip


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """What is logged within is about these; added to what is around. None takes one away."""
    token = _about.set(_with(ids))
    try:
        yield
    finally:
        _about.reset(token)


def tell(**ids: Any) -> None:
    """From here to the end of what is around, logs are about these too."""
    _about.set(_with(ids))


def _with(ids: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in {**_about.get(), **ids}.items() if value is not None}


def context() -> Mapping[str, Any]:
    """What logs are about at this place."""
    return _about.get()


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The time in UTC, how grave it is, who says it, what, about what."""
        told: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage()[:_LONGEST],
            "process": record.process,
            **_about.get(),
        }
        told |= {name: value for name, value in vars(record).items() if name not in _OWN and not name.startswith("_")}
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)[-_LONGEST:]
        return json.dumps(told, ensure_ascii=False, default=str)


def configure(level: int = logging.INFO) -> None:
    """Log to stderr as JSON, whatever libraries had in mind."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for loud in _LOUD:
        logging.getLogger(loud).setLevel(logging.WARNING)
