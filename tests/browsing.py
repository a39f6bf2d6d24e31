"""Pages in a real browser: Chromium, people who can log in, and a place for pictures of what they see."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from models.archive import Role
from models.db import Database
from models.passwords import hashed
from models.store import people
from tests.doors import PASSWORD

CHROMIUM = Path(os.environ.get("JIAOKAN_TEST_CHROMIUM", "/usr/bin/chromium"))


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


def enroll(database: Database, roles: Mapping[str, Role]) -> None:
    """Add people who log in with the password of tests, and whose language is that of their browser."""
    with database.transaction() as session:
        for name, role in roles.items():
            user = people.add_user(session, name, role, hashed(PASSWORD))
            assert user is not None
            people.set_language(session, user.id, "")


def screenshots(folder: Path) -> Path:
    """Where pictures of pages go: to the folder that JIAOKAN_TEST_SCREENSHOTS names, else below the test's own."""
    shots = Path(os.environ.get("JIAOKAN_TEST_SCREENSHOTS", str(folder / "shots")))
    shots.mkdir(parents=True, exist_ok=True)
    return shots
