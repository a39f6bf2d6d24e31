"""Settling with a memo comes to what settling from nothing does, whatever is decided in between."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.decisions import Decision, DecisionKind, Policy, Review
from models.document import Document, Extraction, Origin
from models.packing import pack
from tests.strategies import ACCOUNT, build, money
from tests.thick import thick
from worker.core.amounts import parse
from worker.core.carried import place_in
from worker.core.memo import Memo
from worker.core.settle import settle

SOME = settings(max_examples=8, deadline=None)
KINDS = (*(DecisionKind.VALUE,) * 6, *DecisionKind)
POLICIES = (Policy(), Policy(Decimal(1000), 0.3, 0.1))


def plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


@st.composite
def decisions(draw: st.DrawFn, number: int, found: Extraction, made: list[Decision]) -> Decision:
    """What somebody may say of a settled document: mostly a value of a cell, one that is asked about if any is."""
    kind = draw(st.sampled_from(KINDS))
    if kind is DecisionKind.UNDO and made:
        last = draw(st.sampled_from(made))
        return Decision(number, kind, last.key, undoes=last.number)
    cells = [(table, cell) for table in found.tables for cell in table.cells]
    asked = [one for one in cells if one[1].asks is not None]
    doubted: bool = draw(st.booleans())
    table, cell = draw(st.sampled_from(asked if asked and doubted else cells))
    field, after = "", ""
    if kind in (DecisionKind.VALUE, DecisionKind.SOURCE_WRONG):
        others = [plain(one.value) for text in cell.alternatives if (one := parse(text)) is not None]
        after = draw(st.sampled_from((plain(cell.value), *others, "", "12.50", "1000")))
    elif kind is DecisionKind.LABEL:
        field, after = draw(
            st.sampled_from((("row_name", "行政运行"), ("row_code", "2010301"), ("row_name", "合计"), ("line_no", "7")))
        )
    elif kind is DecisionKind.DOCUMENT:
        field, after = draw(st.sampled_from((("entity", "青河县财政局"), ("year", "2020"), ("kind", "budget"))))
    elif kind is DecisionKind.STRUCTURE:
        field, after = draw(
            st.sampled_from(
                (("wrong", ""), ("delete-row", f'{{"row": "{cell.cell.cell_id}"}}'), ("set-unit", '{"unit": "万元"}'))
            )
        )
    key = table.table.code if kind is DecisionKind.STRUCTURE else cell.cell.cell_id
    person, straight = draw(st.sampled_from((1, 1, 2))), cell.asks is None
    place = place_in(table.table, cell.cell)
    return Decision(number, kind, key, after, field, person, plain(cell.value), place, straight=straight)


def misread(data: st.DataObject, origin: Origin) -> Document:
    """A small document with a few amounts misread, or set under another column."""
    right = {c.cell_id: c.reading for t in build(ACCOUNT).tables for c in t.cells}
    shown = sorted(cell for cell, reading in right.items() if reading.text)
    wrong = data.draw(st.lists(st.sampled_from(shown), max_size=5, unique=True))
    texts = st.one_of(st.just(""), st.integers(0, 10**9).map(money), st.just("1 2x.40"))
    changed = {cell: replace(right[cell], text=data.draw(texts), probability=0.6) for cell in wrong}
    return replace(build(ACCOUNT, changed), origin=origin)


@SOME
@given(st.data(), st.sampled_from((Origin.SCAN, Origin.TEXT_DUMP, Origin.BORN_DIGITAL)), st.sampled_from(POLICIES))
def test_a_memo_changes_nothing(data: st.DataObject, origin: Origin, policy: Policy) -> None:
    document, memo, made = misread(data, origin), Memo(), list[Decision]()
    for number in range(1, 7):
        review = Review(tuple(made), policy, "seed")
        found = settle(document, review=review, memo=memo)
        assert pack(found) == pack(settle(document, review=review))
        made.append(data.draw(decisions(number, found, made)))


@pytest.mark.parametrize("seed", [9])
def test_thick_documents(seed: int) -> None:
    """Answered as the paper says, then taken back: many doubts that hang together."""
    one, memo, made = thick(seed, offices=2, misread=0.1), Memo(), list[Decision]()
    for number in range(1, 12):
        found = settle(one.document, review=Review(tuple(made)), memo=memo)
        assert pack(found) == pack(settle(one.document, review=Review(tuple(made))))
        asked = [(table, cell) for table in found.tables for cell in table.cells if cell.asks is not None]
        if number > 7 or not asked:
            made = made[:-1]
            continue
        table, cell = asked[number % len(asked)]
        printed = parse(one.printed[cell.cell.cell_id])
        after = plain(printed.value if printed else None)
        place = place_in(table.table, cell.cell)
        made.append(Decision(number, DecisionKind.VALUE, cell.cell.cell_id, after, person=1, place=place))
