"""Rows whose figures are right but may stand under a wrong label: 科目代码 and 行次 that cannot be what is printed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from models.document import SettledRow
from models.forms import Shape
from models.reference import functional_names
from worker.core.accounts import ECONOMIC_FORM, GROUP_DIGITS
from worker.core.codes import CODE_LENGTHS, rising_run, same_name, slipped
from worker.core.glyphs import confused
from worker.core.names import LIKE_ENOUGH, bare, closeness, is_total, spellings
from worker.core.sheets import Sheet

CodesByName = Mapping[tuple[str, str], Mapping[int, str]]
"""For each 款 and item name: the full code that each sheet gives it, by the sheet's index."""


def label_doubts(
    sheets: Sequence[Sheet], settled: Sequence[Sequence[SettledRow]], known: Mapping[str, str]
) -> list[dict[int, str]]:
    """What speaks against the labels of rows, in words, by row, for each sheet.

    `known` are names by code that people confirmed in other documents: they suggest, as the list of codes does.
    """
    by_name = _codes_by_name(settled)
    found = []
    for index, (sheet, rows) in enumerate(zip(sheets, settled, strict=True)):
        doubts = dict(_numbers(sheet, rows)) | dict(_twice(sheet, rows)) | dict(_crossed(sheet, rows))
        if sheet.form is not None:
            doubts |= (
                dict(_alone(index, rows, settled))
                | dict(_names(index, rows, settled))
                | dict(_codes(index, sheet, rows, by_name))
                | dict(_unplaced(sheet, rows))
                | dict(_unknown(sheet, rows))
            )
        listed = sheet.form is not None and sheet.form.shape is Shape.ACCOUNTS and sheet.form.code != ECONOMIC_FORM
        found.append({row: doubt + (_listed(rows[row], known) if listed else "") for row, doubt in doubts.items()})
    return found


def _listed(row: SettledRow, known: Mapping[str, str]) -> str:
    """What the list of 支出功能分类, else the archive, has for a row: a suggestion, for no document says so."""
    if not bare(row.name):
        return ""
    return _suggested(row, "目录", functional_names()) or _suggested(row, "档案", known)


def _suggested(row: SettledRow, where: str, names: Mapping[str, str]) -> str:
    codes = [c for c, name in names.items() if bare(name) == bare(row.name) and slipped(row.code, c)]
    if len(codes) == 1 and codes[0] != row.code:
        return f"；{where}中“{row.name}”的代码为{codes[0]}"
    name = names.get(row.code, "")
    return f"；{where}中{row.code}的名称为“{name}”" if name and bare(name) != bare(row.name) else ""


def _twice(sheet: Sheet, rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """支出功能分类 that a form of line items prints twice: one of the two rows is another item."""
    if sheet.form is None or sheet.form.shape is not Shape.ITEMS:
        return
    coded = {bare(wording) for item in sheet.form.items if item.code for wording in spellings(item)}
    times = Counter((sheet.table.rows[row].block, bare(settled.name)) for row, settled in enumerate(rows))
    for row, settled in enumerate(rows):
        name = bare(settled.name)
        if name in coded and times[sheet.table.rows[row].block, name] > 1:
            yield row, f"项目“{settled.name}”出现两次"


def _crossed(sheet: Sheet, rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """Codes of 公开06 beside a name that the form gives to a code one slip away."""
    if sheet.form is None or sheet.form.code != ECONOMIC_FORM:
        return
    items = {item.code: item for item in sheet.form.items if item.code}
    for row, settled in enumerate(rows):
        own = items.get(settled.code)
        if own is not None and closeness(settled.name, own) >= LIKE_ENOUGH:
            continue
        named = [item.code for item in items.values() if bare(settled.name) == bare(item.name)]
        meant = [code for code in named if settled.code.isdigit() and slipped(settled.code, code)]
        if meant and len(settled.code) in CODE_LENGTHS:
            yield row, f"科目代码{settled.code}与项目“{settled.name}”不符，或应为{meant[0]}"


def _names(
    index: int, rows: Sequence[SettledRow], settled: Sequence[Sequence[SettledRow]]
) -> Iterator[tuple[int, str]]:
    """Names that the document's other tables print otherwise for the code, not only cut."""
    for row, mine in enumerate(rows):
        if len(mine.code) not in CODE_LENGTHS or not mine.code.isdigit() or not bare(mine.name):
            continue
        others = {o.name for i, other in enumerate(settled) if i != index for o in other if o.code == mine.code}
        named = sorted(name for name in others if bare(name))
        if named and not any(_is_cut_of(bare(mine.name), bare(name)) for name in named):
            yield row, f"其他表中科目代码{mine.code}的名称为“{named[0]}”"


def _is_cut_of(one: str, other: str) -> bool:
    return same_name(one, other) and not confused(one, other)


def _alone(
    index: int, rows: Sequence[SettledRow], settled: Sequence[Sequence[SettledRow]]
) -> Iterator[tuple[int, str]]:
    """Codes that no other table prints, one slip away from the one that the others print for the name."""
    elsewhere = [row for i, other in enumerate(settled) if i != index for row in other if row.code.isdigit()]
    mine = {row.code for row in rows}
    for row, settled_row in enumerate(rows):
        code, name = settled_row.code, bare(settled_row.name)
        if not code.isdigit() or len(code) <= GROUP_DIGITS or not name or any(e.code == code for e in elsewhere):
            continue
        meant = sorted({e.code for e in elsewhere if e.code not in mine and same_name(name, bare(e.name))})
        meant = [other for other in meant if slipped(code, other)]
        if meant:
            yield row, f"其他表中该科目的代码为{meant[0]}"


def _codes_by_name(settled: Sequence[Sequence[SettledRow]]) -> CodesByName:
    found: defaultdict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    for index, rows in enumerate(settled):
        for row in rows:
            if row.code.isdigit() and len(row.code) > GROUP_DIGITS and bare(row.name):
                found[row.code[:GROUP_DIGITS], bare(row.name)][index] = row.code
    return found


def _codes(index: int, sheet: Sheet, rows: Sequence[SettledRow], by_name: CodesByName) -> Iterator[tuple[int, str]]:
    """Codes that are no numbers, that do not begin as the code above them, or that other tables print otherwise."""
    for row, settled in enumerate(rows):
        if settled.code and not settled.code.isdigit():
            yield row, f"科目代码读作“{settled.code}”，不全是数字"
    yield from _lengths(rows)
    for account in sheet.accounts:
        code = rows[account.row].code
        above = rows[account.parent].code if account.parent >= 0 else ""
        if code.isdigit() and above.isdigit() and not code.startswith(above):
            yield account.row, f"科目代码{code}与上级{above}不符"
        elsewhere = by_name.get((code[:GROUP_DIGITS], bare(rows[account.row].name)), {})
        others = {other for sheet_index, other in elsewhere.items() if sheet_index != index}
        if code.isdigit() and others and code not in others and len(code) == len(min(others)):
            yield account.row, f"其他表中该科目的代码为{min(others)}"


def _unplaced(sheet: Sheet, rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """Rows of a table of 科目 that a recogniser read without a code though they are no total, or out of their order."""
    coded = [row for row, settled in enumerate(rows) if settled.code]
    if not sheet.accounts or not sheet.has_total_of_all or 2 * len(coded) <= len(rows):
        return
    printed = sheet.table.rows
    for row, settled in enumerate(rows):
        if not settled.code and bare(settled.name) and not is_total(settled.name) and printed[row].name.probability < 1:
            yield row, f"“{settled.name}”无科目代码，也不是合计"
    digits = [row for row in coded if rows[row].code.isdigit()]
    rising = {digits[place] for place in rising_run([rows[row].code for row in digits])}
    for row in digits:
        if row not in rising and printed[row].code.probability < 1:
            yield row, f"科目代码{rows[row].code}不合上下行的顺序"


def _unknown(sheet: Sheet, rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """Rows of a form of line items that a recogniser read under a name that is none of the form's."""
    if sheet.form is None or sheet.form.shape is not Shape.ITEMS:
        return
    for row, settled in enumerate(rows):
        if row not in sheet.items and bare(settled.name) and sheet.table.rows[row].name.probability < 1:
            yield row, f"“{settled.name}”不是本表的项目"


def _lengths(rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """Codes of a length that no level has, where the table does not cut codes throughout, and codes printed twice."""
    printed = [(row, settled.code) for row, settled in enumerate(rows) if settled.code.isdigit()]
    odd = [(row, code) for row, code in printed if len(code) not in CODE_LENGTHS]
    times = Counter(code for _, code in printed if len(code) in CODE_LENGTHS)
    if 3 * len(odd) <= len(printed):
        yield from ((row, f"科目代码{code}位数不对") for row, code in odd)
    yield from ((row, f"科目代码{code}出现两次") for row, code in printed if times[code] > 1)


def _numbers(sheet: Sheet, rows: Sequence[SettledRow]) -> Iterator[tuple[int, str]]:
    """行次 that are missing, no numbers, or not between those above and below, in blocks that print them."""
    blocks: defaultdict[int, list[int]] = defaultdict(list)
    for row, printed in enumerate(sheet.table.rows):
        blocks[printed.block].append(row)
    for members in blocks.values():
        numbered = [row for row in members if rows[row].line_no.isdigit()]
        if 2 * len(numbered) <= len(members):
            continue
        for row in members:
            if not rows[row].line_no.isdigit() and (rows[row].line_no or rows[row].name):
                yield row, f"行次不明（读作“{rows[row].line_no}”）"
        for before, after in pairwise(numbered):
            if int(rows[after].line_no) <= int(rows[before].line_no):
                yield before, f"行次{rows[before].line_no}与下一行的{rows[after].line_no}不连续"
                yield after, f"行次{rows[after].line_no}与上一行的{rows[before].line_no}不连续"
