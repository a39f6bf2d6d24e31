"""Tables from the blocks of a dump: parts joined over page breaks, forms by their columns, others as printed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from models.document import Cell, Column, Reading, Row, Table
from models.forms import Form, Shape
from worker.core import headers
from worker.core.headers import Leaf, Role
from worker.dump import heads, rows
from worker.dump.blocks import Fields
from worker.dump.heads import Columns, Heading
from worker.dump.rows import Placed

# A dump knows no pages: everything stands on its one page.
PAGE = 1
EARLY_ROWS = 3
EMPTY_ROWS = 2
NARROW, WIDE = 2, 4


@dataclass(slots=True)
class Draft:
    """A table while its parts are gathered; `head` are the header rows of its first part.

    `stripped` says that the dump has lost the blanks at the ends of its lines, so that short rows are whole.
    """

    heading: Heading
    form: Form | None
    head: list[Fields]
    body: list[Fields] = field(default_factory=list)
    stripped: bool = False


def draft_of(heading: Heading, block: Sequence[Fields], *, stripped: bool) -> Draft:
    """A new table that begins with this block."""
    length = heads.header_length(block)
    head = list(block[:length])
    match = headers.find_form(heading.title, heads.leaves_of(head), heading.mark)
    if match and not (length or (match.by_title and len(block) > 1)):
        match = None
    if match is None:
        return Draft(heading, None, [], list(block), stripped)
    return Draft(heading, match.form, head, list(block[length:]), stripped)


def goes_on(draft: Draft, block: Sequence[Fields]) -> bool:
    """Whether a block without a title is the next part of a table: its header, if it has one, names no other form."""
    length = heads.header_length(block)
    if not length or (draft.form and list(block[:length]) == draft.head):
        return True
    match = headers.find_form("", heads.leaves_of(block[:length]))
    return match is None or match.form is draft.form


def extend(draft: Draft, block: Sequence[Fields]) -> None:
    """Adds the next part of a table without the header rows that it repeats."""
    if draft.form:
        new = (i for i, row in enumerate(block) if row not in draft.head and not heads.is_all_header(row))
        draft.body += block[next(new, len(block)) :]
        return
    head = draft.body[: _printed_header(draft.body, max(map(len, draft.body)))]
    draft.body += block[len(head) if list(block[: len(head)]) == head else 0 :]


def table_of_form(draft: Draft, form: Form, serial: int) -> Table:
    """The table of a form; `serial` counts the tables of this form from 1."""
    leaves = heads.leaves_of(draft.head)
    width = max(map(len, [leaves, *draft.body])) if draft.stripped else 0
    body = [row + ("",) * (width - len(row)) for row in draft.body]
    columns = heads.columns_of(form, leaves + (Leaf(()),) * (width - len(leaves)), body)
    placed = [(line, item) for line, row in enumerate(body) for item in rows.place(form, columns, row)]
    placed = _doubted(form, placed)
    kept = _kept(form, columns, [item for _, item in placed])
    prefix = f"g{form.code[-2:]}" + (f".{serial}" if serial > 1 else "")
    cells = [
        Cell(_cell_id(prefix, r, c), r, c, _reading(item.figures[place]), item.doubt)
        for r, (_, item) in enumerate(placed)
        for c, (block, place, _) in enumerate(kept)
        if block == item.block
    ]
    return Table(
        code=form.code,
        title=_title(draft.heading.title, form),
        form=form.code,
        unit=draft.heading.unit,
        pages=(PAGE,),
        columns=tuple(column for _, _, column in kept),
        rows=tuple(_row(line, item) for line, item in placed),
        cells=tuple(cells),
        declared_empty=len(placed) <= EMPTY_ROWS and not any(cell.reading.text for cell in cells),
        doubts=columns.doubts,
    )


def _title(printed: str, form: Form) -> str:
    """The printed title, without a chapter's heading that stands on the same line before it."""
    wordings = [title for title in form.titles if printed.endswith(title)]
    return max(wordings, key=len) if wordings else printed or form.title


def _row(line: int, item: Placed) -> Row:
    return Row(line, item.block, _reading(item.line_no), _reading(item.code), _reading(item.name))


def _reading(text: str) -> Reading:
    return Reading(text, PAGE)


def _cell_id(prefix: str, row: int, column: int) -> str:
    return f"{prefix}-r{row:02d}-c{column}"


def _kept(form: Form, columns: Columns, items: Sequence[Placed]) -> list[tuple[int, int, Column]]:
    """The columns to keep as (block, place among the block's figures, column); fields nobody needs are left out."""
    if form.shape is Shape.ACCOUNTS and len(form.blocks) > 1:
        used = {item.block for item in items} | {c.block for c in form.columns if not c.optional}
        return [(c.block, 0, Column(c.number, c.name, c.name, c.block)) for c in form.columns if c.block in used]
    kept = []
    for block, fields in enumerate(rows.block_fields(form, columns)):
        for place, i in enumerate(fields):
            printed, known = columns.leaves[i], columns.matches[i].column
            if known is not None:
                column = form.columns[known]
                kept.append((block, place, Column(printed.number or column.number, column.name, printed.header, block)))
            elif printed.path or any(item.figures[place] for item in items if item.block == block):
                kept.append((block, place, Column(printed.number, printed.header, printed.header, block)))
    return kept


def _doubted(form: Form, placed: list[tuple[int, Placed]]) -> list[tuple[int, Placed]]:
    """Adds the doubts that only the rows together show: 合计 out of its place, one 行次 twice, a code missing."""
    items = [item for _, item in placed]
    doubts = _doubts_of_items(items) if form.shape is Shape.ITEMS else _doubts_of_accounts(form, items)
    return [(line, rows.doubting(item, doubts[i]) if i in doubts else item) for i, (line, item) in enumerate(placed)]


def _doubts_of_items(items: Sequence[Placed]) -> dict[int, str]:
    times = Counter((item.block, item.line_no) for item in items if item.line_no)
    return {
        i: f"行次{item.line_no}出现{times[item.block, item.line_no]}次，此行无项目名称"
        for i, item in enumerate(items)
        if times[item.block, item.line_no] > 1 and not item.name and any(item.figures)
    }


def _doubts_of_accounts(form: Form, items: Sequence[Placed]) -> dict[int, str]:
    if form.shape is not Shape.ACCOUNTS or len(form.blocks) > 1:
        return {}
    doubts = {}
    coded = sum(bool(item.code) for item in items)
    for i, item in enumerate(items):
        is_total = item.name.endswith(("合计", "总计"))
        if not is_total and not item.code and 2 * coded > len(items):
            doubts[i] = "本行无科目代码"
        if is_total and 0 < i < min(EARLY_ROWS, len(items) - 1):
            doubts |= dict.fromkeys(range(i + 1), "合计不在首行，可能与上一行错位")
    return doubts


def table_as_printed(draft: Draft, serial: int) -> Table | None:
    """A table that is no form, with the header it prints; None where a single row is no table."""
    width = max(map(len, draft.body))
    usual = Counter(map(len, draft.body)).most_common(1)[0][0]
    while width > 1 and not any(_at(row, width - 1) for row in draft.body):
        width -= 1
    if len(draft.body) < 2:  # noqa: PLR2004 - what stands alone is a line
        return None
    head = _printed_header(draft.body, width)
    leaves = heads.leaves_of([row[:width] for row in draft.body[:head]]) or (Leaf(()),) * width
    leaves += (Leaf(()),) * (width - len(leaves))
    body = draft.body[head:]
    labels = _labels(leaves, body)
    data = [i for i in range(width) if i not in labels.values()]
    cells = [
        Cell(_cell_id(f"t{serial}", r, c), r, c, _reading(_at(row, i)), "" if draft.stripped else _ragged(row, usual))
        for r, row in enumerate(body)
        for c, i in enumerate(data)
    ]
    return Table(
        code=f"T{serial}",
        title=draft.heading.title,
        form="",
        unit=draft.heading.unit,
        pages=(PAGE,),
        columns=tuple(Column(str(n), leaves[i].header, leaves[i].header) for n, i in enumerate(data, 1)),
        rows=tuple(_labelled(line, row, labels) for line, row in enumerate(body)),
        cells=tuple(cells),
    )


def _labelled(line: int, row: Fields, labels: dict[Role, int]) -> Row:
    code, name = (_reading(_at(row, labels[role])) if role in labels else Reading() for role in (Role.CODE, Role.NAME))
    return Row(line, code=code, name=name)


def _at(row: Fields, i: int) -> str:
    return row[i] if i < len(row) else ""


def _ragged(row: Fields, usual: int) -> str:
    return "" if len(row) == usual else f"本行有{len(row)}栏，多数行有{usual}栏"


def _printed_header(body: Sequence[Fields], width: int) -> int:
    """How many rows are header: those down to the first with words in all its fields (in a wide table, all but one).

    With two fields a header cannot be told from a name and its value unless figures stand below.
    """
    if width <= NARROW and not any(heads.is_figure(_at(row, width - 1)) for row in body[1:]):
        return 0
    blanks = 1 if width >= WIDE else 0
    for i, row in enumerate(body[: min(EARLY_ROWS, len(body) - 1)]):
        if any(map(heads.has_figure, row)) or (i and not heads.is_header(body[i - 1])):
            return 0
        if sum(map(heads.is_text, row[:width])) >= width - blanks:
            return i + 1
    return 0


def _labels(leaves: Sequence[Leaf], body: Sequence[Fields]) -> dict[Role, int]:
    """The fields of code and name: by their headers, else the first field with anything in it is the name."""
    roles = headers.label_roles(leaves)
    labels: dict[Role, int] = {role: roles.index(role) for role in (Role.CODE, Role.NAME) if role in roles}
    if Role.NAME not in labels:
        free = [i for i in range(len(leaves)) if i not in labels.values() and any(_at(row, i) for row in body)]
        if free:
            labels[Role.NAME] = free[0]
    return labels
