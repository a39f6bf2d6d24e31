"""Random documents whose figures agree, built as the steps before settling would hand them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from models.document import Cell, Column, Document, Line, Origin, Reading, Row, Table
from models.forms import form_by_code

FORMS = tuple(f"公开0{n}" for n in range(1, 10))
ITEMS = (
    ("2010301", "行政运行"),
    ("2010302", "一般行政管理事务"),
    ("2013202", "一般行政管理事务"),
    ("2080505", "机关事业单位基本养老保险缴费支出"),
    ("2080506", "机关事业单位职业年金缴费支出"),
    ("2101101", "行政单位医疗"),
    ("2101501", "行政运行"),
    ("2210201", "住房公积金"),
)
UPPER = {
    "201": "一般公共服务支出",
    "20103": "政府办公厅（室）及相关机构事务",
    "20132": "组织事务",
    "208": "社会保障和就业支出",
    "20805": "行政事业单位养老支出",
    "210": "卫生健康支出",
    "21011": "行政事业单位医疗",
    "21015": "医疗保障管理事务",
    "221": "住房保障支出",
    "22102": "住房改革支出",
}
ENTITY, YEAR = "青河县统计局", "2023"


@dataclass(frozen=True)
class Spent:
    """What one 项 cost, in fen: basic and project spending from the budget, basic spending from other income."""

    code: str
    name: str
    basic: int
    project: int
    other: int


@dataclass(frozen=True)
class Account:
    """All figures of a document, in fen; everything else follows from them."""

    spent: tuple[Spent, ...]
    carried: int
    staff_share: int
    cars: int
    guests: int


ACCOUNT = Account(
    spent=(
        Spent("2010301", "行政运行", 123456789, 0, 5000012),
        Spent("2010302", "一般行政管理事务", 2345678, 34567890, 0),
        Spent("2080505", "机关事业单位基本养老保险缴费支出", 45678901, 0, 0),
        Spent("2101101", "行政单位医疗", 5678912, 0, 0),
        Spent("2210201", "住房公积金", 67891234, 0, 0),
    ),
    carried=98765432,
    staff_share=80,
    cars=2314159,
    guests=271828,
)


@dataclass
class Draft:
    """A table being written: rows of (block, code, name, {栏次: fen})."""

    code: str
    rows: list[tuple[int, str, str, dict[str, int]]] = field(default_factory=list)

    def row(self, name: str, values: Mapping[str, int], code: str = "", block: int = 0) -> None:
        self.rows.append((block, code, name, dict(values)))


def money(fen: int) -> str:
    """An amount as these documents print it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


fen = st.integers(min_value=1, max_value=10**10)


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Figures that agree because each is kept once."""
    chosen = draw(st.lists(st.sampled_from(ITEMS), min_size=2, max_size=6, unique=True))
    spent = tuple(
        Spent(code, name, draw(fen), draw(st.just(0) | fen), draw(st.just(0) | fen)) for code, name in sorted(chosen)
    )
    small = st.integers(min_value=0, max_value=10**7)
    return Account(spent, draw(fen), draw(st.integers(min_value=1, max_value=99)), draw(small), draw(small))


def build(account: Account, changed: Mapping[str, Reading] | None = None, lines: Sequence[str] = ()) -> Document:
    """The document that prints an account; `changed` puts other readings in place of some cells'."""
    drafts = [_overview(account), _flows(account, "公开02"), _flows(account, "公开03"), _grants(account)]
    drafts += [_flows(account, "公开05"), _economic(account), _three_public(account)]
    tables = [_table(draft, changed or {}) for draft in drafts]
    tables += [_empty(code) for code in ("公开08", "公开09")]
    text = (ENTITY, f"{YEAR}年度部门决算", *lines)
    return Document(1, Origin.SCAN, tuple(tables), tuple(Line(t, 1) for t in text))


def _sums(account: Account, code: str) -> dict[str, int]:
    found = [s for s in account.spent if s.code.startswith(code)]
    basic, project, other = (sum(getattr(s, k) for s in found) for k in ("basic", "project", "other"))
    return {"basic": basic, "project": project, "other": other}


def _flow(form: str, sums: Mapping[str, int]) -> dict[str, int]:
    granted = sums["basic"] + sums["project"]
    if form == "公开02":
        return {"1": granted + sums["other"], "2": granted, "7": sums["other"]}
    if form == "公开03":
        return {"1": granted + sums["other"], "2": sums["basic"] + sums["other"], "3": sums["project"]}
    return {"1": granted, "2": sums["basic"], "3": sums["project"]}


def _flows(account: Account, form: str) -> Draft:
    draft = Draft(form)
    draft.row("合计", _flow(form, _sums(account, "")))
    written: set[str] = set()
    for spent in account.spent:
        for code in (spent.code[:3], spent.code[:5], spent.code):
            if code not in written:
                written.add(code)
                draft.row(UPPER.get(code, spent.name), _flow(form, _sums(account, code)), code)
    return draft


def _overview(account: Account) -> Draft:
    draft = Draft("公开01")
    sums = _sums(account, "")
    granted = sums["basic"] + sums["project"]
    total = granted + sums["other"]
    draft.row("一、一般公共预算财政拨款收入", {"1": granted})
    draft.row("八、其他收入", {"1": sums["other"]})
    draft.row("本年收入合计", {"1": total})
    draft.row("年初结转和结余", {"1": account.carried})
    draft.row("总计", {"1": total + account.carried})
    for code, name in UPPER.items():
        if len(code) == 3:
            draft.row(name, {"2": _flow("公开03", _sums(account, code))["1"]}, block=1)
    draft.row("本年支出合计", {"2": total}, block=1)
    draft.row("年末结转和结余", {"2": account.carried}, block=1)
    draft.row("总计", {"2": total + account.carried}, block=1)
    return draft


def _grants(account: Account) -> Draft:
    draft = Draft("公开04")
    sums = _sums(account, "")
    granted = sums["basic"] + sums["project"]
    draft.row("一、一般公共预算财政拨款", {"1": granted})
    draft.row("本年收入合计", {"1": granted})
    draft.row("总计", {"1": granted})
    for code, name in UPPER.items():
        if len(code) == 3:
            spent = _flow("公开05", _sums(account, code))["1"]
            draft.row(name, {"2": spent, "3": spent}, block=1)
    draft.row("本年支出合计", {"2": granted, "3": granted}, block=1)
    draft.row("总计", {"2": granted, "3": granted}, block=1)
    return draft


def _economic(account: Account) -> Draft:
    draft = Draft("公开06")
    basic = _sums(account, "")["basic"]
    staff = basic * account.staff_share // 100
    wages = staff // 3
    office = (basic - staff) // 2
    draft.row("工资福利支出", {"": staff}, "301")
    draft.row("基本工资", {"": wages}, "30101")
    draft.row("津贴补贴", {"": staff - wages}, "30102")
    draft.row("人员经费合计", {"": staff})
    draft.row("商品和服务支出", {"": basic - staff}, "302", block=1)
    draft.row("办公费", {"": office}, "30201", block=1)
    draft.row("差旅费", {"": basic - staff - office}, "30211", block=1)
    draft.row("公用经费合计", {"": basic - staff}, block=1)
    return draft


def _three_public(account: Account) -> Draft:
    draft = Draft("公开07")
    half = {"1": account.cars + account.guests, "3": account.cars, "5": account.cars, "6": account.guests}
    draft.row("", half | {str(int(k) + 6): v for k, v in half.items()})
    return draft


def _columns(form: str) -> tuple[Column, ...]:
    return tuple(Column(c.number, c.name, c.name, c.block) for c in form_by_code(form).columns if not c.optional)


def _table(draft: Draft, changed: Mapping[str, Reading]) -> Table:
    columns = _columns(draft.code)
    rows, cells = [], []
    for i, (block, code, name, values) in enumerate(draft.rows):
        rows.append(Row(i, block, Reading(), Reading(code), Reading(name)))
        for j, column in enumerate(columns):
            if column.block == block:
                cell_id = f"g{draft.code[-2:]}-r{i:02d}-c{j}"
                value = values.get(column.number, 0)
                plain = Reading(money(value) if value else "")
                cells.append(Cell(cell_id, i, j, changed.get(cell_id, plain)))
    title = form_by_code(draft.code).title
    return Table(draft.code, title, draft.code, "元", (1,), columns, tuple(rows), tuple(cells))


def _empty(form: str) -> Table:
    columns = _columns(form)
    cells = tuple(Cell(f"g{form[-2:]}-r00-c{j}", 0, j, Reading()) for j in range(len(columns)))
    row = Row(0, 0, Reading(), Reading(), Reading("合计"))
    return Table(form, form_by_code(form).title, form, "元", (1,), columns, (row,), cells, declared_empty=True)


def printed_cells(document: Document) -> list[Cell]:
    """The cells that print an amount."""
    return [cell for table in document.tables for cell in table.cells if cell.reading.text]


@st.composite
def misread(draw: st.DrawFn, text: str) -> str:
    """The text with one digit lost, doubled or taken for another; never the same amount."""
    places = [i for i, c in enumerate(text) if c.isdigit()]
    at = draw(st.sampled_from(places))
    slip = draw(st.sampled_from(("other", "lost", "doubled")))
    if slip == "lost":
        return text[:at] + text[at + 1 :]
    if slip == "doubled":
        return text[:at] + text[at] + text[at:]
    digit = draw(st.sampled_from([d for d in "0123456789" if d != text[at]]))
    return text[:at] + digit + text[at + 1 :]
