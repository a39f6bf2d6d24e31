"""What the service's commands do first: know the settings, or say what is wrong with them."""

from __future__ import annotations

import sys

from pydantic import ValidationError

from models.settings import Settings

_CANNOT_START = 2


def known_settings() -> Settings | None:
    """The settings; None, having said why, if one makes no sense."""
    try:
        return Settings()
    except ValidationError as error:
        refuse("; ".join(f"JIAOKAN_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()))
        return None


def refuse(why: str) -> int:
    """Say why nothing starts; the exit status for that."""
    sys.stderr.write(f"jiaokan: {why}\n")
    return _CANNOT_START
