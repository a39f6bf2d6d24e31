"""Whose disclosure a document is, of which year and kind: what cover, table heads and sentences agree on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.document import Document, DocumentKind, Line, Table
from worker.core.likeness import likeness
from worker.core.memo import Memo
from worker.core.names import simplified

COVER_LINES = 12
HEAD_WEIGHT, COVER_WEIGHT, PROSE_WEIGHT = 3, 3, 1
SAME_NAME = 0.8
SHORTEST_NAME, LONGEST_NAME = 4, 32
YEAR_WEIGHT = 5
COVER_YEARS, TITLE_YEARS = 20, 5

_OFFICE = (
    r"(?:办事处|办公室|委员会|人民政府|管理局|医保局|监督局|分局|局|厅|中心|总队|支队|大队|法院|检察院|学校|中学|小学|幼儿园"
    r"|大学|学院|医院|组织部|宣传部|统战部|武装部|工作部|妇联|残联|文联|红十字会|供销社|报社|电视台|管理处|研究所|研究院|图书馆|博物馆|联合会|协会|总工会|党校|管理所|服务站|委|院|所|站|馆|办)"
)
_NAME = rf"[\u4e00-\u9fff（）()]{{2,28}}?{_OFFICE}(?:[（(]?本级[）)]?|机关)?"
_HEAD = re.compile(
    rf"(?:(?:公开|编制|填报|填制|预算|预算主管|主管)?(?:部门|单位)(?:[（(]单位[）)])?(?:名称)?|资金使用单位|实施单位)\s*[:：\t|]?\s*(?P<name>{_NAME})(?=$|[^\u4e00-\u9fff]|金额|单位|财决|公开)"
)
_TITLED = re.compile(
    rf"(?P<name>{_NAME})\s*(?=(?:19|20)\d\d\s*年?度?|部门(?:整体|决算|预算|项目)|单位(?:决算|预算)|(?:整体|项目)支出绩效|\d{{4}}\s*年)"
)
_LEAD = re.compile(r"^(?:年度|度)|^.*?(?:\d{4}年?度?|[，。：:、]|第[一二三四五]部分)(?=[\u4e00-\u9fff]{4})")
_PROSE_LEAD = re.compile(
    r"^.*(?:年度|度|纳入|设立|组建|根据|关于|构成看|按照|附件|以及|[，。：:、是由对为将的])(?=[\u4e00-\u9fff]{4})"
)
_YEAR = re.compile(
    r"(?<![比较与同])(?P<year>(?:19|20)\d\d|[一二][〇○零O0一二三四五六七八九]{3})\s*年(?P<full>度?(?:[省市区县]?级?(?:部门|单位)[^，。；,;]{0,12}?)?(?:预|决)算|度)?"
)
_DIGITS = str.maketrans("〇○零O一二三四五六七八九", "0000123456789")
_PLACES = re.compile(
    r"(?:北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南|广东|海南|四川|贵州|云南|陕西|甘肃|青海"
    r"|内蒙古|广西|西藏|宁夏|新疆)(?:壮族|回族|维吾尔)?(?:自治区|省|市)?"
)


def find_entity(document: Document) -> str:
    """The full official name of the office that the most mentions agree on, or nothing.

    Table heads and the cover weigh more than sentences; a shortened name gives way to a longer one that ends with it
    and is used at least twice, or that begins with the name of a province.
    """
    return entity_of(mentioned(document, Memo()))


@dataclass(frozen=True, slots=True)
class Mentions:
    """The lines of a document, plain, and every place where it names an office as its own, with its weight."""

    lines: Sequence[str]
    named: tuple[tuple[str, int], ...]


def entity_of(mentions: Mentions) -> str:
    """The office that the most mentions agree on."""
    lines = mentions.lines
    votes: Counter[str] = Counter()
    for name, weight in mentions.named:
        votes[name] += weight
    if not votes:
        return ""
    merged = {name: sum(n for other, n in votes.items() if likeness(name, other) >= SAME_NAME) for name in votes}
    best = max(votes, key=lambda name: (merged[name] * votes[name], votes[name], len(name)))
    return _full_name(best, votes, lines)


def mentioned(document: Document, memo: Memo) -> Mentions:
    """What a document says of its office: in table heads, on the cover, in sentences."""
    lines, named = memo.of(_in_lines, "", document.lines)
    tables = (memo.steady(_in_table, i, table) for i, table in enumerate(document.tables))
    return memo.of(_together, "", lines, named, *tables)


def _together(lines: Sequence[str], *named: tuple[tuple[str, int], ...]) -> Mentions:
    return Mentions(lines, tuple(one for some in named for one in some))


def _in_lines(lines: Sequence[Line]) -> tuple[Sequence[str], tuple[tuple[str, int], ...]]:
    plain = [_plain(line.text) for line in lines]
    return plain, tuple(_mentions(plain))


def _plain(text: str) -> str:
    return re.sub(r"[ \u3000]+", "", re.sub(r"\*\*|\[bookmark:[^\]]*\]", "", simplified(text))).strip()


def _mentions(lines: Sequence[str]) -> Iterable[tuple[str, int]]:
    cover = _cover(lines)
    for text in cover:
        for found in _TITLED.finditer(text):
            yield from _named(found["name"], COVER_WEIGHT)
    for text in lines:
        head = _HEAD.search(text)
        if head:
            yield from _named(head["name"], HEAD_WEIGHT)
        for found in _TITLED.finditer(text):
            yield from _named(found["name"], PROSE_WEIGHT)


def _cover(lines: Sequence[str]) -> list[str]:
    """The first lines, each alone and with the one below: a cover breaks names over two lines."""
    first = [line for line in lines[:COVER_LINES] if line]
    return [*first, *(a + b for a, b in pairwise(first))]


def _in_table(table: Table) -> tuple[tuple[str, int], ...]:
    return tuple(_named_in(table))


def _named_in(table: Table) -> Iterable[tuple[str, int]]:
    texts = [_plain(row.name.text) for row in table.rows] + [_plain(cell.reading.text) for cell in table.cells]
    for before, text in zip(["", *texts], texts, strict=False):
        if re.search(r"(?:单位|部门)(?:[（(]单位[）)])?(?:名称)?$", before) and re.fullmatch(_NAME, text):
            yield from _named(text, HEAD_WEIGHT)
    for found in _TITLED.finditer(_plain(table.title)):
        yield from _named(found["name"], COVER_WEIGHT)


def _named(name: str, weight: int) -> Iterable[tuple[str, int]]:
    lead = _LEAD if weight > PROSE_WEIGHT else _PROSE_LEAD
    name = lead.sub("", name).strip("（）()")
    if name.count("（") != name.count("）") and name.endswith("本级"):
        name = name.replace("（", "").replace("(", "")
    if SHORTEST_NAME <= len(name) <= LONGEST_NAME and not re.search(r"部门决算|预算|年度|单位决算|财政拨款", name):
        yield name, weight


def _full_name(name: str, votes: Counter[str], lines: Sequence[str]) -> str:
    """The longest way the text itself writes the name out before the same ending."""
    if _PLACES.match(name):
        return name
    core = re.sub(r"(?:[（(]?本级[）)]?|机关)$", "", name)
    longer: Counter[str] = Counter()
    for line in lines:
        for found in re.finditer(re.escape(core), line):
            before = _PLACES.search(line[max(0, found.start() - 16) : found.start()])
            if before:
                longer[line[max(0, found.start() - 16) + before.start() : found.end()]] += 1
    whole = [full for full, n in longer.items() if n > 1 or votes[full] >= COVER_WEIGHT]
    return max(whole, key=lambda full: (longer[full], len(full))) if whole else name


def find_year(document: Document) -> str:
    """The year that the document is about, in four digits, or nothing."""
    votes: Counter[str] = Counter()
    for texts, weight in (
        (_cover([_plain(line.text) for line in document.lines]), COVER_YEARS),
        ([_plain(table.title) for table in document.tables], TITLE_YEARS),
        ([_plain(line.text) for line in document.lines], 1),
    ):
        for text in texts:
            for found in _YEAR.finditer(text):
                year = found["year"].translate(_DIGITS)
                votes[year] += weight * _fullness(found["full"] or "")
    best = max(sorted(votes), key=lambda year: votes[year], default="")
    return best if votes[best] else ""


def _fullness(words: str) -> int:
    """How much a year says, by the words after it: 年度部门决算 more than 年度, a bare 年 nothing."""
    return YEAR_WEIGHT if "算" in words else 1 if words else 0


def find_kind(document: Document) -> DocumentKind:
    """What sort of disclosure it is: the tables decide, then what headings speak of most."""
    if any(table.form for table in document.tables):
        return DocumentKind.FINAL_ACCOUNT
    cover = "".join(_cover([_plain(line.text) for line in document.lines]))
    if re.search(r"绩效(?:自评|评价)", cover):
        return DocumentKind.PERFORMANCE
    text = "".join(_plain(line.text) for line in document.lines)
    titles = "".join(_plain(table.title) for table in document.tables)
    if re.search(r"决算情况说明|部门决算表|决算总体情况", text) and not re.search(r"部门预算编制说明", text):
        return DocumentKind.FINAL_ACCOUNT
    if re.search(r"预算总表|收支预算|预算编制说明|部门预算表", text + titles):
        return DocumentKind.BUDGET
    if re.search(r"绩效(?:自评|评价)", text + titles):
        return DocumentKind.PERFORMANCE
    return DocumentKind.OTHER


def find_unit(tables: Sequence[Table], lines: Sequence[Line]) -> str:
    """The unit for tables that print none: the one the other tables print most, or the lines name most."""
    units = Counter(table.unit for table in tables if table.unit)
    for line in lines:
        found = re.search(r"(?:金额)?单位[:：]\s*(亿元|万元|元)", _plain(line.text))
        if found:
            units[found[1]] += 1
    return max(sorted(units), key=lambda unit: units[unit], default="")
