"""The documentation is true of the code: what it links to is there, what the code refers to is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from models.export.columns import SHEETS
from worker.cli import CANNOT_START, COMMANDS, DONE, INTERRUPTED, SOME_FAILED

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("corpus/*.md")])
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
LONGEST_RECORD = 30


def _id(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=_id)
def test_every_link_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"(?<!!)\[[^\]]+\]\(([^)#]+)", page.read_text(encoding="utf-8"))
    inside = [link for link in links if "://" not in link]
    assert not [link for link in inside if not (page.parent / link).exists()]


@pytest.mark.parametrize("record", RECORDS, ids=_id)
def test_a_decision_is_short_and_says_what_enforces_it(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    assert text.startswith(f"# {record.name[:4]}: ")
    assert len(text.splitlines()) <= LONGEST_RECORD
    for part in ("**Decision.**", "**Enforced by**"):
        assert part in text, part


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [record.name[:4] for record in RECORDS]
    assert len(numbers) == len(set(numbers))


def test_decisions_named_in_the_code_are_written() -> None:
    sources = [*ROOT.glob("worker/**/*.py"), *ROOT.glob("models/**/*.py"), *ROOT.glob("corpus/**/*.py")]
    named = {
        number for path in sources for number in re.findall(r"decisions/(\d{4})", path.read_text(encoding="utf-8"))
    }
    assert named <= {record.name[:4] for record in RECORDS}


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_the_readme_names_the_files_of_an_export_and_the_ways_it_ends(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert not [sheet.name for sheet in SHEETS if f"`{sheet.name}.csv`" not in text]
    assert not [status for status in (DONE, SOME_FAILED, CANNOT_START, INTERRUPTED) if str(status) not in text]
    assert not [command for command in ("extract", "demo") if command not in text or command not in COMMANDS]


def test_every_step_stands_in_the_architecture() -> None:
    contracts = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (steps,) = re.findall(r'"(intake \|[^"]+)"', contracts)
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert not [step for step in re.findall(r"\w+", steps) if step not in text]
