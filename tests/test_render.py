from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from models.files import UnreadableError
from worker.render import ImageFileReader, PdfFile

PLENTY = 10**8


def pdf(rotation: int = 0, crop: tuple[float, float, float, float] | None = None, owner: str = "") -> bytes:
    """A page of 300 x 400 points with a black square in its top left corner."""
    out = BytesIO()
    canvas = Canvas(out, (300, 400), encrypt=StandardEncryption(owner) if owner else None)
    canvas.rect(0, 350, 50, 50, fill=1)
    if crop:
        canvas.setCropBox(crop)
    canvas.showPage()
    canvas.save()
    return out.getvalue().replace(b"/Rotate 0", f"/Rotate {rotation}".encode())


def picture(mode: str = "RGB", size: tuple[int, int] = (40, 20), kind: str = "PNG", **how: Any) -> bytes:
    out = BytesIO()
    Image.new(mode, size, "white" if mode in ("L", "RGB") else 0).save(out, kind, **how)
    return out.getvalue()


def test_a_page_is_drawn_on_white_at_the_resolution_asked_for() -> None:
    with PdfFile(pdf()) as file:
        image = file.render(1, 144, PLENTY)
    assert image.shape == (800, 600, 3)
    assert image.dtype == np.uint8
    assert image[20, 20].tolist() == [0, 0, 0]
    assert image[400, 300].tolist() == [255, 255, 255]


@pytest.mark.parametrize(("rotation", "size", "dark"), [(90, (400, 300), (0, -1)), (180, (300, 400), (-1, -1))])
def test_size_and_picture_are_those_displayed(rotation: int, size: tuple[float, float], dark: tuple[int, int]) -> None:
    with PdfFile(pdf(rotation)) as file:
        assert file.size(1) == size
        assert file.render(1, 72, PLENTY)[dark].tolist() == [0, 0, 0]


def test_only_the_crop_box_is_shown() -> None:
    with PdfFile(pdf(crop=(25, 300, 125, 400))) as file:
        assert file.size(1) == (100, 100)
        image = file.render(1, 72, PLENTY)
    assert image[25, 20].tolist() == [0, 0, 0]
    assert image[25, 30].tolist() == [255, 255, 255]


def test_the_pixel_limit_is_checked_before_drawing() -> None:
    with PdfFile(pdf()) as file, pytest.raises(UnreadableError, match="600 x 800 pixels"):
        file.render(1, 144, 600 * 800 - 1)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pdf(owner="geheim"), "remove the password"),
        (b"", "not a PDF"),
        (b"GIF89a", "not a PDF"),
        (pdf()[:300], "damaged or cut short"),
    ],
)
def test_what_cannot_be_opened_says_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableError, match=says):
        PdfFile(data)


def test_a_missing_file_and_a_missing_page(tmp_path: Path) -> None:
    with pytest.raises(UnreadableError, match="check that it exists"):
        PdfFile(tmp_path / "none.pdf")
    with PdfFile(pdf()) as file, pytest.raises(IndexError):
        file.size(2)


@pytest.mark.parametrize(
    ("stated", "expected"), [({"dpi": (300, 300)}, 300), ({}, 1240 / 595 * 72), ({"dpi": (2, 2)}, 1240 / 595 * 72)]
)
def test_the_resolution_is_believed_if_the_paper_comes_out_plausible(stated: dict[str, Any], expected: float) -> None:
    with ImageFileReader(picture("L", (1240, 1754), **stated), PLENTY) as file:
        scan = file.read(1)
    assert scan.dpi == pytest.approx(expected, rel=1e-3)
    assert scan.size[0] == pytest.approx(1240 / expected * 72, rel=1e-3)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_picture_becomes_bgr(mode: str) -> None:
    with ImageFileReader(picture(mode, kind="TIFF"), PLENTY) as file:
        image = file.read(1).image
    assert image.shape == (20, 40, 3)
    assert image.dtype == np.uint8


def test_what_is_transparent_shows_white() -> None:
    with ImageFileReader(picture("RGBA"), PLENTY) as file:
        assert file.read(1).image.min() == 255


def test_colours_come_as_blue_green_red() -> None:
    out = BytesIO()
    Image.new("RGB", (4, 4), (255, 0, 0)).save(out, "PNG")
    with ImageFileReader(out.getvalue(), PLENTY) as file:
        assert file.read(1).image[0, 0].tolist() == [0, 0, 255]


def test_a_tiff_has_several_pages() -> None:
    out = BytesIO()
    frames = [Image.new("L", (30 + i, 20), 40 * i) for i in range(3)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:])
    with ImageFileReader(out.getvalue(), PLENTY) as file:
        assert file.page_count == 3
        assert [file.read(n).image.shape[1] for n in (1, 2, 3)] == [30, 31, 32]
        assert file.read(2).image[0, 0, 0] == 40
        with pytest.raises(IndexError):
            file.read(4)


def test_a_huge_picture_is_refused_undecoded() -> None:
    header = picture("1", (20_000, 20_000))[:200]
    with pytest.raises(UnreadableError, match="pixels"), ImageFileReader(header, 10**6) as file:
        file.read(1)


@pytest.mark.parametrize("data", [b"", b"no picture", picture()[:50], picture("RGB", (400, 400), "JPEG")[:900]])
def test_a_damaged_picture_says_what_to_do(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=r"save it as PNG|get it again"), ImageFileReader(data, PLENTY) as file:
        file.read(1)
