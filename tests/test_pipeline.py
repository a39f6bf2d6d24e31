"""The steps together on pages that lie otherwise than they are displayed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import cv2
import numpy as np
import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reportlab ships no types

from corpus.fonts import picture_font
from models.document import Glyph, Origin, Page, Token
from models.files import FileKind, Options
from models.geometry import Box, Mesh
from models.settings import Settings
from tests.ruled import SCALE, figure, table_page, turned
from worker.layout.text import reading
from worker.pipeline import read_page, straightened, unread
from worker.stopwatch import timed

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1654 * SCALE, 1400 * SCALE
QUARTERS = {90: cv2.ROTATE_90_COUNTERCLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_CLOCKWISE}


def options() -> Options:
    return Settings().options(searchable=None, scratch=None)


def image(picture: Picture) -> ImageReader:
    return ImageReader(Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])))


def sheet() -> Picture:
    """A table under a title and between lines of text, which tell which way is up, a degree askew."""
    drawn = Image.fromarray(table_page())
    pen, font = ImageDraw.Draw(drawn), picture_font("song", 40)
    for x, y, text in ((560, 80, "收入支出决算总表"), (150, 200, "部门：城乡建设委员会　　金额单位：万元")):
        pen.text((x, y), text, (0, 0, 0), font)
    for i in range(4):
        pen.text((150, 1140 + 60 * i), "本表反映本年度的总收支和年末结转结余情况，以上数字均已核对", (0, 0, 0), font)
    return turned(np.asarray(drawn, dtype=np.uint8), 1.0)


def place_of(page: Page, text: str) -> Box:
    """Where a text stands on the page as displayed."""
    token = next(token for token in page.tokens if text in token.text)
    return page.mesh.box_back(token.box) if page.mesh else token.box


def skewed(dx: float, dy: float) -> Mesh:
    return Mesh(600, 800, 2, 2, ((dx, dy), (600 + dy, dx), (-dy, 800 - dx), (600 - dx, 800 + dy)))


small = st.floats(-25, 25)


@given(small, small, st.floats(60, 540), st.floats(60, 740))
def test_forward_undoes_back(dx: float, dy: float, x: float, y: float) -> None:
    mesh = skewed(dx, dy)
    assert mesh.forward(*mesh.back(x, y)) == pytest.approx((x, y), abs=0.01)


def test_a_believed_token_goes_where_its_picture_goes() -> None:
    mesh = skewed(20, -12)
    token = Token("8", Box(300, 400, 310, 412), 1.0, (Glyph("8", 1.0, 300, 310),))
    moved = straightened(token, mesh)
    assert mesh.back(*moved.box.centre) == pytest.approx(token.box.centre, abs=0.5)
    assert moved.glyphs[0].x0 == pytest.approx(moved.box.x0, abs=1)
    assert straightened(token, None) is token


def test_a_way_over_two_pages() -> None:
    turn = Mesh(800, 600, 2, 2, ((0, 800), (0, 0), (600, 800), (600, 0)))
    inner = Mesh(800, 600, 2, 2, ((10, 0), (790, 0), (10, 600), (790, 600)))
    assert inner.then(turn).back(100, 50) == pytest.approx(turn.back(107.5, 50))


def test_ink_that_cannot_be_read_is_no_sure_blank() -> None:
    cell, mark = Box(0, 0, 60, 20), Box(10, 4, 20, 14)
    page = Page(1, 100, 100, Origin.SCAN, ())
    assert reading((), page, cell).probability == 1.0
    assert list(unread((mark,), (Token("8", Box(9, 3, 21, 15)),))) == []
    seen = reading(tuple(unread((mark,), ())), page, cell)
    assert (seen.text, seen.probability) == ("", 0.0)


@pytest.mark.parametrize("rotate", [90, 270])
def test_boxes_of_a_rotated_page_lie_where_it_is_displayed(tmp_path: Path, rotate: int) -> None:
    picture = np.asarray(cv2.rotate(sheet(), QUARTERS[rotate]), dtype=np.uint8)
    canvas = Canvas(str(tmp_path / "rotated.pdf"), pagesize=(HEIGHT, WIDTH))
    canvas.drawImage(image(picture), 0, 0, HEIGHT, WIDTH)
    canvas.save()
    with closing(pdfium.PdfDocument(tmp_path / "rotated.pdf")) as pdf:
        pdf[0].set_rotation(rotate)
        pdf.save(tmp_path / "displayed.pdf")
    with timed() as seconds:
        page = read_page(tmp_path / "displayed.pdf", FileKind.PDF, 1, options())
    assert {"layer", "render", "origin", "clean", "read", "textlayer", "tables", "overlooked"} <= set(seconds)
    upright = read_image(tmp_path, sheet())
    box, wanted = place_of(page, "1,023.40"), place_of(upright, "1,023.40")
    assert box.centre == pytest.approx(wanted.centre, abs=3)


def read_image(folder: Path, picture: Picture) -> Page:
    Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1])).save(folder / "page.png", dpi=(200, 200))
    return read_page(folder / "page.png", FileKind.IMAGE, 1, options())


def test_text_drawn_sideways_and_a_picture_between(tmp_path: Path) -> None:
    """A page whose text runs upwards, part of it drawn as a picture that was scanned two degrees askew."""
    strip = np.full((500, 1400, 3), 255, np.uint8)
    for i in range(6):
        figure(strip, f"TOTAL {i} 7{i}1,204.56 AND 91{i},340.00", 60 + 40 * i, 60 + 70 * i)
    canvas = Canvas(str(tmp_path / "mixed.pdf"), pagesize=(HEIGHT, WIDTH))
    canvas.translate(HEIGHT, 0)
    canvas.rotate(90)
    canvas.setFont("Helvetica", 11)
    for i in range(12):
        canvas.drawString(60, HEIGHT - 40 - 18 * i, f"Revenue of the year {i} came to 3,8{i}4.20 and no more than that")
    canvas.drawImage(image(turned(strip, 2.0)), 60, 60, 1400 * SCALE, 500 * SCALE)
    canvas.save()
    page = read_page(tmp_path / "mixed.pdf", FileKind.PDF, 1, options())
    assert page.origin is Origin.MIXED
    typed, drawn = place_of(page, "Revenue of the year 3 "), place_of(page, "711,204.56")
    assert typed.centre[0] == pytest.approx(40 + 18 * 3, abs=8)
    assert typed.y1 == pytest.approx(WIDTH - 60, abs=8)
    top = HEIGHT - 60 - 500 * SCALE
    assert top + 40 * SCALE < drawn.centre[0] < top + 180 * SCALE
    assert drawn.height > drawn.width
