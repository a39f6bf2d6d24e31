"""Names of line items and 科目: one spelling for comparing, the form's item for a name, safe repairs of names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import opencc  # type: ignore[import-untyped]

from models.forms import Form, Item, all_forms
from models.reference import functional_names
from worker.core.glyphs import confused
from worker.core.likeness import likeness, squashed

SAFE_LIKENESS = 0.72
NUMBERED = 0.95
MARGIN = 0.12
SHORTEST = 3
LIKE_ENOUGH = 0.5
AGREEING = 2

_COMMA = re.compile(r"^([一二三四五六七八九十]{1,3})[,，]")
_ORDINAL = re.compile(
    r"^(?:[一二三四五六七八九十]{1,3}[、.．，]|[(（][一二三四五六七八九十\d]{1,3}[)）]|\d{1,2}[、.．])\s*"
)
# Marks that begin no name: boxes and ticks of forms, rules and specks read as characters.
MARKS = "☑☐□■▪|¦_·•"
_INCLUDING = re.compile(r"^其中[:：]?")
TOTALS = ("合计", "总计", "小计", "支出合计", "收入合计", "收入总计", "支出总计")


@dataclass(frozen=True, slots=True)
class NameRepair:
    """A label to be changed: what is printed, what it is, what kind of change it is and what proves it."""

    raw: str
    repaired: str
    kind: str
    proof: str


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@lru_cache(maxsize=4096)
def simplified(text: str) -> str:
    """The text in simplified script (OpenCC t2s). What GB 2312 can write is simplified already."""
    try:
        text.encode("gb2312")
    except UnicodeEncodeError:
        return str(_converter().convert(text))
    return text


@lru_cache(maxsize=8192)
def bare(name: str) -> str:
    """A name as it is compared: simplified, without ordinal, 其中, spaces, brackets and punctuation."""
    text = re.sub(r"\s+", "", simplified(name)).lstrip(MARKS)
    return squashed(_INCLUDING.sub("", _ORDINAL.sub("", text)))


@lru_cache(maxsize=8192)
def split_ordinal(name: str) -> tuple[str, str]:
    """The ordinal of a printed name (一、 or 其中：) and the rest, without spaces."""
    text = re.sub(r"\s+", "", name).lstrip(MARKS)
    found = _ORDINAL.match(text) or _INCLUDING.match(text)
    return (text[: found.end()], text[found.end() :]) if found else ("", text)


def is_total(name: str) -> bool:
    """Whether a row's name says that it adds up the others: 合计, 总计, 小计."""
    return bare(name) in TOTALS


def spellings(item: Item) -> tuple[str, ...]:
    """Every wording of an item, the canonical one first."""
    return (item.name, *item.variants)


def closeness(printed: str, item: Item) -> float:
    """How alike a printed name and an item are, by the nearest wording (0 to 1).

    A numeral and one character before an exact wording are its ordinal, whatever the mark between was read as.
    """
    if _misread_ordinal(printed, item):
        return NUMBERED
    return max(likeness(bare(printed), squashed(wording)) for wording in spellings(item))


def _misread_ordinal(printed: str, item: Item) -> tuple[str, str] | None:
    """The ordinal as it should be and the wording after it, where only the mark between them was misread."""
    text = "".join(simplified(printed).split())
    for wording in spellings(item):
        found = _after_ordinal(wording).fullmatch(text)
        if found:
            return f"{found[1]}、", wording
    return None


@cache
def _after_ordinal(wording: str) -> re.Pattern[str]:
    """A numeral, a mark that is not the usual one, and a wording."""
    return re.compile(rf"([一二三四五六七八九十]{{1,3}})[^、]{re.escape(wording)}")


def match_items(form: Form, block: int, names: Sequence[str]) -> list[int | None]:
    """For each printed name of a block, top to bottom, the index of the form's item it is, or None.

    Exact wordings first, then the nearest wording where no other item is as near. Items of one wording (公开04 prints
    一般公共预算财政拨款 twice) go to the names in the form's order.
    """
    items = [(i, item) for i, item in enumerate(form.items) if item.block == block]
    chosen: list[int | None] = [None] * len(names)
    for near in (1.0, SAFE_LIKENESS):
        for place, name in enumerate(names):
            if chosen[place] is None and bare(name):
                chosen[place] = _pick(name, items, _window(chosen, place), near, set(chosen))
    return chosen


def _window(chosen: list[int | None], place: int) -> tuple[int, int]:
    """The items that may stand here if the form's order holds: after the one above and before the one below."""
    above = [i for i in chosen[:place] if i is not None]
    below = [i for i in chosen[place + 1 :] if i is not None]
    return (max(above) if above else -1), (min(below) if below else 10**6)


def _pick(
    name: str, items: Iterable[tuple[int, Item]], window: tuple[int, int], near: float, taken: set[int | None]
) -> int | None:
    scored = sorted(
        ((closeness(name, item), window[0] < i < window[1], -i) for i, item in items if i not in taken), reverse=True
    )
    if not scored or scored[0][0] < near:
        return None
    best = scored[0]
    rival = next((s for s in scored[1:] if s[0] > best[0] - MARGIN), None)
    if near < 1 and rival is not None and rival[1] >= best[1] and not _same_wording(items, best[2], rival[2]):
        return None
    return -best[2]


def _same_wording(items: Iterable[tuple[int, Item]], one: int, other: int) -> bool:
    named = dict(items)
    return named[-one].name == named[-other].name


def repair_item(printed: str, item: Item) -> NameRepair | None:
    """The form's wording for a printed name that was matched to its item, None where the name needs no repair."""
    ordinal, rest = _misread_ordinal(printed, item) or split_ordinal(printed)
    if bare(printed) in {squashed(wording) for wording in spellings(item)}:
        return script_repair(printed)
    wording = max(spellings(item), key=lambda one: likeness(rest, one))
    if len(bare(printed)) < SHORTEST or likeness(rest, wording) < LIKE_ENOUGH or cut_short(bare(printed), item):
        return script_repair(printed)
    return NameRepair(printed, ordinal + wording, "name-by-form", f"表式项目：{item.name}")


def script_repair(printed: str) -> NameRepair | None:
    """The name in simplified script, without marks before it and with 、 after its ordinal; None where it is so."""
    text = re.sub(r"\s+", "", printed)
    bared = text.lstrip(MARKS)
    numbered = _COMMA.sub(r"\1、", bared)
    plain = simplified(numbered)
    if plain != numbered:
        return NameRepair(printed, plain, "script", "OpenCC t2s")
    proof = "项目名称前的符号" if bared != text else "序号后的顿号"
    return NameRepair(printed, plain, "glyph", proof) if plain != text else None


def repair_by_witnesses(printed: str, witnesses: Sequence[str], reference: str = "") -> NameRepair | None:
    """The name that the document itself prints for the same code elsewhere, where it settles the matter.

    `witnesses` are the other tables' names for the code. Two of them that agree, or one that the reference list
    confirms, outweigh a name that is like theirs but not the same; so does one from which the name differs in
    look-alikes only, if it is worded as such names are. The reference alone proves nothing.
    """
    mine = bare(printed)
    others = [w for w in witnesses if bare(w) and bare(w) != mine]
    if (
        not mine
        or not others
        or any(bare(w) == mine for w in witnesses)
        or mine.endswith(TOTALS)
        or bare(reference) == mine
    ):
        return script_repair(printed)
    best = max(sorted(set(others)), key=lambda w: (sum(bare(o) == bare(w) for o in others), bare(w) == bare(reference)))
    votes = sum(bare(o) == bare(best) for o in others)
    if likeness(mine, bare(best)) < LIKE_ENOUGH or _cut_short(mine, bare(best)):
        return script_repair(printed)
    name, pairs = split_ordinal(best)[1], confused(mine, bare(best))
    if votes >= AGREEING or bare(reference) == bare(best):
        proof = f"同一科目代码在本文件其他表中的名称{'；形近字' + pairs if pairs else ''}"
        return NameRepair(printed, name, "glyph" if pairs else "name-by-code", proof)
    if pairs and is_worded(bare(best), mine):
        return NameRepair(printed, name, "glyph", f"形近字{pairs}；同一科目代码在本文件另一表中的名称，用字见科目表")
    return script_repair(printed)


@cache
def _wordings() -> frozenset[str]:
    """The pairs of characters that stand side by side in the names of the forms' items and of the code lists."""
    names = [*functional_names().values(), *(w for form in all_forms() for item in form.items for w in spellings(item))]
    return frozenset(a + b for name in names for a, b in pairwise(bare(name)))


def is_worded(one: str, other: str) -> bool:
    """Whether a name is worded as the accounts word their names and another one, of the same length, is not."""
    pairs = [(a + b, c + d) for (a, b), (c, d) in zip(pairwise(one), pairwise(other), strict=True) if a + b != c + d]
    return any(a in _wordings() for a, _ in pairs) and not any(b in _wordings() for _, b in pairs)


def cut_short(printed: str, item: Item) -> bool:
    """Whether a name is a wording of the item that the column's edge cut: that is what the paper prints."""
    return any(_cut_short(printed, bare(wording)) for wording in spellings(item))


def _cut_short(printed: str, full: str) -> bool:
    """Whether the name is only cut at the column's edge: that is what the paper prints, and it stays."""
    return full != printed and full.startswith(printed)
