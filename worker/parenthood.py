"""Processes that end with whoever started them, also where that one was killed outright (Linux's prctl)."""

from __future__ import annotations

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
"""From Linux's sys/prctl.h."""
_libc = ctypes.CDLL(None)


def end_with_parent(how: signal.Signals = signal.SIGKILL) -> None:
    """To be called in the new process: it is sent this signal when its parent ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, how)
