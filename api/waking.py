"""The sweep woken when there is something new to do: it sends the openings and pages, batches in turns.

Many requests within a moment wake it once. If the queue is away it is woken by its own clock, when it is back.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from models.queue import QueueError

_log = logging.getLogger(__name__)


class Waker:
    """Wakes the sweep a moment after it was first asked to."""

    def __init__(self, wake: Callable[[], object], seconds: float = 0.3) -> None:
        self._wake, self._seconds = wake, seconds
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def soon(self) -> None:
        """Ask for it; of use after a commit only."""
        with self._lock:
            if self._timer is None:
                self._timer = threading.Timer(self._seconds, self._fire)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Do at once what is still to come."""
        with self._lock:
            timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
            self._now()

    def _fire(self) -> None:
        with self._lock:
            self._timer = None
        self._now()

    def _now(self) -> None:
        try:
            self._wake()
        except QueueError as error:
            _log.warning("the sweep was not woken: %s", error)
