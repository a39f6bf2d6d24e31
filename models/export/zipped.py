"""A folder as one ZIP, the same bytes for the same files: no times, no owners, names in order."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import IO, Protocol, cast

_EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_LARGE = 1 << 31


class Sink(Protocol):
    """What takes bytes, one piece after the other."""

    def write(self, piece: bytes, /) -> object:
        """Take a piece."""


class _Stream:
    """A sink as the zip module wants it: a file that only goes forward."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    def write(self, piece: bytes) -> int:
        self._sink.write(bytes(piece))
        return len(piece)

    def flush(self) -> None:
        """Nothing is held back."""


def write_zip(folder: Path, sink: Sink) -> None:
    """Write all files of a folder; what is packed already (Parquet, pictures) is stored as it is."""
    with zipfile.ZipFile(cast(IO[bytes], _Stream(sink)), "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            info.external_attr = _PLAIN_FILE
            info.compress_type = zipfile.ZIP_STORED if path.suffix in (".parquet", ".pdf") else zipfile.ZIP_DEFLATED
            large = path.stat().st_size >= _LARGE
            with path.open("rb") as source, archive.open(info, "w", force_zip64=large) as out:
                shutil.copyfileobj(source, out, 1 << 20)
