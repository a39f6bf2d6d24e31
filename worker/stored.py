"""The pipeline on values as the store holds them: what a worker has its killable children do.

Pages and documents leave the child that made them as packed bytes, which cost the worker nothing to hand on. Tests and
load runs name functions of their own in place of these, which answer with recorded pages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.archive import CellLine, QuestionLine, State, Summary
from models.decisions import Review
from models.document import Document, Extraction, Origin, Page
from models.files import FileKind, Options
from models.packing import pack, unpack_document, unpack_page
from models.summaries import cell_lines, outcome, question_lines, summary
from worker.core.settle import settle
from worker.dump import decode, lay_out_dump
from worker.layout import lay_out
from worker.stopwatch import timed


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as read, packed, and the seconds of each step."""

    packed: bytes
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StoredResult:
    """What a document was settled to: document and extraction packed, and what lists show.

    `reason` says why, where the outcome is FAILED.
    """

    document: bytes
    extraction: bytes
    outcome: State
    reason: str
    summary: Summary
    cells: tuple[CellLine, ...]
    questions: tuple[QuestionLine, ...]


@dataclass(frozen=True, slots=True)
class ToSettle:
    """A document to be settled: as laid out before, or else the text dump `dump`, or else pages.

    `problems` tells of the pages that were set aside, by number, `review` what people decided.
    """

    document: bytes | None
    dump: Path | None
    pages: Sequence[bytes]
    problems: Mapping[int, str]
    target: float
    review: Review


def read_stored_page(path: Path, kind: FileKind, number: int, options: Options) -> StoredPage:
    """One page of a file, read; raises `UnreadableError` where it cannot be."""
    from worker.pipeline import read_page  # noqa: PLC0415  # settling, and the workers themselves, need none of it

    with timed() as seconds:
        page = read_page(path, kind, number, options)
    return StoredPage(pack(page), {step: round(took, 4) for step, took in seconds.items()})


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A page for people to look at: WebP, and the size of the page in points."""

    data: bytes
    straight: bool
    width: float
    height: float


def draw_stored(path: Path, kind: FileKind, number: int, page: bytes, pixel_limit: int) -> tuple[StoredPicture, ...]:
    """A page as filed and, where reading has straightened it, straightened; raises `UnreadableError`.

    `page` is the page as read, packed; empty where it could not be read.
    """
    from worker.pipeline import page_pictures  # noqa: PLC0415  # settling, and the workers themselves, need none of it

    mesh = unpack_page(page).mesh if page else None
    filed, straight = page_pictures(path, kind, number, mesh, pixel_limit)
    found = [StoredPicture(filed.data, False, filed.width, filed.height)]
    if straight is not None:
        found.append(StoredPicture(straight.data, True, straight.width, straight.height))
    return tuple(found)


def settle_stored(to_settle: ToSettle) -> StoredResult:
    """Lay out a document, unless it was before, and settle it."""
    packed = to_settle.document
    document = unpack_document(packed) if packed is not None else _laid_out(to_settle)
    extraction = settle(document, to_settle.target, review=to_settle.review)
    unread = document.page_count > 0 and len(to_settle.problems) == document.page_count
    result = State.FAILED if unread else outcome(extraction)
    return StoredResult(
        document=packed or pack(document),
        extraction=pack(extraction),
        outcome=result,
        reason="" if result is not State.FAILED else _why(extraction, to_settle.problems),
        summary=summary(extraction, document.origin.value),
        cells=tuple(cell_lines(extraction)),
        questions=tuple(question_lines(extraction)),
    )


def _laid_out(to_settle: ToSettle) -> Document:
    if to_settle.dump is not None:
        return lay_out_dump(decode(to_settle.dump.read_bytes()))
    read = [unpack_page(data) for data in to_settle.pages]
    unread = [Page(number, 0.0, 0.0, Origin.SCAN, (), problem=told) for number, told in to_settle.problems.items()]
    return lay_out(sorted([*read, *unread], key=lambda page: page.number))


def _why(extraction: Extraction, problems: Mapping[int, str]) -> str:
    if problems:
        return "; ".join(f"page {number}: {problem}" for number, problem in sorted(problems.items()))
    return "; ".join(extraction.questions) or "nothing that could be settled was found in it: look at its pages"
