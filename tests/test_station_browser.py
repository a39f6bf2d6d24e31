"""The review station as people use it, in a real browser: by keyboard, with every mishap that may come between.

Needs Chromium, see `tests/station.py`. Screenshots go to the folder that JIAOKAN_TEST_SCREENSHOTS names, else to the
test's own.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import select

from models.rows import Claim, Decision, Document, Question
from models.store import asking, people, pictures, readings
from models.store.readings import PageKey
from tests.station import CHROMIUM, LANGUAGES, REVIEWERS, Station, station

ONE, TWO = REVIEWERS


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Station]:
    if not CHROMIUM.exists():
        pytest.skip("no Chromium to test with: apt-get install chromium, or set JIAOKAN_TEST_CHROMIUM")
    folder = tmp_path_factory.mktemp("station")
    with station(folder, f"sqlite:///{folder}/jiaokan.sqlite", redis_url) as found:
        yield found


@pytest.fixture
def desk(opened: Station) -> Iterator[Station]:
    """The station with two documents nobody has seen; a page that breaks the content policy fails the test."""
    with opened.database.transaction() as session:
        for row in session.scalars(select(Document).where(Document.cancelled_at.is_(None))):
            row.cancelled_at = row.added_at
    opened.filed.clear()
    opened.complaints.clear()
    _numbers.append(_numbers[-1] + 2)
    opened.file(_numbers[-1], _numbers[-1] + 1)
    yield opened
    for context in opened.browser.contexts:
        context.close()
    assert opened.complaints == []


_numbers = [100]


def decided(desk: Station, count: int) -> list[Decision]:
    """What was decided about the documents at hand, in order, once it is so many; and no more a moment later."""
    own = [one.reading for one in desk.filed]
    for wait in range(100):
        with desk.database.snapshot() as session:
            found = list(session.scalars(select(Decision).where(Decision.reading_id.in_(own)).order_by(Decision.id)))
            session.expunge_all()
        if len(found) >= count and wait:
            break
        time.sleep(0.05 if count else 0.2)
    assert len(found) == count
    return found


def heading(page: Page) -> str:
    return page.locator("[data-where]").inner_text() + page.locator("[data-heading]").inner_text()


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def gone_on(page: Page, before: str) -> None:
    """Wait until another question, or none, is there, for as long as it takes to see it."""
    page.wait_for_function(
        """before => !document.querySelector("[data-station]").hasAttribute("data-busy")
        && (document.querySelector("[data-question]").hidden || document.querySelector("[data-where]").innerText
          + document.querySelector("[data-heading]").innerText !== before)""",
        arg=before,
    )
    page.wait_for_timeout(220)


def alternative(page: Page) -> str:
    return page.locator("[data-others] b").first.inner_text()


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
    desk.file(_numbers[-1] + 50, year="2022")
    page = desk.at_work(query=f"?batch={desk.batch}")
    if "2022" in heading(page):
        before = heading(page)
        press(page, "s")
        gone_on(page, before)
    witness = page.locator("[data-witnesses] li", has_text="last year")
    expect(witness).to_have_count(1)
    witness.locator("button").click()
    expect(page.locator("[data-frame] image")).to_have_attribute(
        "href", re.compile(rf"documents/{desk.filed[-1].document}/pages/6")
    )
    expect(page.locator("[data-frame] .asked")).to_have_count(1)


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


def test_of_two_browsers_the_second_is_told_and_its_value_is_not_lost(desk: Station) -> None:
    one = desk.at_work(ONE)
    number = re.search(r"question=(\d+)", one.url)
    assert number is not None
    with desk.database.transaction() as session:
        session.get_one(Claim, int(number[1])).expires_at -= timedelta(hours=1)
    two = desk.at_work(TWO, f"?question={number[1]}")
    assert heading(two) == heading(one)
    press(two, "1", "Enter")
    gone_on(two, heading(one))
    before = heading(one)
    press(one, " ")
    one.keyboard.type("5.55")
    press(one, "Enter")
    expect(one.locator("[data-alarm]")).to_contain_text(f"{TWO} has entered")
    decided(desk, 1)
    one.click("text=Look at it again")
    expect(one.locator("#value")).to_have_value("5.55")
    expect(one.locator("[data-history]")).to_contain_text(TWO)
    assert heading(one) == before
    one.wait_for_timeout(220)
    press(one, "Enter")
    gone_on(one, before)
    assert [one.after for one in decided(desk, 2)][-1] == "5.55"


def test_a_claim_that_ran_out_is_told_and_taken_again(desk: Station) -> None:
    page = desk.open()
    page.clock.install()
    page.goto("/review")
    page.wait_for_selector("[data-question]:not([hidden])")
    before = heading(page)
    page.clock.fast_forward("14:00")
    page.clock.run_for(1500)
    expect(page.locator("[data-said]")).to_contain_text("within two minutes")
    page.clock.fast_forward("02:00")
    page.clock.run_for(1500)
    expect(page.locator("[data-alarm]")).to_contain_text("15 minutes are over")
    page.clock.resume()
    press(page, "1", "Enter")
    gone_on(page, before)
    decided(desk, 1)


def test_a_claim_another_has_meanwhile_is_told(desk: Station) -> None:
    page = desk.open()
    page.clock.install()
    page.goto("/review")
    page.wait_for_selector("[data-question]:not([hidden])")
    number = int(page.url.rpartition("=")[2])
    page.clock.fast_forward("16:00")
    page.clock.run_for(1500)
    with desk.database.transaction() as session:
        other = people.user_by_name(session, TWO)
        assert other is not None
        session.get_one(Claim, number).user_id = other.id
    page.clock.resume()
    press(page, "1", "Enter")
    expect(page.locator("[data-alarm]")).to_contain_text(f"{TWO} is looking at this question")
    decided(desk, 0)


def test_without_a_connection_decisions_are_kept_and_sent_later(desk: Station) -> None:
    page = desk.at_work()
    page.wait_for_function("performance.getEntriesByType('resource').some(one => one.name.endsWith('/questions/next'))")
    page.wait_for_timeout(600)  # the question after this one is fetched before the connection goes
    first, value = heading(page), alternative(page)
    page.context.set_offline(True)
    press(page, "1", "Enter")
    expect(page.locator("[data-outbox]")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-outbox]")).to_contain_text("not sent yet")
    gone_on(page, first)
    decided(desk, 0)
    page.context.set_offline(False)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    assert [one.after for one in decided(desk, 1)] == [value.replace(",", "")]


def test_a_closed_tab_loses_no_unsent_decision(desk: Station) -> None:
    page = desk.at_work()
    refused: list[str] = []

    def away(route: Route) -> None:
        refused.append(route.request.post_data or "")
        route.abort()

    page.route("**/decisions", away)
    press(page, "1", "Enter")
    expect(page.locator("[data-outbox]")).to_be_visible(timeout=10_000)
    assert refused
    context = page.context
    page.close()
    again = context.new_page()
    again.goto("/review")
    expect(again.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    again.wait_for_timeout(300)
    decided(desk, 1)


def test_an_answer_that_never_came_counts_once(desk: Station) -> None:
    """The server has decided, the answer was lost: it is sent again and known again."""
    page = desk.at_work()
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/decisions", lose)
    press(page, "1", "Enter")
    expect(page.locator("[data-outbox]")).to_be_visible(timeout=10_000)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    assert lost == [200]
    decided(desk, 1)


def test_a_double_enter_and_a_held_key_decide_once(desk: Station) -> None:
    page = desk.at_work()
    before = heading(page)
    page.evaluate(
        """() => { for (const repeat of [false, false, true, true])
        document.querySelector("#value").dispatchEvent(new KeyboardEvent("keydown",
          { key: "Enter", code: "Enter", bubbles: true, cancelable: true, repeat })); }"""
    )
    gone_on(page, before)
    page.wait_for_timeout(500)
    decided(desk, 1)
    second = heading(page)
    page.locator("[data-do=accept]").dblclick()
    gone_on(page, second)
    decided(desk, 2)


def test_back_shows_what_was_answered_and_it_may_be_decided_anew(desk: Station) -> None:
    page = desk.at_work()
    before, value = heading(page), alternative(page)
    press(page, "1", "Enter")
    gone_on(page, before)
    page.go_back()
    expect(page.locator("[data-reason]")).to_contain_text("This is answered")
    assert heading(page) == before
    expect(page.locator("#value")).to_have_value(value)
    expect(page.locator("[data-history]")).to_contain_text(ONE)
    page.wait_for_timeout(220)
    press(page, " ")
    page.keyboard.type("8.00")
    press(page, "Enter")
    gone_on(page, before)
    assert [one.after for one in decided(desk, 2)] == [value.replace(",", ""), "8.00"]


def test_two_tabs_of_one_person(desk: Station) -> None:
    page = desk.at_work()
    twin = page.context.new_page()
    twin.goto("/review")
    twin.wait_for_selector("[data-question]:not([hidden])")
    assert heading(twin) == heading(page)
    before = heading(page)
    press(page, "1", "Enter")
    gone_on(page, before)
    twin.bring_to_front()
    press(twin, "1", "Enter")
    expect(twin.locator("[data-alarm]")).to_contain_text("has entered")
    decided(desk, 1)


def test_a_document_cancelled_or_read_again_meanwhile_is_told(desk: Station) -> None:
    page = desk.at_work()
    number = int(page.url.rpartition("=")[2])
    with desk.database.transaction() as session:
        question = session.get_one(Question, number)
        document = asking.document_of(session, {question.reading_id})[question.reading_id]
        readings.reread(session, document.id, "another engine", 6)
    press(page, "1", "Enter")
    expect(page.locator("[data-alarm]")).to_contain_text("being read")
    decided(desk, 0)


def test_a_picture_that_is_not_there_yet_is_waited_for(desk: Station) -> None:
    kept = []
    with desk.database.transaction() as session:
        for filed in desk.filed:
            for row in pictures.pictures_of(session, PageKey(filed.reading, 6)):
                kept.append((filed.reading, pictures.Drawn(row.straight, row.blob, row.width, row.height)))
                session.delete(row)
    page = desk.at_work()
    expect(page.locator("[data-page-told]")).to_contain_text("being made")
    with desk.database.transaction() as session:
        for reading, drawn in kept:
            pictures.keep_pictures(session, PageKey(reading, 6), [drawn])
    expect(page.locator("[data-frame] image")).to_have_count(1, timeout=10_000)


def test_the_queue_shows_who_looks_at_what_and_filters(desk: Station) -> None:
    desk.at_work(ONE)
    page = desk.open(TWO)
    page.goto("/review/queue?form=公开06&least=100")
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(4)
    expect(page.locator("tbody")).to_contain_text(f"{ONE}, until")
    page.goto("/review/queue?asks=layout")
    expect(page.locator(".empty")).to_contain_text("No questions")
    page.goto("/review/queue?asks=contradicted")
    page.click("text=Begin")
    page.wait_for_selector("[data-question]:not([hidden])")
    assert "asks=contradicted" in page.url


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_in_both_languages(desk: Station, language: str) -> None:
    for width, name in ((1440, ""), (720, "-200-percent"), (420, "-narrow")):
        page = desk.at_work(language=language, width=width)
        page.wait_for_selector("[data-frame] image")
        page.wait_for_timeout(200)
        shot(desk, page, f"review-{language}{name}")
        if not name:
            press(page, "?")
            shot(desk, page, f"review-keys-{language}")
            press(page, "Escape", "1")
            shot(desk, page, f"review-taken-{language}")
        page.goto("/review/queue")
        shot(desk, page, f"queue-{language}{name}")
        page.context.close()


def shot(desk: Station, page: Page, name: str) -> None:
    """A picture of the page, which must not be wider than its window."""
    page.screenshot(path=desk.shots / f"{name}.png", full_page=True)
    wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room, name
