"""What is printed around a grid: the title above it, 公开02表, the unit, and the notes below."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from models.document import Page
from worker.core.headers import bare_title, form_by_title, is_continued, mark, unit
from worker.core.likeness import squashed
from worker.layout.parts import Caption, PrintedLine
from worker.layout.text import has_words

SHORTEST_TITLE, LONGEST_TITLE = 5, 45
NEAR_LINES = 8

_EMPTY = re.compile(
    r"无数据|无相关数据|(?:本|此)表(?:为空|无)|空表|没有.{0,30}(?:收入|支出|安排|经费|预算)|无.{0,40}(?:收入|支出|经费|拨款|预算)"
)
_NOTE = re.compile(r"^[(]?(?:备?注|说明)")
_PROSE = re.compile(r"[。；，,;]|[：:]$")  # as printed
_BESIDE_TITLE = re.compile(
    r"公\s*开\s*\d+\s*表|(?:金额)?单位.{0,3}[亿万千]?\s*元|(?:公开)?(?:编制)?(?:部门|单位)[:：].*"
)
_AROUND = re.compile(r"^(?:(?:公开|编制|填报)?(?:部门|单位)|日期|年度)[:：(]|^附(?:件|表)?\d*$|^公开")
_PAGE_NUMBER = re.compile(r"^[-—–_~·.\s]*(?:第)?\s*\d{1,4}\s*(?:页.*)?[-—–_~·.\s]*$")


@dataclass(frozen=True, slots=True)
class _Title:
    text: str
    is_form: bool


def is_page_number(text: str) -> bool:
    """Whether a line holds nothing but a page number."""
    return bool(_PAGE_NUMBER.match(text)) or not squashed(text)


def _plain_title(text: str) -> str:
    return "".join(_BESIDE_TITLE.sub("", text).split())


def is_form_title(text: str) -> bool:
    """Whether a line is the title of one of the forms."""
    return not _PROSE.search(text) and form_by_title(text) is not None


def is_table_title(text: str) -> bool:
    """Whether a line looks like the title of some table."""
    plain = _plain_title(text)
    if _PROSE.search(plain) or len(plain) > LONGEST_TITLE or _AROUND.match(plain) or _NOTE.match(plain):
        return False
    bare = re.sub(r"[(].*[)]$", "", bare_title(plain))
    return is_form_title(text) or (len(bare) >= SHORTEST_TITLE and has_words(bare) and bare.endswith("表"))


def _title(lines: Sequence[PrintedLine]) -> _Title | None:
    """The nearest line above that reads like a title, a title over two lines joined."""
    for index in range(len(lines) - 1, max(-1, len(lines) - 1 - NEAR_LINES), -1):
        text = lines[index].text
        if is_form_title(text):
            return _Title(_plain_title(text), is_form=True)
        joined = lines[index - 1].text + text if index else ""
        if (
            joined
            and not _AROUND.match(lines[index - 1].text)
            and is_form_title(joined)
            and not is_form_title(lines[index - 1].text)
        ):
            return _Title(_plain_title(joined), is_form=True)
        if is_table_title(text):
            return _Title(_plain_title(text), is_form=False)
    return None


def _headline(lines: Sequence[PrintedLine]) -> str:
    """A short line just above that may be the title of a table without saying so."""
    for line in reversed(lines[-3:]):
        text = _plain_title(line.text)
        if text and not _AROUND.match(text) and not is_page_number(line.text):
            return text if len(text) <= LONGEST_TITLE and not _PROSE.search(text) and has_words(text) else ""
    return ""


def caption(above: Sequence[PrintedLine], inside: Sequence[str], below: Sequence[PrintedLine], *, new: bool) -> Caption:
    """What the lines above a grid, those in its top rows, and those below it say.

    `new` says that the grid has a header of its own: only then any short line may pass for its title. Lines stand in
    reading order.
    """
    lines = list(above[-NEAR_LINES:])
    found = _title(lines)
    texts = [line.text for line in lines] + list(inside)
    for text in inside:
        if is_table_title(text) and not (found and found.is_form):
            found = _Title(_plain_title(text), is_form_title(text))
    title = found.text if found else (_headline(lines) if new else "")
    after = [line.text for line in below]
    return Caption(
        title=title,
        mark=next((m for m in map(mark, reversed(texts)) if m), ""),
        unit=next((u for u in map(unit, [*reversed(texts), *after[:1]]) if u), ""),
        continued=any(is_continued(text) for text in texts),
        empty_note=any(_EMPTY.search("".join(text.split())) for text in after[:4]),
        ended=any(_NOTE.match("".join(text.split())) for text in after),
        titled=found is not None,
    )


def text_between(lines: Sequence[PrintedLine], page: Page) -> bool:
    """Whether running text stands among the lines, more than page numbers and what stands at the paper's edges."""
    margin = 0.07 * page.height
    body = (line for line in lines if margin < line.box.centre[1] < page.height - margin)
    return any(has_words(line.text) and not is_page_number(line.text) for line in body)
