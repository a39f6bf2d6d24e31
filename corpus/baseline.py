"""What one would write in an afternoon: stock PaddleOCR on ONNX Runtime's CPU provider, then Camelot on its text.

    python -m corpus.baseline OUT WEIGHTS PDF...

Reads every page at 200 dpi, writes what was read under the page image, lets Camelot find the tables and saves each as
CSV. WEIGHTS is a folder with `det` and `rec`, the same that the product reads with. It is timed, not scored.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from corpus.make import page_images

_DPI = 200


def engine(weights: Path) -> Any:
    """PaddleOCR as its documentation starts it, with the page-level models it would download left out."""
    os.environ["PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK"] = "True"
    from paddleocr import PaddleOCR  # type: ignore[import-untyped]  # noqa: PLC0415  # after the variable is set

    return PaddleOCR(
        text_detection_model_name="PP-OCRv6_small_det",
        text_detection_model_dir=str(weights / "det"),
        text_recognition_model_name="PP-OCRv6_small_rec",
        text_recognition_model_dir=str(weights / "rec"),
        use_doc_orientation_classify=False,
        use_doc_unwarping=False,
        use_textline_orientation=False,
        engine="onnxruntime",
        engine_config={"providers": ["CPUExecutionProvider"]},
    )


def searchable(image: np.ndarray[Any, np.dtype[np.uint8]], result: Any) -> bytes:
    """A one-page PDF of the image with the text that was read, invisible."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    scale = 72 / _DPI
    height = image.shape[0] * scale
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(image.shape[1] * scale, height))
    _, data = cv2.imencode(".jpg", image)
    canvas.drawImage(ImageReader(BytesIO(data.tobytes())), 0, 0, image.shape[1] * scale, height)
    for text, box in zip(result["rec_texts"], result["rec_boxes"], strict=True):
        x0, y0, _, y1 = (float(v) * scale for v in box)
        line = canvas.beginText(x0, height - y1 + (y1 - y0) * 0.2)
        line.setFont("STSong-Light", max(4.0, (y1 - y0) * 0.7))
        line.setTextRenderMode(3)
        line.textOut(text)
        canvas.drawText(line)
    canvas.save()
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    """Read the PDFs and write one CSV for each table."""
    out, weights, *paths = (Path(a) for a in arguments)
    out.mkdir(parents=True, exist_ok=True)
    reader = engine(weights)
    from camelot.io import read_pdf  # noqa: PLC0415  # slow to load

    for path in paths:
        for number, image in enumerate(page_images(path.read_bytes(), _DPI), 1):
            page = out / f"{path.stem}-{number}.pdf"
            page.write_bytes(searchable(image, reader.predict(image)[0]))
            for index, table in enumerate(read_pdf(str(page), flavor="lattice")):
                table.to_csv(str(out / f"{path.stem}-{number}-{index}.csv"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
