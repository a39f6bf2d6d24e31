"""Model folders as PaddleOCR wants them, laid out from the weights that the wheel `rapidocr` carries.

A folder of weights has two parts, `det` and `rec`, each with `inference.onnx` and `inference.yml`. Nothing is
downloaded.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

DETECTOR, RECOGNISER = "PP-OCRv6_small_det", "PP-OCRv6_small_rec"
_FILES = {"det": "PP-OCRv6_det_small.onnx", "rec": "PP-OCRv6_rec_small.onnx"}
_PARTS = tuple(Path(part) / file for part in _FILES for file in ("inference.onnx", "inference.yml"))

_DETECTOR_YML = f"""\
Global:
  model_name: {DETECTOR}
PreProcess:
  transform_ops:
  - DecodeImage: {{channel_first: false, img_mode: BGR}}
  - DetResizeForTest: {{}}
  - NormalizeImage:
      mean: [0.485, 0.456, 0.406]
      std: [0.229, 0.224, 0.225]
      scale: 1./255.
      order: hwc
  - ToCHWImage: null
PostProcess:
  name: DBPostProcess
  thresh: 0.3
  box_thresh: 0.6
  max_candidates: 4000
  unclip_ratio: 1.5
"""

_RECOGNISER_YML = f"""\
Global:
  model_name: {RECOGNISER}
PreProcess:
  transform_ops:
  - DecodeImage: {{channel_first: false, img_mode: BGR}}
  - RecResizeImg: {{image_shape: [3, 48, 320]}}
PostProcess:
  name: CTCLabelDecode
  character_dict:
"""


class WeightsError(Exception):
    """The weights are missing or not laid out as PaddleOCR wants them; the message says what to do."""


def prepare_weights(weights: Path | None = None, cache: Path | None = None) -> Path:
    """A folder with `det` and `rec`: the one given, or the wheel's weights laid out once in the cache.

    `cache` defaults to `jiaokan` in the user's cache folder (XDG). The folder's name is a hash of all that goes into it
    and it appears by one rename, so processes that start together do not disturb each other.
    Raises WeightsError when a file is missing.
    """
    if weights is not None:
        _complain_if_incomplete(weights)
        return weights
    sources = {part: _in_wheel(file) for part, file in _FILES.items()}
    digest = hashlib.sha256((_DETECTOR_YML + _RECOGNISER_YML).encode())
    for source in sources.values():
        digest.update(fingerprint(source).encode())
    home = (cache or _user_cache()) / "weights"
    folder = home / digest.hexdigest()[:16]
    if not all((folder / part).is_file() for part in _PARTS):
        _lay_out(sources, home, folder)
    return folder


def fingerprint(file: Path) -> str:
    """The SHA-256 of a file in hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def recogniser_yml(characters: Sequence[str]) -> str:
    """The recogniser's `inference.yml` for its characters, in the order of the model's classes after the blank.

    Every character is written as its code point: some are white space or no text at all for a YAML reader.
    """
    return _RECOGNISER_YML + "".join(f'  - "\\U{ord(char):08x}"\n' for char in characters)


def _user_cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(home) if Path(home).is_absolute() else Path.home() / ".cache") / "jiaokan"


def _in_wheel(name: str) -> Path:
    try:
        wheel = distribution("rapidocr")
    except PackageNotFoundError:
        raise WeightsError("The weights come in the wheel rapidocr, which is missing: pip install rapidocr") from None
    file = Path(str(wheel.locate_file(f"rapidocr/models/{name}")))
    if not file.is_file():
        raise WeightsError(f"{file} is missing: install rapidocr again, in the version of requirements.lock")
    return file


def _complain_if_incomplete(folder: Path) -> None:
    missing = [str(part) for part in _PARTS if not (folder / part).is_file()]
    if missing:
        raise WeightsError(f"{folder} is no folder of weights: it lacks {', '.join(missing)}")


def _lay_out(sources: dict[str, Path], home: Path, folder: Path) -> None:
    home.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
    try:
        for part, source in sources.items():
            (draft / part).mkdir()
            shutil.copyfile(source, draft / part / "inference.onnx")
        (draft / "det/inference.yml").write_text(_DETECTOR_YML, encoding="utf-8")
        (draft / "rec/inference.yml").write_text(recogniser_yml(_characters(sources["rec"])), encoding="utf-8")
        draft.chmod(0o755)
        _put(draft, folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _put(draft: Path, folder: Path) -> None:
    """Rename the finished draft; where another process was faster, its folder stays."""
    try:
        draft.rename(folder)
    except OSError:
        if not all((folder / part).is_file() for part in _PARTS):
            shutil.rmtree(folder, ignore_errors=True)
            draft.rename(folder)


def _characters(model: Path) -> list[str]:
    """The characters of a recogniser, which its ONNX file carries as the metadata `character`, one to a line."""
    onnxruntime: Any = import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    characters = session.get_modelmeta().custom_metadata_map.get("character", "")
    if not characters:
        raise WeightsError(f"{model} names no characters: it is not the recogniser that was expected")
    # Not splitlines: white space such as U+3000 or U+2028 may be a character of its own.
    return str(characters).split("\n")
