"""Values as bytes and back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.document import (
    Cell,
    Check,
    CheckResult,
    Document,
    Extraction,
    Glyph,
    Grid,
    GridCell,
    Line,
    Origin,
    Page,
    Reading,
    Seal,
    SettledCell,
    SettledTable,
    Table,
    Token,
)  # fmt: skip
from models.geometry import Box, Mesh
from models.packing import PackingError, pack, unpack_document, unpack_extraction, unpack_page
from tests.strategies import accounts, build
from worker.core.settle import settle

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.floats(allow_nan=False)
boxes = st.builds(Box, numbers, numbers, numbers, numbers)
glyphs = st.builds(Glyph, texts, numbers, numbers, numbers, st.tuples(st.tuples(texts, numbers)))
tokens = st.builds(Token, texts, boxes, numbers, st.tuples(glyphs) | st.just(()))
small = st.integers(0, 99)
grid_cells = st.builds(GridCell, small, small, small, small, boxes, st.tuples(tokens))
grids = st.builds(Grid, boxes, small, small, st.tuples(grid_cells))
meshes = st.builds(Mesh, numbers, numbers, small, small, st.tuples(st.tuples(numbers, numbers)))
pages = st.builds(
    Page, small, numbers, numbers, st.sampled_from(Origin), st.tuples(tokens), st.tuples(grids), st.tuples(tokens),
    st.none() | meshes, st.tuples(st.builds(Seal, boxes, st.binary())), texts, texts,
)  # fmt: skip
readings = st.builds(Reading, texts, small, st.none() | boxes, st.tuples(glyphs), numbers)
amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2)
checks = st.builds(
    Check, texts, texts, texts, st.none() | amounts, amounts, amounts, st.sampled_from(CheckResult), st.tuples(texts)
)


@given(pages)
def test_a_page_comes_back(page: Page) -> None:
    assert unpack_page(pack(page)) == page


@given(accounts(), readings, st.tuples(st.builds(Line, texts, small, st.none() | boxes, numbers)), st.tuples(checks))
def test_a_document_and_its_extraction_come_back(
    account: object, reading: Reading, lines: tuple[Line, ...], tried: tuple[Check, ...]
) -> None:
    document = replace(build(account, {"g03-r00-c0": reading}), lines=lines)  # type: ignore[arg-type]  # an Account
    assert unpack_document(pack(document)) == document
    extraction = replace(settle(document), checks=tried)
    assert unpack_extraction(pack(extraction)) == extraction
    assert pack(extraction) == pack(unpack_extraction(pack(extraction)))


@given(amounts)
def test_amounts_keep_their_digits(amount: Decimal) -> None:
    table = Table("T1", "", "", "元", (), (), (), ())
    cell = SettledCell(Cell("c", 0, 0, Reading()), amount, "read", 1.0)  # type: ignore[arg-type]  # a plain status
    extraction = Extraction("", "", "other", "clean", (SettledTable(table, (), (cell,)),))  # type: ignore[arg-type]  # plain
    value = unpack_extraction(pack(extraction)).tables[0].cells[0].value
    assert value is not None
    assert value.as_tuple() == amount.as_tuple()


def test_pages_are_small() -> None:
    token = Token("一般公共服务支出", Box(10.5, 20.25, 200.125, 32.5), 0.998)
    page = Page(1, 595.0, 842.0, Origin.SCAN, (token,) * 200)
    assert len(pack(page)) < 2000


def test_other_bytes_are_refused_in_words() -> None:
    data = pack(Document(0, Origin.SCAN, (), ()))
    with pytest.raises(PackingError, match="mixed up"):
        unpack_page(data)
    with pytest.raises(PackingError, match="damaged"):
        unpack_document(data[:-5])
    with pytest.raises(PackingError, match="mixed up"):
        unpack_document(b"")
