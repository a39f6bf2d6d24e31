"""Tokens to text: what stands on one line, in one cell, and where it lies on the page as filed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from models.document import Glyph, Line, Page, Reading, Rereading, Token
from models.geometry import Box, around

SAME_LINE = 0.5
WORD_GAP = 0.6
LAYER = 0.2  # how far a garbled layer is believed
_NUMERIC = re.compile(r"^[-+(△▲\u2212¥~]*[\dOolI][\dOolI,.。:;'`·、\s)%-]*$")
_AMOUNT_END = re.compile(r"[.]\s*\d\d$")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff]")
_SPACE = re.compile(r"\s+")


def is_numeric(text: str) -> bool:
    """Whether a text is made like a figure, a code or a number, misreadings of 0 and 1 allowed."""
    return bool(_NUMERIC.match(unicodedata.normalize("NFKC", text).strip())) and any(c.isdigit() for c in text)


def has_words(text: str) -> bool:
    """Whether a text holds Chinese characters."""
    return bool(_WIDE.search(text))


def text_lines(tokens: Iterable[Token]) -> list[tuple[Token, ...]]:
    """Tokens grouped by the line they stand on, lines from top to bottom, tokens from left to right.

    A token belongs to a line if its middle is within half the smaller height of the line's first token's middle.
    """
    lines: list[list[Token]] = []
    for token in sorted(tokens, key=lambda t: (t.box.centre[1], t.box.x0)):
        for line in reversed(lines[-2:]):
            near = SAME_LINE * min(token.box.height, line[0].box.height)
            if abs(token.box.centre[1] - line[0].box.centre[1]) <= near:
                line.append(token)
                break
        else:
            lines.append([token])
    return [tuple(sorted(line, key=lambda t: t.box.x0)) for line in lines]


def line_text(tokens: Sequence[Token]) -> str:
    """The tokens of one line joined: one space where the gap is wider than a good half of the line's height."""
    text = ""
    end = 0.0
    for token in tokens:
        if text and token.box.x0 - end > WORD_GAP * token.box.height:
            text += " "
        text, end = text + token.text.strip(), token.box.x1
    return text


def page_line(tokens: Sequence[Token], page: Page) -> Line:
    """A line of running text with its place on the page as filed."""
    box = _as_filed(around(tuple(t.box for t in tokens)), page)
    return Line(line_text(tokens), page.number, box, min(t.probability for t in tokens))


def reading(tokens: Sequence[Token], page: Page, blank: Box) -> Reading:
    """What stands in one cell; without tokens a blank reading at the cell's own place, without text a doubtful one.

    Where characters are known, `glyphs` holds exactly one for each character of `text`.
    """
    if not any(token.text.strip() for token in tokens):
        sure = min((token.probability for token in tokens), default=1.0)
        return Reading("", page.number, _as_filed(blank, page), probability=sure)
    text, glyphs = "", []
    known = all(len(token.glyphs) == len(token.text) for token in tokens)
    before: Token | None = None
    for line in text_lines(tokens):
        for place, token in enumerate(line):
            space = before is not None and _apart(before, token, new_line=place == 0)
            if space:
                text += " "
                glyphs.append(Glyph(" ", 1.0, token.box.x0, token.box.x0))
            text += token.text
            glyphs.extend(token.glyphs)
            before = token
    if has_words(text):
        glyphs = [glyph for char, glyph in zip(text, glyphs, strict=True) if not char.isspace()] if known else []
        text = _SPACE.sub("", text)
    box = _as_filed(around(tuple(t.box for t in tokens)), page)
    again = (*(tokens[0].again if len(tokens) == 1 else ()), *_layer(tokens, page, text))
    return Reading(text, page.number, box, tuple(glyphs) if known else (), min(t.probability for t in tokens), again)


def _layer(tokens: Sequence[Token], page: Page, text: str) -> tuple[Rereading, ...]:
    """What a text layer that is not believed says where a figure stands."""
    if not page.layer or not is_numeric(text):
        return ()
    place = around(tuple(t.box for t in tokens))
    there = [
        t for t in page.layer if place.x0 <= t.box.centre[0] <= place.x1 and place.y0 <= t.box.centre[1] <= place.y1
    ]
    said = "".join(t.text.strip() for t in there)
    return (Rereading(said, LAYER, "layer"),) if said and said != text else ()


def _apart(before: Token, token: Token, *, new_line: bool) -> bool:
    """Whether two tokens of a cell are two figures or two words and not two halves of one."""
    if is_numeric(before.text) and is_numeric(token.text):
        return new_line or bool(_AMOUNT_END.search(before.text))
    ascii_words = before.text[-1:].isascii() and token.text[:1].isascii()
    return ascii_words and (new_line or token.box.x0 - before.box.x1 > WORD_GAP * token.box.height)


def figures(tokens: Sequence[Token]) -> int:
    """How many separate figures stand in a cell: lines of figures, or complete amounts beside each other."""
    count = 0
    for line in text_lines(token for token in tokens if is_numeric(token.text)):
        count += 1 + sum(1 for a in line[:-1] if _AMOUNT_END.search(a.text))
        count += sum(len(token.text.split()) - 1 for token in line if len(re.findall(r"\.\d\d\b", token.text)) > 1)
    return count


def _as_filed(box: Box, page: Page) -> Box:
    return page.mesh.box_back(box) if page.mesh else box
