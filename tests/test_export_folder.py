"""The export folder keeps its contract, describes itself, and is the same for the same results."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from frictionless import validate
from hypothesis import given
from hypothesis import strategies as st

from models.document import (
    Cell,
    CellStatus,
    Check,
    CheckResult,
    Column,
    DocumentKind,
    DocumentStatus,
    Extraction,
    Fact,
    Origin,
    Reading,
    Repair,
    Row,
    SettledCell,
    SettledRow,
    SettledTable,
    Table,
)
from models.export.folder import Export
from models.export.records import amount, guarded, in_yuan
from models.files import FileResult, Refusal, stems
from models.geometry import Box
from tests.export_contract import broken

SHARED = Path(__file__).parents[2] / "shared"


def table(code: str = "公开01", unit: str = "万元") -> SettledTable:
    """Two blocks side by side; the right one is a line shorter, its second item negative."""
    places = [(0, "1", 0), (1, "2", 0), (0, "31", 1)]
    rows = tuple(Row(line, block) for line, _, block in places)
    columns = (Column("1", "决算数", block=0), Column("2", "决算数", block=1))
    printed = [
        ("1,234.50", "1234.50", CellStatus.READ),
        ("", None, CellStatus.READ),
        ("－12.5O", "-12.50", CellStatus.REPAIRED),
    ]
    cells = tuple(
        SettledCell(
            Cell(
                f"c{row}" if code == "公开01" else f"{code}c{row}",
                row,
                rows[row].block,
                Reading(raw, 3, Box(72.0, 100.123 + row, 90.5, 111.0)),
            ),
            None if value is None else Decimal(value),
            status,
            0.98765,
            "O is read as 0: r1" if status is CellStatus.REPAIRED else "",
            ("-12.5", "-12.58"),
        )
        for row, (raw, value, status) in enumerate(printed)
    )
    settled_rows = (SettledRow("1", "201", "=一般公共服务"), SettledRow("2", "", "+1"), SettledRow("31", "", "结余"))
    return SettledTable(
        Table(code, "收入支出决算总表", "公开01", unit, (3,), columns, rows, tuple(c.cell for c in cells)),
        settled_rows,
        cells,
    )


def extraction(*given_tables: SettledTable) -> Extraction:
    tables = given_tables or (table(),)
    check = Check(
        "r1", "balance", "收入 = 支出", Decimal("1E+3"), Decimal(1000), Decimal("0.005"), CheckResult.PASS, ("c0",)
    )
    repairs = tuple(
        Repair(id_, "value", "－12.5O", "-12.50", "glyph", "r1", unique=True, alternatives=("-12.58",))
        for id_ in ("c2", "T1c2")[: len(tables)]
    )
    fact = Fact(5, "三、收入", "本年收入合计", Decimal("1234.50"), "万元", CellStatus.READ, "1,234.50万元", 2, ("c0",))
    head = ("某市某局", "2023", DocumentKind.FINAL_ACCOUNT, DocumentStatus.CLEAN)
    return Extraction(*head, tables, (check,), repairs, (fact,), ("缺少公开05", "公开01：合计不平"))


def result(name: str = "a.pdf", **changes: object) -> FileResult:
    whole = FileResult(name, name.removesuffix(".pdf"), "ab" * 32, 7, Origin.SCAN, extraction())
    return replace(whole, **changes)  # type: ignore[arg-type]  # a test names the fields it changes


def written(folder: Path, *results: FileResult | Refusal, bom: bool = False) -> Path:
    folder.mkdir()
    export = Export(folder, bom)
    for one in results:
        export.add(one)
    export.finish()
    return folder


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


MIXED = (
    result("b.pdf"),
    result("=a.pdf", extraction=extraction(table(unit=""), table("T1", "%"))),
    Refusal("c.zip/x.pdf", "the file is empty (0 bytes): get it again", "00" * 32),
    result("d.pdf", extraction=None, error="it took longer than 120 s"),
    result("e.pdf", error="page 3: it is blotted"),
    result("f.pdf", extraction=None),
)


@pytest.mark.parametrize("bom", [False, True])
def test_the_folder_keeps_the_contract_and_describes_itself(tmp_path: Path, bom: bool) -> None:
    folder = written(tmp_path / "out", *MIXED, bom=bom)
    assert broken(folder) == []
    report = validate(folder / "datapackage.json")
    assert report.valid, report.to_summary()
    assert report.stats["tasks"] == 5 + 4
    assert (folder / "cells.csv").read_bytes().startswith(b"\xef\xbb\xbf") is bom
    assert not (folder / ".parts").exists()


def test_the_shared_checker_agrees(tmp_path: Path) -> None:
    checker = SHARED / "check_export.py"
    if not checker.exists():
        pytest.skip("../shared/check_export.py is not on this machine")
    folder = written(tmp_path / "out", *MIXED)
    done = subprocess.run([sys.executable, checker, folder], capture_output=True, text=True, check=False)  # noqa: S603  # our own arguments
    assert done.returncode == 0, done.stdout


def test_a_changed_byte_no_longer_matches_the_description(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", result())
    cells = folder / "cells.csv"
    cells.write_text(cells.read_text().replace("1234.50", "1234.51"))
    assert not validate(folder / "datapackage.json").valid


def test_the_order_of_arrival_does_not_matter(tmp_path: Path) -> None:
    first = written(tmp_path / "first", *MIXED)
    second = written(tmp_path / "second", *reversed(MIXED))
    names = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert names == sorted(path.relative_to(second) for path in second.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)


def test_a_cell_says_all_it_knows(tmp_path: Path) -> None:
    first, blank, negative = read(written(tmp_path / "out", result()) / "cells.csv")
    assert (first["value"], first["value_yuan"]) == ("1234.50", "12345000")
    assert (first["line_no"], first["row_code"], first["row_name"]) == ("1", "201", "'=一般公共服务")
    assert (first["x0"], first["y0"], first["page"], first["confidence"]) == ("72.00", "100.12", "3", "0.9877")
    assert (blank["raw"], blank["value"], blank["value_yuan"], blank["row_name"]) == ("", "", "", "+1")
    assert (negative["raw"], negative["value"], negative["line_no"]) == ("'－12.5O", "-12.50", "31")
    assert negative["value_yuan"] == "-125000"
    assert negative["alternatives"] == "-12.5 -12.58"


def test_a_table_is_printed_as_it_stands(tmp_path: Path) -> None:
    with (written(tmp_path / "out", result()) / "tables" / "a.公开01.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert lines == [
        ["科目代码", "项目", "行次", "决算数", "项目 (2)", "行次 (2)", "决算数 (2)"],
        ["201", "'=一般公共服务", "1", "1234.50", "结余", "31", "-12.50"],
        ["", "+1", "2", "", "", "", ""],
    ]


def test_an_empty_line_of_a_form_is_left_out_of_the_printed_table(tmp_path: Path) -> None:
    whole = table()
    rows = (*whole.rows[:1], SettledRow("", "", ""), whole.rows[2])
    folder = written(tmp_path / "out", result(extraction=extraction(replace(whole, rows=rows))))
    assert len((folder / "tables" / "a.公开01.csv").read_text(encoding="utf-8").splitlines()) == 2
    assert len(read(folder / "cells.csv")) == 3
    assert validate(folder / "datapackage.json").valid


def test_failed_means_an_error_and_only_that(tmp_path: Path) -> None:
    rows = {row["document"]: row for row in read(written(tmp_path / "out", *MIXED) / "documents.csv")}
    assert [name for name, row in rows.items() if row["status"] == "failed"] == [
        "c.zip/x.pdf",
        "d.pdf",
        "e.pdf",
        "f.pdf",
    ]
    assert rows["e.pdf"]["tables"] == "公开01"
    assert rows["b.pdf"]["document_id"] == "ab" * 8
    assert rows["b.pdf"]["questions"] == "缺少公开05；公开01：合计不平"
    assert rows["f.pdf"]["questions"] == ""
    assert list(rows) == ["'=a.pdf", "b.pdf", "c.zip/x.pdf", "d.pdf", "e.pdf", "f.pdf"]


def test_one_name_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="two documents"):
        written(tmp_path / "out", result(), result())


def test_lines_end_as_rfc_4180_says(tmp_path: Path) -> None:
    folder = written(tmp_path / "out", *MIXED)
    for path in folder.rglob("*.csv"):
        assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") > 0


def test_nothing_in_the_description_tells_the_time(tmp_path: Path) -> None:
    package = json.loads((written(tmp_path / "out", result()) / "datapackage.json").read_text())
    assert "created" not in package


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**15), max_value=10**15))
def test_amounts_are_plain_and_exact(value: Decimal) -> None:
    assert re.fullmatch(r"-?\d+(\.\d+)?", amount(value))
    assert Decimal(amount(value)) == value
    assert Decimal(in_yuan(value, "万元")) == value * 10000
    assert Decimal(in_yuan(value, "亿元")) == value * 10**8
    assert in_yuan(value, "元") == amount(value)
    assert in_yuan(value, "%") == in_yuan(value, "") == ""


@pytest.mark.parametrize(("value", "text"), [("1E+3", "1000"), ("-0.00", "0.00"), ("0E-8", "0.00000000"), ("5", "5")])
def test_amounts_keep_the_digits_they_came_with(value: str, text: str) -> None:
    assert amount(Decimal(value)) == text


def test_no_amount_is_no_number() -> None:
    with pytest.raises(ValueError, match="not an amount"):
        amount(Decimal("NaN"))


@pytest.mark.parametrize(
    "text", ["=1+1", "@SUM(A1)", "+cmd", "-2+3", "＝1", "＋A1", "－A1", "＠x", "\t=1", "\r=1", " =1", "-"[:1] + "A"]
)
def test_formulas_are_guarded(text: str) -> None:
    assert guarded(text).startswith("'")
    assert guarded(text)[1:].split() == text.split()


@pytest.mark.parametrize(
    "text", ["-1,234.50", "-5.00 -6.00", "－１２．５０", "+3", "-12.5%", "-", "——", "其中：", "", "1-2", "a=b"]
)
def test_amounts_and_plain_text_are_not_guarded(text: str) -> None:
    assert guarded(text) == text


@given(st.text())
def test_no_text_begins_a_formula_or_breaks_a_line(text: str) -> None:
    safe = guarded(text)
    assert not set(safe) & {"\0", "\t", "\r", "\n"}
    assert safe[:1] not in {"=", "@", "＝", "＠"}


@given(st.lists(st.text(min_size=1), unique=True))
def test_stems_are_unique_and_safe(names: list[str]) -> None:
    found = stems(names)
    assert set(found) == set(names)
    assert len({stem.casefold() for stem in found.values()}) == len(names)
    assert all(len(stem.encode()) <= 120 and "/" not in stem and not stem.startswith(".") for stem in found.values())
