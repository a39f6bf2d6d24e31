"""What a verdict says to people: why a cell was repaired or is asked about, in Chinese and in English."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from worker.core.checks import Trial
from worker.core.readings import Said

SHOWN_CHECKS = 4
SURE = 0.95
TWO = 2
KINDS = {
    "row-sum": "行合计",
    "column-sum": "列合计",
    "hierarchy": "类款项合计",
    "balance": "收支平衡",
    "cross-table": "表间关系",
    "narrative": "文字说明",
}
CHECK_OBJECT, CHECK_ENGLISH = "请核对原件", "look at the page"


Words = tuple[str, str]
"""The same in Chinese and in English."""


def several(reasons: Sequence[Words], meant: Sequence[str] = ()) -> str:
    """The reasons for a question in one line, with what may be meant, and what to do, in both languages."""
    guess, perhaps = (f"，或应为{meant[0]}", f", perhaps {meant[0]}") if meant else ("", "")
    chinese = "；".join(words for words, _ in reasons)
    english = "; ".join(words for _, words in reasons)
    return f"{chinese}{guess}；{CHECK_OBJECT} | {english}{perhaps}; {CHECK_ENGLISH}"


def joined(first: str, second: str) -> str:
    """Two reasons, each in both languages, as one; either may be empty."""
    if not (first and second):
        return first or second
    (chinese, _, english), (more, _, further) = (reason.partition(" | ") for reason in (first, second))
    return f"{chinese}；{more} | {english}; {further}"


def doubted_words(doubt: str) -> Words:
    """A doubt of the layout or of a label, which comes in Chinese; in English, what it is about."""
    return doubt, "the row, its label or its place is in doubt"


def ids(found: Sequence[str]) -> str:
    """Check ids in a list, long lists cut."""
    return "、".join(found[:SHOWN_CHECKS]) + ("…" if len(found) > SHOWN_CHECKS else "")


def contradicted(said: Said, fails: Sequence[Trial], mended: Sequence[str]) -> Words:
    """Which identities fail as read, and by how much."""
    words = "、".join(dict.fromkeys(KINDS.get(t.check.kind, t.check.kind) for t in fails)) or "勾稽关系"
    gap = f"，差{fails[0].residual:f}" if fails else ""
    off = f", off by {fails[0].residual:f}" if fails else ""
    named = ids([t.check.check_id for t in fails] or list(mended))
    blank = ("空白，但", "blank, but ") if said.is_blank else ("", "")
    return f"{blank[0]}{words}不符{gap}（{named}）", f"{blank[1]}does not add up{off} ({named})"


def unsure(said: Said, probability: float, *, rivals: bool) -> Words:
    """That the recogniser was unsure and nothing else vouches for the reading, or that another one is as likely."""
    seen = said.cell.reading.probability if said.is_blank else probability
    if seen >= SURE and rivals:
        blank = ("读作空白，", "read as blank, ") if said.is_blank else ("", "")
        return f"{blank[0]}另有读法同样可能", f"{blank[1]}another reading is as likely"
    return f"识别概率低（{seen:.2f}），且无足够校验佐证", f"read with doubt ({seen:.2f}) and nothing confirms it"


def misshapen(said: Said) -> Words:
    """That what stands in the cell is no number as the document writes them."""
    return said.doubt or "不是数字", "not a number as this document writes them"


def repaired_by_writing(raw: str, value: Decimal, kind: str, holding: Sequence[str]) -> tuple[str, str]:
    """Proof and reason of a repair that the rules of writing numbers make, the only one they allow."""
    proof = " ".join(["数字书写规则", *holding[:SHOWN_CHECKS]])
    words = f"按数字书写规则修正（{kind}）：“{raw}”只能读作{value:f}"
    english = f"the only number that “{raw}” can spell"
    held = f"，{ids(holding)}成立" if holding else ""
    return proof, f"{words}{held} | {english}{f'; {ids(holding)} hold' if holding else ''}"


def repaired_by_sums(
    raw: str, value: Decimal | None, mended: Sequence[str], holding: Sequence[str], alone: bool
) -> tuple[str, str]:
    """Proof and reason of a repair that the identities make: what was read, what it became, what holds now."""
    proof = " ".join(dict.fromkeys((*mended, *holding[:SHOWN_CHECKS])))
    shown = "空白" if value is None else f"{value:f}"
    others = "没有其他合理读法满足" if alone else "其他读法的可能性均远低于此"
    was = f"读作“{raw}”" if raw.strip() else "读作空白"
    failed = f"{ids(mended)}原不成立，现成立" if mended else f"{ids(holding)}成立"
    english_value = "blank" if value is None else f"{value:f}"
    failing = f"{ids(mended)} failed and hold now" if mended else f"{ids(holding)} hold"
    no_other = "no other plausible reading satisfies them" if alone else "any other reading is far less likely"
    english = f"read “{raw.strip()}”, restored to {english_value}: {failing}; {no_other}"
    return proof, f"{was}，还原为{shown}：{failed}，{others} | {english}"


def by_person(was: str, now: str, people: int, source_wrong: bool) -> str:
    """That people read what stands here, and how many of them independently."""
    read = f"读作“{was.strip()}”，" if was.strip() else ""
    shown, english_shown = (now, now) if now else ("空白", "blank")
    alone = (
        ("人工核定", "entered by a person") if people < TWO else (f"{people}人独立录入一致", f"{people} people agree")
    )
    wrong = ("；原件本身有误", "; the paper itself is wrong") if source_wrong else ("", "")
    return f"{read}{alone[0]}为{shown}{wrong[0]} | {alone[1]}: {english_shown}{wrong[1]}"


def waiting_words() -> str:
    """That another person is to enter the cell without seeing the first entry."""
    return "已有一人录入，待另一人独立录入 | entered by one person, a second one is to enter it without seeing that"


def third_words() -> str:
    """That two entries differ."""
    return "两人录入不一致，待第三人裁定 | two people entered it differently, a third one is to decide"


def sibling_words(digit: str) -> str:
    """That an error was found in a cell like this one."""
    if digit:
        return f"同一文件中“{digit}”曾被误读，请核对 | a “{digit}” of this document was misread, look at the page"
    return "同一列中曾有误读，请核对 | a figure of this column was misread, look at the page"


def illegible_words(reason: str) -> str:
    """That people could not read it either, and why it was asked about."""
    chinese, _, english = reason.partition(" | ")
    return f"纸上无法辨认；{chinese} | illegible on paper; {english or chinese}"
