"""Pages as read to tables and lines: grids become the tables of the forms, everything else running text.

`lay_out` is the step; the other modules are its parts: `sheets` takes a page apart, `mending` repairs its grids and
`gridless` makes those that rules do not show, `heading`, `captions` and `plan` say what a grid and its columns are,
`rows` reads its rows, and `joining` puts the parts of a table together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from models.document import Document, Origin, Page, Table
from worker.layout.joining import Growing, finish, join
from worker.layout.parts import Part, PrintedLine
from worker.layout.sheets import Sheet, take_apart

__all__ = ["lay_out"]

COVER_CHARACTERS = 60


def lay_out(pages: Sequence[Page]) -> Document:
    """A document from its pages in order: tables in order of appearance, then the lines outside of them.

    Every box in the result lies on the page as filed.
    """
    sheets: list[Sheet] = []
    for page in pages:
        before = _closing(sheets[-1]) if sheets else ()
        sheets.append(take_apart(page, before))
    tables = _named(join(_with_lines_between(sheets)))
    return Document(
        page_count=len(pages),
        origin=_origin(pages),
        tables=_with_units(tables),
        lines=tuple(line for sheet in sheets for line in sheet.printed),
        problems=tuple(f"page {page.number}: {page.problem}" for page in pages if page.problem),
    )


def _closing(sheet: Sheet) -> tuple[PrintedLine, ...]:
    """The last lines of a page below its last grid: a title may stand at the foot of the page before its table."""
    bottom = max((part.grid.box.y1 for part in sheet.parts), default=0.0)
    return tuple(line for line in sheet.lines if line.box.y0 > bottom)[-3:]


def _with_lines_between(sheets: Sequence[Sheet]) -> list[tuple[Part, list[PrintedLine]]]:
    """Each part with the lines of its page between the grid before and itself."""
    found = []
    for sheet in sheets:
        bottom = 0.0
        for part in sheet.parts:
            between = [line for line in sheet.lines if bottom <= line.box.centre[1] < part.grid.box.y0]
            found.append((part, between))
            bottom = part.grid.box.y1
    return found


def _named(growing: Sequence[Growing]) -> list[Table]:
    """The tables with their codes: that of the form, or T1, T2 … in order."""
    tables: list[Table] = []
    seen: Counter[str] = Counter()
    for table in growing:
        if table.form:
            seen[table.form.code] += 1
            count = seen[table.form.code]
            prefix = f"g{table.form.code.removeprefix('公开')}" + (f".{count}" if count > 1 else "")
            tables.append(finish(table, table.form.code, prefix))
        else:
            seen[""] += 1
            tables.append(finish(table, f"T{seen['']}", f"t{seen['']}"))
    return tables


def _with_units(tables: Sequence[Table]) -> tuple[Table, ...]:
    """A form that prints no unit has that of the other forms, where they agree."""
    units = {table.unit for table in tables if table.unit and table.form}
    if len(units) != 1:
        return tuple(tables)
    unit = units.pop()
    return tuple(
        replace(table, unit=unit, doubts=(*table.doubts, "unit not found here: taken from the other tables"))
        if table.form and not table.unit
        else table
        for table in tables
    )


def _origin(pages: Sequence[Page]) -> Origin:
    """What most needs to be known of where the characters come from: one garbled page makes a garbled document.

    Pages that could not be read do not count; blank pages and covers only where there are no others.
    """
    read = [page for page in pages if page.width] or list(pages)
    full = [page for page in read if sum(len(token.text) for token in page.tokens) >= COVER_CHARACTERS]
    origins = {page.origin for page in full or [page for page in read if page.tokens] or read}
    if Origin.GARBLED_TEXT in {page.origin for page in read}:
        return Origin.GARBLED_TEXT
    return origins.pop() if len(origins) == 1 else Origin.MIXED
