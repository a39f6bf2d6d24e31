"""What may come between at the review station: others, time, the connection, a second click; each is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Route, expect

from models.rows import Claim, Question
from models.store import asking, people, pictures, readings
from models.store.pages import PageKey
from tests.doors import PASSWORD
from tests.station import (
    REVIEWERS,
    Station,
    alternative,
    decided,
    gone_on,
    heading,
    opened_station,
    press,
    with_new_documents,
)

ONE, TWO = REVIEWERS


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Station]:
    yield from opened_station(tmp_path_factory, redis_url)


@pytest.fixture
def desk(opened: Station) -> Iterator[Station]:
    yield from with_new_documents(opened)


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
    expect(one.locator("[data-history]")).to_contain_text(TWO)
    expect(one.locator("#value")).not_to_have_value("5.55")
    assert alternative(one) == "5.55"
    assert heading(one) == before
    one.wait_for_timeout(220)
    press(one, "1", "Enter")
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


def test_logged_out_meanwhile_decisions_wait_for_the_same_person(desk: Station) -> None:
    page = desk.at_work()
    context, first = page.context, page.context.cookies()
    context.clear_cookies()
    press(page, "1", "Enter")
    expect(page.locator("[data-outbox]")).to_contain_text("You are logged out: 1 decisions are kept", timeout=10_000)
    other = context.new_page()
    for name, left in ((TWO, 0), (ONE, 1)):
        context.clear_cookies()
        other.goto("/login")
        other.fill("#name", name)
        other.fill("#password", PASSWORD)
        with page.expect_response(lambda answer: answer.url.endswith("/decisions") and answer.status != 401):
            other.keyboard.press("Enter")
        other.wait_for_url("/")
        page.wait_for_timeout(500)
        decided(desk, left)
    expect(page.locator("[data-outbox]")).to_be_hidden(timeout=10_000)
    assert [one["value"] for one in context.cookies()] != [one["value"] for one in first]


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
