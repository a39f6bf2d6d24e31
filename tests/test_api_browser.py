"""The pages in a real browser, in both languages: what people see, and what scripts in names cannot do.

Needs Chromium at /usr/bin/chromium, or where JIAOKAN_TEST_CHROMIUM says. Screenshots go to the folder that
JIAOKAN_TEST_SCREENSHOTS names, else to the test's own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from models.archive import Role
from models.frozen import make_export
from models.rows import Document
from tests import axe
from tests.browsing import LANGUAGES, NASTY, WIDTHS, Service, need_chromium, quiet, service, speaks
from tests.doors import PASSWORD, PDF
from tests.finished import extraction, finish


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory, redis_url: str) -> Iterator[Service]:
    need_chromium()
    folder = tmp_path_factory.mktemp("station")
    roles = {"档案员": Role.ADMIN, "校对员": Role.UPLOADER}
    with service(folder, f"sqlite:///{folder}/jiaokan.sqlite", redis_url, roles) as found:
        yield found


@pytest.fixture(autouse=True)
def silent(station: Service) -> Iterator[None]:
    yield from quiet(station)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files") / "财政厅"
    folder.mkdir()
    for year in (2021, 2022, 2023):
        (folder / f"{year} 年部门决算.pdf").write_bytes(PDF + str(year).encode())
    (folder / "copy.pdf").write_bytes(PDF + b"2021")
    (folder / "说明.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 office")
    (folder / "large.pdf").write_bytes(PDF + bytes(20 << 20))
    (folder / "Thumbs.db").write_bytes(b"x")
    (folder / NASTY).write_bytes(PDF + b"nasty")
    return folder


def test_a_folder_is_sent_and_watched_to_the_end(station: Service, files: Path) -> None:
    page = station.logged_in("校对员")
    page.fill("#name", "2021–2023 部门决算")
    page.click("text=New batch")
    page.wait_for_url("**/batches/*")
    page.set_input_files("input[webkitdirectory]", str(files))
    expect(page.locator(".outcomes li")).to_have_count(8, timeout=20_000)
    said = page.locator(".outcomes").inner_text()
    assert said.count("accepted") == 5
    assert said.count("duplicate") == 1
    assert said.count("refused") == 2
    assert "save it as PDF" in said
    page.screenshot(path=station.shots / "uploaded-en.png", full_page=True)
    expect(page.locator("[data-figure=total]")).to_have_text("6")
    expect(page.locator("[data-show=state]")).to_have_text("queued")
    with station.database.snapshot() as session:
        listed = list(session.scalars(select(Document)))
        found = {Path(document.name).stem: document.reading_id for document in listed}
    for name in ("2021 年部门决算", "2022 年部门决算", "2023 年部门决算"):
        finish(station.database, station.blobs, found[name], extraction(doubtful=name.startswith("2022")))
    expect(page.locator("[data-count=done] b")).to_have_text("3", timeout=5000)
    expect(page.locator("section[data-fresh=documents] tbody tr")).to_have_count(6)
    expect(page.locator("[data-fresh=refusals] tbody tr")).to_have_count(1)
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.click("button[data-ask]")
    assert "did=cancel" not in page.url
    expect(page.locator("[data-count=needs-review] b")).to_have_text("1")


def test_markup_in_a_name_is_text(station: Service) -> None:
    page = station.logged_in("档案员")
    page.goto("/batches/1")
    link = page.locator("a.title", has_text="onerror")
    expect(link).to_have_text(f"财政厅/{NASTY}")
    link.click()
    expect(page.locator("h1")).to_have_text(f"财政厅/{NASTY}")
    assert page.title() != "1"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_both_languages(station: Service, language: str) -> None:
    speaks(station.database, "档案员", language)
    for name, width in WIDTHS.items():
        shut = station.page(language, width)
        shut.goto("/login")
        station.shot(shut, f"login-{language}{name}")
        page = station.logged_in("档案员", language, width)
        station.shot(page, f"batches-{language}{name}")
        if not name:
            make(station, page)
        for place in ("batches/1", "documents/2", "exports", "account", "people", "audit", "documents/999"):
            page.goto(f"/{place}")
            station.shot(page, f"{place.replace('/', '-')}-{language}{name}")


def make(station: Service, page: Page) -> None:
    """A version, so that there is one to see."""
    page.goto("/batches/1")
    page.click("section[aria-labelledby=export] button[value=batch]")
    page.wait_for_url("**/exports?did=export")
    number = page.locator("tbody tr").count()
    assert make_export(station.database, station.blobs, number)


def test_pages_are_checked_for_accessibility() -> None:
    if not axe.source():
        pytest.skip(axe.MISSING)


def test_without_scripts_files_are_sent_and_documents_chosen(station: Service, files: Path) -> None:
    context = station.browser.new_context(
        locale=LANGUAGES["zh"], viewport={"width": 1280, "height": 860}, base_url=station.url, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/login")
    page.fill("#name", "校对员")
    page.fill("#password", PASSWORD)
    page.click("button.main")
    page.fill("#name", "没有脚本")
    page.click("button.main")
    page.set_input_files("#a-files", [files / "2021 年部门决算.pdf", files / "说明.docx", files / "large.pdf"])
    page.click("form[enctype] button")
    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.locator("tbody")).to_contain_text("另存为 PDF")
    page.screenshot(path=station.shots / "sent-zh.png", full_page=True)
    page.click("a.button.main")
    expect(page.locator(".drop")).to_be_hidden()
    page.click("button[value=chosen]")
    expect(page.locator("main")).to_contain_text("请先勾选")
    page.go_back()
    page.locator("input[name=documents]").first.check()
    page.screenshot(path=station.shots / "chosen-zh.png", full_page=True)
    page.click("button[value=chosen]")
    expect(page.locator("tbody tr").first).to_contain_text("选定 1 个文件")
