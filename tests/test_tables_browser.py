"""Tables and groups in a real browser: walked through, put right and confirmed by keyboard, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from playwright.sync_api import Locator, Page, expect

from models.archive import Role
from models.store import readings, reviews
from tests.browsing import LANGUAGES, NASTY, WIDTHS, Service, need_chromium, quiet, service, speaks
from tests.printed_tables import Sheets
from tests.reviewing import SLIPPED, file_away, open_batch, read_again, texts, unsure

PEOPLE = {"档案员": Role.ADMIN, "校对员": Role.REVIEWER, "送件员": Role.UPLOADER}
NAMES = (*(f"青河县统计局 {year} 年部门决算.pdf" for year in (2020, 2021, 2022, 2023)), NASTY)
DOUBTFUL, GROUPS = "g07-r00-c5", "groups?batch=1"


@dataclass
class Archive(Service):
    """A running service with documents that have doubts, and what they print."""

    sheets: list[Sheets] = field(default_factory=list)


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Archive]:
    need_chromium()
    folder = tmp_path_factory.mktemp("tables")
    with service(folder, f"sqlite:///{folder}/jiaokan.sqlite", redis_url, PEOPLE) as found:
        sheets = [unsure(2 * number, moved=number == 0) for number in range(len(NAMES))]
        batch = open_batch(found.database)
        for number, (name, one) in enumerate(zip(NAMES, sheets, strict=True)):
            shown = one.shown if number else tuple(one.texts)  # of the first document every page is looked at
            file_away(found.database, found.blobs, batch, name, replace(one, shown=shown))
        yield Archive(**vars(found), sheets=sheets)


@pytest.fixture(autouse=True)
def silent(station: Archive) -> Iterator[None]:
    yield from quiet(station)


def opened(station: Archive, place: str, who: str = "校对员", language: str = "en", width: int = 1440) -> Page:
    page = station.logged_in(who, language, width)
    page.goto(place)
    return page


def cell(page: Page, key: str) -> Locator:
    return page.locator(f"td[data-kind=value][data-key={key}]")


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.dataset.key ?? document.activeElement.outerHTML"))


def saved(page: Page) -> str:
    expect(page.locator("[data-told]")).not_to_be_empty()
    return page.locator("[data-told]").inner_text()


def test_a_table_is_walked_and_a_cell_corrected_by_keyboard(station: Archive) -> None:
    page = opened(station, "/documents/2/tables/公开03")
    cell(page, "g03-r02-c1").click()
    for key, wanted in (
        ("ArrowRight", "g03-r02-c2"), ("ArrowDown", "g03-r03-c2"), ("Home", "g03-r03-c0"), ("ArrowRight", "g03-r03-c0"),
        ("Control+End", "g03-r13-c5"), ("Control+ArrowUp", "g03-r00-c5"), ("ArrowUp", "g03-r00-c5"),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert focused(page) == wanted, key
    cell(page, "g03-r02-c1").click()
    page.keyboard.press("F2")
    field = page.locator("input.cell-edit")
    before = field.input_value()
    page.keyboard.press("ArrowUp")
    assert field.input_value() == before, "arrow keys never step a number"
    page.keyboard.type("9")
    page.keyboard.press("Escape")
    assert focused(page) == "g03-r02-c1"
    assert cell(page, "g03-r02-c1").get_attribute("data-value") == before
    page.keyboard.type("1,000.5")
    page.keyboard.press("Enter")
    assert focused(page) == "g03-r03-c1"
    assert "Another person" in saved(page), "nobody doubted this cell, so one person does not overrule it"
    expect(cell(page, "g03-r02-c1")).to_have_attribute("data-status", "flagged")
    page.locator("[data-undo]").click()
    expect(cell(page, "g03-r02-c1")).to_have_attribute("data-status", "read")


def test_a_doubt_is_answered_from_the_sum_that_fails(station: Archive) -> None:
    amount = texts(station.sheets[1].prints)[DOUBTFUL]
    page = opened(station, f"/documents/2/tables/公开07#{DOUBTFUL}")
    page.locator("[data-show-check]").first.click()
    assert page.locator("td.of-sum").count() > 1
    cell(page, DOUBTFUL).click()
    page.keyboard.type(amount)
    page.keyboard.press("Enter")
    expect(cell(page, DOUBTFUL)).to_have_attribute("data-status", "reviewed")
    assert cell(page, DOUBTFUL).get_attribute("data-value") == amount.replace(",", "")
    assert saved(page).startswith("Saved")
    page.locator("[data-undo]").last.click()
    expect(cell(page, DOUBTFUL)).not_to_have_attribute("data-status", "reviewed")


def test_what_is_no_number_is_said_and_the_cell_stays(station: Archive) -> None:
    page = opened(station, "/documents/2/tables/公开03#g03-r04-c0")
    assert focused(page) == "g03-r04-c0"
    before = cell(page, "g03-r04-c0").get_attribute("data-value")
    page.keyboard.type("12x")
    page.keyboard.press("Enter")
    expect(page.locator("[data-alarm]")).to_contain_text("12x")
    expect(cell(page, "g03-r04-c0")).to_have_attribute("data-value", before or "")
    expect(cell(page, "g03-r04-c0").locator(".shown")).not_to_have_text("12x")


def test_of_two_windows_the_second_is_told_and_nothing_is_overwritten(station: Archive) -> None:
    one = opened(station, f"/documents/4/tables/公开07#{DOUBTFUL}")
    two = opened(station, f"/documents/4/tables/公开07#{DOUBTFUL}", who="档案员")
    for page, value in ((one, "7"), (two, "8")):
        page.keyboard.type(value)
        page.keyboard.press("Enter")
        if page is one:
            expect(cell(page, DOUBTFUL)).to_have_attribute("data-value", "7")
    expect(two.locator("[data-alarm]")).to_contain_text("校对员")
    expect(cell(two, DOUBTFUL)).to_have_attribute("data-value", "7")


def test_a_document_read_again_meanwhile_is_told_and_gone_on_with(station: Archive) -> None:
    page = opened(station, "/documents/3/tables/公开07#g07-r00-c0")
    with station.database.transaction() as session:
        reading = readings.reread(session, 3, "test 2", 6)
    assert reading is not None
    read_again(station.database, station.blobs, reading, station.sheets[2])
    for alarm in ("read again meanwhile", ""):
        cell(page, "g07-r00-c0").click()
        page.keyboard.type("77")
        page.keyboard.press("Enter")
        expect(page.locator("[data-alarm]")).to_have_text(re.compile(alarm or "^$"))
    expect(cell(page, "g07-r00-c0")).to_have_attribute("data-value", "77")


def test_without_connection_a_decision_is_kept_and_sent_later(station: Archive) -> None:
    page = opened(station, "/documents/4/tables/公开07#g07-r00-c0")
    page.context.set_offline(True)
    page.keyboard.type("77")
    page.keyboard.press("Enter")
    expect(page.locator("[data-told]")).to_contain_text("kept in this browser")
    page.context.set_offline(False)
    expect(cell(page, "g07-r00-c0")).to_have_attribute("data-value", "77", timeout=15_000)
    with station.database.snapshot() as session:
        sha256 = session.connection().exec_driver_sql("SELECT sha256 FROM documents WHERE id = 4").scalar_one()
        assert [one.after for one in reviews.decisions_on(session, sha256) if one.key == "g07-r00-c0"] == ["77"]


def test_a_row_that_slipped_is_put_back_and_labels_are_changed(station: Archive) -> None:
    page = opened(station, f"/documents/1/tables/公开03#g03-r{SLIPPED:02d}-c1")
    rows = page.locator("#grid tbody tr")
    count = rows.count()
    page.click("[data-tool=left]")
    expect(rows.nth(SLIPPED).locator("td[data-kind=value]").first).to_have_attribute(
        "data-key", f"g03-r{SLIPPED:02d}-c1"
    )
    page.click("[data-tool=left]")
    expect(page.locator("[data-alarm]")).not_to_be_empty()
    page.click("[data-tool=below]")
    page.fill("#insert-name", "<b>新行</b>")
    page.keyboard.press("Enter")
    expect(rows).to_have_count(count + 1)
    label = rows.nth(SLIPPED + 1).locator("td[data-field=row_name]")
    expect(label.locator(".shown")).to_have_text("<b>新行</b>")
    label.click()
    page.keyboard.press("F2")
    page.keyboard.press("Control+a")
    page.keyboard.type("民兵")
    page.keyboard.press("Enter")
    expect(rows.nth(SLIPPED + 1).locator("td[data-field=row_name] .shown")).to_have_text("民兵")
    expect(page.locator("[data-undo]")).to_have_count(3)
    page.locator("[data-undo]").nth(1).click()
    expect(rows).to_have_count(count)
    expect(page.locator("tr.off .why")).to_have_count(1)  # the label of the row that is gone is told as orphaned


def test_form_unit_and_document_are_set(station: Archive) -> None:
    page = opened(station, "/documents/3/tables/公开09")
    page.select_option("#unit", "万元")
    saved(page)
    expect(page.locator("#unit")).to_have_value("万元")
    page.fill("#entity", "青河县统计局（本级）")
    page.keyboard.press("Tab")
    expect(page.locator("#entity")).to_have_attribute("data-now", "青河县统计局（本级）")
    page.fill("#year", "23")
    page.keyboard.press("Tab")
    expect(page.locator("[data-alarm]")).to_contain_text("year")
    expect(page.locator("#year")).to_have_value("2023")
    page.select_option("#form", "公开08")
    expect(page.locator("#form")).to_have_attribute("data-now", "公开08")
    assert page.url.endswith("%E5%85%AC%E5%BC%8009"), "the table keeps its name"


def test_a_place_on_the_page_finds_its_cell_and_the_cell_its_place(station: Archive) -> None:
    page = opened(station, "/documents/2/tables/公开03#g03-r05-c1")
    expect(page.locator(".page-room image")).to_have_count(1)
    expect(page.locator(".page-room rect.chosen")).to_have_count(1)
    page.locator(".page-room rect[data-key=g03-r10-c0]").click(force=True)
    assert focused(page) == "g03-r10-c0"
    cell(page, "g03-r05-c1").hover()
    expect(page.locator("rect.hovered[data-key=g03-r05-c1]")).to_have_count(1)


def test_who_may_not_decide_sees_the_table_only(station: Archive) -> None:
    page = station.logged_in("送件员")
    assert page.goto("/documents/2/tables/公开03").status == 404  # type: ignore[union-attr]  # it answers
    assert page.goto("/groups").status == 403  # type: ignore[union-attr]  # it answers


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_in_both_languages(station: Archive, language: str) -> None:
    speaks(station.database, "档案员", language)
    for name, width in WIDTHS.items():
        page = station.logged_in("档案员", language, width)
        for place in (
            *(f"documents/{one}" for one in ("5/tables/公开07", "1/tables/公开01", "1/tables/公开03")),
            GROUPS,
        ):
            page.goto(f"/{place}")
            expect(page.locator("svg image").first).to_be_attached()
            expect(page.locator("[data-crop] svg").first).to_be_attached()
            if place == GROUPS:
                expect(page.locator("[role=option]:not([data-seen])")).to_have_count(0)
            short = place.split("?")[0].replace("documents/", "").replace("/tables/公开", "-form")
            station.shot(page, f"{short}-{language}{name}")


def test_crops_that_cannot_be_seen_are_not_confirmed(station: Archive) -> None:
    page = station.logged_in("校对员")
    page.route("**/api/documents/*/pages/*", lambda route: route.fulfill(status=404, json={"detail": "no picture"}))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "decisions" in request.url else None)
    page.goto(f"/{GROUPS}")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    expect(page.locator("[data-confirm]")).to_be_disabled()
    page.locator("[role=option]").first.press("Enter")
    page.click("[data-all]")
    expect(page.locator("[role=option][aria-selected=true]")).to_have_count(0)
    assert asked == []


def test_a_group_is_confirmed_but_the_odd_ones(station: Archive) -> None:
    page = opened(station, f"/{GROUPS}")
    crops = page.locator("[role=option]")
    count = crops.count()
    assert count >= 6
    expect(crops.first).to_be_focused()
    expect(page.locator(".crops rect.glyph")).to_have_count(count)
    expect(page.locator("[role=option][data-seen]")).to_have_count(count)
    page.keyboard.press("ArrowRight")
    odd = crops.nth(1).get_attribute("data-question")
    page.keyboard.press(" ")
    expect(crops.nth(1)).to_have_attribute("aria-selected", "false")
    expect(page.locator("[data-confirm]")).to_contain_text(str(count - 1))
    page.keyboard.press("Enter")
    expect(page.locator("[data-told]")).to_contain_text(f"{count - 1} confirmed")
    expect(crops).to_have_count(1)
    expect(crops).to_have_attribute("data-question", odd or "")
    assert page.title() != "1", "markup in a name is text"
    page.reload()
    expect(page.locator(".empty")).to_be_visible()
