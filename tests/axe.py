"""What axe-core finds wrong with a page for people who cannot see or point, where axe-core is at hand.

It is MPL-2.0 and not part of jiaokan: it comes in the package axe-playwright-python, or in node_modules of npm.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from playwright.sync_api import Page

MISSING = (
    "no axe-core, so pages are not checked for accessibility: python3 -m pip install --no-deps axe-playwright-python"
)
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@cache
def source() -> str:
    """axe-core; empty where it is not installed."""
    package = find_spec("axe_playwright_python")
    folders = [Path(place) for place in package.submodule_search_locations or ()] if package else []
    for path in [*(folder / "axe.min.js" for folder in folders), Path("node_modules/axe-core/axe.min.js")]:
        if path.exists():
            return path.read_text(encoding="utf-8")
    return ""


def violations(page: Page) -> list[str]:
    """What is wrong, and where; nothing where axe-core is missing."""
    if not source():
        return []
    page.evaluate(source())
    found = page.evaluate("rules => axe.run(document, {runOnly: rules})", _RULES)
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:150]} | {node['failureSummary'][-150:]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
