from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from worker.weights import WeightsError, fingerprint, prepare_weights, recogniser_yml

yaml: Any = import_module("yaml")


def test_the_wheels_weights_are_laid_out_once(tmp_path: Path) -> None:
    folder = prepare_weights(cache=tmp_path)
    stamp = (folder / "rec/inference.yml").stat().st_mtime_ns
    assert prepare_weights(cache=tmp_path) == folder
    assert (folder / "rec/inference.yml").stat().st_mtime_ns == stamp
    assert [path.name for path in (tmp_path / "weights").iterdir()] == [folder.name]


def test_the_recogniser_names_its_characters(tmp_path: Path) -> None:
    described = yaml.safe_load((prepare_weights(cache=tmp_path) / "rec/inference.yml").read_text(encoding="utf-8"))
    characters = described["PostProcess"]["character_dict"]
    assert len(characters) == len(set(characters)) == 18708
    assert set("0123456789.,-元万款项") <= set(characters)


def test_any_character_survives_the_yml() -> None:
    odd = ["\u3000", "\u2028", '"', "\\", "#", "\U0001f6c1", "~", "1", "\x7f"]
    assert yaml.safe_load(recogniser_yml(odd))["PostProcess"]["character_dict"] == odd


def test_many_at_once_get_the_same_whole_folder(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        folders = set(pool.map(lambda _: prepare_weights(cache=tmp_path), range(4)))
    assert len(folders) == 1
    assert len(list((tmp_path / "weights").iterdir())) == 1


def test_a_half_written_folder_is_made_whole(tmp_path: Path) -> None:
    folder = prepare_weights(cache=tmp_path)
    before = fingerprint(folder / "det/inference.onnx")
    (folder / "det/inference.onnx").unlink()
    assert fingerprint(prepare_weights(cache=tmp_path) / "det/inference.onnx") == before


def test_the_cache_follows_xdg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert prepare_weights().is_relative_to(tmp_path / "jiaokan")


def test_a_folder_that_lacks_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "det").mkdir()
    with pytest.raises(WeightsError, match=r"rec/inference\.onnx"):
        prepare_weights(tmp_path)
