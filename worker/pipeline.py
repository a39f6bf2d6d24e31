"""The steps in order: a page from its bytes to tokens in grids, a document from its pages to what follows from them.

The page is the unit of reading, the document the unit of settling. Everything here runs in a child process that can be
killed; models are loaded once per process, at the first page that needs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from models.document import Origin, Page, Token
from models.files import FileKind, FileResult, Item, Options
from worker import origin, tables, textlayer
from worker.clean import clean
from worker.core.settle import settle
from worker.dump import decode, lay_out_dump
from worker.filling import filled
from worker.layer import extract
from worker.layout import lay_out
from worker.opening import open_file
from worker.orientation import Upright
from worker.overlooked import overlooked
from worker.read import Reader
from worker.render import ImageFileReader, PdfFile, Picture, render_page

__all__ = ["open_file", "read_page", "settle_document"]

_POINTS = 72.0


def read_page(path: Path, kind: FileKind, number: int, options: Options) -> Page:
    """One page of a PDF or image file, read; raises `UnreadableError` where it cannot be."""
    return _pdf_page(path, number, options) if kind is FileKind.PDF else _image_page(path, number, options)


def settle_document(item: Item, pages: Sequence[Page], options: Options) -> FileResult:
    """What follows from the pages of a document, or from the text of a dump."""
    dumped = item.kind is FileKind.TEXT
    document = lay_out_dump(decode(item.path.read_bytes())) if dumped else lay_out(pages)
    if options.searchable and options.scratch and any(page.origin is not Origin.BORN_DIGITAL for page in pages):
        parts = (_searchable(options.scratch, item.path, page.number) for page in pages)
        textlayer.join((part.read_bytes() for part in parts if part.exists()), options.searchable / f"{item.stem}.pdf")
    extraction = settle(document, options.flag_threshold)
    return FileResult(item.name, item.stem, item.sha256, document.page_count, document.origin, extraction)


def _pdf_page(path: Path, number: int, options: Options) -> Page:
    """Render, judge the text layer, and take the page as text or as a picture."""
    with PdfFile(path) as pdf:
        with pdf.page(number) as opened:
            facts = extract(opened)
            image = render_page(opened, options.dpi, options.limits.image_pixels, facts.turn)
        single = pdf.alone(number, facts.turn)
    scale = _POINTS / options.dpi
    judgement = origin.judge(
        facts, image, scale, lambda crops: [seen.text for seen in _reader(options).recognise(crops)]
    )
    if judgement.to_be_read:
        sheet = _Sheet(image, scale, judgement.origin, judgement.believed, judgement.witness)
        return _scan(sheet, path, number, options)
    _keep(single, path, number, options)
    grids = tables.grids(single, judgement.believed)
    return Page(
        number, facts.width, facts.height, judgement.origin, judgement.believed, grids,
        layer=judgement.witness, mesh=facts.mesh, engine="text layer",
    )  # fmt: skip


def _image_page(path: Path, number: int, options: Options) -> Page:
    with ImageFileReader(path, options.limits.image_pixels) as file:
        scan = file.read(number)
    return _scan(_Sheet(scan.image, _POINTS / scan.dpi, Origin.SCAN), path, number, options)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page to be read from its picture, and what its text layer said."""

    image: Picture
    scale: float
    origin: Origin
    believed: tuple[Token, ...] = ()
    witness: tuple[Token, ...] = ()


def _scan(sheet: _Sheet, path: Path, number: int, options: Options) -> Page:
    """Clean, read, write the text layer, find the grids, and look again where a cell has ink but no token."""
    reader = _reader(options)
    cleaned = clean(sheet.image, sheet.scale, _upright(options.threads))
    height, width = (side * sheet.scale for side in cleaned.image.shape[:2])
    tokens = reader.read(cleaned.image, sheet.scale, cleaned.rules.segments)
    if sheet.origin is Origin.MIXED:
        tokens = origin.merge(sheet.believed, tokens)
    written = textlayer.write(cleaned.image, tokens, cleaned.rules.points(sheet.scale), (width, height))
    grids = tables.grids(written, tokens, engine="vector")
    missed = reader.read_at(cleaned.image, sheet.scale, overlooked(cleaned.image, sheet.scale, grids))
    if missed:
        tokens = (*tokens, *missed)
        grids = tuple(filled(grid, tokens) for grid in grids)
    page = Page(
        number, width, height, sheet.origin, tokens, grids,
        layer=sheet.witness, mesh=cleaned.mesh, seals=cleaned.seals, engine=reader.engine,
    )  # fmt: skip
    if options.searchable:
        filed = (sheet.image.shape[1] * sheet.scale, sheet.image.shape[0] * sheet.scale)
        _keep(textlayer.write(sheet.image, tokens, (), filed, cleaned.mesh), path, number, options)
    return page


@cache
def _upright(threads: int) -> Upright:
    """The orientation model of this process."""
    return Upright(threads=threads)


@cache
def _reader(options: Options) -> Reader:
    """The reading models of this process."""
    return Reader(options.weights, options.threads, options.cache)


def _keep(pdf: bytes, path: Path, number: int, options: Options) -> None:
    """Put a page of a searchable PDF aside until the document is settled."""
    if options.searchable and options.scratch:
        _searchable(options.scratch, path, number).write_bytes(pdf)


def _searchable(scratch: Path, path: Path, number: int) -> Path:
    name = hashlib.sha256(str(path).encode(errors="surrogateescape")).hexdigest()
    return scratch / f"{name}-{number}.page.pdf"
