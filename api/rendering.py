"""Pages from templates, in the language of who asks. Everything that comes from outside is escaped."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from api.deps import Person, kit
from api.languages import language, told
from models.archive import State

_HERE = Path(__file__).parent
_KIBI = 1024
SHARES = (State.DONE, State.NEEDS_REVIEW, State.FAILED, State.SETTLING, State.READING, State.QUEUED, State.CANCELLED)
"""The order in which states stand beside each other."""


def render(request: Request, template: str, values: Mapping[str, Any], status: int = 200) -> HTMLResponse:
    """A page. Nothing of it is kept by browsers or proxies."""
    person: Person | None = getattr(request.state, "person", None)
    spoken = language(request)
    context = {
        "t": partial(words, spoken),
        "told": partial(told, spoken=spoken),
        "lang": {"zh": "zh-CN"}.get(spoken, spoken),
        "spoken": spoken,
        "person": person.user if person else None,
        "csrf": person.csrf if person else "",
        "path": request.url.path,
        "shares": shares,
        "did": request.query_params.get("did", ""),
        "count": request.query_params.get("count", ""),
        **values,
    }
    return HTMLResponse(_environment().get_template(template).render(context), status)


def words(spoken: str, key: str, **values: Any) -> str:
    """A text of the interface; raises KeyError for one that does not exist."""
    text = catalogue()[key][spoken]
    return text.format(**values) if values else text


@lru_cache(1)
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """All texts of the interface, by key and language."""
    return tomllib.loads((_HERE / "words.toml").read_text(encoding="utf-8"))


def shares(documents: Mapping[State, int]) -> list[dict[str, Any]]:
    """The states of documents as parts of a bar from 0 to 100."""
    total, at = sum(documents.values()) or 1, 0.0
    parts = []
    for state in SHARES:
        width = 100 * documents.get(state, 0) / total
        if width:
            parts.append({"state": state.value, "x": round(at, 3), "width": round(width, 3)})
            at += width
    return parts


def secure_cookies(request: Request) -> bool:
    """Whether cookies go over https only."""
    return kit(request).secure


@lru_cache(1)
def _environment() -> Environment:
    found = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    found.filters |= {"size": _size, "moment": _moment, "thousands": _thousands, "money": _money, "yuan": _yuan}
    return found


def _size(count: int | None) -> str:
    """Bytes in units a person reads."""
    if count is None:
        return ""
    amount, units = float(count), iter(("B", "KiB", "MiB", "GiB", "TiB"))
    unit = next(units)
    while amount >= _KIBI and (following := next(units, None)):
        amount, unit = amount / _KIBI, following
    return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"


def _moment(time: datetime | None) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if time else ""


def _money(amount: str) -> str:
    """A plain decimal with its thousands apart."""
    return f"{Decimal(amount):,f}" if amount else ""


def _yuan(fen: int | None) -> str:
    """An amount in fen as yuan."""
    return "" if fen is None else f"{Decimal(fen).scaleb(-2):,.2f}"


def _thousands(count: int | None) -> str:
    return "" if count is None else f"{count:,}"
