import math
from io import BytesIO
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
import pytest
from camelot.io import read_pdf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.document import Token
from models.geometry import Box, Mesh
from models.layer import Layer
from tests import layers
from worker.layer import extract
from worker.render import PdfFile, render_page
from worker.textlayer import Segment, join, write

SIZE = (300.0, 200.0)
WHITE: NDArray[np.uint8] = np.full((400, 600, 3), 255, np.uint8)


def facts(data: bytes) -> tuple[Layer, NDArray[np.uint8]]:
    with PdfFile(data) as file, file.page(1) as page:
        return extract(page), render_page(page, 200, 10**8)


def segments(layer: Layer) -> list[Segment]:
    return [
        (r.centre[0], r.y0, r.centre[0], r.y1) if r.height > r.width else (r.x0, r.centre[1], r.x1, r.centre[1])
        for r in layer.rules
    ]


def copied(data: bytes) -> str:
    """The page's text as a reader program copies it."""
    document = pdfium.PdfDocument(data)
    page = document[0]
    text = page.get_textpage()
    found = str(text.get_text_range())
    for part in (text, page, document):
        part.close()
    return found


@pytest.fixture(scope="module")
def table() -> bytes:
    layers.font("labels", "song")
    layers.font("digits", "dejavu")
    return layers.table_pdf(201)


def test_every_token_stands_where_it_was_and_nothing_shows(table: bytes) -> None:
    layer, image = facts(table)
    again, shown = facts(write(image, [run.token for run in layer.runs], segments(layer), (layer.width, layer.height)))
    assert [run.token.text for run in again.runs] == [run.token.text for run in layer.runs]
    for before, after in zip(layer.runs, again.runs, strict=True):
        a, b = before.token.box, after.token.box
        assert (a.x0, a.y0, a.x1, a.y1) == pytest.approx((b.x0, b.y0, b.x1, b.y1), abs=0.02)
    assert not any(run.shown for run in again.runs)
    assert float(np.abs(image.astype(int) - shown.astype(int)).mean()) < 1


@pytest.mark.parametrize("bilevel", [False, True])
def test_camelot_finds_the_same_table_as_in_the_original(table: bytes, bilevel: bool, tmp_path: Path) -> None:
    layer, image = facts(table)
    if bilevel:
        image = np.where(image > 150, 255, 0).astype(np.uint8)
    original, searchable = tmp_path / "original.pdf", tmp_path / "searchable.pdf"
    original.write_bytes(table)
    tokens = [run.token for run in layer.runs]
    searchable.write_bytes(write(image, tokens, segments(layer), (layer.width, layer.height)))
    (one,), (two,) = (read_pdf(str(f), flavor="lattice", engine="combined") for f in (original, searchable))
    assert one.df.shape == (len(layers.NAMES), 3)
    assert one.df.map(str.strip).equals(two.df.map(str.strip))
    assert searchable.stat().st_size < (20_000 if bilevel else 250_000)


def test_camelot_sees_the_rules_alone(tmp_path: Path) -> None:
    edges, levels = (20.0, 120.0, 280.0), (20.0, 60.0, 100.0)
    rules: list[Segment] = [(x, levels[0], x, levels[-1]) for x in edges]
    rules += [(edges[0], y, edges[-1], y) for y in levels]
    tokens = [
        Token(f"{r}{c}", Box(x + 10, y + 10, x + 40, y + 22))
        for r, y in enumerate(levels[:2])
        for c, x in enumerate(edges[:2])
    ]
    file = tmp_path / "rules.pdf"
    file.write_bytes(write(WHITE, tokens, rules, SIZE))
    (found,) = read_pdf(str(file), flavor="lattice", engine="combined")
    assert found.df.map(str.strip).to_numpy().tolist() == [["00", "01"], ["10", "11"]]


PRINTED = st.one_of(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E),
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
    st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E),
    st.sampled_from("、。《》“”（）〇①△▲☑é²ⅣΩж"),
)
"""What disclosures print; PDFium takes ligatures apart and turns the order of scripts that run to the left."""


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.text(PRINTED, min_size=1, max_size=8),
        min_size=1,
        max_size=6,
    )
)
def test_any_text_can_be_copied_in_the_order_given(texts: list[str]) -> None:
    tokens = [Token(text, Box(20, 20 + 25 * i, 20 + 9 * len(text), 32 + 25 * i)) for i, text in enumerate(texts)]
    # PDFium gives a hyphen at the end of a line as U+FFFE, for the word may go on in the next.
    said = "".join(copied(write(WHITE, tokens, (), SIZE)).split()).replace("\ufffe", "-")
    assert said == "".join(texts)


def test_on_the_page_as_filed_text_runs_as_its_lines_do() -> None:
    turn = math.radians(3)

    def filed(x: float, y: float) -> tuple[float, float]:
        return 20 + x * math.cos(turn) - y * math.sin(turn), 10 + x * math.sin(turn) + y * math.cos(turn)

    mesh = Mesh(200, 100, 2, 2, (filed(0, 0), filed(200, 0), filed(0, 100), filed(200, 100)))
    token = Token("本年支出合计", Box(40, 30, 160, 50))
    data = write(WHITE, [token], (), SIZE, mesh)
    document = pdfium.PdfDocument(data)
    text = document[0].get_textpage()
    ends = [text.get_charbox(i, loose=True) for i in (0, 5)]
    document.close()
    middles = [((left + right) / 2, 200 - (bottom + top) / 2) for left, bottom, right, top in ends]
    for found, x in zip(middles, (50, 150), strict=True):
        assert found == pytest.approx(filed(x, 40), abs=1.5)
    assert copied(data) == "本年支出合计"


def test_pictures_are_kept_in_colour_grey_or_black_and_white() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 600).astype(np.uint8)[None, :, None], (400, 600, 3)).copy()
    red = ramp.copy()
    red[100:200, 100:200] = (40, 40, 220)
    for image, mark in ((ramp, b"DeviceGray/BitsPerComponent 8"), (red, b"DeviceRGB"), (WHITE, b"CCITTFaxDecode")):
        data = write(image, (), (), SIZE)
        assert mark in data
        with PdfFile(data) as file:
            shown = file.render(1, 144, 10**7)
        assert float(np.abs(shown.astype(int) - image.astype(int)).mean()) < 3


def test_pages_are_joined_in_order_and_always_alike(tmp_path: Path) -> None:
    pages = [write(WHITE, [Token(text, Box(20, 20, 60, 32))], (), SIZE) for text in ("第一页", "第二页")]
    outs = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for out in outs:
        join(iter(pages), out)
    assert outs[0].read_bytes() == outs[1].read_bytes()
    with PdfFile(outs[0]) as file:
        assert file.page_count == 2
        found = []
        for number in (1, 2):
            with file.page(number) as page:
                found += [run.token.text for run in extract(page).runs]
    assert found == ["第一页", "第二页"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.pdf", "b.pdf"]


def test_writing_depends_on_the_arguments_alone() -> None:
    tokens = [Token("支出 1.00", Box(20, 20, 80, 32)), Token("", Box(0, 0, 0, 0))]
    assert write(WHITE, tokens, (), SIZE) == write(WHITE.copy(), list(tokens), (), SIZE)
    assert BytesIO(write(WHITE, tokens, (), SIZE)).read(5) == b"%PDF-"
