"""What nobody needs any more goes; what anybody may still need stays."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.blobs import Blobs
from models.db import Database
from models.store import batches, people, uploads
from models.store.uploads import Part
from tests.archives import batch_of
from worker.cleaning import tidy

DAY = timedelta(days=1)


def shelf(sha256: str) -> int:
    return int(sha256[:2], 16)


def age(folder: Path) -> None:
    """Make everything two days old."""
    for path in folder.rglob("*"):
        os.utime(path, (then := time.time() - 2 * 86400, then))


def test_what_no_row_speaks_of_is_removed_once_it_is_old(database: Database, tmp_path: Path) -> None:
    blobs = Blobs(str(tmp_path / "store"))
    batch_id, _ = batch_of(database, "a.pdf")
    needed, unknown = blobs.put_bytes(b"needed"), blobs.put_bytes(b"unknown")
    kept, _ = blobs.put_part([b"part"])
    lost, _ = blobs.put_part([b"lost"])
    begun = blobs.writer()
    begun.write(b"begun and never kept")
    with database.transaction() as session:
        owner = people.users(session)[0]
        upload = uploads.start_upload(session, batch_id, owner.id, "a.zip", 4)
        uploads.add_part(session, upload.id, Part(0, 4, kept))
        batches.add_file(session, batch_id, batches.Incoming("n.pdf", needed, "pdf"), batches.Ask("e", 6))
    before = datetime.now(UTC) - DAY
    for blob in (needed, unknown):
        assert tidy(database, blobs, shelf(blob.sha256), before) == 0
    age(tmp_path / "store")
    assert blobs.put_bytes(b"unknown") == unknown, "writing it makes it new"
    assert tidy(database, blobs, shelf(unknown.sha256), before) == 2
    assert blobs.has(unknown.sha256)
    assert list(blobs._part(kept)) == [b"part"]
    assert not (tmp_path / "store" / "parts" / lost).exists()
    age(tmp_path / "store")
    assert tidy(database, blobs, shelf(unknown.sha256), before) == 1
    assert tidy(database, blobs, shelf(needed.sha256), before) == 0
    assert (blobs.has(unknown.sha256), blobs.has(needed.sha256)) == (False, True)
    begun.abandon()  # whoever died with a file open has closed it by that


def test_s3_forgets_what_was_sent_in_part(s3_url: str) -> None:
    blobs = Blobs(s3_url)
    files = blobs._files
    told = files.call_s3("create_multipart_upload", Bucket="jiaokan", Key="new/begun")
    assert blobs.drop_unfinished(datetime(2000, 1, 1, tzinfo=UTC)) == 0  # moto says of each that it began in 2010
    assert blobs.drop_unfinished(datetime.now(UTC)) == 1
    left = files.call_s3("list_multipart_uploads", Bucket="jiaokan").get("Uploads", [])
    assert told["UploadId"] not in [one["UploadId"] for one in left]
    found = blobs.put_bytes(b"old on S3")
    assert found.sha256 in blobs.old(f"blobs/{found.sha256[:2]}", datetime.now(UTC) + DAY)
    assert blobs.old("blobs/zz", datetime.now(UTC)) == []
