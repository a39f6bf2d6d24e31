"""Work done in child processes that can be killed: one that hangs, crashes or fills the memory harms only its own job.

A job is a function by its dotted name with its arguments, so the parent never imports what the children need. A child
is ended when its job takes longer than its time, which begins when the child is ready for it, or its resident memory
grows over the limit, and replaced. Jobs lost
to memory or a crash are tried once more in a fresh child: what an earlier job left behind may have been to blame.
"""

from __future__ import annotations

import ctypes
import heapq
import importlib
import os
import resource
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from multiprocessing import get_context, resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType

from models.files import UnreadableError

_START_SECONDS = 30.0
"""What starting a child and loading its modules may take besides: on a busy machine that is no fault of its job."""
_LOOK_EVERY = 0.1
"""Seconds between looks at the clock and the children's memory."""
_THREAD_VARIABLES = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip
_MEBIBYTE = 1 << 20
_PR_SET_PDEATHSIG = 1
"""From Linux's sys/prctl.h: a child that hangs must not outlive a parent that was killed."""
_PAGE = os.sysconf("SC_PAGE_SIZE")


class FailureKind(StrEnum):
    """Why a job brought no value."""

    UNREADABLE = "unreadable"
    ERROR = "error"
    TIME = "time"
    MEMORY = "memory"
    DIED = "died"


@dataclass(frozen=True, slots=True)
class Failure:
    """A job without a value: `message` says what is wrong and what to do."""

    kind: FailureKind
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """A call to make in a child. Jobs with a smaller `key` start first; `key` also tells whose outcome one gets.

    `setting` names the setting behind `seconds`, for the message when the time is over.
    """

    key: tuple[int, ...]
    function: str
    arguments: tuple[object, ...]
    seconds: float
    setting: str
    tries: int = 2


class Children:
    """A small pool of killable children; use it as a context manager, which ends them all whatever happens.

    `threads` is set for each child before any library with threads of its own is loaded. `megabytes` limits the
    resident memory of each. After `retire_after` jobs a child is replaced, so that leaks do not add up.
    """

    def __init__(self, count: int, threads: int, megabytes: int, retire_after: int = 200, logs: Path | None = None):
        self._count = count
        self._threads = threads
        self._megabytes = megabytes
        self._retire_after = retire_after
        self._logs = logs
        self._children: list[_Child] = []
        self._queue: list[tuple[tuple[int, ...], int, Job]] = []
        self._submitted = 0

    def __enter__(self) -> Children:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in self._children:
            child.kill()
        self._children.clear()

    def submit(self, job: Job) -> None:
        """Put a job in the queue; it starts when `finished` is asked for outcomes."""
        self._submitted += 1
        heapq.heappush(self._queue, (job.key, self._submitted, job))

    def withdraw(self, prefix: tuple[int, ...]) -> tuple[Job, ...]:
        """Take the jobs that have not started, and whose keys begin so, out of the queue."""
        gone = [entry for entry in self._queue if entry[0][: len(prefix)] == prefix]
        self._queue = [entry for entry in self._queue if entry not in gone]
        heapq.heapify(self._queue)
        return tuple(job for _, _, job in sorted(gone))

    def finished(self) -> Iterator[tuple[Job, object | Failure]]:
        """Jobs with their value or failure as they end, until none is left; more may be submitted meanwhile."""
        while self._queue or self._children_at_work():
            self._start()
            ready = wait([child.connection for child in self._children_at_work()], timeout=_LOOK_EVERY)
            for child in self._children_at_work():
                outcome = child.outcome() if child.connection in ready else child.overrun(self._megabytes)
                if outcome is None:
                    continue
                job = child.end_job()
                if child.jobs_done >= self._retire_after or _ends_child(outcome):
                    self._children.remove(child)
                    child.kill()
                if _worth_another_try(outcome) and job.tries > 1:
                    self.submit(replace(job, tries=job.tries - 1))
                else:
                    yield job, outcome.value if isinstance(outcome, _Value) else outcome

    def _children_at_work(self) -> list[_Child]:
        return [child for child in self._children if child.job is not None]

    def _start(self) -> None:
        idle = [child for child in self._children if child.job is None]
        while self._queue:
            if not idle:
                if len(self._children) >= self._count:
                    return
                idle.append(_Child(self._threads, self._megabytes, self._logs))
                self._children.append(idle[-1])
            _, _, job = heapq.heappop(self._queue)
            idle.pop().start_job(job)


@dataclass(frozen=True, slots=True)
class _Ready:
    """The child has started and has loaded what the job needs: its time begins now. Told once for each function."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A job's value, apart from a failure that a function may return as its value."""

    value: object


class _Child:
    """One process and the job it works on."""

    def __init__(self, threads: int, megabytes: int, logs: Path | None) -> None:
        self.job: Job | None = None
        self.jobs_done = 0
        self._ready_for: set[str] = set()
        self._deadline = 0.0
        self._log = logs / f"child-{time.monotonic_ns()}.log" if logs else Path(os.devnull)
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        # Ctrl-C goes to every process of the terminal; only the parent may act on it, and it kills its children.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._process: SpawnProcess = context.Process(
                target=_serve, args=(theirs, threads, megabytes, str(self._log)), daemon=True
            )
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()

    def start_job(self, job: Job) -> None:
        self.job = job
        start = 0.0 if job.function in self._ready_for else _START_SECONDS
        self._deadline = time.monotonic() + start + job.seconds
        with suppress(OSError):  # A child that died while idle: `outcome` finds out.
            self.connection.send((job.function, job.arguments))

    def end_job(self) -> Job:
        """The job that has just come to its end."""
        if self.job is None:
            raise RuntimeError("the child has no job")
        job, self.job = self.job, None
        self.jobs_done += 1
        return job

    def outcome(self) -> _Value | Failure | None:
        """What the child sent; called when there is something to receive, be it the end of the pipe. None: go on."""
        try:
            received = self.connection.recv()
        except (EOFError, OSError):
            return self._died()
        if isinstance(received, _Ready) and self.job is not None:
            self._ready_for.add(self.job.function)
            self._deadline = time.monotonic() + self.job.seconds
            return None
        return received if isinstance(received, _Value | Failure) else self._died()

    def overrun(self, megabytes: int) -> Failure | None:
        """A failure if the job takes longer, or the process more memory, than it may."""
        if self.connection.poll():
            return None
        if self.job is not None and time.monotonic() > self._deadline:
            message = (
                f"it took longer than {self.job.seconds:g} s and was stopped: "
                f"print the file to a new PDF and try again, or raise {self.job.setting}"
            )
            return Failure(FailureKind.TIME, message)
        if _resident(self._process.pid) > megabytes * _MEBIBYTE:
            return _out_of_memory(megabytes)
        return None

    def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        self._process.kill()
        self._process.join()
        self.connection.close()
        self._process.close()

    def _died(self) -> Failure:
        self._process.join(1.0)
        code = self._process.exitcode
        how = signal.Signals(-code).name if code and code < 0 else f"exit code {code}"
        said = ", ".join(filter(None, (how, _last_line(self._log))))
        message = f"the reading process ended by itself ({said}): print the file to a new PDF and try again"
        return Failure(FailureKind.DIED, message)


def _ends_child(outcome: _Value | Failure) -> bool:
    lasting = (FailureKind.UNREADABLE, FailureKind.ERROR)
    return isinstance(outcome, Failure) and outcome.kind not in lasting


def _worth_another_try(outcome: _Value | Failure) -> bool:
    return isinstance(outcome, Failure) and outcome.kind in (FailureKind.MEMORY, FailureKind.DIED)


def _out_of_memory(megabytes: int) -> Failure:
    message = (
        f"it took more than {megabytes:,} MiB of memory and was stopped: "
        "print the file to a new PDF and try again, or raise JIAOKAN_CHILD_MEGABYTES"
    )
    return Failure(FailureKind.MEMORY, message)


def _resident(pid: int | None) -> int:
    """Bytes of a process that are in memory (Linux: the second figure of /proc/PID/statm, in pages)."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def _last_line(log: Path) -> str:
    try:
        lines = log.read_bytes()[-4096:].decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:200] if lines else ""


def _serve(connection: Connection, threads: int, megabytes: int, log: str) -> None:
    """The child's life: answer calls until the parent closes the pipe."""
    _settle_in(threads, megabytes, log)
    known: dict[str, Callable[..., object]] = {}
    with suppress(EOFError, OSError):
        while True:
            function, arguments = connection.recv()
            connection.send(_call(connection, known, function, arguments, megabytes))


def _call(
    connection: Connection, known: dict[str, Callable[..., object]], function: str, arguments: tuple[object, ...],
    megabytes: int,
) -> _Value | Failure:  # fmt: skip
    """Import a function by its dotted name, say so, and call it; whatever it raises becomes a failure."""
    module, _, name = function.rpartition(".")
    try:
        if function not in known:
            known[function] = getattr(importlib.import_module(module), name)
            connection.send(_Ready())
        return _Value(known[function](*arguments))
    except UnreadableError as error:
        return Failure(FailureKind.UNREADABLE, str(error))
    except MemoryError:
        return _out_of_memory(megabytes)
    except Exception as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        return Failure(FailureKind.ERROR, f"reading failed by a fault of jiaokan ({text}): please report it")


def _settle_in(threads: int, megabytes: int, log: str) -> None:
    """Take on the limits of a child before any heavy library is loaded."""
    for name in _THREAD_VARIABLES:
        os.environ[name] = str(threads)
    out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(out, 1)
    os.dup2(out, 2)
    os.close(out)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # The parent looks at resident memory ten times a second; this stops what grows faster. OCR with OpenVINO was
    # measured to reserve 1.4 times its resident memory, so twice the limit is never in the way of an honest page.
    most = 2 * megabytes * _MEBIBYTE
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    with suppress(OSError):  # If the machine runs out of memory, let it be the child that the kernel ends.
        Path("/proc/self/oom_score_adj").write_text("500")
