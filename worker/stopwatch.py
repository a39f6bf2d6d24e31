"""How long each step of a page takes: steps are marked where they are defined, the pipeline only calls them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Made = TypeVar("_Made")
OTHER = "other"
"""What no step takes: opening files, what lies between the steps."""


class _Watch:
    """The time of each step, without that of the steps within it."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._within, self._since = [OTHER], time.monotonic()

    def begin(self, step: str) -> None:
        self._note()
        self._within.append(step)

    def end(self) -> None:
        self._note()
        self._within.pop()

    def _note(self) -> None:
        now, step = time.monotonic(), self._within[-1]
        self.seconds[step] = self.seconds.get(step, 0.0) + now - self._since
        self._since = now


_watch: ContextVar[_Watch | None] = ContextVar("jiaokan_watch", default=None)


@contextmanager
def timed() -> Iterator[Mapping[str, float]]:
    """The seconds of each step taken within, by name, complete at the end; together they are all the time there was."""
    watch = _Watch()
    token = _watch.set(watch)
    try:
        yield watch.seconds
    finally:
        watch.end()
        _watch.reset(token)


def step(name: str) -> Callable[[Callable[_Given, _Made]], Callable[_Given, _Made]]:
    """Mark a function as a step; its time is noted where somebody takes it, else it is called as it is."""

    def mark(function: Callable[_Given, _Made]) -> Callable[_Given, _Made]:
        @wraps(function)
        def call(*args: _Given.args, **kwargs: _Given.kwargs) -> _Made:
            watch = _watch.get()
            if watch is None:
                return function(*args, **kwargs)
            watch.begin(name)
            try:
                return function(*args, **kwargs)
            finally:
                watch.end()

        return call

    return mark
