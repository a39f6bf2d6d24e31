"""A page as a picture: PDF pages through PDFium, image files through Pillow; BGR, 8 bit, top left origin."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError

from models.files import UnreadableError
from worker.stopwatch import step

Picture = NDArray[np.uint8]

POINTS_PER_INCH = 72.0
_WHITE = 255.0
A4_WIDTH = 595.0
"""Points; a picture that does not say how large it is was most likely scanned from such a sheet."""

# PDFium's error codes (fpdfview.h), with what a person can do about each.
_PDF_ERRORS = {
    0: "the PDF holds no page that can be opened: get it again from its source, or open and save it anew",
    2: "the file cannot be opened: check that it exists and may be read",
    3: "this is not a PDF, or it is damaged or cut short: get it again from its source, or open and save it anew",
    4: "the PDF is locked with a password: remove the password and add the file again",
    5: "the PDF uses a protection that cannot be opened: print it to a new PDF and add that",
}
_PLAUSIBLE_SIDES = (150.0, 2900.0)
"""Points, from a receipt to A0: a resolution that puts a page's short side outside of this is not believed."""


class PdfFile:
    """A PDF opened for reading; close it, or use it as a context manager.

    PDFium is not thread-safe: use one instance in one thread, and open a new one in each child process.
    Raises `UnreadableError` if it is encrypted, broken or no PDF.
    """

    def __init__(self, source: bytes | Path) -> None:
        try:
            self._pdf: Any = pdfium.PdfDocument(source)
        except pdfium.PdfiumError as error:
            code = getattr(error, "err_code", None)
            raise UnreadableError(_PDF_ERRORS.get(code if code is not None else 3, _PDF_ERRORS[3])) from error
        except OSError as error:
            raise UnreadableError(_PDF_ERRORS[2]) from error
        # Broken form fields stay undrawn; the rest of the page is no worse for it.
        with suppress(pdfium.PdfiumError):
            self._pdf.init_forms()

    def __enter__(self) -> PdfFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give back PDFium's memory and the file."""
        self._pdf.close()

    @property
    def page_count(self) -> int:
        return len(self._pdf)

    @contextmanager
    def page(self, number: int) -> Iterator[Any]:
        """The PDFium page (pypdfium2's PdfPage) of a number counted from 1, closed on leaving.

        Raises `UnreadableError` if the page is damaged and IndexError if there is none of that number.
        """
        if not 1 <= number <= self.page_count:
            raise IndexError(number)
        try:
            page = self._pdf[number - 1]
        except pdfium.PdfiumError as error:
            raise UnreadableError(f"page {number} is damaged: open and save the PDF anew, or leave it out") from error
        try:
            yield page
        finally:
            page.close()

    def size(self, number: int) -> tuple[float, float]:
        """Width and height in points as displayed, that is after /Rotate and within the CropBox."""
        with self.page(number) as page:
            width, height = page.get_size()
        return float(width), float(height)

    def alone(self, number: int, turn: int = 0) -> bytes:
        """A PDF of that page only, turned clockwise by a multiple of 90 degrees."""
        with closing(pdfium.PdfDocument.new()) as single:
            single.import_pages(self._pdf, [number - 1])
            page = single[0]
            page.set_rotation((page.get_rotation() + turn) % 360)
            page.close()
            stream = BytesIO()
            single.save(stream)
        return stream.getvalue()

    def render(self, number: int, dpi: float, pixel_limit: int) -> Picture:
        """A page, annotations and form fields included, on white; raises `UnreadableError` above the pixel limit."""
        with self.page(number) as page:
            return render_page(page, dpi, pixel_limit)


@step("render")
def render_page(page: Any, dpi: float, pixel_limit: int, turn: int = 0) -> Picture:
    """Like `PdfFile.render`, for a page that is open already, turned clockwise by a multiple of 90 degrees."""
    scale = dpi / POINTS_PER_INCH
    width, height = page.get_size()
    _check_pixels(width * scale, height * scale, pixel_limit)
    bitmap = page.render(scale=scale, rotation=turn, may_draw_forms=True, limit_image_cache=True)
    try:
        return np.array(bitmap.to_numpy()[:, :, :3], dtype=np.uint8, order="C")
    finally:
        bitmap.close()


@dataclass(frozen=True, slots=True)
class Scan:
    """One picture of an image file, upright by its EXIF orientation, with the resolution it was scanned at."""

    image: Picture
    dpi: float

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the paper in points."""
        height, width = self.image.shape[:2]
        return width / self.dpi * POINTS_PER_INCH, height / self.dpi * POINTS_PER_INCH


class ImageFileReader:
    """An image file (PNG, JPEG, TIFF …) with one or more pictures; its pixels are decoded only when asked for.

    Raises `UnreadableError` if it is no picture, broken, or has more pixels in a picture than the limit.
    """

    def __init__(self, source: bytes | Path, pixel_limit: int) -> None:
        self._limit = pixel_limit
        stream = BytesIO(source) if isinstance(source, bytes) else source
        with _picture_errors(), warnings.catch_warnings():
            # The caller's limit decides, in `read`; opening decodes nothing yet.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            self._image: ImageFile.ImageFile = Image.open(stream)

    def __enter__(self) -> ImageFileReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give back the file."""
        self._image.close()

    @property
    def page_count(self) -> int:
        with _picture_errors():
            return int(getattr(self._image, "n_frames", 1))

    @step("render")
    def read(self, number: int) -> Scan:
        """The picture of a number counted from 1; its size is checked before a pixel is decoded."""
        if not 1 <= number <= self.page_count:
            raise IndexError(number)
        with _picture_errors():
            self._image.seek(number - 1)
            _check_pixels(*self._image.size, self._limit)
            upright = ImageOps.exif_transpose(self._image)
            dpi = _resolution(upright, self._image.info.get("dpi"))
            return Scan(_as_bgr(upright), dpi)


def _check_pixels(width: float, height: float, limit: int) -> None:
    if width * height > limit:
        raise UnreadableError(
            f"the page would be {width:.0f} x {height:.0f} pixels, more than the {limit} allowed: "
            "split or shrink it, or raise the pixel limit"
        )


@contextmanager
def _picture_errors() -> Iterator[None]:
    """What Pillow raises on damaged files, as one error with a remedy."""
    try:
        yield
    except UnreadableError:
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableError("the picture has more pixels than allowed: split or shrink it") from error
    except UnidentifiedImageError as error:
        raise UnreadableError("this is not a picture that can be read: save it as PNG, JPEG or TIFF") from error
    except (OSError, SyntaxError, ValueError, EOFError, MemoryError) as error:
        raise UnreadableError("the picture is damaged or cut short: get it again from its source") from error


def _resolution(image: Image.Image, stated: object) -> float:
    """Pixels per inch: as stated if the paper comes out plausible, else as if the short side were A4's."""
    short = min(image.size)
    try:
        dpi = float(stated[0])  # type: ignore[index]  # Pillow's info is untyped; anything odd lands below
    except (TypeError, ValueError, IndexError, ZeroDivisionError):
        dpi = 0.0
    low, high = _PLAUSIBLE_SIDES
    # 72 and 96 are what programs write that know no resolution.
    if dpi > 0 and round(dpi) not in (72, 96) and low <= short / dpi * POINTS_PER_INCH <= high:
        return dpi
    return short / A4_WIDTH * POINTS_PER_INCH


def _as_bgr(image: Image.Image) -> Picture:
    """Any Pillow mode as BGR: 16-bit greys are scaled, transparency lies on white."""
    if image.mode.startswith("I") or image.mode == "F":
        deep = np.asarray(image, dtype=np.float64)
        top = 65535.0 if deep.max(initial=0.0) > _WHITE else _WHITE
        grey: Picture = np.clip(deep * (_WHITE / top), 0, _WHITE).astype(np.uint8)
        return np.ascontiguousarray(np.stack([grey] * 3, axis=-1))
    if "A" in image.getbands() or "transparency" in image.info:
        seen = image.convert("RGBA")
        paper = Image.new("RGBA", seen.size, "white")
        image = Image.alpha_composite(paper, seen)
    rgb: Picture = np.asarray(image.convert("RGB"), dtype=np.uint8)
    bgr = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return np.ascontiguousarray(bgr, dtype=np.uint8)
