"""A document settled by a worker: from its pages, or from the document as laid out before, to what lists show."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.metadata import version

from models.archive import State
from models.blobs import NotStoredError
from models.decisions import Review
from models.files import FileKind
from models.learned import known
from models.logs import tell
from models.queue import Priority, Task, send_after
from models.store import batches, pictures, readings, results, reviews
from models.store.results import Settled
from worker.children import Failure
from worker.desk import Desk
from worker.stored import StoredResult, ToSettle

_VERSION = version("jiaokan")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A reading that waits for settling, and what it is settled from."""

    asked_at: datetime
    review: Review
    sha256: str
    kind: FileKind
    document: str | None
    pages: tuple[str, ...]
    problems: dict[int, str]


def settle(desk: Desk, reading_id: int) -> None:
    """Settle a reading, if that is still asked for; one that cannot be settled has failed, with the reason."""
    waiting = desk.patiently(lambda: _load(desk, reading_id))
    if waiting is None:
        return
    try:
        outcome = _call(desk, waiting)
    except NotStoredError as error:
        _fail(desk, reading_id, str(error))
        return
    if isinstance(outcome, StoredResult):
        desk.patiently(lambda: _save(desk, reading_id, waiting, outcome))
    else:
        told = outcome.message if isinstance(outcome, Failure) else "settling brought no result: please report it"
        _fail(desk, reading_id, told)


def _load(desk: Desk, reading_id: int) -> _Waiting | None:
    with desk.database.snapshot() as session:
        found = readings.reading_of(session, reading_id)
        if found is None:
            return None
        reading, file = found
        if reading.state != State.SETTLING or reading.settle_asked_at is None:
            return None
        tell(batch=reading.batch_id, documents=batches.documents_of(session, reading_id))
        pages = readings.pages(session, reading_id)
        return _Waiting(
            asked_at=reading.settle_asked_at,
            review=replace(reviews.review_of(session, file.sha256), learned=known(desk.settings.learned)),
            sha256=file.sha256,
            kind=FileKind(file.kind),
            document=reading.document,
            pages=tuple(page.blob for page in pages if page.blob),
            problems={page.number: page.problem for page in pages if page.problem},
        )


def _call(desk: Desk, waiting: _Waiting) -> object | Failure:
    def load() -> ToSettle:
        known = waiting.document
        document = desk.blobs.get(known) if known else None
        dump = desk.file(waiting.sha256) if waiting.kind is FileKind.TEXT and not known else None
        pages = [] if known else [desk.blobs.get(page) for page in waiting.pages]
        return ToSettle(document, dump, pages, waiting.problems, desk.settings.target_errors / 10_000, waiting.review)

    to_settle = desk.patiently(load)
    return desk.call(desk.work.settle, (to_settle,), desk.settings.settle_seconds, "JIAOKAN_SETTLE_SECONDS")


def _save(desk: Desk, reading_id: int, waiting: _Waiting, result: StoredResult) -> None:
    document = desk.blobs.put_bytes(result.document)
    extraction = desk.blobs.put_bytes(result.extraction)
    settled = Settled(
        blob=extraction.sha256,
        outcome=result.outcome,
        summary=result.summary,
        cells=result.cells,
        questions=result.questions,
        decision_id=max((one.number for one in waiting.review.decisions), default=0),
        version=_VERSION,
        asked_at=waiting.asked_at,
    )
    with desk.database.transaction() as session:
        readings.keep_document(session, reading_id, document.sha256)
        kept = results.keep_result(session, reading_id, settled)
        if kept and result.outcome is State.FAILED:
            readings.fail(session, reading_id, result.reason)
        if kept and result.outcome is State.NEEDS_REVIEW:
            for number in pictures.pages_to_draw(session, reading_id):
                send_after(session, desk.app, Task.PICTURE, reading_id, number, priority=Priority.BATCH)
    _log.info("settled", extra={"outcome": result.outcome.value, "cells": len(result.cells)})


def _fail(desk: Desk, reading_id: int, reason: str) -> None:
    def note() -> None:
        with desk.database.transaction() as session:
            readings.fail(session, reading_id, reason)

    desk.patiently(note)
