from __future__ import annotations

import re
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from models.document import Token
from models.geometry import Box
from worker.engine import EngineError, _check_threads, _configuration, sparse
from worker.orientation import BETTER
from worker.read import Reader, in_reading_order

DPI = 200
SCALE = 72 / DPI
FONT = Path(str(getattr(find_spec("reportlab"), "origin", ""))).parent / "fonts" / "Vera.ttf"
COLUMNS, ROWS = (60, 300, 540, 780), (40, 90, 140, 190, 240)
FIGURES = (
    ("35,622.26", "23,776.26", "1,108,060.97"),
    ("-97.90", "4.00", "117,032,547.02"),
    ("0.00", "", "515,892.00"),
    ("8,041,372.01", "11", "-500,000.10"),
)


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(threads=2)


def table(*, padding: int = 6) -> NDArray[np.uint8]:
    """A ruled table of FIGURES, right-aligned at `padding` pixels before the rules, as a scan of 200 dpi."""
    picture = Image.new("L", (840, 300), 235)
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONT), 26)
    for (top, bottom), figures in zip(pairwise(ROWS), FIGURES, strict=True):
        for right, figure in zip(COLUMNS[1:], figures, strict=True):
            pen.text((right - padding, (top + bottom) / 2), figure, font=font, fill=30, anchor="rm")
    for x in COLUMNS:
        pen.line([(x, ROWS[0]), (x, ROWS[-1])], fill=30, width=3)
    for y in ROWS:
        pen.line([(COLUMNS[0], y), (COLUMNS[-1], y)], fill=30, width=3)
    grain = np.random.default_rng(0).normal(0, 4, (300, 840))
    return np.clip(np.asarray(picture, dtype=np.float64) + grain, 0, 255).astype(np.uint8)


def walls() -> list[tuple[float, float, float, float]]:
    upright = [(float(x), float(ROWS[0]), float(x), float(ROWS[-1])) for x in COLUMNS]
    return upright + [(float(COLUMNS[0]), float(y), float(COLUMNS[-1]), float(y)) for y in ROWS]


def figures_of(tokens: tuple[Token, ...]) -> tuple[tuple[str, ...], ...]:
    cells = [["" for _ in COLUMNS[1:]] for _ in ROWS[1:]]
    for token in tokens:
        x, y = (place / SCALE for place in token.box.centre)
        row = sum(y >= rule for rule in ROWS) - 1
        column = sum(x >= rule for rule in COLUMNS) - 1
        cells[row][column] += token.text
    return tuple(tuple(row) for row in cells)


@pytest.mark.parametrize("padding", [4, 12])
def test_every_figure_of_a_ruled_table_stands_in_its_cell(reader: Reader, padding: int) -> None:
    tokens = reader.read(table(padding=padding), SCALE, walls())
    assert figures_of(tokens) == FIGURES


def test_glyphs_spell_the_text_within_the_box_and_the_worst_gives_the_probability(reader: Reader) -> None:
    for token in reader.read(table(), SCALE, walls()):
        assert "".join(glyph.char for glyph in token.glyphs) == token.text
        assert token.probability == min(glyph.probability for glyph in token.glyphs)
        for glyph in token.glyphs:
            assert token.box.x0 - 0.01 <= glyph.x0 <= glyph.x1 <= token.box.x1 + 0.01


def test_a_glyphs_extent_is_where_its_ink_is(reader: Reader) -> None:
    picture = Image.new("L", (400, 60), 235)
    pen = ImageDraw.Draw(picture)
    for x, figure in ((32, "7"), (342, "4")):
        pen.text((x, 30), figure, font=ImageFont.truetype(str(FONT), 36), fill=20, anchor="mm")
    (seen,) = reader.recognise([np.asarray(picture)])
    seven, four = (glyph for glyph in seen.glyphs if glyph.char.isdigit())
    assert (seven.char, four.char) == ("7", "4")
    assert seven.x0 - 8 <= 32 <= seven.x1 + 8
    assert four.x0 - 8 <= 342 <= four.x1 + 8


def test_the_same_image_gives_the_same_tokens(reader: Reader) -> None:
    image = table()
    assert reader.read(image, SCALE, walls()) == reader.read(image, SCALE, walls())


def test_a_colour_image_reads_as_its_grey_one(reader: Reader) -> None:
    image = table()
    colour = np.asarray(cv2.cvtColor(image, cv2.COLOR_GRAY2BGR), dtype=np.uint8)
    assert reader.read(colour, SCALE) == reader.read(image, SCALE)


def test_recognition_does_not_depend_on_what_is_read_beside(reader: Reader) -> None:
    image = table()
    crops = [image[top + 3 : bottom - 2, 303:537] for top, bottom in pairwise(ROWS)]
    together = reader.recognise(crops)
    assert [seen.text for seen in together] == ["23,776.26", "4.00", "", "11"]
    assert [reader.recognise([crop])[0] for crop in crops] == list(together)
    assert reader.recognise([]) == ()


def test_a_crop_reads_the_same_in_a_batch_and_alone(reader: Reader) -> None:
    crop = table()[ROWS[0] + 3 : ROWS[1] - 2, 543:777]
    (alone,) = reader.recognise([crop])
    batch = reader.recognise([crop] * 9)
    assert alone.text == FIGURES[0][2]
    assert {seen.text for seen in batch} == {alone.text}
    assert [seen.probability for seen in batch] == pytest.approx([alone.probability] * 9, abs=0.02)


@pytest.mark.parametrize("shape", [(40, 40), (300, 200), (33, 900)])
def test_blank_paper_has_no_tokens(reader: Reader, shape: tuple[int, int]) -> None:
    assert reader.read(np.full(shape, 240, dtype=np.uint8), SCALE) == ()


def test_the_engine_names_models_and_runtime(reader: Reader) -> None:
    assert re.fullmatch(
        r"paddleocr \S+ PP-OCRv6_small_det:\w{8} PP-OCRv6_small_rec:\w{8} "
        r"onnxruntime \S+ (openvino (bf16|f32)|cpu f32)",
        reader.engine,
    )


def test_the_processor_is_enough() -> None:
    assert _configuration(2, "")["providers"] == ["CPUExecutionProvider"]


class Session:
    """Stands for a session that took its own number of threads."""

    def __init__(self, threads: int) -> None:
        self.intra_op_num_threads = threads

    def get_session_options(self) -> Session:
        return self


def test_threads_that_are_not_honoured_are_an_error() -> None:
    _check_threads([Session(2), Session(2)], 2, 8)
    with pytest.raises(EngineError, match="asked for 2 threads"):
        _check_threads([Session(0), Session(2)], 2, 8)
    with pytest.raises(EngineError, match="started 64"):
        _check_threads([Session(2), Session(2)], 2, 64)


def test_sparse_frames_keep_what_matters_best_first() -> None:
    frames: Any = np.zeros((3, 50), dtype=np.float32)
    frames[0, 0] = 0.999
    frames[0, 7] = 0.001
    frames[1, (0, 5, 9)] = 0.25, 0.70, 0.05
    frames[2, (3, 4)] = 0.5, 0.0005
    kept = [[(label, round(p, 3)) for label, p in frame] for frame in sparse(frames)]
    assert kept == [[(0, 0.999)], [(5, 0.7), (0, 0.25), (9, 0.05)], [(3, 0.5)]]


def test_reading_order_is_by_line_then_from_the_left() -> None:
    def at(text: str, x: float, y: float) -> Token:
        return Token(text, Box(x, y, x + 30, y + 10))

    tokens = [at("d", 90, 42), at("b", 60, 11), at("a", 10, 13), at("c", 10, 40)]
    assert "".join(token.text for token in in_reading_order(tokens)) == "abcd"


def test_lines_are_legible_upright_and_less_so_upside_down(reader: Reader) -> None:
    picture = Image.new("RGB", (900, 300), "white")
    pen = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(FONT), 26)
    for line in range(6):
        pen.text(
            (40, 20 + 45 * line),
            f"Of the total 35,62{line}.26 were for 2{line} buildings, 97.90 less",
            font=font,
            fill=30,
        )
    upright = np.asarray(picture, dtype=np.uint8)
    turned = np.ascontiguousarray(np.rot90(upright, 2))
    assert reader.legibility(upright) > reader.legibility(turned) + BETTER
    assert reader.legibility(np.full((300, 400), 255, np.uint8)) == 0
