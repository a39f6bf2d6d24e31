"""What a file is, by its first bytes: signatures from the specifications, names only where bytes say nothing."""

from __future__ import annotations

import codecs
from enum import StrEnum
from pathlib import Path

from models.files import UnreadableError

HEAD = 1 << 16
"""How much of a file tells its kind."""
_PDF_HEADER_WITHIN = 1024
_TAKES = "jiaokan reads PDF, PNG, JPEG, TIFF, text dumps (.txt) and ZIPs of those"


class Content(StrEnum):
    """What the doors let in."""

    PDF = "pdf"
    IMAGE = "image"
    TEXT = "text"
    ZIP = "zip"


_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
_OTHERS = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Office file (Word, Excel or WPS): save it as PDF and add that"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it, or pack its files as ZIP"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it, or pack its files as ZIP"),
    (b"\x1f\x8b", "a gzip file: unpack it first"),
    (b"GIF8", "a GIF picture: save it as PNG and add that"),
    (b"BM", "a BMP picture: save it as PNG and add that"),
    (b"AT&TFORM", "a DjVu file: convert it to PDF and add that"),
    (b"CAJ", "a CAJ file: print it to PDF and add that"),
    (b"%!PS", "a PostScript file: convert it to PDF and add that"),
    (b"{\\rtf", "an RTF text: save it as PDF and add that"),
)
_COMPANIONS = {
    ".md", ".rst", ".json", ".csv", ".tsv", ".yaml", ".yml", ".toml", ".ini", ".log", ".db", ".py", ".sh", ".bat",
    ".lnk", ".url", ".md5", ".sha1", ".sha256", ".xml",
}  # fmt: skip


def is_companion(name: str) -> bool:
    """Whether a file in a folder or ZIP is no document by its name (a README, a checksum list), so nobody misses it."""
    return Path(name).suffix.lower() in _COMPANIONS or Path(name).stem.upper() in {"LICENSE", "LICENCE", "README"}


def is_hidden(name: str) -> bool:
    """Whether a part of a path is hidden, or what an operating system leaves in folders and ZIPs."""
    return name.startswith((".", "~$")) or name in {"__MACOSX", "Thumbs.db", "desktop.ini", "@eaDir"}


def content(path: Path, name: str) -> Content:
    """What a file holds; raises `UnreadableError`, naming what it is instead, where that is nothing jiaokan reads."""
    with path.open("rb") as file:
        return content_of(file.read(HEAD), name)


def content_of(head: bytes, name: str) -> Content:
    """What a file holds that begins with these bytes, `HEAD` of them or all; raises as `content` does."""
    if not head:
        raise UnreadableError("the file is empty (0 bytes): get it again from its source")
    if head.startswith(_IMAGES):
        return Content.IMAGE
    if head.startswith(_ZIPS):  # before PDF: one that is stored without compression begins with its first file
        return Content.ZIP
    if b"%PDF-" in head[:_PDF_HEADER_WITHIN]:
        return Content.PDF
    for signature, what in _OTHERS:
        if head.startswith(signature):
            raise UnreadableError(f"this is {what}")
    return _text(head, Path(name).suffix.lower())


def _text(head: bytes, suffix: str) -> Content:
    """Text dumps have no signature: they are text by content and .txt by name."""
    if not is_text(head):
        what = f"not a {suffix[1:].upper()} file, whatever its name says" if suffix else "a file of an unknown kind"
        raise UnreadableError(f"this is {what}, or its beginning is damaged: get it again from its source ({_TAKES})")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype html", b"<html", b"<?xml", b"<head")):
        raise UnreadableError("this is a web page, as a failed download leaves it: download the document again")
    if suffix == ".txt":
        return Content.TEXT
    raise UnreadableError("this is plain text: if it is the dump of an OCR run, give it a name that ends in .txt")


def is_text(head: bytes) -> bool:
    """Whether bytes (maybe cut in the middle of a character) are text in UTF-8, UTF-16 with a mark, or GB 18030."""
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    if b"\0" in head:
        return False
    for encoding in ("utf-8", "gb18030"):
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(head)
        except UnicodeDecodeError:
            continue
        return sum(c < " " and c not in "\t\r\n\f" for c in text) <= len(text) // 100
    return False
