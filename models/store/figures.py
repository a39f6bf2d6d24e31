"""Figures of the whole archive, for those who watch over the service. Read only."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.archive import State
from models.rows import Page, Question, Reading


def by_state(session: Session) -> Mapping[State, int]:
    """How many readings stand where."""
    found: dict[State, int] = {state: 0 for state in State if state is not State.CANCELLED}
    for state, count in session.execute(select(Reading.state, func.count()).group_by(Reading.state)):
        found[State(state)] = count
    return found


def straight_through(found: Mapping[State, int]) -> float:
    """Which share of the settled readings, by where all stand, is done without a question; 0 if there are none."""
    settled = found[State.DONE] + found[State.NEEDS_REVIEW]
    return found[State.DONE] / settled if settled else 0.0


def pages(session: Session) -> Mapping[str, int]:
    """How many unfinished pages wait, are sent, or are being read."""
    unsent = select(func.count()).where(Page.sent_at.is_(None), Page.finished_at.is_(None)).scalar_subquery()
    query = select(unsent, func.count(), func.count(Page.started_at))
    queued, sent, begun = session.execute(query.where(Page.sent_at.is_not(None), Page.finished_at.is_(None))).one()
    return {"queued": queued, "sent": sent - begun, "reading": begun}


def open_questions(session: Session) -> int:
    """How many questions wait for a person."""
    return session.scalar(select(func.count()).where(Question.closed_at.is_(None))) or 0
