"""What each printed column of a grid gives: labels, or a data column of the table, and in which side-by-side block.

Two witnesses decide: the header (compared with the form's columns) and what stands in the column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from itertools import pairwise

from models.document import Column, Grid
from models.forms import Form, Shape
from worker.core.headers import Leaf, Role, label_roles, match_columns
from worker.layout.parts import Plan, Source, cell_text, spans_of
from worker.layout.text import has_words, is_numeric

MOST = 0.6
SURE = 0.75
FEW = 3
SAME_EDGE = 0.02

Span = tuple[float, float]

_CODE = re.compile(r"^\d{3,7}$|^\d{3}\.\d\d$|^\d\d?$")
_LONG_CODE = re.compile(r"^\d{3,7}$|^\d{3}\.\d\d$")
_PADDED = re.compile(r"^0\d$")
CODES = (Role.CODE, Role.CLASS, Role.GROUP, Role.ITEM)
LABELS = (*CODES, Role.NAME, Role.LINE_NO)


class Content(StrEnum):
    """What most of a column's cells hold."""

    BLANK = "blank"
    AMOUNTS = "amounts"
    CODES = "codes"
    NUMBERED = "numbered"
    WORDS = "words"


def contents(grid: Grid, start: int, end: int) -> tuple[Content, ...]:
    """What the data rows of each column hold, merged cells left aside."""
    texts: list[list[str]] = [[] for _ in range(grid.column_count)]
    for cell in grid.cells:
        if start <= cell.row < end and cell.column_span == 1 and cell_text(cell):
            texts[cell.column].append(unicodedata.normalize("NFKC", cell_text(cell)))
    return tuple(_content(column) for column in texts)


def _content(texts: Sequence[str]) -> Content:
    if not texts:
        return Content.BLANK
    words = sum(1 for text in texts if has_words(text))
    if words > MOST * len(texts):
        return Content.WORDS
    numbers = [text for text in texts if is_numeric(text)]
    if _is_numbered(numbers):
        return Content.NUMBERED
    codes = sum(1 for text in numbers if _CODE.match(text))
    long = sum(1 for text in numbers if _LONG_CODE.match(text))
    padded = sum(1 for text in numbers if _PADDED.match(text))
    if codes > MOST * len(texts) and (long + padded > len(texts) / 2):
        return Content.CODES
    return Content.AMOUNTS


def _is_numbered(texts: Sequence[str]) -> bool:
    """Whether numbers count up by one, a few misread ones allowed: 行次."""
    numbers = [int(text) for text in texts if text.isdigit()]
    if len(numbers) < FEW or len(numbers) < MOST * len(texts):
        return False
    steps = sum(1 for a, b in pairwise(numbers) if b - a == 1)
    return steps >= MOST * (len(numbers) - 1)


def plan_columns(form: Form | None, grid: Grid, leaves: Sequence[Leaf], start: int, end: int) -> Plan:
    """The plan of a grid with a header of its own, for a form or for some other table."""
    held = contents(grid, start, end)
    roles = _roles(form, leaves, held)
    if form is None:
        columns, sources = _other_columns(leaves, roles)
        return Plan(None, columns, sources, spans_of(grid))
    return _form_columns(form, grid, leaves, roles, held)


def _roles(form: Form | None, leaves: Sequence[Leaf], held: Sequence[Content]) -> list[Role]:
    """Label or data, for each column: the header's word, unless what stands below plainly contradicts it."""
    roles: list[Role] = []
    labels = label_roles(leaves)
    for index, (leaf, named, content) in enumerate(zip(leaves, labels, held, strict=True)):
        if form is not None and form.shape is Shape.SINGLE:
            role = Role.DATA
        elif named is not None:
            role = Role.DATA if content is Content.AMOUNTS and named is Role.NAME else named
        else:
            role = _role_by_content(form, leaf, content, index, held)
        roles.append(role)
    return _without_stray_labels(form, roles)


def _role_by_content(form: Form | None, leaf: Leaf, content: Content, index: int, held: Sequence[Content]) -> Role:
    fits = form is not None and any(
        match.likeness >= SURE for match in match_columns(form, [leaf], [Role.DATA]) if match.column is not None
    )
    if content is Content.NUMBERED and not fits:
        return Role.LINE_NO
    if content is Content.CODES and not fits and not any(one is Content.AMOUNTS for one in held[:index]):
        return Role.CODE
    if content is Content.WORDS and (form is not None or (index == 0 and Content.AMOUNTS in held)):
        return Role.NAME
    return Role.DATA


def _without_stray_labels(form: Form | None, roles: list[Role]) -> list[Role]:
    """Labels that no data column follows are data; so are repeated labels where the form has no blocks side by side."""
    last = max((i for i, role in enumerate(roles) if role is Role.DATA), default=-1)
    if last < 0:
        return roles
    first = roles.index(Role.DATA)
    single = form is not None and len(form.blocks) == 1
    return [
        Role.DATA if i > last or (single and i > first and role in (Role.NAME, Role.LINE_NO)) else role
        for i, role in enumerate(roles)
    ]


def _blocks(roles: Sequence[Role | None]) -> list[int]:
    """The side-by-side block of each column: labels after data begin a new one."""
    block, data, blocks = 0, False, []
    for role in roles:
        if role in LABELS and data:
            block, data = block + 1, False
        data = data or role is Role.DATA
        blocks.append(block)
    return blocks


def _other_columns(leaves: Sequence[Leaf], roles: Sequence[Role]) -> tuple[tuple[Column, ...], tuple[Source, ...]]:
    """Columns of a table that is no form: numbered by position, named by their printed headers."""
    columns: list[Column] = []
    sources: list[Source] = []
    for leaf, role, block in zip(leaves, roles, _blocks(roles), strict=True):
        if role is Role.DATA:
            sources.append(Source(role, block, len(columns)))
            columns.append(Column(str(len(columns) + 1), leaf.header, leaf.header, block))
        else:
            sources.append(Source(role, block))
    return tuple(columns), tuple(sources)


def _form_columns(
    form: Form, grid: Grid, leaves: Sequence[Leaf], roles: Sequence[Role], held: Sequence[Content]
) -> Plan:
    matches = match_columns(form, leaves, roles)
    kept = [
        None if role is Role.DATA and match.column is None and not leaf.path and content is Content.BLANK else role
        for role, match, leaf, content in zip(roles, matches, leaves, held, strict=True)
    ]
    blocks = [0] * len(kept) if form.shape is Shape.SINGLE else _blocks(kept)
    order = sorted(
        (i for i, role in enumerate(kept) if role is Role.DATA),
        key=lambda i: (matches[i].column is None, matches[i].column or 0, i),
    )
    columns: list[Column] = []
    place: dict[int, int] = {}
    for index in order:
        place[index] = len(columns)
        columns.append(_column(form, leaves[index], matches[index].column, blocks[index], index))
    sources = tuple(
        Source(
            role, blocks[i], place.get(i), _column_doubt(matches[i].column, matches[i].likeness) if i in place else ""
        )
        for i, role in enumerate(kept)
    )
    return Plan(form, tuple(columns), sources, spans_of(grid), _missing(form, [match.column for match in matches]))


def _column(form: Form, leaf: Leaf, wanted: int | None, block: int, index: int) -> Column:
    if wanted is None:
        return Column(leaf.number or f"x{index + 1}", leaf.header or f"column {index + 1}", leaf.header, block)
    column = form.columns[wanted]
    return Column(column.number or leaf.number, column.name, leaf.header, block)


def _column_doubt(wanted: int | None, alike: float) -> str:
    if wanted is None:
        return "column is none of the form's"
    return "" if alike >= SURE else "column guessed: its header is lost or unlike the form's"


def _missing(form: Form, found: Sequence[int | None]) -> tuple[str, ...]:
    return tuple(
        f"no column found for {column.number} {column.name}"
        for index, column in enumerate(form.columns)
        if index not in found and not column.optional
    )


def go_on(plan: Plan, grid: Grid) -> tuple[Grid, Plan] | None:
    """The grid and plan of a part that goes on without a header of its own.

    A grid of as many columns follows the plan as it is. Where merged cells or lost rules left fewer, its cells are put
    back on the table's columns by their edges; where it has more, its columns go by their places. None if neither fits.
    """
    spans = spans_of(grid)
    if len(spans) == len(plan.spans):
        return grid, replace(plan, spans=spans)
    if len(spans) < len(plan.spans):
        wide = _on_columns(grid, spans, plan.spans)
        return (wide, plan) if wide else None
    placed = _by_place(plan, spans)
    return (grid, placed) if placed else None


def _on_columns(grid: Grid, spans: Sequence[Span], wanted: Sequence[Span]) -> Grid | None:
    """The grid with its cells on the wanted columns, None if one of its edges is none of theirs."""
    edges = [start for start, _ in wanted] + [wanted[-1][1]]
    own = [start for start, _ in spans] + [spans[-1][1]]
    homes = [min(range(len(edges)), key=lambda i: abs(edges[i] - x)) for x in own]
    if any(abs(edges[i] - x) > SAME_EDGE for i, x in zip(homes, own, strict=True)) or len(set(homes)) < len(homes):
        return None
    cells = tuple(
        replace(
            cell,
            column=homes[cell.column],
            column_span=homes[cell.column + cell.column_span] - homes[cell.column],
        )
        for cell in grid.cells
    )
    return Grid(grid.box, grid.row_count, len(wanted), cells)


def _by_place(plan: Plan, spans: Sequence[Span]) -> Plan | None:
    """The plan for more columns than the table has: each takes the role of the one it lies in."""
    nearest = [max(range(len(plan.spans)), key=lambda i: _shared(span, plan.spans[i])) for span in spans]
    data = [plan.sources[i].column for i in nearest if plan.sources[i].column is not None]
    wanted = {source.column for source in plan.sources if source.column is not None}
    if len(set(data)) != len(data) or set(data) != wanted:
        return None
    sources = tuple(
        replace(plan.sources[i], doubt="" if _shared(span, plan.spans[i]) >= SURE else "column found by its place")
        for i, span in zip(nearest, spans, strict=True)
    )
    return replace(plan, sources=sources, spans=tuple(spans))


def _shared(one: Span, other: Span) -> float:
    """Overlap of two extents as a share of the wider one."""
    wide = min(one[1], other[1]) - max(one[0], other[0])
    return wide / max(one[1] - one[0], other[1] - other[0], 1e-6)
