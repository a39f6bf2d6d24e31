"""Groups of cells that are doubtful alike, and the page of a table: what is shown to whom, and what is confirmed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from models.archive import Role
from models.db import Database
from models.document import Cell, CellStatus, Glyph, Reading, SettledCell
from models.doubtful import NOTHING, look, pair
from models.geometry import Box
from models.queue import Task
from models.rows import Batch, Document, Question
from models.store import asking, groups, people, reviews
from models.store.groups import Alike, Scope
from tests.doors import Doors, doors
from tests.reviewing import file_away, open_batch, unsure
from worker.core.restructure import table_names

PAIR = Alike(pair="3>8")
STRAIGHT, DOUBTFUL = "g03-r04-c0", "g07-r00-c5"


@dataclass
class Desk:
    """The doors, an archive of three documents with doubts, and two reviewers."""

    doors: Doors
    one: TestClient
    two: TestClient

    def members(self, who: str = "one") -> list[tuple[Question, Document]]:
        with self.doors.kit.database.transaction() as session:
            user = people.user_by_name(session, who)
            assert user is not None
            found = groups.members(session, Scope(1), PAIR, user.id)
            session.expunge_all()
        return found

    def decide(self, client: TestClient, document: int, **said: Any) -> Any:
        return client.post(f"/api/documents/{document}/decisions", json={"kind": "value", "seen": None, **said})

    def sha256(self, document: int) -> str:
        with self.doors.kit.database.snapshot() as session:
            return session.get_one(Document, document).sha256


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    with doors(database, tmp_path) as found:
        found.person("档案员", Role.ADMIN)
        one, two = (found.client(found.person(name, Role.REVIEWER)) for name in ("one", "two"))
        batch = open_batch(database)
        for number in range(3):
            file_away(database, found.kit.blobs, batch, f"{number}.pdf", replace(unsure(2 * number), shown=()))
        yield Desk(found, one, two)


def test_cells_doubtful_alike_stand_together_over_documents(desk: Desk) -> None:
    with desk.doors.kit.database.snapshot() as session:
        (found,) = groups.groups(session, Scope(1))
        assert found.alike == PAIR
        assert found.readings == 3
        assert groups.groups(session, Scope(2)) == []
        (alone,) = groups.groups(session, Scope(document_id=2))
        assert alone.questions * 3 == found.questions
    members = desk.members()
    assert len(members) == found.questions
    assert {question.look["glyph"][0] for question, _ in members} == {0.0}
    assert all(question.look["value"].startswith("3") for question, _ in members)


def test_confirming_decides_each_cell_once_and_has_documents_settled(desk: Desk) -> None:
    members = desk.members()
    odd, rest = members[0][0], [question for question, _ in members[1:]]
    asked: dict[str, Any] = {"questions": [one.id for one in rest], "idempotency": "0123456789abcdef"}
    desk.doors.sent.clear()
    for _ in range(2):
        answer = desk.one.post("/api/groups/decisions", json=asked)
        assert answer.status_code == 200, answer.text
        told = answer.json()
    assert {task for task, _, _ in desk.doors.sent} == {Task.SETTLE}
    assert {numbers for _, numbers, _ in desk.doors.sent} == {(1,), (2,), (3,)}
    assert told == {"decided": 0, "skipped": sorted(asked["questions"])}, "sent again, nothing is open any more"
    decided = 0
    for document in (1, 2, 3):
        with desk.doors.kit.database.snapshot() as session:
            for one in reviews.decisions_on(session, desk.sha256(document)):
                decided += 1
                assert one.after == one.before == one.seen["value"]
                assert one.place["table_code"] == "公开07"
    assert decided == len(rest)
    assert [question.id for question, _ in desk.members()] == [odd.id]


def test_what_others_answered_or_look_at_is_not_confirmed(desk: Desk) -> None:
    (first, document), (second, _), *rest = desk.members()
    with desk.doors.kit.database.transaction() as session:
        two = people.user_by_name(session, "two")
        assert two is not None
        assert asking.claim(session, second.id, two.id)
    assert second.id not in {question.id for question, _ in desk.members()}
    answer = desk.decide(desk.two, document.id, key=first.key, after="123.45")
    assert answer.status_code == 200, answer.text
    told = desk.one.post("/api/groups/decisions", json={"questions": [first.id, rest[-1][0].id, 9999]}).json()
    assert first.id in told["skipped"]
    assert 9999 in told["skipped"]
    with desk.doors.kit.database.snapshot() as session:
        said = [one.after for one in reviews.decisions_on(session, document.sha256) if one.key == first.key]
    assert said == ["123.45"]


def test_a_cell_that_says_something_else_than_was_shown_is_not_confirmed(desk: Desk) -> None:
    (first, document), (second, _), *_ = desk.members()
    values = [first.look["value"], "1.00"]
    told = desk.one.post("/api/groups/decisions", json={"questions": [first.id, second.id], "values": values}).json()
    assert told == {"decided": 1, "skipped": [second.id]}
    with desk.doors.kit.database.transaction() as session:
        for question in session.scalars(select(Question).where(Question.closed_at.is_(None))):
            question.look = {**question.look, "value": "2.00"}  # not what the document is settled to
    told = desk.one.post("/api/groups/decisions", json={"questions": [second.id]}).json()
    assert told == {"decided": 0, "skipped": [second.id]}
    with desk.doors.kit.database.snapshot() as session:
        assert len(reviews.decisions_on(session, document.sha256)) == 1


def test_cells_that_wait_for_a_second_person_belong_to_no_group(desk: Desk) -> None:
    count = len(desk.members())
    with desk.doors.kit.database.transaction() as session:
        session.get_one(Batch, 1).policy = {"flagged_share": 1.0}
    (question, document), *_ = desk.members()
    assert desk.decide(desk.one, document.id, key=question.key, after="25,859.87").status_code == 200
    left = [one for one, shown in desk.members() if shown.id == document.id]
    assert question.id not in {one.id for one in left}
    assert len(desk.members()) < count
    page = desk.two.get(f"/documents/{document.id}/tables/公开07", headers={"accept-language": "en"}).text
    assert "25859.87" not in page, "the second person does not see the first entry"
    assert "25859.87" in desk.one.get(f"/documents/{document.id}/tables/公开07").text


def test_the_page_of_a_table_shows_orphans_and_keeps_its_name(desk: Desk) -> None:
    form = {"kind": "structure", "key": "公开09", "field": "set-form", "after": json.dumps({"form": "公开08"})}
    assert desk.decide(desk.one, 1, **form).status_code == 200
    for name in ("公开09", "公开08.2"):
        assert "公开09" in desk.one.get(f"/documents/1/tables/{name}").text
    assert desk.one.get("/documents/1/tables/公开10").status_code == 404
    row = {"kind": "structure", "key": "公开03", "field": "insert-row", "after": json.dumps({"row": STRAIGHT})}
    inserted = desk.decide(desk.one, 1, **row).json()["decision"]
    label = {"kind": "label", "field": "row_name", "after": "<script>alert(1)</script>"}
    assert desk.decide(desk.one, 1, key=f"d{inserted}-c1", **label).status_code == 200
    before = desk.one.get("/documents/1/tables/公开03", headers={"accept-language": "en"}).text
    assert "<script>alert" not in before
    assert "&lt;script&gt;alert" in before
    assert "not applied" not in before
    assert desk.decide(desk.one, 1, kind="undo", key="公开03", undoes=inserted).status_code == 200
    after = desk.one.get("/documents/1/tables/公开03", headers={"accept-language": "en"}).text
    assert "not applied" in after


def test_structure_is_refused_where_it_does_not_fit_and_conflicts_are_told(desk: Desk) -> None:
    for field, after in (
        ("shift-row", {"row": STRAIGHT, "by": -1}), ("shift-row", {"row": STRAIGHT}), ("explode", {}),
        ("set-unit", {"unit": "美元"}),
    ):  # fmt: skip
        said = {"kind": "structure", "key": "公开03", "field": field, "after": json.dumps(after)}
        assert desk.decide(desk.one, 1, **said).status_code == 422, field
    unit = {"kind": "structure", "key": "公开03", "field": "set-unit", "after": json.dumps({"unit": "万元"})}
    assert desk.decide(desk.one, 1, **{**unit, "seen": 0}).status_code == 200
    late = desk.decide(desk.two, 1, **{**unit, "seen": 0})
    assert late.status_code == 409
    assert "one" in late.json()["detail"]


def test_a_pair_is_that_of_the_least_certain_character() -> None:
    glyphs = (
        Glyph("1", 0.9, 0, 5, (("7", 0.1),)), Glyph(",", 0.6, 5, 6), Glyph("3", 0.5, 6, 11, (("8", 0.3), ("5", 0.1))),
    )  # fmt: skip
    reading = Reading("1,3", 2, Box(10, 20, 32, 30), glyphs, 0.5)
    assert pair(reading) == "3>8"
    found = look(settled(reading))
    assert found == {"value": "", "box": [10, 20, 32, 30], "glyph": [round(6 / 11, 4), 1.0]}
    gone = Reading("1", 2, None, (Glyph("1", 0.9, 4, 4, (("", 0.1),)),))
    assert pair(gone) == f"1>{NOTHING}"
    assert look(settled(gone)) == {"value": ""}
    assert pair(Reading("12")) == ""


def settled(reading: Reading) -> SettledCell:

    return SettledCell(Cell("c", 0, 0, reading), None, CellStatus.FLAGGED, 0.5)


def test_names_of_tables_are_their_own() -> None:
    assert table_names(["公开03", "T1", "公开03"]) == ("公开03", "T1", "公开03.2")
