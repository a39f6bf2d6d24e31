"""The judgement of one page. It depends on this page alone, so that pages may be judged in any order and process."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from models.document import Origin, Token
from models.geometry import Box
from models.layer import Layer, Run
from worker.origin.compare import Tally, compare, neutral, unmapped
from worker.origin.ink import Picture, bare, cut, uncovered_lines
from worker.origin.sample import Piece, choose, pieces, showing
from worker.stopwatch import step

Read = Callable[[Sequence[Picture]], Sequence[str]]
"""The recogniser: what stands in each of some crops (BGR), each one line of text."""

_PIECES, _HIDDEN_PIECES, _FONT_PIECES, _AGAIN = 8, 14, 4, 4
"""How many pieces are read: for a page, for an invisible layer, at least for each font, and again for each suspect."""
_MARGINS = (1.0, 2.5)
"""Points around a crop, at the first and the second reading: another context is another witness."""
_MARKS, _CHARACTERS, _LINES = 14, 8, 5
"""A page lacks text if so many marks are uncovered and the first lines of them read as so many characters."""
_GLANCE = 120.0
"""Points of such a line that are read."""
_SLIGHT = 0.02
"""A font below this share of the page's characters, and without digits, is put aside alone."""
_PAPER = 0.5
"""A picture that takes this share of the page is a scan of it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What may be believed of a page's text layer.

    `believed` are tokens to be used as they are, `witness` those that are not believed (for `Page.layer`), `missing`
    the places of text the layer lacks, `fonts` the fonts whose characters are not what they claim. The page has to be
    read unless it is born digital; MIXED says that `believed` holds beside what is read (see `merge`).
    """

    origin: Origin
    believed: tuple[Token, ...]
    witness: tuple[Token, ...]
    reason: str
    fonts: tuple[str, ...] = ()
    missing: tuple[Box, ...] = ()

    @property
    def to_be_read(self) -> bool:
        return self.origin is not Origin.BORN_DIGITAL


@dataclass(frozen=True, slots=True)
class _Sight:
    """The page as it looks: its picture, points to the pixel, and who reads."""

    image: Picture
    scale: float
    read: Read

    def crops(self, boxes: Iterable[Box], margin: float) -> list[Picture]:
        return [cut(self.image, self.scale, box, margin) for box in boxes]


@step("origin")
def judge(layer: Layer, image: Picture, scale: float, read: Read) -> Judgement:
    """Whether a page's text layer says what its picture shows; `scale` is points to the pixel (0.36 at 200 dpi).

    An invisible layer is some earlier OCR's work: it never counts as truth, however well it agrees.
    """
    sight = _Sight(image, scale, read)
    shown = [run for run in layer.runs if run.shown]
    hidden = [run for run in layer.runs if not run.shown]
    if not shown and not hidden:
        return _textless(layer, sight)
    tallies = _tallies(pieces(shown), sight)
    wrong = sorted(font for font, tally in tallies.items() if not tally.believed)
    if wrong and _weigh(shown, wrong, tallies):
        return Judgement(Origin.GARBLED_TEXT, (), _tokens(layer.runs), _accusation(wrong, tallies), tuple(wrong))
    kept = [run for run in shown if not set(run.fonts) & set(wrong)]
    missing = _missing(kept, sight) if kept else ()
    if not kept or (missing and (hidden or _papered(layer))):
        return _scan(layer, kept, missing, sight)
    believed, witness = _tokens(kept), _tokens(run for run in layer.runs if run not in kept)
    if missing:
        reason = "part of the page's text is drawn as a picture or as outlines"
        return Judgement(Origin.MIXED, believed, witness, reason, tuple(wrong), missing)
    reason = f"the glyphs of {len(tallies)} fonts say what the text layer says"
    return Judgement(Origin.BORN_DIGITAL, believed, witness, reason, tuple(wrong))


def merge(believed: Sequence[Token], read: Iterable[Token]) -> tuple[Token, ...]:
    """What was believed together with what was read beside it, for a page of which only part is text.

    A token that was read is left out where believed ones cover a third of it.
    """
    third = 1 / 3
    added = [
        token
        for token in read
        if sum(token.box.overlap(b.box) for b in believed) < third * max(token.box.width * token.box.height, 1e-6)
    ]
    return (*believed, *added)


def _tallies(candidates: list[Piece], sight: _Sight, most: int = _PIECES) -> dict[str, Tally]:
    """Each font's comparison; fonts with a digit under suspicion are looked at again, in another context."""
    tallies = {font: Tally() for font in sorted({font for piece in candidates for font in piece.fonts})}
    _take(_sample(candidates, most), tallies, sight, _MARGINS[0])
    again: list[Piece] = []
    for font, tally in tallies.items():
        for char in tally.suspects() if tally.believed else ():
            again.extend(showing(candidates, font, char)[:_AGAIN])
    _take(list(dict.fromkeys(again)), tallies, sight, _MARGINS[1])
    return tallies


def _sample(candidates: list[Piece], most: int) -> list[Piece]:
    """The page's pieces to compare: a cover of the whole page's characters, and some of every font."""
    chosen = choose(candidates, most)
    fonts = Counter(font for piece in candidates for font, _ in piece.pairs)
    for font in sorted(fonts):
        lacking = _FONT_PIECES - sum(font in piece.fonts for piece in chosen)
        if lacking > 0:
            of_font = [p for p in candidates if font in p.fonts and p not in chosen]
            chosen.extend(choose(of_font, lacking))
    return chosen


def _take(chosen: Sequence[Piece], tallies: dict[str, Tally], sight: _Sight, margin: float) -> None:
    """Reads pieces and enters how they compare."""
    crops = zip(chosen, sight.crops((piece.box for piece in chosen), margin), strict=True)
    inked = [(piece, crop) for piece, crop in crops if not bare(crop)]
    if not inked:
        return
    for (piece, _), text in zip(inked, sight.read([crop for _, crop in inked]), strict=True):
        for font, char, (outcome, other) in zip(piece.fonts, piece.chars, compare(piece.chars, text), strict=True):
            tallies[font].add(char, outcome, other)


def _weigh(shown: Sequence[Run], wrong: Sequence[str], tallies: dict[str, Tally]) -> bool:
    """Whether the wrong fonts matter: they hold digits, or more than a slight share of the page."""
    if any(tallies[font].wrong_digits() for font in wrong):
        return True
    fonts = [
        (font, glyph.char)
        for run in shown
        for font, glyph in zip(run.fonts, run.token.glyphs, strict=True)
        if unmapped(glyph.char) or not neutral(glyph.char)
    ]
    held = [char for font, char in fonts if font in wrong]
    return any(char.isdigit() for char in held) or len(held) > _SLIGHT * len(fonts)


def _missing(kept: Sequence[Run], sight: _Sight) -> tuple[Box, ...]:
    """Places of text that no believed token stands for, checked by reading some of them."""
    lines = uncovered_lines(sight.image, sight.scale, [run.token.box for run in kept])
    if sum(marks for _, marks in lines) < _MARKS:
        return ()
    starts = [replace(box, x1=min(box.x1, box.x0 + _GLANCE)) for box, _ in lines[:_LINES]]
    texts = sight.read(sight.crops(starts, _MARGINS[0]))
    found = sum(char.isalnum() for text in texts for char in text)
    return tuple(box for box, _ in lines) if found >= _CHARACTERS else ()


def _papered(layer: Layer) -> bool:
    """Whether one picture takes most of the page."""
    paper = Box(0.0, 0.0, layer.width, layer.height)
    return any(p.overlap(paper) > _PAPER * layer.width * layer.height for p in layer.pictures)


def _textless(layer: Layer, sight: _Sight) -> Judgement:
    """A page without a text layer: blank, or a scan, or drawn as outlines."""
    if layer.pictures or uncovered_lines(sight.image, sight.scale, ()):
        return Judgement(Origin.SCAN, (), (), "the page has no text layer")
    return Judgement(Origin.BORN_DIGITAL, (), (), "the page is blank")


def _scan(layer: Layer, kept: Sequence[Run], missing: tuple[Box, ...], sight: _Sight) -> Judgement:
    """A scanned page: with an earlier OCR's layer, or with a few words typed onto it."""
    hidden = [run for run in layer.runs if not run.shown]
    tallies = _tallies(pieces(hidden), sight, _HIDDEN_PIECES)
    wrong = sorted(font for font, tally in tallies.items() if tally.garbled or not tally.believed)
    witness = _tokens(layer.runs)
    if wrong:
        reason = f"the invisible text under the picture is not what it shows: {_examples(tallies, wrong)}"
        return Judgement(Origin.GARBLED_TEXT, (), witness, reason, tuple(wrong), missing)
    reason = "the page is a picture; its invisible text is an earlier OCR's and serves as a witness only"
    if not hidden:
        reason = "the page is a picture with a few words typed onto it"
    return Judgement(Origin.SCAN, (), witness, reason if kept or hidden else "no text of its layer shows", (), missing)


def _tokens(runs: Iterable[Run]) -> tuple[Token, ...]:
    return tuple(run.token for run in runs)


def _accusation(wrong: Sequence[str], tallies: dict[str, Tally]) -> str:
    names = ", ".join(font.split("+")[-1] or "without a name" for font in wrong)
    return f"the text layer's characters are not those shown (font {names}): {_examples(tallies, wrong)}"


def _examples(tallies: dict[str, Tally], wrong: Sequence[str]) -> str:
    """The commonest differences in words."""
    differed: Counter[tuple[str, str]] = Counter()
    for font in wrong:
        differed.update(tallies[font].differed + tallies[font].resembled)
    common = sorted(differed.items(), key=lambda item: (-item[1], item[0]))[:4]
    return ", ".join(f"{_visible(claimed)} shows as {_visible(read)}" for (claimed, read), _ in common)


def _visible(char: str) -> str:
    return char if char and not unmapped(char) else f"U+{ord(char):04X}" if char else "nothing"
