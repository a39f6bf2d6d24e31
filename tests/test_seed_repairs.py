"""The mission's own documents: what the garbled one printed is restored with proof, what the clean ones print stays."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from corpus import score
from corpus.truth import TruthCell, read_cells
from models.document import CellStatus, CheckResult, Extraction
from models.export.columns import CELLS
from models.export.records import cell_records
from worker.core.settle import settle
from worker.dump import decode, lay_out_dump

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
TRUTH = Path(__file__).parents[1] / "corpus" / "documents" / "disclosures" / "cells.csv"
GARBLED = "000_cb83e4511ccac8e2.txt"

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason="../shared/seeds is not there")

RESTORED = (
    ("公开01", "一般公共服务支出", "2", ""),
    ("公开01", "社会保障和就业支出", "2", "2409675.43"),
    ("公开01", "卫生健康支出", "2", "113594696.11"),
    ("公开01", "本年收入合计", "1", "108206390.27"),
    ("公开01", "本年支出合计", "2", "117032547.02"),
    ("公开01", "年初结转和结余", "1", "188194269.97"),
    ("公开01", "年末结转和结余", "2", "179368113.22"),
    ("公开04", "年末财政拨款结转和结余", "3", "179363920.04"),
    ("公开05", "住房公积金", "2", "729375.48"),
    ("公开05", "购房补贴", "2", "298800"),
    ("公开06", "人员经费合计", "", "14399261.68"),
    ("公开07", "", "3", "72000"),
)


@cache
def settled(name: str) -> Extraction:
    return settle(lay_out_dump(decode((SEEDS / name).read_bytes())))


@cache
def exported(name: str) -> list[dict[str, str]]:
    fields = [field.name for field in CELLS.fields]
    return [dict(zip(fields, record, strict=True)) for record in cell_records(name, settled(name))]


@pytest.mark.parametrize(("table", "row", "column", "value"), RESTORED)
def test_every_total_of_the_garbled_dump_is_restored_with_its_proof(
    table: str, row: str, column: str, value: str
) -> None:
    cells = [
        cell
        for cell in exported(GARBLED)
        if cell["table_code"] == table and cell["row_name"].endswith(row) and cell["column_no"] == column
    ]
    (cell,) = [c for c in cells if not row or score.normal(c["row_name"]) == row]
    assert (cell["value"], cell["status"]) == (value, "repaired")
    proofs = {r.cell_id: r.proof.split() for r in settled(GARBLED).repairs if r.field == "value"}
    known = {c.check_id: c.result for c in settled(GARBLED).checks}
    assert proofs[cell["cell_id"]]
    assert all(known.get(check_id, CheckResult.PASS) is CheckResult.PASS for check_id in proofs[cell["cell_id"]])


@pytest.mark.parametrize("name", [GARBLED, "002_6a62bd9b783e40ec.txt", "004_eeff97a73e190905.txt"])
def test_nothing_is_wrong_in_silence(name: str) -> None:
    truth: defaultdict[str, list[TruthCell]] = defaultdict(list)
    for cell in read_cells(TRUTH):
        truth[cell.document].append(cell)
    found = score.score_document(truth[name], exported(name))
    assert [fault for fault in found.faults if fault.silent] == []
    assert found.exact_share > (0.98 if name == GARBLED else 0.9999)


def test_what_only_guesswork_could_decide_is_a_question() -> None:
    asked = [c for t in settled(GARBLED).tables for c in t.cells if c.status is CellStatus.FLAGGED]
    assert asked
    assert all("；请核对原件 | " in cell.reason and cell.reason.endswith("; look at the page") for cell in asked)
