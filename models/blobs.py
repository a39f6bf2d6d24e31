"""The store: bytes by the hash of their content, in a local folder or on S3, through fsspec.

A blob is written under a name nobody knows and then moved, so that under its hash there is all of it or nothing.
Streams pass through in pieces: a file of gigabytes takes a few megabytes of memory.

For S3 (`s3://BUCKET/PREFIX`) the keys and the endpoint are those of every S3 client: AWS_ACCESS_KEY_ID,
AWS_SECRET_ACCESS_KEY, AWS_ENDPOINT_URL.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, TypeVar, cast

import fsspec  # type: ignore[import-untyped]
from fsspec.spec import AbstractFileSystem  # type: ignore[import-untyped]

from models.archive import Blob

_Value = TypeVar("_Value")
PIECE = 1 << 20
_BLOCK = 5 << 20
"""What is sent to S3 at a time; it wants at least 5 MiB, and allows 10,000 of them: 50 GB."""
_NEW = timedelta(hours=12)
"""Bytes written so lately are not written again; what nobody speaks of is tidied away only when twice as old."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
_S3: dict[str, Any] = {
    "default_block_size": _BLOCK,
    "default_fill_cache": False,
    "use_listings_cache": False,
    "max_concurrency": 1,
    "config_kwargs": {"connect_timeout": 5, "read_timeout": 60, "retries": {"max_attempts": 3}},
}


class StoreError(RuntimeError):
    """The store refused or does not answer; the message says what, and what to do. Trying later may help."""


class NotStoredError(StoreError):
    """There is no such blob; trying later does not help."""


class TooLargeError(ValueError):
    """A stream went on beyond its limit."""


class Writer:
    """A stream on its way into the store, piece by piece. Has to be ended by `Blobs.keep` or `abandon`."""

    def __init__(self, files: AbstractFileSystem, path: str, most: int | None) -> None:
        self._files, self.path, self._most = files, path, most
        self._digest, self._size = hashlib.sha256(), 0
        with _said("write"):
            self._file: Any = _made(lambda: _opened(files, path), path)

    def write(self, piece: bytes) -> None:
        """Write on; raises TooLargeError once it is more than is let in. After an error nothing is kept."""
        if self._most is not None and self._size + len(piece) > self._most:
            self.abandon()
            raise TooLargeError(f"more than {self._most} bytes")
        try:
            with _said("write"):
                self._file.write(piece)
        except StoreError:
            self.abandon()
            raise
        self._digest.update(piece)
        self._size += len(piece)

    def finish(self) -> Blob:
        """All is written; what it was. A local disk has it for good."""
        try:
            with _said("write"):
                if _is_local(self._files):
                    self._file.flush()
                    os.fsync(self._file.fileno())
                self._file.close()
        except StoreError:
            self.abandon()
            raise
        return Blob(self._digest.hexdigest(), self._size)

    def abandon(self) -> None:
        """Keep nothing of it."""
        with suppress(Exception):
            if _is_local(self._files):
                self._file.close()
            else:
                self._file.discard()
                self._file.closed = True  # or it would send the rest when it is forgotten
        with suppress(Exception):
            self._files.rm_file(self.path)


class Blobs:
    """The way to the store; cheap to make, opens it when used, in each process for itself."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opened: tuple[int, AbstractFileSystem, str] | None = None

    def writer(self, most: int | None = None) -> Writer:
        """Begin to store a stream of at most so many bytes; `keep` ends it."""
        return Writer(self._files, self._under("new", uuid.uuid4().hex), most)

    def keep(self, writer: Writer) -> Blob:
        """End a stream: from now on it is there under its hash."""
        blob = writer.finish()
        with _said("write"):
            self._move(writer.path, self._path(blob.sha256))
        return blob

    def put(self, pieces: Iterable[bytes], most: int | None = None) -> Blob:
        """Store a stream; raises TooLargeError once it has more than `most` bytes, and keeps nothing of it then."""
        writer = self.writer(most)
        _write(writer, pieces)
        return self.keep(writer)

    def put_bytes(self, data: bytes) -> Blob:
        """Store what is in memory; nothing is written if it is there already, and new enough not to be tidied away."""
        blob = Blob(hashlib.sha256(data).hexdigest(), len(data))
        return blob if self._is_new(blob.sha256) else self.put([data])

    def put_file(self, file: BinaryIO, most: int | None = None) -> Blob:
        """Store what is left of an open file."""
        return self.put(iter(lambda: file.read(PIECE), b""), most)

    def get(self, sha256: str) -> bytes:
        """All bytes of a small blob, checked against its hash; raises NotStoredError."""
        with self._reading(sha256):
            data = cast(bytes, self._files.cat_file(self._path(sha256)))
        if hashlib.sha256(data).hexdigest() != sha256:
            raise StoreError(f"the blob {sha256} is damaged: restore it from a backup, or upload the file again")
        return data

    def stream(self, sha256: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """A blob in pieces, or its bytes from `start` up to before `end`; raises NotStoredError at the first piece."""
        with self._reading(sha256), self._files.open(self._path(sha256), "rb", cache_type="readahead") as file:
            file.seek(start)
            left = (file.size if end is None else min(end, file.size)) - start
            while left > 0 and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    def fetch(self, sha256: str, to: Path) -> None:
        """Write a blob to a local file."""
        with to.open("wb") as file:
            for piece in self.stream(sha256):
                file.write(piece)

    def local(self, sha256: str) -> Path | None:
        """Where a blob lies on a disk of this machine; None if the store is elsewhere. Raises NotStoredError."""
        if not _is_local(self._files):
            return None
        path = Path(self._path(sha256))
        with self._reading(sha256):
            path.stat()
        return path

    def has(self, sha256: str) -> bool:
        """Whether a blob is there."""
        with _said("read"):
            return bool(self._files.exists(self._path(sha256)))

    def size(self, sha256: str) -> int:
        """How many bytes a blob has; raises NotStoredError."""
        with self._reading(sha256):
            return int(self._files.info(self._path(sha256))["size"])

    def remove(self, sha256: str) -> None:
        """Remove a blob nothing refers to any more."""
        with _said("write"), suppress(FileNotFoundError):
            self._files.rm_file(self._path(sha256))

    def part_writer(self, most: int | None = None) -> Writer:
        """Begin to store a piece of an upload; `keep_part` ends it."""
        return Writer(self._files, self._under("parts", uuid.uuid4().hex), most)

    def keep_part(self, writer: Writer) -> tuple[str, int]:
        """End a piece of an upload; its key and size."""
        return writer.path.rpartition("/")[2], writer.finish().size

    def put_part(self, pieces: Iterable[bytes], most: int | None = None) -> tuple[str, int]:
        """Store a piece of an upload; its key and size."""
        writer = self.part_writer(most)
        _write(writer, pieces)
        return self.keep_part(writer)

    def join_parts(self, keys: Iterable[str], most: int | None = None) -> Blob:
        """Store the pieces of an upload as one blob; they are left for `remove_part`."""
        return self.put((piece for key in keys for piece in self._part(key)), most)

    def remove_part(self, key: str) -> None:
        """Remove a piece of an upload."""
        with _said("write"), suppress(FileNotFoundError):
            self._files.rm_file(self._under("parts", key))

    def old(self, folder: str, before: datetime) -> list[str]:
        """The names under `new`, `parts` or `blobs/XX` that were last written before."""
        with _said("list"):
            try:
                found = self._files.ls(self._under(*folder.partition("/")[::2]).rstrip("/"), detail=True)
            except FileNotFoundError:
                return []
        return sorted(one["name"].rpartition("/")[2] for one in found if one["type"] == "file" and _at(one) < before)

    def remove_new(self, key: str) -> None:
        """Remove a stream that was never kept: whoever wrote it is gone."""
        with _said("write"), suppress(FileNotFoundError):
            self._files.rm_file(self._under("new", key))

    def drop_unfinished(self, before: datetime) -> int:
        """Have S3 forget the pieces of objects whose sending began before and never ended; how many objects."""
        if _is_local(self._files):
            return 0
        bucket, _, prefix = self._root.partition("/")
        with _said("list"):
            told = self._files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=prefix)
            found = [one for one in told.get("Uploads", ()) if one["Initiated"] < before]
            for one in found:
                where = {"Bucket": bucket, "Key": one["Key"], "UploadId": one["UploadId"]}
                self._files.call_s3("abort_multipart_upload", **where)
        return len(found)

    def problem(self) -> str:
        """What is wrong with the store, in words; empty if it can be written and read."""
        try:
            key, _ = self.put_part([b"jiaokan"])
            self.remove_part(key)
        except StoreError as error:
            return str(error)
        return ""

    @contextmanager
    def _reading(self, wanted: str) -> Iterator[None]:
        """What is missing from a store that is there is not stored; a store that is gone may come back."""
        with _said("read"):
            try:
                yield
            except FileNotFoundError as error:
                if not self._is_there():
                    raise
                told = f"the store holds no {wanted}: restore it from a backup, or upload again"
                raise NotStoredError(told) from error

    def _is_there(self) -> bool:
        """Whether the folder or bucket exists, whatever it holds. Raises what its file system raises."""
        if _is_local(self._files):
            return Path(self._root).is_dir()
        try:
            self._files.call_s3("head_bucket", Bucket=self._root.partition("/")[0])
        except FileNotFoundError:
            return False
        return True

    def _part(self, key: str) -> Iterator[bytes]:
        with self._reading(key), self._files.open(self._under("parts", key), "rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def _is_new(self, sha256: str) -> bool:
        path = self._path(sha256)
        with _said("read"):
            try:
                info = {"mtime": Path(path).stat().st_mtime} if _is_local(self._files) else self._files.info(path)
                return _at(info) > datetime.now(UTC) - _NEW
            except FileNotFoundError:
                return False

    def _move(self, path: str, to: str) -> None:
        """Also where the same bytes are there already: that makes them new, and safe from tidying."""
        if _is_local(self._files):
            _made(lambda: os.replace(path, to), to)  # noqa: PTH105  # both are paths of fsspec
        else:
            self._files.copy(path, to)
            self._files.rm_file(path)

    def _path(self, sha256: str) -> str:
        if not _SHA256.fullmatch(sha256):
            raise NotStoredError(f"not a hash: {sha256[:80]!r}")
        return self._under("blobs", f"{sha256[:2]}/{sha256}")

    def _under(self, folder: str, key: str) -> str:
        return f"{self._root}/{folder}/{key}"

    @property
    def _files(self) -> AbstractFileSystem:
        return self._open()[1]

    @property
    def _root(self) -> str:
        return self._open()[2]

    def _open(self) -> tuple[int, AbstractFileSystem, str]:
        """The file system of this process: connections must not be shared across a fork."""
        if self._opened is None or self._opened[0] != os.getpid():
            options = _S3 if self._url.startswith("s3:") else {}
            files, root = fsspec.core.url_to_fs(self._url, skip_instance_cache=True, **options)
            self._opened = (os.getpid(), files, root.rstrip("/"))
        return self._opened


@contextmanager
def _said(what: str) -> Iterator[None]:
    """Errors of file systems and S3 clients in words."""
    try:
        yield
    except FileNotFoundError as error:
        raise StoreError(f"the store does not exist: {error}; check JIAOKAN_STORE_URL") from error
    except (OSError, _client_errors()) as error:
        said = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise StoreError(f"the store cannot {what} ({said}): check its space, rights and address") from error


def _opened(files: AbstractFileSystem, path: str) -> Any:
    """A file to be written; on a local disk it is the system's own, which is opened once for each page."""
    return Path(path).open("wb") if _is_local(files) else files.open(path, "wb")


def _made(action: Callable[[], _Value], path: str) -> _Value:
    """Do something that needs the folder of a path; if it is not there, it is made."""
    try:
        return action()
    except FileNotFoundError:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        return action()


def _write(writer: Writer, pieces: Iterable[bytes]) -> None:
    try:
        for piece in pieces:
            writer.write(piece)
    except BaseException:
        writer.abandon()
        raise


def _at(info: Mapping[str, Any]) -> datetime:
    """When something in the store was last written."""
    found = info.get("LastModified") or datetime.fromtimestamp(info["mtime"], UTC)
    return cast(datetime, found)


def _is_local(files: AbstractFileSystem) -> bool:
    return "file" in files.protocol


def _client_errors() -> type[Exception]:
    """What an S3 client raises besides OSError; known only where it is installed and in use."""
    module = sys.modules.get("botocore.exceptions")
    return cast(type[Exception], getattr(module, "BotoCoreError", OSError))
