"""The processes of `jiaokan serve`: started, started again when they end, and stopped together."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from worker.parenthood import end_with_parent

_STOP_SECONDS = 30.0
_END_SECONDS = 5.0
_SHORT_LIFE = 10.0
_MOST_SHORT_LIVES = 5


@dataclass(frozen=True, slots=True)
class Member:
    """A process that is to run."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]


class Household:
    """Processes that live and end together; use as a context manager. Stopped in the reverse order of their adding."""

    def __init__(self) -> None:
        self._running: list[_Running] = []

    def __enter__(self) -> Household:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for running in reversed(self._running):
            running.stop()

    def add(self, member: Member) -> None:
        """Start a process."""
        self._running.append(_Running(member))

    def problem(self) -> str:
        """Which process has ended, if one has."""
        for running in self._running:
            if running.process.poll() is not None:
                return f"{running.member.name} has ended (status {running.process.returncode}): see what it said above"
        return ""

    def keep(self) -> str:
        """Start again what has ended; why that is given up, if one ends again and again."""
        for running in self._running:
            if running.process.poll() is not None and not running.restart():
                return f"{running.member.name} ends again and again: see what it said above"
        return ""


class _Running:
    """A process, and how often it has ended soon after its start."""

    def __init__(self, member: Member) -> None:
        self.member = member
        self._short_lives = 0
        self._start()

    def _start(self) -> None:
        self._begun = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603  # our own commands
            list(self.member.command),
            env=dict(self.member.environment),
            start_new_session=True,  # Ctrl-C goes to the household, which stops its members in order
            preexec_fn=_end_with_parent,  # noqa: PLW1509  # the household has no threads
        )

    def restart(self) -> bool:
        """Start again; False if it has ended too soon too often."""
        self._short_lives = self._short_lives + 1 if time.monotonic() - self._begun < _SHORT_LIFE else 1
        if self._short_lives > _MOST_SHORT_LIVES:
            return False
        self._start()
        return True

    def stop(self) -> None:
        """Ask it to end, then insist."""
        for one, seconds in ((signal.SIGTERM, _STOP_SECONDS), (signal.SIGQUIT, _END_SECONDS)):
            self.process.send_signal(one)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                return
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def _end_with_parent() -> None:
    """In the new process: should the household be killed outright, end too."""
    end_with_parent(signal.SIGTERM)
