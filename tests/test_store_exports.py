"""Exports are frozen once, uploads come in pieces, the record is kept."""

from __future__ import annotations

from models.archive import Blob, ExportFormat, Role
from models.db import Database
from models.store import audit, exports, people, uploads
from models.store.exports import Frozen, Wanted
from models.store.uploads import Part
from tests.archives import batch_of, person

WANTED = Wanted("2023", ExportFormat.XLSX, {"batch": 1}, with_flagged=False)


def test_an_export_is_made_once(database: Database) -> None:
    frozen = Frozen(Blob("a" * 64, 9), "b" * 64, 3)
    with database.transaction() as session:
        owner, other, reviewer = person(session, "a"), person(session, "b"), person(session, "c", Role.REVIEWER)
        export = exports.ask_export(session, owner.id, WANTED)
        assert exports.start_export(session, export.id) is export
        assert exports.freeze_export(session, export.id, frozen)
        assert not exports.freeze_export(session, export.id, frozen)
        assert exports.start_export(session, export.id) is None
        exports.fail_export(session, export.id, "too late")
        assert exports.export_for(session, export.id, other) is None
        assert exports.exports(session, other) == []
        for viewer in (owner, reviewer):
            found = exports.export_for(session, export.id, viewer)
            assert found is not None
            session.refresh(found)
            assert (found.sha256, found.decisions, found.failure, found.scope) == ("a" * 64, 3, "", {"batch": 1})
            assert exports.exports(session, viewer) == [found]
        assert exports.exports(session, owner, after=export.id) == []


def test_an_upload_is_as_long_as_its_pieces_without_a_gap(database: Database) -> None:
    batch_id, _ = batch_of(database, "a.pdf")
    with database.transaction() as session:
        owner = people.users(session)[0]
        upload = uploads.start_upload(session, batch_id, owner.id, "big.zip", 30)
        assert uploads.add_part(session, upload.id, Part(0, 10, "k0"))
        assert uploads.add_part(session, upload.id, Part(20, 10, "k2"))
        assert not uploads.add_part(session, upload.id, Part(0, 10, "again"))
        assert [part.key for part in uploads.parts(session, upload.id)] == ["k0"]
        assert uploads.add_part(session, upload.id, Part(10, 10, "k1"))
        assert [part.key for part in uploads.parts(session, upload.id)] == ["k0", "k1", "k2"]
        assert uploads.upload_of(session, upload.id, owner.id + 1) is None
        uploads.whole(session, upload.id, "a" * 64, 30)
        uploads.taken(session, upload.id)
        uploads.taken(session, upload.id, "too late")
        (found,) = uploads.uploads(session, batch_id)
        session.refresh(found)
        assert (found.sha256, found.failure) == ("a" * 64, "")
        assert uploads.parts(session, upload.id) == []


def test_the_record_tells_who_did_what(database: Database) -> None:
    with database.transaction() as session:
        user = person(session)
        audit.note(session, audit.Actor(user.id, "r1", "::1"), "batch opened", "batch 1", {"name": "2023"})
        audit.note(session, audit.Actor(), "swept", "queue")
    with database.snapshot() as session:
        newest, first = audit.entries(session)
        assert (newest.action, newest.user_id) == ("swept", None)
        assert (first.request, first.address, first.details) == ("r1", "::1", {"name": "2023"})
        assert audit.entries(session, after=newest.id) == audit.entries(session, subject="batch 1") == [first]
