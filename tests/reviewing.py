"""An archive to be reviewed: documents that are printed on pages, read with slips, settled, with their pictures drawn.

Pages stand a little askew, so that the way from the page as filed to the straightened one matters.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from corpus.fonts import source
from models.archive import Role
from models.blobs import Blobs
from models.db import Database, Session
from models.document import Document, Line, Origin, Page, Reading, Table
from models.geometry import Box, Mesh
from models.packing import pack
from models.rows import Reading as ReadingRow
from models.store import batches, pages, people, pictures, readings, results, reviews
from models.store.batches import Ask, Incoming
from models.store.pages import PageKey, PageResult
from models.store.pictures import Drawn
from models.store.results import Settled
from models.summaries import cell_lines, outcome, question_lines, summary
from tests.archives import FRESH
from tests.strategies import ACCOUNT, ENTITY, YEAR, Account, Spent, build
from worker.core.settle import settle

WIDTH, HEIGHT = 842.0, 595.0
DPI = 110
_TOP, _LEFT, _ROW = 92.0, 30.0, 14.5
_ASKEW = math.radians(0.9)
_NAME, _CODE, _WIDEST = 150.0, 56.0, 96.0


@dataclass(frozen=True)
class Sheets:
    """A document as read, and what its pages print: text at boxes of the straightened page."""

    document: Document
    texts: Mapping[int, Sequence[tuple[Box, str, bool]]]


def mesh() -> Mesh:
    """The way back from a straight page to one that lies askew."""
    points = []
    for j in range(7):
        for i in range(9):
            x, y = WIDTH * i / 8 - WIDTH / 2, HEIGHT * j / 6 - HEIGHT / 2
            turned = (x * math.cos(_ASKEW) - y * math.sin(_ASKEW), x * math.sin(_ASKEW) + y * math.cos(_ASKEW))
            points.append((turned[0] + WIDTH / 2, turned[1] + HEIGHT / 2))
    return Mesh(WIDTH, HEIGHT, 9, 7, tuple(points))


def printed(account: Account, slips: Mapping[str, str], year: str = YEAR, entity: str = ENTITY) -> Sheets:
    """A document with each table on a page of its own; `slips` are misreadings by cell."""
    document, way = build(account), mesh()
    texts: dict[int, list[tuple[Box, str, bool]]] = {}
    tables = []
    for number, table in enumerate(document.tables, 1):
        shown = texts.setdefault(number, [])
        shown.append((Box(_LEFT, 40, WIDTH - _LEFT, 62), f"{table.title}  （{table.code}）  单位：元", False))
        tables.append(_laid(table, number, shown, way, slips))
    lines = (Line(entity, 1), Line(f"{year}年度部门决算", 1))
    return Sheets(replace(document, page_count=len(tables), tables=tuple(tables), lines=lines), texts)


def _laid(table: Table, number: int, shown: list[tuple[Box, str, bool]], way: Mesh, slips: Mapping[str, str]) -> Table:
    blocks = max(column.block for column in table.columns) + 1
    wide = (WIDTH - 2 * _LEFT) / blocks
    first: dict[int, int] = {}
    for i, row in enumerate(table.rows):
        first.setdefault(row.block, i)
    rows, cells = [], []
    edges: dict[tuple[int, int], Box] = {}
    for i, row in enumerate(table.rows):
        y, x = _TOP + (i - first[row.block]) * _ROW, _LEFT + row.block * wide
        code, name = Box(x, y, x + _CODE, y + _ROW), Box(x + _CODE, y, x + _NAME, y + _ROW)
        shown += [(code, row.code.text, False), (name, row.name.text, False)]
        rows.append(
            replace(
                row,
                code=replace(row.code, page=number, box=way.box_back(code)),
                name=replace(row.name, page=number, box=way.box_back(name)),
            )
        )
        columns = [j for j, one in enumerate(table.columns) if one.block == row.block]
        each = min((wide - _NAME) / len(columns), _WIDEST)
        for place, j in enumerate(columns):
            edges[i, j] = Box(x + _NAME + place * each, y, x + _NAME + (place + 1) * each, y + _ROW)
    for cell in table.cells:
        box = edges[cell.row, cell.column]
        shown.append((box, cell.reading.text, True))
        text = slips.get(cell.cell_id, cell.reading.text)
        probability = 0.6 if cell.cell_id in slips else 1.0
        reading = Reading(text, number, way.box_back(box), (), probability)
        cells.append(replace(cell, reading=reading))
    return replace(table, pages=(number,), rows=tuple(rows), cells=tuple(cells))


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    found = source("serif")
    return ImageFont.truetype(str(found.path), size, index=found.index)


def drawn(texts: Sequence[tuple[Box, str, bool]]) -> tuple[bytes, bytes]:
    """The page as filed, askew, and straightened, as WebP; the same texts are drawn once."""
    if id(texts) not in _drawn:
        _drawn[id(texts)] = (texts, _draw(texts))
    return _drawn[id(texts)][1]


_drawn: dict[int, tuple[Sequence[tuple[Box, str, bool]], tuple[bytes, bytes]]] = {}


def _draw(texts: Sequence[tuple[Box, str, bool]]) -> tuple[bytes, bytes]:
    scale = DPI / 72
    straight = Image.new("L", (round(WIDTH * scale), round(HEIGHT * scale)), 250)
    pen = ImageDraw.Draw(straight)
    for box, text, is_amount in texts:
        corners = [v * scale for v in (box.x0, box.y0, box.x1, box.y1)]
        title = box.height > _ROW + 1
        if not title:
            pen.rectangle(corners, outline=90)
        font = _font(round((15 if title else 7.2) * scale))
        room = corners[2] - corners[0] - 4
        fits = next(n for n in range(len(text), -1, -1) if is_amount or font.getlength(text[:n]) <= room)
        x = corners[2] - font.getlength(text) - 3 if is_amount else corners[0] + 3
        pen.text((x, corners[1] + 1.5), text[:fits], fill=30, font=font)
    filed = straight.rotate(-math.degrees(_ASKEW), Image.Resampling.BICUBIC, fillcolor=246)
    return _webp(filed), _webp(straight)


def _webp(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=70)
    return stream.getvalue()


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
    figures = account(number)
    right = {c.cell_id: c.reading.text for table in build(figures).tables for c in table.cells}
    chosen = ["g06-r01-c0", "g06-r02-c0"] if "g06-r02-c0" in right else []
    slips = {one: slipped(right[one], 1 + number % 7) for one in chosen if right[one]}
    return printed(figures, slips, year, entity)


@dataclass(frozen=True)
class Filed:
    """A document of the archive."""

    document: int
    reading: int
    sheets: Sheets


def file_away(database: Database, blobs: Blobs, batch_id: int, name: str, sheets: Sheets) -> Filed:
    """Have a document read and settled, with its pictures drawn."""
    document = sheets.document
    dump = document.origin is Origin.TEXT_DUMP
    packed = blobs.put_bytes(pack(document))
    page_blob = blobs.put_bytes(pack(Page(1, WIDTH, HEIGHT, Origin.SCAN, (), mesh=mesh())))
    doubted = {c.reading.page for t in document.tables for c in t.cells if c.reading.probability < 1} - {0}
    images = {} if dump else {number: drawn(sheets.texts[number]) for number in doubted}
    kept = {n: [blobs.put_bytes(one).sha256 for one in pair] for n, pair in images.items()}
    with database.transaction() as session:
        file = blobs.put_bytes(name.encode())
        added = batches.add_file(session, batch_id, Incoming(name, file, "text" if dump else "pdf"), Ask("test 1", 6))
        reading = added.reading_id
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
    return Filed(added.document_id, reading, sheets)


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


def reviewer(session: Session, name: str, password: str) -> int:
    """A person who reviews."""
    user = people.add_user(session, name, Role.REVIEWER, password)
    assert user is not None
    people.set_language(session, user.id, "")
    return user.id
