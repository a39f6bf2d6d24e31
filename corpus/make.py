"""Documents made of figures: random ones as born-digital PDFs, scans of four levels, and with text layers that lie."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pypdfium2  # type: ignore[import-untyped]  # pypdfium2 ships no types
from reportlab.lib.utils import ImageReader  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # type: ignore[import-untyped]
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]
from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-untyped]

from corpus import degrade, fonts, forms, garble, lists, narrative, pages, seal, truth
from corpus.account import random_account
from corpus.draw import Faces, Painter, Run
from corpus.truth import Filed, Truth, TruthCell
from corpus.variant import Variant, random_variant

LEVELS = ("born-digital", "broken-tounicode", "level1", "level1-garbled", "level2", "level3", "level4")
_SAMPLE_FORMS = ("公开01", "公开02", "公开03", "公开05")
_YEARS = (2017, 2018, 2019, 2019, 2020, 2020, 2021, 2021, 2021, 2022, 2022, 2023, 2023, 2023, 2024, 2024)


@dataclass(frozen=True, slots=True)
class Printed:
    """A document on paper: its PDF, page sizes in points, where its text stands, and the page of each printed line."""

    pdf: bytes
    sizes: tuple[tuple[float, float], ...]
    runs: tuple[Run, ...]
    placed: dict[tuple[str, int], int]


@dataclass(frozen=True, slots=True)
class _Scan:
    """How a level is scanned: dots per inch, JPEG quality (0: black and white), the wear, whether it bears seals.

    `lines` is the resolution down the page in dots per inch, where it differs.
    """

    dpi: float
    quality: int
    wear: Callable[[degrade.Image, np.random.Generator], degrade.Image]
    seal: bool = False
    lines: float = 0.0


_SCANS = {
    "level1": _Scan(200, 85, degrade.clean_scan),
    "level1-garbled": _Scan(200, 85, degrade.clean_scan),
    "level2": _Scan(200, 80, degrade.worn_scan, seal=True),
    "level3": _Scan(150, 45, degrade.phone_scan),
    "level4": _Scan(200, 0, degrade.fax),
}


def seeded(seed: int | str) -> Random:
    """A generator that gives the same figures for the same seed; nothing here is secret."""
    return Random(seed)  # noqa: S311  # nothing here is secret


def random_document(name: str, rng: Random) -> tuple[Truth, Variant]:
    """A consistent document and a way to print it."""
    _, place = rng.choice(lists.places())
    year = rng.choice(_YEARS)
    bureau, leading = rng.choice([b for b in lists.bureaus() if b[1][:3] in dict(lists.categories(year))])
    account = random_account(rng, place + bureau, leading, year)
    variant = random_variant(rng)
    tables = forms.tables(account, variant)
    sections = narrative.sections(account, variant, rng)
    return Truth(name, account.entity, account.year, variant.unit, tables, sections), variant


def _register(name: str, characters: set[str], lie: str, rng: Random) -> str:
    """Register a face with reportlab and return the name it goes by."""
    if name in fonts.STANDARD_FACES:
        return fonts.STANDARD_FACES[name]
    file, index = fonts.embeddable(name, characters)
    font = (
        garble.LyingFont(name, file, index, lie, rng) if lie else TTFont(name, file, subfontIndex=index, shapable=False)
    )
    # Registering a name twice keeps the first font, so whatever an earlier document left under it goes first.
    font.unregister()
    pdfmetrics.registerFont(font)
    return name


def _faces(document: Truth, variant: Variant, lie: str, rng: Random) -> Faces:
    characters = pages.characters(document, variant)
    digit_face = variant.digit_font
    if lie and digit_face in fonts.STANDARD_FACES:
        digit_face = rng.choice(("stix", "dejavu"))
    only_digits = lie == "permuted" and digit_face != "text"
    text = _register(variant.text_font, characters, "" if only_digits else lie, rng)
    return Faces(text, text if digit_face == "text" else _register(digit_face, characters, lie, rng))


def print_document(document: Truth, variant: Variant, rng: Random, lie: str = "") -> Printed:
    """Print a document as PDF; `lie` is one of garble.MODES for fonts that tell wrong characters."""
    # The fonts draw from a generator of their own, so that lying does not move anything on the page.
    faces = _faces(document, variant, lie, seeded(rng.randrange(2**31)))
    painter = Painter(faces, variant, rng)
    pages.draw_document(painter, document)
    pdf = painter.finish()
    return Printed(pdf, tuple(painter.sizes), tuple(painter.runs), painter.placed)


def page_images(pdf: bytes, dpi: float) -> Iterator[degrade.Image]:
    """The pages of a PDF as BGR images."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            yield np.ascontiguousarray(page.render(scale=dpi / 72).to_numpy()[..., :3])
            page.close()
    finally:
        document.close()


def scan(printed: Printed, entity: str, level: str, seed: int) -> bytes:
    """Scan a printed document: one image a page, with a garbled invisible layer where the level has one."""
    how = _SCANS[level]
    rng = np.random.default_rng(seed)
    if level == "level4" and rng.random() < 1 / 3:
        how = replace(how, dpi=204, lines=196)  # ITU-T T.4, fine resolution
    buffer = BytesIO()
    canvas = Canvas(buffer, invariant=1)
    sealed = {int(n) for n in rng.choice(len(printed.sizes), max(2, len(printed.sizes) // 3), replace=False)}
    for number, image in enumerate(page_images(printed.pdf, how.dpi)):
        stamped = seal.press(image, entity, rng, how.dpi) if how.seal and number in sealed else image
        if how.lines:
            stamped = np.asarray(cv2.resize(stamped, None, fx=1, fy=how.lines / how.dpi, interpolation=cv2.INTER_AREA))
        worn = how.wear(stamped, rng)
        width, height = worn.shape[1] * 72 / how.dpi, worn.shape[0] * 72 / (how.lines or how.dpi)
        canvas.setPageSize((width, height))
        canvas.drawImage(_encoded(worn, how.quality), 0, 0, width, height)
        if level == "level1-garbled":
            _garbled_layer(
                canvas, [r for r in printed.runs if r.page == number + 1], height, seeded(int(rng.integers(2**31)))
            )
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _encoded(image: degrade.Image, quality: int) -> ImageReader:
    """An image as reportlab embeds it: JPEG bytes as they are, black and white losslessly."""
    if quality:
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    else:
        _, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_BILEVEL, 1])
    return ImageReader(BytesIO(data.tobytes()))


def _garbled_layer(canvas: Canvas, runs: list[Run], height: float, rng: Random) -> None:
    """Write what an old OCR program read, invisible and stretched to where it stands."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    for run in runs:
        told = garble.misread(run.text, rng)
        natural = pdfmetrics.stringWidth(told, "STSong-Light", run.size)
        if not natural:
            continue
        text = canvas.beginText(run.x, height - run.y)
        text.setFont("STSong-Light", run.size)
        text.setTextRenderMode(3)
        text.setHorizScale(100 * run.width / natural)
        text.textOut(told)
        canvas.drawText(text)


def build(level: str, seed: int, name: str) -> tuple[Truth, Printed, bytes]:
    """A random document of a level: its truth, its print, and the PDF as filed."""
    rng = seeded(f"{level} {seed}")
    document, variant = random_document(name, rng)
    lie = rng.choice(garble.MODES) if level == "broken-tounicode" else ""
    printed = print_document(document, variant, rng, lie)
    if level in _SCANS:
        return document, printed, scan(printed, document.entity, level, rng.randrange(2**31))
    return document, printed, printed.pdf


def _file(level: str, seed: int, path: Path) -> tuple[Filed, list[TruthCell]]:
    """Write one document and tell what it holds."""
    document, printed, pdf = build(level, seed, path.name)
    path.write_bytes(pdf)
    filed = Filed(path.name, document.entity, document.year, document.kind, level, len(printed.sizes))
    return filed, list(truth.cells(document, printed.placed))


def make(level: str, count: int, seed: int, out: Path, jobs: int = 1) -> list[Path]:
    """Write `count` documents of a level into `out`, and what they hold into `out`/truth, replacing what was there."""
    folder = out / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    seeds = [seed * 1000 + number for number in range(count)]
    paths = [out / f"{level}-{seed}-{number:03d}.pdf" for number in range(count)]
    if jobs > 1 and count > 1:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            made = list(pool.map(_file, [level] * count, seeds, paths))
    else:
        made = [_file(level, s, p) for s, p in zip(seeds, paths, strict=True)]
    truth.write_cells(folder / "cells.csv", (cell for _, cells in made for cell in cells))
    truth.write_documents(folder / "documents.csv", (filed for filed, _ in made))
    return paths


def sample(out: Path) -> list[Path]:
    """Three small documents for a first look: born-digital, a worn scan with a seal, a scan over garbled text."""
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, level in enumerate(("born-digital", "level2", "level1-garbled"), 1):
        rng = seeded(f"sample {level}")
        document, variant = random_document(f"{number}-{level}.pdf", rng)
        kept = tuple(t for t in document.tables if t.code in _SAMPLE_FORMS)
        short = replace(document, tables=kept, sections=document.sections[:4])
        printed = print_document(short, replace(variant, performance=False), rng)
        pdf = scan(printed, document.entity, level, rng.randrange(2**31)) if level in _SCANS else printed.pdf
        paths.append(out / document.document)
        paths[-1].write_bytes(pdf)
    return paths
