"""The folder of lists that `jiaokan learn` writes, as settling reads it."""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from models.names import parsed

CONFUSIONS, NAMES = "confusions.csv", "names.csv"
_log = logging.getLogger(__name__)


def known_offices(folder: Path | None) -> frozenset[str]:
    """The offices' names that people confirmed; none without a folder, and none of a list that is damaged."""
    if folder is None:
        return frozenset()
    path = folder / NAMES
    try:
        return _offices(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError) as error:
        _log.error("%s is not used: %s", path, error)
        return frozenset()


@lru_cache(2)
def _offices(path: Path, _written_at: int) -> frozenset[str]:
    return parsed(path.read_text(encoding="utf-8")).offices()
