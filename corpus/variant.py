"""How a province prints the nine forms: everything that differs between disclosures but is no figure."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from corpus.account import chance

STANDARD = ("公开01", "公开02", "公开03", "公开04", "公开05", "公开06", "公开07", "公开08", "公开09")
RECEPTIONS_LAST = ("公开01", "公开02", "公开03", "公开04", "公开05", "公开06", "公开08", "公开09", "公开07")
WIDE = frozenset({"公开02", "公开03", "公开04", "公开06", "公开07", "公开08"})


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to print.

    `style` is grouped (1,234.50), plain (1234.50) or general (1234.5); `zero` is what stands for nought; `codes` says
    whether a subject's code stands in one column, in one cell under a 类 款 项 header (merged), or split over three;
    `total` where 合计 stands (header: beside the 类 款 项 cells); `empty` how a table without figures looks.
    """

    name: str = "plain"
    unit: str = "元"
    style: str = "grouped"
    zero: str = "0.00"
    codes: str = "one"
    leaves_only: bool = False
    line_numbers: bool = True
    column_numbers: bool = True
    total: str = "first"
    blocks: int = 3
    amount_header: str = "决算数"
    order: tuple[str, ...] = STANDARD
    mark: str = "公开{}表"
    entity_label: str = "部门："
    unit_label: str = "金额单位："
    summary_title: str = "收入支出决算总表"
    detail_title: str = "一般公共预算财政拨款基本支出决算表"
    receptions_title: str = "一般公共预算财政拨款“三公”经费支出决算表"
    interleaved: bool = False
    repeat_header: bool = False
    empty: str = "blank"
    note: bool = True
    landscape: frozenset[str] = WIDE
    text_font: str = "song"
    digit_font: str = "times"
    rule: float = 0.5
    size: float = 9.0
    narrative_unit: str = "元"
    performance: bool = False


_ORIENTATIONS = (WIDE, WIDE, WIDE - {"公开06"}, frozenset(STANDARD), WIDE - {"公开02", "公开03"})

_BASES = (
    Variant(name="ningxia-2021", style="general", zero="", codes="merged", leaves_only=True, total="header",
            mark="公开 {} 表", entity_label="公开部门：", summary_title="收入支出决算汇总表", empty="note"),
    Variant(name="ningxia-2024", codes="merged", mark="公开 {} 表",
            detail_title="一般公共预算财政拨款基本支出决算明细表"),
    Variant(name="gansu-2023", zero="", order=RECEPTIONS_LAST, amount_header="金额", narrative_unit="万元",
            detail_title="一般公共预算财政拨款基本支出决算明细表", receptions_title="财政拨款“三公”经费支出决算表"),
    Variant(name="shanghai-2024", unit="万元", zero="", codes="split", line_numbers=False, column_numbers=False,
            total="last", blocks=2, mark="", entity_label="", unit_label="单位：", interleaved=True, empty="rows",
            receptions_title="财政拨款“三公”经费支出决算表", narrative_unit="万元", note=False),
    Variant(name="sichuan-2021", unit="万元", codes="split", total="header", entity_label="编制单位：",
            narrative_unit="万元", empty="note", repeat_header=True),
    Variant(name="central-2020", style="plain", codes="one", entity_label="单位名称：", unit_label="单位：",
            empty="note"),
)  # fmt: skip

TEXT_FONTS = ("song", "song", "kai", "hei", "sans", "serif")
# The digits of the free 楷 face are hairlines that offices' own 楷体 does not have.
HAIRLINE_DIGITS = "kai"
DIGIT_FONTS = ("times", "text", "dejavu", "stix", "helvetica", "text")


def _faces(rng: Random) -> tuple[str, str]:
    text, digits = rng.choice(TEXT_FONTS), rng.choice(DIGIT_FONTS)
    return text, "times" if (text, digits) == (HAIRLINE_DIGITS, "text") else digits


def random_variant(rng: Random) -> Variant:
    """One of the known ways to print, with some of its habits exchanged for another's."""
    base = rng.choice(_BASES)
    other = rng.choice(_BASES)
    codes = rng.choice((base.codes, base.codes, other.codes))
    total = rng.choice((base.total, base.total, "first", "last"))
    numbered = rng.choice((base.line_numbers, base.line_numbers, other.line_numbers))
    text_font, digit_font = _faces(rng)
    return Variant(
        name=base.name,
        unit=base.unit,
        style=base.style if base.unit == "元" or base.style != "general" else "grouped",
        zero=rng.choice((base.zero, base.zero, other.zero)),
        codes=codes,
        leaves_only=base.leaves_only,
        line_numbers=numbered,
        column_numbers=rng.choice((base.column_numbers, numbered)),
        total="first" if total == "header" and codes == "one" else total,
        blocks=rng.choice((base.blocks, base.blocks, other.blocks)),
        amount_header=rng.choice((base.amount_header, other.amount_header)),
        order=base.order,
        mark=base.mark,
        entity_label=base.entity_label,
        unit_label=rng.choice((base.unit_label, other.unit_label)),
        summary_title=base.summary_title,
        detail_title=rng.choice((base.detail_title, other.detail_title)),
        receptions_title=base.receptions_title,
        interleaved=base.interleaved,
        repeat_header=chance(rng, 0.5),
        empty=base.empty,
        note=chance(rng, 0.7),
        landscape=rng.choice(_ORIENTATIONS),
        text_font=text_font,
        digit_font=digit_font,
        rule=rng.choice((0.4, 0.5, 0.5, 0.75, 1.0)),
        size=rng.choice((8.0, 8.5, 9.0, 9.5, 10.0)),
        narrative_unit=base.narrative_unit,
        performance=chance(rng, 0.35),
    )
