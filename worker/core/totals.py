"""合计 and the first 科目 torn apart: their labels put back where the sums say they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from models.document import Reading, Row, Table
from models.forms import Form, Shape
from worker.core.accounts import ROOT, accounts, is_economic
from worker.core.amounts import parse, repair
from worker.core.glyphs import confused
from worker.core.names import bare

TOTALS = ("合计", "总计")
LEAST_PARTS = 2


def labels_put_back(table: Table, form: Form | None) -> dict[int, Row]:
    """The rows whose code and name belong to each other's line, as they should be, by index; empty if none are proven.

    Seen where 合计 stood in a line of its own beside the first 科目: the code stays with the total, and its name slides
    into the total's line or the 合计 into the name's. Proof is that the line with the 合计 then adds up all others.
    """
    if form is None or form.shape is not Shape.ACCOUNTS or is_economic(table, form):
        return {}
    for place in range(len(table.rows) - 1):
        mended = _mended(table.rows[place], table.rows[place + 1])
        if mended is None:
            continue
        first, second = mended
        rows = (*table.rows[:place], first, second, *table.rows[place + 2 :])
        now = replace(table, rows=rows)
        if _adds_up(now, place, form) and not _adds_up(table, place + 1, form):
            return {place: first, place + 1: second}
    return {}


def misread_total(table: Table, form: Form | None) -> tuple[int, str]:
    """The row of the total whose name of two characters is misread, and what proves it; -1 if none is."""
    if form is not None and form.shape is Shape.ITEMS:
        return _last_line(table)
    if form is None or form.shape is not Shape.ACCOUNTS or is_economic(table, form):
        return -1, ""
    names = [bare(row.name.text) for row in table.rows]
    if any(name in TOTALS for name in names):
        return -1, ""
    return next((found for row in range(len(names)) if (found := _told(table, form, names, row))[1]), (-1, ""))


def _told(table: Table, form: Form, names: Sequence[str], row: int) -> tuple[int, str]:
    """The row and what proves that it is the total, nothing if nothing does."""
    name, at_end = names[row], row in (0, len(names) - 1)
    if len(name) != len(TOTALS[0]) or table.rows[row].code.text.strip():
        return row, ""
    if at_end and _adds_up(table, row, form):
        return row, "首行或末行，无科目代码；等于各科目之和"
    if not _is_near(name, TOTALS[0]):
        return row, ""
    if _adds_up(table, row, form, least=1):
        return row, "该行等于各科目之和"
    pairs = confused(name, TOTALS[0])
    return row, f"形近字{pairs}；首行或末行，无科目代码" if pairs and at_end else ""


def _is_near(name: str, total: str) -> bool:
    """Whether a name is a word for the total but for one of its two characters."""
    return len(name) == len(total) and sum(a == b for a, b in zip(name, total, strict=True)) == 1


def _last_line(table: Table) -> tuple[int, str]:
    """The 总计 of one side that is misread, beside that of the other side on the same line, the last of both."""
    last = {row.block: i for i, row in enumerate(table.rows) if bare(row.name.text)}
    for row in last.values():
        beside = [other for other in last.values() if other != row and table.rows[other].line == table.rows[row].line]
        wanted = {bare(table.rows[other].name.text) for other in beside} & set(TOTALS)
        name = bare(table.rows[row].name.text)
        if any(_is_near(name, total) or name == total[0] for total in wanted):
            return row, "末行；同行另一侧为总计"
    return -1, ""


def _mended(upper: Row, lower: Row) -> tuple[Row, Row] | None:
    """The two rows with 合计 above and the code beside its own name, None where they are no such pair."""
    if not upper.code.text.strip() or lower.code.text.strip():
        return None
    above, below = bare(upper.name.text), bare(lower.name.text)
    if below in TOTALS and above and above not in TOTALS:
        name = upper.name
    elif above.endswith(TOTALS) and above not in TOTALS and below:
        name = lower.name
    else:
        return None
    total = replace(lower.name if below in TOTALS else upper.name, text=TOTALS[0])
    return replace(upper, code=Reading(), name=total), replace(lower, code=upper.code, name=name)


def _adds_up(table: Table, total: int, form: Form, least: int = LEAST_PARTS) -> bool:
    """Whether a row is the sum of the uppermost 科目 in some column in which enough of them print an amount."""
    tops = [a.row for a in accounts(table, form) if a.parent == ROOT and a.row != total]
    amounts = {(c.row, c.column): _amount(c.reading) for c in table.cells}
    for column in range(len(table.columns)):
        parts = [amounts.get((row, column)) for row in tops]
        printed = [part for part in parts if part is not None]
        whole = amounts.get((total, column))
        if whole and sum(map(bool, printed)) >= least and sum(printed) == whole:
            return True
    return False


def _amount(reading: Reading) -> Decimal | None:
    """The amount that a cell spells, damaged separators mended."""
    found = parse(reading.text)
    if found is None:
        mended = repair(reading.text, reading.glyphs)
        found = mended[0] if mended else None
    return None if found is None or found.percent else found.value
