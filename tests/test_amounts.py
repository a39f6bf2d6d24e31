"""The number grammar: what is read exactly, what is repaired, and what stays in doubt."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import Glyph
from worker.core.amounts import Amount, Convention, against, is_nothing, learn, literal, parse, printed, repair, signed

fen = st.integers(min_value=-(10**14), max_value=10**14).map(lambda n: Decimal(n).scaleb(-2))


@pytest.mark.parametrize(
    ("text", "value", "decimals"),
    [
        ("1,234,567.89", "1234567.89", 2),
        ("1234567.89", "1234567.89", 2),
        ("0.00", "0.00", 2),
        ("0", "0", 0),
        ("１，２３４．５０", "1234.50", 2),
        ("1,234, 567.89", "1234567.89", 2),
        ("1,234 .50", "1234.50", 2),
        ("-1.00", "-1.00", 2),
        ("－1.00", "-1.00", 2),
        ("−1.00", "-1.00", 2),
        ("(1.00)", "-1.00", 2),
        ("（1.00）", "-1.00", 2),
        ("1.00-", "-1.00", 2),
        ("△1.00", "-1.00", 2),
        ("▲1.00", "-1.00", 2),
        ("¥1,000", "1000", 0),
        ("156,211,123", "156211123", 0),
    ],
)
def test_printed_styles(text: str, value: str, decimals: int) -> None:
    amount = parse(text)
    assert amount is not None
    assert (amount.value, amount.decimals) == (Decimal(value), decimals)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "515.892.00",
        "1,23,456.00",
        "1,2345.00",
        "01.00",
        "12..3",
        "1.",
        ".5",
        "(1.00",
        "-(1.00)",
        "合计",
        "1O0.00",
        "12 34",
    ],
)
def test_what_breaks_the_grammar_is_no_amount(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["", "  ", "\u3000", "-", "—", "--", "——", "－", "/"])
def test_blanks_and_lone_dashes_print_nothing(text: str) -> None:
    assert is_nothing(text)


@pytest.mark.parametrize("text", ["0", "0.00", "-1", "合计"])
def test_zero_and_words_are_something(text: str) -> None:
    assert not is_nothing(text)


def test_a_percentage_says_so() -> None:
    amount = parse("99.96%")
    assert amount is not None
    assert amount.percent


@given(fen, st.booleans())
def test_what_is_printed_is_read_back(value: Decimal, grouped: bool) -> None:
    amount = parse(printed(value, Convention(2, grouped)))
    assert amount is not None
    assert amount.value == value


@given(st.text(alphabet="0123456789,.，。OolSB|- ()", max_size=14))
def test_no_text_breaks_the_reader(text: str) -> None:
    amount, fixed, closest = parse(text), repair(text), literal(text)
    if amount is not None:
        assert amount.value == Decimal(str(amount.value))
        assert closest is not None
    if fixed is not None:
        assert fixed[0].decimals == 2


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("515.892.00", "515892.00", "separator"),
        ("515,892,00", "515892.00", "separator"),
        ("515 892.00", "515892.00", "separator"),
        ("515892.00,", "515892.00", "separator"),
        ("1.234.567.89", "1234567.89", "separator"),
        ("515,8 92.00", "515892.00", "separator"),
        ("|515,892.00", "515892.00", "separator"),
        ("(515.892.00)", "-515892.00", "separator"),
        ("5l5,892.OO", "515892.00", "glyph"),
        ("1〇0.00", "100.00", "glyph"),
        ("S1.00", "51.00", "glyph"),
        ("12,34B.00", "12348.00", "glyph"),
    ],
)
def test_only_one_reading_is_repaired(text: str, value: str, kind: str) -> None:
    fixed = repair(text)
    assert fixed is not None
    assert (fixed[0].value, fixed[1]) == (Decimal(value), kind)


@pytest.mark.parametrize(
    "text", ["12.345", "1,23.45", "7,406,951.7", "|23,456.00", "108,565,", "1,2345.00", "98,7654.00", "ABC", "12%", ""]
)
def test_more_than_one_reading_or_none_is_not_repaired(text: str) -> None:
    assert repair(text) is None


def test_documents_without_decimals_have_their_own_repairs() -> None:
    fixed = repair("12.345", decimals=0)
    assert fixed is not None
    assert fixed[0].value == 12345


def test_the_recognisers_alternatives_serve_where_a_character_is_no_digit() -> None:
    text = "1么3.00"
    glyphs = [Glyph(c, 0.9, 0, 1) for c in text]
    assert repair(text, glyphs) is None
    glyphs[1] = Glyph("么", 0.5, 0, 1, (("2", 0.4),))
    fixed = repair(text, glyphs)
    assert fixed is not None
    assert (fixed[0].value, fixed[1]) == (Decimal("123.00"), "glyph")


@given(st.integers(min_value=10**5, max_value=10**11), st.data())
def test_a_repair_of_a_damaged_separator_is_right(value: int, data: st.DataObject) -> None:
    right = f"{Decimal(value).scaleb(-2):,.2f}"
    at = data.draw(st.sampled_from([i for i, c in enumerate(right) if c in ",."]))
    text = right[:at] + data.draw(st.sampled_from(".,，。 ;:")) + right[at + 1 :]
    amount = parse(text) or (repair(text) or (None, ""))[0]
    if amount is not None:
        assert amount.value == Decimal(value).scaleb(-2)


def test_the_literal_value_keeps_every_digit() -> None:
    assert literal("1,23.45") == Amount(Decimal("123.45"), 2, "1,23.45")
    assert literal("合计") is None


def numbers(texts: list[str]) -> list[Amount]:
    return [a for a in map(parse, texts) if a is not None]


def test_the_convention_is_learned_and_held_against_odd_ones() -> None:
    convention = learn(numbers([f"{n},000.{n:02d}" for n in range(10, 40)]))
    assert convention == Convention(2, True)
    odd, right, zero = numbers(["7,406,951.7", "7,406,951.75", "0"])
    assert "小数" in against(odd, convention)
    assert against(right, convention) == against(zero, convention) == ""
    assert "千位" in against(numbers(["7406951.75"])[0], convention)


def test_mixed_printing_teaches_nothing() -> None:
    mixed = numbers([f"{n}000.25" for n in range(10, 30)] + [f"{n}000" for n in range(10, 30)])
    assert learn(mixed).decimals is None
    assert learn(mixed[:5]) == Convention()


@pytest.mark.parametrize(
    "text", ["~1,234.50", "=1,234.50", "—1,234.50", "– 1,234.50", "一1,234.50", ".1,234.50", "．1,234.50"]
)
def test_a_stroke_before_the_digits_may_be_a_minus_sign(text: str) -> None:
    found = signed(text)
    assert found is not None
    assert found.value == Decimal("-1234.50")


@pytest.mark.parametrize("text", ["1.00", "-1.00", "—", "一", ".50", "一、1.00", "~0.00", "—5%", "第1.00"])
def test_a_plain_amount_and_no_amount_have_no_doubtful_sign(text: str) -> None:
    assert signed(text) is None


@pytest.mark.parametrize("text", ["▲¥4,497.43", "-￥4,497.43", "(¥4,497.43)", "¥-4,497.43"])
def test_a_currency_mark_may_stand_behind_the_sign(text: str) -> None:
    found = parse(text)
    assert found is not None
    assert found.value == Decimal("-4497.43")
