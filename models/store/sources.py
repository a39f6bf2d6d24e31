"""What an export is made of: the documents in its scope, as they stand at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.archive import State
from models.rows import Decision, Document, Extraction, Reading


@dataclass(frozen=True, slots=True)
class Source:
    """A document of an export: its extraction's blob (None if it has none), and how many decisions it rests on."""

    document_id: int
    name: str
    sha256: str
    state: State
    failure: str
    pages: int
    origin: str
    blob: str | None
    decision_id: int
    decisions: int


def sources(session: Session, scope: Mapping[str, Any]) -> list[Source]:
    """The documents of a batch, those named, or all; in the order of their names, cancelled ones left out.

    In an export of more than one batch a name carries the number of its batch, for names are unique within one only.
    """
    query = (
        select(Document, Reading, Extraction)
        .join(Reading, Reading.id == Document.reading_id)
        .outerjoin(Extraction, Extraction.reading_id == Document.reading_id)
        .where(Document.cancelled_at.is_(None))
    )
    if "batch" in scope:
        query = query.where(Document.batch_id == scope["batch"])
    elif "documents" in scope:
        query = query.where(Document.id.in_(scope["documents"]))
    found = session.execute(query).all()
    several = len({document.batch_id for document, _, _ in found}) > 1
    counts = _decisions(session, {document.sha256 for document, _, _ in found})
    made = [
        Source(
            document_id=document.id,
            name=f"{document.batch_id}/{document.name}" if several else document.name,
            sha256=document.sha256,
            state=State(reading.state),
            failure=reading.failure,
            pages=reading.page_count or 0,
            origin=extraction.origin if extraction else "",
            blob=extraction.blob if extraction else None,
            decision_id=extraction.decision_id if extraction else 0,
            decisions=counts.get(document.sha256, 0),
        )
        for document, reading, extraction in found
    ]
    return sorted(made, key=lambda source: source.name)


def _decisions(session: Session, hashes: set[str]) -> dict[str, int]:
    query = select(Decision.sha256, func.count()).group_by(Decision.sha256)
    return {sha256: count for sha256, count in session.execute(query) if sha256 in hashes}
