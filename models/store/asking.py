"""Which question is asked next, of whom: the queue of the review station.

One million questions may be open, so nothing here looks at all of them. Questions stand in the order of their worth in
partial indexes; a filter that an index does not hold looks at the worthiest first, and only if none of those fits goes
through the readings it allows, or the amounts, the worthiest question of each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, and_, delete, exists, func, or_, select
from sqlalchemy.orm import Session

from models.db import at
from models.decisions import Asks, DecisionKind
from models.rows import Claim, Decision, Document, Extraction, Question, User
from models.store.once import insert_once

CLAIM = timedelta(minutes=15)
"""How long a question is kept for the person who looks at it."""
_WORTHIEST = 2000
"""How many of the worthiest are looked at before the readings that a filter allows."""
_AGAIN = (Asks.SECOND.value, Asks.THIRD.value)


@dataclasses.dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Which questions: of a batch, a document's reading, a form, asked for a reason, of an entity; none skipped.

    `least` and `most` bound the amount, in fen, whatever its sign.
    """

    batch_id: int | None = None
    reading_id: int | None = None
    form: str = ""
    asks: str = ""
    entity: str = ""
    least: int | None = None
    most: int | None = None
    skipped: Sequence[int] = ()

    @property
    def narrow(self) -> bool:
        """Whether it asks for something that the order of worth does not know."""
        bounded = self.least is not None or self.most is not None
        return bounded or self.batch_id is not None or bool(self.entity)


@dataclasses.dataclass(frozen=True, slots=True)
class Waiting:
    """An open question in a list, and who is looking at it until when."""

    question: Question
    document: Document
    person: str
    until: datetime | None


def next_question(session: Session, user_id: int, chosen: QuestionFilter) -> Question | None:
    """The open question worth most that this person may answer and nobody else looks at; it is theirs from now on."""
    passed = list(chosen.skipped)
    while True:
        trying = dataclasses.replace(chosen, skipped=passed)
        question = next((one for one in _best(session, user_id, trying, 1)), None)
        if question is None or claim(session, question.id, user_id):
            return question
        passed.append(question.id)  # another took it between the two statements


def waiting(session: Session, user_id: int, chosen: QuestionFilter, limit: int = 50) -> list[Waiting]:
    """The open questions worth most, those that others look at too."""
    found = _best(session, user_id, chosen, limit, others=True)
    claims = select(Claim, User.name).join(User, User.id == Claim.user_id)
    claims = claims.where(Claim.question_id.in_([one.id for one in found]), Claim.expires_at > at(session))
    held = {one.question_id: (name, one.expires_at) for one, name in session.execute(claims)}
    documents = document_of(session, {one.reading_id for one in found}, chosen.batch_id)
    nobody: tuple[str, datetime | None] = ("", None)
    return [
        Waiting(one, documents[one.reading_id], *held.get(one.id, nobody))
        for one in found
        if one.reading_id in documents
    ]


def document_of(session: Session, reading_ids: set[int], batch_id: int | None = None) -> dict[int, Document]:
    """For each reading the document that shows it: the first, in the batch if one is named."""
    query = select(Document).where(Document.reading_id.in_(reading_ids), Document.cancelled_at.is_(None))
    if batch_id is not None:
        query = query.where(Document.batch_id == batch_id)
    return {one.reading_id: one for one in session.scalars(query.order_by(Document.id.desc()))}


def claim(session: Session, question_id: int, user_id: int) -> bool:
    """Keep a question for a person, or keep it longer; False if it is another's."""
    until = at(session) + CLAIM
    if insert_once(session, Claim, {"question_id": question_id, "user_id": user_id, "expires_at": until}):
        return True
    present = session.get(Claim, question_id, with_for_update=True, populate_existing=True)
    if present is None or (present.user_id != user_id and present.expires_at > at(session)):
        return False
    present.user_id, present.expires_at = user_id, until
    return True


def release(session: Session, question_id: int, user_id: int) -> None:
    """Let others have a question."""
    session.execute(delete(Claim).where(Claim.question_id == question_id, Claim.user_id == user_id))


def claimed_by(session: Session, question_id: int) -> tuple[int, str, datetime] | None:
    """Who looks at a question, by number and name, and until when."""
    query = select(Claim, User.name).join(User, User.id == Claim.user_id)
    found = session.execute(query.where(Claim.question_id == question_id, Claim.expires_at > at(session))).first()
    return None if found is None else (found[0].user_id, found[1], found[0].expires_at)


def question_of(session: Session, question_id: int) -> Question | None:
    """A question, open or closed."""
    return session.get(Question, question_id, populate_existing=True)


def question_about(session: Session, reading_id: int, key: str) -> Question | None:
    """The question about a cell or document, open or closed."""
    return session.scalar(select(Question).where(Question.reading_id == reading_id, Question.key == key))


def _best(
    session: Session, user_id: int, chosen: QuestionFilter, limit: int, others: bool = False
) -> Sequence[Question]:
    own = _own(chosen)
    fits: list[ColumnElement[bool]] = [_answerable(user_id), *_scope(chosen)]
    if not others:
        fits.append(~_taken(session, user_id))
    order = (Question.worth.desc(), Question.id.desc())
    if not chosen.narrow:
        query = select(Question).where(*own, *fits).order_by(*order).limit(limit)
        return session.scalars(query).all()
    near = select(Question.id).where(*own).order_by(*order).limit(_WORTHIEST).subquery()
    found = _among(session, near, [*fits, *_amount(chosen)], limit)
    if len(found) == limit or _is_all(session, near):
        return found
    if _amount(chosen):
        near = select(Question.id).where(*own, *_amount(chosen)).limit(_WORTHIEST).subquery()
        if _is_all(session, near):
            return _among(session, near, fits, limit)
    return session.scalars(_far(chosen, [*own, *fits, *_amount(chosen)]).order_by(*order).limit(limit)).all()


def _among(
    session: Session, near: Subquery, conditions: Sequence[ColumnElement[bool]], limit: int
) -> Sequence[Question]:
    """The worthiest of some questions that fit."""
    query = select(Question).join(near, near.c.id == Question.id).where(*conditions)
    return session.scalars(query.order_by(Question.worth.desc(), Question.id.desc()).limit(limit)).all()


def _is_all(session: Session, near: Subquery) -> bool:
    """Whether a choice of questions was not cut short, so that there are no others."""
    return (session.scalar(select(func.count()).select_from(near)) or 0) < _WORTHIEST


def _far(chosen: QuestionFilter, conditions: list[ColumnElement[bool]]) -> Select[Question]:
    """Through the readings that the filter allows, the worthiest of each; all, where it names none."""
    if chosen.batch_id is None and not chosen.entity:
        return select(Question).where(*conditions)
    readings = _readings(chosen).subquery()
    mine = select(Question.id).where(Question.reading_id == readings.c.reading_id, *conditions)
    best = mine.order_by(Question.worth.desc(), Question.id.desc()).limit(1).correlate(readings).scalar_subquery()
    tops = select(best.label("id")).subquery()
    return select(Question).join(tops, tops.c.id == Question.id)


def _readings(chosen: QuestionFilter) -> Select[int]:
    """The readings of a batch, of an entity, or of both."""
    if chosen.batch_id is None:
        return select(Extraction.reading_id).where(Extraction.entity == chosen.entity)
    query = select(Document.reading_id).where(Document.batch_id == chosen.batch_id, Document.cancelled_at.is_(None))
    if chosen.entity:
        query = query.join(Extraction, Extraction.reading_id == Document.reading_id)
        query = query.where(Extraction.entity == chosen.entity)
    return query.distinct()


def _own(chosen: QuestionFilter) -> list[ColumnElement[bool]]:
    """What an index in the order of worth holds."""
    conditions: list[ColumnElement[bool]] = [Question.closed_at.is_(None)]
    if chosen.reading_id is not None:
        conditions.append(Question.reading_id == chosen.reading_id)
    if chosen.form:
        conditions.append(Question.form == chosen.form)
    if chosen.asks:
        conditions.append(Question.asks == chosen.asks)
    if chosen.skipped:
        conditions.append(Question.id.not_in(chosen.skipped))
    return conditions


def _scope(chosen: QuestionFilter) -> list[ColumnElement[bool]]:
    """Questions of documents that somebody still wants: of the batch, of the entity."""
    shown = exists().where(Document.reading_id == Question.reading_id, Document.cancelled_at.is_(None))
    if chosen.batch_id is not None:
        shown = shown.where(Document.batch_id == chosen.batch_id)
    conditions: list[ColumnElement[bool]] = [shown]
    if chosen.entity:
        conditions.append(
            exists().where(Extraction.reading_id == Question.reading_id, Extraction.entity == chosen.entity)
        )
    return conditions


def _amount(chosen: QuestionFilter) -> list[ColumnElement[bool]]:
    """Amounts of either sign within the bounds."""
    conditions: list[ColumnElement[bool]] = []
    if chosen.least is not None:
        conditions.append(or_(Question.fen >= chosen.least, Question.fen <= -chosen.least))
    if chosen.most is not None:
        conditions.append(Question.fen.between(-chosen.most, chosen.most))
    return conditions


def _taken(session: Session, user_id: int) -> ColumnElement[bool]:
    """Whether another looks at it."""
    return exists().where(Claim.question_id == Question.id, Claim.expires_at > at(session), Claim.user_id != user_id)


def _answerable(user_id: int) -> ColumnElement[bool]:
    """Whether a person may answer: nobody confirms an entry of their own."""
    entered = (DecisionKind.VALUE.value, DecisionKind.ILLEGIBLE.value, DecisionKind.SOURCE_WRONG.value)
    mine = exists().where(
        and_(Decision.reading_id == Question.reading_id, Decision.key == Question.key),
        Decision.user_id == user_id,
        Decision.kind.in_(entered),
    )
    return or_(Question.asks.not_in(_AGAIN), ~mine)
