"""Code lists, one CSV a list, each row with the years it holds for (empty: not known to have changed) and its source.

An entry may suggest what a code or a name should be; it proves nothing about what a paper prints. The lists are not
complete: all 类, most 款 and the 项 that many offices share.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib import resources


@cache
def functional_names() -> dict[str, str]:
    """功能分类科目: the latest name of each code of 3, 5 or 7 digits; the file lists older names first."""
    text = resources.files(__name__).joinpath("functional_codes.csv").read_text(encoding="utf-8")
    return {row["code"]: row["name"] for row in csv.DictReader(text.splitlines())}


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
    text = resources.files(__name__).joinpath("calibration.csv").read_text(encoding="utf-8")
    curves: dict[str, list[Point]] = {}
    for row in csv.DictReader(text.splitlines()):
        curves.setdefault(row["sort"], []).append(
            Point(float(row["score"]), float(row["probability"]), int(row["cells"]))
        )
    return {sort: tuple(points) for sort, points in curves.items()}
