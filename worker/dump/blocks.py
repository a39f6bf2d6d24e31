"""Running text and tables told apart in a text dump: tabs make fields, blank lines end paragraphs.

Two ways of writing a table are known. Usually a line is a row and its fields are separated by tabs. Some converters
write one field a line instead, each beginning with a tab, and end the row with a blank line; a field may then go on
over further lines without a tab.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import groupby

Fields = tuple[str, ...]

_FURNITURE = re.compile(r"^(?:[-—–·\s]*\d{1,4}[-—–·\s]*|第\s*\d+\s*页(?:\s*[/共,，]?\s*\d*\s*页?)?)$")
_MARKUP = re.compile(r"\[bookmark: [^\]\n]*\]|\*\*")
_LABEL = re.compile(r"^[^。；：;:!！]{1,40}$")
# What a line may carry without being the first of several rows: a row of a table has company.
SHORTEST_TABLE = 2


@dataclass(frozen=True, slots=True)
class Prose:
    """One line of running text."""

    text: str

    @property
    def is_furniture(self) -> bool:
        """Whether the line is no more than a page number, which may stand between two parts of one table."""
        return bool(_FURNITURE.match(self.text))


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of fields that stand together; a table that a page break cut in two makes two blocks."""

    rows: tuple[Fields, ...]


def plain(text: str) -> str:
    """The text without the marks a converter left in it: Word's bookmarks and Markdown's bold."""
    return re.sub(r"\s+", " ", _MARKUP.sub("", text)).strip()


def is_stripped(text: str) -> bool:
    """Whether the dump has lost the blanks at the ends of its lines: a row of labels alone then shows no tab at all."""
    return not any(line.endswith("\t") for line in text.splitlines())


def parts(text: str) -> list[Prose | Block]:
    """Running text and blocks of rows in the order of the dump; every character but spacing and markup is in one."""
    found: list[Prose | Block] = []
    spread: list[Fields] = []
    stripped = is_stripped(text)
    for paragraph in _paragraphs(text):
        if _is_spread(paragraph):
            spread.append(_spread_row(paragraph))
            continue
        found += _gathered(spread)
        spread = []
        found += _regular(paragraph, stripped=stripped)
    return found + _gathered(spread)


def _paragraphs(text: str) -> list[list[str]]:
    lines = text.removeprefix("\ufeff").splitlines()
    runs = groupby(lines, key=lambda line: bool(line.strip()) or "\t" in line)
    return [list(run) for full, run in runs if full]


def _is_spread(paragraph: list[str]) -> bool:
    tabbed = [line for line in paragraph if "\t" in line]
    return bool(tabbed) and paragraph[0].startswith("\t") and all(line.rfind("\t") == 0 for line in tabbed)


def _spread_row(paragraph: list[str]) -> Fields:
    """One row from a paragraph whose lines are its fields; lines without a tab go on with the field above."""
    fields: list[str] = []
    for line in paragraph:
        if line.startswith("\t"):
            fields.append(plain(line))
        else:
            fields[-1] += plain(line)
    return tuple(fields)


def _gathered(rows: list[Fields]) -> list[Prose | Block]:
    """Spread rows as one block; single fields before and after it are its title and its notes."""
    filled = [i for i, row in enumerate(rows) if len(row) > 1]
    if len(filled) < SHORTEST_TABLE:
        return _lines(rows)
    first, last = filled[0], filled[-1] + 1
    return [*_lines(rows[:first]), Block(tuple(rows[first:last])), *_lines(rows[last:])]


def _lines(rows: list[Fields]) -> list[Prose | Block]:
    texts = (" ".join(field for field in row if field) for row in rows)
    return [Prose(text) for text in texts if text]


def _regular(paragraph: list[str], *, stripped: bool) -> list[Prose | Block]:
    found: list[Prose | Block] = []
    begun = False
    for line in paragraph:
        begun = begun or "\t" in line
        fields = tuple(plain(field) for field in line.split("\t"))
        if not any(fields):
            continue
        if len(fields) == 1 and not (stripped and begun and _LABEL.match(fields[0])):
            found.append(Prose(fields[0]))
        elif found and isinstance(found[-1], Block):
            found[-1] = Block((*found[-1].rows, fields))
        else:
            found.append(Block((fields,)))
    return found
