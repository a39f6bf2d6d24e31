"""Printed amounts as exact decimals: the number grammar, what speaks against it, and the repairs it makes safe."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from models.document import Glyph

STRICT_SHARE = 0.85
STRICT_COUNT = 20
MOST_CANDIDATES = 256
MOST_DIGITS = 20
THOUSAND = 1000
CENTS = 2
GROUP = 3
SEEN = 0.05
KEPT = 1 << 15

_MINUS = "-−–—－﹣‐‑‒―ー"
_WIDE = str.maketrans(
    {
        "，": ",",
        "、": ",",
        "﹐": ",",
        "‚": ",",
        "．": ".",
        "。": ".",
        "·": ".",
        "•": ".",
        "・": ".",
        "（": "(",
        "）": ")",
        "％": "%",
        "：": ":",
        "；": ";",
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "＋": "+",
        **dict.fromkeys(_MINUS, "-"),
    }
)
# A lone dash, alone or doubled, and a lone slash stand where an office prints "nothing here".
_NOTHING = re.compile(r"[-_/.~=*]{0,4}")
_NUMBER = re.compile(r"(?:0|[1-9]\d{0,2}(?:,\d{3})+|[1-9]\d*)(?:\.\d{1,6})?")
_ZEROS = re.compile(r"0[\s.,:;']*0+")
_STROKE = re.compile(r"(?:[~=–—―一.·]+\s*)(?=\d)")
_SHORT = re.compile(r"(?<=[,.])\s+(?=\d)|(?<=\d)\s+(?=[,.])")
_JUNK = "|¦!'\":;_~^*()[]{}<>《》【】=\\/,.-"
_SEPARATORS = re.compile(r"[,.:;'\s]+")
_TRIANGLES = "△▲Δ∆"
_CURRENCY = "¥￥元"
# What a glyph may be where the grammar needs a digit. Source: glyphs that look alike in the songti and heiti fonts.
LOOKALIKES = {
    **dict.fromkeys("OoQD〇○Οοоθ", "0"),
    **dict.fromkeys("lI|!iíłｌ", "1"),
    **dict.fromkeys("Zz", "2"),
    **dict.fromkeys("Ss§", "5"),
    **dict.fromkeys("bб", "6"),
    **dict.fromkeys("B", "8"),
    **dict.fromkeys("gq", "9"),
    "?": "7",
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A printed amount: its exact value, how many decimals are printed, whether thousands are grouped, the text."""

    value: Decimal
    decimals: int
    raw: str
    grouped: bool = False
    percent: bool = False


@dataclass(frozen=True, slots=True)
class Convention:
    """How a document prints its amounts: decimals (None where they vary) and grouping (None where it varies)."""

    decimals: int | None = None
    grouped: bool | None = None


def folded(text: str) -> str:
    """The text in half-width forms, every dash a hyphen, without currency marks and outer blanks."""
    wide = unicodedata.normalize("NFKC", text.translate(_WIDE)).translate(_WIDE)
    return wide.strip().strip(_CURRENCY).strip()


@lru_cache(maxsize=KEPT)
def is_nothing(text: str) -> bool:
    """Whether the cell prints no amount: it is blank, or holds only a dash.

    A lone dash is "nothing", not zero: offices that print zeros print 0.00 beside it, and a dash taken for zero could
    never be told from a zero that was printed.
    """
    return bool(_NOTHING.fullmatch(re.sub(r"\s", "", folded(text)))) or text.strip() == "一"


@lru_cache(maxsize=KEPT)
def signed(text: str) -> Amount | None:
    """The negative amount of a text that begins with a stroke which may be a minus sign, or a speck or rule.

    Long dashes, ~, =, 一 and a point before the digits; None where the rest is no amount. It has to be doubted.
    """
    wide = unicodedata.normalize("NFKC", text).strip()
    found = _STROKE.match(wide)
    amount = parse(wide[found.end() :]) if found else None
    if amount is None or amount.percent or amount.value <= 0:
        return None
    if found and "." in found[0] and not amount.decimals:
        return None
    return Amount(-amount.value, amount.decimals, text, amount.grouped)


@lru_cache(maxsize=KEPT)
def parse(text: str) -> Amount | None:
    """The amount a text prints, None where the number grammar is broken or nothing is printed.

    The grammar: a sign in any printed style (-1, (1), 1-, △1), then digits ungrouped or in groups of three, no leading
    zero, then decimals. Blanks beside a separator do not count.
    """
    body, sign, percent = _unsigned(folded(text))
    body = _SHORT.sub("", body)
    if sign is None or not _NUMBER.fullmatch(body):
        return None
    return _amount(body, sign, text, percent)


def _amount(body: str, sign: int, raw: str, percent: bool = False) -> Amount:
    whole, _, decimals = body.partition(".")
    value = Decimal(body.replace(",", ""))
    return Amount(-value if sign < 0 and value else value, len(decimals), raw, "," in whole, percent)


def _unsigned(text: str) -> tuple[str, int | None, bool]:
    """The text without sign and percent mark, its sign (None where signs contradict), whether it is a percentage."""
    percent = text.endswith("%")
    body = text.removesuffix("%").strip()
    signs = 0
    if len(body) > 1 and body[0] == "(" and body[-1] == ")":
        body, signs = body[1:-1].strip(), signs + 1
    if body[:1] and body[0] in _TRIANGLES + "-":
        body, signs = body[1:].strip(), signs + 1
    elif body[:1] == "+":
        body = body[1:].strip()
    body = body.lstrip(_CURRENCY).strip()
    if body[-1:] == "-":
        body, signs = body[:-1].strip(), signs + 1
    return body, {0: 1, 1: -1}.get(signs), percent


def literal(text: str) -> Amount | None:
    """The most literal value of a text that breaks the grammar: its digits, the last point kept where one fits.

    For cells that are flagged: the value is a proposal, not a promise. None where the text holds no digit.
    """
    body, sign, percent = _unsigned(folded(text))
    body = "".join(LOOKALIKES.get(c, c) if 0 < i < len(body) - 1 or c not in _JUNK else c for i, c in enumerate(body))
    digits = re.findall(r"\d+", body)
    if not digits or sum(map(len, digits)) > MOST_DIGITS:
        return None
    marks = re.findall(r"[.,:;'\s]", body)
    if len(digits) > 1 and ((len(digits[-1]) <= CENTS and marks) or body.count(".") == 1):
        body = "".join(digits[:-1]) + "." + digits[-1]
    else:
        body = "".join(digits)
    whole, dot, decimals = body.partition(".")
    return _amount((whole.lstrip("0") or "0") + dot + decimals, sign or 1, text, percent)


def repair(text: str, glyphs: Sequence[Glyph] = (), decimals: int | None = 2) -> tuple[Amount, str] | None:
    """The only amount a broken text can mean, and the kind of repair: separator or glyph. None where there is no such.

    `decimals` is how many the document prints. A reading counts only when it prints so many: `515.892.00` has one
    such reading, `12.345` has none, and `|23,456.00` has two (the bar may be a rule or a 1), so neither is repaired.
    `glyphs` add what else the recogniser saw where a character is no part of the grammar.
    """
    body, sign, percent = _unsigned(folded(text))
    if percent or sign is None or not any(c.isdigit() for c in body) or decimals is None:
        return None
    if _ZEROS.fullmatch(body):
        return _amount("0" + (f".{'0' * decimals}" if decimals else ""), 1, text), "separator"
    stripped = body.strip(_JUNK + " ")
    close = "".join(stripped.split())
    plain = _readings([body, stripped, close if "," in close and _NUMBER.fullmatch(close) else ""], decimals)
    swapped = _readings(_swaps(body, _alternatives(text, glyphs)), decimals)
    found = plain | swapped
    if len(found) != 1:
        return None
    value = found.pop()
    return _amount(value, sign, text), "separator" if value in plain else "glyph"


def _readings(bodies: Iterable[str], decimals: int) -> set[str]:
    found = set()
    for body in bodies:
        value = _regrouped(body, decimals)
        if value:
            found.add(value)
    return found


def _regrouped(body: str, decimals: int) -> str:
    """The amount that digit groups spell whatever their separators are, or nothing where the groups are not exact."""
    groups = _SEPARATORS.split(body)
    if not all(g.isascii() and g.isdigit() for g in groups):
        return ""
    tail = groups.pop() if decimals and len(groups) > 1 else ""
    if len(tail) != decimals or not groups or (len(groups[0]) > 1 and groups[0][0] == "0"):
        return ""
    if len(groups) > 1 and (len(groups[0]) > GROUP or groups[0] == "0" or any(len(g) != GROUP for g in groups[1:])):
        return ""
    return "".join(groups) + (f".{tail}" if tail else "")


def _alternatives(text: str, glyphs: Sequence[Glyph]) -> dict[str, set[str]]:
    """Digits the recogniser saw as second best where it read a character that is no digit."""
    if "".join(g.char for g in glyphs) != text:
        return {}
    return {g.char: {c for c, p in g.alternatives if c.isdigit() and p > SEEN} for g in glyphs if not g.char.isdigit()}


def regroupings(text: str, decimals: int | None) -> tuple[Decimal, ...]:
    """The amounts of a text's digits whatever its separators are: with so many decimals (None: two, or none)."""
    digits = "".join(c for c in folded(text) if c.isdigit())
    if not digits or len(digits) > MOST_DIGITS:
        return ()
    places = (CENTS, 0) if decimals is None else (decimals,)
    return tuple(Decimal(digits).scaleb(-count) for count in places)


def _swaps(body: str, seen: dict[str, set[str]]) -> list[str]:
    """Every way of taking look-alikes in a text for digits or, at its ends, for a rule; few look-alikes only."""
    choices: list[tuple[str, ...]] = []
    strange = 0
    for place, char in enumerate(body):
        if char.isdigit() or char in ",. ":
            choices.append((char,))
            continue
        strange += 1
        digits = {LOOKALIKES[char]} if char in LOOKALIKES else set()
        ends = {""} if char in _JUNK and place in (0, len(body) - 1) else set()
        choices.append(tuple(sorted(digits | seen.get(char, set()) | ends)))
    digits_left = sum(c.isdigit() for c in body)
    if not strange or strange > digits_left or any(not c for c in choices):
        return []
    return ["".join(parts) for parts in itertools.islice(itertools.product(*choices), MOST_CANDIDATES)]


def learn(amounts: Iterable[Amount]) -> Convention:
    """How amounts are printed, from those whose grammar is right; zeros without decimals say nothing."""
    counted = [a for a in amounts if not a.percent and (a.value or a.decimals)]
    if len(counted) < STRICT_COUNT:
        return Convention()
    decimals = max(range(7), key=lambda n: sum(a.decimals == n for a in counted))
    thousands = [a for a in counted if abs(a.value) >= THOUSAND]
    return Convention(
        decimals if _most([a.decimals == decimals for a in counted]) else None,
        _usual([a.grouped for a in thousands]) if len(thousands) >= STRICT_COUNT // 4 else None,
    )


def _most(answers: list[bool]) -> bool:
    return sum(answers) >= STRICT_SHARE * len(answers)


def _usual(answers: list[bool]) -> bool | None:
    if _most(answers):
        return True
    return False if _most([not a for a in answers]) else None


def against(amount: Amount, convention: Convention) -> str:
    """What speaks against an amount whose grammar is right, in words; empty where nothing does."""
    if amount.value == 0:
        return ""
    if convention.decimals is not None and amount.decimals != convention.decimals:
        return f"小数位数为{amount.decimals}，本文件通常为{convention.decimals}位"
    if convention.grouped is True and not amount.grouped and abs(amount.value) >= THOUSAND:
        return "缺千位分隔符"
    return ""


def printed(value: Decimal, convention: Convention) -> str:
    """The value as the document would print it."""
    return f"{value:,.{convention.decimals or 0}f}" if convention.grouped else f"{value}"
