"""The review station as people use it, in a real browser: by keyboard, with every mishap that may come between.

Needs Chromium, see `tests/station.py`. Screenshots go to the folder that JIAOKAN_TEST_SCREENSHOTS names, else to the
test's own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from models.rows import Document, Question
from tests.browsing import LANGUAGES, WIDTHS
from tests.reviewing import doubtful, file_away
from tests.station import (
    REVIEWERS,
    Station,
    alternative,
    decided,
    gone_on,
    heading,
    opened_station,
    press,
    shown,
    with_new_documents,
)

ONE, TWO = REVIEWERS


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Station]:
    yield from opened_station(tmp_path_factory, redis_url)


@pytest.fixture
def desk(opened: Station) -> Iterator[Station]:
    yield from with_new_documents(opened)


def test_a_number_key_takes_a_reading_and_enter_accepts_it(desk: Station) -> None:
    page = desk.at_work()
    before, other = heading(page), alternative(page)
    expect(page.locator(".sums .off")).to_have_count(1)
    press(page, "1")
    expect(page.locator("#value")).to_have_value(other)
    expect(page.locator(".sums .holds")).to_have_count(1)
    press(page, "9")
    expect(page.locator("[data-wrong]")).to_contain_text("no reading 9")
    press(page, "Enter")
    gone_on(page, before)
    expect(page.locator("[data-said]")).to_have_text("1 other question answered.")
    (decision,) = decided(desk, 1)
    assert (decision.kind, decision.after) == ("value", other.replace(",", ""))
    assert decision.seen["asks"] == "contradicted"
    assert decision.place["form"] == "公开06"


def test_space_types_a_value_and_the_sums_are_told_exactly_while_typing(desk: Station) -> None:
    page = desk.at_work()
    before = heading(page)
    press(page, " ")
    page.keyboard.type("99999999999999.05")
    said = page.locator(".sums .off b").inner_text()
    page.locator(".sums summary").click()
    terms = [one.replace(",", "") for one in page.locator(".terms .figure").all_inner_texts()]
    assert "99999999999999.05" in terms
    cents = [int(one.replace(".", "")) for one in terms]
    assert said == f"off by {Decimal(cents[0] - sum(cents[1:])).scaleb(-2):,.2f}"
    page.locator("#value").focus()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#value")).to_have_value("99999999999999.05")
    press(page, "Escape")
    expect(page.locator("#value")).not_to_have_value("99999999999999.05")
    press(page, " ")
    page.keyboard.type("12x")
    press(page, "Enter")
    expect(page.locator("[data-wrong]")).to_contain_text("Not a number")
    decided(desk, 0)
    press(page, "Backspace", "Enter")
    gone_on(page, before)
    assert decided(desk, 1)[0].after == "12"


def test_undo_goes_back_step_by_step(desk: Station) -> None:
    page = desk.at_work()
    first = heading(page)
    press(page, "1", "Enter")
    gone_on(page, first)
    second = heading(page)
    press(page, "1", "Enter")
    gone_on(page, second)
    expect(page.locator("[data-empty]")).to_contain_text("Nothing is left to ask")
    for wanted in (second, first):
        press(page, "u")
        page.wait_for_function(
            """wanted => document.querySelector("[data-where]").innerText
            + document.querySelector("[data-heading]").innerText === wanted""",
            arg=wanted,
        )
        expect(page.locator("[data-said]")).to_contain_text("Taken back")
    press(page, "Control+z")
    expect(page.locator("[data-said]")).to_contain_text("nothing to take back")
    assert [one.kind for one in decided(desk, 4)] == ["value", "value", "undo", "undo"]


def test_illegible_wrong_source_structure_note_and_skip_have_keys(desk: Station) -> None:
    page = desk.at_work()
    before = heading(page)
    press(page, "s")
    gone_on(page, before)
    other = heading(page)
    press(page, "n")
    page.keyboard.type("a hole in the paper")
    press(page, "Escape", "i")
    gone_on(page, other)
    third = heading(page)
    press(page, "t")
    expect(page.locator("[data-alarm]")).to_contain_text("what is wrong")
    page.keyboard.type("two rows in one")
    press(page, "Escape", "t")
    gone_on(page, third)
    kinds = [(one.kind, one.field, one.note) for one in decided(desk, 2)]
    assert kinds == [("illegible", "", "a hole in the paper"), ("structure", "wrong", "two rows in one")]


def test_the_source_itself_may_be_wrong(desk: Station) -> None:
    page = desk.at_work()
    before = heading(page)
    press(page, "w")
    gone_on(page, before)
    (decision,) = decided(desk, 1)
    assert (decision.kind, decision.after) == ("source-wrong", decision.before)


def test_tab_moves_in_the_table_and_a_cell_is_put_right_there(desk: Station) -> None:
    page = desk.at_work()
    press(page, "Tab")
    expect(page.locator("[data-cell]:focus")).to_have_count(1)
    place = page.locator("[data-cell]:focus").get_attribute("data-cell")
    press(page, "ArrowDown", "ArrowUp")
    assert page.locator("[data-cell]:focus").get_attribute("data-cell") == place
    page.keyboard.press("Control+a")
    page.keyboard.type("77.10")
    press(page, "Enter")
    expect(page.locator("[data-said]")).to_contain_text("another person is asked")  # nobody had doubted that cell
    (decision,) = decided(desk, 1)
    assert (decision.key, decision.after) == (place, "77.10")
    page.locator(f"[data-cell='{place}']").fill("7x")
    press(page, "Enter")
    expect(page.locator("[data-wrong]")).to_contain_text("Not a number")
    decided(desk, 1)


def test_the_page_is_shown_straightened_or_as_scanned_zoomed_and_moved(desk: Station) -> None:
    page = desk.at_work()
    image = page.locator("[data-frame] image")
    expect(image).to_have_attribute("href", re.compile("view=straight"))
    expect(page.locator("[data-crop] svg image")).to_have_count(1)
    press(page, "v")
    expect(image).to_have_attribute("href", re.compile("view=filed"))
    expect(page.locator("[data-frame] .asked")).to_have_count(1)
    assert page.locator("[data-frame] .mate").count() > 3
    wide = page.locator("[data-frame] svg").get_attribute("width")
    press(page, "z")
    expect(page.locator("[data-frame] svg")).not_to_have_attribute("width", wide or "")
    across = "document.querySelector('[data-frame]').scrollLeft"
    at = page.evaluate(across)
    press(page, "ArrowLeft")
    page.wait_for_function(f"{across} !== {at}")
    value = page.locator("#value").input_value()
    press(page, "ArrowUp", "ArrowDown")
    expect(page.locator("#value")).to_have_value(value)


def test_a_witness_is_one_click_from_its_place(desk: Station) -> None:
    desk.file(desk.number + 50, year="2022")
    page = desk.at_work(query=f"?batch={desk.batch}")
    if "2022" in heading(page):
        before = heading(page)
        press(page, "s")
        gone_on(page, before)
    witness = page.locator("[data-witnesses] li", has_text="last year")
    expect(witness).to_have_count(1)
    witness.locator("button").click()
    other = desk.filed[-1].document
    expect(page.locator("[data-frame] image")).to_have_attribute("href", re.compile(rf"documents/{other}/pages/6"))
    expect(page.locator("[data-frame] .asked")).to_have_count(1)
    press(page, "c")  # back to the question's own cell
    expect(page.locator("[data-frame] image")).to_have_attribute(
        "href", re.compile(rf"documents/(?!{other})\d+/pages/6")
    )
    expect(page.locator("[data-frame] .mate").first).to_be_attached()


def test_the_whole_table_is_one_key_away_and_leads_back(desk: Station) -> None:
    page = desk.at_work()
    before = heading(page)
    number = page.url.rpartition("=")[2]
    press(page, "g")
    page.wait_for_url("**/documents/*/tables/*")
    asked = page.locator("td[aria-selected]")
    expect(asked).to_have_attribute("data-question", number)
    expect(page.locator("[data-place]")).to_contain_text("决算数")
    page.locator("[data-question-link]").click()
    page.wait_for_url(f"**/review?document=*&question={number}")
    shown(page)
    assert heading(page) == before
    document = page.url.partition("document=")[2].partition("&")[0]
    page.goto(f"/documents/{document}/tables/公开01")
    expect(page.locator("[data-question-link]")).to_be_hidden()
    page.click(".head a.button")
    shown(page)
    press(page, "1", "Enter")
    expect(page.locator("[data-empty]")).to_contain_text("Nothing is left")  # though another document has questions
    page.click("text=Questions that wait")
    expect(page.locator("main")).to_contain_text("Only questions about 财政局/")
    expect(page.locator("tbody tr")).to_have_count(0)
    page.click("text=Show all")
    expect(page.locator("tbody tr")).to_have_count(2)


def test_what_is_asked_of_the_document_is_put_right_or_accepted(desk: Station) -> None:
    sheets = doubtful(7, year="")
    without = replace(sheets.document, tables=sheets.document.tables[:-2])
    name = "无年度.pdf"
    filed = file_away(desk.database, desk.blobs, desk.batch, name, replace(sheets, document=without))
    desk.filed.append(filed)
    page = desk.at_work(query=f"?document={filed.document}")
    expect(page.locator("[data-heading]")).to_have_text("About the whole document")
    texts = []
    for _ in range(4):
        before = page.locator("[data-reason]").inner_text()
        texts.append(before)
        desk.shot(page, f"review-document-{len(texts)}")
        if "year" in before:
            press(page, "Enter")
            expect(page.locator("[data-alarm]")).to_contain_text("Correct one of them")
            page.fill("#d-year", "2023")
            press(page, "Enter")
        elif "name" in before:
            page.fill("#d-entity", "青河县统计局")
            press(page, "Enter")
        else:
            page.locator("[data-heading]").focus()
            press(page, *(("PageDown", "PageDown", "PageUp", "e") if "公开08" in before else ("o",)))
        expect(page.locator("[data-reason]")).not_to_have_text(before)
        page.wait_for_timeout(220)
    assert sorted(one[:8] for one in texts) == ["the name", "the year", "公开08 政府性", "公开09 国有资"]
    kinds = {(one.kind, one.key[:8], one.field, one.after) for one in decided(desk, 4)}
    empty = ("structure", "公开08", "declare-empty", '{"empty":true,"page":2}')
    said = {("year", "2023"), ("entity", "青河县统计局"), ("accepted", "")}
    assert kinds == {empty, *(("document", "document", *one) for one in said)}
    page.goto(f"/documents/{filed.document}/tables/公开08")
    expect(page.locator("main")).to_contain_text("This table is declared empty")


def test_a_doubtful_label_is_put_right(desk: Station) -> None:
    sheets = doubtful(8)
    tables = list(sheets.document.tables)
    rows = list(tables[4].rows)
    code = rows[3].code.text
    rows[3] = replace(rows[3], code=replace(rows[3].code, text="2O1ot03"))
    tables[4] = replace(tables[4], rows=tuple(rows))
    changed = replace(sheets, document=replace(sheets.document, tables=tuple(tables)))
    desk.filed.append(file_away(desk.database, desk.blobs, desk.batch, "代码.pdf", changed))
    page = desk.at_work(query=f"?document={desk.filed[-1].document}&asks=label")
    desk.shot(page, "review-label")
    before = heading(page)
    expect(page.locator("[data-reason]")).to_contain_text("its label")
    page.fill("#row-code", code)
    press(page, "Enter")
    gone_on(page, before)
    label, value = decided(desk, 2)
    assert (label.kind, label.field, label.after) == ("label", "row_code", code)
    assert value.kind == "value"


def test_markup_in_a_document_is_text(desk: Station) -> None:
    nasty = '<img src=x onerror="document.title=1"><script>document.title=2</script>'
    with desk.database.transaction() as session:
        for row in session.scalars(select(Document).where(Document.cancelled_at.is_(None))):
            row.name = f"{nasty}{row.id}.pdf"
        for question in session.scalars(select(Question)):
            question.reason = nasty
    page = desk.at_work()
    expect(page.locator("[data-reason]")).to_have_text(nasty)
    expect(page.locator("[data-where]")).to_contain_text(nasty)
    page.goto("/review/queue")
    expect(page.locator("tbody tr").first).to_contain_text(nasty)
    assert page.locator("main img, main script").count() == 0
    assert page.title() not in ("1", "2")


def test_the_queue_shows_who_looks_at_what_and_filters(desk: Station) -> None:
    desk.at_work(ONE)
    page = desk.open(TWO)
    page.goto("/review/queue?form=公开06&least=100")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator("tbody")).to_contain_text(f"{ONE}, until")
    page.goto("/review/queue")
    page.select_option("#q-batch", label="2023 部门决算")
    page.fill("#q-least", "100")
    page.click("text=Filter")
    expect(rows).to_have_count(4)
    amounts = [float(one.replace(",", "")) for one in page.locator("tbody .figure").all_inner_texts()]
    assert min(amounts) > 100
    page.fill("#q-least", str(int(max(amounts))))
    page.click("text=Filter")
    expect(rows).to_have_count(1)
    page.goto("/review/queue?asks=layout")
    expect(page.locator(".empty")).to_contain_text("No questions")
    page.goto("/review/queue?asks=contradicted")
    page.click("text=Begin")
    page.wait_for_selector("[data-question]:not([hidden])")
    assert "asks=contradicted" in page.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_in_both_languages(desk: Station, language: str) -> None:
    for name, width in WIDTHS.items():
        page = desk.at_work(language=language, width=width)
        page.wait_for_selector("[data-frame] image")
        page.wait_for_timeout(200)
        desk.shot(page, f"review-{language}{name}")
        if not name:
            press(page, "?")
            desk.shot(page, f"review-keys-{language}")
            press(page, "Escape", "1")
            desk.shot(page, f"review-taken-{language}")
        page.goto("/review/queue")
        desk.shot(page, f"queue-{language}{name}")
        page.context.close()
