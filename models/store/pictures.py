"""Pictures of pages for people to look at: made once by a worker, from then on in the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models.db import at
from models.rows import Page, Picture, Question
from models.store.once import insert_missing
from models.store.pages import PageKey


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in the store, `width` and `height` of the page in points; or else the problem, and no blob."""

    straight: bool
    blob: str | None
    width: float = 0.0
    height: float = 0.0
    problem: str = ""


def keep_pictures(session: Session, key: PageKey, drawn: Sequence[Drawn]) -> None:
    """Note the pictures of a page; what could not be made before is forgotten."""
    mine = (Picture.reading_id == key.reading_id, Picture.number == key.number)
    session.execute(delete(Picture).where(*mine, Picture.blob.is_(None)))
    values = [
        {
            "reading_id": key.reading_id, "number": key.number, "straight": one.straight, "blob": one.blob,
            "width": one.width, "height": one.height, "problem": one.problem, "made_at": at(session),
        }
        for one in drawn
    ]  # fmt: skip
    insert_missing(session, Picture, values)


def pictures_of(session: Session, key: PageKey) -> Sequence[Picture]:
    """The pictures of a page, as filed before straightened; none if they are not made."""
    query = select(Picture).where(Picture.reading_id == key.reading_id, Picture.number == key.number)
    return session.scalars(query.order_by(Picture.straight)).all()


def page_of(session: Session, key: PageKey) -> Page | None:
    """A page of a reading, if it has that many."""
    return session.get(Page, (key.reading_id, key.number))


def pages_to_draw(session: Session, reading_id: int) -> list[int]:
    """The pages somebody will be asked about, and the first, of which no picture is there."""
    asked = select(Question.page).where(Question.reading_id == reading_id, Question.closed_at.is_(None))
    wanted = {1, *session.scalars(asked.distinct())}
    present: Collection[int] = session.scalars(select(Picture.number).where(Picture.reading_id == reading_id)).all()
    pages = select(Page.number).where(Page.reading_id == reading_id, Page.number.in_(wanted))
    return sorted(set(session.scalars(pages)) - set(present))
