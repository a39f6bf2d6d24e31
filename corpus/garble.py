"""Text layers that lie: fonts with missing or wrong ToUnicode maps, and an old OCR program's text under a scan."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from random import Random
from typing import Any

from reportlab.pdfbase import pdfdoc  # type: ignore[import-untyped]  # reportlab ships no types
from reportlab.pdfbase.ttfonts import TTFont  # type: ignore[import-untyped]

MODES = ("missing", "shifted", "permuted")
_MISREAD = {
    "0": "O68", "1": "l7I", "2": "Z7", "3": "85", "4": "A9", "5": "S63", "6": "b58", "7": "1?", "8": "B36", "9": "g40",
    ",": ".，", ".": ",·", "一": "-—", "、": "．,", "（": "(", "）": ")", "“": "\"", "”": "\"", "：": ":",
    "政": "攻", "收": "牧", "支": "攴", "出": "岀", "入": "人", "财": "时", "预": "顷", "算": "箅", "表": "衰",
    "费": "赉", "金": "全", "基": "墓", "本": "木", "年": "牟", "合": "台", "计": "汁", "拨": "拔", "款": "欹",
    "务": "劣", "公": "么", "用": "甩", "住": "往", "房": "旁", "保": "仅", "障": "嶂", "业": "亚", "单": "単",
}  # fmt: skip


class LyingFont(TTFont):  # type: ignore[misc]  # the base class is untyped
    """A font that draws the right glyphs and tells readers of the text other characters.

    `mode` missing leaves the ToUnicode map out, shifted adds a constant to every character it names, permuted
    exchanges the digits among each other.
    """

    def __init__(self, name: str, file: BytesIO | str, index: int, mode: str, rng: Random) -> None:
        super().__init__(name, file, subfontIndex=index, asciiReadable=False, shapable=False)
        self._mode = mode
        self._shift = rng.choice((1, 2, 3, 29, 31, -1, -29))
        digits = [str(d) for d in range(10)]
        rng.shuffle(digits)
        self._digits = {ord(str(n)): ord(d) for n, d in enumerate(digits)}

    def addObjects(self, doc: Any) -> None:  # noqa: N802  # the hook reportlab calls
        """Write the font's objects, then spoil the map."""
        subsets = [list(s) for s in self.state[doc].subsets]
        names = [self.getSubsetInternalName(n, doc)[1:] for n in range(len(subsets))]
        super().addObjects(doc)
        fonts = doc.idToObject["BasicFonts"].dict
        for name, subset in zip(names, subsets, strict=True):
            font = fonts[name]
            if self._mode == "missing":
                # reportlab writes the attributes that are set, so an unset one leaves no entry in the dictionary.
                font.ToUnicode = None
                continue
            stream = pdfdoc.PDFStream()
            stream.content = _cmap([self._told(c) for c in subset])
            font.ToUnicode = doc.Reference(stream, "spoiled:" + name)

    def _told(self, code: int) -> int:
        if self._mode == "permuted":
            return self._digits.get(code, code)
        return code + self._shift if code > ord(" ") else code


def _cmap(characters: list[int]) -> str:
    """A ToUnicode CMap for single-byte codes from 0 on (Adobe technical note 5411)."""
    pairs = "\n".join(f"<{code:02X}> <{value:04X}>" for code, value in enumerate(characters))
    return (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n"
        f"1 begincodespacerange <00> <{len(characters) - 1:02X}> endcodespacerange\n"
        f"{len(characters)} beginbfchar\n{pairs}\nendbfchar\n"
        "endcmap CMapName currentdict /CMap defineresource pop end end"
    )


def misread(text: str, rng: Random, rate: float = 0.07, table: Mapping[str, str] = _MISREAD) -> str:
    """Text as an old OCR program would give it: look-alikes, separators exchanged, characters dropped or doubled."""
    found = []
    for char in text:
        if rng.random() >= rate:
            found.append(char)
            continue
        kind = rng.choice(("alike", "alike", "alike", "lost", "twice"))
        if kind == "alike":
            found.append(rng.choice(table.get(char, char)))
        elif kind == "twice":
            found.append(char * 2)
    return "".join(found)
