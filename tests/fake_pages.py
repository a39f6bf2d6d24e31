"""Stand-ins for the pipeline's three functions, told by the file's text how to behave: for the plumbing around them."""

from __future__ import annotations

import os
import signal
import time
from decimal import Decimal
from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types

from models.document import (
    Cell,
    CellStatus,
    Column,
    DocumentKind,
    DocumentStatus,
    Extraction,
    Origin,
    Page,
    Reading,
    Row,
    SettledCell,
    SettledRow,
    SettledTable,
    Table,
)
from models.files import FileKind, FileResult, Item, Limits, Options, UnreadableError
from models.geometry import Box


def open_file(path: Path, _kind: FileKind, _limits: Limits) -> int:
    """A text of lines: each line is a page."""
    lines = path.read_text().splitlines()
    if lines[0] == "unopenable":
        raise UnreadableError("this one cannot be opened: leave it")
    return 0 if lines[0] == "no pages" else len(lines)


def read_page(path: Path, _kind: FileKind, page: int, _options: Options) -> Page:
    """A page does what its line says: it is read, or it hangs, dies, raises or fills the memory."""
    what = path.read_text().splitlines()[page - 1]
    behaviours = {"hang": hang, "die": die, "raise": fault, "explode": explode, "unreadable": unreadable}
    if what in behaviours:
        behaviours[what]()
    return Page(page, 595.0, 842.0, Origin.SCAN, (), engine=f"{os.environ['OMP_NUM_THREADS']} threads")


def render_page(path: Path, _kind: FileKind, page: int, _options: Options) -> Page:
    """What any reader of a PDF does first."""
    pdf = pdfium.PdfDocument(path)
    pdf[page - 1].render(scale=1)
    pdf.close()
    return Page(page, 595.0, 842.0, Origin.SCAN, ())


def settle_document(item: Item, pages: tuple[Page, ...], _options: Options) -> FileResult:
    """A document with a table of one cell, whose value is the number of pages that were read."""
    good = sum(not page.problem for page in pages)
    if item.name.startswith("unsettled"):
        raise RuntimeError("no figures\nat all")
    reading = Reading(str(good), 1, Box(1, 2, 3, 4))
    table = Table(
        "公开01",
        "收入支出决算总表",
        "公开01",
        "万元",
        (1,),
        (Column("1", "收入决算数"),),
        (Row(0),),
        (cell := Cell("c1", 0, 0, reading),),
    )
    settled = SettledTable(
        table, (SettledRow("1", "", "合计"),), (SettledCell(cell, Decimal(good), CellStatus.READ, 0.99),)
    )
    extraction = Extraction("某局", "2023", DocumentKind.FINAL_ACCOUNT, DocumentStatus.CLEAN, (settled,))
    return FileResult(item.name, item.stem, item.sha256, len(pages), Origin.SCAN, extraction)


def echo(value: object) -> object:
    """What came in."""
    return value


def whoami(_value: object) -> tuple[int, str]:
    """The process and the threads it was given."""
    return os.getpid(), os.environ["OMP_NUM_THREADS"]


def hang() -> None:
    """Never come back, and do not listen."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(600)


def die() -> None:
    """End as a crash in native code would."""
    os.kill(os.getpid(), signal.SIGSEGV)


def die_once(mark: Path) -> str:
    """Crash at the first call, come back at the second."""
    if not mark.exists():
        mark.touch()
        die()
    return "second try"


def fault() -> None:
    """A programming error."""
    raise KeyError("a fault")


def unreadable() -> None:
    """What a step says of a page it cannot read."""
    raise UnreadableError("the page is blotted: scan it anew")


def explode() -> None:
    """Fill the memory, slowly enough to be seen."""
    held = []
    while True:
        held.append(bytearray(b"x") * (4 << 20))
        time.sleep(0.005)


def burst() -> bytes:
    """Ask for far more memory at once than any limit allows."""
    return bytes(1 << 36)


def unpicklable() -> object:
    """A value that cannot be sent home."""
    return lambda: None
