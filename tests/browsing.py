"""Pages in a real browser: Chromium, a running service with people who log in, and pictures of what they see."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from models import migrate
from models.archive import Role
from models.blobs import Blobs
from models.db import Database
from models.passwords import hashed
from models.store import people
from tests import axe
from tests.doors import PASSWORD
from tests.serving import serving

CHROMIUM = Path(os.environ.get("JIAOKAN_TEST_CHROMIUM", "/usr/bin/chromium"))
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
WIDTHS = {"": 1440, "-twice": 720, "-narrow": 420}
"""How wide a window is that shows a page as it is, enlarged to 200 %, and on a telephone."""
NASTY = '<img src=x onerror="document.title=1">.pdf'
_EXPECTED = ("status of 4", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
"""What a browser says of refusals, and of connections that tests take away."""


def need_chromium() -> None:
    """Leave the test out, saying so, where there is no browser."""
    if not CHROMIUM.exists():
        pytest.skip("no Chromium to test with: apt-get install chromium, or set JIAOKAN_TEST_CHROMIUM")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Service:
    """A running service, its database and store, and a browser whose pages may complain of nothing but refusals."""

    url: str
    database: Database
    blobs: Blobs
    browser: Browser
    shots: Path
    complaints: list[str] = field(default_factory=list)

    def page(self, language: str = "en", width: int = 1280, height: int = 860) -> Page:
        """A new window of a person whom nobody knows."""
        context = self.browser.new_context(
            locale=LANGUAGES[language], viewport={"width": width, "height": height}, base_url=self.url
        )
        page = context.new_page()
        page.on("console", lambda said: self._complain(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        return page

    def logged_in(self, name: str, language: str = "en", width: int = 1280, height: int = 860) -> Page:
        """A new window of a person who is logged in."""
        page = self.page(language, width, height)
        page.goto("/login")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("/")
        return page

    def shot(self, page: Page, name: str) -> None:
        """A picture of the page, which must not be wider than its window, and which everybody can use."""
        page.wait_for_function("[...document.images].every((one) => one.complete)")
        page.screenshot(path=self.shots / f"{name}.png", full_page=True)
        wide, room = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= room, name
        found = axe.violations(page)
        assert not found, (name, found)

    def _complain(self, text: str) -> None:
        if not any(one in text for one in _EXPECTED):
            self.complaints.append(text)


@contextmanager
def service(folder: Path, database_url: str, redis_url: str, roles: Mapping[str, Role]) -> Iterator[Service]:
    """The service on a database of its own, with these people."""
    store = folder / "store"
    database = Database(database_url)
    migrate.upgrade(database)
    enroll(database, roles)
    with serving(database_url, redis_url, store) as server, chromium() as browser:
        yield Service(server.url, database, Blobs(str(store)), browser, screenshots(folder))
    database.close()


def quiet(service: Service) -> Iterator[None]:
    """A page that breaks a rule of the content policy, or whose script fails, fails the test."""
    service.complaints.clear()
    yield
    for context in service.browser.contexts:
        context.close()
    assert service.complaints == []


def enroll(database: Database, roles: Mapping[str, Role]) -> None:
    """Add people who log in with the password of tests, and whose language is that of their browser."""
    with database.transaction() as session:
        for name, role in roles.items():
            user = people.add_user(session, name, role, hashed(PASSWORD))
            assert user is not None
            people.set_language(session, user.id, "")


def speaks(database: Database, name: str, language: str) -> None:
    """Set the language of a person, whatever the browser prefers."""
    with database.transaction() as session:
        user = people.user_by_name(session, name)
        assert user is not None
        people.set_language(session, user.id, language)


def screenshots(folder: Path) -> Path:
    """Where pictures of pages go: to the folder that JIAOKAN_TEST_SCREENSHOTS names, else below the test's own."""
    shots = Path(os.environ.get("JIAOKAN_TEST_SCREENSHOTS", str(folder / "shots")))
    shots.mkdir(parents=True, exist_ok=True)
    return shots
