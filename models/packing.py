"""The frozen values as bytes for the store, and back: MessagePack, compressed, with the kind of value in front.

The same value always gives the same bytes, so equal results share one blob. Fields that are added later, with a
default, leave older bytes readable.
"""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from models.document import Document, Extraction, Page

_Value = TypeVar("_Value")
_LEVEL = 3
_MAGIC = b"JK1"
_encoder = msgspec.msgpack.Encoder()
_KINDS: dict[type, bytes] = {Page: b"P", Document: b"D", Extraction: b"E"}
_pages = msgspec.msgpack.Decoder(Page)
_documents = msgspec.msgpack.Decoder(Document)
_extractions = msgspec.msgpack.Decoder(Extraction)


class PackingError(ValueError):
    """Bytes that are not what they should be; the message says what is wrong."""


def pack(value: Page | Document | Extraction) -> bytes:
    """A value as compact bytes."""
    return _MAGIC + _KINDS[type(value)] + zlib.compress(_encoder.encode(value), _LEVEL)


def unpack_page(data: bytes) -> Page:
    """A page as read; raises PackingError."""
    return _unpack(data, b"P", _pages)


def unpack_document(data: bytes) -> Document:
    """A document as read; raises PackingError."""
    return _unpack(data, b"D", _documents)


def unpack_extraction(data: bytes) -> Extraction:
    """What a document was settled to; raises PackingError."""
    return _unpack(data, b"E", _extractions)


def _unpack(data: bytes, kind: bytes, decoder: msgspec.msgpack.Decoder[_Value]) -> _Value:
    if not data.startswith(_MAGIC + kind):
        raise PackingError(f"these bytes hold no {kind.decode()} value of jiaokan; was the store mixed up?")
    try:
        return decoder.decode(zlib.decompress(data[len(_MAGIC) + len(kind) :]))
    except (zlib.error, msgspec.MsgspecError) as error:
        raise PackingError(f"these bytes are damaged or of another version ({error}): read the file again") from error
