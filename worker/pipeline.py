"""The steps in order: a page from its bytes to tokens in grids, a document from its pages to what follows from them.

The page is the unit of reading, the document the unit of settling. Everything here runs in a child process that can be
killed; models are loaded once per process, at the first page that needs them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from models.document import Origin, Page, Token
from models.files import FileKind, FileResult, Item, Options
from models.geometry import Box, Mesh, around
from worker import origin, pictures, tables, textlayer
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

__all__ = ["open_file", "page_pictures", "read_page", "settle_document"]

_POINTS = 72.0
PagePictures = tuple[pictures.PagePicture, pictures.PagePicture | None]
"""A page as filed, and straightened."""


def read_page(path: Path, kind: FileKind, number: int, options: Options) -> Page:
    """One page of a PDF or image file, read; raises `UnreadableError` where it cannot be."""
    return _pdf_page(path, number, options) if kind is FileKind.PDF else _image_page(path, number, options)


def page_pictures(path: Path, kind: FileKind, number: int, mesh: Mesh | None, pixel_limit: int) -> PagePictures:
    """What people see of a page: as filed and, where it was straightened, as read. Raises `UnreadableError`."""
    if kind is FileKind.PDF:
        with PdfFile(path) as pdf:
            image, scale = pdf.render(number, pictures.DPI, pixel_limit), _POINTS / pictures.DPI
    else:
        with ImageFileReader(path, pixel_limit) as file:
            scan = file.read(number)
        image, scale = scan.image, _POINTS / scan.dpi
    return pictures.as_filed(image, scale), pictures.straightened(image, scale, mesh) if mesh else None


def settle_document(item: Item, pages: Sequence[Page], options: Options) -> FileResult:
    """What follows from the pages of a document, or from the text of a dump."""
    dumped = item.kind is FileKind.TEXT
    document = lay_out_dump(decode(item.path.read_bytes())) if dumped else lay_out(pages)
    if options.searchable and options.scratch and any(page.origin is not Origin.BORN_DIGITAL for page in pages):
        parts = (_searchable(options.scratch, item.path, page.number) for page in pages)
        textlayer.join((part.read_bytes() for part in parts if part.exists()), options.searchable / f"{item.stem}.pdf")
    extraction = settle(document, options.target, repair=options.repair)
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
        sheet = _Sheet(image, scale, judgement.origin, judgement.believed, judgement.witness, facts.mesh)
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
    """A page to be read from its picture, what its text layer said, and the way back if the picture was turned."""

    image: Picture
    scale: float
    origin: Origin
    believed: tuple[Token, ...] = ()
    witness: tuple[Token, ...] = ()
    mesh: Mesh | None = None


def _scan(sheet: _Sheet, path: Path, number: int, options: Options) -> Page:
    """Clean, read, write the text layer, find the grids, and look again where a cell has ink but no token."""
    reader = _reader(options)
    mixed = sheet.origin is Origin.MIXED  # what is believed of its layer runs from left to right already
    cleaned = clean(sheet.image, sheet.scale, None if mixed else _upright(options))
    height, width = (side * sheet.scale for side in cleaned.image.shape[:2])
    tokens = reader.read(cleaned.image, sheet.scale, cleaned.rules.segments)
    if mixed:
        tokens = origin.merge([straightened(token, cleaned.mesh) for token in sheet.believed], tokens)
    written = textlayer.write(cleaned.image, tokens, cleaned.rules.points(sheet.scale), (width, height))
    grids = tables.grids(written, tokens, engine="vector")
    marks = overlooked(cleaned.image, sheet.scale, grids)
    if marks:
        missed = reader.read_at(cleaned.image, sheet.scale, marks)
        tokens = (*tokens, *missed)
        grids = tuple(filled(grid, (*tokens, *unread(marks, missed))) for grid in grids)
    page = Page(
        number, width, height, sheet.origin, tokens, grids, layer=sheet.witness, mesh=_way_back(cleaned.mesh, sheet),
        seals=tuple(replace(s, box=sheet.mesh.box_back(s.box)) if sheet.mesh else s for s in cleaned.seals),
        engine=reader.engine,
    )  # fmt: skip
    if options.searchable:
        filed = (sheet.image.shape[1] * sheet.scale, sheet.image.shape[0] * sheet.scale)
        _keep(textlayer.write(sheet.image, tokens, (), filed, cleaned.mesh), path, number, options)
    return page


def straightened(token: Token, mesh: Mesh | None) -> Token:
    """A token of the page as filed where it stands on the straightened page."""
    if mesh is None:
        return token
    middle = token.box.centre[1]
    corners = [mesh.forward(x, y) for x in (token.box.x0, token.box.x1) for y in (token.box.y0, token.box.y1)]
    glyphs = tuple(
        replace(glyph, x0=mesh.forward(glyph.x0, middle)[0], x1=mesh.forward(glyph.x1, middle)[0])
        for glyph in token.glyphs
    )
    return replace(token, box=around([Box(x, y, x, y) for x, y in corners]), glyphs=glyphs)


def unread(marks: Sequence[Box], read: Sequence[Token]) -> Iterator[Token]:
    """A doubtful token without text for each place with ink at which nothing could be read: it is not blank."""
    return (Token("", mark, 0.0) for mark in marks if not any(mark.overlap(token.box) > 0 for token in read))


def _way_back(mesh: Mesh | None, sheet: _Sheet) -> Mesh | None:
    """From the straightened page to the page as displayed, over the quarter turns its text had asked for."""
    return mesh.then(sheet.mesh) if mesh and sheet.mesh else mesh or sheet.mesh


@cache
def _upright(options: Options) -> Upright:
    """The orientation model of this process."""
    return Upright(threads=options.threads, legible=_reader(options).legibility)


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
