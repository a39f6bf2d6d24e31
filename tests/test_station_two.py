"""Two browsers on the same queue, with a real PostgreSQL: no question is answered twice, none is lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, select

from models.rows import Decision, Question
from models.store import figures
from tests.browsing import need_chromium
from tests.reviewing import doubtful, file_away
from tests.station import REVIEWERS, WORK, station

FEW, MANY, ROUNDS = 12, 500, 3


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("count", [FEW, pytest.param(MANY, marks=pytest.mark.long)])
def test_no_question_is_answered_twice_and_none_is_lost(
    tmp_path: Path, database_url: str, redis_url: str, count: int
) -> None:
    need_chromium()
    texts = doubtful(0).texts
    with station(tmp_path, database_url, redis_url) as found:
        for number in range(count // 2):  # of each document two cells are asked about
            file_away(found.database, found.blobs, found.batch, f"{number}.pdf", replace(doubtful(number), texts=texts))
        with found.database.snapshot() as session:
            asked = session.scalar(select(func.count()).select_from(Question)) or 0
        assert asked == count
        pages = [found.at_work(name) for name in REVIEWERS]
        left = count
        for _ in range(ROUNDS):  # the last answers of one may raise a question after the other has ended
            for page in pages:
                page.evaluate(WORK)
            for page in pages:
                assert page.evaluate("window.finished")
            with found.database.snapshot() as session:
                left = figures.open_questions(session)
            if not left:
                break
            for page in pages:
                page.click("text=Look again")
        with found.database.snapshot() as session:
            decisions = list(session.scalars(select(Decision)))
            session.expunge_all()
        assert found.complaints == []
    assert left == 0
    first: set[tuple[int, str]] = set()
    for one in decisions:  # who insists on another value than the sums say has it entered by a second person
        assert (one.reading_id, one.key) not in first or one.seen["asks"] in ("second", "third")
        first.add((one.reading_id, one.key))
    people = Counter((one.reading_id, one.key, one.user_id) for one in decisions)
    assert max(people.values()) == 1
    assert len({one.reading_id for one in decisions}) == count // 2
    assert len({one.user_id for one in decisions}) == 2
