"""Opening counts pages, and says what is wrong with files that are locked, damaged or too large."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from models.files import FileKind, Limits, UnreadableError
from models.settings import Settings
from tests.bad_files import encrypted, huge_png, pages
from worker.opening import open_file


@pytest.fixture
def limits() -> Limits:
    return Settings().limits()


def made(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("count", [1, 7])
def test_pages_of_a_pdf_are_counted(count: int, tmp_path: Path, limits: Limits) -> None:
    assert open_file(made(tmp_path, pages(count)), FileKind.PDF, limits) == count


def test_an_end_mark_before_padding_is_an_end(tmp_path: Path, limits: Limits) -> None:
    assert open_file(made(tmp_path, pages(1) + b"\0" * 5000), FileKind.PDF, limits) == 1


def test_pictures_of_an_image_are_counted(tmp_path: Path, limits: Limits) -> None:
    first, *more = (Image.new("L", (9, 9), shade) for shade in (1, 2, 3))
    first.save(tmp_path / "a.tif", save_all=True, append_images=more)
    assert open_file(tmp_path / "a.tif", FileKind.IMAGE, limits) == 3
    first.save(tmp_path / "a.png")
    assert open_file(tmp_path / "a.png", FileKind.IMAGE, limits) == 1


def test_a_text_dump_has_no_pages(tmp_path: Path, limits: Limits) -> None:
    assert open_file(made(tmp_path, b"a\tb"), FileKind.TEXT, limits) == 0


@pytest.mark.parametrize(
    ("content", "kind", "said"),
    [
        (encrypted(), FileKind.PDF, "password"),
        (pages(3)[:-60], FileKind.PDF, "truncated"),
        (pages(300)[: len(pages(300)) // 2], FileKind.PDF, "truncated"),
        (b"%PDF-1.7\nnonsense\n%%EOF", FileKind.PDF, "damaged"),
        (pages(0), FileKind.PDF, "no pages"),
        (pages(10_000), FileKind.PDF, "10,000 pages"),
        (pages(1, side=14_400), FileKind.PDF, "14,400 points"),
        (huge_png(), FileKind.IMAGE, "100,000 x 100,000 pixels"),
        (b"\x89PNG\r\n\x1a\nnonsense", FileKind.IMAGE, "damaged"),
        (b"II*\0" + b"\xff" * 60, FileKind.IMAGE, "damaged"),
    ],
)
def test_what_cannot_be_opened_is_explained(
    content: bytes, kind: FileKind, said: str, tmp_path: Path, limits: Limits
) -> None:
    with pytest.raises(UnreadableError, match=said) as caught:
        open_file(made(tmp_path, content), kind, limits)
    assert ": " in str(caught.value), "says what to do"


def test_the_reason_is_that_of_this_file_and_no_other(tmp_path: Path, limits: Limits) -> None:
    for content, said in ((encrypted(), "password"), (pages(0), "no pages"), (encrypted(), "password")):
        with pytest.raises(UnreadableError, match=said):
            open_file(made(tmp_path, content), FileKind.PDF, limits)


def test_the_limits_are_those_given(tmp_path: Path, limits: Limits) -> None:
    assert open_file(made(tmp_path, pages(1, side=14_400)), FileKind.PDF, replace(limits, page_points=14_400)) == 1
    with pytest.raises(UnreadableError, match="JIAOKAN_MAX_PAGES"):
        open_file(made(tmp_path, pages(3)), FileKind.PDF, replace(limits, pages=2))
