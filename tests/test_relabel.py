"""Labels put right before the reckoning: torn totals, slid items, misread names; sound documents stay as printed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.document import Cell, CellStatus, Column, Document, Extraction, Origin, Reading, Row, Table
from models.forms import form_by_code
from tests.strategies import ACCOUNT, Account, accounts, build
from worker.core.economy import repair_by_code
from worker.core.order import misread_items, slid_items
from worker.core.relabel import relabelled
from worker.core.settle import settle

SOME = settings(max_examples=60, deadline=None)
ALIKE = {"支": "攴", "末": "未", "干": "千", "员": "贝", "政": "玫", "管": "菅", "贴": "帖", "住": "往", "保": "俣"}


def with_row(document: Document, place: int, index: int, row: Row) -> Document:
    table = document.tables[place]
    rows = tuple(row if i == index else old for i, old in enumerate(table.rows))
    now = replace(table, rows=rows)
    return replace(document, tables=tuple(now if i == place else t for i, t in enumerate(document.tables)))


def labels(extraction: Extraction) -> list[list[tuple[str, str]]]:
    return [[(row.code, row.name) for row in table.rows] for table in extraction.tables]


def is_asked(extraction: Extraction, place: int, index: int) -> bool:
    """Whether the row is asked about, or prints no figure that could go astray."""
    cells = [cell for cell in extraction.tables[place].cells if cell.cell.row == index and cell.value is not None]
    return not cells or any(cell.status is CellStatus.FLAGGED for cell in cells)


@SOME
@given(accounts())
def test_labels_that_agree_stay_untouched(account: Account) -> None:
    document = build(account)
    assert relabelled(document.tables, Origin.SCAN) == (document.tables, ())


@SOME
@given(st.data())
def test_a_misread_code_is_restored_or_asked_about(data: st.DataObject) -> None:
    document = build(data.draw(accounts()))
    place = data.draw(st.sampled_from([1, 2, 4, 5]))
    coded = [i for i, row in enumerate(document.tables[place].rows) if row.code.text]
    index = data.draw(st.sampled_from(coded))
    row = document.tables[place].rows[index]
    at = data.draw(st.integers(0, len(row.code.text) - 1))
    put = data.draw(
        st.sampled_from(["", "t", row.code.text[at] * 2, *(d for d in "0123456789" if d != row.code.text[at])])
    )
    wrong = row.code.text[:at] + put + row.code.text[at + 1 :]
    extraction = settle(with_row(document, place, index, replace(row, code=Reading(wrong))))
    right = labels(settle(document))
    found = labels(extraction)
    assert found[place][index] == right[place][index] or is_asked(extraction, place, index)
    found[place][index] = right[place][index]
    assert found == right


@SOME
@given(st.data())
def test_a_name_of_look_alikes_is_restored_or_asked_about(data: st.DataObject) -> None:
    document = build(data.draw(accounts()))
    place = data.draw(st.sampled_from([1, 2, 4]))
    rows = document.tables[place].rows
    spots = [(i, k) for i, row in enumerate(rows) for k, char in enumerate(row.name.text) if char in ALIKE]
    index, at = data.draw(st.sampled_from(spots))
    text = rows[index].name.text
    wrong = text[:at] + ALIKE[text[at]] + text[at + 1 :]
    extraction = settle(with_row(document, place, index, replace(rows[index], name=Reading(wrong))))
    assert labels(extraction)[place][index][1] == text or is_asked(extraction, place, index)


@SOME
@given(st.data())
def test_a_total_that_is_torn_from_its_line_is_put_back(data: st.DataObject) -> None:
    document = build(data.draw(accounts().filter(lambda one: len({spent.code[:3] for spent in one.spent}) > 1)))
    table = document.tables[4]
    total, first = table.rows[:2]
    mixed = (replace(total, code=first.code, name=first.name), replace(first, code=Reading(), name=total.name))
    torn = replace(table, rows=(*mixed, *table.rows[2:]))
    tables = (*document.tables[:4], torn, *document.tables[5:])
    now, repairs = relabelled(tables, Origin.SCAN)
    assert [(r.code.text, r.name.text) for r in now[4].rows] == [(r.code.text, r.name.text) for r in table.rows]
    assert {repair.kind for repair in repairs} == {"shifted-row"}


def items(*names: str) -> Table:
    rows = tuple(Row(i, block=1, name=Reading(name)) for i, name in enumerate(names))
    return Table("公开01", "收入支出决算总表", "公开01", "元", (1,), (), rows, ())


def test_items_that_slid_are_put_back_by_the_forms_order() -> None:
    form = form_by_code("公开01")
    listed = [item.name for item in form.items if item.code]
    slid = [*listed[:13], listed[17], *listed[15:18], *listed[18:20], *listed[19:]]
    found = slid_items(items(*slid), form)
    assert [one.name for one in found] == listed[13:19]
    assert all("恰为" in one.proof for one in found)


def test_items_left_out_or_in_another_order_are_no_slide() -> None:
    form = form_by_code("公开01")
    listed = [item.name for item in form.items if item.code]
    assert not slid_items(items(*listed), form)
    assert not slid_items(items(*listed[:10], *listed[12:]), form)
    assert not slid_items(items(*listed[:10], listed[11], listed[10], *listed[12:]), form)


def economic(*lines: tuple[str, str]) -> Table:
    rows = tuple(Row(i, code=Reading(code), name=Reading(name)) for i, (code, name) in enumerate(lines))
    return Table("公开06", "", "公开06", "元", (1,), (), rows, ())


@pytest.mark.parametrize(
    ("name", "repaired"), [("退休费", "离休费"), ("离休费", None), ("离休", None), ("某项别的补助", None)]
)
def test_a_name_that_is_anothers_gives_way_to_the_code_in_its_place(name: str, repaired: str | None) -> None:
    lines = (("303", "对个人和家庭的补助"), ("30301", name), ("30302", "退休费"), ("30303", "退职（役）费"))
    found = repair_by_code(economic(*lines), form_by_code("公开06"), 1)
    assert (found.repaired if found else None) == repaired


def test_an_older_classification_keeps_its_names() -> None:
    lines = (("30306", "救济费"), ("30307", "医疗费"), ("30308", "助学金"), ("30310", "生产补贴"))
    table = economic(*lines)
    assert not any(repair_by_code(table, form_by_code("公开06"), row) for row in range(len(lines)))


@pytest.mark.parametrize(("name", "found"), [("台计", "合计"), ("会计", "合计"), ("某某", "某某")])
def test_a_total_with_one_character_misread_is_known_by_its_line(name: str, found: str) -> None:
    lines = ("201", "一般公共服务支出"), ("208", "社会保障和就业支出"), ("", name)
    rows = tuple(Row(i, code=Reading(code), name=Reading(text)) for i, (code, text) in enumerate(lines))
    cells = tuple(Cell(f"g03-r{i}-c0", i, 0, Reading(text)) for i, text in enumerate(("1.23", "4.56", "5.80")))
    columns = (Column("1", "本年支出合计"),)
    table = Table("公开03", "支出决算表", "公开03", "万元", (1,), columns, rows, cells)
    (now,), repairs = relabelled((table,), Origin.SCAN)
    assert now.rows[2].name.text == found
    assert len(repairs) == (name != found)
    assert relabelled((table,), Origin.BORN_DIGITAL) == ((table,), ())


@pytest.mark.parametrize(
    ("name", "total", "found"),
    [("合汁", "5,79", "合计"), ("含计", "5.79", "合计"), ("含计", "5.90", "含计"), ("合汁", "9.99", "合汁")],
)
def test_a_misread_total_is_known_by_what_it_adds_up_though_its_separators_are_damaged(
    name: str, total: str, found: str
) -> None:
    """Between other rows, where its place tells nothing."""
    lines = (("201", "一般公共服务支出"), ("", name), ("208", "社会保障和就业支出"))
    rows = tuple(Row(i, code=Reading(code), name=Reading(text)) for i, (code, text) in enumerate(lines))
    cells = tuple(Cell(f"g03-r{i}-c0", i, 0, Reading(text)) for i, text in enumerate(("1.23", total, "4.56")))
    table = Table("公开03", "支出决算表", "公开03", "万元", (1,), (Column("1", "本年支出合计"),), rows, cells)
    (now,), _ = relabelled((table,), Origin.SCAN)
    assert now.rows[1].name.text == found


@pytest.mark.parametrize(
    ("place", "name", "code", "total", "found"),
    [
        (2, "含让", "", "5.79", "合计"),
        (0, "含让", "", "5.79", "合计"),
        (1, "含让", "", "5.79", "含让"),
        (2, "含让", "", "5.80", "含让"),
        (2, "含让", "229", "5.79", "含让"),
        (2, "其他支出", "", "5.79", "其他支出"),
    ],
)
def test_a_first_or_last_line_that_adds_up_all_others_is_the_total_whatever_its_name_was_read_as(
    place: int, name: str, code: str, total: str, found: str
) -> None:
    lines = [("201", "一般公共服务支出", "1.23"), ("208", "社会保障和就业支出", "4.56")]
    lines.insert(place, (code, name, total))
    rows = tuple(Row(i, code=Reading(c), name=Reading(text)) for i, (c, text, _) in enumerate(lines))
    cells = tuple(Cell(f"g03-r{i}-c0", i, 0, Reading(text)) for i, (_, _, text) in enumerate(lines))
    table = Table("公开03", "支出决算表", "公开03", "万元", (1,), (Column("1", "本年支出合计"),), rows, cells)
    (now,), _ = relabelled((table,), Origin.SCAN)
    assert now.rows[place].name.text == found


def overview(**changed: str) -> Document:
    """公开01 to 公开09 as read from a scan, some names of 公开01 read otherwise."""
    document = build(ACCOUNT)
    table = document.tables[0]
    rows = tuple(
        replace(row, name=Reading(changed.get(row.name.text, row.name.text), probability=0.97)) for row in table.rows
    )
    return replace(document, tables=(replace(table, rows=rows), *document.tables[1:]))


def listed() -> list[str]:
    """The items of 公开01's spending side with their ordinals, as it prints them."""
    numerals = "一二三四五六七八九十"
    names = [item.name for item in form_by_code("公开01").items if item.code][:10]
    return [f"{numeral}、{name}" for numeral, name in zip(numerals, names, strict=True)]


@pytest.mark.parametrize(
    ("above", "misread", "named"),
    [
        ("八、社会保障和就业支出", "九、卫生建廉支中", "九、卫生健康支出"),
        ("4、社会保障和就业支出", "九、卫生建廉支中", "九、卫生健康支出"),
        ("八、社会保障和就业支出", "九、某项别的事", None),
        ("八、社会保障和就业支出", "九、卫生健康支", None),
        ("某项别的事", "九、卫生建廉支中", None),
    ],
)
def test_an_item_between_two_of_the_form_that_leave_room_for_it_alone_is_known(
    above: str, misread: str, named: str | None
) -> None:
    printed = listed()
    assert misread_items(items(*printed), form_by_code("公开01")) == []
    printed[7:9] = [above, misread]
    found = misread_items(items(*printed), form_by_code("公开01"))
    assert [one.name for one in found] == ([named] if named else [])


def test_an_item_that_is_printed_elsewhere_is_not_named_again() -> None:
    printed = listed()
    twice = [*printed[:8], "九、卫生建廉支中", printed[9], printed[8]]
    assert misread_items(items(*twice), form_by_code("公开01")) == []


def test_a_row_of_line_items_that_is_none_of_the_form_is_asked_about() -> None:
    document = overview(住房保障支出="某项别的事")
    (settled, *_) = settle(document).tables
    asked = {c.reason for c in settled.cells if settled.rows[c.cell.row].name == "某项别的事" and c.value is not None}
    assert asked
    assert all("“某项别的事”不是本表的项目" in reason for reason in asked)


@pytest.mark.parametrize(
    ("name", "line", "found"), [("总", 1, "总计"), ("总汁", 1, "总计"), ("总", 0, "总"), ("其他", 1, "其他")]
)
def test_the_last_line_of_one_side_is_the_total_beside_that_of_the_other(name: str, line: int, found: str) -> None:
    rows = (
        Row(0, 0, name=Reading("本年收入合计")),
        Row(1, 0, name=Reading("总计")),
        Row(line, 1, name=Reading(name)),
    )
    cells = tuple(Cell(f"g01-r{i}-c0", i, 0, Reading("9.00")) for i in range(3))
    table = Table("公开01", "收入支出决算总表", "公开01", "元", (1,), (Column("1", "收入决算数"),), rows, cells)
    (now,), _ = relabelled((table,), Origin.SCAN)
    assert now.rows[2].name.text == found
