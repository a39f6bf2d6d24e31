"""The lists random documents draw from: 功能分类 and 经济分类 subjects, places, bureaus, the forms' line items."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "documents" / "lists"

# The State Council departments were restructured for 2019, the subjects of the state budget renamed for 2020.
RESTRUCTURED, RENAMED = 2019, 2020

# Names before the restructurings of 2019 (departments) and 2020 (subjects), by the code they belong to.
_BEFORE_2019 = {
    "207": "文化体育与传媒支出",
    "210": "医疗卫生与计划生育支出",
    "220": "国土海洋气象等支出",
}
_BEFORE_2020 = {
    "20805": "行政事业单位离退休",
    "2080501": "归口管理的行政单位离退休",
    "215": "资源勘探信息等支出",
    "2080599": "其他行政事业单位离退休支出",
}

CATEGORIES = (
    ("201", "一般公共服务支出"),
    ("202", "外交支出"),
    ("203", "国防支出"),
    ("204", "公共安全支出"),
    ("205", "教育支出"),
    ("206", "科学技术支出"),
    ("207", "文化旅游体育与传媒支出"),
    ("208", "社会保障和就业支出"),
    ("210", "卫生健康支出"),
    ("211", "节能环保支出"),
    ("212", "城乡社区支出"),
    ("213", "农林水支出"),
    ("214", "交通运输支出"),
    ("215", "资源勘探工业信息等支出"),
    ("216", "商业服务业等支出"),
    ("217", "金融支出"),
    ("219", "援助其他地区支出"),
    ("220", "自然资源海洋气象等支出"),
    ("221", "住房保障支出"),
    ("222", "粮油物资储备支出"),
    ("223", "国有资本经营预算支出"),
    ("224", "灾害防治及应急管理支出"),
    ("229", "其他支出"),
    ("231", "债务还本支出"),
    ("232", "债务付息支出"),
    ("234", "抗疫特别国债安排的支出"),
)
_SINCE = {"223": 2020, "224": 2019, "234": 2020}
_TENS = ("", "十", "二十", "三十")
_ONES = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九")


def ordinal(number: int) -> str:
    """1..39 as a Chinese ordinal, 11 as 十一."""
    return _TENS[number // 10] + _ONES[number % 10]


def name_in(code: str, name: str, year: int) -> str:
    """The name a subject had in a given year."""
    if year < RESTRUCTURED and code in _BEFORE_2019:
        return _BEFORE_2019[code]
    return _BEFORE_2020[code] if year < RENAMED and code in _BEFORE_2020 else name


def categories(year: int) -> tuple[tuple[str, str], ...]:
    """The 类 that the right-hand side of 公开01 and 公开04 lists in a given year, in order."""
    return tuple((c, name_in(c, n, year)) for c, n in CATEGORIES if year >= _SINCE.get(c, 0))


def _rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def functional(budget: str) -> dict[str, str]:
    """Names of the 功能分类 subjects of one budget (general, fund, capital) by code of 3, 5 or 7 digits."""
    return {r["code"]: r["name"] for r in _rows("functional.csv") if r["budget"] == budget}


@cache
def economic() -> dict[str, str]:
    """Names of the 部门预算支出经济分类 subjects by code of 3 or 5 digits, in printed order."""
    return {r["code"]: r["name"] for r in _rows("economic.csv")}


@cache
def places() -> tuple[tuple[str, str], ...]:
    """(province, place) pairs."""
    return tuple((r["province"], r["place"]) for r in _rows("places.csv"))


@cache
def bureaus() -> tuple[tuple[str, str], ...]:
    """(bureau, the 款 its own business is booked under) pairs."""
    return tuple((r["bureau"], r["leading"]) for r in _rows("bureaus.csv"))
