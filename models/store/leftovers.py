"""Which of the store's bytes the database still speaks of."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.rows import Export, Extraction, File, Page, Picture, Reading, Upload, UploadPart

_BLOBS: tuple[InstrumentedAttribute[str] | InstrumentedAttribute[str | None], ...] = (
    File.sha256, Upload.sha256, Reading.document, Page.blob, Picture.blob, Extraction.blob,
    Export.sha256, Export.manifest,
)  # fmt: skip


def unknown_blobs(session: Session, hashes: Collection[str]) -> set[str]:
    """Those of the hashes that no row speaks of."""
    left = set(hashes)
    for column in _BLOBS:
        if left:
            left -= {str(one) for one in session.scalars(select(column).where(column.in_(left)))}
    return left


def unknown_parts(session: Session, keys: Collection[str]) -> set[str]:
    """Those pieces of uploads that no upload speaks of."""
    return set(keys) - set(session.scalars(select(UploadPart.key).where(UploadPart.key.in_(keys))))
