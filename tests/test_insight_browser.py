"""The page of figures and the form of a batch's policy in a real browser, in both languages, on screen and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.archive import Role
from models.decisions import DecisionKind
from models.export.decided import Line, written
from tests.browsing import LANGUAGES, WIDTHS, Service, need_chromium, quiet, service, speaks
from tests.reviewed import Reviewed, busy, reviewed

ADMIN, REVIEWER = "档案员", "校对员"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[tuple[Service, Reviewed]]:
    need_chromium()
    folder = tmp_path_factory.mktemp("insight")
    roles = {ADMIN: Role.ADMIN, REVIEWER: Role.REVIEWER}
    with service(folder, f"sqlite:///{folder}/jiaokan.sqlite", redis_url, roles) as found:
        made = reviewed(found.database, folder)
        busy(found.database, made)
        yield found, made


@pytest.fixture(autouse=True)
def silent(archive: tuple[Service, Reviewed]) -> Iterator[None]:
    yield from quiet(archive[0])


def speaking(station: Service, name: str, language: str, width: int = 1280) -> Page:
    speaks(station.database, name, language)
    return station.logged_in(name, language, width)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_figures(archive: tuple[Service, Reviewed], language: str, tmp_path: Path) -> None:
    station, found = archive
    page = speaking(station, ADMIN, language)
    page.click("nav a[href='/insight']")
    page.select_option("#i-batch", str(found.batch))
    page.click("main form button")
    expect(page.locator("svg.chart")).to_have_count(4)
    for chart in page.locator("svg.chart").all():
        name = chart.get_attribute("aria-labelledby")
        assert name is not None
        assert all(page.locator(f"#{one}").count() == 1 for one in name.split())
        box = chart.bounding_box()
        assert box is not None
        assert box["width"] > 600
    station.shot(page, f"insight-{language}")
    with page.expect_download() as coming:
        page.locator("figcaption a").first.click()
    coming.value.save_as(tmp_path / "chart.svg")
    alone = station.page(language)
    alone.goto(f"file://{tmp_path}/chart.svg")
    alone.screenshot(path=station.shots / f"chart-{language}.png")
    page.emulate_media(media="print")
    expect(page.locator("main form")).to_be_hidden()
    page.pdf(path=station.shots / f"insight-{language}.pdf", format="A4", margin={"top": "15mm", "left": "15mm"})
    page.emulate_media(media="screen")
    page.click(f"a[href*='reviewer={found.second}']")
    expect(page.locator("#backlog")).to_have_count(0)
    station.shot(page, f"insight-one-{language}")
    for name, width in WIDTHS.items():
        own = speaking(station, REVIEWER, language, width)
        own.goto("/insight")
        expect(own.locator("main")).not_to_contain_text("复核员")
        station.shot(own, f"insight-own-{language}{name}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_policy_of_a_batch(archive: tuple[Service, Reviewed], language: str) -> None:
    station, found = archive
    page = speaking(station, REVIEWER, language)
    page.goto(f"/batches/{found.batch}")
    page.fill("#p-above", "viel")
    page.click("form.policy button")
    assert page.evaluate("document.querySelector('#p-above').validity.patternMismatch")
    page.fill("#p-above", "1,000,000")
    page.fill("#p-flagged", "5")
    page.fill("#p-sample", "0.5")
    page.click("form.policy button")
    page.wait_for_url("**did=policy")
    expect(page.locator("#p-above")).to_have_value("1000000")
    expect(page.locator("#p-sample")).to_have_value("0.5")
    page.locator("section[aria-labelledby=policy]").screenshot(path=station.shots / f"policy-{language}.png")
    station.shot(page, f"batch-policy-{language}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_of_decisions_brought_in(archive: tuple[Service, Reviewed], language: str) -> None:
    station, found = archive
    page = speaking(station, REVIEWER, language)
    page.goto(f"/batches/{found.batch}")
    with page.expect_download() as coming:
        page.click("[data-decisions] a[download]")
    text = coming.value.path().read_text(encoding="utf-8")
    assert text.startswith("number,document,sha256")
    nasty = Line(999_999, "b" * 64, DecisionKind.VALUE, "x", "1", document="<b>other</b>.pdf")
    data = (text + written([nasty], header=False)).encode()
    page.set_input_files("[data-decisions] input", {"name": "d.csv", "mimeType": "text/csv", "buffer": data})
    said = page.locator("[data-decisions] [role=status]")
    expect(said).to_contain_text("1 refused" if language == "en" else "拒绝 1")
    expect(page.locator("[data-decisions] tbody tr")).to_have_count(1)
    expect(page.locator("[data-decisions] tbody")).to_contain_text("<b>other</b>.pdf")
    page.locator("section[aria-labelledby=decisions]").screenshot(path=station.shots / f"decisions-{language}.png")
    page.set_input_files("[data-decisions] input", {"name": "d.csv", "mimeType": "text/csv", "buffer": b"x"})
    expect(said).to_contain_text("number, sha256")
