"""Names of line items: compared without their dress, matched to the form, repaired only with a proof."""

from __future__ import annotations

import pytest

from models.forms import all_forms, form_by_code
from models.reference import functional_names
from worker.core.names import (
    bare,
    match_items,
    repair_by_witnesses,
    repair_item,
    script_repair,
    simplified,
    split_ordinal,
)


@pytest.mark.parametrize(
    ("printed", "plain"),
    [
        ("一、一般公共服务支出", "一般公共服务支出"),
        ("二十六、抗疫特别国债安排的支出", "抗疫特别国债安排的支出"),
        ("因公出国（境）费用", "因公出国境费用"),
        ("因公出国 (境)费用", "因公出国境费用"),
        ("合  计", "合计"),
        ("公務員醫療補助", "公务员医疗补助"),
        ("其中：教育收费", "教育收费"),
    ],
)
def test_names_are_compared_bare(printed: str, plain: str) -> None:
    assert bare(printed) == plain


def test_the_ordinal_is_kept_apart() -> None:
    assert split_ordinal("十九、住房保障支出") == ("十九、", "住房保障支出")
    assert split_ordinal("一般公共服务支出") == ("", "一般公共服务支出")


def test_simplified_script_is_left_alone() -> None:
    assert simplified("医疗保障") == "医疗保障"


def test_every_item_of_every_form_matches_itself_in_order() -> None:
    for form in all_forms():
        for block in range(len(form.blocks)):
            names = [item.name for item in form.items if item.block == block]
            wanted = [i for i, item in enumerate(form.items) if item.block == block]
            assert match_items(form, block, names) == wanted, form.code


def test_misread_items_match_and_strangers_do_not() -> None:
    form = form_by_code("公开01")
    printed = ["一、一般公共预算服务支出", "二、外文支出", "完全无关的一行字"]
    found = match_items(form, 1, printed)
    assert [form.items[i].name if i is not None else None for i in found] == ["一般公共服务支出", "外交支出", None]


def test_a_misread_item_is_repaired_to_the_forms_wording_with_its_ordinal() -> None:
    item = next(i for i in form_by_code("公开01").items if i.name == "一般公共服务支出")
    repair = repair_item("二、一般公共预算服务支出", item)
    assert repair is not None
    assert (repair.repaired, repair.kind) == ("二、一般公共服务支出", "name-by-form")
    assert repair_item("一、一般公共服务支出", item) is None
    assert repair_item("教育", item) is None


def test_script_is_repaired() -> None:
    repair = repair_by_witnesses("公務員醫療補助", ["公务员医疗补助"])
    assert repair is not None
    assert (repair.repaired, repair.kind) == ("公务员医疗补助", "script")


def test_witnesses_must_agree_or_be_confirmed() -> None:
    right, wrong = "其他医疗保障管理事务支出", "其他医疗保障管理服务支出"
    assert repair_by_witnesses(wrong, [right]) is None
    one = repair_by_witnesses(wrong, [right], reference=right)
    two = repair_by_witnesses(wrong, [right, right])
    assert one is not None
    assert two is not None
    assert one.repaired == two.repaired == right
    assert repair_by_witnesses(wrong, [], reference=right) is None
    assert repair_by_witnesses(right, [wrong, wrong], reference=right) is None


@pytest.mark.parametrize("witnesses", [("国有上地出让", "国有土地出让"), ("国有土地出让", "国有士地出让")])
def test_of_witnesses_that_do_not_agree_the_one_that_the_list_confirms_is_believed(witnesses: tuple[str, ...]) -> None:
    rest = "收入安排的支出"
    right = "国有土地出让" + rest
    found = repair_by_witnesses("国行土地出让" + rest, [one + rest for one in witnesses], reference=right)
    assert found is not None
    assert found.repaired == right
    assert repair_by_witnesses("国行土地出让" + rest, [one + rest for one in witnesses]) is None


def test_a_name_cut_at_the_columns_edge_stays_as_printed() -> None:
    full = "机关事业单位基本养老保险缴费支出"
    assert repair_by_witnesses(full[:-1], [full, full], reference=full) is None


def test_a_name_of_another_account_is_no_misreading() -> None:
    assert repair_by_witnesses("住房公积金", ["购房补贴", "购房补贴"]) is None


def test_the_reference_list_holds_every_class_of_the_forms() -> None:
    names = functional_names()
    for form in ("公开01", "公开04"):
        for item in form_by_code(form).items:
            if item.code:
                assert names[item.code] == item.name
    assert all(len(code) in (3, 5, 7) and code[:3] in names and code[:5] in names for code in names)


def test_marks_before_a_name_are_no_part_of_it() -> None:
    fixed = script_repair("☑合计")
    assert fixed is not None
    assert (fixed.repaired, fixed.kind) == ("合计", "glyph")
    assert bare("|_一、外交支出") == "外交支出"
    assert split_ordinal("□一、外交支出") == ("一、", "外交支出")
    assert script_repair("合计") is None


@pytest.mark.parametrize(
    ("printed", "repaired"),
    [
        ("十二，农林水支出", "十二、农林水支出"),
        ("二,外交支出", "二、外交支出"),
        ("十二、农林水支出", None),
        ("其中，工资", None),
    ],
)
def test_a_comma_after_an_ordinal_is_its_mark_misread(printed: str, repaired: str | None) -> None:
    fixed = script_repair(printed)
    assert (fixed.repaired if fixed else None) == repaired
    assert fixed is None or (fixed.kind, fixed.proof) == ("glyph", "序号后的顿号")
