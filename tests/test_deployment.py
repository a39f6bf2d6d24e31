"""The deployment's files say what is so: every service named, healthy before it is used, without a secret."""

from __future__ import annotations

import argparse
import importlib
import os
import re
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from packaging.requirements import Requirement

from docker.choose import canonical, chosen
from models.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE = ROOT / "docker-compose.yml"
IMAGES = {"api": ("service",), "worker": ("service", "read")}
PYTHON = {"python_version": "3.11", "python_full_version": "3.11.14"}
"""The images', whatever the tests run with."""
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "STORE_USER", "STORE_PASSWORD")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return found


def test_all_parts_are_there_and_those_that_stay_are_watched(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert set(services) == {"api", "worker", "redis", "postgres", "store", "migrate", "bucket"}
    staying = {name for name, one in services.items() if one["restart"] != "no"}
    assert staying == {"api", "worker", "redis", "postgres", "store"}
    assert all("healthcheck" in services[name] for name in staying)
    mounted = {volume.split(":")[0] for one in services.values() for volume in one.get("volumes", ())}
    assert mounted == set(compose["volumes"])


def test_nothing_starts_before_what_it_needs(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for one in services.values():
        for name, how in one.get("depends_on", {}).items():
            expected = "service_healthy" if "healthcheck" in services[name] else "service_completed_successfully"
            assert how == {"condition": expected}


def test_secrets_have_no_defaults(compose: dict[str, Any]) -> None:
    text = COMPOSE.read_text(encoding="utf-8")
    for secret in SECRETS:
        assert f"${{{secret}:?" in text
        assert not re.search(rf"\$\{{{secret}(?!:\?)", text)
    assert re.search(r"[^#]*\bports\b.*127\.0\.0\.1", text), "only this machine reaches the service without a proxy"
    assert [name for name, one in compose["services"].items() if "ports" in one] == ["api"]
    example = (ROOT / "docker" / "env.example").read_text(encoding="utf-8")
    assert set(re.findall(r"^(\w+)=$", example, re.MULTILINE)) == {*SECRETS, "PUBLIC_URL"}
    may_be_left_out = set(re.findall(r"\$\{(\w+):-", text))
    assert set(re.findall(r"^# (\w+)=", example, re.MULTILINE)) == may_be_left_out


def test_the_commands_are_ones_that_there_are(compose: dict[str, Any]) -> None:
    for name in ("migrate", "api", "worker"):
        command, *arguments = (
            re.sub(r"\$\{\w+:-(.*?)\}", r"\1", word) for word in compose["services"][name]["command"]
        )
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(f"worker.commands.{command}").add_arguments(parser)
        assert parser.parse_known_args(arguments)[1] == []


def test_every_setting_that_is_named_exists(compose: dict[str, Any]) -> None:
    for one in compose["services"].values():
        names = [name for name in one.get("environment", {}) if name.startswith("JIAOKAN_")]
        assert {name.removeprefix("JIAOKAN_").lower() for name in names} <= set(Settings.model_fields)


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_is_built_as_one_should(image: str) -> None:
    lines = (ROOT / "docker" / f"{image}.Dockerfile").read_text(encoding="utf-8").splitlines()
    steps = [line.split(" ", 1) for line in lines if re.match(r"[A-Z]+ ", line)]
    words = [word for word, _ in steps]
    assert words[0] == "FROM"
    assert not re.search(r":latest|FROM [^:]+$", lines[1])
    assert words.index("USER") < words.index("ENTRYPOINT")
    assert dict(steps)["USER"] == "10001", "a number, so that who runs it sees that it is not root"
    text = "\n".join(lines)
    assert "--require-hashes" in text
    assert "ADD " not in text
    assert "sudo" not in text
    assert all("--no-install-recommends" in line for line in lines if "apt-get install" in line)
    for source in re.findall(r"^COPY (.+) \S+$", text, re.MULTILINE):
        assert all((ROOT / one).exists() for one in source.split())


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_has_all_it_needs_and_no_more(image: str) -> None:
    """Made anew with JIAOKAN_WRITE_NAMES=1."""
    path = ROOT / "docker" / f"{image}.packages"
    found = sorted(closure({"setuptools", "wheel"}, IMAGES[image]))
    if os.environ.get("JIAOKAN_WRITE_NAMES"):
        path.write_text("\n".join(found) + "\n", encoding="utf-8")
    assert path.read_text(encoding="utf-8").split() == found
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines(keepends=True)
    locked = [canonical(line.split("==")[0].split("[")[0]) for line in chosen(lock, frozenset(found)) if "==" in line]
    assert sorted(locked) == found


def test_the_image_of_the_api_has_no_ocr_stack() -> None:
    names = set((ROOT / "docker" / "api.packages").read_text(encoding="utf-8").split())
    assert not names & {
        "camelot-py",
        "onnxruntime-openvino",
        "opencv-python-headless",
        "paddleocr",
        "pillow",
        "rapidocr",
    }


def closure(names: set[str], extras: tuple[str, ...]) -> set[str]:
    """The packages that jiaokan needs with these groups, and what they need, as installed here."""
    waiting: list[tuple[str, tuple[str, ...]]] = [(name, ()) for name in names]
    waiting += [(req.name, tuple(req.extras)) for req in needed("jiaokan", extras)]
    found: set[str] = set()
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while waiting:
        name, asked = waiting.pop()
        if (name, asked) in seen:
            continue
        seen.add((name, asked))
        try:
            inside = needed(name, asked)
        except PackageNotFoundError:
            continue  # for another platform, or overridden: the lock has none of it either
        found.add(canonical(name))
        waiting += [(req.name, tuple(req.extras)) for req in inside]
    return found


def needed(name: str, extras: tuple[str, ...]) -> list[Requirement]:
    found = [Requirement(one) for one in requires(name) or ()]
    asked = [{"extra": extra, **PYTHON} for extra in extras or ("",)]
    return [req for req in found if req.marker is None or any(req.marker.evaluate(one) for one in asked)]
