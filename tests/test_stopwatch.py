"""The time of steps: each its own, without what happens within it, and all of it."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest

from worker import stopwatch
from worker.stopwatch import OTHER, step, timed


@step("inner")
def inner(fails: bool = False) -> int:
    if fails:
        raise ValueError("as asked")
    return 7


@step("outer")
def outer() -> int:
    return inner() + inner()


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which a second goes by at every look."""
    seconds = itertools.count(0.0, 1.0)
    monkeypatch.setattr(stopwatch, "time", SimpleNamespace(monotonic=lambda: next(seconds)))


def test_a_step_within_another_counts_for_itself() -> None:
    with timed() as seconds:
        assert outer() == 14
        assert inner() == 7
    assert seconds == {OTHER: 3.0, "outer": 3.0, "inner": 3.0}


def test_a_step_that_fails_is_over() -> None:
    with timed() as seconds:
        with pytest.raises(ValueError, match="as asked"):
            inner(fails=True)
        outer()
    assert seconds == {OTHER: 3.0, "inner": 3.0, "outer": 3.0}


def test_nobody_who_does_not_ask_is_timed() -> None:
    assert outer() == 14
    with timed() as first:
        pass
    assert first == {OTHER: 1.0}
