"""Tables laid out for paper: header cells with their spans, body rows, one sheet for each table of a document."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from corpus.truth import Row, Table, Truth
from corpus.variant import Variant


@dataclass(frozen=True, slots=True)
class Box:
    """A cell of the ruled grid with what is printed in it; `align` is l, c or r. Rows and columns count from 0."""

    row: int
    column: int
    text: str
    rows: int = 1
    columns: int = 1
    align: str = "c"


@dataclass(slots=True)
class Sheet:
    """A table ready to be drawn: `kinds` says code, name, line or amount, `lines` each row's printed line."""

    code: str
    title: str
    mark: str
    left: str
    right: str
    note: str
    landscape: bool
    kinds: tuple[str, ...]
    head: int = 0
    boxes: list[Box] = field(default_factory=list)
    lines: list[int | None] = field(default_factory=list)

    def put(self, box: Box) -> None:
        if box.columns > 0 and box.rows > 0:
            self.boxes.append(box)


def amount(value: Decimal | None, variant: Variant) -> str:
    """An amount in the style of a variant; nothing for a blank cell."""
    if value is None:
        return ""
    if variant.style == "grouped":
        return f"{value:,.2f}"
    text = f"{value:.2f}"
    return text.rstrip("0").rstrip(".") if variant.style == "general" else text


def sheet(table: Table, truth: Truth, variant: Variant) -> Sheet:
    """Lay a table out the way a variant prints it."""
    made = Sheet(
        code=table.code,
        title=table.title,
        mark=table.mark,
        left=variant.entity_label + truth.entity if variant.entity_label else "",
        right=variant.unit_label + table.unit,
        note=table.note,
        landscape=table.code in variant.landscape,
        kinds=(),
    )
    if table.code in ("公开01", "公开04"):
        _side_by_side(made, table, variant)
    elif table.code == "公开06":
        _economic(made, table, variant)
    elif table.code == "公开07":
        _receptions(made, table, variant)
    else:
        _subjects(made, table, variant)
    return made


def _side_by_side(made: Sheet, table: Table, variant: Variant) -> None:
    sides = (table.block_columns(0), table.block_columns(1))
    label = ("name", "line") if variant.line_numbers else ("name",)
    widths = [len(label) + len(s) for s in sides]
    made.kinds = (*label, *["amount"] * len(sides[0]), *label, *["amount"] * len(sides[1]))
    for block, (title, columns) in enumerate(zip(("收入", "支出"), sides, strict=True)):
        first = block * widths[0]
        made.put(Box(0, first, title, columns=widths[block]))
        heads = [
            "项目" if not block or variant.name != "ningxia-2021" else "项目(按功能分类)",
            *["行次"] * (len(label) - 1),
        ]
        heads += [c.name for c in columns] if len(columns) > 1 else [variant.amount_header]
        numbers = ["栏次", *[""] * (len(label) - 1), *(c.number for c in columns)]
        for n, (head, number) in enumerate(zip(heads, numbers, strict=True)):
            made.put(Box(1, first + n, head))
            if variant.column_numbers:
                made.put(Box(2, first + n, number))
    made.head = 3 if variant.column_numbers else 2
    made.lines = [None] * made.head
    for row in table.rows:
        at = made.head + row.line
        first = row.block * widths[0]
        total = row.name in ("总计", "本年收入合计", "本年支出合计")
        made.put(Box(at, first, row.name, align="c" if total else "l"))
        if variant.line_numbers:
            made.put(Box(at, first + 1, row.line_no))
        for n, value in enumerate(row.values):
            made.put(Box(at, first + len(label) + n, amount(value, variant), align="r"))
    made.lines += sorted({r.line for r in table.rows})


def _parts(code: str, variant: Variant) -> list[str]:
    """A code as printed in its columns."""
    if variant.codes != "split":
        return [code]
    return [code[:3], code[3:5], code[5:7]]


def _subjects(made: Sheet, table: Table, variant: Variant) -> None:
    wide = 1 if variant.codes == "one" else 3
    made.kinds = (*["code"] * wide, "name", *["amount"] * len(table.columns))
    header_total = variant.total == "header" and wide > 1
    numbered = variant.column_numbers
    made.head = 3 if numbered or wide > 1 else 2
    made.lines = [None] * made.head
    deep = 2 if numbered or header_total else made.head
    made.put(Box(0, 0, "项目", columns=wide + 1))
    made.put(Box(1, 0, "科目编码" if wide == 1 else "功能分类科目编码", columns=wide))
    made.put(Box(1, wide, "科目名称", rows=deep - 1))
    _column_heads(made, table, wide + 1, deep)
    body = list(table.rows)
    if numbered:
        made.put(Box(2, wide if wide > 1 else 0, "栏次", columns=1 if wide > 1 else 2))
        for n, numbered_column in enumerate(table.columns):
            made.put(Box(2, wide + 1 + n, numbered_column.number))
    at = made.head
    if header_total:
        at = _total_beside(made, body.pop(0), wide, variant)
    elif wide > 1:
        for n, text in enumerate("类款项"):
            made.put(Box(2, n, text))
    for row in body:
        _subject_row(made, row, at, wide, variant)
        at += 1
    if len(table.rows) == 1 and variant.empty == "rows":
        for _ in range(6):
            for column in range(len(made.kinds)):
                made.put(Box(at, column, ""))
            made.lines.append(None)
            at += 1


def _total_beside(made: Sheet, total: Row, wide: int, variant: Variant) -> int:
    """合计 in the row of the 类 款 项 cells, or right below it with those cells over both; the next free row."""
    at = made.head if variant.column_numbers else made.head - 1
    for n, text in enumerate("类款项"):
        made.put(Box(2, n, text, rows=at - 1))
    made.put(Box(at, wide, total.name))
    for n, value in enumerate(total.values):
        made.put(Box(at, wide + 1 + n, amount(value, variant), align="r"))
    if variant.column_numbers:
        made.lines.append(total.line)
    else:
        made.lines[-1] = total.line
    made.head = at + 1
    return at + 1


def _subject_row(made: Sheet, row: Row, at: int, wide: int, variant: Variant) -> None:
    if not row.code:
        made.put(Box(at, 0, row.name, columns=wide + 1))
    elif variant.codes == "split":
        for n, part in enumerate(_parts(row.code, variant)):
            made.put(Box(at, n, part))
        made.put(Box(at, wide, row.name, align="l"))
    else:
        made.put(Box(at, 0, row.code, columns=wide, align="l"))
        made.put(Box(at, wide, row.name, align="l"))
    for n, value in enumerate(row.values):
        made.put(Box(at, wide + 1 + n, amount(value, variant), align="r"))
    made.lines.append(row.line)


def _column_heads(made: Sheet, table: Table, first: int, deep: int) -> None:
    """Column names over `deep` rows; those of a group (本年支出/小计) under their group's name."""
    groups: dict[str, list[int]] = {}
    for n, column in enumerate(table.columns):
        group, _, name = column.name.partition("/")
        if name:
            groups.setdefault(group, []).append(n)
            made.put(Box(1, first + n, name, rows=deep - 1))
        else:
            made.put(Box(0, first + n, group, rows=deep))
    for group, members in groups.items():
        made.put(Box(0, first + members[0], group, columns=len(members)))


def _economic(made: Sheet, table: Table, variant: Variant) -> None:
    blocks = 1 + max(c.block for c in table.columns)
    split = variant.codes == "split"
    wide = 2 if split else 1
    step = wide + 2
    made.kinds = (*["code"] * wide, "name", "amount") * blocks
    made.head = 2
    made.lines = [None, None]
    if not split:
        made.put(Box(0, 0, "人员经费", columns=step))
        made.put(Box(0, step, "公用经费", columns=step * (blocks - 1)))
    for block in range(blocks):
        first = block * step
        if split:
            made.put(Box(0, first, "经济分类科目编码", columns=2))
            made.put(Box(1, first, "类"))
            made.put(Box(1, first + 1, "款"))
        else:
            made.put(Box(1, first, "科目代码"))
        made.put(Box(0 if split else 1, first + wide, "科目名称", rows=2 if split else 1))
        made.put(Box(0 if split else 1, first + wide + 1, variant.amount_header, rows=2 if split else 1))
    taken = {(r.line, r.block) for r in table.rows}
    last = max(r.line for r in table.rows)
    for row in table.rows:
        _economic_row(made, row, 2 + row.line, (step, wide), variant)
    for line in range(last):
        for block in range(blocks):
            if (line, block) not in taken:
                for n in range(step):
                    made.put(Box(2 + line, block * step + n, ""))
    made.lines += list(range(last + 1))


def _economic_row(made: Sheet, row: Row, at: int, shape: tuple[int, int], variant: Variant) -> None:
    step, wide = shape
    first = row.block * step
    if not row.code:
        start = 0 if row.block == 0 else step
        end = first + step - 1
        made.put(Box(at, start, row.name, columns=(end if row.block else step - 1) - start))
        made.put(Box(at, end if row.block else step - 1, amount(row.values[0], variant), align="r"))
        return
    for n, part in enumerate((row.code[:3], row.code[3:]) if wide > 1 else (row.code,)):
        made.put(Box(at, first + n, part, align="l" if wide == 1 else "c"))
    made.put(Box(at, first + wide, row.name, align="l"))
    made.put(Box(at, first + wide + 1, amount(row.values[0], variant), align="r"))


def _receptions(made: Sheet, table: Table, variant: Variant) -> None:
    made.kinds = ("amount",) * len(table.columns)
    values = [amount(v, variant) for v in table.rows[0].values]
    half = len(values) // 2
    names = [c.name.partition("/")[2].replace("/小计", "") for c in table.columns[:half]]
    order = list(range(len(values)))
    if variant.interleaved:
        order = [n + half * kind for n in range(half) for kind in (0, 1)]
        _paired_heads(made, names, half)
    else:
        year = "" if variant.unit == "万元" else "年度"
        for kind, title in enumerate((f"{year}预算数", f"{year}决算数")):
            _reception_heads(made, names, kind * half, title)
    if variant.column_numbers:
        for n, source in enumerate(order):
            made.put(Box(made.head, n, table.columns[source].number))
        made.head += 1
    for n, source in enumerate(order):
        made.put(Box(made.head, n, values[source], align="r"))
    made.lines = [*[None] * made.head, 0]


def _reception_heads(made: Sheet, names: list[str], first: int, title: str) -> None:
    made.put(Box(0, first, title, columns=len(names)))
    made.put(Box(1, first, names[0], rows=2))
    made.put(Box(1, first + 1, names[1], rows=2))
    made.put(Box(1, first + 2, "公务用车购置及运行维护费", columns=3))
    for n, text in enumerate(("小计", "公务用车购置费", "公务用车运行维护费")):
        made.put(Box(2, first + 2 + n, text))
    made.put(Box(1, first + 5, names[5], rows=2))
    made.head = 3


def _paired_heads(made: Sheet, names: list[str], half: int) -> None:
    made.put(Box(0, 0, names[0], rows=2, columns=2))
    made.put(Box(0, 2, names[1], rows=2, columns=2))
    made.put(Box(0, 4, "公务用车购置及运行费", columns=6))
    for n, text in enumerate(("小计", "公务用车购置费", "公务用车运行费")):
        made.put(Box(1, 4 + 2 * n, text, columns=2))
    made.put(Box(0, 10, names[5], rows=2, columns=2))
    for n in range(2 * half):
        made.put(Box(2, n, ("预算数", "决算数")[n % 2]))
    made.head = 3
