"""What structure decisions say, as JSON that is taken strictly: one class for each kind of change.

Rows are named by the id of any cell in them, columns by their index in the table.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

UNITS = ("元", "千元", "万元", "百万元", "亿元", "人", "个", "%")
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
_Text = Annotated[str, msgspec.Meta(max_length=300)]
_Index = Annotated[int, msgspec.Meta(ge=0, le=999)]
_Steps = Annotated[int, msgspec.Meta(ge=-999, le=999)]


class Arguments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a structure decision says, as JSON; words that are not known are refused."""


class SetForm(Arguments, frozen=True):
    """`form` is the code of a form, or empty for a table that is none."""

    form: _Text


class SetUnit(Arguments, frozen=True):
    """`unit` is one of UNITS."""

    unit: Literal["元", "千元", "万元", "百万元", "亿元", "人", "个", "%"]


class DeclareEmpty(Arguments, frozen=True):
    """Nothing is printed in the table, or something is after all; with a `page`, a form without a table is there."""

    empty: bool = True
    page: _Index = 0


class ShiftRow(Arguments, frozen=True):
    """Amounts of a row, from a `column` on, so many columns to the right, or to the left if negative."""

    row: _Id
    by: _Steps
    column: _Index | None = None


class ShiftColumn(Arguments, frozen=True):
    """Amounts of a column, from a `row` on (`until` another), so many rows down, or up if negative."""

    column: _Index
    row: _Id
    by: _Steps
    until: str = ""


class MoveRow(Arguments, frozen=True):
    """A row before another one of its block; empty: to the end."""

    row: _Id
    before: str = ""


class SwapColumns(Arguments, frozen=True):
    """What two columns print, in all rows or from one row until another."""

    columns: tuple[_Index, _Index]
    row: str = ""
    until: str = ""


class InsertRow(Arguments, frozen=True):
    """A blank row beside another one, with its labels."""

    row: _Id
    place: Literal["before", "after"] = "after"
    code: _Text = ""
    name: _Text = ""
    line_no: _Text = ""


class DeleteRow(Arguments, frozen=True):
    """A row that is none."""

    row: _Id


class MergeRows(Arguments, frozen=True):
    """Rows that stand below each other and are one."""

    rows: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=2, max_length=20)]


class SplitCell(Arguments, frozen=True):
    """The text of a cell from a character on belongs to the blank cell at its right, or below."""

    cell: _Id
    at: Annotated[int, msgspec.Meta(ge=1, le=999)]
    to: Literal["right", "below"] = "right"


class SetColumn(Arguments, frozen=True):
    """Which column of the form a printed one is, by name; the one that had the name gets this one's."""

    column: _Index
    name: _Text
