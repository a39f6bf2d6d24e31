"""The rows of a part: labels and data cells of each block on each printed line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from models.document import Cell, GridCell, Reading, Row, Token
from models.forms import Shape
from models.geometry import Box
from worker.core.headers import Role
from worker.core.likeness import squashed
from worker.layout.parts import Part, Plan, cell_text, covering, row_boxes
from worker.layout.plan import CODES
from worker.layout.text import figures, has_words, is_numeric, reading

_TOTAL = re.compile(r"(?:合计|总计)$")
CLEARLY = 0.8
_HEADS = ("类", "款", "项", "类款项", "类款", "栏次")
_NO_CELL = "row without a cell here"
_CROSSING = "stands in a cell over several columns"
_TWO = "two amounts in one cell"


@dataclass(frozen=True, slots=True)
class Placed:
    """The tokens that belong to one column of one printed line, the place of the cell, and what is doubtful."""

    tokens: tuple[Token, ...]
    box: Box
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class PlainRow:
    """A row with its cells by column of the table, before both are numbered over the whole table."""

    row: Row
    cells: tuple[tuple[int, Reading, str], ...]

    @property
    def is_blank(self) -> bool:
        labels = (self.row.code, self.row.name, self.row.line_no)
        return not any(one.text for one in labels) and not any(value.text for _, value, _ in self.cells)


def part_rows(part: Part, plan: Plan, first_line: int) -> list[PlainRow]:
    """The rows of a part, line by line and block by block; lines are counted from `first_line`."""
    rows: list[PlainRow] = []
    blocks = sorted({source.block for source in plan.sources if source.role is not None})
    single = plan.form is not None and plan.form.shape is Shape.SINGLE
    for line, index in enumerate(range(part.header_rows, part.end_row), first_line):
        placed = _place(part, plan, index)
        found = [_block_row(part, plan, placed, line, block) for block in blocks]
        found = [row for row in _totals_home(found) if not row.is_blank or (single and not rows)]
        rows += found
    return rows


def _place(part: Part, plan: Plan, index: int) -> dict[int, Placed]:
    """What stands in each printed column of a grid row."""
    grid = part.grid
    cover = covering(grid)
    rows, columns = row_boxes(grid), _columns(part, plan)
    taken: dict[int, list[Token]] = {}
    doubts: dict[int, str] = {}
    for cell in _cells_of_line(part, index, rows):
        for column, tokens, doubt in _shares(cell, plan, columns):
            taken.setdefault(column, []).extend(tokens)
            if doubt:
                doubts[column] = doubt
    placed = {}
    for column, (x0, x1) in enumerate(columns):
        own = cover.get((index, column))
        whole = own is not None and own.column_span == 1 and own.row_span == 1
        box = own.box if own is not None and whole else Box(x0, rows[index][0], x1, rows[index][1])
        doubt = doubts.get(column, "") or ("" if own is not None else _NO_CELL)
        placed[column] = Placed(tuple(taken.get(column, ())), box, doubt)
    return placed


def _columns(part: Part, plan: Plan) -> list[tuple[float, float]]:
    """Left and right edge of each printed column, in points."""
    box = part.grid.box
    return [(box.x0 + start * box.width, box.x0 + end * box.width) for start, end in plan.spans]


def _cells_of_line(part: Part, index: int, rows: Sequence[tuple[float, float]]) -> Iterator[GridCell]:
    """The cells whose text belongs to a row; that of a cell over several rows to the row its middle is in."""
    for cell in part.grid.cells:
        last = cell.row + cell.row_span - 1
        if not cell_text(cell) or not (cell.row <= index <= last) or cell.row < part.header_rows:
            continue
        if cell.row_span == 1:
            yield cell
            continue
        tops = [token.box.y0 for token in cell.tokens]
        bottoms = [token.box.y1 for token in cell.tokens]
        middle = (min(tops) + max(bottoms)) / 2
        home = min(range(cell.row, last + 1), key=lambda r: abs(sum(rows[r]) / 2 - middle))
        if home == index:
            yield cell


def _shares(
    cell: GridCell, plan: Plan, columns: Sequence[tuple[float, float]]
) -> Iterator[tuple[int, tuple[Token, ...], str]]:
    """The columns a cell's tokens belong to: figures to data columns or codes, words to the name's column."""
    if cell.column_span == 1:
        yield cell.column, cell.tokens, ""
        return
    inside = range(cell.column, cell.column + cell.column_span)
    numbers = tuple(token for token in cell.tokens if is_numeric(token.text))
    words = tuple(token for token in cell.tokens if not is_numeric(token.text))
    if words:
        names = [i for i in inside if plan.sources[i].role is Role.NAME]
        labels = [i for i in inside if plan.sources[i].role in CODES]
        yield (names or labels or list(inside))[0], words, "" if names or labels else _CROSSING
    data = [i for i in inside if plan.sources[i].role is Role.DATA]
    others = [i for i in inside if plan.sources[i].role in (*CODES, Role.LINE_NO)]
    for token in numbers:
        wanted = data if data and ("." in token.text or "," in token.text or not others) else others or list(inside)
        shared = {i: min(columns[i][1], token.box.x1) - max(columns[i][0], token.box.x0) for i in wanted}
        home = max(wanted, key=lambda i: shared[i])
        yield home, (token,), "" if len(data) <= 1 or shared[home] > CLEARLY * token.box.width else _CROSSING


def _block_row(part: Part, plan: Plan, placed: dict[int, Placed], line: int, block: int) -> PlainRow:
    """One block of one printed line."""
    mine = [(i, source) for i, source in enumerate(plan.sources) if source.block == block]
    code = _joined_code([placed[i] for i, source in mine if source.role in CODES], part)
    name = _joined(part, [placed[i] for i, source in mine if source.role is Role.NAME])
    number = _joined(part, [placed[i] for i, source in mine if source.role is Role.LINE_NO])
    code, name = _sorted_labels(code, name)
    cells = []
    for i, source in mine:
        if source.column is not None:
            value = reading(placed[i].tokens, part.page, placed[i].box)
            cells.append((source.column, value, _doubt(placed[i], source.doubt, part.doubt)))
    cells.sort(key=lambda cell: cell[0])
    return PlainRow(Row(line, block, number, code, name), tuple(cells))


def _doubt(placed: Placed, column: str, part: str) -> str:
    several = figures(placed.tokens) > 1
    return "; ".join(filter(None, (_TWO if several else "", placed.doubt, column, part)))


def _joined(part: Part, places: Sequence[Placed]) -> Reading:
    tokens = tuple(token for place in places for token in place.tokens)
    return reading(tokens, part.page, places[0].box) if places else Reading("", part.page.number)


def _joined_code(places: Sequence[Placed], part: Part) -> Reading:
    """类, 款 and 项 joined; a part that repeats what stands before it (201, 20106) replaces it."""
    read = [reading(place.tokens, part.page, place.box) for place in places]
    shown = [one for one in read if one.text and squashed(one.text) not in _HEADS]
    if not shown:
        return replace(read[0], text="", glyphs=()) if read else Reading("", part.page.number)
    whole = shown[0]
    for one in shown[1:]:
        boxes = [box for box in (whole.box, one.box) if box]
        if is_numeric(one.text) and one.text.startswith(whole.text) and len(one.text) > len(whole.text):
            whole = one
        else:
            box = Box(
                min(b.x0 for b in boxes), min(b.y0 for b in boxes), max(b.x1 for b in boxes), max(b.y1 for b in boxes)
            )
            glyphs = whole.glyphs + one.glyphs if whole.glyphs and one.glyphs else ()
            probability = min(whole.probability, one.probability)
            whole = Reading(whole.text + one.text, whole.page, box, glyphs, probability)
    return whole


def _sorted_labels(code: Reading, name: Reading) -> tuple[Reading, Reading]:
    """Words that stand in the codes' column are the name (合计), a lone code in the name's column is the code."""
    if code.text and not name.text and has_words(code.text) and not any(c.isdigit() for c in code.text):
        return replace(name, text="", glyphs=()), code
    if name.text and not code.text and name.text.isdigit() and len(name.text) >= len("201"):
        return name, replace(code, text="", glyphs=())
    return code, name


def _totals_home(rows: list[PlainRow]) -> list[PlainRow]:
    """Puts the figure of a total printed under a later block's column back beside the total's name (公用经费合计)."""
    for place, row in enumerate(rows):
        if not _TOTAL.search(row.row.name.text) or any(value.text for _, value, _ in row.cells):
            continue
        for later in range(place + 1, len(rows)):
            other = rows[later]
            if any(one.text for one in (other.row.code, other.row.name, other.row.line_no)):
                break
            shown = [cell for cell in other.cells if cell[1].text]
            if len(shown) == 1 and len(row.cells) == 1:
                moved = (row.cells[0][0], shown[0][1], shown[0][2])
                rows[place] = PlainRow(row.row, (moved,))
                rows[later] = PlainRow(
                    other.row, tuple((c, replace(v, text="", glyphs=()), d) for c, v, d in other.cells)
                )
                break
    return rows


def numbered(rows: Sequence[PlainRow], prefix: str) -> tuple[tuple[Row, ...], tuple[Cell, ...]]:
    """Rows and cells with their indices and cell ids."""
    cells = tuple(
        Cell(f"{prefix}-r{index:02d}-c{column + 1}", index, column, value, doubt)
        for index, row in enumerate(rows)
        for column, value, doubt in row.cells
    )
    return tuple(row.row for row in rows), cells
