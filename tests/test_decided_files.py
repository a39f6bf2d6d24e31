"""Decisions as CSV: what goes out comes back the same, nothing in it is a formula, and each bad line says why."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.decisions import DecisionKind, Place
from models.export.decided import COLUMNS, Line, NoDecisionsError, Unreadable, read, sheltered, unguarded, written

printed = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
risky = st.text("=+-@＝'＠ 1.a", max_size=6)
texts = printed | risky
boxes = st.tuples(*[st.decimals(0, 900, places=2).map(float)] * 4)
places = st.builds(
    Place, form=printed, table_code=printed, row_code=texts, row_name=texts, line_no=printed, column_no=printed,
    column_name=texts, page=st.integers(1, 900), box=st.none() | boxes, raw=texts,
)  # fmt: skip
lines = st.builds(
    Line,
    number=st.integers(1, 2**53 - 1),
    sha256=st.binary(min_size=32, max_size=32).map(bytes.hex),
    kind=st.sampled_from(DecisionKind),
    key=texts, after=texts, document=texts, field=printed, before=texts, note=texts, person=texts, asks=printed,
    at=st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    undoes=st.none() | st.integers(1, 99),
    straight=st.booleans(),
    place=st.none() | places,
)  # fmt: skip
ONE = Line(7, "a" * 64, DecisionKind.VALUE, "g01-r00-c1", "12.50")


@given(st.lists(lines, max_size=4))
def test_what_goes_out_comes_back(found: list[Line]) -> None:
    back = [line for _, line in read(written(found).encode())]
    assert back == found
    assert [one.source for one in back if isinstance(one, Line)] == [one.source for one in found]


@given(texts)
def test_no_field_is_a_formula_and_each_is_found_again(text: str) -> None:
    shown = sheltered(text)
    assert unguarded(shown) == text
    bare = unicodedata.normalize("NFKC", shown).strip()
    assert not bare.startswith(("=", "@"))
    assert not bare.startswith(("+", "-")) or not any(char.isalpha() for char in bare)


def test_negative_amounts_stay_amounts() -> None:
    (row,) = list(csv.DictReader(io.StringIO(written([replace(ONE, after="-12.50", note="=1+1")]))))
    assert (row["after"], row["note"]) == ("-12.50", "'=1+1")
    assert tuple(row) == COLUMNS


@given(lines, lines)
def test_a_decision_is_known_again_by_what_it_says(one: Line, other: Line) -> None:
    same = (one.sha256, one.number, one.kind, one.key, one.field, one.after, one.at)
    assert (one.source == other.source) == (
        same == (other.sha256, other.number, other.kind, other.key, other.field, other.after, other.at)
    )
    assert one.source == replace(one, person="renamed", document="moved.pdf", note="").source


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("kind", "guess", "one of value"), ("sha256", "abc", "64 hexadecimal"), ("number", "x", "whole number"),
     ("number", "0", "whole number"), ("undoes", "-1", "whole number"), ("at", "yesterday", "a time"),
     ("at", "2026-03-02 12:00", "zone"), ("x0", "left", "numbers"), ("note", "n" * 4001, "at most 4000")],
)  # fmt: skip
def test_a_line_that_is_no_decision_says_why(column: str, value: str, told: str) -> None:
    place = Place(page=1, box=(1, 2, 3, 4))
    rows = list(csv.DictReader(io.StringIO(written([replace(ONE, place=place), ONE]))))
    rows[0][column] = value
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    (first, bad), (second, good) = read(out.getvalue().encode())
    assert (first, second) == (2, 3)
    assert isinstance(bad, Unreadable)
    assert told in bad.reason
    assert good == ONE


@pytest.mark.parametrize(
    ("data", "told"),
    [(b"", "missing: number"), (b"number,kind\r\n1,value\r\n", "missing: sha256"), ("编号".encode("gb18030"), "UTF-8"),
     (written([ONE]).encode() + b'"open', "no CSV")],
)  # fmt: skip
def test_a_file_that_holds_no_decisions_says_what_it_lacks(data: bytes, told: str) -> None:
    with pytest.raises(NoDecisionsError, match=told):
        list(read(data))


def test_a_mark_of_byte_order_and_other_columns_do_no_harm() -> None:
    text = "﻿" + written([ONE]).replace("number,", "extra,number,", 1).replace("\r\n7,", "\r\nx,7,")
    assert [line for _, line in read(text.encode())] == [ONE]
