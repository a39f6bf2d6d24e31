"""What a recogniser's CTC frames say: the characters, what else each may be, and what was nearly read. Pure.

Connectionist temporal classification (Graves et al., 2006): one distribution over the classes for each frame, class 0
being the blank; a run of frames with the same best class is one character.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

Frame = Sequence[tuple[int, float]]
"""The likelier classes of one frame as (class, probability), best first."""

BLANK = 0
_CONSIDERED = 4
"""How many alternatives a character keeps."""
_FLOOR = 0.002
"""The probability below which an alternative is noise."""
_NEARLY = 0.02
"""The probability from which a character that a blank beat is kept."""
_HALF_WIDTH = 3.0
"""Frames: a character reaches no further than this from its middle (a full-width one is about five frames wide)."""


@dataclass(frozen=True, slots=True)
class Emission:
    """One character of a text line; an empty `char` is a place where one was nearly read.

    `start` and `end` are its extent in frames from the left. `alternatives` holds (character, probability), best
    first, without `char`; the empty string stands for "no character here". `probability` belongs to `char`, so for an
    empty one it is the probability that nothing stands there.
    """

    char: str
    probability: float
    start: float
    end: float
    alternatives: tuple[tuple[str, float], ...] = ()


def decode(frames: Sequence[Frame], characters: Sequence[str]) -> tuple[Emission, ...]:
    """The best path's characters in order, and between them the characters that a blank narrowly beat.

    `characters` names the classes, the blank first. The chars of the emissions joined are the text read.
    """
    emissions: list[Emission] = []
    runs = [(best, [index for index, _ in run]) for best, run in groupby(enumerate(frames), key=lambda f: _best(f[1]))]
    for place, (best, run) in enumerate(runs):
        if best == BLANK:
            before = runs[place - 1][0] if place else BLANK
            after = runs[place + 1][0] if place + 1 < len(runs) else BLANK
            emissions.extend(_near_misses(frames, run, (before, after), characters))
        else:
            emissions.append(_character(frames, best, run, characters))
            emissions.extend(_doubles(frames, best, run, characters))
    return _widened(emissions)


def _best(frame: Frame) -> int:
    return frame[0][0] if frame else BLANK


def _character(frames: Sequence[Frame], best: int, run: Sequence[int], characters: Sequence[str]) -> Emission:
    """A character is as sure as its surest frame; another is as likely as that is in any of its frames."""
    seen: dict[int, float] = {}
    blank = 1.0
    for index in run:
        probabilities = dict(frames[index])
        blank = min(blank, probabilities.pop(BLANK, 0.0))
        for label, probability in probabilities.items():
            seen[label] = max(seen.get(label, 0.0), probability)
    certainty = seen.pop(best)
    seen[BLANK] = blank
    return Emission(characters[best], certainty, run[0], run[-1] + 1, _ranked(seen, characters))


def _doubles(frames: Sequence[Frame], best: int, run: Sequence[int], characters: Sequence[str]) -> Iterator[Emission]:
    """A character may be two alike where a blank shows through amid its run."""
    blank = max((dict(frames[index]).get(BLANK, 0.0) for index in run[1:-1]), default=0.0)
    if blank >= _NEARLY:
        yield Emission("", 1.0 - blank, run[-1], run[-1] + 1, ((characters[best], blank),))


def _near_misses(
    frames: Sequence[Frame], run: Sequence[int], neighbours: tuple[int, int], characters: Sequence[str]
) -> Iterator[Emission]:
    """The places in a run of blanks where other characters show through, as emissions of nothing."""
    showing = {index: {label: p for label, p in frames[index] if label != BLANK and p >= _NEARLY} for index in run}
    # What shows of a neighbour beside it is that neighbour's own slope.
    for side, neighbour in ((run, neighbours[0]), (run[::-1], neighbours[1])):
        for index in side:
            if showing[index].pop(neighbour, None) is None:
                break
    seen: dict[int, float] = {}
    start = run[0]
    for index in (*run, run[-1] + 1):
        here = showing.get(index, {})
        if here and not seen:
            start = index
        if not here and seen:
            nothing = max(0.0, 1.0 - sum(seen.values()))
            yield Emission("", nothing, start, index, _ranked(seen, characters))
            seen = {}
        for label, probability in here.items():
            seen[label] = max(seen.get(label, 0.0), probability)


def _ranked(seen: dict[int, float], characters: Sequence[str]) -> tuple[tuple[str, float], ...]:
    likely = sorted((-p, label) for label, p in seen.items() if p >= _FLOOR)
    return tuple(("" if label == BLANK else characters[label], -p) for p, label in likely[:_CONSIDERED])


def _widened(emissions: Sequence[Emission]) -> tuple[Emission, ...]:
    """Characters stretched to the middle between them: a run of frames is narrower than the glyph it was read from."""
    middles = [(e.start + e.end) / 2 for e in emissions if e.char]
    wide: list[Emission] = []
    for emission in emissions:
        if not emission.char:
            wide.append(emission)
            continue
        place = sum(1 for known in wide if known.char)
        middle = middles[place]
        left = (middles[place - 1] + middle) / 2 if place else 0.0
        right = (middle + middles[place + 1]) / 2 if place + 1 < len(middles) else middle + _HALF_WIDTH
        start, end = max(left, middle - _HALF_WIDTH), min(right, middle + _HALF_WIDTH)
        wide.append(replace(emission, start=start, end=end))
    return tuple(wide)
