"""The settings: few, explained, documented, and handed on in the units the steps use."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from models.settings import Settings

DOCS = Path(__file__).parents[1] / "docs" / "settings.md"


def documented() -> dict[str, str]:
    rows = re.findall(r"^\| `(\w+)` \|([^|]*)\|", DOCS.read_text(encoding="utf-8"), re.MULTILINE)
    return {name: default.strip() for name, default in rows}


def shown(default: object) -> str:
    """A default as the documentation states it."""
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return "" if default is None else f"{default:g}" if isinstance(default, int | float) else str(default)


def test_every_setting_is_documented_with_its_default() -> None:
    fields = Settings.model_fields
    assert documented() == {name: shown(field.default) for name, field in fields.items()}


def test_there_are_few_and_each_says_what_it_is() -> None:
    assert len(Settings.model_fields) <= 30
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


def test_passwords_in_addresses_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", "postgresql://jiaokan:geheim@db/jiaokan")
    settings = Settings()
    assert "geheim" not in f"{settings!r} {settings} {settings.model_dump_json()}"
    assert settings.database_url.get_secret_value().endswith("@db/jiaokan")
