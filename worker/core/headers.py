"""Which form is this, and which of its columns is which: titles, header paths and 栏次 compared with the forms' data.

Everything is compared fuzzily (`worker.core.likeness`), since titles and headers come from OCR.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from models.forms import Form, FormColumn, all_forms
from worker.core.likeness import likeness, squashed

TITLE_LIKENESS = 0.75
TITLE_RESEMBLANCE = 0.5
HEADER_LIKENESS = 0.55
FORM_BY_HEADERS = 0.85
INVERSION_COST = 0.08
UPPER_LEVEL_LOST = 0.85
SHORTEST_TITLE, LONGEST_TITLE = 5, 40
SHORTEST_FUZZY = 3

THREE_PUBLIC = "三公"

# Titles of tables that look like a form and are none: the nearest wording decides, and these decide for no form.
OTHER_TITLES = (
    "财政拨款支出决算明细表",
    "财政拨款支出决算表",
    "一般公共预算财政拨款支出决算明细表",
    "一般公共预算财政拨款项目支出决算表",
    "一般公共预算财政拨款收入支出决算表",
    "政府性基金预算财政拨款“三公”经费支出决算表",
    "国有资本经营预算财政拨款“三公”经费支出决算表",
    "机构运行信息表",
    "项目支出决算表",
    "基本支出决算表",
    "部门决算相关信息统计表",
)

_ORDINAL = re.compile(
    r"^(?:附(?:件|表)?\d*|表\d+|[一二三四五六七八九十]{1,3}(?=、)|\(?[一二三四五六七八九十\d]{1,2}[\).、])+"
)
_BEFORE_TITLE = re.compile(r"^.*(?:年度|年|局|委员会|办公室|部门|单位|中心|厅|办事处|本级|决算表)(?=\D{4})")
_LIKE_A_MARK = re.compile(r"公?.{0,2}[0-9A-Za-z]{1,3}表")
"""A form's printed number that was misread (公升02表): it says nothing of what table this is."""
_MARK = re.compile(r"公\s*开\s*([0-9OoIl\s]{1,3})\s*表?|开\s*([0-9OoIl]{2})\s*表")
_UNIT = re.compile(r"单位[:;]?\s*(?:人民币)?\s*([亿万千百方]?)\s*元")
_CONTINUED = re.compile(r"续\s*表|\(\s*(?:续\s*\d*|接上页)\s*\)")
_YEAR = re.compile(r"^(?:19|20)\d\d年?度?")
_NUMBER = re.compile(r"^\d{1,2}(?:\.\d)?$")
_BUDGETS = re.compile("一般公共预算|政府性基金预算|国有资本经营预算")


class Role(StrEnum):
    """What a printed column holds."""

    DATA = "data"
    CODE = "code"
    CLASS = "类"
    GROUP = "款"
    ITEM = "项"
    NAME = "name"
    LINE_NO = "行次"


LABELS: tuple[tuple[Role, tuple[str, ...]], ...] = (
    (Role.LINE_NO, ("行次",)),
    (Role.CLASS, ("类",)),
    (Role.GROUP, ("款",)),
    (Role.ITEM, ("项",)),
    (
        Role.CODE,
        ("科目编码", "科目代码", "编码", "功能分类科目编码", "支出功能分类科目编码", "经济分类科目编码", "科目编号"),
    ),
    (
        Role.NAME,
        ("科目名称", "项目", "项目按功能分类", "功能分类科目名称", "经济分类科目名称", "名称", "单位名称", "项目名称"),
    ),
)


_NEXT_LEVEL: dict[Role | None, Role] = {Role.CLASS: Role.GROUP, Role.GROUP: Role.ITEM}


@dataclass(frozen=True, slots=True)
class Leaf:
    """A printed column: its header texts from the top row to the lowest, and its 栏次 where one is printed."""

    path: tuple[str, ...]
    number: str = ""

    @property
    def header(self) -> str:
        """The printed header path joined by "/"."""
        return "/".join(self.path)


@dataclass(frozen=True, slots=True)
class ColumnMatch:
    """What a printed column is: its role and, for data, the index of the form's column (None: none) and how alike."""

    role: Role
    column: int | None = None
    likeness: float = 0.0


@dataclass(frozen=True, slots=True)
class FormMatch:
    """A form found, by its title or by its headers, and how alike they are (0 to 1)."""

    form: Form
    likeness: float
    by_title: bool


def bare_title(text: str) -> str:
    """A printed title without what stands around it: 公开02表, 附件2, (续), the year, the entity's name."""
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"\s+", "", _CONTINUED.sub("", _MARK.sub("", text)))
    text = _ORDINAL.sub("", text)
    return squashed(_BEFORE_TITLE.sub("", text))


def is_continued(text: str) -> bool:
    """Whether the text says that a table goes on: 续表, (续)."""
    return bool(_CONTINUED.search(unicodedata.normalize("NFKC", text)))


def mark(text: str) -> str:
    """The number a document prints on a form ("公开 02 表" gives "公开02"), or nothing."""
    found = _MARK.search(unicodedata.normalize("NFKC", text))
    if not found:
        return ""
    digits = re.sub(r"\s", "", found[1] or found[2]).translate(str.maketrans("OoIl", "0011"))
    return f"公开{int(digits):02d}" if digits.isdigit() else ""


def unit(text: str) -> str:
    """The unit a text names (金额单位 万元 gives "万元"), or nothing; 方 is a misread 万."""
    found = _UNIT.search(unicodedata.normalize("NFKC", text))
    return f"{found[1].replace('方', '万')}元" if found else ""


def is_budget_title(text: str) -> bool:
    """Whether a title is that of a budget table: 预算 other than in the names of the funds, and no 决算."""
    bare = bare_title(text)
    return "预算" in _BUDGETS.sub("", bare) and "决算" not in bare


def form_by_title(text: str) -> FormMatch | None:
    """The form whose title is nearest to the text, or None where no form or some other table is nearest."""
    bare = bare_title(text)
    if not SHORTEST_TITLE <= len(bare) <= LONGEST_TITLE or is_budget_title(text):
        return None
    scored = [
        (likeness(bare, title), len(title), form)
        for form in all_forms()
        for title in form.titles
        if THREE_PUBLIC in title or THREE_PUBLIC not in bare
    ]
    best, _, form = max(scored, key=lambda one: one[:2])
    rivals = [value for value, _, other in scored if other is not form]
    rivals += [likeness(bare, title) for title in OTHER_TITLES]
    if best < TITLE_LIKENESS or max(rivals) >= best:
        return None
    return FormMatch(form, best, by_title=True)


def leaf(texts: Iterable[str]) -> Leaf:
    """A printed column from its header cells, top to bottom: repeats of a merged cell and 栏次 are taken out."""
    path: list[str] = []
    number = ""
    for text in texts:
        plain = re.sub(r"\s+", "", text)
        if _NUMBER.match(plain):
            number = plain
        elif plain and squashed(plain) != "栏次" and plain not in path:
            path.append(plain)
    return Leaf(tuple(path), number)


def label_role(path: Sequence[str]) -> Role | None:
    """The label a header path names (行次, 类, 科目编码, 科目名称 …), None for a data column or no header at all."""
    if not path:
        return None
    lowest = squashed(path[-1])
    for role, words in LABELS:
        if lowest in words:
            return role
    if len(lowest) < SHORTEST_FUZZY:
        return None
    scored = [(likeness(lowest, word), role) for role, words in LABELS for word in words if len(word) >= SHORTEST_FUZZY]
    best, role = max(scored, key=lambda one: one[0])
    return role if best >= TITLE_LIKENESS else None


def label_roles(leaves: Sequence[Leaf]) -> list[Role | None]:
    """The label each header path names; below one header of codes the columns after 类 are 款 and 项 in any case."""
    roles = [label_role(one.path) for one in leaves]
    for place, (left, one) in enumerate(pairwise(leaves), 1):
        above, following = left.path[:-1], _NEXT_LEVEL.get(roles[place - 1])
        below = one.path[: len(above)] == above and len(one.path) <= len(left.path)
        if following and roles[place] in (None, Role.CODE) and below and label_role(above) is Role.CODE:
            roles[place] = following
    return roles


def column_likeness(printed: Leaf, column: FormColumn) -> float:
    """How well a printed header path fits a form's column, whatever the order of its levels (0 to 1)."""
    path = tuple(_YEAR.sub("", squashed(level)) for level in printed.path)
    if not path:
        return 0.0
    paths = [column.path, *((*column.path[:-1], lowest) for lowest in column.headers)]
    return max(_path_likeness(path, wanted) for wanted in paths)


def _path_likeness(path: tuple[str, ...], wanted: tuple[str, ...]) -> float:
    """The lowest level counts most, the upper ones less, and what the printed lowest level says must be wanted too."""
    nearest = [max(likeness(level, text) for text in path) for level in wanted]
    lowest, upper = nearest[-1], nearest[:-1]
    above = sum(upper) / len(upper) if upper else lowest
    if len(path) == 1:
        above = max(above, UPPER_LEVEL_LOST * lowest)
    back = max(likeness(path[-1], level) for level in wanted)
    joined = max(likeness("".join(path), "".join(wanted)), likeness(path[-1], "".join(wanted)))
    return max(0.45 * lowest + 0.3 * above + 0.25 * back, joined)


def match_columns(
    form: Form, leaves: Sequence[Leaf], labels: Sequence[Role | None] | None = None
) -> tuple[ColumnMatch, ...]:
    """What each printed column of a form is, from left to right.

    Data columns are assigned to the form's so that the likenesses add up highest: in the form's order, unless another
    order fits clearly better. Columns whose header is lost get a form's column where their neighbours leave just
    enough. `labels` may say what else is known of the columns: a role, or None where the header decides.
    """
    known = labels or [None] * len(leaves)
    roles = [given or named or Role.DATA for given, named in zip(known, label_roles(leaves), strict=True)]
    data = [i for i, role in enumerate(roles) if role is Role.DATA]
    scores = [[_score(leaves[i], column) for column in form.columns] for i in data]
    chosen = _assign(scores, len(form.columns))
    chosen = _fill(chosen, [bool(leaves[i].path) for i in data], form)
    matches = [ColumnMatch(role) for role in roles]
    for place, i, column in zip(range(len(data)), data, chosen, strict=True):
        likely = scores[place][column] if column is not None else 0.0
        matches[i] = ColumnMatch(Role.DATA, column, min(likely, 1.0))
    return tuple(matches)


def _score(printed: Leaf, column: FormColumn) -> float:
    """Likeness of the header; the 栏次 confirms, or stands in for a header that is lost."""
    alike = column_likeness(printed, column)
    if printed.number and printed.number == column.number:
        alike += 0.1 if printed.path else HEADER_LIKENESS
    return alike


def _assign(scores: list[list[float]], width: int) -> list[int | None]:
    ordered = _in_order(scores, width)
    free = _in_any_order(scores)
    inversions = sum(1 for i, a in enumerate(free) for b in free[i + 1 :] if a is not None and b is not None and a > b)
    gain = _total(scores, free) - _total(scores, ordered)
    return free if inversions and gain > INVERSION_COST * len(scores) else ordered


def _total(scores: list[list[float]], chosen: list[int | None]) -> float:
    return sum(row[column] for row, column in zip(scores, chosen, strict=True) if column is not None)


def _in_order(scores: list[list[float]], width: int) -> list[int | None]:
    """The best assignment that keeps the order, by dynamic programming over (printed, form) prefixes."""
    best = [[0.0] * (width + 1) for _ in range(len(scores) + 1)]
    for i in range(len(scores) - 1, -1, -1):
        for j in range(width - 1, -1, -1):
            best[i][j] = max(best[i + 1][j], best[i][j + 1], _worth(scores[i][j]) + best[i + 1][j + 1])
    chosen: list[int | None] = [None] * len(scores)
    i = j = 0
    while i < len(scores) and j < width:
        worth = _worth(scores[i][j])
        if worth > 0 and best[i][j] == worth + best[i + 1][j + 1]:
            chosen[i] = j
            i, j = i + 1, j + 1
        elif best[i][j] == best[i][j + 1]:
            j += 1
        else:
            i += 1
    return chosen


def _in_any_order(scores: list[list[float]]) -> list[int | None]:
    """An assignment without regard to order: the highest likeness first."""
    pairs = [(-value, i, j) for i, row in enumerate(scores) for j, value in enumerate(row) if _worth(value) > 0]
    chosen: list[int | None] = [None] * len(scores)
    for _, i, j in sorted(pairs):
        if chosen[i] is None and j not in chosen:
            chosen[i] = j
    return chosen


def _worth(score: float) -> float:
    return score if score >= HEADER_LIKENESS else 0.0


def _fill(chosen: list[int | None], known: list[bool], form: Form) -> list[int | None]:
    """Gives runs of columns without header the form's columns between their neighbours, if exactly as many are left."""
    filled = list(chosen)
    start = 0
    while start < len(filled):
        if filled[start] is not None or known[start]:
            start += 1
            continue
        end = start
        while end < len(filled) and filled[end] is None and not known[end]:
            end += 1
        before = filled[start - 1] if start else -1
        after = filled[end] if end < len(filled) else len(form.columns)
        if before is not None and after is not None:
            between = [c for c in range(before + 1, after) if not form.columns[c].optional]
            if len(between) == end - start:
                filled[start:end] = between
        start = end
    return filled


def header_likeness(form: Form, leaves: Sequence[Leaf]) -> float:
    """How well the printed headers as a whole fit a form; 1 where each column has a counterpart that reads the same."""
    matches = match_columns(form, leaves)
    data = [match for match in matches if match.role is Role.DATA]
    named = [
        printed for printed, match in zip(leaves, matches, strict=True) if match.role is Role.DATA and printed.path
    ]
    if not named:
        return 0.0
    wanted = sum(1 for column in form.columns if not column.optional)
    alike = sum(match.likeness for match in data if match.column is not None)
    return alike / max(len(data), wanted)


def form_by_headers(leaves: Sequence[Leaf], hint: str = "") -> FormMatch | None:
    """The form whose columns the headers fit; `hint` (the number printed, or the form expected next) decides a draw."""
    scored = [(round(header_likeness(form, leaves), 2), form.code == hint, form) for form in all_forms()]
    best = max(value for value, _, _ in scored)
    if best < FORM_BY_HEADERS:
        return None
    drawn = [(hinted, form) for value, hinted, form in scored if value >= best - 0.02]
    form = next((form for hinted, form in drawn if hinted), drawn[0][1])
    return FormMatch(form, best, by_title=False)


def find_form(title: str, leaves: Sequence[Leaf], hint: str = "") -> FormMatch | None:
    """The form of a table with this title and these headers, or None.

    A title that reads as a form's decides; so does one that plainly names another table. Headers decide where the title
    is lost (empty) or too badly read to be either.
    """
    named = form_by_title(title)
    if named:
        return named
    bare = "" if _LIKE_A_MARK.fullmatch(squashed(title)) else bare_title(title)
    if is_budget_title(title) or any(likeness(bare, other) >= TITLE_LIKENESS for other in OTHER_TITLES):
        return None
    if (
        bare
        and "决算" not in bare
        and not any(likeness(bare, t) >= TITLE_RESEMBLANCE for form in all_forms() for t in form.titles)
    ):
        return None
    return form_by_headers(leaves, hint)
