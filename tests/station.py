"""The review station in a real browser: a server, an archive with doubts, and people who are logged in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from models import migrate
from models.archive import Role
from models.blobs import Blobs
from models.db import Database
from models.passwords import hashed
from models.store import people
from tests.doors import PASSWORD
from tests.reviewing import Filed, doubtful, file_away, open_batch
from tests.serving import serving

CHROMIUM = Path(os.environ.get("JIAOKAN_TEST_CHROMIUM", "/usr/bin/chromium"))
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
REVIEWERS = ("校对员", "复核员")


@dataclass
class Station:
    """A running service with documents that have doubts, and a browser."""

    url: str
    database: Database
    blobs: Blobs
    browser: Browser
    shots: Path
    batch: int
    filed: list[Filed] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def file(self, *numbers: int, **more: str) -> list[int]:
        """Bring in documents with these numbers; theirs."""
        new = [
            file_away(self.database, self.blobs, self.batch, f"财政局/{n} 年部门决算.pdf", doubtful(n, **more))
            for n in numbers
        ]
        self.filed += new
        return [one.document for one in new]

    def open(self, name: str = REVIEWERS[0], language: str = "en", width: int = 1440, height: int = 900) -> Page:
        """A browser window of a person who is logged in; its page may complain of nothing but refusals."""
        context: BrowserContext = self.browser.new_context(
            locale=LANGUAGES[language], viewport={"width": width, "height": height}, base_url=self.url
        )
        page = context.new_page()
        page.on("console", lambda said: self._complain(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self._complain(str(error)))
        page.goto("/login")
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("/")
        return page

    def at_work(self, name: str = REVIEWERS[0], query: str = "", **more: Any) -> Page:
        """A window with the first question."""
        page = self.open(name, **more)
        page.goto(f"/review{query}")
        page.wait_for_selector("[data-question]:not([hidden]), [data-empty]:not([hidden])")
        page.wait_for_timeout(220)  # a person has to see a question to answer it
        return page

    def _complain(self, text: str) -> None:
        if not any(one in text for one in ("status of 4", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED")):
            self.complaints.append(text)


@contextmanager
def station(folder: Path, database_url: str, redis_url: str) -> Iterator[Station]:
    """The service on a database of its own, with two reviewers and an admin."""
    store = folder / "store"
    database = Database(database_url)
    migrate.upgrade(database)
    with database.transaction() as session:
        for name, role in (("档案员", Role.ADMIN), *((one, Role.REVIEWER) for one in REVIEWERS)):
            user = people.add_user(session, name, role, hashed(PASSWORD))
            assert user is not None
            people.set_language(session, user.id, "")
    shots = Path(os.environ.get("JIAOKAN_TEST_SCREENSHOTS", str(folder / "shots")))
    shots.mkdir(parents=True, exist_ok=True)
    with serving(database_url, redis_url, store) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        batch = open_batch(database)
        yield Station(server.url, database, Blobs(str(store)), browser, shots, batch)
        browser.close()
    database.close()
