"""Random documents must add up in every way the forms demand, and survive their CSV."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus import forms, lists
from corpus.account import Account, random_account
from corpus.make import random_document, seeded
from corpus.truth import Table, Truth, TruthCell, cells, read_cells, read_documents, write_cells
from corpus.variant import Variant

FACTS = Path(__file__).parent.parent / "corpus" / "documents" / "disclosures"
Values = dict[tuple[str, str], Decimal]
seeds = st.integers(0, 10**9)


def account(seed: int) -> Account:
    rng = seeded(seed)
    year = rng.choice((2018, 2019, 2021, 2024))
    bureau, leading = rng.choice([b for b in lists.bureaus() if b[1][:3] in dict(lists.categories(year))])
    return random_account(rng, bureau, leading, year)


def subject_values(found: Iterable[TruthCell]) -> Values:
    """Values by (code or 合计, column number), blanks as nought."""
    return {(c.row_code or c.row_name, c.column_no): c.value or Decimal(0) for c in found}


def named(found: Iterable[TruthCell], name: str, column: str) -> Decimal:
    return next((c.value or Decimal(0) for c in found if c.row_name == name and c.column_no == column), Decimal(0))


def by_table(found: Iterable[TruthCell]) -> dict[str, list[TruthCell]]:
    tables = defaultdict(list)
    for cell in found:
        tables[cell.table_code].append(cell)
    return tables


def document_cells(seed: int) -> dict[str, list[TruthCell]]:
    known = account(seed)
    tables = forms.tables(known, Variant())
    return by_table(cells(Truth("a.pdf", known.entity, known.year, "元", tables)))


def check_subjects(values: Values, sums: dict[str, tuple[str, ...]], columns: int) -> None:
    codes = sorted({k for k, _ in values} - {"合计"})
    for column in map(str, range(1, columns + 1)):
        tops = [c for c in codes if not any(c != p and c.startswith(p) for p in codes)]
        assert values["合计", column] == sum(values[c, column] for c in tops)
        for parent in (c for c in codes if len(c) < 7 and any(k != c and k.startswith(c) for k in codes)):
            children = [c for c in codes if c.startswith(parent) and len(c) == len(parent) + 2]
            assert values[parent, column] == sum(values[c, column] for c in children)
    for code in ("合计", *codes):
        for total, parts in sums.items():
            assert values[code, total] == sum(values[code, p] for p in parts)


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_subject_tables_add_up(seed: int) -> None:
    found = document_cells(seed)
    check_subjects(subject_values(found["公开02"]), {"1": ("2", "3", "4", "5", "6", "7")}, 7)
    check_subjects(subject_values(found["公开03"]), {"1": ("2", "3", "4", "5", "6")}, 6)
    check_subjects(subject_values(found["公开05"]), {"1": ("2", "3")}, 3)
    check_subjects(subject_values(found["公开08"]), {"3": ("4", "5")}, 6)
    check_subjects(subject_values(found["公开09"]), {"1": ("2", "3")}, 3)
    for (code, column), value in (fund := subject_values(found["公开08"])).items():
        if column == "6":
            assert value == fund[code, "1"] + fund[code, "2"] - fund[code, "3"]


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_income_and_spending_balance(seed: int) -> None:
    found = document_cells(seed)
    summary, grants = found["公开01"], found["公开04"]
    left = [c.value or Decimal(0) for c in summary if c.block == 0]
    right = [c.value or Decimal(0) for c in summary if c.block == 1]
    # The last four rows are: sum of the year, balance used or assigned, carried over, grand total.
    for side in (left, right):
        assert sum(side[:-4]) == side[-4]
        assert sum(side[-4:-1]) == side[-1]
    assert left[-1] == right[-1]
    for column in "2345":
        values = [c.value or Decimal(0) for c in grants if c.column_no == column]
        assert sum(values[:-6]) == values[-6]
        assert values[-6] + values[-5] == values[-1]
    income = [c.value or Decimal(0) for c in grants if c.column_no == "1"]
    assert sum(income[:-6]) == income[-6]
    assert income[-5] == sum(income[-4:-1])
    assert income[-6] + income[-5] == income[-1] == named(grants, "总计", "2")
    assert all(v >= 0 for v in (left[-1], income[-1]))


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_tables_agree_with_each_other(seed: int) -> None:
    found = document_cells(seed)
    incomes, spendings = subject_values(found["公开02"]), subject_values(found["公开03"])
    general, fund = subject_values(found["公开05"]), subject_values(found["公开08"])
    capital = subject_values(found["公开09"])
    assert named(found["公开01"], "本年收入合计", "1") == incomes["合计", "1"]
    assert named(found["公开01"], "本年支出合计", "2") == spendings["合计", "1"]
    assert named(found["公开04"], "本年收入合计", "1") == incomes["合计", "2"]
    assert named(found["公开04"], "本年支出合计", "3") == general["合计", "1"]
    assert named(found["公开04"], "本年支出合计", "4") == fund["合计", "3"]
    assert named(found["公开04"], "本年支出合计", "5") == capital["合计", "1"]
    people, running = named(found["公开06"], "人员经费合计", ""), named(found["公开06"], "公用经费合计", "")
    assert people + running == general["合计", "2"]
    economic = {c.row_code: c.value or Decimal(0) for c in found["公开06"] if c.row_code}
    for group in (c for c in economic if len(c) == 3):
        assert economic[group] == sum(v for c, v in economic.items() if c.startswith(group) and len(c) == 5)
    receptions = {int(c.column_no): c.value or Decimal(0) for c in found["公开07"]}
    for first in (1, 7):
        assert receptions[first] == receptions[first + 1] + receptions[first + 2] + receptions[first + 5]
        assert receptions[first + 2] == receptions[first + 3] + receptions[first + 4]


def test_many_seeds_hold_every_kind_of_document() -> None:
    """Variety that measurements rely on; none of it may silently die out."""
    seen: set[object] = set()
    for seed in range(250):
        document, variant = random_document("a.pdf", seeded(seed))
        seen |= {document.unit, variant.codes, variant.total, variant.blocks, variant.style, variant.text_font}
        seen.add(("interleaved", variant.interleaved))
        for table in document.tables:
            if table.code in ("公开08", "公开09"):
                seen.add((table.code, len(table.rows) > 1))
        values = [v for t in document.tables for r in t.rows for v in r.values if v is not None]
        seen.add("negative" if any(v < 0 for v in values) else "positive")
    wanted = {"元", "万元", "one", "merged", "split", "first", "last", "header", 2, 3, "grouped", "plain", "general"}
    wanted |= {("公开08", True), ("公开08", False), ("公开09", True), ("公开09", False), "negative"}
    assert wanted <= seen


def test_ten_thousands_are_rounded_half_up() -> None:
    assert forms.printed(1_234_550_000, Variant(unit="万元")) == Decimal("1234.55")
    assert forms.printed(5_000, Variant(unit="万元")) == Decimal("0.01")
    assert forms.printed(0, Variant(zero="")) is None
    assert forms.printed(0, Variant(zero="0.00")) == 0


def test_cells_survive_their_csv(tmp_path: Path) -> None:
    document, _ = random_document("a.pdf", seeded(4))
    before = tuple(cells(document, {("公开01", 0): 3}))
    write_cells(tmp_path / "cells.csv", before)
    assert read_cells(tmp_path / "cells.csv") == before
    assert before[0].page == 3


@pytest.mark.parametrize("start", ["000", "002", "004"])
def test_disclosed_figures_add_up(start: str) -> None:
    found = by_table(c for c in read_cells(FACTS / "cells.csv") if c.document.startswith(start))
    check_subjects(subject_values(found["公开02"]), {"1": ("2", "3", "4", "5", "6", "7")}, 7)
    check_subjects(subject_values(found["公开03"]), {"1": ("2", "3", "4", "5", "6")}, 6)
    check_subjects(subject_values(found["公开05"]), {"1": ("2", "3")}, 3)
    left = [c.value or Decimal(0) for c in found["公开01"] if c.block == 0]
    assert named(found["公开01"], "总计", "1") == named(found["公开01"], "总计", "2")
    assert named(found["公开01"], "本年收入合计", "1") == sum(left[:8]) == subject_values(found["公开02"])["合计", "1"]
    assert named(found["公开01"], "本年支出合计", "2") == subject_values(found["公开03"])["合计", "1"]
    assert named(found["公开04"], "总计", "1") == named(found["公开04"], "总计", "2")
    people, running = named(found["公开06"], "人员经费合计", ""), named(found["公开06"], "公用经费合计", "")
    assert people + running == subject_values(found["公开05"])["合计", "2"]


def test_disclosed_documents_are_named() -> None:
    filed = read_documents(FACTS / "documents.csv")
    assert {(f.document[:3], f.year) for f in filed} == {
        ("000", 2021),
        ("001", 2021),
        ("002", 2024),
        ("003", 2021),
        ("004", 2023),
    }


def test_a_form_is_told_by_its_code_not_its_number() -> None:
    tables: tuple[Table, ...] = forms.tables(account(3), Variant(order=("公开01", "公开08", "公开07")))
    assert [(t.code, t.mark) for t in tables] == [
        ("公开01", "公开01表"),
        ("公开08", "公开02表"),
        ("公开07", "公开03表"),
    ]
