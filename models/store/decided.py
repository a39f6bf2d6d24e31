"""Decisions as they leave the archive, and as they come back: with who made them, of which document."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.decisions import DecisionKind
from models.export.decided import Line
from models.rows import Decision, Document, Reading, User
from models.store.reviews import place_of

_AT_ONCE = 500


def lines(session: Session, batch_id: int, sha256: str, after: int, limit: int) -> list[Line]:
    """The decisions about a file of a batch (empty: about all of them), in order, after the one of that number."""
    mine = select(Document.sha256).where(Document.batch_id == batch_id)
    if sha256:
        mine = mine.where(Document.sha256 == sha256)
    name = select(func.min(Document.name)).where(Document.batch_id == batch_id, Document.sha256 == Decision.sha256)
    query = select(Decision, User.name, name.scalar_subquery()).join(User, User.id == Decision.user_id)
    query = query.where(Decision.sha256.in_(mine), Decision.id > after).order_by(Decision.id).limit(limit)
    return [line(row, person, document) for row, person, document in session.execute(query)]


def everything(session: Session, after: int, limit: int) -> list[Line]:
    """Every decision of the archive, in order, after the one of that number."""
    query = select(Decision).where(Decision.id > after).order_by(Decision.id).limit(limit)
    return [line(row, "", "") for row in session.scalars(query)]


def line(row: Decision, person: str, document: str) -> Line:
    """A decision as a line of a file."""
    return Line(
        number=row.id, sha256=row.sha256, kind=DecisionKind(row.kind), key=row.key, after=row.after, document=document,
        field=row.field, before=row.before, note=row.note, person=person, at=row.at, undoes=row.undoes,
        asks=str(row.seen.get("asks", "")), straight=bool(row.seen.get("straight")), place=place_of(row.place),
    )  # fmt: skip


def targets(session: Session, batch_id: int, hashes: Sequence[str], names: Sequence[str]) -> list[Document]:
    """The documents of a batch with these bytes or of these names, in order."""
    query = select(Document).where(Document.batch_id == batch_id, Document.cancelled_at.is_(None))
    found: dict[int, Document] = {}
    for column, wanted in ((Document.sha256, hashes), (Document.name, names)):
        for first in range(0, len(wanted), _AT_ONCE):
            some = query.where(column.in_(wanted[first : first + _AT_ONCE]))
            found.update((one.id, one) for one in session.scalars(some))
    return [found[number] for number in sorted(found)]


def held(session: Session, reading_id: int) -> Reading | None:
    """The reading, kept from changing until the transaction ends, if its document is laid out."""
    found = session.get(Reading, reading_id, with_for_update=True, populate_existing=True)
    return found if found is not None and found.document else None


def told(session: Session, numbers: Sequence[int]) -> list[tuple[Decision, str]]:
    """These decisions, each with who made it, in order."""
    query = select(Decision, User.name).join(User, User.id == Decision.user_id).where(Decision.id.in_(numbers))
    return [(row, name) for row, name in session.execute(query.order_by(Decision.id))]
