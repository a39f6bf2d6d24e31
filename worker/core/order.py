"""The 支出功能分类 of 公开01 and 公开04 in the form's order: items that slid a line are known by their neighbours."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.document import Table
from models.forms import Form, Item, Shape
from worker.core.names import LIKE_ENOUGH, bare, closeness, cut_short, match_items, spellings, split_ordinal

_SUPPORTERS = 3
"""Items that stand in the form's order, with the same lines left out, before the order is believed."""


@dataclass(frozen=True, slots=True)
class Slid:
    """A row whose name belongs to another line: the item that stands there, and what proves it."""

    row: int
    name: str
    proof: str


def slid_items(table: Table, form: Form | None) -> list[Slid]:
    """The items that stand a line too high or low, because one above them was lost and another printed twice.

    Between two items in their places there is room for exactly the form's items between them. Names are changed only
    where one of them stands there twice, which no paper prints.
    """
    if form is None or form.shape is not Shape.ITEMS:
        return []
    items = [item for item in form.items if item.code]
    rows = _rows_of(table, items)
    found: list[Slid] = []
    names = [bare(table.rows[row].name.text) for row in rows]
    times = Counter(name for name in names if name)
    places = [_place(name, items) for name in names]
    offsets = [place - k if place is not None else None for k, place in enumerate(places)]
    counts = Counter(offsets)
    usual = max((o for o in counts if o is not None), key=lambda offset: counts[offset], default=None)
    if usual is None or counts[usual] < _SUPPORTERS:
        return []
    sure = [k for k, offset in enumerate(offsets) if offset == usual]
    sure = [k for k in sure if times[names[k]] == 1 or _is_well_placed(k, offsets)]
    for before, after in pairwise(sure):
        inner = range(before + 1, after)
        if any(times[names[k]] > 1 for k in inner):
            found += _moved(table, rows, (before, after, usual), items)
    return found


def misread_items(table: Table, form: Form | None) -> list[Slid]:
    """The items whose names are misread beyond what likeness alone would tell, between two that stand side by side.

    The rows above and below are items of the form with exactly one between them, and the name is still like that one's.
    """
    if form is None or form.shape is not Shape.ITEMS:
        return []
    found: list[Slid] = []
    for block in sorted({row.block for row in table.rows}):
        rows = [i for i, row in enumerate(table.rows) if row.block == block]
        places = match_items(form, block, [table.rows[i].name.text for i in rows])
        for k in range(1, len(rows) - 1):
            above, below = places[k - 1], places[k + 1]
            if places[k] is not None or above is None or below != above + 2 or above + 1 in places:
                continue
            name, item = bare(table.rows[rows[k]].name.text), form.items[above + 1]
            if closeness(name, item) >= LIKE_ENOUGH and not cut_short(name, item):
                found += _moved(table, rows, (k - 1, k + 1, above + 1 - k), form.items)
    return found


def _is_well_placed(k: int, offsets: Sequence[int | None]) -> bool:
    """Whether the rows above and below agree on a row's place: that of a name printed twice proves nothing alone."""
    around = [offsets[n] for n in (k - 1, k + 1) if 0 <= n < len(offsets)]
    return bool(around) and all(offset == offsets[k] for offset in around)


def _rows_of(table: Table, items: Sequence[Item]) -> list[int]:
    """The rows from the first of the items to the last, in their block, in printed order."""
    block = items[0].block if items else 0
    rows = [i for i, row in enumerate(table.rows) if row.block == block]
    named = [k for k, i in enumerate(rows) if _place(bare(table.rows[i].name.text), items) is not None]
    return rows[named[0] : named[-1] + 1] if named else []


def _place(name: str, items: Sequence[Item]) -> int | None:
    found = [k for k, item in enumerate(items) if name in {bare(wording) for wording in spellings(item)}]
    return found[0] if len(found) == 1 else None


def _moved(table: Table, rows: Sequence[int], between: tuple[int, int, int], items: Sequence[Item]) -> list[Slid]:
    before, after, offset = between
    names = [split_ordinal(table.rows[rows[k]].name.text)[1] for k in (before, after)]
    proof = f"表式顺序：{names[0]}与{names[1]}之间{after - before - 1}行，恰为表式的{after - before - 1}项"
    found = []
    for k in range(before + 1, after):
        item = items[k + offset]
        ordinal, name = split_ordinal(table.rows[rows[k]].name.text)
        if not name or bare(name) in {bare(wording) for wording in spellings(item)}:
            continue
        found.append(Slid(rows[k], ordinal + item.name, proof))
    return found
