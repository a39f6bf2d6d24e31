"""A published final account and a budget, born-digital, through text layer, Camelot and layout."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from models.document import Document, Origin, Page, Table
from worker import layer, tables
from worker.layout import lay_out
from worker.render import PdfFile

REAL = Path(__file__).parents[2] / "shared" / "real"
ACCOUNT = "上海市普陀区财政局2024年度部门决算.pdf"
BUDGET = "上海市普陀区人民政府万里街道办事处25年预算.pdf"


def read(name: str, numbers: range) -> Document:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"{path} is missing: the published disclosures are not part of the project")
    with PdfFile(path) as pdf:
        return lay_out([read_page(pdf, number) for number in numbers])


def read_page(pdf: PdfFile, number: int) -> Page:
    with pdf.page(number) as opened:
        facts = layer.extract(opened)
    tokens = tuple(run.token for run in facts.runs if run.shown)
    grids = tables.grids(pdf.alone(number, facts.turn), tokens)
    return Page(number, facts.width, facts.height, Origin.BORN_DIGITAL, tokens, grids, mesh=facts.mesh)


def column(table: Table, number: str) -> dict[str, Decimal]:
    """Figures of a column, over all blocks, by code, or by name where there is no code."""
    indices = [i for i, one in enumerate(table.columns) if one.number == number]
    return {
        table.rows[cell.row].code.text or table.rows[cell.row].name.text: Decimal(cell.reading.text.replace(",", ""))
        for cell in table.cells
        if cell.column in indices and cell.reading.text
    }


def test_the_nine_forms_of_a_final_account() -> None:
    document = read(ACCOUNT, range(6, 21))
    found = {table.code: table for table in document.tables}
    assert list(found) == [f"公开{number:02d}" for number in range(1, 10)]
    assert {table.unit for table in document.tables} == {"万元"}
    assert [len(table.rows) for table in document.tables] == [42, 20, 20, 38, 20, 66, 1, 1, 1]
    assert [table.declared_empty for table in document.tables] == [False] * 7 + [True] * 2
    assert {cell.doubt for table in document.tables for cell in table.cells} == {""}
    assert found["公开02"].pages == (8, 9)
    assert column(found["公开02"], "7") == {
        "合计": Decimal("6.20"), "201": Decimal("6.20"), "20106": Decimal("6.20"),
        "2010601": Decimal("0.01"), "2010602": Decimal("6.19"),
    }  # fmt: skip
    total = column(found["公开03"], "1")
    assert total["2010608"] == Decimal("449.52")
    assert sum(total[code] for code in ("201", "208", "210", "221")) == total["合计"] + Decimal("0.01")
    assert column(found["公开06"], "")["30299"] == Decimal("11.53")
    assert column(found["公开07"], "1") == {"": Decimal("0.95")}
    assert column(found["公开07"], "6") == {"": Decimal("0.95")}


def test_the_tables_of_a_budget_run_over_pages_and_add_up() -> None:
    document = read(BUDGET, range(10, 19))
    assert [(table.code, table.title, table.unit) for table in document.tables] == [
        ("T1", "2025年部门收入预算总表", "元"), ("T2", "2025年部门支出预算总表", "元"),
    ]  # fmt: skip
    for table in document.tables:
        for number in ("1", "2", "3"):
            figures = column(table, number)
            assert sum(value for code, value in figures.items() if len(code) == len("201")) == figures["合计"]
