"""The settings: few, explained, documented, and handed on in the units the steps use."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from models.settings import Settings

DOCS = Path(__file__).parents[1] / "docs" / "settings.md"


def documented() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: default.strip() for name, default in rows}


def test_every_setting_is_documented_with_its_default() -> None:
    fields = Settings.model_fields
    shown = {name: "" if field.default is None else f"{field.default:g}" for name, field in fields.items()}
    assert documented() == shown


def test_there_are_few_and_each_says_what_it_is() -> None:
    assert len(Settings.model_fields) <= 25
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_sets_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("JIAOKAN_MAX_IMAGE_MEGAPIXELS", "3")
    monkeypatch.setenv("JIAOKAN_WEIGHTS", str(tmp_path))
    settings = Settings()
    assert settings.limits().image_pixels == 3_000_000
    assert settings.options(None, None).weights == tmp_path
    monkeypatch.setenv("JIAOKAN_MAX_PAGES", "none")
    with pytest.raises(ValidationError, match="max_pages"):
        Settings()


def test_there_is_a_process_for_each_core_up_to_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    settings = Settings()
    assert settings.job_count() == 4
    assert settings.job_count(3) == 3
    assert settings.options(None, None).threads == 1
