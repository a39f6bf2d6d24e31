"""The identities of a document as linear constraints over its cells: data for the checks, and for any solver."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from models.forms import Form, Identity
from worker.core.formulas import EVERY_CLASS, EVERY_ROW, TREE, Formula, Reference, read_formula
from worker.core.hierarchy import tree_identities
from worker.core.other_tables import other_identities
from worker.core.relations import YUAN, Constraint, Term, side_text
from worker.core.sheets import TOTAL, Sheet

SHORT = {
    "row-sum": "row",
    "column-sum": "col",
    "hierarchy": "tree",
    "balance": "bal",
    "cross-table": "x",
}


@dataclass(frozen=True, slots=True)
class _Scope:
    """The sheets a formula may speak of: its own, and the first one of each other form."""

    sheet: Sheet
    others: Mapping[str, Sheet]

    def of(self, reference: Reference) -> Sheet | None:
        return self.others.get(reference.form) if reference.form else self.sheet


def constraints(sheets: tuple[Sheet, ...]) -> tuple[Constraint, ...]:
    """Every identity that the forms and the tables' own structure give, expanded over the cells of a document."""
    by_form: dict[str, Sheet] = {}
    for sheet in sheets:
        if sheet.form:
            by_form.setdefault(sheet.form.code, sheet)
    found: list[Constraint] = []
    for sheet in sheets:
        made = _of_form(_Scope(sheet, by_form), sheet.form) if sheet.form else other_identities(sheet)
        found.extend(_numbered(made, sheet.prefix))
    return tuple(found)


def _numbered(made: Iterable[Constraint], prefix: str) -> Iterator[Constraint]:
    """The constraints with their ids: the sheet's prefix, the kind, and a number counted within the kind."""
    counts: dict[str, int] = {}
    for constraint in made:
        kind = SHORT[constraint.kind]
        counts[kind] = counts.get(kind, 0) + 1
        yield replace(constraint, check_id=f"{prefix}-{kind}-{counts[kind]:04d}")


def _of_form(scope: _Scope, form: Form) -> Iterator[Constraint]:
    for identity in form.identities:
        if identity.formula == TREE:
            yield from tree_identities(scope.sheet, with_total=scope.sheet.has_total_of_all)
            continue
        formula = read_formula(identity.formula)
        if formula.ranges_over(EVERY_ROW):
            yield from _rows(scope, identity, formula)
        elif formula.ranges_over(EVERY_CLASS):
            yield from _classes(scope, identity, formula)
        else:
            yield from _single(scope, identity, formula)


def _rows(scope: _Scope, identity: Identity, formula: Formula) -> Iterator[Constraint]:
    sheet = scope.sheet
    for row in range(len(sheet.table.rows)):
        left, right = (_row_side(sheet, row, side) for side in (formula.left, formula.right))
        if left and right:
            headers = [[_header(sheet, r) for r in side] for side in (formula.left, formula.right)]
            text = (
                f"{sheet.table.code} {sheet.name(row)}: {side_text(headers[0])} = {_signed(formula.right, headers[1])}"
            )
            yield Constraint("", identity.kind, text, left, right)


def _row_side(sheet: Sheet, row: int, side: tuple[Reference, ...]) -> tuple[Term, ...]:
    terms = []
    for reference in side:
        cell = sheet.cell(row, reference.column)
        if cell is not None:
            terms.append(Term(cell.cell_id, reference.sign))
    return tuple(terms)


def _header(sheet: Sheet, reference: Reference) -> str:
    return next((c.name for c in sheet.table.columns if c.number == reference.column), f"栏次{reference.column}")


def _signed(side: tuple[Reference, ...], names: list[str]) -> str:
    text = names[0]
    for reference, name in zip(side[1:], names[1:], strict=True):
        text += f" {'-' if reference.sign < 0 else '+'} {name}"
    return text


def _classes(scope: _Scope, identity: Identity, formula: Formula) -> Iterator[Constraint]:
    """One identity for each 类 that the form lists; a 类 the other table does not print must be blank or zero here."""
    mine, other = formula.left[0], formula.right[0]
    theirs = scope.of(other)
    form = scope.sheet.form
    if theirs is None or form is None or not theirs.has_column(other.column):
        return
    for row, item in sorted(scope.sheet.items.items()):
        code = form.items[item].code
        cell = scope.sheet.cell(row, mine.column) if code else None
        if cell is None:
            continue
        rows = theirs.rows_of_code(code)
        cells = [c for c in (theirs.cell(r, other.column) for r in rows) if c is not None]
        scale = _scale(theirs, scope.sheet)
        right = tuple(Term(c.cell_id, 1, scale) for c in cells)
        names = [f"{theirs.table.code} {theirs.name(r)}" for r in rows] or [f"{theirs.table.code} 无{code}类"]
        text = f"{scope.sheet.table.code} {scope.sheet.name(row)}（{_header(scope.sheet, mine)}） = {side_text(names)}"
        yield Constraint("", identity.kind, text, (Term(cell.cell_id),), right)


def _single(scope: _Scope, identity: Identity, formula: Formula) -> Iterator[Constraint]:
    if any(scope.of(r) is None for r in formula.references):
        return
    left, right = (_named_side(scope, side) for side in (formula.left, formula.right))
    if left is None or right is None:
        return
    text = f"{scope.sheet.table.code} {' + '.join(left[1])} = {side_text(right[1])}"
    yield Constraint("", identity.kind, text, left[0], right[0])


def _named_side(scope: _Scope, side: tuple[Reference, ...]) -> tuple[tuple[Term, ...], list[str]] | None:
    """The cells of one side; None where none of its lines is printed. Single missing lines count as nothing."""
    terms: list[Term] = []
    names: list[str] = []
    empty = False
    for reference in side:
        sheet = scope.of(reference)
        if sheet is None:
            return None
        empty = empty or sheet.table.declared_empty
        scale = _scale(sheet, scope.sheet)
        for row in _named_rows(sheet, reference):
            cell = sheet.cell(row, reference.column)
            if cell is not None:
                terms.append(Term(cell.cell_id, reference.sign, scale))
                names.append(f"{sheet.table.code} {sheet.name(row)}" if reference.form else sheet.name(row))
    return (tuple(terms), names or ["无数据"]) if terms or empty else None


def _named_rows(sheet: Sheet, reference: Reference) -> list[int]:
    if reference.summed:
        return sheet.rows_of_group(reference.row)
    if reference.row.isdigit():
        return sheet.rows_of_code(reference.row)
    if reference.row == TOTAL and not sheet.rows_of_item(TOTAL):
        return [sheet.total] if sheet.total is not None else []
    rows = sheet.rows_of_item(reference.row, reference.group)
    return [row for row in rows if sheet.cell(row, reference.column) is not None][:1]


def _scale(sheet: Sheet, into: Sheet) -> Decimal:
    """What to multiply an amount of one table with to have it in the unit of another; 1 where a unit is unknown."""
    one, other = YUAN.get(sheet.table.unit), YUAN.get(into.table.unit)
    return one / other if one and other else Decimal(1)
