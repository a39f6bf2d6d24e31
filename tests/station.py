"""The review station in a real browser: a server, an archive with doubts, and people who are logged in."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from sqlalchemy import select

from models.archive import Role
from models.rows import Decision, Document
from tests.browsing import Service, need_chromium, quiet, service
from tests.reviewing import Filed, doubtful, file_away, open_batch

REVIEWERS = ("校对员", "复核员")


@dataclass
class Station(Service):
    """A running service with documents that have doubts, and a browser."""

    batch: int = 0
    filed: list[Filed] = field(default_factory=list)
    number: int = 100

    def file(self, *numbers: int, **more: str) -> list[int]:
        """Bring in documents with these numbers; theirs."""
        new = [
            file_away(self.database, self.blobs, self.batch, f"财政局/{n} 年部门决算.pdf", doubtful(n, **more))
            for n in numbers
        ]
        self.filed += new
        return [one.document for one in new]

    def fresh(self) -> None:
        """Have two documents that nobody has seen, and no others."""
        with self.database.transaction() as session:
            for row in session.scalars(select(Document).where(Document.cancelled_at.is_(None))):
                row.cancelled_at = row.added_at
        self.filed.clear()
        self.number += 2
        self.file(self.number, self.number + 1)

    def open(self, name: str = REVIEWERS[0], language: str = "en", width: int = 1440, height: int = 900) -> Page:
        """A browser window of a reviewer."""
        return self.logged_in(name, language, width, height)

    def at_work(self, name: str = REVIEWERS[0], query: str = "", **more: Any) -> Page:
        """A window with the first question."""
        page = self.open(name, **more)
        page.goto(f"/review{query}")
        shown(page)
        return page


@contextmanager
def station(folder: Path, database_url: str, redis_url: str) -> Iterator[Station]:
    """The service on a database of its own, with two reviewers and an admin."""
    roles = {"档案员": Role.ADMIN, **dict.fromkeys(REVIEWERS, Role.REVIEWER)}
    with service(folder, database_url, redis_url, roles) as found:
        yield Station(**vars(found), batch=open_batch(found.database))


def opened_station(folders: pytest.TempPathFactory, redis_url: str) -> Iterator[Station]:
    """The station on SQLite, for all tests of a module."""
    need_chromium()
    folder = folders.mktemp("station")
    with station(folder, f"sqlite:///{folder}/jiaokan.sqlite", redis_url) as found:
        yield found


def with_new_documents(opened: Station) -> Iterator[Station]:
    """The station with two documents nobody has seen; a page that breaks the content policy fails the test."""
    opened.fresh()
    for _ in quiet(opened):
        yield opened


WORK = """() => {
  const find = (name) => document.querySelector(`[data-${name}]`);
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const press = (key) => find("value").dispatchEvent(new KeyboardEvent("keydown",
    { key, code: key === "Enter" ? "Enter" : `Digit${key}`, bubbles: true, cancelable: true }));
  window.finished = (async () => {
    for (let idle = 0; idle < 400; idle += 1) {
      if (!find("empty").hidden) {
        const unsent = Object.keys(localStorage).some((one) => one.startsWith("jiaokan-outbox"));
        await pause(unsent ? 50 : 500);
        if (!unsent && !find("empty").hidden) return true;
        continue;
      }
      if (!find("question").hidden && !find("station").hasAttribute("data-busy")) {
        await pause(210);
        if (find("question").hidden) continue;
        const before = find("where").textContent;
        if (find("question").dataset.open === "true") press("1");  // else somebody was first: leave it
        press("Enter");
        const same = () => before === find("where").textContent && find("empty").hidden;
        for (let wait = 0; wait < 400 && same(); wait += 1) await pause(10);
        if (before !== find("where").textContent) idle = 0;
      } else await pause(20);
    }
    return false;
  })();
}"""
"""Takes the first other reading of each question, as fast as a person may, until none is left."""


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


def shown(page: Page) -> None:
    """Wait for a question, or that there is none, for as long as a person takes to see it."""
    page.wait_for_selector("[data-question]:not([hidden]), [data-empty]:not([hidden])")
    page.wait_for_timeout(220)


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
