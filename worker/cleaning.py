"""What nobody needs any more is removed from the store, a little at a time.

Writing bytes that are there already makes them new (`models.blobs`), so that nothing is removed while a transaction
that will speak of it is under way.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from models.blobs import Blobs, StoreError
from models.db import Database
from models.store import leftovers
from worker.desk import Desk

_log = logging.getLogger(__name__)
_EVERY_SECONDS = 300.0
_OLD = timedelta(days=1)
_SHELVES = 256
_AT_ONCE = 500


def clean(desk: Desk) -> None:
    """One shelf of the store, if it is time; what goes wrong here waits for the next time."""
    if not desk.fleet.due("clean", _EVERY_SECONDS):
        return
    now = datetime.now(UTC)
    try:
        gone = tidy(desk.database, desk.blobs, int(now.timestamp() // _EVERY_SECONDS) % _SHELVES, now - _OLD)
    except StoreError as error:
        _log.warning("not tidied: %s", error)
        return
    if gone:
        _log.info("tidied", extra={"removed": gone})


def tidy(database: Database, blobs: Blobs, shelf: int, before: datetime) -> int:
    """Remove what was begun and never kept, and from one of 256 shelves what no row speaks of; how much it was."""
    begun = blobs.old("new", before)
    for key in begun:
        blobs.remove_new(key)
    count = len(begun) + blobs.drop_unfinished(before)
    with database.snapshot() as session:
        parts = leftovers.unknown_parts(session, blobs.old("parts", before)[:_AT_ONCE])
        unknown = leftovers.unknown_blobs(session, blobs.old(f"blobs/{shelf:02x}", before)[:_AT_ONCE])
    for key in parts:
        blobs.remove_part(key)
    for sha256 in unknown:
        blobs.remove(sha256)
    return count + len(parts) + len(unknown)
