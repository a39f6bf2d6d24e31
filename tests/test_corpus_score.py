"""Scoring with exports made by hand: every way to be wrong must count once, and only once."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from corpus import score
from corpus.truth import Filed, TruthCell, write_cells, write_documents

ROW = {
    "document": "a.pdf",
    "table_code": "公开05",
    "line_no": "",
    "row_code": "",
    "row_name": "",
    "column_no": "1",
    "column_name": "本年支出合计",
    "unit": "元",
    "raw": "",
    "value": "",
    "status": "read",
    "confidence": "0.99",
    "reason": "",
}


def cell(value: str | None, code: str = "", name: str = "", line: str = "", **more: str) -> TruthCell:
    keys = {"table_code": "公开05", "column_no": "1", "column_name": "本年支出合计"} | more
    return TruthCell(
        document="a.pdf",
        table_code=keys["table_code"],
        line_no=line,
        row_code=code,
        row_name=name,
        column_no=keys["column_no"],
        column_name=keys["column_name"],
        unit="元",
        value=None if value is None else Decimal(value),
    )


def row(value: str, code: str = "", name: str = "", line: str = "", **more: str) -> dict[str, str]:
    return ROW | {"value": value, "row_code": code, "row_name": name, "line_no": line} | more


def test_right_cells_pass_straight_through() -> None:
    truth = [cell("10.50", "208", "社会保障和就业支出"), cell(None, "210", "卫生健康支出"), cell("0.00", "221")]
    found = score.score_document(truth, [row("10.5", "208"), row("", "210"), row("0.00", "221")])
    assert (found.money, found.exact, found.straight, found.silent, found.zeros_lost) == (1, 1, 1, 0, 0)


@pytest.mark.parametrize(
    ("rows", "silent", "missing", "invented"),
    [
        ([row("10.05", "208")], 1, 0, 0),
        ([row("10.05", "208", status="flagged", reason="r")], 0, 0, 0),
        ([row("", "208")], 1, 1, 0),
        ([row("", "208", status="flagged", reason="r")], 0, 1, 0),
        ([], 1, 1, 0),
        ([row("10.50", "208"), row("10.50", "209")], 1, 0, 1),
        ([row("10.50", "208"), row("10.50", "209", status="flagged")], 0, 0, 1),
        ([row("10.50", "208", column_no="2", column_name="基本支出")], 2, 1, 1),
        ([row("10.50", "208", table_code="公开03")], 2, 1, 1),
        ([row("10.50", "208", table_code="T1")], 1, 1, 0),
        ([row("10.50", "208", status="flagged")], 0, 0, 0),
    ],
)
def test_every_way_to_be_wrong(rows: list[dict[str, str]], silent: int, missing: int, invented: int) -> None:
    found = score.score_document([cell("10.50", "208", "社会保障和就业支出")], rows)
    assert (found.silent, found.missing, found.invented) == (silent, missing, invented)
    assert sum(f.silent for f in found.faults) == silent


def test_a_value_where_the_paper_prints_none() -> None:
    found = score.score_document([cell(None, "208"), cell("0.00", "209")], [row("0.00", "208"), row("7.00", "209")])
    assert (found.invented, found.silent, found.money) == (2, 2, 0)


def test_a_printed_nought_left_blank_is_no_error_of_a_figure() -> None:
    found = score.score_document([cell("0.00", "208")], [row("", "208")])
    assert (found.zeros_lost, found.silent) == (1, 0)


def test_rows_pair_by_line_number_then_by_name_in_order() -> None:
    truth = [cell("1.00", line="1", name="一、甲"), cell("2.00", name="二、乙"), cell("3.00", name="乙")]
    found = score.score_document(truth, [row("1.00", line="1"), row("2.00", name=" 乙"), row("3.00", name="乙")])
    assert (found.exact, found.silent) == (3, 0)
    swapped = score.score_document(truth, [row("1.00", line="1"), row("3.00", name="乙"), row("2.00", name="乙")])
    assert swapped.silent == 2


def test_a_row_cut_short_by_a_narrow_column_is_found() -> None:
    truth = [cell("5.00", "2080505", "机关事业单位基本养老保险缴费支出"), cell("6.00", "2080506", "职业年金缴费支出")]
    rows = [row("5.00", "208050", "机关事业单位基本养老保险缴费支"), row("6.00", "208050", "职业年金缴费支出")]
    assert score.score_document(truth, rows).silent == 0
    assert score.score_document(truth, [row("5.00", "208050", "别的"), rows[1]]).silent == 2


def test_a_row_without_any_key_pairs_with_the_only_row() -> None:
    truth = [cell("5.00", table_code="公开07", column_no="7", column_name="决算数/合计")]
    found = score.score_document(
        truth, [row("5.00", name="合计", table_code="公开07", column_no="", column_name="决算数/合计")]
    )
    assert found.exact == 1


def test_form_06_has_one_column_whatever_its_number() -> None:
    truth = [cell("5.00", "30101", table_code="公开06", column_no="", column_name="决算数")]
    assert score.score_document(truth, [row("5.00", "30101", table_code="公开06", column_no="3")]).exact == 1


def test_folders(tmp_path: Path) -> None:
    write_documents(tmp_path / "documents.csv", [Filed("a.pdf", "某县财政局", 2021, "final-account", "level1", 3)])
    write_cells(tmp_path / "cells.csv", [cell("10.50", "208")])
    export = tmp_path / "export"
    export.mkdir()
    with (export / "cells.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(ROW))
        writer.writeheader()
        writer.writerow(row("10.50", "208", document="folder/a.pdf", unit="万元"))
    (export / "documents.csv").write_text(
        "document,entity,year,status\nfolder/a.pdf,某县财政局,2020,clean\n", encoding="utf-8"
    )
    found = score.score_export(tmp_path, export)
    assert (found.documents, found.failed, found.entity_right, found.year_right, found.unit_wrong) == (1, 0, 1, 0, 1)
    assert (found.exact_share, found.silent_per_10000) == (1.0, 0.0)


def test_faults_are_written_silent_first(tmp_path: Path) -> None:
    truth = [cell("1.00", "201"), cell("2.00", "202")]
    found = score.score_document(truth, [row("9.00", "201", status="flagged", reason="sum"), row("8.00", "202")])
    score.write_faults(tmp_path / "faults.csv", found.faults)
    with (tmp_path / "faults.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(r["expected"], r["silent"]) for r in rows] == [("2.00", "True"), ("1.00", "False")]
