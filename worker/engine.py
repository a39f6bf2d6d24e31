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

from worker.ctc import BLANK, Frame
from worker.weights import fingerprint

Image = NDArray[np.uint8]
STRIDE = 8
"""Pixels of a line picture for each CTC frame."""
_BATCH = 8
_FLOOR = 0.001
_SURELY = 0.985
_LARGEST_SIDE = 8000
_OPENVINO = "OpenVINOExecutionProvider"


class EngineError(Exception):
    """The models cannot be run as asked; the message says why."""


class Engine:
    """The two models, loaded once, on `threads` threads of the processor.

    `name` tells the versions of everything that has a part in the result. Raises EngineError when the runtime does not
    take the number of threads.
    """

    def __init__(self, weights: Path, threads: int) -> None:
        # PaddleX looks for model hosts on the network when it is imported unless this is set before.
        os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")
        paddleocr: Any = import_module("paddleocr")
        runtime: Any = import_module("onnxruntime")
        precision = _precision() if _OPENVINO in runtime.get_available_providers() else ""
        options = {"engine": "onnxruntime", "device": "cpu", "engine_config": _configuration(threads, precision)}
        names = {part: _model_name(weights / part) for part in ("det", "rec")}
        det, rec = (str(weights / part) for part in ("det", "rec"))
        before = _running_threads()
        self._detector: Any = paddleocr.TextDetection(model_name=names["det"], model_dir=det, **options)
        self._recogniser: Any = paddleocr.TextRecognition(model_name=names["rec"], model_dir=rec, **options)
        sessions = [model.paddlex_predictor.runner.session for model in (self._detector, self._recogniser)]
        _check_threads(sessions, threads, _running_threads() - before)
        self.characters: tuple[str, ...] = _tap(self._recogniser)
        models = " ".join(f"{names[part]}:{fingerprint(weights / part / 'inference.onnx')[:8]}" for part in names)
        self.name = f"paddleocr {version('paddleocr')} {models} {_runtime_name(runtime, sessions, precision)}"

    def detect(self, image: Image) -> NDArray[np.float64]:
        """The corners of the text boxes of a BGR image in pixels, shape (n, 4, 2), clockwise from the top left one."""
        largest = min(max(image.shape[:2]), _LARGEST_SIDE)
        (result,) = self._detector.predict(
            image, limit_side_len=largest, limit_type="max", max_side_limit=_LARGEST_SIDE
        )
        return np.asarray(result["dt_polys"], dtype=np.float64).reshape(-1, 4, 2)

    def frames(self, lines: Sequence[Image]) -> list[list[Frame]]:
        """The CTC frames of each line picture, classes below one in a thousand left out.

        Pictures of one width are read together, eight at a time, the rest singly: the runtime compiles itself anew for
        each shape it meets.
        """
        by_width: dict[int, list[int]] = {}
        for index, line in enumerate(lines):
            by_width.setdefault(line.shape[1], []).append(index)
        kept: list[list[Frame]] = [[] for _ in lines]
        for _, indices in sorted(by_width.items()):
            whole = len(indices) // _BATCH * _BATCH
            for group, size in ((indices[:whole], _BATCH), (indices[whole:], 1)):
                results = self._recogniser.predict([lines[index] for index in group], batch_size=size) if group else ()
                for index, result in zip(group, results, strict=True):
                    kept[index] = result["rec_text"]
        return kept


def _configuration(threads: int, precision: str) -> dict[str, object]:
    """ONNX Runtime's settings in PaddleOCR's words; an empty precision means without OpenVINO."""
    config: dict[str, object] = {"intra_op_num_threads": threads, "inter_op_num_threads": 1, "log_severity_level": 3}
    if not precision:
        return config | {"providers": ["CPUExecutionProvider"]}
    device = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": str(threads), "NUM_STREAMS": "1"}
    openvino = {"device_type": "CPU", "load_config": json.dumps({"CPU": device})}
    return config | {"providers": [_OPENVINO, "CPUExecutionProvider"], "provider_options": [openvino, {}]}


def _precision() -> str:
    """bf16 where the processor computes with it, else f32: emulated, it is slower."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "f32"
    return "bf16" if {"avx512_bf16", "amx_bf16"} & set(flags) else "f32"


def _runtime_name(runtime: Any, sessions: Sequence[Any], precision: str) -> str:
    """What runs the models in truth: where OpenVINO fails to load, ONNX Runtime falls back without an error."""
    used = {session.get_providers()[0] for session in sessions}
    return f"onnxruntime {runtime.__version__} " + (f"openvino {precision}" if used == {_OPENVINO} else "cpu f32")


def _running_threads() -> int:
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else 0


def _check_threads(sessions: Sequence[Any], threads: int, started: int) -> None:
    """Read back what the sessions took, and count: OpenVINO starts two threads for each one that it was granted."""
    taken = {session.get_session_options().intra_op_num_threads for session in sessions}
    if taken != {threads} or started > 2 * threads * len(sessions) + 2:
        raise EngineError(f"asked for {threads} threads, the runtime took {sorted(taken)} and started {started}")


def _tap(recogniser: Any) -> tuple[str, ...]:
    """Let the frames through in place of PaddleOCR's own decoding; returns the classes' names, the blank first."""
    predictor = recogniser.paddlex_predictor
    characters = tuple(predictor.post_op.character)
    predictor.post_op = _keep_frames
    return ("", *characters[1:])


def _keep_frames(outputs: Sequence[NDArray[np.float32]], **_: object) -> tuple[list[list[Frame]], list[float]]:
    """A text and a score for each image of the batch is what PaddleX expects; its frames take the text's place."""
    frames = [sparse(image) for image in np.asarray(outputs[0])]
    return frames, [0.0] * len(frames)


def sparse(frames: NDArray[np.float32]) -> list[Frame]:
    """The classes of each frame that reach one in a thousand, best first; `frames` has the shape (frames, classes).

    Of a frame that is surely blank only the blank is kept, which spares most of the search.
    """
    kept: list[list[tuple[int, float]]] = [[(BLANK, p)] for p in frames[:, BLANK].tolist()]
    open_rows = np.flatnonzero(frames[:, BLANK] < _SURELY)
    for row in open_rows.tolist():
        kept[row] = []
    part = frames[open_rows]
    places = np.flatnonzero(part >= _FLOOR)
    rows, labels = np.divmod(places, frames.shape[1])
    probabilities = part.ravel()[places].tolist()
    for row, label, p in zip(open_rows[rows].tolist(), labels.tolist(), probabilities, strict=True):
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
