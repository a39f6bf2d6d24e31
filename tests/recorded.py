"""Recorded readings in place of the pipeline: for the plumbing of the service, at the speed of the plumbing.

A file names its recording, a number, and how many pages it has, and says how they behave:

    recorded born 17 12
    seconds 0.05
    page 3 dies

The number makes files of one recording different, and their pages too.
"""

from __future__ import annotations

import os
import re
import signal
import time
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from models.files import FileKind, Limits, Options, UnreadableError
from worker.desk import Work
from worker.stored import StoredPage, StoredPicture, StoredResult, ToSettle
from worker.stored import settle_stored as real_settle

RECORDINGS = Path(__file__).parent / "recordings"
WORK = Work(open="tests.recorded.open_file", read="tests.recorded.read_page", picture="tests.recorded.draw")
PLUMBING = replace(WORK, settle="tests.recorded.settle_stored")


@dataclass(frozen=True, slots=True)
class _Told:
    pages: tuple[bytes, ...]
    mark: bytes
    text: str


def recorded(number: int, pages: int = 12, *behaviour: str, name: str = "born") -> bytes:
    """A file that is read as the first pages of the recording of that name."""
    return "\n".join(["%PDF-1.7", f"recorded {name} {number} {pages}", *behaviour, "%%EOF", ""]).encode()


def open_file(path: Path, kind: FileKind, _limits: Limits) -> int:
    """As many pages as were recorded; text dumps have none."""
    if kind is FileKind.TEXT:
        return 0
    told = _told(path)
    if "unopenable" in told.text:
        raise UnreadableError("this one cannot be opened: leave it")
    return len(told.pages)


def read_page(path: Path, _kind: FileKind, number: int, _options: Options) -> StoredPage:
    """The recorded page, after whatever the file says happens to its reader."""
    told = _told(path)
    if seconds := re.search(r"^seconds ([\d.]+)$", told.text, re.MULTILINE):
        time.sleep(float(seconds[1]))
    behaves = re.search(rf"^page {number} (\w+)$", told.text, re.MULTILINE)
    match behaves and behaves[1]:
        case "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        case "hangs":
            time.sleep(600)
        case "unreadable":
            raise UnreadableError("the page is blotted: scan it anew")
    # What stands behind the compressed value is not read, and makes every page's bytes its own.
    return StoredPage(told.pages[number - 1] + told.mark, {"read": 0.001})


def draw(path: Path, _kind: FileKind, number: int, _page: bytes, _limit: int) -> tuple[StoredPicture, ...]:
    """No picture at all, but bytes of the page's own."""
    return (StoredPicture(_told(path).mark + str(number).encode(), False, 595.0, 842.0),)


def settle_stored(to_settle: ToSettle) -> StoredResult:
    """The result of the first document that has as many pages: for what settling itself takes is not measured then."""
    return _settled(len(to_settle.pages), to_settle)


_results: dict[int, StoredResult] = {}


def _settled(count: int, to_settle: ToSettle) -> StoredResult:
    if count not in _results:
        _results[count] = real_settle(to_settle)
    return _results[count]


def _told(path: Path) -> _Told:
    text = path.read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^recorded (\w+) (\d+) (\d+)$", text, re.MULTILINE)
    if found is None:
        raise UnreadableError("no recording is named")
    return _Told(_pages(found[1])[: int(found[3])], found[2].encode(), text)


@cache
def _pages(name: str) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted((RECORDINGS / name).glob("*.page")))
