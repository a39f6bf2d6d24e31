"""Where a grid's header ends and its data begin, and the header path of each column."""

from __future__ import annotations

import itertools
import re
import unicodedata
from functools import cache

from models.document import Grid, GridCell
from models.forms import all_forms
from worker.core.headers import LABELS, Leaf, leaf
from worker.core.likeness import likeness, squashed
from worker.layout.parts import cell_text, covering
from worker.layout.text import has_words, is_numeric

HEADER_WORD = 0.7
SHARE_OF_STEPS = 0.6
SHARE_OF_WORDS = 0.6
DEEPEST_HEADER = 7
WIDE_SHARE = 0.8
LONGEST_HEADER = 28
LONGEST_NUMBER = 2
ENOUGH_WORDS = 3
SHORTEST_FUZZY = 3

_ORDINAL_ITEM = re.compile(r"^(?:[一二三四五六七八九十]{1,3}[、.,]|\d{1,2}[、.](?=\D))")
_TOTAL = re.compile(r"^(?:收入|支出)?[合总小]计$")
_FIGURE = re.compile(r"^[^\d]*\d[\d,]*[.,]\d{2}\D*$|^\d{3,}$|^\d{3}\.\d\d$")
_SMALL = re.compile(r"^\d{1,2}$")
_CODE_LEVELS = frozenset("类款项")
_CAPTION = re.compile(r"(?:部门|单位)(?:名称)?[:：]|公开\d+表|单位[亿万千]?元$")  # as printed
_NOTE = re.compile(r"^(?:备?注|说明)[:：\d]")  # as printed
_NUMBERING = re.compile(r"[类款项]*栏次")  # of one cell, or of several that were read as one
_ANCHORS = frozenset(
    ("项目", "行次", "栏次", "类", "款", "科目编码", "科目代码", "科目名称", "决算数", "预算数", "金额")
)


@cache
def _words() -> frozenset[str]:
    """Every header text of the forms and every label, squashed."""
    words = {squashed(text) for _, texts in LABELS for text in texts} | {
        "栏次",
        "收入",
        "支出",
        "备注",
        "预算数",
    }
    for form in all_forms():
        for column in form.columns:
            words.update(squashed(text) for text in (*column.path, *column.headers, column.name))
        words.update(squashed(block) for block in form.blocks)
    return frozenset(words - {""})


def is_header_word(text: str) -> bool:
    """Whether a text reads like a header cell of one of the forms."""
    plain = squashed(text)
    if plain in _words():
        return True
    return SHORTEST_FUZZY <= len(plain) < LONGEST_HEADER and any(
        likeness(plain, word) >= HEADER_WORD for word in _words()
    )


def is_numbering(texts: list[str]) -> bool:
    """Whether a row only numbers the columns: 栏次, 1, 2, 3 … (beside 类 款 项 or 行次 too), a few of them misread."""
    numbers = [int(text) for text in texts if _SMALL.match(text)]
    others = [text for text in texts if not _SMALL.match(text)]
    if any(_NUMBERING.fullmatch(squashed(text)) for text in others):
        return True
    if any(len(text) > LONGEST_NUMBER and not is_header_word(text) for text in others):
        return False
    if len(numbers) > ENOUGH_WORDS and sorted(numbers) == list(range(1, len(numbers) + 1)):
        return True
    steps = sum(b - a == 1 for a, b in itertools.pairwise(numbers))
    if steps > ENOUGH_WORDS and steps >= SHARE_OF_STEPS * (len(texts) - 1):
        return True
    misread = sum(1 for text in others if not is_header_word(text))
    rising = len(numbers) > 1 and all(a <= b for a, b in itertools.pairwise(numbers)) and numbers[0] == 1
    return rising and len(set(numbers)) > max(1, misread) and numbers[-1] <= len(texts) + LONGEST_NUMBER


def holds_data(texts: list[str]) -> bool:
    """Whether a row shows figures, codes, numbered items or nothing but a total's name."""
    plain = [unicodedata.normalize("NFKC", text) for text in texts]
    if any(_FIGURE.match(text) or _ORDINAL_ITEM.match(text) for text in plain):
        return True
    items = [text for text in plain if text not in _CODE_LEVELS]
    if len(items) == 1 and _TOTAL.match(items[0]):
        return True
    return any(is_numeric(text) for text in plain) and not is_numbering(texts)


def _is_header(texts: list[str]) -> bool:
    words = sum(1 for text in texts if is_header_word(text))
    return words >= SHARE_OF_WORDS * len(texts)


def starting(grid: Grid, row: int) -> list[GridCell]:
    """The cells that begin in a row and hold text, from left to right."""
    return sorted((c for c in grid.cells if c.row == row and cell_text(c)), key=lambda c: c.column)


def is_wide(cell: GridCell, grid: Grid) -> bool:
    """Whether a cell runs over nearly the whole width of a grid of several columns."""
    return grid.column_count > 1 and cell.column_span >= WIDE_SHARE * grid.column_count


def caption_rows(grid: Grid) -> int:
    """How many rows at the top hold a title, an office or a unit: in one cell over the width, or beside others."""
    count = 0
    while count < grid.row_count - 1:
        cells = starting(grid, count)
        if not _is_caption(grid, cells):
            break
        if "经费" in cell_text(cells[0]) and "表" not in cell_text(cells[0]):
            break
        count += 1
    return count


def _is_caption(grid: Grid, cells: list[GridCell]) -> bool:
    """Whether a row's cells say what the table is, and name neither columns nor figures."""
    if len(cells) == 1 and is_wide(cells[0], grid):
        return not holds_data([cell_text(cells[0])])
    return bool(cells) and all(_CAPTION.search(cell_text(cell)) for cell in cells)


def header_end(grid: Grid, first: int) -> int:
    """The first row of data; `first` where the grid goes on from another page without repeating its header.

    Everything above the last row that reads like a header is header, down to the first row that shows data.
    """
    end, anchored = first, False
    for row in range(first, min(grid.row_count, first + DEEPEST_HEADER)):
        texts = [cell_text(cell) for cell in starting(grid, row)]
        if is_numbering(texts):
            return row + 1
        if texts and holds_data(texts):
            break
        if texts and (_is_header(texts) or is_anchor(texts) or _runs_into(grid, row)):
            end = row + 1
            anchored = anchored or is_anchor(texts)
    later = _numbering_below(grid, end)
    if later:
        return later
    if anchored:
        return end
    return first + 1 if _heads_unknown(grid, first) else first


def is_anchor(texts: list[str]) -> bool:
    """Whether a row holds a word that only headers hold, or many that headers hold."""
    words = sum(1 for text in texts if is_header_word(text))
    return words >= ENOUGH_WORDS or any(squashed(text) in _ANCHORS for text in texts)


def _runs_into(grid: Grid, row: int) -> bool:
    """Whether a cell that begins above the row runs into it."""
    return any(c.row < row < c.row + c.row_span and cell_text(c) and has_words(cell_text(c)) for c in grid.cells)


def _heads_unknown(grid: Grid, row: int) -> bool:
    """Whether a first row without known words still heads a table: short words over most columns, figures below."""
    cells = starting(grid, row)
    if any(not has_words(cell_text(cell)) or len(cell_text(cell)) > LONGEST_HEADER for cell in cells):
        return False
    below = [cell_text(cell) for cell in grid.cells if cell.row > row]
    return (
        len(cells) > max(1, grid.column_count // 2)
        and not holds_data([cell_text(cell) for cell in cells])
        and bool(below)
    )


def _numbering_below(grid: Grid, row: int) -> int | None:
    """The row after a 栏次 row that follows within two rows without data."""
    for later in range(row, min(row + 3, grid.row_count)):
        texts = [cell_text(cell) for cell in starting(grid, later)]
        if texts and is_numbering(texts):
            return later + 1
        if holds_data(texts):
            return None
    return None


def data_end(grid: Grid, start: int) -> int:
    """The row after the last row of data: notes in a cell over the whole width may close a grid."""
    end = grid.row_count
    while end > start:
        cells = starting(grid, end - 1)
        if not (len(cells) == 1 and is_wide(cells[0], grid) and _NOTE.match(cell_text(cells[0]))):
            break
        end -= 1
    return end


def leaves(grid: Grid, first: int, end: int) -> tuple[Leaf, ...]:
    """The header path of each column, merged cells given to every column below them."""
    cover = covering(grid)
    numbering = {row for row in range(first, end) if is_numbering([cell_text(c) for c in starting(grid, row)])}
    paths: list[Leaf] = []
    for column in range(grid.column_count):
        cells: list[GridCell] = []
        for row in range(first, end):
            cell = cover.get((row, column))
            if cell and cell.row < end and cell not in cells:
                cells.append(cell)
        texts = [cell_text(cell) for cell in cells if cell.row not in numbering or _is_numbering_text(cell_text(cell))]
        paths.append(leaf(texts))
    return tuple(paths)


def _is_numbering_text(text: str) -> bool:
    """Whether a cell of a 栏次 row is to be believed: a number or a header word, no misread number."""
    return bool(_SMALL.match(text)) or is_header_word(text)
