"""Opening a file: how many pages it has, and whether it is locked, damaged or too large, before any is read."""

from __future__ import annotations

import mmap
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]  # ships no types
from PIL import Image, UnidentifiedImageError

from models.files import FileKind, Limits, UnreadableError

_TAIL = 2048
_CUT_SHORT = "the PDF is truncated (its end is missing): get it again from its source"
_DAMAGED = "the PDF is damaged: get it again from its source, or open it in a PDF program and save it anew"
_LOCKED = "the PDF is encrypted and asks for a password: save a copy without one and add that"
_PROTECTED = "the PDF is protected in an unknown way: print it to a new PDF and add that"
_NO_PAGES = "the file has no pages: get it again from its source"


def open_file(path: Path, kind: FileKind, limits: Limits) -> int:
    """How many pages a file has; 0 for text dumps, which have none. Raises `UnreadableError`."""
    if kind is FileKind.PDF:
        return _open_pdf(path, limits)
    if kind is FileKind.IMAGE:
        return _open_image(path, limits)
    return 0


def _open_pdf(path: Path, limits: Limits) -> int:
    try:
        pdf = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        raise UnreadableError(_why(path, error.err_code)) from error
    try:
        if not _has_end(path):
            raise UnreadableError(_CUT_SHORT)
        _check_pages(len(pdf), limits)
        for index in range(len(pdf)):
            _check_side(pdf, index, limits)
        return len(pdf)
    finally:
        pdf.close()


def _why(path: Path, code: int | None) -> str:
    """Why PDFium does not open a file.

    It fails on a PDF without pages too, but then leaves the code of whatever failed before: a code that speaks of
    encryption counts only if the file does.
    """
    if not _has_end(path):
        return _CUT_SHORT
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if code == pdfium_c.FPDF_ERR_PASSWORD and content.find(b"/Encrypt") >= 0:
            return _LOCKED
        if code == pdfium_c.FPDF_ERR_SECURITY and content.find(b"/Encrypt") >= 0:
            return _PROTECTED
        return _NO_PAGES if re.search(rb"/Count\s+0\b", content) else _DAMAGED


def _has_end(path: Path) -> bool:
    """Whether a PDF has its end mark; PDFium opens files without by guessing, and then silently lacks pages."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        return b"%%EOF" in file.read() or _ends_before_padding(path, size)


def _ends_before_padding(path: Path, size: int) -> bool:
    """Whether the end mark stands before a run of zero bytes, which some scanners and servers append."""
    with path.open("rb") as file:
        while size > 0:
            start = max(0, size - (1 << 20))
            file.seek(start)
            block = file.read(size - start).rstrip(b"\0 \r\n\t")
            if block:
                return b"%%EOF" in block[-_TAIL:]
            size = start
    return False


def _check_pages(count: int, limits: Limits) -> None:
    if count == 0:
        raise UnreadableError(_NO_PAGES)
    if count > limits.pages:
        raise UnreadableError(
            f"the file has {count:,} pages, more than the {limits.pages:,} allowed: "
            "split it, or raise JIAOKAN_MAX_PAGES"
        )


def _check_side(pdf: Any, index: int, limits: Limits) -> None:
    try:
        side = max(pdf.get_page_size(index))
    except pdfium.PdfiumError as error:
        raise UnreadableError(
            f"page {index + 1} of the PDF is missing: "
            "get it again from its source, or open it in a PDF program and save it anew"
        ) from error
    if side > limits.page_points:
        raise UnreadableError(
            f"page {index + 1} measures {side:,.0f} points, more than the {limits.page_points:,} allowed: "
            "print the PDF to paper size, or raise JIAOKAN_MAX_PAGE_POINTS"
        )


def _open_image(path: Path, limits: Limits) -> int:
    """Only headers are read: no pixel is decoded, however many an image claims to have."""
    try:
        with _any_size(), Image.open(path) as image:
            count = getattr(image, "n_frames", 1)
            _check_pages(count, limits)
            for index in range(count):
                image.seek(index)
                _check_pixels(image.size, limits)
            return count
    except (UnidentifiedImageError, OSError, EOFError, SyntaxError, ValueError, KeyError) as error:
        if isinstance(error, UnreadableError):
            raise
        raise UnreadableError("the image is damaged or of an unknown kind: get it again, or save it as PNG") from error


def _check_pixels(size: tuple[int, int], limits: Limits) -> None:
    width, height = size
    if width * height > limits.image_pixels:
        raise UnreadableError(
            f"the image has {width:,} x {height:,} pixels, more than the {limits.image_pixels // 1_000_000:,} million "
            "allowed: scan it at 200 to 300 dpi, or raise JIAOKAN_MAX_IMAGE_MEGAPIXELS"
        )


@contextmanager
def _any_size() -> Iterator[None]:
    """Switch off Pillow's own limit, which warns or raises before the size can be told, and its other warnings."""
    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before
