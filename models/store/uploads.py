"""Uploads, piece by piece: what has come of one is what its parts in the store say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.db import at
from models.rows import Upload, UploadPart
from models.store.once import insert_once


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of an upload: where it begins, how long it is, and its key in the store."""

    offset: int
    size: int
    key: str


def start_upload(session: Session, batch_id: int, user_id: int, name: str, size: int | None) -> Upload:
    """A file or ZIP that is going to be sent; `size` None if the sender does not know."""
    upload = Upload(batch_id=batch_id, user_id=user_id, name=name, size=size, created_at=at(session))
    session.add(upload)
    session.flush()
    return upload


def upload_of(session: Session, upload_id: int, user_id: int | None = None) -> Upload | None:
    """An upload, if there is one; of this person, if one is given."""
    upload = session.get(Upload, upload_id)
    return upload if upload and user_id in (None, upload.user_id) else None


def uploads(session: Session, batch_id: int) -> Sequence[Upload]:
    """All uploads of a batch."""
    return session.scalars(select(Upload).where(Upload.batch_id == batch_id).order_by(Upload.id)).all()


def add_part(session: Session, upload_id: int, part: Part) -> bool:
    """Note a piece that is in the store; False if one that begins there came before; drop this one."""
    values = {"upload_id": upload_id, "offset": part.offset, "size": part.size, "key": part.key}
    return insert_once(session, UploadPart, {**values, "created_at": at(session)})


def parts(session: Session, upload_id: int) -> list[Part]:
    """The pieces that follow each other without a gap from the beginning; the end of the last is what has come."""
    query = select(UploadPart).where(UploadPart.upload_id == upload_id).order_by(UploadPart.offset)
    found: list[Part] = []
    end = 0
    for row in session.scalars(query):
        if row.offset == end:
            found.append(Part(row.offset, row.size, row.key))
            end += row.size
    return found


def whole(session: Session, upload_id: int, sha256: str, size: int) -> None:
    """The pieces were joined into this blob; a task has to take its files into the batch."""
    done = update(Upload).where(Upload.id == upload_id, Upload.sha256.is_(None))
    session.execute(done.values(sha256=sha256, size=size, sent_at=at(session)))
    session.execute(delete(UploadPart).where(UploadPart.upload_id == upload_id))


def taken(session: Session, upload_id: int, failure: str = "") -> None:
    """The files of an upload are in the batch, or none of them can be, for this reason."""
    done = update(Upload).where(Upload.id == upload_id, Upload.taken_at.is_(None))
    session.execute(done.values(taken_at=at(session), failure=failure))


def unpacking(session: Session, batch_id: int) -> int:
    """How many whole ZIPs of a batch wait for a worker to take their files."""
    query = select(func.count()).select_from(Upload)
    query = query.where(Upload.batch_id == batch_id, Upload.sha256.is_not(None), Upload.taken_at.is_(None))
    return session.scalar(query) or 0
