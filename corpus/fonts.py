"""Fonts to print with: Debian's CJK faces where they are installed, the faces of installed wheels otherwise.

reportlab embeds TrueType outlines only, so OpenType fonts with CFF outlines are cut down to the characters in use and
their cubic curves approximated by quadratic ones.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen  # type: ignore[import-untyped]  # fontTools ships no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.subset import Options, Subsetter  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont as Face  # type: ignore[import-untyped]
from fontTools.ttLib import newTable
from PIL import ImageFont

_DEBIAN = Path("/usr/share/fonts")
_MAX_ERROR = 0.5  # units per em, the largest distance between a cubic curve and its approximation


@dataclass(frozen=True, slots=True)
class Source:
    """A font file: where, which face of a collection, and the Debian package that brings it."""

    path: Path
    index: int = 0
    package: str = ""


def _wheel(package: str, *parts: str) -> Path:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(f"The package {package} is missing: install jiaokan with its corpus extra")
    return Path(spec.submodule_search_locations[0]).joinpath(*parts)


_SOURCES = {
    "song": Source(_DEBIAN / "truetype/arphic/uming.ttc", 0, "fonts-arphic-uming"),
    "kai": Source(_DEBIAN / "truetype/arphic/ukai.ttc", 0, "fonts-arphic-ukai"),
    "hei": Source(_DEBIAN / "truetype/wqy/wqy-zenhei.ttc", 0, "fonts-wqy-zenhei"),
    "sans": Source(_DEBIAN / "opentype/noto/NotoSansCJK-Regular.ttc", 2, "fonts-noto-cjk"),
    "serif": Source(_DEBIAN / "opentype/noto/NotoSerifCJK-Regular.ttc", 2, "fonts-noto-cjk"),
}
_BUNDLED = {"sans": "NotoSansCJKsc-Regular.otf", "serif": "NotoSerifCJKsc-Regular.otf"}
_INSTEAD = {"song": "serif", "kai": "serif", "serif": "serif", "hei": "sans", "sans": "sans"}
_LATIN = {"dejavu": "DejaVuSans.ttf", "stix": "STIXGeneral.ttf"}
TEXT_FACES = tuple(_SOURCES)
STANDARD_FACES = {"times": "Times-Roman", "helvetica": "Helvetica"}


@cache
def source(name: str) -> Source:
    """The file of a face; a missing Debian font is named once on stderr and replaced by a bundled one."""
    if name in _LATIN:
        return Source(_wheel("matplotlib", "mpl-data", "fonts", "ttf", _LATIN[name]))
    found = _SOURCES[name]
    if found.path.exists():
        return found
    sys.stderr.write(f"{found.path.name} is missing, Noto CJK stands in: apt-get install {found.package}\n")
    return Source(_wheel("mplfonts", "fonts", _BUNDLED[_INSTEAD[name]]))


@cache
def picture_font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """A face for drawing into images."""
    found = source(name)
    return ImageFont.truetype(str(found.path), pixels, index=found.index)


def embeddable(name: str, characters: Iterable[str]) -> tuple[BytesIO | str, int]:
    """What reportlab's TTFont takes as file and subfontIndex: the file, or a copy cut down to TrueType outlines."""
    found = source(name)
    with Face(found.path, fontNumber=found.index, lazy=True, recalcTimestamp=False) as face:
        if "glyf" in face:
            return str(found.path), found.index
        return _as_truetype(face, sorted({ord(c) for c in characters} | set(range(0x20, 0x7F)))), 0


def _as_truetype(face: Face, wanted: list[int]) -> BytesIO:
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.name_IDs = [1, 2, 4, 6]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vhea", "vmtx", "DSIG"]
    cutter = Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(face)
    glyphs = face.getGlyphSet()
    outlines = {}
    for name in face.getGlyphOrder():
        pen = TTGlyphPen(glyphs)
        glyphs[name].draw(Cu2QuPen(pen, _MAX_ERROR, reverse_direction=True))
        outlines[name] = pen.glyph()
    glyf = face["glyf"] = newTable("glyf")
    face["loca"] = newTable("loca")
    glyf.glyphOrder = face.getGlyphOrder()
    glyf.glyphs = outlines
    _truetype_tables(face)
    out = BytesIO()
    face.save(out)
    out.seek(0)
    return out


def _truetype_tables(face: Face) -> None:
    """Exchange what marks a font as CFF for what TrueType readers expect (OpenType 1.9, maxp version 1.0)."""
    for tag in ("CFF ", "CFF2"):
        if tag in face:
            del face[tag]
    maxp = face["maxp"]
    maxp.tableVersion = 0x00010000
    for field in (
        "maxZones",
        "maxTwilightPoints",
        "maxStorage",
        "maxFunctionDefs",
        "maxInstructionDefs",
        "maxStackElements",
        "maxSizeOfInstructions",
        "maxComponentElements",
        "maxPoints",
        "maxContours",
        "maxCompositePoints",
        "maxCompositeContours",
        "maxComponentDepth",
    ):
        setattr(maxp, field, int(field == "maxZones"))
    face["post"].formatType = 3.0
    face["head"].glyphDataFormat = 0
    face.sfntVersion = "\x00\x01\x00\x00"
