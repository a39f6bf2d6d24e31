"""PaddleOCR's detector and recogniser behind two typed calls, and the only place that knows its insides.

PaddleOCR's public result holds a text and one score. The recogniser's CTC frames are taken where they pass: its
predictor hands them to `post_op`, which is replaced here by one that keeps them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.ctc import Frame

Image = NDArray[np.uint8]
BATCH = 8
_FLOOR = 0.001


class EngineError(Exception):
    """The models cannot be run as asked; the message says why."""


class Engine:
    """The two models, loaded once, on `threads` threads of the processor."""

    def __init__(self, weights: Path, threads: int) -> None:
        # PaddleX looks for model hosts on the network when it is imported unless this is set before.
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        paddleocr: Any = import_module("paddleocr")
        self._runtime = import_module("onnxruntime")
        options = {"engine": "onnxruntime", "device": "cpu", "engine_config": self._config(threads)}
        names = {part: _model_name(weights / part) for part in ("det", "rec")}
        det, rec = (str(weights / part) for part in ("det", "rec"))
        self._detector: Any = paddleocr.TextDetection(model_name=names["det"], model_dir=det, **options)
        self._recogniser: Any = paddleocr.TextRecognition(model_name=names["rec"], model_dir=rec, **options)
        self.characters: tuple[str, ...] = _tap(self._recogniser)
        self.name = f"PaddleOCR {version('paddleocr')} {names['det']} {names['rec']}"

    def detect(self, image: Image) -> NDArray[np.float64]:
        """The corners of the text boxes in pixels, shape (n, 4, 2), clockwise from the top left one."""
        (result,) = self._detector.predict(
            image, limit_side_len=max(image.shape), limit_type="max", max_side_limit=8000
        )
        return np.asarray(result["dt_polys"], dtype=np.float64).reshape(-1, 4, 2)

    def frames(self, crops: Sequence[Image]) -> list[list[Frame]]:
        """The CTC frames of each crop, classes below one in a thousand left out."""
        return [result["rec_text"] for result in self._recogniser.predict(list(crops), batch_size=BATCH)]

    def _config(self, threads: int) -> dict[str, object]:
        config = {"INFERENCE_PRECISION_HINT": "bf16", "INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": "1"}
        return {
            "intra_op_num_threads": threads,
            "inter_op_num_threads": 1,
            "providers": ["OpenVINOExecutionProvider", "CPUExecutionProvider"],
            "provider_options": [{"device_type": "CPU", "load_config": json.dumps({"CPU": config})}, {}],
        }


def _tap(recogniser: Any) -> tuple[str, ...]:
    """Let the frames through in place of PaddleOCR's own decoding, and give the names of the classes, the blank first."""
    predictor = recogniser.paddlex_predictor
    characters = tuple(predictor.post_op.character)
    predictor.post_op = _keep_frames
    return ("", *characters[1:])


def _keep_frames(outputs: Sequence[NDArray[np.float32]], **_: object) -> tuple[list[list[Frame]], list[float]]:
    """A text and a score for each image of the batch is what PaddleX expects; its frames take the text's place."""
    frames = [sparse(image) for image in np.asarray(outputs[0])]
    return frames, [0.0] * len(frames)


def sparse(frames: NDArray[np.float32]) -> list[Frame]:
    """The classes of each frame that reach one in a thousand, best first; `frames` has the shape (frames, classes)."""
    kept: list[list[tuple[int, float]]] = [[] for _ in frames]
    rows, labels = np.nonzero(frames >= _FLOOR)
    for row, label, p in zip(rows.tolist(), labels.tolist(), frames[rows, labels].tolist(), strict=True):
        kept[row].append((label, p))
    return [sorted(frame, key=lambda pair: (-pair[1], pair[0])) for frame in kept]


def _model_name(folder: Path) -> str:
    """The name under `Global` in a model's yml, which PaddleOCR wants to be told too."""
    for line in _lines(folder / "inference.yml"):
        key, _, name = line.strip().partition(":")
        if key == "model_name":
            return name.strip().strip("\"'")
    raise EngineError(f"{folder / 'inference.yml'} names no model (Global: model_name)")


def _lines(file: Path) -> Iterable[str]:
    with file.open(encoding="utf-8") as stream:
        yield from stream
