"""Figures stated in sentences: what each is called, what it is a share or a change of, its exact value and unit."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from worker.core.amounts import parse
from worker.core.narrative import Sentence


class Sort(StrEnum):
    """What a stated figure is; the values are the endings of fact names."""

    AMOUNT = ""
    BUDGET = "预算数"
    SHARE = "占比"
    CHANGE = "较上年增减额"
    RATE = "较上年增减率"
    BUDGET_CHANGE = "较预算增减额"
    BUDGET_RATE = "较预算增减率"
    DONE = "完成比例"


@dataclass(frozen=True, slots=True)
class Statement:
    """A stated figure: `item` what it speaks of, `base` the total that item is a part of ("" for a total itself).

    A share, change, rate or completion carries the indices of the statements it was reckoned from, `of` and `to`: the
    part and the whole, the change and the present figure, the figure and its budget.
    """

    item: str
    base: str
    sort: Sort
    value: Decimal
    decimals: int
    unit: str
    raw: str
    sentence: Sentence
    of: int | None = None
    to: int | None = None

    @property
    def name(self) -> str:
        """The fact's name: 本年支出合计/基本支出, 本年支出合计/基本支出/占比."""
        return "/".join(part for part in (self.base, self.item, str(self.sort)) if part)


_QUANTITY = re.compile(
    r"(?P<number>(?<![\d.,，])[-−－]?\s?(?:\d{1,3}(?:[,，]\d{3})+|\d+)(?:\.\d+)?)\s*(?P<unit>亿元|万元|元|[%％])(?!\s*[(（]含|以[上下])"
)
_CLAUSE = re.compile(r"[，,；;：:。]")
_DOWN = re.compile(r"减少|下降|降低|减幅|下浮")
_UP = re.compile(r"增加|增长|上升|提高|增幅")
_CHANGED = re.compile(rf"(?:{_DOWN.pattern}|{_UP.pattern})(?:了|额|幅度)?(?:为|约)?$")
_SHARE = re.compile(r"占(?P<whole>[^，,；;占]*?)的?(?:比例|比重)?(?:为)?$")
_DONE = re.compile(r"(?:完成|执行率|控制率)[^，,；;]*$")
_BUDGET = re.compile(r"(?:年初|全年|调整)?预算(?:数|安排|安排数)?(?:均)?(?:为|是)?$")
_ACTUAL = re.compile(r"(?:支出决算数?|决算数?|支出决|实际支出)(?:均)?(?:为|是)?$")
_PARTS = re.compile(r"其中|主要用于以下方面|包括[:：]")
_ITEM_OF_ACCOUNT = re.compile(r"[^。；;，,]*[(（]项[)）]")
_LEAD = re.compile(
    r"^.*\d{2,4}年度?(?=\D{2})|^(?:其中|本部门|本单位|我单位|我局|本年度|部门决算|全年|主要用于以下方面|共计|涉及)+"
)
_TAIL = re.compile(r"(?:总额|金额)?(?:均|分别|各|共|约)?(?:为|是|共计|合计为)?$")
_ORDINAL = re.compile(r"^(?:\(?[一二三四五六七八九十\d]{1,3}[)、.])+")
_COMPARED = re.compile(r"与|比|较")
_VERSUS_BUDGET = re.compile(r"[较比与][^，,]*预算数?")
_EACH = re.compile(r"(?:支出)?(?:决算数?)?[各均]?$")
_BOTH = re.compile(r"收.{0,2}支")
_CANONICAL = {"收入合计": "本年收入合计", "支出合计": "本年支出合计"}
CHANGES = (Sort.CHANGE, Sort.BUDGET_CHANGE)
RATES = (Sort.RATE, Sort.BUDGET_RATE)
_NO_ITEM = re.compile(r"^(?:项目|元|等|和|其)?$")


@dataclass(slots=True)
class _Context:
    """What was last spoken of: the total, its part, the account line (类款项), and where their amounts stand."""

    base: str = ""
    item: str = ""
    account: str = ""
    in_parts: bool = False
    base_at: int | None = None
    item_at: int | None = None
    budget_at: int | None = None
    change_at: int | None = None
    against_budget: bool = False
    paragraph: int = -1
    section: str = ""
    named: dict[str, int] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)


def statements(sentences: Sequence[Sentence]) -> tuple[Statement, ...]:
    """Every amount and every share, change or completion stated, in reading order."""
    found: list[Statement] = []
    context = _Context()
    for sentence in sentences:
        _enter(context, sentence)
        for label, number, unit in _quantities(sentence.text):
            statement = _read(context, label, (number, unit), sentence)
            if statement is not None:
                _note(context, statement, len(found))
                found.append(statement)
    return tuple(found)


def _enter(context: _Context, sentence: Sentence) -> None:
    """A new heading forgets everything, a new paragraph the account line; a new sentence may start a new total."""
    if sentence.section != context.section:
        context.named.clear()
        context.base = context.item = context.account = ""
        context.base_at = context.item_at = None
        context.section = sentence.section
    if sentence.paragraph != context.paragraph:
        context.account = ""
        context.paragraph = sentence.paragraph
        context.in_parts = False
    context.budget_at = context.change_at = None
    context.against_budget = False
    found = _ITEM_OF_ACCOUNT.search(re.sub(r"\s", "", sentence.text))
    if found:
        context.account = _plain(found.group())


def _quantities(text: str) -> Iterator[tuple[str, str, str]]:
    """Each quantity with the text between it and the one before."""
    end = 0
    for found in _QUANTITY.finditer(text):
        yield text[end : found.start()], found["number"], found["unit"]
        end = found.end()


def _read(context: _Context, label: str, quantity: tuple[str, str], sentence: Sentence) -> Statement | None:
    amount = parse(quantity[0].replace(" ", ""))
    if amount is None:
        return None
    label = re.sub(r"[\s“”\"]", "", label)
    if _PARTS.search(label):
        context.in_parts = True
    unit = quantity[1].replace("％", "%")
    tail = _CLAUSE.split(label)[-1]
    sort = _sort(context, label, tail, unit)
    if sort is None:
        return None
    value = -amount.value if sort in CHANGES + RATES and _DOWN.search(tail) else amount.value
    if sort in CHANGES:
        _turn_to(context, tail)
    item, base = _named(context, tail, sort)
    of, to = _reckoned(context, sort, tail)
    return Statement(item, base, sort, value, amount.decimals, unit, "".join(quantity).strip(), sentence, of, to)


def _turn_to(context: _Context, tail: str) -> None:
    """A change may name again what changed: 收入总计减少 after 支出总计 was spoken of, or something new."""
    about = _plain(_EACH.sub("", _COMPARED.split(_CHANGED.sub("", tail))[0]))
    if not about or _BOTH.search(about):
        return
    known = [name for name in context.named if name.endswith(about) or name.startswith(about)]
    if known:
        nearest = min(reversed(known), key=len)
        context.base, context.base_at = nearest, context.named[nearest]
        context.item, context.item_at = "", None
    else:
        context.item, context.item_at = about, None


def _sort(context: _Context, label: str, tail: str, unit: str) -> Sort | None:
    if _CHANGED.search(tail):
        if unit != "%":
            context.against_budget = bool(_VERSUS_BUDGET.search(label))
            return Sort.BUDGET_CHANGE if context.against_budget else Sort.CHANGE
        return Sort.BUDGET_RATE if context.against_budget else Sort.RATE
    if unit == "%":
        return Sort.SHARE if _SHARE.search(tail) else Sort.DONE if _DONE.search(tail) else None
    if _BUDGET.search(tail):
        return Sort.BUDGET
    return Sort.AMOUNT


def _named(context: _Context, tail: str, sort: Sort) -> tuple[str, str]:
    """The item and the total it belongs to; a tail that names nothing speaks of what was spoken of before."""
    if sort in (Sort.SHARE, Sort.DONE, *CHANGES, *RATES):
        return context.item or context.base, context.base if context.item else ""
    item = context.account if context.account and _about(tail) == "" else _about(tail)
    if not item:
        return context.item or context.base, context.base if context.item else ""
    if context.in_parts and context.base and item != context.base:
        return item, context.base
    return item, ""


def _about(tail: str) -> str:
    for pattern in (_BUDGET, _ACTUAL):
        tail = pattern.sub("", tail)
    return _plain(tail)


def _plain(text: str) -> str:
    text = _ORDINAL.sub("", unicodedata.normalize("NFKC", text))
    for _ in range(2):
        text = _ORDINAL.sub("", _LEAD.sub("", text))
    text = _TAIL.sub("", text).strip("、.:-* ")
    return "" if _NO_ITEM.match(text) else _CANONICAL.get(text, text)


def _reckoned(context: _Context, sort: Sort, tail: str) -> tuple[int | None, int | None]:
    """Where the figures stand that a share, rate or completion was reckoned from."""
    present = context.item_at if context.item else context.base_at
    if sort is Sort.SHARE:
        found = _SHARE.search(tail)
        whole = _plain(found["whole"]) if found else ""
        if whole:
            return present, context.named.get(whole, context.totals.get(whole))
        return (context.item_at, context.base_at) if context.item else (None, None)
    if sort in RATES:
        return context.change_at, present
    if sort is Sort.DONE:
        return present, context.budget_at
    return None, None


def _note(context: _Context, statement: Statement, index: int) -> None:
    if statement.sort in CHANGES:
        context.change_at = index
    elif statement.sort is Sort.BUDGET:
        context.budget_at = index
        _speak_of(context, statement, None)
    elif statement.sort is Sort.AMOUNT:
        _speak_of(context, statement, index)
        context.named[statement.item] = index
        context.totals.setdefault(statement.item, index)
        context.change_at = None


def _speak_of(context: _Context, statement: Statement, index: int | None) -> None:
    if statement.base:
        context.item, context.item_at = statement.item, index
    else:
        context.base, context.base_at = statement.item, index
        context.item, context.item_at = "", None
