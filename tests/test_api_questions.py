"""The review station's JSON: questions with all that answering takes, decisions and what follows, clear outcomes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from models.archive import CellLine, Role
from models.db import Database
from models.document import Origin
from models.packing import pack
from models.queue import Priority, Task
from models.rows import Batch, Cell, Claim, Decision, Document, Reading
from models.store import asking, people, pictures, readings, results, reviews
from models.store.pages import PageKey
from models.store.pictures import Drawn
from models.summaries import cell_lines, question_lines
from tests.doors import Doors, doors
from tests.reviewing import Filed, doubtful, file_away, open_batch, settle_again
from worker.core.settle import settle

PAIR = ("g06-r02-c0", "g06-r01-c0")
SAID = ((PAIR[0], "1.00"), ("g05-r01-c0", "12.50"), (PAIR[1], ""), ("g01-r00-c0", "77.00"), (PAIR[1], "5.00"))
NASTY = '<img src=x onerror="alert(1)">'


@dataclass
class Desk:
    """The doors, an archive of two documents with doubts, and two reviewers."""

    doors: Doors
    one: TestClient
    two: TestClient
    filed: list[Filed]

    def next(self, client: TestClient, **asked: Any) -> dict[str, Any] | None:
        answer = client.post("/api/questions/next", json=asked)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] | None = answer.json()["question"]
        return found

    def decide(self, client: TestClient, document: int, **said: Any) -> Any:
        return client.post(f"/api/documents/{document}/decisions", json={"kind": "value", "seen": 0, **said})


@pytest.fixture
def desk(database: Database, tmp_path: Path) -> Iterator[Desk]:
    with doors(database, tmp_path) as found:
        found.person("档案员", Role.ADMIN)
        one, two = (found.client(found.person(name, Role.REVIEWER)) for name in ("one", "two"))
        batch = open_batch(database)
        filed = [file_away(database, found.kit.blobs, batch, f"{n}.pdf", doubtful(n)) for n in (1, 2)]
        yield Desk(found, one, two, filed)


def right(question: dict[str, Any]) -> str:
    """What the page prints: the other reading that the sums prefer."""
    return str(question["alternatives"][0])


def test_a_question_comes_with_all_that_answering_takes(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    assert question["key"] == PAIR[0]
    assert question["table"] == "公开06"
    assert question["row"] == "津贴补贴"
    assert question["value"] == question["raw"].replace(",", "")
    assert question["page"]["straight"]["href"].endswith(question["page"]["straight"]["href"].rpartition("&v=")[2])
    assert question["place"]["straight"] != question["place"]["box"]
    assert len(question["mates"]) > 3
    assert question["holder"]["mine"]
    assert [row["cells"] for row in question["rows"]]
    (balance, *_) = question["balances"]
    assert PAIR[0] in [term["cell"] for term in (*balance["left"], *balance["right"])]
    assert desk.one.get("/api/questions").json()[0]["who"] == "one"
    with desk.doors.kit.database.transaction() as session:
        for user in people.users(session):
            people.set_language(session, user.id, "")
    for language, end in (("en", "look at the page"), ("zh", "请核对原件")):
        told = desk.one.get(f"/api/questions/{question['id']}", headers={"accept-language": language}).json()
        assert told["reason"].endswith(end)


def test_a_decision_settles_the_document_and_says_what_it_answered(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    document = question["document"]["id"]
    answer = desk.decide(desk.one, document, key=question["key"], after=right(question), reading=question["reading"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["answered"]
    assert told["question"] == question["id"]
    assert len(told["settled"]) == 1
    assert told["left"] == 0
    other = desk.one.get(f"/api/questions/{told['settled'][0]}").json()
    assert not other["open"]
    again = desk.one.get(f"/api/questions/{question['id']}").json()
    assert (again["open"], again["status"], again["value"]) == (False, "reviewed", right(question))
    assert [(one["who"], one["mine"], one["after"]) for one in again["said"]] == [("one", True, right(question))]
    assert again["holder"] is None
    following = desk.next(desk.one)
    assert following is not None
    assert following["document"]["id"] != document


def test_sending_twice_decides_once(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    said = {"key": question["key"], "after": right(question), "idempotency": "0123456789abcdef"}
    document = question["document"]["id"]
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(desk.decide(desk.one, document, **said))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.json()["again"] for one in answers) == [False, True]
    assert len({one.json()["decision"] for one in answers}) == 1
    with desk.doors.kit.database.snapshot() as session:
        assert len(session.scalars(select(Decision)).all()) == 1


def test_of_two_who_decide_the_second_is_told_what_the_first_said(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    document, key = question["document"]["id"], question["key"]
    assert desk.decide(desk.one, document, key=key, after="1.00").status_code == 200
    late = desk.decide(desk.two, document, key=key, after="2.00")
    assert late.status_code == 409
    assert "one has entered “1.00”" in late.json()["detail"]
    now = desk.two.get(f"/api/questions/{question['id']}").json()
    assert now["value"] == "1.00"
    assert desk.decide(desk.two, document, key=key, after="2.00", seen=now["seen"]).status_code == 200
    assert desk.decide(desk.one, document, key=key, after="", kind="illegible", seen=1).status_code == 409


def test_an_answer_to_what_the_sums_have_answered_meanwhile_is_told(desk: Desk) -> None:
    question = desk.next(desk.one, document=1)
    assert question is not None
    stale = desk.two.get(f"/api/questions/{question['id'] - 1}").json()
    assert stale["key"] == PAIR[1]
    assert desk.decide(desk.one, 1, key=question["key"], after=right(question)).json()["settled"] == [stale["id"]]
    now = desk.two.get(f"/api/questions/{stale['id']}").json()["value"]
    late = desk.decide(desk.two, 1, key=PAIR[1], after="5.00", doubted=True)
    assert late.status_code == 409
    assert f"it is “{now}”" in late.json()["detail"]
    assert desk.decide(desk.two, 1, key=PAIR[1], after=f"{now}0", doubted=True).status_code == 200


@pytest.mark.parametrize(
    ("said", "status", "told"),
    [
        ({"after": "12a"}, 422, "is no number"),
        ({"after": "1.2.3"}, 422, "is no number"),
        ({"after": NASTY}, 422, "is no number"),
        ({"after": "1" * 30}, 422, "is no number"),
        ({"key": "g99-r00-c0"}, 404, "no such cell"),
        ({"kind": "label", "field": "size"}, 422, "row_code"),
        ({"kind": "document", "field": "year", "after": "20x3"}, 422, "four digits"),
        ({"kind": "document", "field": "kind", "after": "novel"}, 422, "final-account"),
        ({"kind": "structure", "key": "公开99", "field": "wrong"}, 422, "fits no cell"),
        ({"kind": "undo", "undoes": 99}, 404, "no such decision"),
        ({"reading": 99}, 409, "read again"),
        ({"idempotency": "short"}, 422, "idempotency"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_kept(
    desk: Desk, said: dict[str, Any], status: int, told: str
) -> None:
    answer = desk.decide(desk.one, 1, **{"key": PAIR[0], "after": "1.00", **said})
    assert answer.status_code == status, answer.text
    assert told in answer.json()["detail"]
    with desk.doors.kit.database.snapshot() as session:
        assert session.scalars(select(Decision)).all() == []


def test_amounts_are_taken_as_people_write_them(desk: Desk) -> None:
    assert desk.decide(desk.one, 1, key=PAIR[0], after="１，234，567．80").status_code == 200
    with desk.doors.kit.database.snapshot() as session:
        assert session.scalars(select(Decision.after)).all() == ["1234567.80"]


def test_undo_goes_back_any_number_of_steps(desk: Desk) -> None:
    asked = []
    for _ in range(2):
        question = desk.next(desk.one)
        assert question is not None
        asked.append(question)
        document = question["document"]["id"]
        assert desk.decide(desk.one, document, key=question["key"], after=right(question)).status_code == 200
    assert desk.next(desk.one) is None
    for question in reversed(asked):
        last = desk.one.get("/api/decisions/last").json()
        assert last["document"] == question["document"]["id"]
        undo = {"kind": "undo", "key": last["key"], "undoes": last["decision"], "seen": None}
        told = desk.decide(desk.one, last["document"], **undo).json()
        assert told["question"] == question["id"]
        assert not told["answered"]
        assert len(told["opened"]) == 1
        assert desk.one.post(f"/api/questions/{question['id']}/claim").json()["open"]
    assert desk.one.get("/api/decisions/last").json()["decision"] == 0
    assert desk.decide(desk.one, 1, kind="undo", key="x", undoes=1, seen=None).status_code == 409


def test_what_another_said_since_is_not_undone_over(desk: Desk) -> None:
    assert desk.decide(desk.one, 1, key=PAIR[0], after="1.00").status_code == 200
    assert desk.decide(desk.two, 1, key=PAIR[0], after="2.00", seen=1).status_code == 200
    answer = desk.decide(desk.one, 1, kind="undo", key=PAIR[0], undoes=1, seen=None)
    assert answer.status_code == 409
    assert desk.decide(desk.one, 1, kind="undo", key=PAIR[0], undoes=2, seen=None).status_code == 403


def test_a_claim_is_told_and_runs_out(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    taken = desk.two.post(f"/api/questions/{question['id']}/claim")
    assert taken.status_code == 409
    assert "one is looking at this question" in taken.json()["detail"]
    with desk.doors.kit.database.transaction() as session:
        row = session.get_one(Claim, question["id"])
        row.expires_at -= asking.CLAIM
    assert desk.two.post(f"/api/questions/{question['id']}/claim").json()["holder"]["mine"]
    assert desk.one.post(f"/api/questions/{question['id']}/claim").status_code == 409
    assert desk.two.delete(f"/api/questions/{question['id']}/claim").status_code == 204
    assert desk.one.post(f"/api/questions/{question['id']}/claim").status_code == 200


def test_a_document_cancelled_or_read_again_meanwhile_is_told(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    number = question["document"]["id"]
    with desk.doors.kit.database.transaction() as session:
        row = session.get_one(Document, number)
        before, other = row.reading_id, readings.reread(session, number, "test 2", 6)
        assert other != before
    unread = desk.decide(desk.one, number, key=question["key"], after="1.00", reading=question["reading"])
    assert unread.status_code == 409
    assert "being read" in unread.json()["detail"]
    assert desk.one.get(f"/api/questions/{question['id']}").status_code == 409
    with desk.doors.kit.database.transaction() as session:
        row = session.get_one(Document, number)
        row.reading_id, row.cancelled_at = before, row.added_at
    late = desk.decide(desk.one, number, key=question["key"], after="1.00")
    assert late.status_code == 409
    assert "cancelled" in late.json()["detail"]
    assert desk.one.post(f"/api/questions/{question['id']}/claim").status_code == 409
    following = desk.next(desk.one)
    assert following is not None
    assert following["document"]["id"] != number


def test_a_second_entry_is_blind(desk: Desk) -> None:
    with desk.doors.kit.database.transaction() as session:
        batch = session.get_one(Document, 1).batch_id
        session.get_one(Batch, batch).policy = {"flagged_share": 1}
    question = desk.next(desk.one)
    assert question is not None
    document, key = question["document"]["id"], question["key"]
    told = desk.decide(desk.one, document, key=key, after=right(question)).json()
    assert not told["answered"]
    assert (desk.next(desk.one, document=document) or {}).get("key") != key
    blind = desk.two.post(f"/api/questions/{question['id']}/claim").json()
    assert blind["asks"] == "second"
    assert blind["blind"]
    assert blind["said"] == []
    assert blind["value"] == question["value"]
    assert blind["seen"] == told["decision"]
    stale = desk.decide(desk.two, document, key=key, after="1.00", seen=0)
    assert stale.status_code == 409
    assert right(question) not in stale.json()["detail"]
    done = desk.decide(desk.two, document, key=key, after=right(question), seen=blind["seen"]).json()
    assert done["answered"]


def test_pictures_are_drawn_before_all_else_when_somebody_looks(desk: Desk) -> None:
    reading = desk.filed[0].reading
    page = desk.one.get("/api/documents/1/pages/6").json()
    picture = desk.one.get(page["href"])
    assert picture.headers["content-type"] == "image/webp"
    assert "immutable" in picture.headers["cache-control"]
    assert picture.content[:4] == b"RIFF"
    again = desk.one.get(page["straight"]["href"], headers={"if-none-match": picture.headers["etag"]})
    assert again.status_code == 200
    assert desk.one.get(page["href"], headers={"if-none-match": picture.headers["etag"]}).status_code == 304
    with desk.doors.kit.database.transaction() as session:
        for row in pictures.pictures_of(session, PageKey(reading, 6)):
            session.delete(row)
    for _ in range(2):
        assert desk.one.get("/api/documents/1/pages/6").status_code == 202
    assert desk.doors.sent == [(Task.PICTURE, (reading, 6), Priority.REVIEW)]
    assert desk.one.get(page["href"]).status_code == 404
    with desk.doors.kit.database.transaction() as session:
        pictures.keep_pictures(session, PageKey(reading, 6), [Drawn(False, None, problem="the page is damaged")])
    assert desk.one.get("/api/documents/1/pages/6").json()["detail"] == "the page is damaged"
    assert desk.one.get("/api/documents/1/pages/99").status_code == 404


@pytest.mark.parametrize("page", ["/review", "/review/queue"])
def test_the_pages_of_the_queue_take_what_a_form_sends(desk: Desk, page: str) -> None:
    document = desk.filed[0].document
    for query in ("", "?batch=&document=&least=&most=", f"?batch=1&document={document}&form=公开05&least=3"):
        assert desk.one.get(page + query).status_code == 200
    for query in ("?batch=x", "?document=-1", f"?document={'9' * 5000}", "?least=x"):
        assert desk.one.get(page + query).status_code == 422


def test_a_text_dump_shows_the_lines_around(desk: Desk) -> None:
    sheets = doubtful(5)
    dump = replace(sheets, document=replace(sheets.document, origin=Origin.TEXT_DUMP, page_count=0))
    filed = file_away(desk.doors.kit.database, desk.doors.kit.blobs, 1, "dump.txt", dump)
    question = desk.next(desk.one, document=filed.document)
    assert question is not None
    assert question["page"] is None
    assert any(question["raw"] in line for line in question["lines"])


def test_last_years_figure_is_a_witness(desk: Desk) -> None:
    kit = desk.doors.kit
    before = file_away(kit.database, kit.blobs, 1, "2022.pdf", doubtful(3, "2022"))
    question = desk.next(desk.one, document=1)
    assert question is not None
    (witness,) = [one for one in question["witnesses"] if one["kind"] == "last-year"]
    assert witness["document"] == before.document
    place = desk.one.get(f"/api/documents/{witness['document']}/cells/{witness['cell']}/place").json()
    assert place["page"] == 6
    assert place["straight"]


def test_uploaders_review_nothing(desk: Desk) -> None:
    other = desk.doors.client(desk.doors.person("uploader", Role.UPLOADER))
    assert other.post("/api/questions/next", json={}).status_code == 403
    assert desk.decide(other, 1, key=PAIR[0], after="1.00").status_code == 403
    assert other.get("/api/documents/1/pages/6").status_code == 404
    assert other.get("/review").status_code == 403


def test_a_result_of_the_worker_knows_of_the_decision(desk: Desk) -> None:
    """Settling anew by a worker gives what settling in the request gave."""
    kit = desk.doors.kit
    assert desk.decide(desk.one, 1, key=PAIR[0], after="5.00").status_code == 200
    seen = desk.one.get("/api/documents/1/cells").json()
    with kit.database.transaction() as session:
        row = session.scalars(select(Reading).where(Reading.id == desk.filed[0].reading)).one()
        settle_again(session, kit.blobs, row.id, desk.filed[0].sheets.document)
    assert desk.one.get("/api/documents/1/cells").json() == seen


def test_what_decisions_leave_is_what_settling_from_nothing_gives(desk: Desk) -> None:
    """The process keeps how it settled a document the last time, and lists only what differs."""
    filed = desk.filed[0]
    given = [desk.decide(desk.one, filed.document, key=key, after=after, seen=None).json() for key, after in SAID]
    undone = desk.decide(desk.one, filed.document, kind="undo", key=SAID[0][0], undoes=given[0]["decision"], seen=None)
    assert undone.status_code == 200
    with desk.doors.kit.database.snapshot() as session:
        row = session.get_one(Reading, filed.reading)
        kept = results.extraction_of(session, filed.reading)
        assert kept is not None
        whole = settle(filed.sheets.document, review=reviews.review_of(session, row.sha256))
        assert desk.doors.kit.blobs.get(kept.blob) == pack(whole)
        cells = session.scalars(select(Cell).where(Cell.reading_id == filed.reading).order_by(Cell.position))
        found = [CellLine(*(getattr(one, name) for name in CellLine._fields)) for one in cells]
        assert found == list(cell_lines(whole))
        assert {one.key for one in reviews.questions_of(session, filed.reading)} == {
            one.key for one in question_lines(whole)
        }


def test_a_document_that_is_shown_is_settled_ahead(desk: Desk) -> None:
    question = desk.next(desk.one)
    assert question is not None
    assert not desk.doors.app.state.shelf.is_new(question["reading"])
    assert desk.doors.app.state.shelf.is_new(0)
