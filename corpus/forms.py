"""The nine forms filled from an account: which figure stands in which row and column, as printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal

from corpus import lists
from corpus.account import BUDGETS, Account, Item
from corpus.truth import Column, Row, Table
from corpus.variant import Variant

_CENT = Decimal("0.01")
Spec = tuple[str, Callable[[Item], int]]

INCOME_NAMES = ("财政拨款收入", "上级补助收入", "事业收入", "经营收入", "附属单位上缴收入", "其他收入")
SPENDING_NAMES = ("基本支出", "项目支出", "上缴上级支出", "经营支出", "对附属单位补助支出")
GRANTS = ("一般公共预算财政拨款", "政府性基金预算财政拨款", "国有资本经营预算财政拨款")
_RECEPTIONS = (
    "合计",
    "因公出国（境）费",
    "公务用车购置及运行维护费/小计",
    "公务用车购置及运行维护费/公务用车购置费",
    "公务用车购置及运行维护费/公务用车运行维护费",
    "公务接待费",
)


def printed(fen: int, variant: Variant) -> Decimal | None:
    """What the paper prints for an amount: rounded to its unit, None where it leaves nought blank."""
    if fen == 0 and not variant.zero:
        return None
    value = Decimal(fen) / (100 if variant.unit == "元" else 1_000_000)
    return value.quantize(_CENT, ROUND_HALF_UP)


def _used(item: Item, budget: str, *uses: str) -> int:
    return sum(v for (b, u), v in item.spent.items() if budget in ("", b) and (not uses or u in uses))


def _granted(item: Item) -> int:
    return sum(item.granted.values())


def _income_specs() -> tuple[Spec, ...]:
    def of(source: str) -> Callable[[Item], int]:
        return lambda item: item.income.get(source, 0)

    parts: list[Spec] = [("财政拨款收入", _granted)]
    sources = ("superior", "business", "operating", "affiliated", "other")
    parts += [(n, of(s)) for n, s in zip(INCOME_NAMES[1:], sources, strict=True)]
    return (("本年收入合计", lambda i: _granted(i) + sum(i.income.values())), *parts)


def _spending_specs(budget: str, names: Sequence[str]) -> tuple[Spec, ...]:
    def of(use: str) -> Callable[[Item], int]:
        return lambda item: _used(item, budget, use)

    uses = ("basic", "project", "up", "operations", "down")
    return (
        ("本年支出合计", lambda i: _used(i, budget)),
        *((n, of(u)) for n, u in zip(names, uses, strict=False)),
    )


def _fund_specs() -> tuple[Spec, ...]:
    def opening(item: Item) -> int:
        return item.opening.get("fund", 0)

    def income(item: Item) -> int:
        return item.granted.get("fund", 0)

    def spent(item: Item) -> int:
        return _used(item, "fund")

    return (
        ("年初结转和结余", opening),
        ("本年收入", income),
        ("本年支出/小计", spent),
        ("本年支出/基本支出", lambda i: _used(i, "fund", "basic")),
        ("本年支出/项目支出", lambda i: _used(i, "fund", "project")),
        ("年末结转和结余", lambda i: opening(i) + income(i) - spent(i)),
    )


def _subject(code: str, account: Account) -> str:
    for budget in BUDGETS:
        if name := lists.functional(budget).get(code):
            return lists.name_in(code, name, account.year)
    raise KeyError(code)


def _by_subject(account: Account, variant: Variant, specs: Sequence[Spec]) -> tuple[Row, ...]:
    """Rows of a table by 功能分类: 合计, and 类 款 项 with their sums."""
    items = [i for i in account.items if any(f(i) for _, f in specs)]
    lengths = (7,) if variant.leaves_only else (3, 5, 7)
    codes = sorted({i.code[:n] for i in items for n in lengths})
    found: list[tuple[str, str, list[Item]]] = [
        (c, _subject(c, account), [i for i in items if i.code.startswith(c)]) for c in codes
    ]
    total = ("", "合计", items)
    found = [*found, total] if variant.total == "last" else [total, *found]
    rows = []
    for line, (code, name, members) in enumerate(found):
        sums = (sum(f(i) for i in members) for _, f in specs)
        values = tuple(printed(v, variant) if items or variant.empty == "zero" else None for v in sums)
        rows.append(Row(line, 0, "", code, name, values))
    return tuple(rows)


def _subject_table(code: str, title: str, account: Account, variant: Variant, specs: Sequence[Spec]) -> Table:
    columns = tuple(Column(str(n), name) for n, (name, _) in enumerate(specs, 1))
    return Table(code, title, variant.unit, columns, _by_subject(account, variant, specs))


Side = list[tuple[str, tuple[int, ...] | None]]


def _blocks(variant: Variant, left: Side, right: Side) -> tuple[Row, ...]:
    """Two lists side by side; 行次 runs on from the left to the right. None marks rows without figures."""
    rows = []
    for line, pair in enumerate(zip(left, right, strict=True)):
        for block, (name, amounts) in enumerate(pair):
            width = len((left, right)[block][0][1] or ())
            number = str(line + 1 + block * len(left)) if variant.line_numbers else ""
            values = (None,) * width if amounts is None else tuple(printed(a, variant) for a in amounts)
            rows.append(Row(line, block, number, "", name, values))
    return tuple(rows)


def _numbered(names: Iterable[str]) -> list[str]:
    return [f"{lists.ordinal(n)}、{name}" for n, name in enumerate(names, 1)]


def _own_balance(account: Account) -> str:
    if account.year < lists.RESTRUCTURED:
        return "用事业基金弥补收支差额"
    return "使用非财政拨款结余（含专用结余）" if account.year > lists.RENAMED + 1 else "使用非财政拨款结余"


def _summary(account: Account, variant: Variant) -> Table:
    """公开01: all income and spending with carry-overs."""
    incomes = [account.granted(b) for b in BUDGETS]
    incomes += [account.income(s) for s in ("superior", "business", "operating", "affiliated", "other")]
    names = [*(f"{g}收入" for g in GRANTS), *INCOME_NAMES[1:]]
    categories = lists.categories(account.year)
    spent = [sum(_used(i, "") for i in account.items if i.code.startswith(c)) for c, _ in categories]
    opening = account.own_opening + sum(account.opening(b) for b in BUDGETS)
    total = sum(incomes) + account.own_use + opening
    blank: Side = [("", None)] * (len(categories) - len(names))
    left: Side = [(n, (v,)) for n, v in zip(_numbered(names), incomes, strict=True)] + blank
    right: Side = [(n, (v,)) for n, v in zip(_numbered(n for _, n in categories), spent, strict=True)]
    left += [("本年收入合计", (sum(incomes),)), (_own_balance(account), (account.own_use,))]
    left += [("年初结转和结余", (opening,)), ("总计", (total,))]
    right += [("本年支出合计", (sum(spent),)), ("结余分配", (account.assigned,))]
    right += [("年末结转和结余", (total - sum(spent) - account.assigned,)), ("总计", (total,))]
    columns = (Column("1", "收入决算数", 0), Column("2", "支出决算数", 1))
    return Table("公开01", variant.summary_title, variant.unit, columns, _blocks(variant, left, right))


def _with_sum(amounts: Sequence[int]) -> tuple[int, ...]:
    return (sum(amounts), *amounts)


def _grants(account: Account, variant: Variant) -> Table:
    """公开04: grants by budget and what they were spent on."""
    granted = [account.granted(b) for b in BUDGETS]
    opening = [account.opening(b) for b in BUDGETS]
    spent = [account.spent(b) for b in BUDGETS]
    closing = [o + g - s for o, g, s in zip(opening, granted, spent, strict=True)]
    categories = lists.categories(account.year)
    left: Side = [(n, (v,)) for n, v in zip(_numbered(GRANTS), granted, strict=True)]
    left += [("", None)] * (len(categories) - 3)
    left += [("本年收入合计", (sum(granted),)), ("年初财政拨款结转和结余", (sum(opening),))]
    left += [(n, (v,)) for n, v in zip(_numbered(GRANTS), opening, strict=True)]
    left += [("总计", (sum(granted) + sum(opening),))]
    by_category = [
        _with_sum([sum(_used(i, b) for i in account.items if i.code.startswith(c)) for b in BUDGETS])
        for c, _ in categories
    ]
    right: Side = list(zip(_numbered(n for _, n in categories), by_category, strict=True))
    right += [("本年支出合计", _with_sum(spent)), ("年末财政拨款结转和结余", _with_sum(closing))]
    right += [("", None)] * 3
    right += [("总计", _with_sum([g + o for g, o in zip(granted, opening, strict=True)]))]
    names = ("合计", *GRANTS)
    columns = (Column("1", "收入决算数", 0), *(Column(str(n), name, 1) for n, name in enumerate(names, 2)))
    title = "财政拨款" + variant.summary_title
    return Table("公开04", title, variant.unit, columns, _blocks(variant, left, right))


_THREE_BLOCKS = (("301", "303"), ("302",), ("307", "310", "312", "399"))


def _economic(account: Account, variant: Variant) -> Table:
    """公开06: basic spending by 经济分类, people left, running costs right."""
    names = lists.economic()
    used = account.economic
    shown = [c for c in names if c[:3] in ("301", "302", "303", "310") or any(u[:3] == c[:3] for u in used)]
    groups: tuple[tuple[str, ...], ...]
    if variant.blocks == len(_THREE_BLOCKS):
        groups = _THREE_BLOCKS
        shown = [c for c in names if c[:3] != "312" or any(u[:3] == "312" for u in used)]
    else:
        groups = (("301", "303"), ("302", "307", "310", "312", "399"))
    rows: list[Row] = []
    longest = 0
    for block, group in enumerate(groups):
        codes = [c for g in group for c in shown if c[:3] == g]
        longest = max(longest, len(codes))
        for line, code in enumerate(codes):
            fen = sum(v for c, v in used.items() if c.startswith(code))
            rows.append(Row(line, block, "", code, names[code], (printed(fen, variant),)))
    people = sum(v for c, v in used.items() if c[:3] in ("301", "303"))
    rows.append(Row(longest, 0, "", "", "人员经费合计", (printed(people, variant),)))
    running = printed(sum(used.values()) - people, variant)
    rows.append(Row(longest, len(groups) - 1, "", "", "公用经费合计", (running,)))
    columns = tuple(Column("", "决算数", b) for b in range(len(groups)))
    rows.sort(key=lambda r: (r.line, r.block))
    return Table("公开06", variant.detail_title, variant.unit, columns, tuple(rows))


def _receptions(account: Account, variant: Variant) -> Table:
    """公开07: “三公”经费, budgeted and actual."""

    def spread(parts: tuple[int, int, int, int]) -> tuple[int, ...]:
        abroad, bought, driven, received = parts
        return (sum(parts), abroad, bought + driven, bought, driven, received)

    amounts = spread(account.receptions[0]) + spread(account.receptions[1])
    names = [f"{kind}/{n}" for kind in ("预算数", "决算数") for n in _RECEPTIONS]
    columns = tuple(Column(str(n), name) for n, name in enumerate(names, 1))
    values = tuple(printed(a, variant) for a in amounts)
    return Table("公开07", variant.receptions_title, variant.unit, columns, (Row(0, 0, "", "", "", values),))


def tables(account: Account, variant: Variant) -> tuple[Table, ...]:
    """The nine forms in the order, and under the numbers, this variant prints them."""
    capital = _spending_specs("capital", SPENDING_NAMES[:2])
    found = {
        "公开01": _summary(account, variant),
        "公开02": _subject_table("公开02", "收入决算表", account, variant, _income_specs()),
        "公开03": _subject_table("公开03", "支出决算表", account, variant, _spending_specs("", SPENDING_NAMES)),
        "公开04": _grants(account, variant),
        "公开05": _subject_table(
            "公开05", "一般公共预算财政拨款支出决算表", account, variant, _spending_specs("general", SPENDING_NAMES[:2])
        ),
        "公开06": _economic(account, variant),
        "公开07": _receptions(account, variant),
        "公开08": _subject_table("公开08", "政府性基金预算财政拨款收入支出决算表", account, variant, _fund_specs()),
        "公开09": _subject_table("公开09", "国有资本经营预算财政拨款支出决算表", account, variant, capital),
    }
    return tuple(_marked(found[code], number, account, variant) for number, code in enumerate(variant.order, 1))


_EMPTY_NOTE = {"公开08": "政府性基金预算财政拨款收入支出", "公开09": "国有资本经营预算财政拨款支出"}


def _marked(table: Table, number: int, account: Account, variant: Variant) -> Table:
    mark = variant.mark.format(f"{number:02d}") if variant.mark else ""
    note = f"注：本表反映部门本年度{table.title.removesuffix('表').removesuffix('决算')}情况。" if variant.note else ""
    if table.code in _EMPTY_NOTE and len(table.rows) == 1 and variant.empty in ("note", "rows"):
        what = _EMPTY_NOTE[table.code]
        note = (
            f"注：{account.entity}{account.year}年度无{what}，故本表无数据。"
            if variant.empty == "rows"
            else f"注：本部门{account.year}年度无{what}，本表为空。"
        )
    return Table(table.code, table.title, table.unit, table.columns, table.rows, note, mark)
