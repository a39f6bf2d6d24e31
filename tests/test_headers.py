"""Forms found by title and header, printed columns assigned to the forms' columns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forms import Form, all_forms, form_by_code
from worker.core.headers import (
    Leaf,
    Role,
    find_form,
    form_by_headers,
    form_by_title,
    header_likeness,
    is_continued,
    label_role,
    label_roles,
    leaf,
    mark,
    match_columns,
    unit,
)
from worker.core.likeness import likeness

RECEPTION_ITEMS = (
    ("合计",),
    ("因公出国（境）费",),
    ("公务用车购置及运行费", "小计"),
    ("公务用车购置及运行费", "公务用车购置费"),
    ("公务用车购置及运行费", "公务用车运行费"),
    ("公务接待费",),
)


def numbers(code: str, *paths: tuple[str, ...]) -> list[str]:
    """The 栏次 each printed header path is assigned, labels by their role."""
    form = form_by_code(code)
    matches = match_columns(form, [leaf(path) for path in paths])
    return [
        form.columns[match.column].number if match.column is not None else str(match.role.value) for match in matches
    ]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("收 入 支 出 决 算 总 表", "公开01"),
        ("第二部分 2021 年度部门决算表收入支出决算汇总表", "公开01"),
        ("收人决算表", "公开02"),
        ("上海市普陀区财政局2024年度收入决算表", "公开02"),
        ("支出决算表（续表）", "公开03"),
        ("财政拨款收人支出决算总表", "公开04"),
        ("公开 05 表 一般公共预算财政拨款支出决算表", "公开05"),
        ("2024年度一般公共预算财政拨款基本支出决算明细表", "公开06"),
        ("财政拨款“三公”经费支出决算表", "公开07"),
        ("附件7 政府性基金预算财政拨款收入支出决算表", "公开08"),
        ("国有资本经营预算财政拨款收入支出决算表", "公开09"),
    ],
)
def test_a_form_is_known_by_its_title(title: str, code: str) -> None:
    found = form_by_title(title)
    assert found is not None
    assert found.form.code == code


@pytest.mark.parametrize(
    "title",
    [
        "2024年部门支出预算总表",
        "2024年部门一般公共预算支出功能分类预算表",
        "一般公共预算财政拨款项目支出决算表",
        "政府性基金预算财政拨款“三公”经费支出决算表",
        "项目支出绩效自评表",
        "表",
    ],
)
def test_other_tables_are_no_form_even_with_a_forms_columns(title: str) -> None:
    columns = [Leaf(("科目名称",)), Leaf(("本年支出合计",)), Leaf(("基本支出",)), Leaf(("项目支出",))]
    assert form_by_title(title) is None
    assert title == "表" or find_form(title, columns) is None


def test_headers_decide_where_the_title_is_lost() -> None:
    columns = [Leaf((c.name,)) for c in form_by_code("公开03").columns]
    found = find_form("", columns)
    assert found is not None
    assert (found.form.code, found.by_title) == ("公开03", False)


def test_a_hint_decides_between_forms_with_the_same_columns() -> None:
    columns = [leaf(("本年支出", name, str(i))) for i, name in enumerate(("合计", "基本支出", "项目支出"), 1)]
    codes = {hint: match.form.code for hint in ("公开05", "公开09") if (match := form_by_headers(columns, hint))}
    assert codes == {"公开05": "公开05", "公开09": "公开09"}


def test_budget_and_outturn_may_stand_above_or_below_the_items() -> None:
    above = [(f"2024年度{kind}", *item) for kind in ("预算数", "决算数") for item in RECEPTION_ITEMS]
    below = [("财政拨款“三公”经费", *item, kind) for item in RECEPTION_ITEMS for kind in ("预算数", "决算数")]
    assert numbers("公开07", *above) == [str(i) for i in range(1, 13)]
    assert numbers("公开07", *below) == [str(i + 6 * late) for i in range(1, 7) for late in (0, 1)]


def test_columns_with_lost_or_misread_headers_keep_their_place() -> None:
    printed = [
        ("科目编码",), ("科目名称",), ("本年收入合计",), ("财政拨款收人",), (), ("事业收入",), ("经营收入",),
        ("附属单位上缴收人",), ("其他收入",),
    ]  # fmt: skip
    assert numbers("公开02", *printed) == ["code", "name", "1", "2", "3", "4", "5", "6", "7"]


def test_an_optional_column_is_taken_only_where_it_is_printed() -> None:
    printed = [("本年收入合计",), ("财政拨款收入",), ("上级补助收入",), ("事业收入", "小计")]
    rest = [("经营收入",), ("附属单位上缴收入",), ("其他收入",)]
    assert numbers("公开02", *printed, ("事业收入", "其中：教育收费"), *rest)[4] == "4.1"
    assert numbers("公开02", *printed, *rest) == ["1", "2", "3", "4", "5", "6", "7"]


def test_columns_without_any_header_go_by_their_number() -> None:
    assert numbers("公开03", ("1",), ("2",), ("3",), ("4",), ("5",), ("6",)) == ["1", "2", "3", "4", "5", "6"]


def test_leaf_drops_repeats_and_numbering() -> None:
    assert leaf(("项 目", "项目", "科目名称", "栏次")) == Leaf(("项目", "科目名称"))
    assert leaf(("本年支出", "小计", "3")) == Leaf(("本年支出", "小计"), "3")


def test_labels() -> None:
    assert label_role(("项目", "支出功能分类科目编码", "类")) is Role.CLASS
    assert label_role(("收入", "行 次")) is Role.LINE_NO
    assert label_role(("项目支出",)) is None


@pytest.mark.parametrize("misread", ["顶", "编码", ""])
def test_below_one_header_of_codes_class_is_followed_by_group_and_item(misread: str) -> None:
    above = ("科目编码",)
    lowest = (("类",), ("款",), (misread,) if misread else ())
    printed = [*(leaf((*above, *level)) for level in lowest), leaf(("科目名称",)), leaf(("本年支出合计",))]
    assert label_roles(printed) == [Role.CLASS, Role.GROUP, Role.ITEM, Role.NAME, None]


def test_a_column_that_stands_under_no_header_of_codes_is_no_item() -> None:
    printed = [leaf(("科目编码", "类")), leaf(("科目编码", "款")), leaf(("本年收入", "小计"))]
    assert label_roles(printed) == [Role.CLASS, Role.GROUP, None]
    assert label_roles([leaf(("支出", "类")), leaf(("支出", "顶"))]) == [Role.CLASS, None]


def test_marks_units_and_continuations() -> None:
    assert [mark(text) for text in ("公开 02 表", "公开O7表", "开04表", "信息公开")] == [
        "公开02",
        "公开07",
        "公开04",
        "",
    ]
    assert [unit(text) for text in ("金额单位：万元", "单位：元", "单位:方元", "编制单位：财政局")] == [
        "万元",
        "元",
        "万元",
        "",
    ]
    assert is_continued("支出决算表（续）")
    assert not is_continued("手续费")


@given(st.sampled_from([t for form in all_forms() for t in form.titles]), st.data())
def test_one_wrong_character_never_turns_one_form_into_another(title: str, data: st.DataObject) -> None:
    whole = form_by_title(title)
    place = data.draw(st.integers(0, len(title) - 1))
    misread = form_by_title(title[:place] + "口" + title[place + 1 :])
    assert whole is not None
    assert misread is None or misread.form is whole.form


@given(st.text(max_size=12), st.text(max_size=12))
def test_likeness_is_symmetric_and_bounded(one: str, other: str) -> None:
    assert likeness(one, other) == likeness(other, one)
    assert 0 <= likeness(one, other) <= 1


@given(st.lists(st.text("收入支出合计项目基本栏次类款1 2", max_size=6), max_size=14), st.sampled_from(all_forms()))
def test_no_forms_column_is_given_twice(texts: list[str], form: Form) -> None:
    leaves = [leaf((text,)) for text in texts]
    assigned = [match.column for match in match_columns(form, leaves) if match.column is not None]
    assert len(assigned) == len(set(assigned))
    assert 0 <= header_likeness(form, leaves) <= 1


def test_a_title_that_speaks_of_the_three_is_no_other_form() -> None:
    found = form_by_title("政府机关“三公”经费公共预算财政拨款支出决算表")
    assert found is None or found.form.code == "公开07"


@pytest.mark.parametrize("title", ["", "公升02表", "公开0Z2表"])
def test_a_misread_number_of_a_form_is_no_title(title: str) -> None:
    names = ["本年收入合计", "财政拨款收入", "上级补助收入", "事业收入", "经营收入", "附属单位上缴收入", "其他收入"]
    found = find_form(title, [leaf(["科目名称"]), *(leaf([name]) for name in names)])
    assert found is not None
    assert found.form.code == "公开02"
