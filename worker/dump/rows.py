"""Rows of fields placed in the columns of a form, by their number where it is right, else by what stands in them.

At page breaks dumps lose label columns, blanks and names, and shift what is left. Amounts then align from the right.
A row that had to be guessed at carries a doubt; whatever stands in it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.forms import Form, Shape
from worker.core.headers import Role
from worker.core.likeness import squashed
from worker.dump.blocks import Fields
from worker.dump.heads import Columns, is_text

_CODE = re.compile(r"^\d{1,7}(?:[.．]\d{1,2})?$")
_WHOLE_CODE = re.compile(r"^\d{3,7}$|^\d{3}[.．]\d{2}$")
_LINE_NO = re.compile(r"^\d{1,3}$")
_ORDINAL = re.compile(r"^[一二三四五六七八九十]+[、.．]")
_TOTALS = ("合计", "总计")
# Labels of the code columns, which some provinces print in the row of 合计.
_BESIDE_TOTAL = ("类", "款", "项", "栏次")


@dataclass(frozen=True, slots=True)
class Placed:
    """One item of a row: its labels and its figures, one for each data field of its block."""

    block: int
    line_no: str
    code: str
    name: str
    figures: tuple[str, ...]
    doubt: str = ""

    @property
    def is_blank(self) -> bool:
        return not (self.line_no or self.code or self.name or any(self.figures))


def block_fields(form: Form, columns: Columns) -> tuple[tuple[int, ...], ...]:
    """The data fields of each block of a form, from left to right."""
    spans = _spans(form, columns)
    return tuple(tuple(i for i in columns.data if start <= i < end) for start, end in spans)


def place(form: Form, columns: Columns, row: Fields) -> tuple[Placed, ...]:
    """The items that stand side by side in a row; blocks in which nothing is printed are left out."""
    if form.shape is Shape.ITEMS:
        placed = _items(form, columns, row)
    elif len(form.blocks) > 1:
        placed = _account_blocks(form, columns, row)
    else:
        placed = [_account(columns, row, coded=form.shape is Shape.ACCOUNTS)]
    return tuple(item for item in placed if not item.is_blank)


def _spans(form: Form, columns: Columns) -> list[tuple[int, int]]:
    """The fields of each block, as half-open ranges that cover the row."""
    if len(form.blocks) == 1:
        return [(0, columns.width)]
    if form.shape is Shape.ITEMS:
        headed = any(leaf.path for leaf in columns.leaves)
        starts = [i for i in columns.with_role(Role.NAME) if columns.leaves[i].path or not headed]
    else:
        starts = list(columns.with_role(Role.CODE))
    starts = starts[: len(form.blocks)]
    if len(starts) < 2:  # noqa: PLR2004 - without two labels there is nothing that parts the blocks
        starts = _starts_by_data(form, columns)
    starts[0] = 0
    return list(zip(starts, [*starts[1:], columns.width], strict=True))


def _starts_by_data(form: Form, columns: Columns) -> list[int]:
    """Where blocks begin when their labels are lost: after the last data field of the block before."""
    blocks = [form.columns[match.column].block if match.column is not None else None for match in columns.matches]
    last = {block: i for i, block in enumerate(blocks) if block is not None}
    return [0, *(last[block] + 1 for block in sorted(last)[:-1])]


def _account(columns: Columns, row: Fields, *, coded: bool) -> Placed:
    """A row of codes, names and amounts."""
    words = [i for i, field in enumerate(row) if is_text(field)]
    start = words[0] if words else int(coded and bool(row) and bool(_WHOLE_CODE.match(row[0])))
    end = start
    for i in range(start, len(row)):
        if is_text(row[i]):
            end = i + 1
        elif row[i]:
            break
    code = [field for field in row[:start] if field]
    texts = [field for field in row[start:end] if field]
    name = " ".join([text for text in texts if text not in _BESIDE_TOTAL] or texts)
    figures, doubt = _aligned(columns, row, end)
    if not all(map(_CODE.match, code)):
        doubt = doubt or "科目代码一栏另有内容"
    elif (code and name in _TOTALS) or any(name.endswith(f" {total}") for total in _TOTALS):
        doubt = doubt or "合计与科目同在一行"
    return Placed(0, "", "".join(code), name, figures, doubt)


def _aligned(columns: Columns, row: Fields, labels_end: int) -> tuple[tuple[str, ...], str]:
    """The figures of a row whose labels end before the given field."""
    data = columns.data
    if not data:
        return (), "表中没有金额栏" if any(row[labels_end:]) else ""
    if len(row) == columns.width and labels_end <= data[0] and not any(row[labels_end : data[0]]):
        between = set(range(data[0], len(row))) - set(data)
        if not any(row[i] for i in between):
            return tuple(row[i] for i in data), ""
    rest = row[labels_end:]
    figures = from_right(rest, len(data))
    if all(figures) and len([field for field in rest if field]) == len(data):
        return figures, ""
    return figures, _miscounted(row, columns)


def _miscounted(row: Fields, columns: Columns) -> str:
    return f"本行有{len(row)}栏，表头有{columns.width}栏，金额从右对齐，可能错列"


def from_right(fields: Sequence[str], count: int) -> tuple[str, ...]:
    """As many figures as wanted: the leftmost blanks go first, what is still too much stands together in the first."""
    rest = list(fields)
    while len(rest) > count and "" in rest:
        rest.remove("")
    if len(rest) > count:
        over = len(rest) - count + 1
        rest = [" ".join(rest[:over]), *rest[over:]]
    return (*rest, *[""] * (count - len(rest)))


def _items(form: Form, columns: Columns, row: Fields) -> list[Placed]:
    """A row of 收入 beside 支出, each item with its 行次 and amounts."""
    spans = _spans(form, columns)
    fields = block_fields(form, columns)
    numbered = bool(columns.with_role(Role.LINE_NO))
    if len(row) == columns.width:
        placed = [_item(row, block, span, fields[block], numbered) for block, span in enumerate(spans)]
        if None not in placed:
            return [item for item in placed if item is not None]
    cuts = _cuts(columns, row, [start for start, _ in spans])
    doubt = _miscounted(row, columns)
    guessed = [
        _guessed_item(row[start:end], block, len(fields[block]), numbered, doubt)
        for block, (start, end) in enumerate(zip(cuts, [*cuts[1:], len(row)], strict=True))
    ]
    return _renamed(form, guessed)


def _item(row: Fields, block: int, span: tuple[int, int], data: tuple[int, ...], numbered: bool) -> Placed | None:
    """An item whose fields stand where the header has them, None where something else stands there."""
    labels = [row[i] for i in range(*span) if i not in data]
    name, line_no = labels[0] if labels else "", labels[1] if numbered and len(labels) > 1 else ""
    rest = labels[2:] if numbered else labels[1:]
    if any(rest) or (name and not is_text(name)) or (line_no and not _LINE_NO.match(line_no)):
        return None
    figures = tuple(row[i] for i in data)
    if any(map(is_text, figures)):
        return None
    return Placed(block, line_no, "", name, figures)


def _cuts(columns: Columns, row: Fields, starts: list[int]) -> list[int]:
    """Where the blocks of a row of unusual length begin: at its second name, or counted from the right."""
    if len(starts) == 1:
        return starts
    words = [i for i, field in enumerate(row) if is_text(field)]
    late = [i for i in words[-1:] if i >= starts[-1] or len(words) > 1]
    shift = max(len(row) - columns.width, 0)
    last = late[0] if late else min(starts[-1] + shift, len(row))
    return [*(min(start, last) for start in starts[:-1]), last]


def _guessed_item(fields: Fields, block: int, count: int, numbered: bool, doubt: str) -> Placed:
    """An item from what stands in its fields: words are its name, a first small number its 行次, the rest amounts."""
    rest = list(fields)
    names = [field for field in rest if is_text(field)]
    line_no = next((field for field in rest if field and not is_text(field)), "") if numbered else ""
    if not _LINE_NO.match(line_no):
        line_no = ""
    for label in (*names, *filter(None, [line_no])):
        rest.remove(label)
    figures = from_right(rest, count) if count else ()
    kept = names if count else [*names, *filter(None, rest)]
    return Placed(block, line_no, "", " ".join(kept), figures, doubt)


def _renamed(form: Form, placed: list[Placed]) -> list[Placed]:
    """Moves a name that the form knows only in another block, where no name is printed, to that block."""
    for item in placed:
        blocks = {known.block for known in form.items if _bare(item.name) in map(_bare, (known.name, *known.variants))}
        if len(blocks) != 1 or item.block in blocks:
            continue
        (home,) = blocks
        other = next((one for one in placed if one.block == home and not one.name), None)
        if other:
            moved = {item.block: replace(item, name=""), home: replace(other, name=item.name)}
            return [moved.get(one.block, one) for one in placed]
    return placed


def _bare(name: str) -> str:
    return squashed(_ORDINAL.sub("", name))


def _account_blocks(form: Form, columns: Columns, row: Fields) -> list[Placed]:
    """A row of 公开06: code, name and amount two or three times side by side."""
    spans = _spans(form, columns)
    shift = len(row) - columns.width
    if shift:
        spans = _shifted(row, spans)
    lost = {block for block, fields in enumerate(block_fields(form, columns)) if not fields}
    doubt = _miscounted(row, columns) if shift else ""
    placed = [_coded(row[start:end], block, block in lost, doubt) for block, (start, end) in enumerate(spans)]
    return _total_joined(placed)


def _shifted(row: Fields, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The blocks of a row with too many or too few fields: each begins with a code or a name after no code."""
    starts = [
        i
        for i, field in enumerate(row)
        if _WHOLE_CODE.match(field) or (is_text(field) and not (i and _CODE.match(row[i - 1])))
    ][: len(spans)]
    if not starts:
        return [(0, len(row))]
    starts[0] = 0
    return list(zip(starts, [*starts[1:], len(row)], strict=True))


def _coded(fields: Fields, block: int, lost: bool, doubt: str) -> Placed:
    """One item of 公开06: its code in one or more fields, its name, and whatever stands after it as the amount."""
    first = next((i for i, field in enumerate(fields) if is_text(field)), None)
    if first is None:
        codes, rest = [field for field in fields[:1] if _CODE.match(field)], list(fields)
        name = ""
    else:
        two = first + 1 < len(fields) and is_text(fields[first + 1])
        name, rest = fields[first + two], list(fields[first + two + 1 :])
        codes = [field for field in fields[: first + two] if field]
    filled = [field for field in rest if field][len(codes) if first is None else 0 :]
    if len(filled) > 1 or (filled and lost):
        doubt = doubt or "金额一栏的位置与表头不符"
    elif lost:
        doubt = doubt or "本栏的决算数一列缺失"
    return Placed(block, "", "".join(codes), name, (" ".join(filled),), doubt)


def _total_joined(placed: list[Placed]) -> list[Placed]:
    """公用经费合计 spans the blocks to its right: an amount that stands there without a name is its own."""
    last = max((i for i, item in enumerate(placed) if item.name), default=0)
    tail = [item for item in placed[last + 1 :] if not item.is_blank]
    if len(tail) != 1 or tail[0].code or not placed[last].name.endswith("合计") or any(placed[last].figures):
        return placed
    return [*placed[:last], replace(placed[last], figures=tail[0].figures, doubt=placed[last].doubt or tail[0].doubt)]


def doubting(item: Placed, doubt: str) -> Placed:
    """The item with a doubt, unless it has one already."""
    return item if item.doubt else replace(item, doubt=doubt)
