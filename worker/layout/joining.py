"""Parts to tables: which grid begins a table and which goes on, over page breaks with or without a repeated header."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from models.document import Cell, Grid, Row, Table
from models.forms import Form, Shape, all_forms
from worker.core.headers import FormMatch, find_form, form_by_title
from worker.core.likeness import likeness, squashed
from worker.layout.captions import text_between
from worker.layout.parts import Part, Plan, PrintedLine, cell_text
from worker.layout.plan import go_on, plan_columns
from worker.layout.rows import PlainRow, numbered, part_rows

SAME_HEADER = 0.8
SAME_WORDS = 0.85
SAME_TITLE = 0.85
_NUMBERS = re.compile(r"栏次|\d+")
_TOTAL = re.compile(r"^(?:合计|总计)$")


@dataclass(slots=True)
class Growing:
    """A table while its parts are collected, each with its own plan."""

    parts: list[Part]
    plans: list[Plan]
    doubts: list[str] = field(default_factory=list)

    @property
    def form(self) -> Form | None:
        return self.plans[0].form

    @property
    def last(self) -> Part:
        return self.parts[-1]


def join(parts: Sequence[tuple[Part, Sequence[PrintedLine]]]) -> list[Growing]:
    """Tables in order of appearance. Each part comes with the lines between it and the part before."""
    tables: list[Growing] = []
    for part, between in parts:
        further = _going_on(tables[-1], part, between) if tables else None
        if further:
            grid, plan = further
            tables[-1].parts.append(replace(part, grid=grid))
            tables[-1].plans.append(plan)
        else:
            tables.append(_begin(part, tables))
    return tables


def _begin(part: Part, tables: Sequence[Growing]) -> Growing:
    match = find_form(part.caption.title, part.leaves, part.caption.mark or _expected(tables))
    if match and not part.has_header and not part.caption.titled:
        match = None
    form = match.form if match else None
    plan = plan_columns(form, part.grid, part.leaves, part.header_rows, part.end_row)
    doubts = [*plan.doubts, *_form_doubts(match)]
    if not part.has_header:
        doubts.append("no header found")
    return Growing([part], [plan], doubts)


def _form_doubts(match: FormMatch | None) -> list[str]:
    if match is None or match.by_title:
        return []
    return [f"title lost: taken for {match.form.code} by its columns"]


def _expected(tables: Sequence[Growing]) -> str:
    """The code of the form that follows the last one found."""
    codes = [form.code for form in all_forms()]
    last = next((table.form.code for table in reversed(tables) if table.form), "")
    return codes[codes.index(last) + 1] if last and last != codes[-1] else codes[0]


def _going_on(table: Growing, part: Part, between: Sequence[PrintedLine]) -> tuple[Grid, Plan] | None:
    """The grid and plan of a part that goes on with the table, None if the part begins another one.

    A repeated header has the same columns: those of the table are kept, whatever a misreading makes of one.
    """
    last = table.last
    if part.page.number - last.page.number > 1 or not _same_title(table, part):
        return None
    if part.has_header:
        return go_on(table.plans[0], part.grid) if _same_header(table.parts[0], part) else _by_columns(table, part)
    if part.page.number == last.page.number and text_between(between, part.page):
        return None
    return go_on(table.plans[0], part.grid)


def _by_columns(table: Growing, part: Part) -> tuple[Grid, Plan] | None:
    """The grid and its own plan where a part without title has all of the table's columns, however they are printed."""
    form = table.form
    if form is None or part.caption.titled:
        return None
    plan = plan_columns(form, part.grid, part.leaves, part.header_rows, part.end_row)
    same = [(c.number, c.name, c.block) for c in plan.columns] == [
        (c.number, c.name, c.block) for c in table.plans[0].columns
    ]
    match = find_form("", part.leaves, form.code)
    return (part.grid, plan) if same and match is not None and match.form is form else None


def _same_title(table: Growing, part: Part) -> bool:
    """Whether nothing printed above the part names another table."""
    if not part.caption.titled:
        return True
    first = table.parts[0].caption
    named = form_by_title(part.caption.title)
    if named and table.form:
        same = named.form is table.form
    else:
        same = not named and likeness(part.caption.title, first.title) >= SAME_TITLE
    return same and (part.caption.continued or not (_ends_total(table) and part.has_header))


def _ends_total(table: Growing) -> bool:
    """Whether a total has closed the table, or opened a second one of the same kind."""
    rows = part_rows(table.last, table.plans[-1], 0)
    return bool(rows) and bool(_TOTAL.match(rows[-1].row.name.text))


def _same_header(first: Part, part: Part) -> bool:
    """Whether two parts bear one header: column by column, or by all its characters where its cells ran together.

    Then a row of it may stand above the grid, and rules between its columns may be lost.
    """
    if _shared(_header_text(first), _header_text(part)) >= SAME_WORDS:
        return True
    if len(first.leaves) != len(part.leaves):
        return False
    alike = [
        likeness(a.header, b.header) if a.header or b.header else 1.0
        for a, b in zip(first.leaves, part.leaves, strict=True)
    ]
    return sum(alike) / len(alike) >= SAME_HEADER


def _header_text(part: Part) -> str:
    """All that the header says but for 栏次, which is not always repeated; with what stands above and is no title."""
    above = "" if part.caption.titled else part.caption.title
    cells = "".join(cell_text(cell) for cell in part.grid.cells if cell.row < part.header_rows)
    return above + _NUMBERS.sub("", squashed(cells))


def _shared(one: str, other: str) -> float:
    """The share of the characters that two texts have in common, wherever they stand, of those of the longer one."""
    one, other = squashed(one), squashed(other)
    return (Counter(one) & Counter(other)).total() / max(len(one), len(other), 1)


def finish(table: Growing, code: str, prefix: str) -> Table:
    """The table with its rows and cells numbered."""
    plain: list[PlainRow] = []
    line = 0
    for part, plan in zip(table.parts, table.plans, strict=True):
        fresh = _without_repeated_total(part) if plain else part
        plain += part_rows(fresh, plan, line)
        line += fresh.end_row - fresh.header_rows
    rows, cells = numbered(plain, prefix)
    first = table.parts[0].caption
    empty = _is_empty(table, rows, cells)
    doubts = list(table.doubts)
    if table.form and not empty and not any(cell.reading.text for cell in cells):
        doubts.append("no figure found in this table")
    return Table(
        code=code,
        title=first.title,
        form=table.form.code if table.form else "",
        unit=next((part.caption.unit for part in table.parts if part.caption.unit), ""),
        pages=tuple(sorted({part.page.number for part in table.parts})),
        columns=table.plans[0].columns,
        rows=rows,
        cells=cells,
        declared_empty=empty,
        doubts=tuple(dict.fromkeys(doubts)),
    )


def _without_repeated_total(part: Part) -> Part:
    """A total printed beside the 类 款 项 cells of a header is repeated with it: not a row of its own."""
    heads = [c for c in part.grid.cells if c.row < part.header_rows < c.row + c.row_span and cell_text(c)]
    texts = [cell_text(cell) for cell in part.grid.cells if cell.row == part.header_rows]
    if heads and any(_TOTAL.match(text) for text in texts):
        return replace(part, header_rows=part.header_rows + 1)
    return part


def _is_empty(table: Growing, rows: Sequence[Row], cells: Sequence[Cell]) -> bool:
    """Declared empty: no figure, and a note says so, or nothing but a total's name (or nothing at all) is printed."""
    if any(cell.reading.text for cell in cells):
        return False
    if any(part.caption.empty_note for part in table.parts):
        return True
    if table.form is None or table.form.shape is Shape.ITEMS:
        return False
    return all(_TOTAL.match(row.name.text) or not (row.name.text or row.code.text) for row in rows)
