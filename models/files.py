"""What comes in and what comes of it: files as named in the batch, the limits they keep, the result for each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from models.document import Extraction, Origin

_STEM_BYTES = 100
"""A Chinese character takes 3 bytes and file systems allow 255; a table code and an extension are added to the stem."""


class UnreadableError(ValueError):
    """A file or page that cannot be read; the message says what is wrong and what to do."""


class FileKind(StrEnum):
    """How a file is read: by its content, whatever its name ends in."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single input may cost at most.

    `zip_ratio` is unpacked to packed bytes; `zip_depth` 1 allows a ZIP, 2 a ZIP within a ZIP.
    """

    file_bytes: int
    pages: int
    page_points: int
    image_pixels: int
    zip_members: int
    zip_bytes: int
    zip_ratio: int
    zip_depth: int


@dataclass(frozen=True, slots=True)
class Options:
    """How pages are read and settled.

    `target` is the share of cells that may be wrong unseen; without `repair` readings are judged but not restored.
    `searchable` is the folder for searchable PDFs, `scratch` one that is removed at the end.
    """

    limits: Limits
    dpi: int
    threads: int
    target: float
    weights: Path | None = None
    cache: Path | None = None
    searchable: Path | None = None
    scratch: Path | None = None
    repair: bool = True


@dataclass(frozen=True, slots=True)
class Item:
    """A file to read; `path` is where its bytes are.

    `name` is its path inside the batch: relative, with forward slashes, unique. `stem` is made of the name, safe as
    the beginning of a file name, and unique in the batch.
    """

    name: str
    stem: str
    path: Path
    kind: FileKind
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that is not read, with what is wrong and what to do; `sha256` is empty where its bytes stay unseen."""

    name: str
    error: str
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class FileResult:
    """What came of one file; with an `error` it has failed, though `extraction` may hold what could be read."""

    name: str
    stem: str
    sha256: str
    pages: int = 0
    origin: Origin | None = None
    extraction: Extraction | None = None
    error: str = ""


def stems(names: Iterable[str]) -> dict[str, str]:
    """A stem for each name of a batch: safe on every file system, unique even where case does not count.

    A name that had to be cut, or that would collide, ends in the first 8 hex digits of its own SHA-256.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in sorted(set(names)):
        plain = (
            re.sub(r"[^\w.()-]+", "_", name.removesuffix("".join(Path(name).suffixes[-1:]))).strip("._") or "document"
        )
        stem = plain.encode()[:_STEM_BYTES].decode(errors="ignore")
        if stem != plain or stem.casefold() in taken:
            stem = f"{stem}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:8]}"
        taken.add(stem.casefold())
        found[name] = stem
    return found
