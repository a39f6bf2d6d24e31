from __future__ import annotations

from io import BytesIO
from pathlib import Path
from time import process_time

import pytest
from camelot.handlers import PDFHandler
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]  # reportlab ships no types

from models.document import Token
from models.geometry import Box
from worker import tables

SIZE = (600.0, 400.0)
ROWS = (60.0, 90.0, 120.0, 150.0)
COLUMNS = (50.0, 200.0, 300.0, 420.0)


def page(
    segments: list[tuple[float, float, float, float]],
    text: str = "x",
    crop: tuple[float, float, float, float] | None = None,
) -> bytes:
    """A PDF page with strokes (top left origin) and a word outside of every table."""
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=SIZE, invariant=1)
    if crop:
        canvas.setCropBox(crop)
    for x0, y0, x1, y1 in segments:
        canvas.line(x0, SIZE[1] - y0, x1, SIZE[1] - y1)
    canvas.drawString(20, 20, text)
    canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def ruled(left: int = 0, right: int = 3) -> list[tuple[float, float, float, float]]:
    """A table of three rows and three columns with the first row's last two cells merged."""
    across = [(COLUMNS[0], y, COLUMNS[-1], y) for y in ROWS]
    down = [(x, ROWS[1] if i == 2 else ROWS[0], x, ROWS[-1]) for i, x in enumerate(COLUMNS) if left <= i <= right]
    return across + down


@pytest.mark.parametrize("engine", ["combined", "vector"])
def test_cells_merged_cells_and_their_boxes(engine: tables.Engine) -> None:
    (grid,) = tables.grids(page(ruled()), (), engine=engine)
    assert (grid.row_count, grid.column_count, len(grid.cells)) == (3, 3, 8)
    merged = grid.cells[1]
    assert (merged.row, merged.column, merged.row_span, merged.column_span) == (0, 1, 1, 2)
    box = merged.box
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((200, 60, 420, 90), abs=1.2)


def test_a_form_filed_empty_is_a_table() -> None:
    (grid,) = tables.grids(page(ruled(), text=""), ())
    assert all(not cell.tokens for cell in grid.cells)


def test_open_sides() -> None:
    (grid,) = tables.grids(page(ruled(left=1, right=2)), (), engine="vector")
    assert (grid.row_count, grid.column_count) == (3, 3)
    assert grid.box.x0 == pytest.approx(COLUMNS[0], abs=1.2)


def test_two_tables_come_top_to_bottom() -> None:
    lower = [(x0, y0 + 150, x1, y1 + 150) for x0, y0, x1, y1 in ruled()]
    upper, second = tables.grids(page(lower + ruled()), (), engine="vector")
    assert upper.box.y1 < second.box.y0


def test_tokens_stand_in_their_cells() -> None:
    tokens = (Token("12.50", Box(205, 95, 235, 105)), Token("outside", Box(450, 300, 500, 310)))
    (grid,) = tables.grids(page(ruled()), tokens, engine="vector")
    held = {(cell.row, cell.column): [token.text for token in cell.tokens] for cell in grid.cells if cell.tokens}
    assert held == {(1, 1): ["12.50"]}


@pytest.mark.parametrize("engine", ["combined", "vector"])
def test_boxes_are_measured_from_the_corner_of_what_is_shown(engine: tables.Engine) -> None:
    (grid,) = tables.grids(page(ruled(), crop=(20, 10, 580, 385)), (), engine=engine)
    assert (grid.box.x0, grid.box.y0) == pytest.approx((COLUMNS[0] - 20, ROWS[0] - 15), abs=1.2)


def test_a_page_of_1200_cells_takes_little_time() -> None:
    across = [(20.0, 20 + 6.0 * i, 580.0, 20 + 6.0 * i) for i in range(61)]
    down = [(20 + 28.0 * i, 20.0, 20 + 28.0 * i, 380.0) for i in range(21)]
    tokens = [Token("1.5", Box(22 + 28 * i, 21 + 6 * j, 40 + 28 * i, 25 + 6 * j)) for i in range(20) for j in range(60)]
    begun = process_time()
    (grid,) = tables.grids(page(across + down), tokens)
    assert process_time() - begun < 3  # a quarter of that on an idle machine
    assert [len(cell.tokens) for cell in grid.cells] == [1] * 1200


def test_a_page_without_rules_has_no_grids() -> None:
    assert tables.grids(page([]), ()) == ()


@pytest.mark.parametrize("broken", [b"%PDF-1.4 and nothing more", b""])
def test_what_is_no_pdf_has_no_grids(broken: bytes, caplog: pytest.LogCaptureFixture) -> None:
    assert tables.grids(broken, ()) == ()
    assert "no grids on page 1" in caplog.text
    assert tables.grids(page(ruled()), (), page=2) == ()


def test_what_camelot_stumbles_over_is_logged(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def stumble(*_: object, **__: object) -> None:
        raise RecursionError("too deep")

    monkeypatch.setattr(PDFHandler, "parse", stumble)
    assert tables.grids(page(ruled()), ()) == ()
    assert "RecursionError: too deep" in caplog.text


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    assert len(tables.grids(page(ruled()), ())) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("number", "shape"),
    [(8, (18, 11, 176)), (10, (15, 10, 130)), (14, (1, 7, 7)), (18, (6, 12, 40)), (19, (12, 10, 100))],
)
def test_a_real_account(number: int, shape: tuple[int, int, int]) -> None:
    folder = Path(__file__).parents[2] / "shared" / "real"
    files = sorted(folder.glob("*部门决算.pdf"))
    if not files:
        pytest.skip(f"the real disclosures are not in {folder}")
    (grid,) = tables.grids(files[0].read_bytes(), (), number)
    assert (grid.row_count, grid.column_count, len(grid.cells)) == shape
