"""What the import rules cannot say: sizes of files and functions, and that nothing goes undocumented."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from worker.cli import COMMANDS

ROOT = Path(__file__).parents[1]
PACKAGES = ("models", "worker", "api", "corpus")
LONGEST_FILE = 400
LONGEST_FUNCTION = 50
"""Lines with signature and docstring; the code itself then stays around 40."""
BY_NAME = ("import_module", "__import__")
ALLOWED_IN_API = ("models", "worker.core", "api")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
EVERYTHING = [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: a relative import hides where it leads"
            yield node.module or ""


@pytest.mark.parametrize("path", EVERYTHING, ids=name_of)
def test_files_are_short(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_functions_are_short(path: Path) -> None:
    functions = [node for node in ast.walk(tree(path)) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    lengths = {node.name: (node.end_lineno or 0) - node.lineno + 1 for node in functions}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FUNCTION} == {}


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_modules_say_what_they_are(path: Path) -> None:
    assert ast.get_docstring(tree(path)) or not path.read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_names_are_the_problems_words(path: Path) -> None:
    words = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}
    assert not words & set(re.split(r"[_.]", path.stem))


def test_the_service_imports_values_and_the_core_only() -> None:
    for path in (ROOT / "api").rglob("*.py"):
        ours = [name for name in imported(path) if name.split(".")[0] in PACKAGES]
        assert all(name.startswith(ALLOWED_IN_API) for name in ours), name_of(path)


def imports_ours_by_name(node: ast.AST) -> bool:
    """Whether a call imports a module whose name is not written there, or is one of ours."""
    if not isinstance(node, ast.Call) or getattr(node.func, "attr", getattr(node.func, "id", "")) not in BY_NAME:
        return False
    name = node.args[0]
    return not (isinstance(name, ast.Constant) and str(name.value).split(".")[0] not in PACKAGES)


def test_no_layer_names_its_way_around_the_import_rules() -> None:
    """Only doors import by name, and the children, who are given the name."""
    users = {name_of(path) for path in SOURCES for node in ast.walk(tree(path)) if imports_ours_by_name(node)}
    assert users <= {
        "worker/cli.py",
        "worker/commands/demo.py",
        "worker/commands/api.py",
        "worker/children.py",
    }


def test_every_exception_to_a_rule_gives_its_reason() -> None:
    """Missing types of a third-party library are their own reason."""
    mark = re.compile(r"#\s*(?:noqa: [A-Z0-9]+(?:, ?[A-Z0-9]+)*|type: ignore\[[\w, -]+\])(?P<reason>.*)")
    for path in EVERYTHING:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if re.search(r"#\s*(noqa|type: ?ignore)\b", line) and path != Path(__file__):
                found = mark.search(line)
                assert found, f"{name_of(path)}:{number} does not say which rule"
                told = "import-untyped" in line or re.search(r"\w{2}", found["reason"])
                assert told, f"{name_of(path)}:{number} does not say why"


def test_every_command_is_documented() -> None:
    readme = ROOT / "README.md"
    text = "".join(
        path.read_text(encoding="utf-8") for path in [readme, *(ROOT / "docs").rglob("*.md")] if path.exists()
    )
    assert [name for name in COMMANDS if f"jiaokan {name}" not in text] == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")))
    assert [name_of(path) for path in EVERYTHING if marks.search(path.read_text(encoding="utf-8"))] == []
