"""A table with its lines found: which row is which item of the form, which cell stands under which 栏次."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.document import Cell, Reading, Table
from models.forms import Form, Shape, all_forms
from worker.core.accounts import ROOT, Account, accounts, is_economic
from worker.core.likeness import likeness, squashed
from worker.core.names import SAFE_LIKENESS, bare, match_items

TOTAL = "合计"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table, its form (None: no form), and its lines: form items and 科目 by row index, cells by (row, column) index.

    `prefix` begins the ids of its checks: c02, c02.2 for a second table of the form, ct1 for a table without form.
    """

    table: Table
    form: Form | None
    prefix: str
    cells: dict[tuple[int, int], Cell]
    items: dict[int, int]
    accounts: tuple[Account, ...]
    total: int | None

    def cell(self, row: int, number: str) -> Cell | None:
        """The cell of a row under a 栏次 of the row's block; a column that stands alone in it without 栏次 is any."""
        block = self.table.rows[row].block
        beside = [(i, column.number) for i, column in enumerate(self.table.columns) if column.block == block]
        for index, printed in beside:
            if printed == number or (len(beside) == 1 and (not printed or self.is_unnumbered)):
                return self.cells.get((row, index))
        return None

    @property
    def is_unnumbered(self) -> bool:
        """Whether the form gives its columns no 栏次 (公开06), whatever a document prints over them."""
        return self.form is not None and not any(column.number for column in self.form.columns)

    def has_column(self, number: str) -> bool:
        """Whether a column of that 栏次 is there; without 栏次, any column is."""
        return any(self.is_unnumbered or column.number == number for column in self.table.columns)

    def rows_of_item(self, name: str, group: str = "") -> list[int]:
        """The rows that are the form's item of that name, in one group if one is given."""
        if self.form is None:
            return []
        wanted = [i for i, item in enumerate(self.form.items) if item.name == name and group in ("", item.group)]
        return [row for row, item in self.items.items() if item in wanted]

    def rows_of_group(self, group: str) -> list[int]:
        """The rows that are items of a group, in printed order."""
        if self.form is None:
            return []
        return [row for row, item in sorted(self.items.items()) if self.form.items[item].group == group]

    def rows_of_code(self, code: str) -> list[int]:
        """The uppermost rows under a code: its own row, or the rows below it where it has none."""
        under = [a for a in self.accounts if a.code.startswith(code)]
        inside = {a.row for a in under}
        return [a.row for a in under if a.parent not in inside]

    def heading(self, number: str) -> str:
        """The table's code and a column's name, to begin a formula with."""
        name = next((c.name for c in self.table.columns if c.number == number), "")
        return f"{self.table.code} {name or '栏次' + number}"

    @property
    def has_total_of_all(self) -> bool:
        """Whether the 合计 line adds up all the 科目: not where 人员经费 and 公用经费 are added up apart."""
        return self.form is None or not is_economic(self.table, self.form)

    def children(self, row: int) -> list[int]:
        """The rows that a row adds up; ROOT asks for the uppermost rows."""
        return [a.row for a in self.accounts if a.parent == row]

    def name(self, row: int) -> str:
        """What to call a row in a formula: its item as printed without ordinal, else its code."""
        printed = self.table.rows[row]
        return "".join(printed.name.text.split()) or printed.code.text or f"第{printed.line + 1}行"


_NOTHING = Reading()


def frame(table: Table) -> Table:
    """A table without what its cells say: what labels and identities of forms follow from."""
    return replace(table, cells=tuple(Cell(cell.cell_id, cell.row, cell.column, _NOTHING) for cell in table.cells))


def filled(sheet: Sheet, table: Table) -> Sheet:
    """The sheet of a frame with the cells of the table it is the frame of."""
    return replace(sheet, table=table, cells={(cell.row, cell.column): cell for cell in table.cells})


def sheets(tables: tuple[Table, ...]) -> tuple[Sheet, ...]:
    """The sheets of a document's tables, in order."""
    forms = {form.code: form for form in all_forms()}
    seen: dict[str, int] = {}
    found = []
    for table in tables:
        form = forms.get(table.form)
        prefix = f"c{form.code[-2:]}" if form else f"c{table.code.lower()}"
        seen[prefix] = seen.get(prefix, 0) + 1
        found.append(_sheet(table, form, prefix if seen[prefix] == 1 else f"{prefix}.{seen[prefix]}"))
    return tuple(found)


def _sheet(table: Table, form: Form | None, prefix: str) -> Sheet:
    cells = {(cell.row, cell.column): cell for cell in table.cells}
    items = _items(table, form) if form else {}
    tree = () if form and form.shape is not Shape.ACCOUNTS else accounts(table, form)
    return Sheet(table, form, prefix, cells, items, tree, _total(table))


def _items(table: Table, form: Form) -> dict[int, int]:
    """The form's items by row. In forms of accounts only the few named lines (合计, 人员经费合计) are items."""
    if form.shape is Shape.ITEMS:
        found = {}
        for block in range(len(form.blocks)):
            rows = [i for i, row in enumerate(table.rows) if row.block == block]
            matches = match_items(form, block, [table.rows[i].name.text for i in rows])
            found.update({row: item for row, item in zip(rows, matches, strict=True) if item is not None})
        return found
    named = [(i, item) for i, item in enumerate(form.items) if not item.code]
    found = {}
    for row, printed in enumerate(table.rows):
        for i, item in named:
            if i not in found.values() and _is_named(printed.name.text, item.name):
                found[row] = i
                break
    return found


def _is_named(printed: str, name: str) -> bool:
    if len(name) <= len(TOTAL):
        return squashed(name) == bare(printed)
    return likeness(bare(printed), name) >= SAFE_LIKENESS


def _total(table: Table) -> int | None:
    """The row that adds up all the others of a table of accounts: the one named 合计 or 总计."""
    named = [i for i, row in enumerate(table.rows) if bare(row.name.text) in (TOTAL, "总计")]
    return named[0] if len(named) == 1 else None


__all__ = ["ROOT", "TOTAL", "Sheet", "filled", "frame", "sheets"]
