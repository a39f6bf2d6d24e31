"""Charts as marks of SVG, for pages and reports: where lines, bars and words stand. Pure.

Colours differ in lightness too, and shapes differ, so that a chart printed in black says the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import floor, log, log10

WIDTH = 720.0
INK, SOFT, RULE, GROUND = "#22262b", "#5a6169", "#ddd8ce", "#f1ede5"
DARK, MIDDLE, LIGHT = "#1d4f91", "#b06a00", "#e3b877"
_SMALL, _TEXT = 12, 13
_MOST_TICKS = 6
_MOST_DAYS = 180
_CERTAIN = (0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999)
"""The lines of the grid of a curve of reliability; its axes go from the first to the last."""
_WIDE_FROM = 0x2E80
"""Where the characters begin that are as wide as high."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One element of SVG: its name, its attributes, its text, and what is told of it when pointed at."""

    tag: str
    attributes: Mapping[str, str | float]
    text: str = ""
    told: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: a name for files, a title, a sentence that says what is to be seen, and its marks."""

    name: str
    title: str
    about: str
    height: float
    marks: tuple[Mark, ...]
    width: float = WIDTH


@dataclass(frozen=True, slots=True)
class Point:
    """A share at a place of a curve, with the interval in which it lies; `x` and the shares go from 0 to 1."""

    x: float
    share: float
    low: float
    high: float
    told: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar: what it is called, its parts from left to right, and what stands at its end."""

    name: str
    parts: tuple[float, ...]
    shown: str


@dataclass(frozen=True, slots=True)
class _Frame:
    """The rectangle in which a chart is drawn."""

    left: float
    top: float
    right: float
    bottom: float

    def x(self, share: float) -> float:
        """Where a share of the width stands, 0 to 1."""
        return round(self.left + share * (self.right - self.left), 2)

    def y(self, share: float) -> float:
        """Where a share of the height stands, from the bottom."""
        return round(self.bottom - share * (self.bottom - self.top), 2)


def over_time(days: Sequence[tuple[date, int]], y_label: str) -> tuple[float, tuple[Mark, ...]]:
    """A count over days, level between them: its height and marks. Long times are drawn by every so manieth day."""
    frame, height = _Frame(64, 36, WIDTH - 44, 250), 290.0
    if not days:
        return height, ()
    first, last = days[0][0], days[-1][0]
    span = max((last - first).days, 1)
    top = _round_up(max(count for _, count in days))
    marks = [*_levels(frame, top), _words(y_label, (frame.left, frame.top - 14))]
    points = [(frame.x((day - first).days / span), frame.y(count / top)) for day, count in _thinned(days)]
    path = f"M{points[0][0]} {points[0][1]}" + "".join(f"H{x}V{y}" for x, y in points[1:])
    end = points[-1][0] if len(points) > 1 else frame.right
    path += "" if len(points) > 1 else f"H{end}"
    area = f"{path}V{frame.bottom}H{points[0][0]}Z"
    marks.append(Mark("path", {"d": area, "fill": DARK, "fill-opacity": 0.14}))
    marks.append(Mark("path", {"d": path, "fill": "none", "stroke": DARK, "stroke-width": 2}))
    count = min(_MOST_TICKS, span + 1)
    for step in range(count):
        place = step / max(count - 1, 1)
        day = first + timedelta(days=round(place * span))
        marks.append(_words(day.isoformat(), (frame.x(place), frame.bottom + 22), "middle", SOFT))
    return height, tuple(marks)


def bars(found: Sequence[Bar], legend: Sequence[str] = ()) -> tuple[float, tuple[Mark, ...]]:
    """Bars below each other, each with its name before and its figure after it: their height and marks."""
    frame = _Frame(210, 40 if legend else 12, WIDTH - 110, 0)
    fills = (DARK, LIGHT) if legend else (DARK,)
    most = max((sum(bar.parts) for bar in found), default=0) or 1
    marks = [*_legend(legend, fills, frame.left)]
    y = frame.top
    for bar in found:
        marks.append(_words(bar.name, (frame.left - 12, y + 17), "end"))
        x = 0.0
        for part, fill in zip(bar.parts, fills, strict=True):
            wide = frame.x((x + part) / most) - frame.x(x / most)
            if part:
                place: dict[str, str | float] = {"x": frame.x(x / most), "y": y, "width": round(wide, 2), "height": 24}
                marks.append(Mark("rect", {**place, "fill": fill}))
            x += part
        marks.append(_words(bar.shown, (frame.x(x / most) + 8, y + 17)))
        y += 34
    marks.append(_line((frame.left, frame.top - 4), (frame.left, y - 4), SOFT))
    return y + 8, tuple(marks)


def reliability(
    questions: Sequence[Point], drawn: Sequence[Point], labels: tuple[str, str], legend: tuple[str, str, str]
) -> tuple[float, tuple[Mark, ...]]:
    """Shares that are right against how sure the machine was, with the line on which both are the same.

    Both axes are stretched towards certainty (logits), where most readings stand. Labels are those of x and y.
    """
    frame, height = _Frame(84, 64, 644, 404), 462.0
    marks = list(_grid(frame))
    marks.append(_line((frame.x(0), frame.y(0)), (frame.x(1), frame.y(1)), SOFT, "6 4"))
    marks += [_words(labels[0], ((frame.left + frame.right) / 2, frame.bottom + 44), "middle")]
    marks += [_words(labels[1], (frame.left - 64, frame.top - 14))]
    for points, fill, shape in ((questions, MIDDLE, "circle"), (drawn, DARK, "rect")):
        for point in points:
            marks += _whisker(frame, point, fill)
            marks.append(_spot(shape, frame.x(_stretched(point.x)), frame.y(_stretched(point.share)), fill, point.told))
    x = frame.left - 64.0
    for shape, fill, name in zip(("circle", "rect", "line"), (MIDDLE, DARK, SOFT), legend, strict=True):
        marks.append(_spot(shape, x + 7, 17, fill) if shape != "line" else _line((x, 17), (x + 16, 17), SOFT, "6 4"))
        marks.append(_words(name, (x + 22, 22)))
        x += 48 + _wide(name)
    return height, tuple(marks)


def percent(share: float) -> str:
    """A share as people write it, to two digits of what it is away from 0 or 1: 0.012%, 97%, 99.9964%."""
    away = min(share, 1 - share)
    if away <= 0:
        return f"{share:.0%}"
    places = min(max(-floor(log10(away)) - 1, 0), 6)
    return f"{100 * share:.{places}f}".rstrip("0").rstrip(".") + "%" if places else f"{100 * share:.0f}%"


def _grid(frame: _Frame) -> Iterator[Mark]:
    for share in _CERTAIN:
        x, y = frame.x(_stretched(share)), frame.y(_stretched(share))
        yield _line((x, frame.top), (x, frame.bottom), RULE)
        yield _line((frame.left, y), (frame.right, y), RULE)
        yield _words(percent(share), (x, frame.bottom + 20), "middle", SOFT, _SMALL)
        yield _words(percent(share), (frame.left - 8, y + 4), "end", SOFT, _SMALL)


def _whisker(frame: _Frame, point: Point, fill: str) -> Iterator[Mark]:
    x = frame.x(_stretched(point.x))
    yield _line((x, frame.y(_stretched(point.low))), (x, frame.y(_stretched(point.high))), fill, wide=1.5)
    for end in (point.low, point.high):
        y = frame.y(_stretched(end))
        yield _line((x - 4, y), (x + 4, y), fill, wide=1.5)


def _spot(shape: str, x: float, y: float, fill: str, told: str = "") -> Mark:
    edge: dict[str, str | float] = {"fill": fill, "stroke": "#fff", "stroke-width": 1}
    if shape == "circle":
        return Mark("circle", {"cx": x, "cy": y, "r": 6, **edge}, told=told)
    return Mark("rect", {"x": x - 5.5, "y": y - 5.5, "width": 11, "height": 11, **edge}, told=told)


def _stretched(share: float) -> float:
    """The place of a share on an axis of logits between the first and the last line, 0 to 1."""
    low, high = _CERTAIN[0], _CERTAIN[-1]
    inside = min(max(share, low), high)
    return (_logit(inside) - _logit(low)) / (_logit(high) - _logit(low))


def _logit(share: float) -> float:
    return log(share / (1 - share))


def _levels(frame: _Frame, top: int) -> Iterator[Mark]:
    """Level lines with their figures, from 0 to the top."""
    step = _step(top)
    for count in range(0, top + 1, step):
        y = frame.y(count / top)
        yield _line((frame.left, y), (frame.right, y), RULE if count else SOFT)
        yield _words(f"{count:,}", (frame.left - 10, y + 4), "end", SOFT, _SMALL)


def _round_up(most: int) -> int:
    """The least top of an axis that is a whole number of steps."""
    step = _step(most)
    return max(-(-most // step) * step, 1)


def _step(most: int) -> int:
    """A step of 1, 2 or 5 times a power of ten, at most five of which reach the top."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * 5 >= most:
                return factor * power
        power *= 10


def _thinned(days: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    """Not more days than can be told apart; the first and the last stay."""
    every = max(1, len(days) // _MOST_DAYS)
    kept = list(days[::every])
    return kept if kept[-1] == days[-1] else [*kept, days[-1]]


def _legend(names: Sequence[str], fills: Sequence[str], left: float) -> Iterator[Mark]:
    x = left
    for name, fill in zip(names, fills, strict=False):
        yield Mark("rect", {"x": x, "y": 8, "width": 14, "height": 14, "fill": fill})
        yield _words(name, (x + 20, 20))
        x += 52 + _wide(name)


def _wide(text: str) -> float:
    """About how wide a text is; characters of Chinese are as wide as high."""
    return sum(_TEXT if ord(char) >= _WIDE_FROM else _TEXT * 0.56 for char in text)


def _words(text: str, at: tuple[float, float], anchor: str = "start", fill: str = INK, size: int = _TEXT) -> Mark:
    place: dict[str, str | float] = {"x": round(at[0], 2), "y": round(at[1], 2)}
    return Mark("text", {**place, "text-anchor": anchor, "fill": fill, "font-size": size}, text)


def _line(start: tuple[float, float], end: tuple[float, float], stroke: str, dashes: str = "", wide: float = 1) -> Mark:
    place: dict[str, str | float] = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
    pen: dict[str, str | float] = {"stroke": stroke, "stroke-width": wide}
    return Mark("line", {**place, **pen, "stroke-dasharray": dashes} if dashes else {**place, **pen})
