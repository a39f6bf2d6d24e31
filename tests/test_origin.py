import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from models.document import Origin, Token
from models.geometry import Box
from models.layer import Layer, Run
from tests import layers
from worker.layer import extract
from worker.origin import Judgement, judge, merge
from worker.origin.compare import Outcome, Tally, compare
from worker.origin.sample import Piece, choose
from worker.read import Reader
from worker.render import PdfFile, render_page
from worker.textlayer import write

REAL = Path(__file__).parents[2] / "shared" / "real"
SCALE = 72 / 200
Picture = NDArray[np.uint8]
Read = Callable[[Sequence[Picture]], Sequence[str]]


@pytest.fixture(scope="module")
def read() -> Read:
    """The recogniser itself: the point of the comparison is what it says."""
    for name, face in (("labels", "song"), ("digits", "dejavu"), ("other", "stix")):
        layers.font(name, face)
    reader = Reader()
    return lambda crops: [seen.text for seen in reader.recognise(crops)]


def seen(data: bytes, number: int = 1) -> tuple[Layer, Picture]:
    with PdfFile(data) as file, file.page(number) as page:
        layer = extract(page)
        return layer, render_page(page, 200, 10**8, layer.turn)


def judged(data: bytes, read: Read, number: int = 1) -> Judgement:
    layer, image = seen(data, number)
    return judge(layer, image, SCALE, read)


def printed(draw: Callable[[Canvas], None]) -> bytes:
    out = BytesIO()
    canvas = Canvas(out, (layers.WIDTH, layers.HEIGHT))
    draw(canvas)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def put(canvas: Canvas, image: Picture, *place: float) -> None:
    canvas.drawImage(ImageReader(Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))), *place)


def test_an_honest_page_is_believed_whole(read: Read) -> None:
    judgement = judged(layers.table_pdf(101), read)
    assert (judgement.origin, judgement.to_be_read) == (Origin.BORN_DIGITAL, False)
    assert len(judgement.believed) == 3 * len(layers.NAMES) + 1
    assert not judgement.fonts
    assert not judgement.witness


@pytest.mark.parametrize(
    "wrong",
    [
        {"DejaVu": layers.shifted(1)},
        {"DejaVu": layers.shifted(-29)},
        {"DejaVu": layers.shifted(-15)},
        {"DejaVu": layers.swapped("38")},
        {"DejaVu": layers.swapped("17")},
        {"DejaVu": layers.private},
        {"DejaVu": layers.unmapped},
        pytest.param({"UMing": layers.shifted(1)}, marks=layers.NEEDS_UMING),
        pytest.param({"UMing": layers.private, "DejaVu": layers.shifted(3)}, marks=layers.NEEDS_UMING),
    ],
    ids=["shift", "shift-29", "shift-15", "swap38", "swap17", "private", "unmapped", "labels", "both"],
)
def test_a_font_that_lies_sends_the_page_to_be_read(read: Read, wrong: dict[str, layers.Wrong]) -> None:
    judgement = judged(layers.table_pdf(102, wrong=wrong), read)
    assert judgement.origin is Origin.GARBLED_TEXT
    assert judgement.believed == ()
    assert judgement.witness
    assert {name for name in wrong if any(name in font for font in judgement.fonts)} == set(wrong)
    assert len(judgement.fonts) == len(wrong)


@pytest.mark.parametrize("glyph", ["\ue123", "衣", "\ufffd"])
def test_one_glyph_mapped_wrongly_does_not(read: Read, glyph: str) -> None:
    judgement = judged(layers.table_pdf(103, wrong={"UMing": layers.renamed("农", glyph)}), read)
    assert judgement.origin is Origin.BORN_DIGITAL


def test_a_digit_that_stands_once_is_looked_at(read: Read) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("labels", 12)
        for i, name in enumerate(layers.NAMES):
            canvas.drawString(60, 780 - i * 20, name)
        canvas.setFont("digits", 10)
        canvas.drawString(400, 700, "2,400.00")
        canvas.drawString(400, 660, "7")

    with layers.lying({"DejaVu": layers.swapped("74")}):
        assert judged(printed(draw), read).origin is Origin.GARBLED_TEXT


def test_a_scan_is_never_believed_and_its_layer_is_kept(read: Read) -> None:
    layer, image = seen(layers.table_pdf(104))
    tokens = [run.token for run in layer.runs]
    chance = random.Random(4)  # noqa: S311  noise for a test
    garbled = [replace(t, text="".join(chance.choice("0123456789") for _ in t.text)) for t in tokens]
    size = (layer.width, layer.height)
    for texts, origin in ((tokens, Origin.SCAN), (garbled, Origin.GARBLED_TEXT), ([], Origin.SCAN)):
        judgement = judged(write(image, texts, (), size), read)
        assert (judgement.origin, judgement.believed) == (origin, ())
        assert [t.text for t in judgement.witness] == [t.text for t in texts]


def test_a_scan_with_a_page_number_typed_on_it_is_a_scan(read: Read) -> None:
    _, image = seen(layers.table_pdf(105))

    def draw(canvas: Canvas) -> None:
        put(canvas, image, 0, 0, layers.WIDTH, layers.HEIGHT)
        canvas.setFont("digits", 9)
        canvas.drawString(280, 20, "12")

    judgement = judged(printed(draw), read)
    assert (judgement.origin, judgement.believed) == (Origin.SCAN, ())


def test_a_table_set_as_a_picture_is_missing_from_the_layer(read: Read) -> None:
    _, image = seen(layers.table_pdf(106))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("labels", 12)
        for i in range(8):
            canvas.drawString(60, 780 - i * 20, "本年支出合计一般公共服务支出教育支出")
        put(canvas, image[550:1150], 0, 200, layers.WIDTH, 216)

    judgement = judged(printed(draw), read)
    assert (judgement.origin, len(judgement.believed)) == (Origin.MIXED, 8)
    assert all(box.y0 > 400 for box in judgement.missing)


def test_a_red_seal_is_not_missing_text(read: Read) -> None:
    seal = np.full((500, 500, 3), 255, np.uint8)
    cv2.circle(seal, (250, 250), 230, (40, 40, 220), 8)
    for k in range(14):
        at = (int(230 + 180 * np.cos(k / 2)), int(260 + 180 * np.sin(k / 2)))
        cv2.putText(seal, "B", at, 0, 1.6, (40, 40, 220), 5)

    def draw(canvas: Canvas) -> None:
        layers.table_page(canvas, 107, "labels", "digits")
        put(canvas, seal, 100, 100, 120, 120)

    assert judged(printed(draw), read).origin is Origin.BORN_DIGITAL


def test_blank_pages_have_nothing_to_read() -> None:
    blank = Layer(layers.WIDTH, layers.HEIGHT, ())
    image = layers.blank_image(blank.width, blank.height, SCALE)
    judgement = judge(blank, image, SCALE, lambda crops: [""] * len(crops))
    assert (judgement.origin, judgement.to_be_read) == (Origin.BORN_DIGITAL, False)


def test_real_pages_are_believed(read: Read) -> None:
    files = sorted(REAL.glob("*.pdf"))
    if not files:
        pytest.skip(f"the real disclosures are not at {REAL}")
    for file in files:
        for number in (8, 13):
            judgement = judged(file.read_bytes(), read, number)
            assert judgement.origin is Origin.BORN_DIGITAL, (file.name, number, judgement.reason)
            assert judgement.witness == ()


@given(st.text("0123456789,.支出", min_size=1, max_size=12))
def test_a_reading_agrees_with_itself(text: str) -> None:
    assert {outcome for outcome, _ in compare(text, text)} == {Outcome.AGREES}


@pytest.mark.parametrize(("claimed", "read_text"), [("●", "O"), ("■", "8"), ("、", "1"), ("—", "一")])
def test_bullets_and_marks_prove_nothing(claimed: str, read_text: str) -> None:
    assert [outcome for outcome, _ in compare(claimed, read_text)] == [Outcome.UNDECIDED]


@given(st.text("0123456789支出", min_size=2, max_size=12), st.integers(0, 11))
def test_a_lost_comma_or_character_is_no_contradiction(text: str, at: int) -> None:
    at %= len(text)
    for claimed, read_text in ((text[:at] + "," + text[at:], text), (text, text[:at] + text[at + 1 :])):
        assert Outcome.DIFFERS not in {outcome for outcome, _ in compare(claimed, read_text)}


@given(st.text("0123456789", min_size=3, max_size=12), st.integers(1, 9))
def test_every_shifted_digit_differs(text: str, by: int) -> None:
    shifted = "".join(str((int(c) + by) % 10) for c in text)
    tally = Tally()
    for claimed, (outcome, other) in zip(text, compare(text, shifted), strict=True):
        assert outcome is Outcome.DIFFERS
        tally.add(claimed, outcome, other)
    assert not tally.believed


def test_look_alikes_and_widths_prove_nothing() -> None:
    assert [outcome for outcome, _ in compare("1０O8", "l00B")] == [
        Outcome.UNDECIDED,
        Outcome.AGREES,
        Outcome.UNDECIDED,
        Outcome.UNDECIDED,
    ]


def test_a_sample_covers_every_digit_of_every_font() -> None:
    box = Box(0, 0, 10, 10)
    pieces = [Piece(tuple(f"{i}{i}"), (font, font), box) for font in "AB" for i in range(10)]
    pieces += [Piece(tuple("支出" * 5), ("C",) * 10, box) for _ in range(30)]
    shown = {pair for piece in choose(pieces, 12) for pair in piece.pairs}
    assert {(font, str(i)) for font in "AB" for i in range(10)} <= shown


def test_merging_prefers_what_is_believed() -> None:
    believed = (Token("12.00", Box(0, 0, 30, 10)),)
    read_tokens = (Token("12.08", Box(1, 1, 31, 11)), Token("支出", Box(50, 0, 70, 10)))
    assert [t.text for t in merge(believed, read_tokens)] == ["12.00", "支出"]


def test_sideways_text_alone_is_not_sampled() -> None:
    token = Token("支", Box(0, 0, 10, 10))
    layer = Layer(100, 100, (Run(token, ("F",), True, False),))
    judgement = judge(layer, layers.blank_image(100, 100, SCALE), SCALE, lambda crops: ["?"] * len(crops))
    assert judgement.believed == (token,)
