"""The tree of 科目 in a table: which row adds up which, from printed codes (cut, doubled, misread) and their order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models.document import Row, Table
from models.forms import Form, form_by_code
from worker.core.amounts import LOOKALIKES, folded
from worker.core.names import bare, is_total, split_ordinal

CLASS_DIGITS, GROUP_DIGITS = 3, 5
GROUP_LEVEL = 2
ECONOMIC_FORM = "公开06"
ROOT = -1


@dataclass(frozen=True, slots=True)
class Account:
    """A row with a 科目代码: its index in the table, the code to reckon with, its level from 1, its parent's index."""

    row: int
    code: str
    level: int
    parent: int = ROOT


def digits_of(code: str) -> str:
    """The digits of a printed code: look-alikes read as digits, dots and blanks left out."""
    return "".join(LOOKALIKES.get(c, c) for c in folded(code) if c in LOOKALIKES or c.isdigit())


@cache
def _economic_codes(level: int) -> dict[str, str]:
    """The codes of 公开06 by item name, for one level; names that stand for two codes are left out."""
    digits = CLASS_DIGITS if level == 1 else GROUP_DIGITS
    codes: dict[str, set[str]] = {}
    for item in form_by_code(ECONOMIC_FORM).items:
        if len(item.code) == digits:
            for wording in (item.name, *item.variants):
                codes.setdefault(bare(wording), set()).add(item.code)
    return {name: next(iter(found)) for name, found in codes.items() if len(found) == 1}


def accounts(table: Table, form: Form | None) -> tuple[Account, ...]:
    """The rows of a table that carry codes, each with its parent; rows without a code and totals are left out."""
    if is_economic(table, form):
        return _economic(table)
    return _functional(table)


def is_economic(table: Table, form: Form | None) -> bool:
    """Whether the codes are those of the 经济分类 (301 工资福利支出 …) and not of the 功能分类 (201 … 7 digits)."""
    if form is not None:
        return form.code == ECONOMIC_FORM
    codes = [digits_of(row.code.text) for row in table.rows if row.code.text]
    return bool(codes) and sum(c.startswith("3") for c in codes) > len(codes) / 2


def _economic(table: Table) -> tuple[Account, ...]:
    """类 and 款 of the 经济分类, block after block; the item's name restores a code that is cut or misread."""
    found: list[Account] = []
    for row_index in sorted(range(len(table.rows)), key=lambda i: (table.rows[i].block, table.rows[i].line)):
        row = table.rows[row_index]
        code = digits_of(row.code.text)
        if not code or is_total(row.name.text):
            continue
        level = 1 if len(code) <= CLASS_DIGITS else 2
        name = split_ordinal(row.name.text)[1]
        code = _economic_codes(level).get(bare(name), code)
        found.append(Account(row_index, code, level, _economic_parent(found, code, level)))
    return tuple(found)


def _economic_parent(found: Sequence[Account], code: str, level: int) -> int:
    if level == 1:
        return ROOT
    classes = [a for a in found if a.level == 1]
    same = [a for a in classes if a.code == code[:CLASS_DIGITS]]
    return (same or classes)[-1].row if classes else ROOT


def _functional(table: Table) -> tuple[Account, ...]:
    """类, 款 and 项 of the 功能分类; a parent is found by prefix, and by order where the prefix is damaged."""
    rows = [(i, digits_of(row.code.text)) for i, row in enumerate(table.rows) if _is_account(row)]
    levels = {i: _level(code) for i, code in rows}
    found: list[Account] = []
    for place, (i, code) in enumerate(rows):
        after = rows[place + 1][1] if place + 1 < len(rows) else ""
        found.append(Account(i, code, levels[i], _functional_parent(found, code, levels[i], after)))
    return tuple(found)


def _is_account(row: Row) -> bool:
    return len(digits_of(row.code.text)) >= CLASS_DIGITS and not is_total(row.name.text)


def _level(code: str) -> int:
    if len(code) <= CLASS_DIGITS:
        return 1
    return 2 if len(code) <= GROUP_DIGITS else 3


def _functional_parent(found: Sequence[Account], code: str, level: int, after: str) -> int:
    if level == 1:
        return ROOT
    uppers = [a for a in found if a.level == level - 1]
    width = CLASS_DIGITS if level == GROUP_LEVEL else GROUP_DIGITS
    same = [a for a in uppers if a.code[:width] == code[:width]]
    if same:
        return same[-1].row
    if uppers and _differ_by_one(uppers[-1].code[:width], code[:width]) and _goes_on(uppers[-1].code[:width], after):
        return uppers[-1].row
    classes = [a for a in found if a.level == 1 and a.code == code[:CLASS_DIGITS]]
    return classes[-1].row if level > GROUP_LEVEL and classes else ROOT


def _differ_by_one(one: str, other: str) -> bool:
    return len(one) == len(other) and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def _goes_on(prefix: str, after: str) -> bool:
    """Whether the next row belongs under the same upper row: then a lone foreign prefix between is a misreading."""
    return re.match(prefix, after) is not None and len(after) > len(prefix)
