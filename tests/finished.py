"""An archive whose documents are read and settled, without any OCR: results of documents made up by `strategies`."""

from __future__ import annotations

from functools import cache

from models.archive import State
from models.blobs import Blobs
from models.db import Database
from models.document import DocumentStatus, Extraction, Reading
from models.packing import pack
from models.rows import Reading as ReadingRow
from models.store import pages, readings, results, reviews
from models.store.pages import PageKey, PageResult
from models.store.results import Settled
from models.summaries import cell_lines, question_lines, summary
from tests.archives import FRESH
from tests.strategies import Account, Spent, build
from worker.core.settle import settle

_SPENT = (
    Spent("2010301", "行政运行", 126_543_210, 3_200_000, 0),
    Spent("2080505", "机关事业单位基本养老保险缴费支出", 8_812_345, 0, 50_000),
    Spent("2210201", "住房公积金", 6_400_077, 0, 0),
)


@cache
def extraction(doubtful: bool = True) -> Extraction:
    """What a document is settled to; a doubtful one has a misread cell."""
    account = Account(_SPENT, 1_234_567, 60, 250_000, 31_400)
    misread = {"g07-r00-c5": Reading("3?4.00", 1, None, (), 0.4), "g07-r00-c0": Reading("2,8", 1, None, (), 0.4)}
    changed = misread if doubtful else {}
    return settle(build(account, changed))


def finish(database: Database, blobs: Blobs, reading_id: int, found: Extraction, problem: str = "") -> None:
    """Have a reading read and settled; with a problem, its second page was set aside."""
    blob = blobs.put_bytes(pack(found))
    with database.transaction() as session:
        readings.opened(session, reading_id, 2)
        for number in (1, 2):
            pages.start_page(session, PageKey(reading_id, number), FRESH)
            told = problem if number > 1 else ""
            pages.finish_page(session, PageKey(reading_id, number), PageResult(None, told, {}))
        readings.all_read(session, reading_id)
        session.flush()
        row = session.get_one(ReadingRow, reading_id, populate_existing=True)
        assert row.settle_asked_at is not None
        clean = found.status is DocumentStatus.CLEAN and not problem
        settled = Settled(
            blob.sha256, State.DONE if clean else State.NEEDS_REVIEW, summary(found, "text-dump"),
            list(cell_lines(found)), list(question_lines(found)), reviews.last_decision(session, row.sha256), "1",
            row.settle_asked_at,
        )  # fmt: skip
        assert results.keep_result(session, reading_id, settled)
