"""The narrative as a witness: which cells state the same figure as a sentence, and whether they agree."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.document import Cell
from worker.core.likeness import likeness
from worker.core.names import bare
from worker.core.relations import YUAN
from worker.core.sheets import TOTAL, Sheet
from worker.core.statements import Sort, Statement

HEADING_LIKENESS = 0.6
NAME_LIKENESS = 0.8

HEADINGS = {
    "收入支出决算总体情况说明": "总体",
    "收入决算情况说明": "收入",
    "支出决算情况说明": "支出",
    "财政拨款收入支出决算总体情况说明": "财政拨款",
    "一般公共预算财政拨款支出决算情况说明": "一般公共预算",
    "一般公共预算财政拨款基本支出决算情况说明": "基本支出",
    "财政拨款三公经费支出决算情况说明": "三公",
    "一般公共预算财政拨款三公经费支出决算情况说明": "三公",
    "政府性基金预算财政拨款收入支出决算情况说明": "基金",
    "政府性基金预算财政拨款收支决算情况说明": "基金",
    "国有资本经营预算财政拨款支出情况说明": "国资",
    "国有资本经营预算财政拨款收入支出决算情况说明": "国资",
}
THREE_PUBLIC = (
    ("因公出国", "2", "8"),
    ("购置及运行", "3", "9"),
    ("购置", "4", "10"),
    ("运行", "5", "11"),
    ("接待", "6", "12"),
)


@dataclass(frozen=True, slots=True)
class Testimony:
    """A statement and the cells that should state the same figure; one of them agreeing is enough."""

    statement: Statement
    cells: tuple[Cell, ...]
    units: tuple[str, ...]


class Court:
    """Finds for a statement the cells it speaks of, by the heading it stands under and the name it uses."""

    def __init__(self, sheets: Sequence[Sheet]) -> None:
        self._heard: tuple[Sequence[Statement], Sequence[Testimony]] = ((), ())
        self._sheets: dict[str, Sheet] = {}
        for sheet in sheets:
            if sheet.form:
                self._sheets.setdefault(sheet.form.code, sheet)
        self._finders: Mapping[str, Callable[[Statement], Iterator[tuple[str, int | None, str]]]] = {
            "总体": self._overall,
            "收入": lambda s: self._flow(s, "公开02", "本年收入合计", "1"),
            "支出": lambda s: self._flow(s, "公开03", "本年支出合计", "2"),
            "财政拨款": self._funds,
            "一般公共预算": self._public_budget,
            "基本支出": self._basic,
            "三公": self._three_public,
            "基金": lambda s: self._by_column(s, "公开08"),
            "国资": lambda s: self._by_column(s, "公开09"),
        }

    def heard(self, statements: Sequence[Statement]) -> Sequence[Testimony]:
        """All of them; the same statements are sought once."""
        if statements is not self._heard[0]:
            self._heard = (statements, [self.hear(statement) for statement in statements])
        return self._heard[1]

    def cells(self, statements: Sequence[Statement]) -> tuple[str, ...]:
        """The cells that all of them speak of."""
        return tuple(dict.fromkeys(cell.cell_id for one in self.heard(statements) for cell in one.cells))

    def hear(self, statement: Statement) -> Testimony:
        """The cells that should agree; none where the heading or the name is not known."""
        finder = self._finders.get(topic(statement.sentence.section))
        if finder is None or statement.sort not in (Sort.AMOUNT, Sort.BUDGET):
            return Testimony(statement, (), ())
        found = []
        for form, row, number in finder(statement):
            sheet = self._sheets.get(form)
            cell = sheet.cell(row, number) if sheet is not None and row is not None else None
            if sheet is not None and cell is not None:
                found.append((cell, sheet.table.unit))
        return Testimony(statement, tuple(c for c, _ in found), tuple(u for _, u in found))

    def _item(self, form: str, name: str, number: str) -> int | None:
        sheet = self._sheets.get(form)
        if sheet is None:
            return None
        if name == TOTAL and not sheet.rows_of_item(name):
            return sheet.total
        return next((r for r in sheet.rows_of_item(name) if sheet.cell(r, number) is not None), None)

    def _overall(self, statement: Statement) -> Iterator[tuple[str, int | None, str]]:
        yield from self._totals(statement, "公开01")

    def _funds(self, statement: Statement) -> Iterator[tuple[str, int | None, str]]:
        yield from self._totals(statement, "公开04")

    def _totals(self, statement: Statement, form: str) -> Iterator[tuple[str, int | None, str]]:
        if statement.sort is not Sort.AMOUNT or statement.base or "总计" not in statement.item:
            return
        if "收" in statement.item:
            yield form, self._item(form, "总计", "1"), "1"
            yield form, self._item(form, "本年收入合计", "1"), "1"
        if "支" in statement.item or "收" not in statement.item:
            yield form, self._item(form, "总计", "2"), "2"
            yield form, self._item(form, "本年支出合计", "2"), "2"

    def _flow(self, statement: Statement, form: str, total: str, number: str) -> Iterator[tuple[str, int | None, str]]:
        sheet = self._sheets.get(form)
        if statement.sort is not Sort.AMOUNT:
            return
        if statement.item == total:
            yield form, self._item(form, TOTAL, "1"), "1"
            yield "公开01", self._item("公开01", total, number), number
        elif statement.base == total and sheet is not None and sheet.form is not None:
            for column in sheet.form.columns:
                if bare(column.name) == bare(statement.item):
                    yield form, self._item(form, TOTAL, column.number), column.number

    def _public_budget(self, statement: Statement) -> Iterator[tuple[str, int | None, str]]:
        if statement.sort is not Sort.AMOUNT:
            return
        name = account_name(statement.item)
        if not statement.base and likeness(name, "一般公共预算财政拨款支出") >= NAME_LIKENESS:
            yield "公开05", self._item("公开05", TOTAL, "1"), "1"
            yield "公开04", self._item("公开04", "本年支出合计", "3"), "3"
            return
        for form, number in (("公开05", "1"), ("公开04", "3")):
            sheet = self._sheets.get(form)
            for row in _rows_named(sheet, name) if sheet else ():
                yield form, row, number

    def _basic(self, statement: Statement) -> Iterator[tuple[str, int | None, str]]:
        if statement.sort is not Sort.AMOUNT:
            return
        if not statement.base and statement.item.endswith("基本支出"):
            yield "公开05", self._item("公开05", TOTAL, "2"), "2"
            return
        for total in ("人员经费", "公用经费"):
            if statement.item == total:
                yield "公开06", self._item("公开06", f"{total}合计", "1"), "1"
                return
        sheet = self._sheets.get("公开06")
        for row in _rows_named(sheet, account_name(statement.item)) if sheet else ():
            yield "公开06", row, "1"

    def _three_public(self, statement: Statement) -> Iterator[tuple[str, int | None, str]]:
        sheet = self._sheets.get("公开07")
        if sheet is None or not sheet.table.rows or statement.item.startswith(("国内", "外事", "国(境)外")):
            return
        budget = statement.sort is Sort.BUDGET
        if "三公" in statement.item:
            yield "公开07", 0, "1" if budget else "7"
            return
        for word, planned, spent in THREE_PUBLIC:
            if word in statement.item:
                yield "公开07", 0, planned if budget else spent
                return

    def _by_column(self, statement: Statement, form: str) -> Iterator[tuple[str, int | None, str]]:
        sheet = self._sheets.get(form)
        if sheet is None or sheet.form is None or statement.sort is not Sort.AMOUNT:
            return
        name = bare(statement.item)
        for column in sheet.form.columns:
            if name and column.path[0].endswith(name) and sheet.has_column(column.number):
                yield form, self._item(form, TOTAL, column.number), column.number
                return


def topic(section: str) -> str:
    """What a heading is about, in one of the words the finders are kept under; empty where nothing known."""
    name = bare(section)
    best = max(HEADINGS, key=lambda heading: likeness(name, heading))
    return HEADINGS[best] if likeness(name, best) >= HEADING_LIKENESS else ""


def account_name(item: str) -> str:
    """The last of 类, 款 and 项 that an item names, without those marks."""
    parts = [p for p in re.split(r"[(（][类款项][)）]", re.sub(r"\s", "", item)) if p and p != "支出"]
    return parts[-1] if parts else item


def _rows_named(sheet: Sheet, name: str) -> list[int]:
    """The rows whose item has this name, with or without a closing 支出."""
    wanted = {bare(name), bare(name).removesuffix("支出"), bare(name) + "支出"}
    return [i for i, row in enumerate(sheet.table.rows) if bare(row.name.text) in wanted]


def factor(unit: str) -> Decimal:
    """How many 元 a unit is; an unknown unit counts as 元."""
    return YUAN.get(unit, Decimal(1))
