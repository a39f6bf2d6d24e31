"""The folder of lists that `jiaokan learn` writes, as settling reads it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from models import confusions, names
from models.confusions import Confusions
from models.decisions import Learned
from models.names import Names

CONFUSIONS, NAMES = "confusions.csv", "names.csv"
_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


def known(folder: Path | None) -> Learned:
    """What the lists of a folder say; nothing without a folder, and nothing of a list that is damaged."""
    if folder is None:
        return Learned()
    return Learned(
        _read(folder / CONFUSIONS, _confusions) or Confusions(),
        _read(folder / NAMES, _names) or Names(),
    )


def _read(path: Path, parsed: Callable[[Path, int], _Value]) -> _Value | None:
    try:
        return parsed(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        _log.error("%s is not used: %s", path, error)
        return None


@lru_cache(2)
def _confusions(path: Path, _written_at: int) -> Confusions:
    return confusions.parsed(path.read_text(encoding="utf-8"))


@lru_cache(2)
def _names(path: Path, _written_at: int) -> Names:
    return names.parsed(path.read_text(encoding="utf-8"))
