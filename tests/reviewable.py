"""A batch of printed documents that are read and settled, with pictures of their pages: for the pages of reviewers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from models.blobs import Blobs
from models.db import Database
from models.document import Document
from models.packing import pack
from models.rows import Reading as ReadingRow
from models.store.pages import PageKey
from models.store.pictures import Drawn, keep_pictures
from tests.archives import batch_of
from tests.finished import finish
from tests.printed_tables import HEIGHT, WIDTH, pictures, printed
from tests.strategies import ACCOUNT, build
from worker.core.settle import settle

MISREAD = ("g03-r03-c1", "g05-r04-c0", "g07-r00-c5", "g07-r00-c2", "g07-r00-c0")
SLIPPED = 9
"""The row of 公开03 whose amounts stand one column too far right in the first document."""


@dataclass(frozen=True)
class Paper:
    """What the pages print, and what was read of them."""

    prints: Document
    read: Document


def paper(seed: int, slipped: bool = False) -> Paper:
    """A document of which some figures' first digit was read as 3 and may be 8; 公开07 has no sums to mend them all."""
    spent = tuple(replace(one, basic=one.basic + 311 * seed) for one in ACCOUNT.spent)
    prints = build(replace(ACCOUNT, spent=spent, cars=ACCOUNT.cars + 800 * seed))
    texts = {cell.cell_id: cell.reading.text for table in prints.tables for cell in table.cells}
    misread: dict[str, tuple[str, dict[int, str]]] = {key: ("3" + texts[key][1:], {0: "8"}) for key in MISREAD}
    if slipped:
        row = [f"g03-r{SLIPPED:02d}-c{i}" for i in range(6)]
        misread |= {key: (texts[before], {}) for before, key in pairwise(row)} | {row[0]: ("", {})}
    return Paper(prints, printed(prints, misread))


def reviewable(database: Database, blobs: Blobs, *papers: Paper, names: tuple[str, ...] = ()) -> list[int]:
    """Have these papers read and settled; the numbers of their readings, which are those of the documents too."""
    named = names or tuple(f"青河县统计局 {2020 + i} 年部门决算.pdf" for i in range(len(papers)))
    _, found = batch_of(database, *named, pages=2)
    for reading_id, one in zip(found, papers, strict=True):
        finish(database, blobs, reading_id, settle(one.read))
        document = blobs.put_bytes(pack(one.read)).sha256
        drawn = {number: blobs.put_bytes(data).sha256 for number, data in pictures(one.read, one.prints).items()}
        with database.transaction() as session:
            session.get_one(ReadingRow, reading_id).document = document
            for number, blob in drawn.items():
                keep_pictures(session, PageKey(reading_id, number), [Drawn(False, blob, WIDTH, HEIGHT)])
    return found
