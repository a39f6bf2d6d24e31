"""Made PDFs: what they print, what their text layers say, and that a seed makes the same file again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pypdfium2  # type: ignore[import-untyped]  # pypdfium2 ships no types
import pytest

from corpus import degrade, fonts, forms, garble, make, seal, sheets
from corpus.account import random_account
from corpus.truth import Truth, cells, read_cells, read_documents
from corpus.variant import STANDARD, Variant


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def small(seed: int = 5, count: int = 3, **habits: object) -> tuple[Truth, Variant]:
    """A document of a few tables."""
    rng = make.seeded(seed)
    account = random_account(rng, "正定县审计局", "20108", 2022)
    variant = replace(Variant(), **habits)  # type: ignore[arg-type]  # habits are fields of Variant
    return Truth("a.pdf", account.entity, 2022, variant.unit, forms.tables(account, variant)[:count]), variant


@pytest.mark.parametrize("face", fonts.TEXT_FACES)
@pytest.mark.parametrize("digits", ["text", "times", "stix"])
def test_every_printed_amount_is_in_the_text_of_its_page(face: str, digits: str) -> None:
    document, variant = small(text_font=face, digit_font=digits)
    printed = make.print_document(document, variant, make.seeded(1))
    pdf = pypdfium2.PdfDocument(printed.pdf)
    pages = [p.get_textpage().get_text_bounded() for p in pdf]
    pdf.close()
    assert document.entity in "".join(pages).replace("\r\n", "")
    for cell in cells(document, printed.placed):
        assert cell.page > 0
        if cell.value is not None:
            assert sheets.amount(cell.value, variant) in pages[cell.page - 1]


@pytest.mark.parametrize("codes", ["one", "merged", "split"])
@pytest.mark.parametrize("total", ["first", "last", "header"])
@pytest.mark.parametrize("numbers", [True, False])
def test_cells_of_a_sheet_cover_its_grid_once(codes: str, total: str, numbers: bool) -> None:
    rng = make.seeded(8)
    account = random_account(rng, "正定县审计局", "20108", 2022)
    total = "first" if codes == "one" and total == "header" else total
    for blocks, interleaved in ((2, True), (3, False)):
        variant = Variant(
            codes=codes,
            total=total,
            column_numbers=numbers,
            line_numbers=numbers,
            blocks=blocks,
            interleaved=interleaved,
        )
        document = Truth("a.pdf", account.entity, 2022, "元", forms.tables(account, variant))
        for table in document.tables:
            sheet = sheets.sheet(table, document, variant)
            covered = np.zeros((len(sheet.lines), len(sheet.kinds)), int)
            for box in sheet.boxes:
                covered[box.row : box.row + box.rows, box.column : box.column + box.columns] += 1
            assert covered.max() == 1, (table.code, covered)
            assert (covered == 0).sum() == 0, (table.code, covered)


@pytest.mark.parametrize("face", ["song", "sans"])
def test_the_same_seed_makes_the_same_bytes(face: str, monkeypatch: pytest.MonkeyPatch) -> None:
    document, variant = small(text_font=face)
    first = make.print_document(document, variant, make.seeded(1)).pdf
    make.build("born-digital", 12, "b.pdf")
    # A day later: no time of making may get into the file, nor into the fonts it embeds.
    monkeypatch.setattr("time.time", lambda: 2_000_000_000.0)
    assert make.print_document(document, variant, make.seeded(1)).pdf == first
    assert make.build("born-digital", 11, "a.pdf")[2] == make.build("born-digital", 11, "a.pdf")[2]


@pytest.mark.parametrize("mode", garble.MODES)
def test_lying_fonts_look_right_and_read_wrong(mode: str) -> None:
    document, variant = small(digit_font="stix")
    honest = make.print_document(document, variant, make.seeded(1)).pdf
    lying = make.print_document(document, variant, make.seeded(1), mode).pdf
    for one, other in zip(make.page_images(honest, 60), make.page_images(lying, 60), strict=True):
        assert np.abs(one.astype(int) - other).mean() < 0.5
    amount = next(f"{c.value:,.2f}" for c in cells(document) if c.value)
    assert amount in text_of(honest)
    assert amount not in text_of(lying)
    # Exchanged digits sit in the digits' font alone.
    assert (document.tables[0].title in text_of(lying)) == (mode == "permuted")


def test_misread_text_is_mostly_right_and_deterministic() -> None:
    text = "一、一般公共预算财政拨款收入1,234,567.89" * 20
    told = garble.misread(text, make.seeded(2))
    assert told == garble.misread(text, make.seeded(2))
    assert told != text
    assert abs(len(told) - len(text)) < 0.05 * len(text)


def page(seed: int = 5) -> degrade.Image:
    document, variant = small(seed)
    return list(make.page_images(make.print_document(document, variant, make.seeded(1)).pdf, 60))[2]


@pytest.mark.parametrize("wear", [degrade.clean_scan, degrade.worn_scan, degrade.phone_scan, degrade.fax])
def test_wear_is_deterministic_and_leaves_the_global_generators_alone(
    wear: object,
) -> None:
    assert callable(wear)
    image = page()
    np.random.seed(7)
    before = np.random.get_state()[1].copy()  # type: ignore[index]  # a dict only if asked for
    first, again = wear(image, np.random.default_rng(3)), wear(image, np.random.default_rng(3))
    assert (np.random.get_state()[1] == before).all()  # type: ignore[index]  # likewise
    assert (first == again).all()
    assert sorted(first.shape[:2]) == sorted(image.shape[:2])
    other = wear(image, np.random.default_rng(4))
    assert other.shape != first.shape or (other != first).any()


def test_a_fax_is_black_and_white() -> None:
    assert set(np.unique(degrade.fax(page(), np.random.default_rng(1)))) == {0, 255}


def test_a_seal_is_red_and_leaves_black_ink_black() -> None:
    image = np.full((600, 600, 3), 255, np.uint8)
    image[:, 295:305] = 0
    stamped = seal.press(image, "正定县审计局", np.random.default_rng(1), 200)
    saturation = cv2.cvtColor(stamped, cv2.COLOR_BGR2HSV)[..., 1]
    assert 0.01 < (saturation > 90).mean() < 0.2
    assert (stamped[:, 295:305] == 0).all()


@pytest.mark.parametrize("level", ["level1-garbled", "level4"])
def test_a_scan_shows_images_and_at_most_a_garbled_layer(level: str) -> None:
    document, variant = small(count=1)
    printed = make.print_document(document, variant, make.seeded(1))
    pdf = make.scan(printed, document.entity, level, 9)
    text = text_of(pdf)
    if level == "level4":
        assert not text.strip()
    else:
        assert document.entity[-2:] in text
        amounts = [f"{c.value:,.2f}" for c in cells(document) if c.value]
        right = sum(a in text for a in amounts) / len(amounts)
        assert 0.2 < right < 0.95
    opened = pypdfium2.PdfDocument(pdf)
    assert len(opened) == len(printed.sizes)
    opened.close()


def test_make_writes_documents_and_their_truth(tmp_path: Path) -> None:
    paths = make.make("born-digital", 2, 3, tmp_path)
    filed = read_documents(tmp_path / "truth" / "documents.csv")
    assert [p.name for p in paths] == [f.document for f in filed]
    assert {c.document for c in read_cells(tmp_path / "truth" / "cells.csv")} == {p.name for p in paths}
    assert {c.table_code for c in read_cells(tmp_path / "truth" / "cells.csv")} == set(STANDARD)


def test_a_missing_font_is_named_with_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    lost = {n: fonts.Source(tmp_path / "none.ttc", 0, s.package) for n, s in fonts._SOURCES.items()}
    monkeypatch.setattr(fonts, "_SOURCES", lost)
    fonts.source.cache_clear()
    try:
        document, variant = small(text_font="kai", digit_font="text")
        printed = make.print_document(document, variant, make.seeded(1))
    finally:
        fonts.source.cache_clear()
    assert document.tables[0].title in text_of(printed.pdf)
    assert "apt-get install fonts-arphic-ukai" in capsys.readouterr().err
