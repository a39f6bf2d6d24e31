from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from models.geometry import Box
from models.layer import Layer
from tests import layers
from worker.layer import Character, extract, group
from worker.render import PdfFile

REAL = Path(__file__).parents[2] / "shared" / "real"


def char(text: str, x: float, base: float = 100.0, source: int = 0, size: float = 10.0) -> Character:
    """A character whose em is 10 points; half an em wide unless CJK."""
    width = size if text >= "\u2e80" else size / 2
    return Character(text, Box(x, base - 0.88 * size, x + width, base + 0.12 * size), base, size, "F", source)


def word(text: str, x: float, base: float = 100.0, source: int = 0) -> list[Character]:
    found = []
    for letter in text:
        found.append(char(letter, x, base, source))
        x = found[-1].box.x1
    return found


def texts(characters: list[Character], rules: tuple[Box, ...] = ()) -> list[str]:
    return [run.token.text for run in group(characters, rules)]


def layer_of(canvas: Canvas, out: BytesIO) -> Layer:
    canvas.showPage()
    canvas.save()
    with PdfFile(out.getvalue()) as file, file.page(1) as page:
        return extract(page)


def sheet() -> tuple[Canvas, BytesIO]:
    out = BytesIO()
    layers.font("labels", "song")
    canvas = Canvas(out, (layers.WIDTH, layers.HEIGHT))
    canvas.setFont("labels", 10)
    return canvas, out


def test_neighbouring_columns_stay_apart_and_words_together() -> None:
    assert texts(word("教育支出", 50) + word("123.45", 150) + word("6.00", 190)) == ["教育支出", "123.45", "6.00"]


def test_a_rule_parts_what_nearly_touches() -> None:
    near = word("123.45", 50) + word("6.00", 82)
    assert texts(near) == ["123.456.00"]
    assert texts(near, (Box(80.8, 80, 81.2, 120),)) == ["123.45", "6.00"]
    assert texts(near, (Box(80.8, 10, 81.2, 60),)) == ["123.456.00"]


def test_a_spread_label_is_one_token_if_drawn_in_one_go() -> None:
    blanks = [char(" ", 60 + 5 * i) for i in range(6)]
    assert texts([char("合", 50), *blanks, char("计", 90)]) == ["合计"]
    assert texts([char("类", 50, source=1), char("款", 90, source=2), char("项", 130, source=3)]) == ["类", "款", "项"]


def test_blanks_stay_between_words_and_part_numbers() -> None:
    assert texts([*word("of", 50), char(" ", 60), *word("all", 63)]) == ["of all"]
    assert texts([*word("12", 50), char(" ", 60), *word("34", 65)]) == ["12", "34"]
    assert texts([*word("合", 50), char("\u3000", 60), *word("计", 63)]) == ["合计"]


def test_what_is_printed_twice_to_look_bold_is_read_once() -> None:
    assert texts(word("决算11", 50) + word("决算11", 50.4, 100.2, source=1)) == ["决算11"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("1234567890,.合计支出ab "), st.floats(0, 500), st.sampled_from([100.0, 130.0, 131.0])
        ),
        max_size=40,
    )
)
def test_no_character_is_lost_or_invented(placed: list[tuple[str, float, float]]) -> None:
    runs = group([char(c, x, base, source=i) for i, (c, x, base) in enumerate(placed)])
    printed = {c for c, _, _ in placed if c != " "}
    read = [c for run in runs for c in run.token.text if c != " "]
    assert set(read) == printed
    assert len(read) <= sum(c != " " for c, _, _ in placed)
    for run in runs:
        assert run.token.text == "".join(glyph.char for glyph in run.token.glyphs)
        assert len(run.fonts) == len(run.token.glyphs)


def test_boxes_are_points_from_the_top_left() -> None:
    canvas, out = sheet()
    canvas.drawString(100, layers.HEIGHT - 200, "支出")
    (run,) = layer_of(canvas, out).runs
    box = run.token.box
    assert (box.x0, box.x1) == pytest.approx((100, 120), abs=0.2)
    assert (box.y0, box.y1) == pytest.approx((200 - 8.8, 200 + 1.2), abs=0.2)


def test_a_cropped_page_counts_from_its_own_corner_and_keeps_what_it_shows() -> None:
    canvas, out = sheet()
    canvas.setCropBox((90, 500, 400, 700))
    canvas.drawString(100, 650, "支出")
    canvas.drawString(20, 650, "收入")
    layer = layer_of(canvas, out)
    (run,) = layer.runs
    assert run.token.text == "支出"
    assert (layer.width, layer.height) == (310, 200)
    assert (run.token.box.x0, run.token.box.y1) == pytest.approx((10, 51.2), abs=0.2)


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_page_set_sideways_is_turned_and_leads_back(angle: int) -> None:
    canvas, out = sheet()
    canvas.translate(300, 400)
    canvas.rotate(angle)
    canvas.drawString(0, 0, "收入支出决算总表")
    layer = layer_of(canvas, out)
    (run,) = layer.runs
    assert (run.token.text, run.upright, layer.turn) == ("收入支出决算总表", True, angle)
    assert layer.mesh is not None
    back = layer.mesh.box_back(run.token.box)
    start = {90: (back.x1 - 1.2, back.y1), 180: (back.x1, back.y0 + 1.2), 270: (back.x0 + 1.2, back.y0)}[angle]
    assert start == pytest.approx((300, layers.HEIGHT - 400), abs=0.3)


@layers.NEEDS_UMING
def test_unseen_text_is_marked_so() -> None:
    canvas, out = sheet()
    canvas.saveState()
    invisible = canvas.beginText(60, 600)
    invisible.setTextRenderMode(3)
    invisible.textOut("看不见")
    canvas.drawText(invisible)
    canvas.restoreState()
    canvas.drawString(60, 500, "在图下")
    canvas.drawImage(ImageReader(Image.new("RGB", (10, 10), "white")), 50, 480, 200, 50)
    canvas.drawString(60, 490, "在图上")
    assert {run.token.text: run.shown for run in layer_of(canvas, out).runs} == {
        "看不见": False,
        "在图下": False,
        "在图上": True,
    }


def test_rules_are_found_whether_stroked_or_filled() -> None:
    canvas, out = sheet()
    canvas.grid([100, 200, 300], [500, 550])
    canvas.rect(100, 400, 200, 0.8, stroke=0, fill=1)
    canvas.rect(100, 300, 200, 60, stroke=0, fill=1)
    rules = layer_of(canvas, out).rules
    assert sum(rule.height > rule.width for rule in rules) == 3
    assert sum(rule.width > rule.height for rule in rules) == 3


def test_codes_without_a_meaning_come_as_the_replacement_character() -> None:
    layers.font("labels", "song")
    layers.font("digits", "dejavu")
    data = layers.table_pdf(1, wrong={"DejaVu": layers.unmapped})
    with PdfFile(data) as file, file.page(1) as page:
        runs = extract(page).runs
    assert sum("\ufffd" in run.token.text for run in runs) == 2 * len(layers.NAMES)
    assert sum(run.token.text in layers.NAMES for run in runs) == len(layers.NAMES)


def test_a_real_table_comes_cell_by_cell() -> None:
    files = sorted(REAL.glob("*决算.pdf"))
    if not files:
        pytest.skip(f"the real disclosures are not at {REAL}")
    with PdfFile(files[0]) as file, file.page(13) as page:
        found = [run.token.text for run in extract(page).runs]
    assert found[-6:] == ["拨款", "总计", "2,961.68", "总计", "2,961.68", "2,961.68"]
    assert not [text for text in found if text.count(".") > 1]
