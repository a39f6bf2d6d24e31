"""A stream of bytes on its way into the store: known by its first bytes, counted, never all in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from api.deps import Kit
from models.archive import Blob
from models.blobs import PIECE, TooLargeError, Writer
from models.files import UnreadableError
from models.kinds import HEAD, Content, content_of, is_companion, is_hidden
from models.settings import MEBIBYTE

_LONGEST_NAME = 1000


@dataclass(frozen=True, slots=True)
class Received:
    """What came: its bytes in the store and what they hold, or else why they are not taken."""

    name: str
    blob: Blob | None = None
    content: Content | None = None
    reason: str = ""


def cleaned(name: str) -> str:
    """A name as it stands in the batch: forward slashes, no way up, no control characters. It never becomes a path."""
    printed = "".join(char for char in name if char.isprintable() or char == "\u3000")
    parts = [part.strip() for part in printed.encode(errors="ignore").decode().replace("\\", "/").split("/")]
    return "/".join(part for part in parts if part not in ("", ".", ".."))[-_LONGEST_NAME:]


def unwanted(name: str) -> str:
    """Why a file is not looked at, by its name; empty if it is."""
    if not name:
        return "the file has no name: give it one"
    if any(map(is_hidden, name.split("/"))):
        return "a hidden file, or one that an operating system leaves behind: nothing to read"
    return "no document by its name: nothing to read" if is_companion(name) else ""


async def receive(kit: Kit, name: str, stream: AsyncIterator[bytes]) -> Received:
    """Store a stream; what is not wanted is read to its end and dropped. Raises StoreError."""
    reason = unwanted(name)
    if reason:
        await _drain(stream)
        return Received(name, reason=reason)
    pieces = gathered(stream)
    head = await anext(pieces, b"")
    try:
        content = content_of(head[:HEAD], name)
    except UnreadableError as error:
        await _drain(pieces)
        return Received(name, reason=str(error))
    most = most_bytes(kit, content)
    writer = await run_in_threadpool(kit.blobs.writer, most)
    try:
        blob = await _stored(kit, writer, head, pieces)
    except TooLargeError:
        await _drain(pieces)
        return Received(name, reason=too_large(most))
    return Received(name, blob, content)


def look(kit: Kit, name: str, keys: Iterable[str]) -> Received:
    """Join the pieces of an upload. Raises StoreError."""
    try:
        blob = kit.blobs.join_parts(keys, largest(kit))
    except TooLargeError:
        return Received(name, reason=too_large(largest(kit)))
    head = b"".join(kit.blobs.stream(blob.sha256, 0, HEAD))
    try:
        content = content_of(head, name)
    except UnreadableError as error:
        return Received(name, reason=str(error))
    most = most_bytes(kit, content)
    return Received(name, reason=too_large(most)) if blob.size > most else Received(name, blob, content)


def most_bytes(kit: Kit, content: Content) -> int:
    """How large a file of this kind may be."""
    limits = kit.settings.limits()
    return limits.zip_bytes if content is Content.ZIP else limits.file_bytes


def largest(kit: Kit) -> int:
    """How large any file may be."""
    limits = kit.settings.limits()
    return max(limits.zip_bytes, limits.file_bytes)


def too_large(most: int) -> str:
    """Why a file is not taken that is larger than this."""
    return f"the file is larger than {most // MEBIBYTE:,} MiB: split it"


async def _stored(kit: Kit, writer: Writer, head: bytes, pieces: AsyncIterator[bytes]) -> Blob:
    """Write on until the stream ends; if it breaks off, nothing is kept."""
    try:
        await run_in_threadpool(writer.write, head)
        async for piece in pieces:
            await run_in_threadpool(writer.write, piece)
    except BaseException:
        writer.abandon()
        raise
    return await run_in_threadpool(kit.blobs.keep, writer)


async def gathered(stream: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces of at least a mebibyte, the last one aside."""
    waiting = bytearray()
    async for chunk in stream:
        waiting += chunk
        if len(waiting) >= PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


async def _drain(stream: AsyncIterator[bytes]) -> None:
    async for _ in stream:
        pass
