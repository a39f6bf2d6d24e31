"""A batch through the children: every file opened, every page read, every document settled, in the least waiting.

The three functions that do the work are named, not imported: this process stays light, and tests name their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from models.document import Origin, Page
from models.files import FileResult, Item, Options
from worker.children import Children, Failure, Job

_OPEN, _READ, _SETTLE = range(3)
_REST = "not read, because too many pages of this file failed"


@dataclass(frozen=True, slots=True)
class Steps:
    """The work by dotted name, with the seconds each call may take.

    `open` is called with (path, kind, limits) and gives the number of pages, `read` with (path, kind, page from 1,
    options) and gives a `Page`, `settle` with (item, pages, options) and gives a `FileResult`. All may raise
    `UnreadableError`.
    """

    open_seconds: float
    page_seconds: float
    settle_seconds: float
    most_failed_pages: int
    open: str = "worker.pipeline.open_file"
    read: str = "worker.pipeline.read_page"
    settle: str = "worker.pipeline.settle_document"


class Progress(Protocol):
    """Hears how a batch gets on."""

    def opened(self, item: Item, pages: int) -> None:
        """A file was opened and so many of its pages are going to be read."""

    def page(self, item: Item, number: int, problem: str) -> None:
        """A page is done; `problem` is empty if it was read."""

    def finished(self, result: FileResult) -> None:
        """A file is done."""


@dataclass(slots=True)
class _Book:
    """What is known of a file so far: its pages by number, why some failed, and how many are still out."""

    item: Item
    waiting: int = 0
    pages: dict[int, Page] = field(default_factory=dict)
    problems: dict[int, str] = field(default_factory=dict)


def process(
    items: Sequence[Item], options: Options, steps: Steps, children: Children, progress: Progress
) -> Iterator[FileResult]:
    """The result for each item, as soon as it is there.

    All files are opened first, so that the number of pages is known; then they are read one after the other, the
    children sharing the pages. A page that fails leaves a `Page` with a `problem`; its document has failed, but the
    rest of it is settled all the same.
    """
    batch = _Batch(items, options, steps, children, progress)
    for job, outcome in children.finished():
        result = batch.take(job, outcome)
        if result is not None:
            progress.finished(result)
            yield result


class _Batch:
    """The books of a batch, kept up to date outcome by outcome."""

    def __init__(
        self, items: Sequence[Item], options: Options, steps: Steps, children: Children, progress: Progress
    ) -> None:
        self._books = {index: _Book(item) for index, item in enumerate(items)}
        self._options = options
        self._steps = steps
        self._children = children
        self._progress = progress
        for index, item in enumerate(items):
            self._submit((0, index, _OPEN), (item.path, item.kind, options.limits))

    def take(self, job: Job, outcome: object | Failure) -> FileResult | None:
        """Note an outcome and send out what follows from it; the file's result if that was the last."""
        _, index, step, *rest = job.key
        book = self._books[index]
        if step == _OPEN and isinstance(outcome, int):
            self._open(index, book, outcome)
        elif step == _READ:
            self._read(index, book, rest[0], outcome)
        else:
            del self._books[index]
            return _settled(book, outcome)
        if not book.waiting:
            pages = tuple(book.pages[number] for number in sorted(book.pages))
            arguments = (book.item, pages, self._options)
            self._submit((1, index, _SETTLE), arguments)
        return None

    def _open(self, index: int, book: _Book, count: int) -> None:
        self._progress.opened(book.item, count)
        book.waiting = count
        for number in range(1, count + 1):
            arguments = (book.item.path, book.item.kind, number, self._options)
            self._submit((1, index, _READ, number), arguments)

    def _read(self, index: int, book: _Book, number: int, outcome: object | Failure) -> None:
        if isinstance(outcome, Page):
            self._note(book, outcome, failed=False)
            return
        message = outcome.message if isinstance(outcome, Failure) else "reading brought no page: please report it"
        self._note(book, _unread(number, message), failed=True)
        if len(book.problems) >= self._steps.most_failed_pages:
            for job in self._children.withdraw((1, index, _READ)):
                self._note(book, _unread(job.key[3], _REST), failed=True)

    def _note(self, book: _Book, page: Page, *, failed: bool) -> None:
        book.pages[page.number] = page
        book.waiting -= 1
        if failed:
            book.problems[page.number] = page.problem
        self._progress.page(book.item, page.number, page.problem)

    def _submit(self, key: tuple[int, ...], arguments: tuple[object, ...]) -> None:
        steps = self._steps
        function, seconds, setting = {
            _OPEN: (steps.open, steps.open_seconds, "JIAOKAN_OPEN_SECONDS"),
            _READ: (steps.read, steps.page_seconds, "JIAOKAN_PAGE_SECONDS"),
            _SETTLE: (steps.settle, steps.settle_seconds, "JIAOKAN_SETTLE_SECONDS"),
        }[key[2]]
        self._children.submit(Job(key, function, arguments, seconds, setting))


def _unread(number: int, problem: str) -> Page:
    """The place of a page that could not be read; its size and origin are unknown."""
    return Page(number, 0.0, 0.0, Origin.SCAN, (), problem=problem)


def _settled(book: _Book, outcome: object | Failure) -> FileResult:
    """The result of a file, failed if it could not be opened or settled, or if a page could not be read."""
    if isinstance(outcome, FileResult):
        result = outcome
    else:
        message = outcome.message if isinstance(outcome, Failure) else "settling brought no result: please report it"
        item = book.item
        result = FileResult(item.name, item.stem, item.sha256, pages=len(book.pages), error=message)
    return replace(result, error=_told(book.problems)) if book.problems and not result.error else result


def _told(problems: dict[int, str]) -> str:
    """The failed pages in a sentence each, those that were given up for the others' sake together."""
    told = [f"page {number}: {problem}" for number, problem in sorted(problems.items()) if problem != _REST]
    rest = [number for number, problem in sorted(problems.items()) if problem == _REST]
    if rest:
        told.append(f"{len(rest)} pages from page {rest[0]} on: {_REST}")
    return "; ".join(told)
