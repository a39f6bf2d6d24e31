"""科目代码 restored by names, by the order of codes and by other tables; left alone where nothing proves them."""

from __future__ import annotations

import pytest

from models.document import Column, Reading, Row, Table
from models.forms import form_by_code
from worker.core.codes import restore_codes, slipped

Lines = list[tuple[str, str]]

OTHERS: Lines = [
    ("20103", "政府办公厅（室）及相关机构事务"),
    ("2010302", "行政运行"),
    ("20106", "财政事务"),
    ("2010602", "一般行政管理事务"),
    ("2010702", "行政运行"),
    ("2080505", "机关事业单位基本养老保险缴费支出"),
    ("2080506", "机关事业单位职业年金缴费支出"),
]


def table(form: str, lines: Lines) -> Table:
    rows = tuple(Row(i, code=Reading(code), name=Reading(name)) for i, (code, name) in enumerate(lines))
    return Table(form, form, form, "元", (1,), (Column("1", "本年支出合计"),), rows, ())


def restored(*tables: Table) -> dict[str, str]:
    forms = [form_by_code(one.form) for one in tables]
    return {found.raw: found.code for found in restore_codes(tables, forms) if found.table == 0}


@pytest.mark.parametrize(
    ("code", "name", "meant"),
    [
        ("201Ot02", "一般行政管理事务", "2010602"),
        ("201Ot02", "般行政管理事务", "2010602"),
        ("201Ot03", "一般行政管理事务", None),
        ("201O302", "行政运行", "2010302"),
        ("2010Z02", "行政运行", None),
        ("201060", "一般行政管理事务", "2010602"),
        ("20106002", "一般行政管理事务", "2010602"),
        ("20106020", "某项别的支出", None),
        ("2010602", "一般行政管理事务", None),
        ("208050", "机关事业单位基本养老保险缴费支", "2080505"),
        ("2080A9Z", "机关事业单位基本养老保险缴费支出", "2080505"),
        ("2010A9Z", "机关事业单位基本养老保险缴费支出", None),
        ("20106O2", "一般行政管理办务", "2010602"),
        ("20106O2", "事业单位行政事务", None),
    ],
)
def test_a_code_is_restored_only_to_the_one_that_agrees(code: str, name: str, meant: str | None) -> None:
    assert restored(table("公开02", [(code, name)]), table("公开03", OTHERS)) == ({code: meant} if meant else {})


def test_codes_cut_alike_are_told_apart_by_their_names() -> None:
    cut = table("公开02", [("208050", OTHERS[-2][1]), ("208050", OTHERS[-1][1])])
    forms = [form_by_code("公开02"), form_by_code("公开03")]
    found = restore_codes([cut, table("公开03", OTHERS)], forms)
    assert [one.code for one in found] == ["2080505", "2080506"]
    assert "公开03" in found[0].proof


def test_a_code_of_which_only_the_class_is_left_is_restored_where_it_cannot_be_right() -> None:
    lines = [("208", "社会保障和就业支出"), ("20805", "行政事业单位养老支出"), ("208", OTHERS[-1][1][:-1])]
    found = restore_codes(
        [table("公开02", lines), table("公开03", OTHERS)], [form_by_code("公开02"), form_by_code("公开03")]
    )
    assert [(one.row, one.code) for one in found] == [(2, "2080506")]
    alone = table("公开02", lines[-1:])
    assert restored(alone, table("公开03", OTHERS)) == {}


def test_a_code_that_looks_sound_is_outweighed_by_two_tables_and_not_by_one() -> None:
    wrong = [(code.replace("2080506", "2080508"), name) for code, name in OTHERS]
    assert restored(table("公开02", wrong), table("公开03", OTHERS)) == {}
    two = (table("公开03", OTHERS), table("公开05", OTHERS))
    assert restored(table("公开02", wrong), *two) == {"2080508": "2080506"}


def test_a_code_that_looks_sound_is_outweighed_where_the_code_below_begins_otherwise() -> None:
    others = table("公开03", [("20106", "财政事务"), ("2010602", "一般行政管理事务")])
    lines = [("20105", "财政事务"), ("2010602", "一般行政管理事务")]
    assert restored(table("公开02", lines), others) == {"20105": "20106"}
    below = [("20105", "财政事务"), ("2010502", "一般行政管理事务")]
    assert restored(table("公开02", below), others) == {}


def test_a_misread_name_restores_no_code_that_looks_sound() -> None:
    mine = table("公开02", [("2010603", "一般行政管理办务")])
    others = [("2010602", "一般行政管理事务")]
    assert restored(mine, table("公开03", others), table("公开05", others)) == {}


def test_an_account_of_another_group_is_no_misreading() -> None:
    mine = table("公开02", [("2010702", "行政运行")])
    two = [("2010302", "行政运行")]
    assert restored(mine, table("公开03", two), table("公开05", two)) == {}


def test_the_form_restores_codes_of_economic_items() -> None:
    lines = [("301", "工资福利支出"), ("3010", "基本工资"), ("3010", "津贴补贴"), ("3019", "其他工资福利支出")]
    found = restore_codes([table("公开06", lines)], [form_by_code("公开06")])
    assert [one.code for one in found] == ["30101", "30102", "30199"]


def test_an_older_classification_is_left_alone() -> None:
    lines = [("303", "对个人和家庭的补助"), ("30307", "医疗费"), ("30311", "住房公积金"), ("30314", "采暖补贴")]
    assert restored(table("公开06", lines)) == {}


@pytest.mark.parametrize(
    ("printed", "code", "may"),
    [
        ("208050", "2080505", True),
        ("20805055", "2080505", True),
        ("2080550", "2080505", True),
        ("2080506", "2080505", True),
        ("20O05t5", "2080505", True),
        ("2080660", "2080505", False),
        ("208", "2080505", False),
    ],
)
def test_slips_of_a_code(printed: str, code: str, may: bool) -> None:
    assert slipped(printed, code) is may
