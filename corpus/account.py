"""Random accounts that add up: the figures behind the nine forms, in integer fen.

Every amount of a document follows from the 项 below by addition, so all identities of the forms hold exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from corpus import lists

ITEM_DIGITS = 7
ECONOMIC_DIGITS = 5
INCOMES = ("fiscal", "superior", "business", "operating", "affiliated", "other")
SPENDINGS = ("basic", "project", "up", "operations", "down")
BUDGETS = ("general", "fund", "capital")


@dataclass(frozen=True, slots=True)
class Item:
    """One 项 with its income by source and its spending by budget and use.

    `income` is keyed by INCOMES except "fiscal", which is the sum of `granted` by budget; `spent` is keyed by
    (budget or "own", use of SPENDINGS). Amounts are fen.
    """

    code: str
    granted: Mapping[str, int] = field(default_factory=dict)
    income: Mapping[str, int] = field(default_factory=dict)
    spent: Mapping[tuple[str, str], int] = field(default_factory=dict)
    opening: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Account:
    """A department's year. `own_use` is 使用非财政拨款结余, `assigned` 结余分配, `economic` the 款 of 公开06."""

    entity: str
    year: int
    items: tuple[Item, ...]
    own_opening: int
    own_use: int
    assigned: int
    economic: Mapping[str, int]
    receptions: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]
    before: Mapping[str, int]

    def granted(self, budget: str) -> int:
        return sum(i.granted.get(budget, 0) for i in self.items)

    def opening(self, budget: str) -> int:
        return sum(i.opening.get(budget, 0) for i in self.items)

    def spent(self, budget: str, use: str = "") -> int:
        return sum(v for i in self.items for (b, u), v in i.spent.items() if b == budget and use in ("", u))

    def income(self, source: str) -> int:
        if source == "fiscal":
            return sum(self.granted(b) for b in BUDGETS)
        return sum(i.income.get(source, 0) for i in self.items)


def chance(rng: Random, share: float) -> bool:
    """True in `share` of the cases."""
    return rng.random() < share


def amount(rng: Random, scale: float) -> int:
    """A plausible amount around `scale` fen: mostly to the fen, often to the yuan, sometimes a round figure."""
    value = scale * rng.lognormvariate(0, 0.9)
    if chance(rng, 0.62):
        return max(1000, round(value))
    if chance(rng, 0.6):
        return max(1000, round(value / 100) * 100)
    step = 10 ** rng.choice((4, 5, 6))
    return max(step, round(value / step) * step)


def _chosen(rng: Random, leading: str, year: int) -> list[str]:
    """The 项 of a department: its own business, pensions, medical and housing, now and then something else."""
    names = lists.functional("general")
    own = [c for c in names if len(c) == ITEM_DIGITS and c.startswith(leading)]
    codes = set(rng.sample(own, min(len(own), rng.randint(2, 6))))
    if not any(c.endswith(("01", "50")) for c in codes):
        codes.add(own[0])
    codes |= {"2080505"} | {c for c in ("2080501", "2080502", "2080506", "2080599") if chance(rng, 0.5)}
    codes |= {rng.choice(("2101101", "2101102"))} | {c for c in ("2101103", "2101199") if chance(rng, 0.5)}
    codes |= {"2210201"} | {c for c in ("2210202", "2210203") if chance(rng, 0.35)}
    listed = {c for c, _ in lists.categories(year)}
    others = [c for c in names if len(c) == ITEM_DIGITS and c not in codes and c[:3] in listed]
    return sorted(codes | set(rng.sample(others, rng.choice((0, 0, 1, 2, 3, 5, 9)))))


def _spent(rng: Random, code: str, scale: float, lead: bool) -> dict[tuple[str, str], int]:
    """What one 项 of the general budget spends."""
    if code[:5] in ("20805", "21011", "22102"):
        return {("general", "basic"): amount(rng, scale * 0.06)}
    found: dict[tuple[str, str], int] = {}
    if lead:
        found["general", "basic"] = amount(rng, scale) + round(scale / 2)
        if chance(rng, 0.3):
            found["general", "project"] = amount(rng, scale * 0.05)
    else:
        found["general", "project"] = amount(rng, scale * rng.choice((0.02, 0.1, 0.5, 3.0)))
        if chance(rng, 0.12):
            found["general", "basic"] = amount(rng, scale * 0.05)
    return found


def _own_spent(rng: Random, scale: float) -> dict[tuple[str, str], int]:
    """Spending that is not paid from grants."""
    found = {("own", rng.choice(("basic", "project"))): amount(rng, scale * 0.03)}
    if chance(rng, 0.15):
        found["own", rng.choice(("up", "operations", "down"))] = amount(rng, scale * 0.02)
    return found


def _incomes(rng: Random, spent: int) -> dict[str, int]:
    """Income other than grants that roughly covers `spent`, now and then a small negative correction."""
    source = rng.choice(("other", "other", "other", "business", "superior", "operating", "affiliated"))
    if chance(rng, 0.05):
        return {source: -min(spent, amount(rng, 200_000))}
    return {source: spent if chance(rng, 0.4) else max(1000, spent - rng.randint(-spent // 3, spent // 3))}


def _general_item(rng: Random, code: str, scale: float, *, lead: bool, carries: bool) -> Item:
    spent = _spent(rng, code, scale, lead)
    granted = sum(spent.values())
    opening = 0
    if carries and chance(rng, 0.4):
        opening = amount(rng, scale * 0.02)
        granted = max(granted - rng.choice((0, opening, opening // 3)), granted // 2)
        granted += rng.choice((0, 0, amount(rng, scale * 0.01)))
    income: dict[str, int] = {}
    if chance(rng, 0.35 if lead else 0.08):
        own = _own_spent(rng, scale)
        income = _incomes(rng, sum(own.values()))
        spent |= own
    return Item(code, {"general": granted}, income, spent, {"general": opening} if opening else {})


def _special_items(rng: Random, budget: str, scale: float) -> list[Item]:
    """项 of the fund or the state capital budget."""
    names = lists.functional(budget)
    codes = sorted(rng.sample([c for c in names if len(c) == ITEM_DIGITS], rng.choice((1, 1, 2, 3))))
    found = []
    for code in codes:
        spent = {(budget, "project"): amount(rng, scale * 0.5)}
        if budget == "fund" and chance(rng, 0.15):
            spent[budget, "basic"] = amount(rng, scale * 0.03)
        total = sum(spent.values())
        opening = amount(rng, scale * 0.05) if budget == "fund" and chance(rng, 0.5) else 0
        granted = total + (rng.choice((0, -opening, amount(rng, scale * 0.02))) if opening else 0)
        found.append(Item(code, {budget: max(granted, 0)}, {}, spent, {budget: opening} if opening else {}))
    return found


def _merged(items: list[Item]) -> tuple[Item, ...]:
    """Items by code; a code that two budgets share keeps both budgets' amounts."""
    by_code: dict[str, Item] = {}
    for item in items:
        known = by_code.get(item.code)
        if known is None:
            by_code[item.code] = item
            continue
        by_code[item.code] = Item(
            item.code,
            {**known.granted, **item.granted},
            {**known.income, **item.income},
            {**known.spent, **item.spent},
            {**known.opening, **item.opening},
        )
    return tuple(by_code[c] for c in sorted(by_code))


def random_account(rng: Random, entity: str, leading: str, year: int) -> Account:
    """A consistent year of a department whose own business is booked under the 款 `leading`."""
    scale = 10 ** rng.uniform(6.9, 9.7)
    codes = _chosen(rng, leading, year)
    own = [c for c in codes if c.startswith(leading)]
    lead = next((c for c in own if c.endswith(("01", "50"))), own[0])
    carries = chance(rng, 0.55)
    items = [_general_item(rng, c, scale, lead=c == lead, carries=carries) for c in codes]
    if chance(rng, 0.4):
        items += _special_items(rng, "fund", scale)
    if year >= lists.RENAMED and chance(rng, 0.25):
        items += _special_items(rng, "capital", scale * 0.3)
    merged = _merged(items)
    own_spent = sum(v for i in merged for (b, _), v in i.spent.items() if b == "own")
    own_income = sum(v for i in merged for v in i.income.values())
    use = amount(rng, scale * 0.01) if chance(rng, 0.12) else 0
    assigned = amount(rng, scale * 0.004) if chance(rng, 0.12) else 0
    missing = own_spent + assigned - own_income - use
    opening = max(missing, 0) + (amount(rng, scale * 0.03) if own_spent and chance(rng, 0.6) else 0)
    economic = _economic(rng, merged)
    bases = {
        "income": own_income + sum(v for i in merged for v in i.granted.values()),
        "granted": sum(v for i in merged for v in i.granted.values()),
        "spent": sum(v for i in merged for (b, _), v in i.spent.items() if b == "general"),
        "running": sum(v for c, v in economic.items() if c[:3] not in ("301", "303")),
    }
    before = {k: max(1, round(v * rng.uniform(0.6, 1.5))) for k, v in bases.items()}
    return Account(entity, year, merged, opening, use, assigned, economic, _receptions(rng, economic, scale), before)


_LINKED = {
    "30108": ("2080505",),
    "30109": ("2080506",),
    "30110": ("2101101", "2101102"),
    "30111": ("2101103",),
    "30113": ("2210201",),
}


def _economic(rng: Random, items: tuple[Item, ...]) -> dict[str, int]:
    """The general budget's basic spending by 经济分类 款; contributions equal the 项 they are paid from."""
    basic = {i.code: i.spent.get(("general", "basic"), 0) for i in items}
    found = {k: v for k, codes in _LINKED.items() if (v := sum(basic.get(c, 0) for c in codes))}
    rest = sum(basic.values()) - sum(found.values())
    wages = [("30101", 9.0), ("30102", 6.0), ("30103", 4.0), ("30107", 3.0), ("30199", 2.0), ("30112", 0.2)]
    codes = [
        c
        for c in lists.economic()
        if len(c) == ECONOMIC_DIGITS and c not in found and c[:3] in ("301", "302", "303", "310")
    ]
    extra = [(c, rng.choice((0.02, 0.1, 0.4))) for c in rng.sample(codes, rng.randint(6, 22)) if c not in dict(wages)]
    if chance(rng, 0.1):
        extra.append((rng.choice(("31204", "39999", "30701")), 0.1))
    shares = [(c, w * rng.lognormvariate(0, 0.6)) for c, w in wages + extra if chance(rng, 0.9)]
    total = sum(w for _, w in shares)
    left = rest
    for code, weight in shares[1:]:
        part = round(rest * weight / total)
        part = part if chance(rng, 0.6) else part // 10000 * 10000
        if 0 < part < left:
            found[code] = found.get(code, 0) + part
            left -= part
    if left:
        found[shares[0][0]] = found.get(shares[0][0], 0) + left
    return found


Receptions = tuple[int, int, int, int]


def _receptions(rng: Random, economic: Mapping[str, int], scale: float) -> tuple[Receptions, Receptions]:
    """“三公”经费 as (budgeted, actual), each 出国, 购车, 用车, 接待; actual holds at least what 公开06 books."""
    codes = ("30212", "31013", "30231", "30217")
    actual = [economic.get(c, 0) for c in codes]
    if chance(rng, 0.25):
        actual[2] += amount(rng, scale * 0.002)
    budget = [
        rng.choice((v, v, round(v * 1.25 / 10000) * 10000 + 10000)) if v else rng.choice((0, 0, 0, 1_000_000))
        for v in actual
    ]
    return (budget[0], budget[1], budget[2], budget[3]), (actual[0], actual[1], actual[2], actual[3])
