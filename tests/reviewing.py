"""An archive to be reviewed: documents printed on pages, read with slips, settled, with their pictures drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

from models.blobs import Blobs
from models.db import Database, Session
from models.document import Document, Origin, Page
from models.packing import pack
from models.rows import Reading as ReadingRow
from models.store import batches, pages, people, pictures, readings, results, reviews
from models.store.batches import Ask, Incoming
from models.store.pages import PageKey, PageResult
from models.store.pictures import Drawn
from models.store.results import Settled
from models.summaries import cell_lines, outcome, question_lines, summary
from tests.archives import FRESH
from tests.printed_tables import HEIGHT, WIDTH, Misread, Sheets, drawn, mesh, printed
from tests.strategies import ACCOUNT, ENTITY, YEAR, Account, Spent, build
from worker.core.settle import settle

MISREAD = ("g03-r03-c1", "g05-r04-c0", "g07-r00-c5", "g07-r00-c2", "g07-r00-c0")
SLIPPED = 9
"""The row of 公开03 whose amounts stand one column too far right in a paper that slipped."""


def slipped(text: str, by: int = 1) -> str:
    """The amount with its second digit read as another one."""
    at = 1 if text[1].isdigit() else 2
    return f"{text[:at]}{(int(text[at]) + by) % 10}{text[at + 1 :]}"


def account(number: int) -> Account:
    """Figures of the document of this number."""
    spent = tuple(Spent(one.code, one.name, one.basic + 1013 * number, one.project, one.other) for one in ACCOUNT.spent)
    return replace(ACCOUNT, spent=spent, carried=ACCOUNT.carried + 31 * number)


def doubtful(number: int, year: str = YEAR, entity: str = ENTITY) -> Sheets:
    """A document with pairs of slips that no sum alone can tell apart: people are asked about them."""
    prints = build(account(number))
    right = texts(prints)
    slips = {one: Misread(slipped(right[one], 1 + number % 7)) for one in ("g06-r01-c0", "g06-r02-c0")}
    return printed(prints, slips, year, entity)


def unsure(number: int, moved: bool = False) -> Sheets:
    """A document of which some figures' first digit was read as 3 and may be 8; 公开07 has no sums to mend them all."""
    spent = tuple(replace(one, basic=one.basic + 311 * number) for one in ACCOUNT.spent)
    prints = build(replace(ACCOUNT, spent=spent, cars=ACCOUNT.cars + 800 * number))
    right = texts(prints)
    misread = {key: Misread("3" + right[key][1:], {0: "8"}) for key in MISREAD}
    if moved:
        row = [f"g03-r{SLIPPED:02d}-c{i}" for i in range(6)]
        misread |= {key: Misread(right[before], probability=1) for before, key in pairwise(row)}
        misread[row[0]] = Misread("", probability=1)
    return printed(prints, misread)


def texts(document: Document) -> dict[str, str]:
    """What each cell prints."""
    return {cell.cell_id: cell.reading.text for table in document.tables for cell in table.cells}


@dataclass(frozen=True)
class Filed:
    """A document of the archive."""

    document: int
    reading: int
    sheets: Sheets


def file_away(database: Database, blobs: Blobs, batch_id: int, name: str, sheets: Sheets) -> Filed:
    """Have a document read and settled, with pictures of its pages."""
    kind = "text" if sheets.document.origin is Origin.TEXT_DUMP else "pdf"
    with database.transaction() as session:
        file = blobs.put_bytes(name.encode())
        added = batches.add_file(session, batch_id, Incoming(name, file, kind), Ask("test 1", 6))
    read_again(database, blobs, added.reading_id, sheets)
    return Filed(added.document_id, added.reading_id, sheets)


def read_again(database: Database, blobs: Blobs, reading: int, sheets: Sheets) -> None:
    """Have a reading that was asked for done, and settled."""
    document = sheets.document
    packed = blobs.put_bytes(pack(document))
    page_blob = blobs.put_bytes(pack(Page(1, WIDTH, HEIGHT, Origin.SCAN, (), mesh=mesh())))
    images = {number: drawn(sheets.texts[number]) for number in sheets.shown if document.page_count}
    kept = {n: [blobs.put_bytes(one).sha256 for one in pair] for n, pair in images.items()}
    with database.transaction() as session:
        readings.opened(session, reading, document.page_count)
        for number in range(1, document.page_count + 1):
            pages.start_page(session, PageKey(reading, number), FRESH)
            pages.finish_page(session, PageKey(reading, number), PageResult(page_blob.sha256, "", {}))
            if number in kept:
                filed, straight = kept[number]
                pair = [Drawn(False, filed, WIDTH, HEIGHT), Drawn(True, straight, WIDTH, HEIGHT)]
                pictures.keep_pictures(session, PageKey(reading, number), pair)
        readings.all_read(session, reading)
        readings.keep_document(session, reading, packed.sha256)
        session.flush()
        settle_again(session, blobs, reading, document)


def settle_again(session: Session, blobs: Blobs, reading_id: int, document: Document) -> None:
    """Settle as a worker does."""
    row = session.get_one(ReadingRow, reading_id, populate_existing=True)
    assert row.settle_asked_at is not None
    review = reviews.review_of(session, row.sha256)
    found = settle(document, review=review)
    settled = Settled(
        blobs.put_bytes(pack(found)).sha256, outcome(found), summary(found, document.origin.value),
        list(cell_lines(found)), list(question_lines(found)),
        max((one.number for one in review.decisions), default=0), "1", row.settle_asked_at,
    )  # fmt: skip
    assert results.keep_result(session, reading_id, settled)


def open_batch(database: Database, name: str = "2023 部门决算") -> int:
    """A batch of the first person there is."""
    with database.transaction() as session:
        owner = people.users(session)[0]
        return batches.open_batch(session, owner.id, name, name).id
