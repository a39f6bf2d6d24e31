"""Entity, year, kind and unit of a document."""

from __future__ import annotations

import pytest

from models.document import Document, DocumentKind, Line, Origin, Table
from worker.core.entity import find_entity, find_kind, find_unit, find_year


def document(*texts: str, titles: tuple[str, ...] = ()) -> Document:
    tables = tuple(Table(f"T{i}", title, "", "元", (1,), (), (), ()) for i, title in enumerate(titles, 1))
    return Document(1, Origin.SCAN, tables, tuple(Line(text, 1) for text in texts))


@pytest.mark.parametrize(
    ("texts", "entity"),
    [
        (("海东市民政局", "2023年度部门决算"), "海东市民政局"),
        (("2023年度", "海东市民政局部门决算"), "海东市民政局"),
        (
            ("2024 年度", "青海海东市民政", "局本级部门预算", "部门：青海海东市民政局本级", "金额单位：元"),
            "青海海东市民政局本级",
        ),
        (("2021年度海东市民政局部门整体支出", "绩效自评报告"), "海东市民政局"),
        (("某省2024年区级部门预算", "预算主管部门：海东市人民政府河湾街道办事处"), "海东市人民政府河湾街道办事处"),
        (("部门：海东市粮食和物资储备局", "单位：万元"), "海东市粮食和物资储备局"),
        (("中共海东县委宣传部", "2023年度部门决算"), "中共海东县委宣传部"),
        (("部门：海东县妇联", "单位：万元"), "海东县妇联"),
        (("没有名称",), ""),
    ],
)
def test_the_office(texts: tuple[str, ...], entity: str) -> None:
    assert find_entity(document(*texts)) == entity


def test_the_full_official_name_goes_before_the_short_one() -> None:
    texts = ["公开部门：自治区民政局"] * 5 + ["公开部门：自治县民政局"]
    texts += ["设立宁夏回族自治区民政局，为政府机构。", "纳入宁夏回族自治区民政局2022年部门预算编制。"]
    assert find_entity(document(*texts)) == "宁夏回族自治区民政局"


def test_most_mentions_outvote_misreadings() -> None:
    heads = ["部门：海东市民政局"] * 6 + ["部门：海东巿民攻局", "部门：海东市民政周局"]
    assert find_entity(document(*heads)) == "海东市民政局"


def test_a_cell_beside_its_label_names_the_office() -> None:
    assert find_entity(document("资金使用单位\t海东市民政局")) == "海东市民政局"


@pytest.mark.parametrize(
    ("texts", "titles", "year"),
    [
        (("海东市民政局", "2023年度部门决算", "与2022年度相比", "2022年度", "2022年度"), (), "2023"),
        (("海东市2025年区级部门预算", *(["比2024年预算减少5万元"] * 20)), ("2025年部门收入预算总表",), "2025"),
        (("二〇二一年度部门决算",), (), "2021"),
        (("2021年工作",), (), ""),
    ],
)
def test_the_year(texts: tuple[str, ...], titles: tuple[str, ...], year: str) -> None:
    assert find_year(document(*texts, titles=titles)) == year


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (("第三部分 2023年度部门决算情况说明",), DocumentKind.FINAL_ACCOUNT),
        (("2024年部门预算编制说明",), DocumentKind.BUDGET),
        (("2021年度海东市民政局部门整体支出", "绩效自评报告"), DocumentKind.PERFORMANCE),
        (("会议纪要",), DocumentKind.OTHER),
    ],
)
def test_the_kind(texts: tuple[str, ...], kind: DocumentKind) -> None:
    assert find_kind(document(*texts)) is kind


def test_tables_of_a_form_make_a_final_account_whatever_the_cover_says() -> None:
    table = Table("公开02", "收入决算表", "公开02", "元", (1,), (), (), ())
    cover = (Line("2024年度部门预算", 1),)
    assert find_kind(Document(1, Origin.SCAN, (table,), cover)) is DocumentKind.FINAL_ACCOUNT


def test_the_unit_most_tables_print() -> None:
    one = document("金额单位：万元", "金额单位：万元", "单位：元", titles=("表",))
    assert find_unit((), one.lines) == "万元"
    assert find_unit(one.tables, ()) == "元"
    assert find_unit((), ()) == ""
