"""The service as a process of its own: a real server on a port, killed where a test wants it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import redis

from tests.servers import free_port

ROOT = Path(__file__).parents[1]


@dataclass
class Server:
    """A server and where it is."""

    process: subprocess.Popen[bytes]
    url: str

    def kill(self) -> None:
        """As a power cut does it."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def resident(self) -> int:
        """The most memory it has taken so far, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) << 10


@contextlib.contextmanager
def serving(
    database_url: str, redis_url: str, store: Path, *more: str, port: int = 0, empty: bool = True
) -> Iterator[Server]:
    """A server on this port or a free one; ended at the end, and the queue emptied, unless a worker has it too."""
    try:
        with serving_from(ROOT, (database_url, redis_url, store), *more, port=port) as server:
            yield server
    finally:
        if empty:
            emptied(redis_url)


@contextlib.contextmanager
def serving_from(root: Path, places: tuple[str, str, Path], *more: str, port: int = 0) -> Iterator[Server]:
    """A server of the code in a folder, ended at the end; `places` are its database, Redis and store."""
    port = port or free_port()
    names = ("JIAOKAN_DATABASE_URL", "JIAOKAN_REDIS_URL", "JIAOKAN_STORE_URL")
    environment = {**os.environ, "PYTHONPATH": str(root), **dict(zip(names, map(str, places), strict=True))}
    command = [sys.executable, "-c", "import sys; from worker.cli import main; sys.exit(main())", "api"]
    process = subprocess.Popen([*command, f"--port={port}", *more], env=environment, cwd=root)  # noqa: S603  # our own server
    server = Server(process, f"http://127.0.0.1:{port}")
    try:
        _answering(server)
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()


def emptied(redis_url: str) -> None:
    """Leave no tasks to other tests in the queue that all share."""
    with redis.Redis.from_url(redis_url.replace("redis+socket://", "unix://", 1)) as client:
        client.flushall()


def _answering(server: Server) -> None:
    for _ in range(300):
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{server.url}/healthz").status_code == 200:
                return
        time.sleep(0.1)
    raise AssertionError("the server does not answer")
