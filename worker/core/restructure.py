"""What people decided about the structure of tables, applied to a document as read before it is settled. Pure.

Decisions apply in the order of their numbers, each to what the ones before it left. A table is named by its code as
read, or as it was set; the second table of a code by 公开05.2. Rows are named by the id of any cell in them, columns by
their index. docs/tables-review.md tells the arguments of each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec

from models.decisions import Decision, DecisionKind, Place
from models.document import Cell, Column, Document, Reading, Row, Table
from models.forms import Form, FormColumn, all_forms
from models.geometry import Box
from worker.core import printed_lines
from worker.core.headers import Leaf, Role, match_columns
from worker.core.printed_lines import Line, Lines, UnfitError, blocked, index_of, put_together, taken_apart
from worker.core.structure_arguments import (
    Arguments,
    DeclareEmpty,
    DeleteRow,
    InsertRow,
    MergeRows,
    MoveRow,
    SetColumn,
    SetForm,
    SetUnit,
    ShiftColumn,
    ShiftRow,
    SplitCell,
    SwapColumns,
)  # fmt: skip

WRONG = "wrong"
"""A remark that a table's structure is wrong: it changes nothing."""
_OF_FORM = ("title lost", "no column found", "no header found")
_OF_UNIT = "unit not found"
_OF_COLUMN = "column "
"""How doubts begin that a person who says what form, unit or column something is has settled."""
_SAME = 0.5


@dataclass(frozen=True, slots=True)
class _Part:
    """A table on its way: its name as read, and its lines."""

    name: str
    table: Table
    lines: Lines

    def with_lines(self, lines: Lines) -> _Part:
        return replace(self, lines=lines)

    def at(self, cell_id: str) -> int:
        return index_of(self.lines, cell_id)

    def block(self, cell_id: str) -> int:
        return self.lines[self.at(cell_id)].row.block


def table_names(codes: Iterable[str]) -> tuple[str, ...]:
    """A name for each table that no other has, from their codes: 公开05.2 for the second of a code."""
    seen: Counter[str] = Counter()
    names = []
    for code in codes:
        seen[code] += 1
        names.append(code if seen[code] == 1 else f"{code}.{seen[code]}")
    return tuple(names)


def understood(field: str, after: str) -> Arguments | None:
    """The arguments of a structure decision; None for a remark. Raises UnfitError with what is wrong with them."""
    if field == WRONG:
        return None
    if field not in _KINDS:
        raise UnfitError(f"no such change: {field}")
    try:
        return msgspec.json.decode(after.encode(), type=_KINDS[field][0])
    except (msgspec.MsgspecError, UnicodeError) as error:
        raise UnfitError(str(error)) from error


def anchor(field: str, after: str) -> str:
    """The cell by which a decision names its row or cell; empty if it names none, or is not understood."""
    try:
        return _anchor(understood(field, after))
    except UnfitError:
        return ""


def _anchor(arguments: Arguments | None) -> str:
    named = next((getattr(arguments, name) for name in ("row", "cell") if getattr(arguments, name, "")), "")
    return str(named)


def restructured(document: Document, decisions: Sequence[Decision]) -> tuple[Document, tuple[int, ...]]:
    """The document with its tables put right, and the numbers of the decisions that do not apply.

    Only those of kind STRUCTURE count. Cells keep their ids wherever they move.
    """
    parts, orphans, _ = _replayed(document, decisions)
    tables = tuple(put_together(part.table, part.lines) for part in parts)
    return replace(document, tables=tables), orphans


def label_keys(document: Document, decisions: Sequence[Decision]) -> dict[int, str]:
    """For each decision about a label, a cell that stands now in the row it is about.

    The row is the one in which the decision's cell stood when it was made; a cell may have left it since.
    """
    if not any(one.kind is DecisionKind.LABEL for one in decisions):
        return {}
    return _replayed(document, decisions)[2]


def _replayed(document: Document, decisions: Sequence[Decision]) -> tuple[list[_Part], tuple[int, ...], dict[int, str]]:
    names = table_names(table.code for table in document.tables)
    parts = [_Part(name, table, taken_apart(table)) for name, table in zip(names, document.tables, strict=True)]
    orphans: list[int] = []
    said: list[tuple[Decision, str, frozenset[int]]] = []
    for decision in sorted(decisions, key=lambda one: one.number):
        if decision.kind is DecisionKind.LABEL:
            said += [(decision, part.name, line.tags) for part, line in _rows_of(parts, decision.key)]
        elif decision.kind is DecisionKind.STRUCTURE:
            try:
                _apply(parts, decision)
            except UnfitError:
                orphans.append(decision.number)
    return parts, tuple(orphans), _standing(parts, said)


def _rows_of(parts: Sequence[_Part], cell_id: str) -> Iterator[tuple[_Part, Line]]:
    for part in parts:
        for line in part.lines:
            if any(cell.cell_id == cell_id for cell in line.cells.values()):
                yield part, line


def _standing(parts: Sequence[_Part], said: Sequence[tuple[Decision, str, frozenset[int]]]) -> dict[int, str]:
    """A cell of the row each label was decided of: the decision's own one where it is still there."""
    rows = {(part.name, tag): line for part in parts for line in part.lines for tag in line.tags}
    found = {}
    for decision, name, tags in said:
        line = next((rows[name, tag] for tag in sorted(tags) if (name, tag) in rows), None)
        ids = [line.cells[column].cell_id for column in sorted(line.cells)] if line is not None else []
        if ids:
            found[decision.number] = decision.key if decision.key in ids else ids[0]
    return found


def _apply(parts: list[_Part], decision: Decision) -> None:
    arguments = understood(decision.field, decision.after)
    index = _found(parts, decision.key)
    if index is None:
        if isinstance(arguments, DeclareEmpty) and arguments.empty and arguments.page:
            parts.append(_empty(decision.key, arguments.page, decision.number))
            return
        raise UnfitError(f"no table {decision.key}")
    _check_place(parts[index], arguments, decision.place)
    if arguments is not None:
        parts[index] = _KINDS[decision.field][1](parts[index], arguments, decision.number)
    if decision.field == "set-form" and not parts[index].table.form:
        code = _free([part.table.code for i, part in enumerate(parts) if i != index])
        parts[index] = replace(parts[index], table=replace(parts[index].table, code=code))


def _check_place(part: _Part, arguments: Arguments | None, place: Place | None) -> None:
    """A decision made on another reading applies where its first cell, or else its table, stands where it stood."""
    named = _anchor(arguments)
    if place is None or not place.page:
        return
    if not named:
        pages = {cell.reading.page for line in part.lines for cell in line.cells.values()} | set(part.table.pages)
        if place.page not in pages:
            raise UnfitError("the table stands on other pages")
        return
    line = part.lines[part.at(named)]
    reading = next(cell.reading for cell in line.cells.values() if cell.cell_id == named)
    if place.page != reading.page or not _same_place(reading.box, place.box):
        raise UnfitError("another row stands there")


def _same_place(box: Box | None, other: tuple[float, float, float, float] | None) -> bool:
    if box is None or other is None:
        return True
    was = Box(*other)
    return box.overlap(was) > _SAME * min(box.width * box.height, was.width * was.height)


def _found(parts: Sequence[_Part], name: str) -> int | None:
    """By its name as read, else by its code now."""
    read = [i for i, part in enumerate(parts) if part.name == name]
    now = [i for i, part in enumerate(table_names(part.table.code for part in parts)) if part == name]
    return next(iter(read or now), None)


def _free(codes: Sequence[str]) -> str:
    return next(code for n in range(1, len(codes) + 2) if (code := f"T{n}") not in codes)


def _form(code: str) -> Form:
    found = next((form for form in all_forms() if form.code == code), None)
    if found is None:
        raise UnfitError(f"no form {code}")
    return found


def _empty(code: str, page: int, number: int) -> _Part:
    """A form of which the page says that nothing is in it, where no table was found."""
    form = _form(code)
    columns = tuple(Column(c.number, c.name, c.name, c.block) for c in form.columns if not c.optional)
    lines = []
    for block in sorted({column.block for column in columns}):
        places = [i for i, column in enumerate(columns) if column.block == block]
        cells = {i: Cell(f"d{number}-c{i + 1}", 0, i, Reading("", page)) for i in places}
        row = Row(0, block, Reading("", page), Reading("", page), Reading("", page))
        lines.append(Line(row, cells, frozenset((-1 - block,))))
    table = Table(code, form.title, code, "", (page,), columns, (), (), declared_empty=True)
    return _Part(code, table, tuple(lines))


def _set_form(part: _Part, asked: SetForm, _: int) -> _Part:
    doubts = tuple(doubt for doubt in part.table.doubts if not doubt.startswith(_OF_FORM))
    if not asked.form:
        return replace(part, table=replace(part.table, form="", doubts=doubts))
    form = _form(asked.form)
    columns = _columns_of(form, part.table.columns)
    known = {column.name for column in columns}
    lost = (f"no column found for {c.number} {c.name}" for c in form.columns if c.name not in known and not c.optional)
    table = replace(part.table, code=form.code, form=form.code, columns=columns, doubts=(*doubts, *lost))
    lines = tuple(_sure(line, frozenset(i for i, c in enumerate(columns) if c.name in known)) for line in part.lines)
    return replace(part, table=table, lines=lines)


def _columns_of(form: Form, columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns as those of a form: by their headers, and those left over in order where exactly as many are."""
    leaves = [Leaf(tuple(column.header.split("/")) if column.header else ()) for column in columns]
    matches = match_columns(form, leaves, [Role.DATA] * len(leaves))
    chosen: dict[int, FormColumn] = {}
    for i, match in enumerate(matches):
        wanted = form.columns[match.column] if match.column is not None else None
        if wanted is not None and wanted.block == columns[i].block:
            chosen[i] = wanted
    for block in sorted({column.block for column in columns}):
        left = [i for i, column in enumerate(columns) if column.block == block and i not in chosen]
        free = [c for c in form.columns if c.block == block and not c.optional and c not in chosen.values()]
        if len(left) == len(free):
            chosen |= dict(zip(left, free, strict=True))
    return tuple(
        replace(column, number=chosen[i].number, name=chosen[i].name)
        if i in chosen
        else replace(column, number=f"x{i + 1}")
        for i, column in enumerate(columns)
    )


def _sure(line: Line, columns: frozenset[int]) -> Line:
    """The line without doubts about what these columns are."""
    return replace(line, cells={i: _no_doubt(c) if i in columns else c for i, c in line.cells.items()})


def _no_doubt(cell: Cell) -> Cell:
    if not cell.doubt:
        return cell
    return replace(cell, doubt="; ".join(d for d in cell.doubt.split("; ") if not d.startswith(_OF_COLUMN)))


def _set_unit(part: _Part, asked: SetUnit, _: int) -> _Part:
    doubts = tuple(doubt for doubt in part.table.doubts if not doubt.startswith(_OF_UNIT))
    return replace(part, table=replace(part.table, unit=asked.unit, doubts=doubts))


def _declare_empty(part: _Part, asked: DeclareEmpty, _: int) -> _Part:
    table = replace(part.table, declared_empty=asked.empty)
    if not asked.empty:
        return replace(part, table=table)
    return replace(part, table=replace(table, doubts=()), lines=tuple(_blank(line) for line in part.lines))


def _blank(line: Line) -> Line:
    blanks = {
        i: replace(cell, reading=Reading("", cell.reading.page, cell.reading.box), doubt="")
        for i, cell in line.cells.items()
    }
    return replace(line, cells=blanks)


def _shift_row(part: _Part, asked: ShiftRow, _: int) -> _Part:
    return part.with_lines(printed_lines.shifted_row(part.lines, part.at(asked.row), asked.by, asked.column))


def _shift_column(part: _Part, asked: ShiftColumn, _: int) -> _Part:
    rows = blocked(part.lines, part.block(asked.row), asked.row, asked.until)
    return part.with_lines(printed_lines.shifted_column(part.lines, asked.column, rows, asked.by))


def _move_row(part: _Part, asked: MoveRow, _: int) -> _Part:
    before = part.at(asked.before) if asked.before else None
    return part.with_lines(printed_lines.moved_row(part.lines, part.at(asked.row), before))


def _swap_columns(part: _Part, asked: SwapColumns, _: int) -> _Part:
    one, other = asked.columns
    blocks = {part.table.columns[i].block for i in asked.columns if i < len(part.table.columns)}
    if one == other or len(blocks) != 1 or max(asked.columns) >= len(part.table.columns):
        raise UnfitError("two columns of one block are wanted")
    rows = blocked(part.lines, blocks.pop(), asked.row, asked.until)
    return part.with_lines(printed_lines.swapped_columns(part.lines, one, other, rows))


def _insert_row(part: _Part, asked: InsertRow, number: int) -> _Part:
    texts = {"code": asked.code, "name": asked.name, "line_no": asked.line_no}
    after = asked.place == "after"
    return part.with_lines(printed_lines.with_row(part.lines, part.at(asked.row), after, number, texts))


def _delete_row(part: _Part, asked: DeleteRow, _: int) -> _Part:
    return part.with_lines(printed_lines.without_row(part.lines, part.at(asked.row)))


def _merge_rows(part: _Part, asked: MergeRows, _: int) -> _Part:
    return part.with_lines(printed_lines.merged_rows(part.lines, sorted({part.at(row) for row in asked.rows})))


def _split_cell(part: _Part, asked: SplitCell, _: int) -> _Part:
    return part.with_lines(printed_lines.split_cell(part.lines, asked.cell, asked.at, asked.to == "below"))


def _set_column(part: _Part, asked: SetColumn, _: int) -> _Part:
    columns = list(part.table.columns)
    if asked.column >= len(columns):
        raise UnfitError(f"no column {asked.column}")
    mine = columns[asked.column]
    number = mine.number
    if part.table.form:
        wanted = [c for c in _form(part.table.form).columns if c.name == asked.name and c.block == mine.block]
        if not wanted:
            raise UnfitError(f"the form has no column {asked.name} here")
        number = wanted[0].number
    for i, column in enumerate(columns):
        if column.block == mine.block and column.name == asked.name:
            columns[i] = replace(column, number=mine.number, name=mine.name)
    columns[asked.column] = replace(mine, number=number, name=asked.name)
    lines = tuple(_sure(line, frozenset((asked.column,))) for line in part.lines)
    return replace(part, table=replace(part.table, columns=tuple(columns)), lines=lines)


_KINDS: Mapping[str, tuple[type[Arguments], Callable[..., _Part]]] = {
    "set-form": (SetForm, _set_form),
    "set-unit": (SetUnit, _set_unit),
    "declare-empty": (DeclareEmpty, _declare_empty),
    "shift-row": (ShiftRow, _shift_row),
    "shift-column": (ShiftColumn, _shift_column),
    "move-row": (MoveRow, _move_row),
    "swap-columns": (SwapColumns, _swap_columns),
    "insert-row": (InsertRow, _insert_row),
    "delete-row": (DeleteRow, _delete_row),
    "merge-rows": (MergeRows, _merge_rows),
    "split-cell": (SplitCell, _split_cell),
    "set-column": (SetColumn, _set_column),
}
CHANGES = (*_KINDS, WRONG)
"""What can be said about a table's structure."""
