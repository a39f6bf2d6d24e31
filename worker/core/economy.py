"""Item names of 公开06 by their codes, where a code stands in its place and the name beside it is another's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from models.document import Table
from models.forms import Form, Item
from worker.core.codes import joined_code
from worker.core.names import NameRepair, bare, closeness, cut_short, is_total, repair_item, spellings

SAME_NAME = 0.6


def repair_by_code(table: Table, form: Form, row: int) -> NameRepair | None:
    """The form's name for a row's code, where the printed one is like it but not the same, or belongs to another code.

    A name that is another item's is changed only if that item stands in the table under its own code, and the row's
    code follows on and leads on as in the form: older classifications put 医疗费 under 30307 and have no 30114.
    """
    printed = table.rows[row].name.text
    items = {item.code: item for item in form.items if item.code}
    codes = _codes(table)
    item = items.get(codes.get(row, ""))
    if item is None or Counter(codes.values())[item.code] > 1 or _is(printed, item) or cut_short(bare(printed), item):
        return None
    others = [other for other in items.values() if other is not item and closeness(printed, other) >= SAME_NAME]
    nearer = [other for other in others if closeness(printed, other) > closeness(printed, item) or _is(printed, other)]
    by_code = NameRepair(printed, item.name, "name-by-code", f"科目代码{item.code}，前后代码与表式相连")
    in_place = _in_place(row, item, codes, list(items))
    if not nearer:
        return repair_item(printed, item) or (by_code if in_place and _is_almost(printed, item) else None)
    return by_code if in_place and any(other.code in codes.values() for other in nearer) else None


def _is_almost(printed: str, item: Item) -> bool:
    """Whether a short name is the item's but for one character: 位费 for 水费, under the code of 水费."""
    name, wanted = bare(printed), bare(item.name)
    return len(name) == len(wanted) and sum(a != b for a, b in zip(name, wanted, strict=True)) == 1


def _is(printed: str, item: Item) -> bool:
    return any(bare(printed) == bare(wording) for wording in spellings(item))


def _codes(table: Table) -> dict[int, str]:
    """The codes of the table's rows in printed order, block after block."""
    order = sorted(range(len(table.rows)), key=lambda i: (table.rows[i].block, table.rows[i].line))
    found = {i: joined_code(table.rows[i].code.text) for i in order if not is_total(table.rows[i].name.text)}
    return {i: code for i, code in found.items() if code}


def _in_place(row: int, item: Item, codes: dict[int, str], listed: Sequence[str]) -> bool:
    """Whether the codes above and below a row's are those above and below it in the form."""
    rows = list(codes)
    place, at = rows.index(row), listed.index(item.code)
    above = codes[rows[place - 1]] if place else ""
    below = codes[rows[place + 1]] if place + 1 < len(rows) else ""
    return listed[max(0, at - 1)] == above and listed[at + 1 : at + 2] == [below]
