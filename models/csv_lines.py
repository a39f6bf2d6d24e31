"""Lines of CSV gathered in a list: what `csv.writer` writes to where no file is open."""

from __future__ import annotations

from collections.abc import MutableSequence


class Lines:
    """Takes what is written and adds it to a list."""

    def __init__(self, lines: MutableSequence[str]) -> None:
        self._lines = lines

    def write(self, text: str) -> int:
        """Add it."""
        self._lines.append(text)
        return len(text)
