"""Part three of a disclosure: the sentences that state its figures once more, in several provinces' phrasings."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from corpus import lists
from corpus.account import BUDGETS, Account
from corpus.forms import INCOME_NAMES, SPENDING_NAMES
from corpus.variant import Variant

_CENT = Decimal("0.01")
_FEN_PER = {"元": 100, "万元": 1_000_000}
Section = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Voice:
    """How one document words its figures."""

    unit: str
    grouped: bool
    spaced: bool
    more: str
    less: str

    def money(self, fen: int) -> str:
        value = (Decimal(fen) / _FEN_PER[self.unit]).quantize(_CENT, ROUND_HALF_UP)
        text = f"{value:,.2f}" if self.grouped else f"{value:.2f}"
        return f" {text} {self.unit}" if self.spaced else f"{text}{self.unit}"

    def share(self, part: int, whole: int) -> str:
        value = Decimal(part * 100) / whole if whole else Decimal(0)
        return f"{value.quantize(_CENT, ROUND_HALF_UP)}%"

    def change(self, now: int, before: int) -> str:
        """增加…，增长…% or its opposite."""
        if now == before:
            return "与上年持平"
        grown = now > before
        verb, rate = ("增加", self.more) if grown else ("减少", self.less)
        return f"{verb}{self.money(abs(now - before))}，{rate}{self.share(abs(now - before), before)}"


def voice(rng: Random, variant: Variant) -> Voice:
    """A random wording in the unit this variant's narrative uses."""
    return Voice(
        unit=variant.narrative_unit,
        grouped=rng.choice((variant.style == "grouped", False)),
        spaced=rng.choice((True, False)),
        more=rng.choice(("增长", "增加", "增长")),
        less=rng.choice(("下降", "降低", "减少")),
    )


def _parts(said: Voice, names: tuple[str, ...], amounts: list[int], *, zeros: bool) -> str:
    whole = sum(amounts)
    told = [(n, a) for n, a in zip(names, amounts, strict=True) if a or zeros]
    return "；".join(f"{n}{said.money(a)}，占{said.share(a, whole)}" for n, a in told)


def sections(account: Account, variant: Variant, rng: Random) -> tuple[Section, ...]:
    """The sections of part three, headings with their paragraphs."""
    said = voice(rng, variant)
    heads = (_overall, _income, _spending, _grants, _general, _basic, _receptions, _rest)
    return tuple(
        (f"{lists.ordinal(n)}、{title}", paragraphs)
        for n, (title, paragraphs) in enumerate((h(account, said, rng) for h in heads), 1)
    )


def _overall(account: Account, said: Voice, rng: Random) -> Section:
    income = sum(account.income(s) for s in ("fiscal", "superior", "business", "operating", "affiliated", "other"))
    opening = account.own_opening + sum(account.opening(b) for b in BUDGETS)
    total = income + account.own_use + opening
    change = said.change(total, account.before["income"])
    year = account.year
    told = said.money(total)
    worded = rng.choice(
        (
            f"{year}年度收、支总计均为{told}。与上年度相比，收、支总计各{change}，主要原因是项目经费变动。",
            f"{year}年度收入总计{told}，支出总计{told}。与{year - 1}年度相比，收、支总计各{change}。",
            f"{account.entity}{year}年度收入支出总计{told}。与{year - 1}年度相比，收入支出总计{change}。",
        )
    )
    return "收入支出决算总体情况说明", (worded,)


def _income(account: Account, said: Voice, rng: Random) -> Section:
    amounts = [account.income(s) for s in ("fiscal", "superior", "business", "operating", "affiliated", "other")]
    lead = rng.choice((f"{account.year}年度收入合计", "本年收入合计"))
    parts = _parts(said, INCOME_NAMES, amounts, zeros=rng.choice((True, False)))
    return "收入决算情况说明", (f"{lead}{said.money(sum(amounts))}，其中：{parts}。",)


def _spending(account: Account, said: Voice, rng: Random) -> Section:
    uses = ("basic", "project", "up", "operations", "down")
    amounts = [sum(v for i in account.items for (_, u), v in i.spent.items() if u == use) for use in uses]
    lead = rng.choice((f"{account.year}年度支出合计", "本年支出合计"))
    parts = _parts(said, SPENDING_NAMES, amounts, zeros=rng.choice((True, False)))
    return "支出决算情况说明", (f"{lead}{said.money(sum(amounts))}，其中：{parts}。",)


def _grants(account: Account, said: Voice, rng: Random) -> Section:
    total = sum(account.granted(b) + account.opening(b) for b in BUDGETS)
    change = said.change(total, account.before["granted"])
    lead = rng.choice(
        (f"{account.year}年度财政拨款收、支总计均为", f"{account.entity}{account.year}年度财政拨款收入支出总计")
    )
    return "财政拨款收入支出决算总体情况说明", (f"{lead}{said.money(total)}。与上年相比，{change}。",)


def _general(account: Account, said: Voice, rng: Random) -> Section:
    spent = account.spent("general")
    whole = sum(v for i in account.items for v in i.spent.values())
    change = said.change(spent, account.before["spent"])
    first = (
        f"（一）总体情况。{account.year}年度一般公共预算财政拨款支出{said.money(spent)}，占本年支出合计的"
        f"{said.share(spent, whole)}。与上年相比，一般公共预算财政拨款支出{change}。"
    )
    mark = rng.choice(("（类）支出", "支出（类）", "支出"))
    told = []
    for code, name in lists.categories(account.year):
        fen = sum(v for i in account.items for (b, _), v in i.spent.items() if b == "general" and i.code[:3] == code)
        if fen:
            told.append(f"{name.removesuffix('支出')}{mark}{said.money(fen)}，占{said.share(fen, spent)}")
    second = (
        f"（二）结构情况。{account.year}年度一般公共预算财政拨款支出{said.money(spent)}，主要用于以下方面："
        f"{'；'.join(told)}。"
    )
    return "一般公共预算财政拨款支出决算情况说明", (first, second)


def _basic(account: Account, said: Voice, rng: Random) -> Section:
    basic = account.spent("general", "basic")
    people = sum(v for c, v in account.economic.items() if c[:3] in ("301", "303"))
    names = lists.economic()
    used = [c for c in names if account.economic.get(c) and c[:3] in ("301", "303")][:4]
    detail = "、".join(names[c] + (said.money(account.economic[c]) if rng.random() > 1 / 2 else "") for c in used)
    text = (
        f"{account.year}年度一般公共预算财政拨款基本支出{said.money(basic)}，其中：人员经费{said.money(people)}，"
        f"主要包括：{detail}等；公用经费{said.money(basic - people)}。"
    )
    return "一般公共预算财政拨款基本支出决算情况说明", (text,)


def _receptions(account: Account, said: Voice, rng: Random) -> Section:
    budget, actual = account.receptions
    total, spent = sum(budget), sum(actual)
    lead = rng.choice(("“三公”经费财政拨款支出预算为", "“三公”经费财政拨款支出年初预算为"))
    text = f"{account.year}年度{lead}{said.money(total)}，支出决算为{said.money(spent)}"
    text += f"，完成预算的{said.share(spent, total)}。" if total else "。"
    parts = (actual[0], actual[1] + actual[2], actual[3])
    named = ("因公出国（境）费支出决算", "公务用车购置及运行维护费支出决算", "公务接待费支出决算")
    detail = "；".join(f"{n}{said.money(v)}，占{said.share(v, spent)}" for n, v in zip(named, parts, strict=True))
    return "“三公”经费财政拨款支出决算情况说明", (text, detail + "。")


def _rest(account: Account, said: Voice, rng: Random) -> Section:
    running = sum(v for c, v in account.economic.items() if c[:3] not in ("301", "303"))
    change = said.change(running, account.before["running"])
    fund = account.spent("fund")
    year = account.year
    texts = [
        f"（一）机关运行经费支出情况。{year}年度机关运行经费支出{said.money(running)}，比{year - 1}年度{change}。",
        f"（二）政府性基金预算财政拨款支出情况。{year}年度政府性基金预算财政拨款支出{said.money(fund)}。",
    ]
    cars = rng.randint(0, 12)
    texts.append(f"（三）国有资产占有使用情况。截至{account.year}年12月31日，本部门共有车辆{cars}辆。")
    return "其他重要事项的情况说明", tuple(texts)
