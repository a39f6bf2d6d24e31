"""Documents as read, what they were settled to, and the ways back of their pages: unpacked, the last few at hand.

The next question tends to be about a document that was just open, and unpacking it takes longer than all else.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from models.archive import CellLine
from models.blobs import Blobs
from models.document import Document, Extraction, SettledCell, SettledTable
from models.geometry import Mesh
from models.packing import unpack_document, unpack_extraction, unpack_page
from models.summaries import cell_lines
from worker.core.constraints import constraints
from worker.core.memo import Memo
from worker.core.relations import Constraint
from worker.core.sheets import sheets

_Kept = TypeVar("_Kept")
_BYTES = 16 << 20
"""Of packed bytes; unpacked they take some fifteen times as much."""
_MEMOS = 6
"""Of how many documents it is kept how they were settled."""


@dataclass(frozen=True)
class Spot:
    """A cell where it stands: its table, as settled."""

    table: SettledTable
    cell: SettledCell


@dataclass(frozen=True)
class Settled:
    """An extraction with what it takes to find things in it."""

    extraction: Extraction

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """The cells by their ids."""
        return {one.cell.cell_id: Spot(table, one) for table in self.extraction.tables for one in table.cells}

    @cached_property
    def identities(self) -> Mapping[str, Constraint]:
        """The identities of tables by the ids of their checks."""
        found = sheets(tuple(table.table for table in self.extraction.tables))
        return {one.check_id: one for one in constraints(found)}

    @cached_property
    def lines(self) -> tuple[CellLine, ...]:
        """The cells as lists show them."""
        return tuple(cell_lines(self.extraction))

    @property
    def shape(self) -> tuple[object, ...]:
        """All of the tables that identities follow from: of tables of no form also what stands in their cells."""
        tables = [settled.table for settled in self.extraction.tables]
        frames = tuple((t.code, t.form, t.unit, t.declared_empty, t.columns, t.rows) for t in tables)
        return (frames, tuple(t.cells for t in tables if not t.form))


@dataclass(slots=True)
class _Desk:
    """How a document was settled the last time, and whose turn it is; whether it was `asked` after."""

    memo: Memo = field(default_factory=Memo)
    turn: threading.Lock = field(default_factory=threading.Lock)
    asked: bool = False


class Shelf:
    """Unpacked values by the blobs they came from, the last ones used, up to so many packed bytes."""

    def __init__(self, blobs: Blobs, most: int = _BYTES) -> None:
        self._blobs, self._most, self._held = blobs, most, 0
        self._kept: OrderedDict[tuple[str, str], tuple[int, object]] = OrderedDict()
        self._lock = threading.Lock()
        self._memos: OrderedDict[int, _Desk] = OrderedDict()

    def document(self, blob: str) -> Document:
        """A document as read; raises NotStoredError."""
        return self._get("document", blob, unpack_document)

    def settled(self, blob: str) -> Settled:
        """What a document was settled to; raises NotStoredError."""
        return self._get("settled", blob, lambda data: Settled(unpack_extraction(data)))

    def mesh(self, blob: str) -> Mesh | None:
        """The way back of a page as read, if it was straightened; raises NotStoredError."""
        return self._get("mesh", blob, lambda data: unpack_page(data).mesh)

    @contextmanager
    def memo(self, reading_id: int) -> Iterator[Memo]:
        """How a reading was settled the last time; nobody else has it meanwhile."""
        desk = self._desk(reading_id)
        with desk.turn:
            yield desk.memo

    def is_new(self, reading_id: int) -> bool:
        """Whether a reading was not asked after before, as far as is remembered; it was from now on."""
        desk = self._desk(reading_id)
        with self._lock:
            asked, desk.asked = desk.asked, True
        return not asked

    def _desk(self, reading_id: int) -> _Desk:
        with self._lock:
            desk = self._memos.setdefault(reading_id, _Desk())
            self._memos.move_to_end(reading_id)
            while len(self._memos) > _MEMOS:
                self._memos.popitem(last=False)
            return desk

    def put(self, blob: str, size: int, new: Settled, like: Settled) -> None:
        """Keep an extraction that was just made of a document that was settled to another before."""
        if "identities" in vars(like) and like.shape == new.shape:
            vars(new)["identities"] = like.identities
        self._keep(("settled", blob), size, new)

    def _get(self, kind: str, blob: str, unpack: Callable[[bytes], _Kept]) -> _Kept:
        key = (kind, blob)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return cast(_Kept, found[1])
        data = self._blobs.get(blob)
        value = unpack(data)
        self._keep(key, len(data), value)
        return value

    def _keep(self, key: tuple[str, str], size: int, value: object) -> None:
        with self._lock:
            before = self._kept.pop(key, (0, None))[0]
            self._kept[key] = (size, value)
            self._held += size - before
            while self._held > self._most and len(self._kept) > 1:
                _, (gone, _) = self._kept.popitem(last=False)
                self._held -= gone
