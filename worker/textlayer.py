"""A searchable PDF: the picture of a page with its text laid over it unseen, and its rules beneath as strokes.

The file is put together here, object by object: the text needs a font that can say any character and is never painted,
which PDF libraries do not offer. Structure after ISO 32000-1: 7.5 files, 9.7 composite fonts, 9.10.3 ToUnicode.
"""

from __future__ import annotations

import hashlib
import math
import re
import struct
import zlib
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from PIL import Image

from models.document import Token
from models.geometry import Mesh
from worker.stopwatch import step

Picture = NDArray[np.uint8]
Segment = tuple[float, float, float, float]
"""A ruling line from (x0, y0) to (x1, y1) in points, top left origin."""

_DESCENT = 0.12
"""Of the em, below the baseline; 0.88 stand above."""
_LEAST = 0.1
"""Points: the smallest extent of a token."""
_HALF, _FULL = 500, 1000
"""Advance widths in thousandths of an em."""
_RULE_WIDTH = 0.5
_QUALITY = 75
_BILEVEL_SHARE = 0.995
"""A picture with this share of pixels black or white was scanned in black and white."""
_GREY_TOLERANCE = 6.0
"""Largest mean difference of the colour channels, of 255, in a grey picture."""


@step("textlayer")
def write(
    image: Picture,
    tokens: Sequence[Token],
    rules: Iterable[Segment],
    size: tuple[float, float],
    mesh: Mesh | None = None,
) -> bytes:
    """A PDF of one page of `size` (width, height in points): picture, invisible text in the order given, rules beneath.

    Each token's text fills its box, so that it can be found, marked and copied where it is seen. `image` is BGR or
    grey. Where it shows the page as filed, `mesh` leads there from the straightened page on which tokens and rules
    stand; the text then runs as the lines of the picture do. The result depends on the arguments alone.
    """
    width, height = size
    codes = _codes(tokens)
    page = (
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 {width:.2f} {height:.2f}]/Contents 4 0 R"
        "/Resources<</Font<</F 6 0 R>>/XObject<</I 5 0 R>>>>>>"
    )
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        page.encode(),
        _stream("", _content(tokens, codes, rules, _Sheet(width, height, mesh))),
        _picture(image),
        *_font(codes, first=6),
    ]
    return _file(objects)


def join(pages: Iterable[bytes], out: Path) -> None:
    """Writes PDFs one after another as one, a page at a time; the file appears only when it is whole.

    The same pages give the same bytes: PDFium's date is set to 1970 and its random identifier to the content's hash.
    """
    with closing(pdfium.PdfDocument.new()) as whole:
        for page in pages:
            with closing(pdfium.PdfDocument(page)) as part:
                whole.import_pages(part)
        stream = BytesIO()
        whole.save(stream)
    half = out.with_name(out.name + ".part")
    half.write_bytes(_timeless(stream.getvalue()))
    half.replace(out)


def _timeless(data: bytes) -> bytes:
    """A PDF as PDFium saves it without what differs each time; nothing changes its length."""
    data = re.sub(rb"(/CreationDate\(D:)\d{14}", rb"\g<1>19700101000000", data, count=1)
    trailer = data.rindex(b"trailer")
    plain = re.sub(rb"/ID\[<\w+><\w+>\]", b"", data[trailer:])
    name = hashlib.sha256(data[:trailer] + plain).hexdigest()[:32].upper().encode()
    return data[:trailer] + re.sub(rb"/ID\[<\w{32}><\w{32}>\]", b"/ID[<%b><%b>]" % (name, name), data[trailer:])


@dataclass(frozen=True, slots=True)
class _Sheet:
    """The page written, and the way to it from where tokens and rules stand."""

    width: float
    height: float
    mesh: Mesh | None

    def point(self, x: float, y: float) -> tuple[float, float]:
        """In PDF coordinates: bottom left origin, y upwards."""
        if self.mesh is not None:
            x, y = self.mesh.back(x, y)
        return x, self.height - y


def _codes(tokens: Sequence[Token]) -> dict[str, int]:
    """A code for each character in use, from 1 in order of their values."""
    return {char: code for code, char in enumerate(sorted({c for t in tokens for c in t.text}), 1)}


def _content(tokens: Sequence[Token], codes: dict[str, int], rules: Iterable[Segment], sheet: _Sheet) -> bytes:
    lines = [f"q {_RULE_WIDTH} w"]
    for x0, y0, x1, y1 in rules:
        (left, top), (right, bottom) = sheet.point(x0, y0), sheet.point(x1, y1)
        lines.append(f"{left:.2f} {top:.2f} m {right:.2f} {bottom:.2f} l S")
    lines += ["Q", f"q {sheet.width:.2f} 0 0 {sheet.height:.2f} 0 0 cm /I Do Q", "BT 3 Tr"]
    lines += [_shown(token, codes, sheet) for token in tokens if token.text and token.box.width > 0]
    lines.append("ET")
    return "\n".join(lines).encode("ascii")


def _shown(token: Token, codes: dict[str, int], sheet: _Sheet) -> str:
    """The operators that set one token so that its em boxes fill its box, stretched or narrowed as needed."""
    box = token.box
    base = box.y1 - _DESCENT * box.height
    start, end = sheet.point(box.x0, base), sheet.point(box.x1, base)
    length = max(math.dist(start, end), _LEAST)
    em = max(math.dist(sheet.point(box.x0, box.y0), sheet.point(box.x0, box.y1)), _LEAST)
    across, up = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    stretch = 100 * length / (sum(map(_advance, token.text)) / _FULL * em)
    text = "".join(f"{codes[char]:04X}" for char in token.text)
    place = f"{across:.5f} {up:.5f} {-up:.5f} {across:.5f} {start[0]:.2f} {start[1]:.2f}"
    return f"/F {em:.2f} Tf {stretch:.2f} Tz {place} Tm <{text}> Tj"


def _advance(char: str) -> int:
    return _HALF if char < "\u2e80" else _FULL


def _font(codes: dict[str, int], first: int) -> list[bytes]:
    """A composite font that is never painted, with the meaning of each code; its objects count from `first`."""
    half = [code for char, code in codes.items() if _advance(char) == _HALF]
    widths = " ".join(f"{code} {code} {_HALF}" for code in half)
    face = _face()
    return [
        f"<</Type/Font/Subtype/Type0/BaseFont/Unseen/Encoding/Identity-H/DescendantFonts[{first + 1} 0 R]"
        f"/ToUnicode {first + 4} 0 R>>".encode(),
        f"<</Type/Font/Subtype/CIDFontType2/BaseFont/Unseen/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)"
        f"/Supplement 0>>/FontDescriptor {first + 2} 0 R/DW {_FULL}/W[{widths}]/CIDToGIDMap {first + 5} 0 R>>".encode(),
        f"<</Type/FontDescriptor/FontName/Unseen/Flags 4/FontBBox[0 -120 1000 880]/ItalicAngle 0/Ascent 880"
        f"/Descent -120/CapHeight 880/StemV 80/FontFile2 {first + 3} 0 R>>".encode(),
        _stream(f"/Length1 {len(face)}", face),
        _stream("", _meanings(codes)),
        _stream("", struct.pack(f">{len(codes) + 1}H", 0, *(2 if _advance(c) == _HALF else 1 for c in codes))),
    ]


def _meanings(codes: dict[str, int]) -> bytes:
    """The ToUnicode map of the codes, at most 100 to a block as the format demands."""
    pairs = [f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>" for char, code in codes.items()]
    blocks = [pairs[i : i + 100] for i in range(0, len(pairs), 100)]
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for block in blocks:
        lines += [f"{len(block)} beginbfchar", *block, "endbfchar"]
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode("ascii")


def _face() -> bytes:
    """A TrueType file of two plain blocks, a full and a half em wide, after an empty glyph.

    Never painted, they give every character an extent: PDFium takes characters without one for repetitions of each
    other. Tables as a PDF needs them (ISO 32000-1, 9.9), layouts after OpenType 1.9.
    """
    blocks = [_block(_FULL), _block(_HALF)]
    ends = [0, 0, len(blocks[0]), sum(map(len, blocks))]
    tables = {
        b"glyf": b"".join(blocks),
        b"head": struct.pack(
            ">IIIIHHQQhhhhHHhhh", 0x10000, 0x10000, 0, 0x5F0F3CF5, 3, 1000, 0, 0, 0, -120, 1000, 880, 0, 8, 2, 0, 0
        ),
        b"hhea": struct.pack(">IhhhHhhhhhhhhhhhH", 0x10000, 880, -120, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, 3),
        b"hmtx": struct.pack(">HhHhHh", _FULL, 0, _FULL, 0, _HALF, 0),
        b"loca": struct.pack(">4H", *(end // 2 for end in ends)),
        b"maxp": struct.pack(">IH13H", 0x10000, 3, 4, 1, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    offset = 12 + 16 * len(tables)
    directory = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, 16 * len(tables) - 64)
    body = b""
    for tag, data in tables.items():
        padded = data + bytes(-len(data) % 4)
        total = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += tag + struct.pack(">III", total, offset + len(body), len(data))
        body += padded
    return directory + body


def _block(width: int) -> bytes:
    """A glyph of one contour around the em box."""
    low, high = -120, 880
    head = struct.pack(">5h", 1, 0, low, width, high)
    outline = struct.pack(">HH4B", 3, 0, 1, 1, 1, 1) + struct.pack(
        ">8h", 0, 0, width, 0, low, high - low, 0, low - high
    )
    return head + outline


def _picture(image: Picture) -> bytes:
    """The image object: G4 fax for black and white, JPEG in grey or colour for the rest."""
    height, width = image.shape[:2]
    head = f"/Type/XObject/Subtype/Image/Width {width}/Height {height}"
    grey = _as_grey(image)
    if grey is not None and _bilevel(grey):
        parameters = f"/K -1/Columns {width}/Rows {height}/BlackIs1 false"
        return _raw(
            f"{head}/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/CCITTFaxDecode/DecodeParms<<{parameters}>>",
            _g4(grey),
        )
    space = "/DeviceRGB" if grey is None else "/DeviceGray"
    _, jpeg = cv2.imencode(".jpg", image if grey is None else grey, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return _raw(f"{head}/ColorSpace{space}/BitsPerComponent 8/Filter/DCTDecode", jpeg.tobytes())


def _as_grey(image: Picture) -> Picture | None:
    """The picture in one channel, or None if it has colour."""
    if image.ndim == 2:  # noqa: PLR2004  rows and columns
        return image
    small = image[::4, ::4].astype(np.int16)
    spread = small.max(axis=2) - small.min(axis=2)
    if float(spread.mean()) > _GREY_TOLERANCE or float((spread > 60).mean()) > 0.0005:  # noqa: PLR2004  a seal's red
        return None
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), dtype=np.uint8)


def _bilevel(grey: Picture) -> bool:
    counts = np.bincount(grey[::2, ::2].ravel(), minlength=256)
    return bool((counts[:8].sum() + counts[-8:].sum()) / counts.sum() >= _BILEVEL_SHARE)


def _g4(grey: Picture) -> bytes:
    """CCITT group 4 data of a picture, through libtiff: one strip without its TIFF."""
    buffer = BytesIO()
    whole = {278: grey.shape[0], 262: 0}  # RowsPerStrip; PhotometricInterpretation: white is zero
    Image.fromarray(grey).point(lambda v: 255 * (v > 127)).convert("1").save(  # noqa: PLR2004  half of 255
        buffer, "TIFF", compression="group4", tiffinfo=whole
    )
    with Image.open(buffer) as tiff:
        tags: Any = getattr(tiff, "tag_v2")  # noqa: B009  known to TIFF images only
        (start,), (length,) = tags[273], tags[279]
    return buffer.getvalue()[start : start + length]


def _stream(entries: str, data: bytes) -> bytes:
    return _raw(f"{entries}/Filter/FlateDecode", zlib.compress(data, 9))


def _raw(entries: str, data: bytes) -> bytes:
    return f"<<{entries}/Length {len(data)}>>\nstream\n".encode() + data + b"\nendstream"


def _file(objects: Sequence[bytes]) -> bytes:
    """Objects numbered from 1, the first being the catalog, with their cross-reference table."""
    out = bytearray(b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n".encode() + body + b"\nendobj\n"
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{start:010d} 00000 n \n".encode() for start in starts)
    return bytes(out + f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n".encode())
