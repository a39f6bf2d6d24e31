"""A log line is one object, and says what it is about."""

from __future__ import annotations

import json
import logging

from models import logs


def line(message: str, **extra: object) -> dict[str, object]:
    record = logging.LogRecord("models", logging.WARNING, __file__, 1, message, (), None)
    vars(record).update(extra)
    text = logs.JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, object] = json.loads(text)
    return found


def test_what_is_around_stands_in_every_line() -> None:
    with logs.about(request="r1", batch=7):
        with logs.about(page=3):
            logs.tell(reading=9)
            told = line("读完", outcome="done")
        after = line("next")
    assert {name: told[name] for name in ("request", "batch", "reading", "page", "message", "outcome", "level")} == {
        "request": "r1", "batch": 7, "reading": 9, "page": 3, "message": "读完", "outcome": "done", "level": "warning",
    }  # fmt: skip
    with logs.about(request="r1", task="next"), logs.about(request=None):
        assert (line("nobody asked").get("request"), logs.context()) == (None, {"task": "next"})
    assert "page" not in after
    assert "reading" not in after
    assert "request" not in line("outside")


def test_an_error_and_a_flood_stay_one_short_line() -> None:
    record = logging.LogRecord("models", logging.ERROR, __file__, 1, "x" * 10_000, (), None)
    try:
        raise ValueError("line\nline")
    except ValueError as error:
        record.exc_info = (ValueError, error, error.__traceback__)
    told = json.loads(logs.JsonLines().format(record))
    assert len(told["message"]) == 2000
    assert "ValueError" in told["error"]
