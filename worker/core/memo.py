"""What settling a document reckoned the last time, so that a decision costs what it changes and no more.

A step is a pure function. Its result is used again only where the step is given the very objects it was given then, or
equal texts and numbers of the same type: objects that look alike may differ all the same, as the amounts 1.5 and 1.50
do. So settling with a memo comes to the same as settling from nothing, whatever a step makes of what it is given, as
long as it is given all that it uses.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, TypeVarTuple, cast

_Value = TypeVar("_Value")
_Given = TypeVarTuple("_Given")
_Kept = tuple[object, object]
_MOST = 6
"""How many results of a step are kept for each part: a table is looked at as read, with labels mended, with amounts
moved, within one settling."""
_PLAIN = frozenset({str, int, bool, float, frozenset})


class Memo:
    """The results of steps, and what they were given. Of one document, and of one thread at a time."""

    def __init__(self) -> None:
        self._results: dict[Hashable, list[_Kept]] = {}
        self._values: dict[Hashable, list[object]] = {}
        self._keepers: dict[type, object] = {}

    def of(self, step: Callable[[*_Given], _Value], part: Hashable, *given: *_Given) -> _Value:
        """What a step comes to; `part` says of which part of the document, so that each part's results are kept."""
        kept = self._results.setdefault((step, part), [])
        found = _taken(kept, given)
        return cast(_Value, found[1] if found else _put(kept, given, step(*given)))

    def within(self, step: Callable[[Memo, *_Given], _Value], part: Hashable, *given: *_Given) -> _Value:
        """As `of`, for a step that has steps of its own: it is given the memo besides, first."""
        kept = self._results.setdefault((step, part), [])
        found = _taken(kept, given)
        return cast(_Value, found[1] if found else _put(kept, given, step(self, *given)))

    def steady(self, step: Callable[[*_Given], _Value], part: Hashable, *given: *_Given) -> _Value:
        """As `of`, and where the result equals an earlier one, that very object: only for values made of texts."""
        return self.equal((step, part), self.of(step, part, *given))

    def equal(self, part: Hashable, value: _Value) -> _Value:
        """The equal value that stood here before, else this one: only for values made of texts, as read."""
        kept = cast(list[_Value], self._values.setdefault(part, []))
        for before in kept:
            if before is value or before == value:
                return before
        kept.insert(0, value)
        del kept[_MOST:]
        return value

    def written(self, part: Hashable, value: _Value) -> _Value:
        """The value that stood here before if it is written out the same, to the last digit, else this one."""
        kept = cast(list[_Value], self._values.setdefault(part, []))
        for before in kept:
            if before == value and repr(before) == repr(value):
                return before
        kept.insert(0, value)
        del kept[_MOST:]
        return value

    def keeper(self, kind: type[_Value]) -> _Value:
        """An object that keeps by itself what came of the last time: one of each class."""
        if kind not in self._keepers:
            self._keepers[kind] = kind()
        return cast(_Value, self._keepers[kind])


def _taken(kept: list[_Kept], given: object) -> _Kept | None:
    for place, one in enumerate(kept):
        if _same(one[0], given):
            if place:
                kept.insert(0, kept.pop(place))
            return one
    return None


def _put(kept: list[_Kept], given: object, result: object) -> object:
    kept.insert(0, (given, result))
    del kept[_MOST:]
    return result


def _same(one: object, other: object) -> bool:
    """Whether both are one object, or texts or numbers that are equal, or tuples of such."""
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) in _PLAIN and one == other
