"""Files that should not be let in, or that cost more than they should, each made in a few bytes where it can be."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

PDF_HEAD = b"%PDF-1.7\n"


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """A PDF of the given objects, numbered from 1, the first its catalogue, with a right cross-reference table."""
    body, offsets = PDF_HEAD, []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    end = b"trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (size, trailer, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + end


def pages(count: int, side: int = 500) -> bytes:
    """A PDF of so many empty pages, all but the first the same object as far as their content goes."""
    kids = b" ".join(b"%d 0 R" % (number + 3) for number in range(count))
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 %d 500]>>" % side
    tree = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", tree, *([page] * count))


def encrypted() -> bytes:
    """A PDF that asks for a password: standard security handler, revision 3, with keys that fit no password we know."""
    secret = b"<" + b"5a" * 32 + b">"
    keys = b"<</Filter/Standard/V 2/R 3/Length 128/P -44/O %s/U %s>>" % (secret, secret)
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]>>"
    tree = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    identity = b"/Encrypt 4 0 R/ID[<%s><%s>]" % (b"00" * 16, b"00" * 16)
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", tree, page, keys, trailer=identity)


def pointing(address: bytes, file: bytes) -> bytes:
    """A page that asks for other places in every way it can: actions, forms, entities of XML, contents elsewhere."""
    entity = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "%s/%s"><!ENTITY f SYSTEM "file://%s">]><x>&e;&f;</x>'
    )
    xfa, metadata = (entity % (address, name, file) for name in (b"xfa", b"metadata"))
    away = b"<</FS/URL/F(%s/away.pdf)>>" % address
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R/OpenAction 6 0 R/AcroForm<</Fields[]/XFA 7 0 R>>/Metadata 8 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents[4 0 R 9 0 R]/Annots[5 0 R]/AA<</O 6 0 R>>"
        b"/Resources<</XObject<</Away 10 0 R>>>>>>",
        b"<</Length 0/F(%s)>>\nstream\n\nendstream" % file,
        b"<</Type/Annot/Subtype/Link/Rect[0 0 500 500]/A 6 0 R>>",
        b"<</S/URI/URI(%s/uri)/Next<</S/SubmitForm/F %s>>>>" % (address, away),
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(xfa), xfa),
        b"<</Type/Metadata/Subtype/XML/Length %d>>\nstream\n%s\nendstream" % (len(metadata), metadata),
        b"<</Length 8>>\nstream\n/Away Do\nendstream",
        b"<</Subtype/Form/BBox[0 0 500 500]/Ref<</F %s/Page 0>>/Length 0>>\nstream\n\nendstream" % away,
    )


def hanging(step: bytes = b".001") -> bytes:
    """A page filled with a pattern whose tiles stand so close that drawing it takes PDFium days, but no memory."""
    fill = b"/Pattern cs /Tile scn 0 0 500 500 re f"
    tile = b"0 0 1 1 re f"
    kind = b"/Type/Pattern/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 2 2]"
    shape = b"<<%s/XStep %s/YStep %s/Resources<<>>/Length %d>>"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R/Resources<</Pattern<</Tile 5 0 R>>>>>>"
    return pdf(
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        page,
        b"<</Length %d>>\nstream\n%s\nendstream" % (len(fill), fill),
        shape % (kind, step, step, len(tile)) + b"\nstream\n%s\nendstream" % tile,
    )


def swelling(levels: int = 12, wide: int = 10) -> bytes:
    """A page of forms within forms, each drawing the next ten times: PDFium wants memory for 10 to the 12th."""
    first = 5
    forms = []
    for level in range(levels):
        inner = b"/Next Do " * wide if level < levels - 1 else b"0 0 9 9 re f"
        resources = b"/Resources<</XObject<</Next %d 0 R>>>>" % (first + level + 1) if level < levels - 1 else b""
        head = b"<</Type/XObject/Subtype/Form/BBox[0 0 500 500]%s/Length %d>>" % (resources, len(inner))
        forms.append(head + b"\nstream\n" + inner + b"\nendstream")
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 500 500]/Contents 4 0 R/Resources<</XObject<</Next 5 0 R>>>>>>"
    start = b"<</Length 8>>\nstream\n/Next Do\nendstream"
    tree = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    return pdf(b"<</Type/Catalog/Pages 2 0 R>>", tree, page, start, *forms)


def huge_png(side: int = 100_000) -> bytes:
    """The header of a PNG of so many pixels a side, with next to no pixels after it."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


def packed(path: Path, *members: tuple[str, bytes]) -> Path:
    """A ZIP with members of any name, also the same name twice."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return path


def lying_bomb(path: Path, size: int) -> Path:
    """A ZIP whose directory declares 1,000 bytes for a member that unpacks to `size` zeros."""
    packed(path, ("zeros.pdf", b"\0" * size))
    told, real = struct.pack("<I", 1000), struct.pack("<I", size)
    path.write_bytes(path.read_bytes().replace(real, told))
    return path
