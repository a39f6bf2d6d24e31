"""The installed command on real input, nothing replaced: what it exports against what the pages print."""

from __future__ import annotations

import csv
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium  # type: ignore[import-untyped]
import pytest
from PIL import Image

from corpus.degrade import clean_scan
from corpus.make import make, page_images
from corpus.score import score_export
from tests.export_contract import broken

SHARED = Path(__file__).resolve().parents[3] / "shared"
COMMAND = Path(sys.executable).with_name("jiaokan")


def extract(out: Path, *arguments: str | Path) -> int:
    """Runs the console command; its exit status."""
    words = [COMMAND, "extract", *arguments, "--out", out]
    return subprocess.run(words, check=False, capture_output=True, timeout=600).returncode  # noqa: S603  # our own


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def shared(pattern: str) -> Path:
    """A file beside the project; skips where there is none."""
    found = sorted(SHARED.glob(pattern))
    if not found:
        pytest.skip(f"{SHARED / pattern} is missing: the documents are not part of the project")
    return found[0]


@pytest.fixture(scope="module")
def worn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A worn scan with its truth, extracted with a searchable copy: the folder made, the export."""
    folder = tmp_path_factory.mktemp("worn")
    (pdf,) = make("level2", 1, 4711, folder / "made")
    assert extract(folder / "out", pdf, "--searchable", "--jobs", "2") == 0
    return folder / "made", folder / "out"


def test_a_worn_scan_is_read_without_a_silent_error(worn: tuple[Path, Path]) -> None:
    made, out = worn
    assert broken(out) == []
    found = score_export(made / "truth", out)
    assert found.money > 100
    assert found.silent == 0
    assert found.exact_share >= 0.97
    assert (found.entity_right, found.year_right) == (1, 1)


def test_the_searchable_copy_says_what_was_read(worn: tuple[Path, Path]) -> None:
    made, out = worn
    (copy,) = (out / "searchable").glob("*.pdf")
    document = pdfium.PdfDocument(copy)
    text = "".join(page.get_textpage().get_text_range() for page in document)
    pages = len(document)
    document.close()
    cells = [row for row in rows(out / "cells.csv") if row["raw"] and row["status"] == "read"]
    assert pages == int(rows(out / "documents.csv")[0]["pages"])
    assert sum(cell["raw"] in text for cell in cells) > 0.95 * len(cells)
    assert made.exists()


@pytest.mark.long
def test_the_export_does_not_depend_on_the_jobs(worn: tuple[Path, Path], tmp_path: Path) -> None:
    made, out = worn
    (pdf,) = made.glob("*.pdf")
    assert extract(tmp_path / "again", pdf, "--jobs", "1") == 0
    for name in ("documents", "cells", "checks", "repairs", "facts"):
        assert (tmp_path / "again" / f"{name}.csv").read_bytes() == (out / f"{name}.csv").read_bytes(), name


def test_dumps_of_an_earlier_run(tmp_path: Path) -> None:
    first = shared("seeds/000*.txt")
    assert extract(tmp_path / "out", first.parent) == 0
    assert broken(tmp_path / "out") == []
    said = {row["document"][:3]: (row["entity"], row["year"]) for row in rows(tmp_path / "out" / "documents.csv")}
    assert said == {
        "000": ("宁夏回族自治区医疗保障局", "2021"),
        "001": ("永兴县医疗保障局", "2021"),
        "002": ("宁夏西吉县医疗保障局本级", "2024"),
        "003": ("广元市昭化区医疗保障局", "2021"),
        "004": ("临夏市医疗保障局", "2023"),
    }


def test_a_published_table_as_a_scan_reads_as_its_text_says(tmp_path: Path) -> None:
    """Pages 6 to 11 of a final account: 公开01 to 公开03, the last with amounts that stand a line high."""
    published = shared("real/*决算.pdf")
    document = pdfium.PdfDocument(published)
    part = pdfium.PdfDocument.new()
    part.import_pages(document, list(range(5, 11)))
    stream = BytesIO()
    part.save(stream)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "text.pdf").write_bytes(stream.getvalue())
    rng = np.random.default_rng(5)
    scans = [Image.fromarray(clean_scan(image, rng)[:, :, ::-1]) for image in page_images(stream.getvalue(), 200)]
    scans[0].save(tmp_path / "in" / "scan.pdf", save_all=True, append_images=scans[1:], resolution=200)
    assert extract(tmp_path / "out", tmp_path / "in") == 0
    found: dict[str, list[tuple[str, ...]]] = {"text.pdf": [], "scan.pdf": []}
    for row in rows(tmp_path / "out" / "cells.csv"):
        key = ("table_code", "row_code", "column_no", "value", "unit")
        found[row["document"]].append(tuple(row[name] for name in key))
    assert {code for code, *_ in found["text.pdf"]} == {"公开01", "公开02", "公开03"}
    assert found["scan.pdf"] == found["text.pdf"]
    checks = rows(tmp_path / "out" / "checks.csv")
    assert len(checks) > 100
    assert {check["result"] for check in checks} == {"pass"}
