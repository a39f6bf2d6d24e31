"""What a recogniser's CTC frames say: the characters, what else each may be, and what was nearly read. Pure.

Connectionist temporal classification (Graves et al., 2006): one distribution over the classes for each frame, class 0
being the blank; a run of frames with the same best class is one character.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

Frame = Sequence[tuple[int, float]]
"""The likelier classes of one frame as (class, probability), best first."""

BLANK = 0
_CONSIDERED = 4
_FLOOR = 0.002
_NEARLY = 0.02


@dataclass(frozen=True, slots=True)
class Emission:
    """One character of a text line; an empty `char` is a place where one was nearly read.

    `first` and `last` are the frames it was read from, both included. `alternatives` holds (character, probability),
    best first, without `char`; the empty string stands for "no character here".
    """

    char: str
    probability: float
    first: int
    last: int
    alternatives: tuple[tuple[str, float], ...] = ()


def decode(frames: Sequence[Frame], characters: Sequence[str]) -> tuple[Emission, ...]:
    """The best path's characters in order, and between them the characters that a blank narrowly beat.

    `characters` names the classes, the blank first. The chars of the emissions joined are the text read.
    """
    emissions: list[Emission] = []
    runs = list(_runs(frames))
    for place, (best, first, last) in enumerate(runs):
        if best == BLANK:
            before = runs[place - 1][0] if place else BLANK
            after = runs[place + 1][0] if place + 1 < len(runs) else BLANK
            emissions.extend(_near_misses(frames, first, last, (before, after), characters))
        else:
            emissions.append(_character(frames, best, first, last, characters))
    return tuple(emissions)


def _runs(frames: Sequence[Frame]) -> Iterator[tuple[int, int, int]]:
    """(best class, first frame, last frame) of each run, left to right."""
    for best, run in groupby(range(len(frames)), key=lambda index: _best(frames[index])):
        indices = list(run)
        yield best, indices[0], indices[-1]


def _best(frame: Frame) -> int:
    return frame[0][0] if frame else BLANK


def _character(frames: Sequence[Frame], best: int, first: int, last: int, characters: Sequence[str]) -> Emission:
    """A character is as sure as its best frame; what else it may be is as likely as that is in any of its frames."""
    seen: dict[int, float] = {}
    blank = 1.0
    for index in range(first, last + 1):
        probabilities = dict(frames[index])
        blank = min(blank, probabilities.pop(BLANK, 0.0))
        for label, probability in probabilities.items():
            seen[label] = max(seen.get(label, 0.0), probability)
    certainty = seen.pop(best)
    seen[BLANK] = blank
    return Emission(characters[best], certainty, first, last, _ranked(seen, characters))


def _near_misses(
    frames: Sequence[Frame], first: int, last: int, neighbours: tuple[int, int], characters: Sequence[str]
) -> Iterator[Emission]:
    """The places in a run of blanks where a character stood out, as emissions of nothing."""
    peaks: list[tuple[int, dict[int, float]]] = []
    for index in range(first, last + 1):
        seen = {label: p for label, p in frames[index] if label != BLANK and p >= _NEARLY}
        for edge, neighbour in ((first, neighbours[0]), (last, neighbours[1])):
            # The slope of a neighbour's peak is that neighbour and no further character.
            if index == edge:
                seen.pop(neighbour, None)
        if not seen:
            continue
        if peaks and peaks[-1][0] == index - 1:
            known = peaks[-1][1]
            peaks[-1] = index, {label: max(known.get(label, 0.0), seen.get(label, 0.0)) for label in known | seen}
        else:
            peaks.append((index, seen))
    for index, seen in peaks:
        likelihood = max(0.0, 1.0 - sum(seen.values()))
        yield Emission("", likelihood, index, index, _ranked(seen, characters))


def _ranked(seen: dict[int, float], characters: Sequence[str]) -> tuple[tuple[str, float], ...]:
    likely = sorted((-p, label) for label, p in seen.items() if p >= _FLOOR)
    return tuple(("" if label == BLANK else characters[label], -p) for p, label in likely[:_CONSIDERED])
