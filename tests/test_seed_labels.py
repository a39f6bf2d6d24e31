"""The labels of the dumps that the project was given: what is misread in 000, and nothing changed that is right."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from models.document import Extraction, Repair
from worker.core.settle import settle
from worker.dump import decode, lay_out_dump

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
WHO = {
    "000": ("宁夏回族自治区医疗保障局", "2021"),
    "001": ("永兴县医疗保障局", "2021"),
    "002": ("宁夏西吉县医疗保障局本级", "2024"),
    "003": ("广元市昭化区医疗保障局", "2021"),
    "004": ("临夏市医疗保障局", "2023"),
}
LABELS = ("row_name", "row_code", "line_no", "entity")

pytestmark = pytest.mark.skipif(not SEEDS.is_dir(), reason=f"{SEEDS} is not there: the dumps' labels are NOT checked")


@cache
def extracted(seed: str) -> Extraction:
    (path,) = SEEDS.glob(f"{seed}_*.txt")
    return settle(lay_out_dump(decode(path.read_bytes())))


def repaired(seed: str) -> list[Repair]:
    return [repair for repair in extracted(seed).repairs if repair.field in LABELS]


@pytest.mark.parametrize("seed", WHO)
def test_whose_and_of_which_year(seed: str) -> None:
    assert (extracted(seed).entity, extracted(seed).year) == WHO[seed]


@pytest.mark.parametrize("seed", ["001", "003", "004"])
def test_labels_that_are_right_stay(seed: str) -> None:
    assert repaired(seed) == []


def test_codes_cut_by_the_column_are_completed_and_nothing_else() -> None:
    found = repaired("002")
    assert {repair.field for repair in found} == {"row_code"}
    assert all(repair.repaired.startswith(repair.raw) for repair in found)
    codes = [row.code for table in extracted("002").tables for row in table.rows if row.code and table.table.form]
    assert {len(code) for code in codes} == {3, 5, 7}
    names = {row.name for table in extracted("002").tables for row in table.rows}
    assert {"机关事业单位基本养老保险缴费支", "机关事业单位基本养老保险缴"} <= names


def test_the_office_of_the_garbled_dump() -> None:
    (repair,) = [repair for repair in repaired("000") if repair.field == "entity"]
    assert (repair.raw, repair.repaired, repair.kind) == ("自治县医疗保障局", WHO["000"][0], "gazetteer")


def test_names_of_the_garbled_dump_are_as_their_codes_say() -> None:
    tables = {table.table.code: table for table in extracted("000").tables}
    names: dict[str, set[str]] = {}
    for form in ("公开02", "公开03", "公开05"):
        assert (tables[form].rows[0].code, tables[form].rows[0].name) == ("", "合计")
        for row in tables[form].rows[1:]:
            names.setdefault(row.code, set()).add(row.name)
    assert {code: len(found) for code, found in names.items()} == dict.fromkeys(names, 1)
    assert names["2080501"] == {"行政单位离退休"}
    assert names["2101103"] == {"公务员医疗补助"}
    economic = {row.code: row.name for row in tables["公开06"].rows if row.code}
    assert [economic[code] for code in ("30301", "30302", "307", "30701")] == [
        "离休费", "退休费", "债务利息及费用支出", "国内债务付息",
    ]  # fmt: skip


def test_items_of_the_garbled_dump_stand_in_the_forms_order() -> None:
    rows = {row.line_no: row.name for row in extracted("000").tables[0].rows}
    assert rows["44"].endswith("资源勘探工业信息等支出")
    assert rows["45"].endswith("商业服务业等支出")
    assert rows["49"].endswith("住房保障支出")
    assert rows["50"].endswith("粮油物资储备支出")
