"""What each cell's text says as a number: read, repaired within the grammar, or doubtful; no identity is asked yet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from models.document import Cell, Reading, Row, Table
from worker.core.amounts import Amount, Convention, against, folded, is_nothing, learn, literal, parse, repair, signed
from worker.core.checks import Figure
from worker.core.memo import Memo
from worker.core.names import bare
from worker.core.other_tables import numeric_columns

FEN = 2
NUMERIC_CHARACTERS = 0.5
TOTAL = "合计"
DASHES = "–—―"


@dataclass(frozen=True, slots=True)
class Said:
    """A cell's amount (None: nothing printed, or no amount), how it was repaired, and what is doubtful about it.

    `counts` is False for cells of columns of words, whose text is no amount and need not be. `misplaced` says why the
    whole row may not be what its label says; no sum can settle that. `other` is the amount without a doubtful sign.
    """

    cell: Cell
    amount: Amount | None = None
    repair: str = ""
    doubt: str = ""
    counts: bool = True
    misplaced: str = ""
    other: Decimal | None = None

    @property
    def is_blank(self) -> bool:
        return is_nothing(self.cell.reading.text)

    @property
    def is_broken(self) -> bool:
        """Whether something is printed that could not be read as an amount at all, though it holds digits."""
        return (
            self.counts
            and not self.is_blank
            and not self.repair
            and parse(self.cell.reading.text) is None
            and not self.is_words
        )

    @property
    def is_words(self) -> bool:
        """Whether words stand where an amount should: no amount, but no blank either."""
        return self.counts and not self.is_blank and not any(c.isdigit() for c in folded(self.cell.reading.text))


def conventions(tables: Iterable[Table], memo: Memo) -> dict[str, Convention]:
    """How the document prints amounts, learned for each unit it uses."""
    amounts: dict[str, list[Sequence[Amount]]] = {}
    for index, table in enumerate(tables):
        found = memo.of(_amounts, index, table)
        if found:
            amounts.setdefault(table.unit, []).append(found)
    return {unit: memo.steady(_learned, unit, *found) for unit, found in amounts.items()}


def _amounts(table: Table) -> Sequence[Amount]:
    columns = numeric_columns(table)
    parsed = (parse(cell.reading.text) for cell in table.cells if cell.column in columns)
    return tuple(amount for amount in parsed if amount is not None)


def _learned(*amounts: Sequence[Amount]) -> Convention:
    return learn([one for some in amounts for one in some])


def listen(memo: Memo, table: Table, convention: Convention) -> dict[str, Said]:
    """What every cell of a table says, by cell id."""
    numeric = numeric_columns(table)
    said: dict[str, Said] = {}
    for cell in table.cells:
        amounts = bool(table.form) or (cell.column in numeric and _looks_numeric(cell.reading.text))
        said[cell.cell_id] = memo.of(_in_row, cell.cell_id, cell, table.rows[cell.row], convention, amounts)
    return said


def _in_row(cell: Cell, row: Row, convention: Convention, amounts: bool) -> Said:
    """What a cell of a row says, where `amounts` stand or words."""
    one = _said(cell, convention) if amounts else _words(cell)
    if cell.reading.decided:
        return one
    coded = any(char.isdigit() for char in row.code.text)
    merged = coded and bare(row.name.text).endswith(TOTAL) and not one.is_blank
    return replace(one, misplaced="合计与科目印在同一行") if merged else one


def _looks_numeric(text: str) -> bool:
    """Whether a text in a table without form is an amount, perhaps a damaged one, and no word or percentage."""
    plain = folded(text)
    digits = sum(c.isdigit() for c in plain)
    return is_nothing(text) or ("%" not in plain and digits > NUMERIC_CHARACTERS * len(plain))


def _words(cell: Cell) -> Said:
    amount = parse(cell.reading.text)
    return Said(cell, None if amount is None or amount.percent else amount, counts=False)


def _said(cell: Cell, convention: Convention) -> Said:
    text = cell.reading.text
    if is_nothing(text) or cell.reading.decided:
        return Said(cell, parse(text))
    negative = signed(text)
    if negative is not None and not (text.strip()[0] in DASHES and _is_typed(cell.reading)):
        return Said(cell, negative, doubt="符号存疑：数字前的笔画或为负号", other=-negative.value)
    amount = parse(text)
    if amount is not None and not amount.percent:
        pointed = None if _is_typed(cell.reading) else _with_point(amount, convention)
        if pointed is not None:
            return Said(cell, pointed, repair="separator", doubt=against(amount, convention), other=amount.value)
        return Said(cell, amount, doubt=against(amount, convention))
    fixed = repair(text, cell.reading.glyphs, convention.decimals if convention.decimals is not None else FEN)
    if fixed is not None:
        return Said(cell, fixed[0], repair=fixed[1])
    closest = literal(text) if amount is None and any(c.isdigit() for c in text) else None
    return Said(cell, closest, doubt="数字格式不完整" if closest else "不是数字")


def _with_point(amount: Amount, convention: Convention) -> Amount | None:
    """The amount with the decimal point it lost, where all others of the document print one; None where it has one."""
    if not convention.decimals or amount.decimals or not amount.value:
        return None
    value = amount.value.scaleb(-convention.decimals)
    return Amount(value, convention.decimals, amount.raw, amount.grouped)


def _is_typed(reading: Reading) -> bool:
    """Whether the text is the file's own, where a dash is a dash."""
    return reading.probability >= 1.0 and all(not glyph.alternatives for glyph in reading.glyphs)


def figures(memo: Memo, unit: str, said: Mapping[str, Said], convention: Convention) -> dict[str, Figure]:
    """The figures of a table's cells for the identities. A table in 元 that prints fen is exact: none is rounded.

    An amount has at least the decimals that the document prints: one with fewer has lost some, and is no rounder.
    """
    least = convention.decimals or 0
    exact = unit == "元" and any(s.amount and s.amount.decimals == FEN for s in said.values())
    return {cell: memo.of(_figure, cell, one, least, exact) for cell, one in said.items()}


def _figure(said: Said, least: int, exact: bool) -> Figure:
    amount = said.amount if said.counts else None
    return Figure(
        value=amount.value if amount else None,
        decimals=max(amount.decimals, least) if amount else 0,
        broken=(said.is_broken and amount is None) or (not said.counts and not said.is_blank),
        exact=exact,
    )


def digit_probability(reading: Reading) -> float:
    """The worst probability of the reading's digits; separators do not count, the grammar vouches for them."""
    digits = [g.probability for g in reading.glyphs if g.char.isdigit()]
    return min(digits) if digits else reading.probability
