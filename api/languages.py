"""Which language who asks is spoken to in, and what is told of problems in that language.

The code tells each reason in one language, most in English; `reasons.toml` has them in both. Reasons about cells come
in both already: "中文 | English". What is in neither, such as a reason of an older version, is told as it is.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any

from fastapi import Request
from pydantic import PlainSerializer

LANGUAGES = ("zh", "en")
LANGUAGE_COOKIE = "jiaokan_language"
_REASONS = Path(__file__).parent / "reasons.toml"
_BOTH = " | "
_ENGLISH = re.compile("[a-z]")
"""How a reason begins that is English alone; a name in it may hold anything."""
_LISTS = {"zh": "；", "en": "; "}
_spoken: ContextVar[str] = ContextVar("jiaokan_spoken", default="en")


def is_script(request: Request) -> bool:
    """Whether who asks is answered in JSON: all that is not a page."""
    path = request.url.path
    return path.startswith("/api") or path in ("/healthz", "/readyz", "/metrics")


def language(request: Request) -> str:
    """The language of who asks: as the person set it, else as this browser was told, else as it prefers.

    Else pages are Chinese and answers to scripts English. A token is a script's: what its person set does not count.
    """
    person: Any = getattr(request.state, "person", None)
    browser = not is_script(request) or bool(person and person.csrf)
    wanted = [person.user.language] if person and person.csrf else []
    wanted += [request.cookies.get(LANGUAGE_COOKIE, ""), *_accepted(request.headers.get("accept-language", ""))]
    return next((one for one in wanted if one in LANGUAGES), "zh" if browser else "en")


def speak(spoken: str) -> None:
    """From here on, what is told in this request or task is told in this language."""
    _spoken.set(spoken)


def told(text: str, spoken: str) -> str:
    """A reason, or several in a row, in a language; as it is, where nobody has put it into that language."""
    halves = text.split(_BOTH)
    if len(halves) % 2 == 0 and not _ENGLISH.match(text):
        middle = len(halves) // 2
        return _BOTH.join(halves[:middle] if spoken == "zh" else halves[middle:])
    return _reason(text, spoken)


def _told_now(text: str) -> str:
    return told(text, _spoken.get())


Told = Annotated[str, PlainSerializer(_told_now, return_type=str, when_used="json")]
"""A reason: as the code says it, and where it goes out as JSON in the language of who asks."""


@lru_cache(1)
def reasons() -> Mapping[str, str]:
    """What is told of problems, in English and in Chinese."""
    found: Mapping[str, str] = tomllib.loads(_REASONS.read_text(encoding="utf-8"))
    return found


@lru_cache(4096)
def _reason(text: str, spoken: str) -> str:
    exact, patterns = _said_in(spoken)
    if text in exact:
        return exact[text]
    for pattern, words in patterns:
        if found := pattern.fullmatch(text):
            return words.format(**{name: _reason(value, spoken) for name, value in found.groupdict().items()})
    for separator in _LISTS.values():
        parts = text.split(separator)
        others = [_reason(part, spoken) for part in parts] if len(parts) > 1 else parts
        if others != parts:
            return _LISTS[spoken].join(others)
    return text


@lru_cache(2)
def _said_in(spoken: str) -> tuple[Mapping[str, str], list[tuple[re.Pattern[str], str]]]:
    """From what the code says to this language: whole texts, and patterns of those with something that varies.

    Of the patterns the ones with more words of their own come first.
    """
    pairs = [pair if spoken == "zh" else pair[::-1] for pair in reasons().items()]
    exact = {said: words for said, words in pairs if "{" not in said}
    varied = sorted((pair for pair in pairs if "{" in pair[0]), key=lambda pair: -len(re.sub(r"{\w+}", "", pair[0])))
    return exact, [(_pattern(said), words) for said, words in varied]


def _pattern(said: str) -> re.Pattern[str]:
    parts = re.split(r"{(\w+)}", said)
    names = (f"(?P<{part}>.+?)" if place % 2 else re.escape(part) for place, part in enumerate(parts))
    return re.compile("".join(names), re.DOTALL)


def _accepted(header: str) -> list[str]:
    """The languages of an Accept-Language header, the most wanted first, by their first two letters."""
    ranked: list[tuple[float, str]] = []
    for part in header.split(","):
        name, _, weight = part.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight)
        ranked.append((-float(found[1]) if found else -1.0, name.strip()[:2].lower()))
    return [name for weight, name in sorted(ranked, key=lambda one: one[0]) if weight]
