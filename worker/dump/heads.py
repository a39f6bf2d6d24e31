"""What stands above the figures of a table in a dump: title, unit and header rows, and the columns they name.

A dump flattens merged header cells: the text stands in the first field of the span and the rest is blank.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from models.forms import Form, Shape, all_forms
from worker.core import headers
from worker.core.headers import ColumnMatch, Leaf, Role
from worker.core.likeness import likeness, squashed
from worker.dump.blocks import Fields

TITLE_LINES = 12
LONGEST_TITLE = 60
LONGEST_HEADER = 6
FUZZY_WORD = 0.8
SHORTEST_FUZZY = 4

_FIGURE = re.compile(r"\d[\d,，.．]{2,}|\d+[.．]\d")
_WORD = re.compile(r"[\u3400-\u9fff]")
_NUMBER = re.compile(r"^\d{1,2}$")
_SENTENCE = re.compile(r"[。；;！!]|[，,].*[，,]")
_BESIDE_TITLE = re.compile(
    r"^(?:附[件表]\s*[\d\-－—]*[:：]?|[(（]?\s*(?:20\d\d|[〇○零一二三四五六七八九]{4})\s*年度?\s*[)）]?)$"
)
_OWNER = re.compile(r"^(?:公开|编制|填报)?(?:部门|单位)(?:名称)?\s*(?:[(（]公章[)）])?\s*[:：]")
_YEAR = re.compile(r"^(?:(?:19|20)\d\d)?年?度?")
_TOTALS = ("合计", "总计")
_LABELS = {Shape.ITEMS: (Role.NAME, Role.LINE_NO), Shape.ACCOUNTS: (Role.CODE, Role.NAME), Shape.SINGLE: ()}
_SPANNING = ("收入", "支出", "人员经费", "公用经费", "栏次", "小计", "本年支出", "本年收入", "其他")


@dataclass(frozen=True, slots=True)
class Heading:
    """What the running text above a table says of it: title as printed, unit, and the number printed on the form."""

    title: str = ""
    unit: str = ""
    mark: str = ""
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """The fields of a form's rows: the header and the match of each, and why the match may be wrong.

    `data` names the fields that hold figures, from the first that is a column of the form.
    """

    leaves: tuple[Leaf, ...]
    matches: tuple[ColumnMatch, ...]
    data: tuple[int, ...]
    doubts: tuple[str, ...] = ()

    @property
    def width(self) -> int:
        return len(self.leaves)

    def with_role(self, role: Role) -> tuple[int, ...]:
        """The fields with this role, from left to right."""
        return tuple(i for i, match in enumerate(self.matches) if match.role is role)


def heading(above: Sequence[str]) -> Heading:
    """The heading in the lines between the table before and this one; the nearest line that can be a title is it."""
    near = above[-TITLE_LINES:]
    unit = next((found for line in reversed(near) if (found := headers.unit(line))), "")
    mark = next((found for line in reversed(near) if (found := headers.mark(line))), "")
    title = next((line for line in reversed(near) if not _is_beside_title(line)), "")
    if _SENTENCE.search(title) or len(title) > LONGEST_TITLE:
        title = ""
    return Heading(title, unit, mark, continued=any(headers.is_continued(line) for line in near))


def _is_beside_title(line: str) -> bool:
    """Whether a line near a table is something else than its title: number, owner, unit, year."""
    if _OWNER.match(line) or _BESIDE_TITLE.match(line):
        return True
    return bool(headers.mark(line) or headers.unit(line)) and not headers.form_by_title(line)


def is_beside_table(row: Fields) -> bool:
    """Whether a row of fields is what other documents print above the table: 部门, 公开01表, 金额单位."""
    filled = [field for field in row if field]
    return bool(filled) and all(_is_beside_title(field) for field in filled)


@cache
def _header_words() -> frozenset[str]:
    columns = [column for form in all_forms() for column in form.columns]
    words = {word for column in columns for word in (*column.path, *column.headers)}
    words |= {word for _, labels in headers.LABELS for word in labels} | set(_SPANNING)
    return frozenset(squashed(word) for word in words)


@cache
def _is_header_word(text: str) -> bool:
    word = squashed(text)
    if word in _header_words():
        return True
    word = _YEAR.sub("", word)
    if word in _header_words():
        return True
    return len(word) >= SHORTEST_FUZZY and any(likeness(word, known) >= FUZZY_WORD for known in _header_words())


def is_header(row: Fields) -> bool:
    """Whether a row of a form is part of its header: mostly header words and 栏次, and no figure."""
    filled = [squashed(field) for field in row if field]
    if not filled or any(is_figure(_YEAR.sub("", field)) for field in row):
        return False
    if len(filled) == 1 and filled[0] in _TOTALS:
        return False
    if "栏次" in filled:
        return True
    numbers = [int(field) for field in filled if _NUMBER.match(field)]
    words = [field for field in filled if not _NUMBER.match(field)]
    if numbers and not _count_up(numbers):
        return False
    if not words:
        return len(numbers) > 1
    return 2 * sum(map(_is_header_word, words)) >= len(words)


def is_all_header(row: Fields) -> bool:
    """Whether a row says nothing that a header does not say."""
    return is_header(row) and all(_is_header_word(field) or _NUMBER.match(field) for field in row if field)


def is_figure(field: str) -> bool:
    """Whether a field holds an amount: three digits or more, or decimals."""
    return bool(_FIGURE.search(field)) and not is_text(field)


def has_figure(field: str) -> bool:
    """Whether an amount stands anywhere in a field, also among words; a year at its beginning is none."""
    return bool(_FIGURE.search(_YEAR.sub("", field)))


def is_text(field: str) -> bool:
    """Whether a field holds words, that is a Chinese character."""
    return bool(_WORD.search(field))


def header_length(rows: Sequence[Fields]) -> int:
    """How many rows at the beginning are header rows: those down to a row of 栏次, or as far as they read like it."""
    length = next((i for i, row in enumerate(rows) if not is_header(row)), len(rows))
    for i, row in enumerate(rows[:LONGEST_HEADER]):
        if any(is_figure(_YEAR.sub("", field)) for field in row):
            break
        if _is_numbering(row):
            length = max(length, i + 1)
    return length


def _is_numbering(row: Fields) -> bool:
    """Whether a row holds the 栏次."""
    numbers = [int(field) for field in row if _NUMBER.match(field)]
    return len(numbers) > 1 and _count_up(numbers) and is_header(row)


def _count_up(numbers: Sequence[int]) -> bool:
    """Whether numbers count from 1, in whatever order: 预算数 and 决算数 in turn print 1, 7, 2, 8."""
    return sorted(numbers) == list(range(1, len(numbers) + 1))


def leaves_of(head: Sequence[Fields]) -> tuple[Leaf, ...]:
    """The header path of each field: spans are filled to the right where a lower row has a text of its own."""
    width = max(map(len, head), default=0)
    grid = [list(row) + [""] * (width - len(row)) for row in head]
    for r, row in enumerate(grid):
        for j in range(1, width):
            if not row[j] and _names(row[j - 1]) and any(_names(below[j]) for below in grid[r + 1 :]):
                row[j] = row[j - 1]
    return tuple(headers.leaf(row[j] for row in grid) for j in range(width))


def _names(field: str) -> bool:
    """Whether a header field names something, other than 栏次 and its numbers."""
    return bool(field) and not _NUMBER.match(field) and squashed(field) != "栏次"


def columns_of(form: Form, leaves: tuple[Leaf, ...], rows: Sequence[Fields]) -> Columns:
    """What each field of the form's rows is.

    Flattening may push the header texts out of their places while the 栏次 below them stay: where the texts leave a
    field with figures without a column, the 栏次 decide.
    """
    by_name = _matched(form, leaves, rows)
    coded_blocks = form.shape is Shape.ACCOUNTS and len(form.blocks) > 1 and by_name.with_role(Role.CODE)
    if not by_name.data and not coded_blocks:
        return _by_position(form, rows)
    lost = _unmatched(by_name, rows)
    if lost and any(leaf.number for leaf in leaves):
        numbered = _by_number_alone(leaves)
        by_number = _matched(form, numbered, rows, "列名与栏次错位，按栏次定列")
        if len(_unmatched(by_number, rows)) < len(lost):
            return by_number
    return by_name


def _by_number_alone(leaves: tuple[Leaf, ...]) -> tuple[Leaf, ...]:
    """Header paths only where no 栏次 is printed, and none after the last 栏次."""
    last = max(i for i, leaf in enumerate(leaves) if leaf.number)
    return tuple(Leaf((), leaf.number) if leaf.number or i > last else leaf for i, leaf in enumerate(leaves))


def _matched(form: Form, leaves: tuple[Leaf, ...], rows: Sequence[Fields], *doubts: str) -> Columns:
    matches = headers.match_columns(form, leaves)
    usual = [row for row in rows if len(row) == len(leaves)]
    first = next((i for i, match in enumerate(matches) if match.column is not None), len(leaves))
    data = tuple(
        i
        for i in range(first, len(leaves))
        if matches[i].role is Role.DATA
        and (matches[i].column is not None or leaves[i] != Leaf(()) or any(is_figure(row[i]) for row in usual))
    )
    return Columns(leaves, matches, data, doubts)


def _unmatched(columns: Columns, rows: Sequence[Fields]) -> list[int]:
    """Fields with figures that match no column of the form."""
    usual = [row for row in rows if len(row) == columns.width]
    return [i for i in columns.data if columns.matches[i].column is None and any(is_figure(row[i]) for row in usual)]


def _by_position(form: Form, rows: Sequence[Fields]) -> Columns:
    """The usual order of a form's fields, or its columns at the right end, where a dump has lost the whole header."""
    wanted = [(i, column.block) for i, column in enumerate(form.columns) if not column.optional]
    width = max([len(wanted), *map(len, rows)])
    usual: list[ColumnMatch] = []
    for block in range(len(form.blocks)):
        usual += [ColumnMatch(role) for role in _LABELS[form.shape]]
        usual += [ColumnMatch(Role.DATA, i) for i, home in wanted if home == block]
    if len(usual) != width:
        usual = [ColumnMatch(Role.NAME)] * (width - len(wanted)) + [ColumnMatch(Role.DATA, i) for i, _ in wanted]
    data = tuple(i for i, match in enumerate(usual) if match.role is Role.DATA)
    return Columns((Leaf(()),) * width, tuple(usual), data, ("表头缺失，按次序定列",))
