"""The interface speaks both languages: every text that a page asks for is there, and none stands there for nothing."""

from __future__ import annotations

import re
from pathlib import Path

from api.languages import LANGUAGES
from api.rendering import catalogue, shares, words
from models.archive import ExportFormat, Role, State
from models.decisions import Asks, DecisionKind
from models.document import CellStatus, CheckResult, DocumentKind
from worker.cli import COMMANDS
from worker.core.restructure import CHANGES

API = Path(__file__).parents[1] / "api"
SCRIPTED, STATION = "station.js.", ("station", "question", "sheet")
LABELS = ["line_no", "row_code", "row_name"]
TOOLS = ["left", "right", "up", "down", "row-up", "row-down", "above", "below", "merge", "delete"]
TOOLS += ["split", "swap", "set-column"]
STEMS = {
    "state.": [state.value for state in State],
    "format.": [one.value for one in ExportFormat],
    "role.": [role.value for role in Role],
    "role.can.": [role.value for role in Role],
    "act.": ["retry", "cancel", "reread", "resettle"],
    "did.": ["retry", "cancel", "reread", "resettle", "export", "revoke", "person", "changed", "policy"],
    "outcome.": ["accepted", "duplicate", "refused", "unpacking"],
    "coming.": ["receiving", "unpacking", "failed"],
    "station.": ["take", "leave", "tab", "zoom", "pan", "turn", "view"],
    "asks.": [one.value for one in Asks],
    "cell.": [one.value for one in CellStatus],
    "decision.": [one.value for one in DecisionKind if one is not DecisionKind.UNDO],
    "field.": [*CHANGES, *LABELS, "entity", "year", "kind", "accepted"],
    "kind.": [one.value for one in DocumentKind],
    "label.": LABELS,
    "result.": [one.value for one in CheckResult],
    "tool.": [*TOOLS, *(f"{tool}.how" for tool in TOOLS)],
    "tools.": ["amounts", "row", "column"],
    "error.": ["401", "403", "404", "409", "413", "422", "429", "503"],
}


def said_by_scripts() -> set[str]:
    """The texts that scripts of the review station may say."""
    scripts = "".join((API / "static" / f"{name}.js").read_text(encoding="utf-8") for name in STATION)
    assert {f"{SCRIPTED}{name}" for name in re.findall(r"\bt\(\"([a-z-]+)\"", scripts)} <= set(catalogue())
    return {f"{SCRIPTED}{name}" for name in re.findall(r"\"([a-z-]+)\"", scripts)}


def asked() -> set[str]:
    """The texts that pages ask for, by name or by the beginning of their names."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in [*API.glob("templates/*.html"), *API.glob("*.py")])
    names = {stem + end for stem, ends in STEMS.items() for end in ends}
    names |= {name for name in said_by_scripts() if name in catalogue()}
    names |= {f"{SCRIPTED}witness-{kind}" for kind in ("table", "narrative", "last-year")}
    names |= {f"{SCRIPTED}kind-{kind}" for kind in ("illegible", "source-wrong", "label", "document", "structure")}
    return {name for name in re.findall(r"[\"']([a-z][a-z0-9.-]*)[\"']", text) if name in catalogue()} | names


def test_every_text_is_there_in_both_languages() -> None:
    found = catalogue()
    assert all(set(text) == set(LANGUAGES) and all(text.values()) for text in found.values())
    assert {name for name in asked() if name not in found} == set()
    for path in API.glob("templates/*.html"):
        for name in re.findall(r"\bt\([\"']([^\"']+)[\"'][,)]", path.read_text(encoding="utf-8")):
            assert name in found, (path.name, name)


def test_no_text_stands_there_for_nothing() -> None:
    assert set(catalogue()) - asked() == set()


def test_texts_hold_no_markup_and_name_real_commands() -> None:
    for text in catalogue().values():
        assert not [said for said in text.values() if "<" in said or "&" in said]
    for path in API.glob("templates/*.html"):
        for command in re.findall(r"jiaokan (\w+)", path.read_text(encoding="utf-8")):
            assert command in COMMANDS
    assert words("en", "batch.by", owner="{x}") == "opened by {x}"


def test_pages_hold_no_scripts_or_styles_of_their_own() -> None:
    for path in API.glob("templates/*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:|\|safe\b|<script(?![^>]*\ssrc=)", text), path.name


def test_parts_of_a_bar_fill_it() -> None:
    assert shares({}) == []
    parts = shares({State.DONE: 1, State.FAILED: 2, State.QUEUED: 0})
    assert [(part["state"], part["x"], part["width"]) for part in parts] == [
        ("done", 0.0, 33.333),
        ("failed", 33.333, 66.667),
    ]
