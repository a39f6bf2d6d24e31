from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.document import Glyph, Grid, GridCell, Token
from models.geometry import Box
from worker.filling import filled, in_reading_order, is_amount

EDGES = (0.0, 60.0, 120.0, 180.0)
HEIGHTS = (0.0, 20.0, 40.0, 60.0)


def grid() -> Grid:
    """Three rows and three columns of 60 x 20 points."""
    cells = tuple(
        GridCell(r, c, 1, 1, Box(EDGES[c], HEIGHTS[r], EDGES[c + 1], HEIGHTS[r + 1]))
        for r in range(3)
        for c in range(3)
    )
    return Grid(Box(0, 0, 180, 60), 3, 3, cells)


def held(tokens: list[Token]) -> dict[tuple[int, int], list[str]]:
    return {(c.row, c.column): [t.text for t in c.tokens] for c in filled(grid(), tokens).cells if c.tokens}


def lettered(text: str, box: Box, probability: float = 1.0) -> Token:
    wide = box.width / len(text)
    glyphs = tuple(
        Glyph(c, probability if c != "," else 0.6, box.x0 + i * wide, box.x0 + (i + 1) * wide)
        for i, c in enumerate(text)
    )
    return Token(text, box, 0.6, glyphs)


def test_a_token_over_two_columns_is_cut_at_the_rule() -> None:
    token = lettered("35,622.26 23,776.26", Box(10, 5, 110, 15))
    assert held([token]) == {(0, 0): ["35,622.26"], (0, 1): ["23,776.26"]}


def test_pieces_keep_their_own_glyphs_and_doubt() -> None:
    token = lettered("35,622.26 237.50", Box(5, 5, 101, 15))
    left, right = (c.tokens[0] for c in filled(grid(), [token]).cells if c.tokens)
    assert "".join(g.char for g in left.glyphs) == left.text == "35,622.26"
    assert (left.probability, right.probability) == (0.6, 1.0)
    assert left.box.x1 <= right.box.x0


def test_without_glyphs_the_characters_share_the_width() -> None:
    assert held([Token("合计1234.56", Box(24, 5, 116, 15))]) == {(0, 0): ["合计12"], (0, 1): ["34.56"]} or held(
        [Token("合计 1234.56", Box(30, 5, 116, 15))]
    ) == {(0, 0): ["合计"], (0, 1): ["1234.56"]}


def test_a_token_that_hardly_sticks_out_stays_whole() -> None:
    assert held([lettered("1,234.50", Box(10, 5, 65, 15))]) == {(0, 0): ["1,234.50"]}


def test_an_amount_on_the_rule_goes_where_none_stands() -> None:
    upper, lower = Token("10.00", Box(20, 4, 50, 14)), Token("135.25", Box(20, 14, 50, 24))
    assert held([upper, lower]) == {(0, 0): ["10.00"], (1, 0): ["135.25"]}


def test_a_column_printed_high_keeps_one_amount_a_row() -> None:
    tokens = [Token(f"{r}.00", Box(20, 20 * r + 14, 50, 20 * r + 24)) for r in range(2)]
    assert held([*tokens, Token("9.00", Box(20, 3, 50, 13))]) == {
        (0, 0): ["9.00"],
        (1, 0): ["0.00"],
        (2, 0): ["1.00"],
    }


def test_a_name_on_two_lines_stays_in_its_cell() -> None:
    tokens = [Token("支出", Box(2, 11, 22, 19)), Token("一般公共", Box(2, 1, 42, 9))]
    assert held(tokens) == {(0, 0): ["一般公共", "支出"]}


def test_reading_order_is_by_line_then_left_to_right() -> None:
    tokens = [Token("c", Box(0, 12, 5, 20)), Token("b", Box(10, 1, 15, 9)), Token("a", Box(0, 0, 5, 8))]
    assert [t.text for t in in_reading_order(tokens)] == ["a", "b", "c"]


def test_amounts() -> None:
    assert all(map(is_amount, ("0", "1,234.50", "-3.2", "−3.2", "（12.00）", "515.892.00", "１２．０", "12.5%")))
    assert not any(map(is_amount, ("", "合计", "2024年", "-", ",")))


@given(
    st.lists(
        st.tuples(st.text("0123456789.,合计", min_size=1, max_size=14), st.floats(0, 150), st.floats(0, 50)),
        max_size=12,
    )
)
def test_no_character_is_lost_or_doubled(drawn: list[tuple[str, float, float]]) -> None:
    tokens = [lettered(text, Box(x, y, x + 5 * len(text), y + 9)) for text, x, y in drawn]
    content = "".join(t.text for c in filled(grid(), tokens).cells for t in c.tokens)
    inside = [t for t in tokens if grid().box.overlap(t.box) > 0]
    assert len(content) <= sum(len(t.text) for t in inside)
    whole = [t for t in inside if t.box.x1 <= 180 and t.box.y1 <= 60]
    assert not [t for t in whole if any(char not in content for char in t.text)]
