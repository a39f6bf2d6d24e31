"""Grids for forms printed or scanned without rules, from their tokens."""

from __future__ import annotations

from collections.abc import Sequence

from models.document import Grid, Page
from worker.layout.parts import PrintedLine


def grids_of_tokens(lines: Sequence[PrintedLine], page: Page) -> list[tuple[Grid, str]]:
    """The grids."""
    return []
