"""The divisions an office's name begins with, held against the gazetteer: known in that year, or not, and what else."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from models.reference import Division, divisions
from worker.core.glyphs import confused

LONGEST_PLACE = 16
COUNTY_KINDS = ("县", "区", "市", "旗", "自治县")
REGION, COUNTRY_SIDE = "自治区", "自治县"
# No city has a name of one character: 城市 begins the name of an office.
_PRINTED = re.compile(r"(?P<stem>(?!.市)[\u4e00-\u9fff]{1,14}?)(?P<kind>自治区|自治县|自治州|县|区|市|旗)")
_PARTY = re.compile("^(?:中共|中国共产党)")
_NOT_LOWER = re.compile("壮族|回族|维吾尔|自治|[县区市旗]")
_DRESS = re.compile(r"(?:壮族|回族|维吾尔)?自治区$|[省市]$")


@dataclass(frozen=True, slots=True)
class Doubtful:
    """A place that an office's name prints and the gazetteer does not know, and the divisions it may be."""

    printed: str
    rivals: tuple[Division, ...]


@cache
def _short_provinces() -> frozenset[str]:
    """Provinces as offices shorten them before a lower division: 宁夏, 内蒙古, 四川."""
    names = [d.name for found in divisions().values() for d in found if d.code.endswith("0000")]
    return frozenset(_DRESS.sub("", name) for name in names)


def _held(name: str, year: str) -> tuple[Division, ...]:
    return tuple(d for d in divisions().get(name, ()) if d.held_in(year))


def known_places(name: str, year: str) -> tuple[Division, ...]:
    """The divisions in use in that year that a name begins with, one after the other: 广元市, 昭化区."""
    return _split(name, year)[0]


def _split(name: str, year: str) -> tuple[tuple[Division, ...], str]:
    """The divisions a name begins with, and what follows them; the party's 中共 and a short province are left out."""
    found: list[Division] = []
    rest = _without_short_province(_PARTY.sub("", name), year)
    while place := _longest(rest, year):
        found.append(place)
        rest = rest[len(place.name) :]
    return tuple(found), rest


def _longest(text: str, year: str) -> Division | None:
    for length in range(min(LONGEST_PLACE, len(text)), 1, -1):
        held = _held(text[:length], year)
        if held:
            return held[0]
    return None


def _without_short_province(name: str, year: str) -> str:
    for short in _short_provinces():
        if name.startswith(short) and not _longest(name, year):
            rest = name[len(short) :]
            return rest if _longest(rest, year) or not _NOT_LOWER.match(rest) else name
    return name


def doubtful_place(name: str, year: str) -> Doubtful | None:
    """The place in a name that no division of that year bears, where one differs from it in its kind or a glyph only.

    Zones and short forms that the gazetteer knows nothing like are no doubt, nor is 阜新县 for 阜新蒙古族自治县.
    """
    known, rest = _split(name, year)
    found = _PRINTED.match(rest)
    if found and not _is_short_form(found["stem"], found["kind"]):
        rivals = _of_other_kind(found["stem"], found["kind"], year)
        if known:
            rivals = tuple(rival for rival in rivals if _lies_in(rival, known[-1]))
        if rivals:
            return Doubtful(found[0], rivals)
    return None if known else _misspelt(rest, year)


def _lies_in(lower: Division, upper: Division) -> bool:
    """Whether a division belongs to another one; nothing belongs to a county (城市管理局 of a county is no place)."""
    inside = upper.code.rstrip("0")
    inside += "0" * (len(inside) % 2)
    return len(inside) < len(upper.code) and lower.code.startswith(inside)


def is_nowhere(name: str, year: str) -> bool:
    """Whether a name begins with a place that no division of that year bears, in full or in short."""
    known, rest = _split(name, year)
    found = _PRINTED.match(rest)
    return not known and found is not None and not _is_short_form(found["stem"], found["kind"])


def _is_short_form(stem: str, kind: str) -> bool:
    longer = {"县": "自治县", "州": "自治州", "旗": "自治旗"}.get(kind)
    if longer is None:
        return False
    return any(name.startswith(stem) and name.endswith(longer) and name != stem + longer for name in divisions())


def _of_other_kind(stem: str, kind: str, year: str) -> tuple[Division, ...]:
    """Divisions of the same name, but of another kind: 县 for 区, 自治县 for 自治区."""
    if kind in (COUNTRY_SIDE, REGION):
        return _held(stem + (REGION if kind == COUNTRY_SIDE else COUNTRY_SIDE), year)
    return tuple(d for other in COUNTY_KINDS if other != kind for d in _held(stem + other, year))


def _misspelt(text: str, year: str) -> Doubtful | None:
    """The beginning of a text that is a division but for characters that look alike."""
    found = [
        d
        for name, held in divisions().items()
        if len(name) > len("某县") and confused(text[: len(name)], name)
        for d in held
        if d.held_in(year)
    ]
    return Doubtful(text[: len(found[0].name)], tuple(found)) if len({d.name for d in found}) == 1 else None
