"""How a batch gets on, for a person: a bar on a terminal, plain lines elsewhere, and a summary at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from models.document import DocumentStatus
from models.export.folder import Told
from models.files import FileResult, Item

_LISTED = 20
_QUESTIONS = 3


class Shown(Protocol):
    """A way to show progress: a `worker.batch.Progress` that is a context manager too."""

    def __enter__(self) -> Shown: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def opened(self, item: Item, pages: int) -> None: ...

    def page(self, item: Item, number: int, problem: str) -> None: ...

    def finished(self, result: FileResult) -> None: ...


def shown_on(stream: TextIO) -> Shown:
    """A bar where the stream is a terminal, plain lines where it is not."""
    return _Bar(stream) if stream.isatty() else _Lines(stream)


class _Lines:
    """One line for each page and each file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._total = 0
        self._done = 0

    def __enter__(self) -> _Lines:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stream.flush()

    def opened(self, item: Item, pages: int) -> None:  # noqa: ARG002  # the protocol's signature
        self._total += pages

    def page(self, item: Item, number: int, problem: str) -> None:
        self._done += 1
        self._say(f"[{self._done}/{self._total}] {item.name} page {number}{': ' + problem if problem else ''}")

    def finished(self, result: FileResult) -> None:
        self._say(f"{result.name}: {'failed: ' + result.error if result.error else 'done'}")

    def _say(self, text: str) -> None:
        self._stream.write(f"{text}\n")
        self._stream.flush()


class _Bar:
    """A bar that counts pages, with the file being read beside it."""

    def __init__(self, stream: TextIO) -> None:
        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), MofNCompleteColumn(), TextColumn("pages"), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(file=stream), transient=True)
        self._task = self._progress.add_task("opening", total=None)
        self._total = 0

    def __enter__(self) -> _Bar:
        self._progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._progress.stop()

    def opened(self, item: Item, pages: int) -> None:  # noqa: ARG002  # the protocol's signature
        self._total += pages
        self._progress.update(self._task, total=self._total)

    def page(self, item: Item, number: int, problem: str) -> None:
        if problem:
            self._progress.console.print(f"{item.name} page {number}: {problem}", markup=False)
        self._progress.update(self._task, advance=1, description=item.name)

    def finished(self, result: FileResult) -> None:
        if result.error:
            self._progress.console.print(f"{result.name} failed: {result.error}", markup=False)


def summary(told: Sequence[Told], skipped: Sequence[str], out: Path, seconds: float) -> str:
    """What came of a batch, what failed and why, and where to look."""
    pages, cells, flagged = (sum(getattr(one, what) for one in told) for what in ("pages", "cells", "flagged"))
    by_status = Counter(one.status for one in told)
    share = f" ({flagged / cells:.1%})" if cells else ""
    lines = [
        "",
        f"{_count(len(told), 'document')}, {_count(pages, 'page')}, {_count(cells, 'cell')}, "
        f"{flagged:,} of them flagged{share}, in {seconds:,.0f} s",
        f"  {by_status[DocumentStatus.CLEAN]:>5,} clean: every figure may be used as it stands",
        f"  {by_status[DocumentStatus.NEEDS_REVIEW]:>5,} need review: the figures that are not flagged may be used",
        *_some([f"{one.name}: {_why(one)}" for one in told if one.status is DocumentStatus.NEEDS_REVIEW]),
        f"  {by_status[DocumentStatus.FAILED]:>5,} failed",
        *_some([f"{one.name}: {one.error}" for one in told if one.status is DocumentStatus.FAILED]),
    ]
    if skipped:
        lines += [f"  {len(skipped):>5,} left out, being no documents by their names", *_some(skipped)]
    lines += [
        "",
        f"Every figure with its place, confidence and reason:  {out / 'cells.csv'}",
        f"The documents and what is wrong with them:           {out / 'documents.csv'}",
        f"The tables as printed:                               {out / 'tables'}",
    ]
    return "\n".join(lines) + "\n"


def _why(told: Told) -> str:
    """What keeps a document from being clean: the first open questions, or the number of flagged cells."""
    more = f" ... and {len(told.questions) - _QUESTIONS} more" if len(told.questions) > _QUESTIONS else ""
    return "; ".join(told.questions[:_QUESTIONS]) + more or f"{told.flagged:,} flagged"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _some(lines: Sequence[str]) -> list[str]:
    more = [f"... and {len(lines) - _LISTED:,} more"] if len(lines) > _LISTED else []
    return [f"        {line}" for line in (*lines[:_LISTED], *more)]
