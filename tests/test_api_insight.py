"""Figures about reviewing and policies, as scripts and browsers get them: right, and told only to whom they concern."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
from starlette.testclient import TestClient

from api.charts import Bar, Point, bars, over_time, percent, reliability
from models.archive import Role, State
from models.db import Database
from models.decisions import DecisionKind
from models.rows import Audit, Batch, Question, Reading
from models.store import readings
from tests.doors import Doors, doors
from tests.printed_tables import printed
from tests.reviewed import NOON, Answer, Reviewed, answer, busy, reviewed
from tests.reviewing import file_away, open_batch, settle_again
from tests.strategies import ACCOUNT, build

SVG = "{http://www.w3.org/2000/svg}"


@dataclass
class Found:
    """The doors of an archive that people have reviewed, and who knocks."""

    doors: Doors
    archive: Reviewed
    admin: TestClient
    reviewer: TestClient
    uploader: TestClient


@pytest.fixture
def found(database: Database, tmp_path: Path) -> Iterator[Found]:
    with doors(database, tmp_path) as opened:
        tokens = (
            opened.person("管理员", Role.ADMIN), opened.person("校对员", Role.REVIEWER), opened.person("上传员")
        )  # fmt: skip
        archive = reviewed(database, tmp_path)
        yield Found(opened, archive, *map(opened.client, tokens))


def test_a_policy_is_kept_recorded_and_settles_again_in_turn(found: Found) -> None:
    place = f"/api/batches/{found.archive.batch}/policy"
    nothing = {"above_yuan": None, "flagged_share": 0.0, "sample_share": 0.0}
    assert found.reviewer.get(place).json() == nothing
    changed = found.reviewer.patch(place, json={"above_yuan": "1000000.50", "sample_share": 0.01})
    assert changed.json() == {"above_yuan": "1000000.50", "flagged_share": 0.0, "sample_share": 0.01}
    found.reviewer.patch(place, json={"flagged_share": 0.2})
    assert found.admin.get(place).json()["above_yuan"] == "1000000.50"
    assert found.admin.patch(place, json={"above_yuan": None}).json()["above_yuan"] is None
    with found.doors.kit.database.snapshot() as session:
        assert session.get_one(Batch, found.archive.batch).policy == {
            **nothing,
            "flagged_share": 0.2,
            "sample_share": 0.01,
        }
        assert {row.state for row in session.query(Reading)} == {State.SETTLING}
        query = session.query(Audit.details).filter(Audit.action == "policy changed").order_by(Audit.id)
        noted = [details for (details,) in query]
    assert [one["documents"] for one in noted] == [2, 2, 2]
    assert noted[0]["before"] == nothing
    assert found.doors.sent == []
    found.doors.kit.waker.close()
    assert found.doors.woken


def test_the_same_policy_again_changes_nothing(found: Found) -> None:
    place = f"/api/batches/{found.archive.batch}/policy"
    assert found.reviewer.patch(place, json={}).status_code == 200
    with found.doors.kit.database.snapshot() as session:
        assert State.SETTLING not in {row.state for row in session.query(Reading)}
        assert session.query(Audit).filter(Audit.action == "policy changed").count() == 0


@pytest.mark.parametrize(
    "wrong",
    [{"above_yuan": "-1"}, {"above_yuan": "NaN"}, {"above_yuan": "viel"}, {"above_yuan": "1e30"},
     {"flagged_share": 1.1}, {"sample_share": -0.1}, {"sample_share": "half"}, {"sample": 0.1}],
)  # fmt: skip
def test_a_policy_that_makes_no_sense_is_refused(found: Found, wrong: dict[str, object]) -> None:
    answered = found.reviewer.patch(f"/api/batches/{found.archive.batch}/policy", json=wrong)
    assert answered.status_code == 422
    assert next(iter(wrong)) in answered.json()["detail"]
    assert found.reviewer.patch("/api/batches/99/policy", json={}).status_code == 404
    assert found.uploader.patch(f"/api/batches/{found.archive.batch}/policy", json={}).status_code == 403


def test_the_form_takes_percent_and_says_what_is_wrong(found: Found) -> None:
    browser = found.doors.browser("校对员")
    place = f"/batches/{found.archive.batch}"
    sent = {"csrf": browser.csrf, "above_yuan": "1,000,000", "flagged": "10", "sample": "0.5"}
    answered = browser.client.post(f"{place}/policy", data=sent)
    assert (answered.status_code, answered.headers["location"]) == (303, f"{place}?did=policy")
    page = browser.client.get(answered.headers["location"]).text
    assert "复核规则已更改" in page
    for field, value in (("above_yuan", "1000000"), ("flagged", "10"), ("sample", "0.5")):
        assert re.findall(rf'name="{field}"[^>]* value="([^"]*)"', page) == [value]
    for field, value, told in (
        ("sample", "101", "0 到 100"), ("flagged", "-1", "百分比"), ("above_yuan", "viel", "金额（元）"),
        ("above_yuan", "1.234", "above_yuan"),
    ):  # fmt: skip
        refused = browser.client.post(f"{place}/policy", data={**sent, field: value})
        assert refused.status_code == 422
        assert told in refused.text
    empty = browser.client.post(f"{place}/policy", data={"csrf": browser.csrf})
    assert empty.status_code == 303
    assert found.reviewer.get(f"/api{place}/policy").json()["above_yuan"] is None


def test_quality_is_told_with_its_interval(found: Found) -> None:
    place = f"/api/batches/{found.archive.batch}/quality"
    assert found.reviewer.get(place).json()["errors"] == {
        "hits": 0,
        "trials": 0,
        "share": None,
        "low": 0.0,
        "high": 1.0,
    }
    database, reading, archive = found.doors.kit.database, found.archive.readings[1], found.archive
    for number in range(10):
        answer(database, reading, Answer(archive.first, number, f"s{number}", "12.5", "sample", 0.99998))
    answer(database, reading, Answer(archive.first, 20, "wrong", "7", "sample", 0.99998))
    answer(database, reading, Answer(archive.first, 21, "waits", "7", "sample", 0.99998))
    answer(database, reading, Answer(archive.second, 22, "wrong", "7", "second", 0.99998))
    told = found.reviewer.get(place).json()
    assert (told["entered"], told["waiting"], told["errors"]["hits"], told["errors"]["trials"]) == (12, 1, 1, 11)
    assert told["errors"]["low"] == pytest.approx(0.0162, abs=1e-4)
    assert told["errors"]["high"] == pytest.approx(0.3774, abs=1e-4)
    browser = found.doors.browser("校对员")
    assert "1.6% – 38%" in browser.client.get(f"/batches/{archive.batch}").text


def test_figures_by_name_are_for_admins_and_oneself(found: Found) -> None:
    busy(found.doors.kit.database, found.archive)
    everything, mine = found.admin.get("/api/insight").json(), found.reviewer.get("/api/insight").json()
    assert [one["name"] for one in everything["reviewers"]] == ["复核员", "校对员", "裁定员"]
    assert [one["name"] for one in mine["reviewers"]] == ["校对员"]
    assert mine["pace"] == everything["pace"]
    own, other = found.archive.first, found.archive.second
    assert found.reviewer.get(f"/api/insight?reviewer={own}").json()["reviewer_name"] == "校对员"
    for address in ("/api/insight", "/insight", "/insight/pace.svg"):
        assert found.reviewer.get(f"{address}?reviewer={other}").status_code == 403
        assert found.uploader.get(address).status_code == 403
        assert found.admin.get(f"{address}?reviewer={other}").status_code == 200
    assert found.admin.get("/api/insight?reviewer=99").status_code == 404
    assert found.admin.get("/api/insight?batch=99").status_code == 404
    assert "复核员" not in found.reviewer.get("/insight").text
    assert "复核员" in found.admin.get("/insight").text


def test_all_figures_are_those_of_the_decisions(found: Found) -> None:
    twice = busy(found.doors.kit.database, found.archive)
    told = found.admin.get(f"/api/insight?batch={found.archive.batch}").json()
    samples = sum(one["right"]["trials"] for one in told["reliable_samples"])
    assert told["quality"]["entered"] == samples == 180
    assert 0 < told["quality"]["errors"]["hits"] <= 10
    assert told["agreement"]["trials"] == twice
    assert told["agreement"]["low"] < told["agreement"]["share"] < told["agreement"]["high"]
    assert told["pace"]["decisions"] == sum(one["pace"]["decisions"] for one in told["reviewers"])
    assert 5 < told["pace"]["minutes_per_hundred"] < 30
    days = told["backlog"]
    assert (
        days[-1]["open"]
        == sum(day["opened"] - day["closed"] for day in days)
        == sum(one["open"] for one in told["reasons"])
    )
    assert {one["asks"] for one in told["reasons"]} >= {"unsure", "contradicted", "sample"}
    assert 0 < told["through"]["share"] < 1
    one = found.admin.get(f"/api/insight?batch={found.archive.batch}&reviewer={found.archive.first}").json()
    assert one["through"] is None
    assert one["backlog"] == []
    assert {reason["asks"] for reason in one["reasons"]} == {"unsure", "contradicted", "sample", "layout", "second"}
    assert one["quality"]["entered"] < told["quality"]["entered"]


def test_an_empty_archive_has_a_page_too(database: Database, tmp_path: Path) -> None:
    with doors(database, tmp_path) as opened:
        client = opened.client(opened.person("校对员", Role.REVIEWER))
        page = client.get("/insight")
        assert page.status_code == 200
        assert '<svg class="chart' not in page.text
        assert client.get("/insight?batch=&reviewer=").status_code == 200
        assert client.get("/insight?batch=x").status_code == 422
        assert client.get("/insight/backlog.svg").status_code == 404


@pytest.mark.parametrize("name", ["backlog", "reasons", "pace", "reliability"])
def test_charts_stand_alone_and_tell_what_they_show(found: Found, name: str) -> None:
    busy(found.doors.kit.database, found.archive)
    nasty = Answer(found.archive.first, 0, "x", "", kind=DecisionKind.ILLEGIBLE)
    answer(found.doors.kit.database, found.archive.readings[0], nasty)
    answered = found.admin.get(f"/insight/{name}.svg")
    assert answered.headers["content-type"].startswith("image/svg+xml")
    assert f'attachment; filename="{name}.svg"' == answered.headers["content-disposition"]
    root = ElementTree.fromstring(answered.content)  # noqa: S314  # our own
    assert root.tag == f"{SVG}svg"
    assert len(root.findtext(f"{SVG}title") or "") > 3
    assert len(root.findtext(f"{SVG}desc") or "") > 20
    assert root.findall(f".//{SVG}text")
    assert not [one for one in root.iter() if "style" in one.attrib or one.tag.endswith(("script", "image"))]
    assert found.admin.get("/insight/other.svg").status_code == 404


def test_names_with_markup_stay_text_in_charts(found: Found) -> None:
    token = found.doors.person("<script>&", Role.REVIEWER)
    with found.doors.client(token) as client:
        number = client.get("/api/me").json()["id"]
        for seconds in (0, 9):
            answer(found.doors.kit.database, found.archive.readings[0], Answer(number, seconds, f"c{seconds}", "1"))
        for page in (client.get("/insight").text, client.get("/insight/pace.svg").text):
            assert "<script>&" not in page
            assert "&lt;script&gt;&amp;" in page


def test_marks_stand_where_the_figures_say() -> None:
    height, marks = over_time([(NOON.date(), 7)], "open")
    assert height > 0
    assert [mark.text for mark in marks if mark.text.isdigit()] == ["0", "2", "4", "6", "8"]
    assert over_time([], "open")[1] == ()
    _, drawn = bars([Bar("a", (3, 1), "4"), Bar("b", (0, 2), "2")], ("closed", "open"))
    widths = [
        float(mark.attributes["width"]) for mark in drawn if mark.tag == "rect" and mark.attributes["height"] == 24
    ]
    assert widths == pytest.approx([300, 100, 200])
    _, curve = reliability([Point(0.5, 0.5, 0.4, 0.6, "x")], [], ("x", "y"), ("q", "s", "i"))
    (spot,) = [mark for mark in curve if mark.told]
    diagonal = next(mark.attributes for mark in curve if mark.tag == "line" and mark.attributes.get("stroke-dasharray"))
    across = (float(spot.attributes["cx"]) - float(diagonal["x1"])) / (float(diagonal["x2"]) - float(diagonal["x1"]))
    up = (float(spot.attributes["cy"]) - float(diagonal["y1"])) / (float(diagonal["y2"]) - float(diagonal["y1"]))
    assert across == pytest.approx(up, abs=1e-4)


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0, "0%"), (1, "100%"), (0.5, "50%"), (0.995, "99.5%"), (0.98765, "98.8%"), (0.99996, "99.996%"),
     (0.0014, "0.14%")],
)  # fmt: skip
def test_shares_are_written_to_two_digits_of_what_matters(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_a_sample_entered_at_the_desk_counts(database: Database, tmp_path: Path) -> None:
    """From the policy to the figure: drawn, entered by one person, contradicted, confirmed by another."""
    with doors(database, tmp_path) as opened:
        first, second = (opened.client(opened.person(name, Role.REVIEWER)) for name in ("校对员", "复核员"))
        batch = open_batch(database)
        filed = file_away(database, opened.kit.blobs, batch, "2023.pdf", printed(build(ACCOUNT), {}))
        first.patch(f"/api/batches/{batch}/policy", json={"sample_share": 0.05})
        with database.transaction() as session:
            readings.ask_settling(session, [filed.reading])
            session.flush()
            settle_again(session, opened.kit.blobs, filed.reading, filed.sheets.document)
            drawn = session.query(Question).filter(Question.asks == "sample").order_by(Question.id).all()
            keys = [one.key for one in drawn]
        shown = {c.cell_id: c.reading.text.replace(",", "") for t in filed.sheets.document.tables for c in t.cells}
        right, wrong = [key for key in keys if shown[key]][:2]
        place = f"/api/documents/{filed.document}/decisions"
        for client, key, after in ((first, right, shown[right]), (first, wrong, "4.04"), (second, wrong, "4.04")):
            said = client.post(place, json={"kind": "value", "key": key, "after": after})
            assert said.status_code == 200, said.text
        told = first.get(f"/api/batches/{batch}/quality").json()
        assert (told["entered"], told["waiting"], told["errors"]["hits"], told["errors"]["trials"]) == (2, 0, 1, 2)
        figures = first.get(f"/api/insight?batch={batch}").json()
        (bin_,) = figures["reliable_samples"]
        assert (bin_["right"]["hits"], bin_["right"]["trials"]) == (1, 2)
        assert figures["agreement"] == {**figures["agreement"], "hits": 1, "trials": 1}
