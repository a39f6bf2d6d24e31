"""The running text of a disclosure as sentences under their headings; lines of one paragraph are joined over pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from models.document import Line

LONGEST_HEADING = 45
LONGEST_REST = 3
SKIPPED_PARTS = re.compile(r"名词解释|目\s*录")

_PAGE_NUMBER = re.compile(r"^[-—–－_\s]*(?:第\s*)?\d{1,3}(?:\s*页)?[-—–－_\s]*$")
_PART = re.compile(r"^第[一二三四五六七八九十\d]+部分")
_HEADING = re.compile(r"^(?:[一二三四五六七八九十]{1,3}|\d{1,2})[、.．]\s*[^。；;，,：:]+$")
_HEADING_END = re.compile(r"(?:说明|情况|配置|执行|管理|支出|收入|概况|职责|设置|明)$")
_CHINESE_ORDINAL = re.compile(r"^[一二三四五六七八九十]{1,3}[、.．]")
_ITEM_START = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}、|[(（][一二三四五六七八九十]{1,3}[)）]|\d{1,2}[、.．](?!\d)|注[:：\d]|附件|附表|图\d)"
)
_SUBHEADING = re.compile(r"^[(（][一二三四五六七八九十]{1,3}[)）][^，,。；;：:]{2,40}$")
_MARKUP = re.compile(r"\[bookmark:[^\]]*\]|\*\*|^[-•]\s+")
_QUANTITY_FIRST = re.compile(r"^[\d,，]+(?:\.\d+)?\s*(?:亿元|万元|元|[%％])")
_DANGLING = re.compile(r"(?:为|占|合计|总计|支出|收入|经费|金额|预算|减少|增加|下降|增长)$")
_TOC_LINE = re.compile(r"[.…·]{4,}|…")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its heading as printed, its page, its number counted over the document, and how well it was read.

    `paragraph` counts paragraphs, so that an item named in one sentence can be known in the next.
    """

    text: str
    section: str
    page: int
    number: int
    paragraph: int
    probability: float


@dataclass(slots=True)
class _Paragraph:
    section: str
    parts: list[Line]


def sentences(lines: Sequence[Line]) -> tuple[Sentence, ...]:
    """All sentences outside the list of terms and the table of contents, in reading order."""
    found: list[Sentence] = []
    for index, paragraph in enumerate(_paragraphs(_in_order(_cleaned(lines)))):
        found.extend(_split(paragraph, index, len(found)))
    return tuple(found)


def _cleaned(lines: Iterable[Line]) -> list[Line]:
    kept = []
    for line in lines:
        text = _MARKUP.sub("", line.text).strip()
        if text and not _PAGE_NUMBER.match(text) and not _TOC_LINE.search(text):
            kept.append(Line(text, line.page, line.box, line.probability))
    return kept


def _in_order(lines: list[Line]) -> list[Line]:
    """Puts a line that begins with a bare quantity after the next one where that one ends in want of it.

    PDFs with baselines a little apart show the end of a paragraph's first line before its beginning.
    """
    ordered = list(lines)
    for i in range(len(ordered) - 1):
        orphan = _QUANTITY_FIRST.match(ordered[i].text) and not (i and _DANGLING.search(ordered[i - 1].text))
        if orphan and _DANGLING.search(ordered[i + 1].text):
            ordered[i], ordered[i + 1] = ordered[i + 1], ordered[i]
    return ordered


def is_heading(text: str) -> bool:
    """Whether a line is a heading such as 一、收入支出决算总体情况说明 or 3、 支出决算情况说明."""
    plain = text.strip()
    if len(plain) > LONGEST_HEADING or not _HEADING.match(plain):
        return False
    return bool(_CHINESE_ORDINAL.match(plain) or _HEADING_END.search(plain))


def _paragraphs(lines: list[Line]) -> Iterable[_Paragraph]:
    section, skipped = "", False
    current: list[Line] = []
    was_heading = False
    for line in lines:
        part, heading = bool(_PART.match(line.text)), is_heading(line.text)
        if was_heading and not part and not heading and len(line.text) <= LONGEST_REST:
            section += line.text
            continue
        if (part or heading or _ITEM_START.match(line.text)) and current:
            yield _Paragraph(section, current)
            current = []
        was_heading = heading and not part
        if part:
            section, skipped = line.text, bool(SKIPPED_PARTS.search(line.text))
        elif heading:
            section = line.text if not skipped else section
        elif not skipped and _SUBHEADING.match(line.text):
            yield _Paragraph(section, [line])
        elif not skipped:
            current.append(line)
    if current:
        yield _Paragraph(section, current)


def _split(paragraph: _Paragraph, index: int, count: int) -> Iterable[Sentence]:
    """The sentences of a paragraph, each with the page it begins on and the worst probability of its lines."""
    starts: list[tuple[int, Line]] = []
    text = ""
    for line in paragraph.parts:
        starts.append((len(text), line))
        text += line.text
    place = 0
    for piece in re.split(r"(?<=[。！])", text):
        over = [line for start, line in starts if start < place + len(piece) and start + len(line.text) > place]
        place += len(piece)
        if piece.strip(" 。") and over:
            count += 1
            worst = min(line.probability for line in over)
            yield Sentence(piece.strip(), paragraph.section, over[0].page, count, index, worst)
