"""What people corrected becomes lists: counted right, smoothed, found again in their files, written when asked for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import confusions, names
from models.confusions import LOST, Confusions, aligned
from models.db import Database
from models.decisions import Decision, DecisionKind, Learned, Place
from models.export.decided import Line, written
from models.learned import known
from models.names import Names
from tests.reviewed import Answer, answer, reviewed
from worker import cli
from worker.core.learned import learned

digit_texts = st.text("0123456789", max_size=9)
characters = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs"))
pairs = st.tuples(characters | st.just(""), characters | st.just("")).filter(any)
tables = st.dictionaries(pairs, st.integers(0, 10**6), max_size=8).map(Confusions)
words = st.text(characters, min_size=1, max_size=12)
lists = st.dictionaries(
    st.tuples(st.sampled_from(("entity", "item")), st.text("0123456789", max_size=7), words),
    st.integers(0, 999),
    max_size=6,
).map(Names)


@given(digit_texts, digit_texts)
def test_an_alignment_spells_both_texts(printed: str, read: str) -> None:
    steps = aligned(printed, read)
    assert "".join(one for one, _ in steps) == printed
    assert "".join(other for _, other in steps) == read
    assert sum(one != other for one, other in steps) <= max(len(printed), len(read))


@pytest.mark.parametrize(
    ("printed", "read", "differing"),
    [("1234", "1284", [("3", "8")]), ("1234", "124", [("3", LOST)]), ("124", "1224", [(LOST, "2")]), ("7", "7", [])],
)
def test_what_differs_is_found(printed: str, read: str, differing: list[tuple[str, str]]) -> None:
    assert [step for step in aligned(printed, read) if step[0] != step[1]] == differing


@given(tables, lists)
def test_lists_are_found_again_in_their_files(table: Confusions, listed: Names) -> None:
    assert confusions.parsed(confusions.written(table)) == table
    assert names.parsed(names.written(listed)) == listed


@pytest.mark.parametrize("bad", ["", "a,b\n", "printed,read,count\n12,3,1\n", "printed,read,count\n1,2,x\n"])
def test_a_file_that_is_no_table_says_so(bad: str) -> None:
    with pytest.raises(ValueError, match=r"columns|line 2"):
        confusions.parsed(bad)
    with pytest.raises(ValueError, match=r"columns|line 2"):
        names.parsed(bad.replace("printed,read,count", "kind,code,name,times"))


def value(number: int, key: str, after: str, raw: str, person: int = 1) -> Decision:
    return Decision(number, DecisionKind.VALUE, key, after, person=person, before="0", place=Place(raw=raw))


def test_a_cell_counts_once_as_last_said() -> None:
    undo = Decision(4, DecisionKind.UNDO, "b", undoes=3)
    said = [
        value(1, "a", "1234.50", "1,834.50"),
        value(2, "a", "1234.5", "1,834.50", person=2),
        value(3, "b", "9.99", "9.90"),
        undo,
        value(5, "c", "12", "12.00"),
        value(6, "d", "98765.43", "11"),  # another number altogether
        value(7, "e", "", "5"),
        value(8, "f", "77", "7?.00"),
    ]
    table, _ = learned({"file": said})
    assert table.mistakes() == [("2", "8", 1), ("7", "?", 1)]
    assert table.counts["1", "1"] == 2


def test_names_are_those_people_said() -> None:
    place = Place(row_code="2010301", raw="")
    said = [
        Decision(1, DecisionKind.DOCUMENT, "document", "青河县统计局", field="entity"),
        Decision(2, DecisionKind.DOCUMENT, "document", "2023", field="year"),
        Decision(3, DecisionKind.LABEL, "a", "行政运行", field="row_name", before="行政运待", place=place),
        Decision(4, DecisionKind.LABEL, "a", "2010301", field="row_code", place=place),
    ]
    table, listed = learned({"one": said, "two": said[:1]})
    assert listed.times == {("entity", "", "青河县统计局"): 2, ("item", "2010301", "行政运行"): 1}
    assert listed.offices() == {"青河县统计局"}
    assert table.mistakes() == [("行", "待", 1)]


def test_the_command_shows_first_and_writes_when_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = Line(7, "a" * 64, DecisionKind.VALUE, "k", "1234.50", place=Place(raw="1,834.50"))
    entity = Line(8, "a" * 64, DecisionKind.DOCUMENT, "document", "青河县统计局", field="entity")
    file, out = tmp_path / "decisions.csv", tmp_path / "learned"
    file.write_text(written([line, entity]), encoding="utf-8")
    assert cli.main(["learn", str(file), str(file), "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert "2 decisions" in told
    assert "2 read as 8: 1 times, before 0" in told
    assert "青河县统计局" in told
    assert "nothing was written: add --write" in told
    assert not out.exists()
    assert cli.main(["learn", str(file), "--out", str(out), "--write"]) == 0
    assert confusions.parsed((out / "confusions.csv").read_text(encoding="utf-8")).counts["2", "8"] == 1
    assert cli.main(["learn", str(file), "--out", str(out), "--write"]) == 0
    assert "nothing was written\n" in capsys.readouterr().out
    (out / "names.csv").write_text("damaged", encoding="utf-8")
    assert cli.main(["learn", str(file), "--out", str(out)]) == 2
    file.write_bytes(b"\xff")
    assert cli.main(["learn", str(file), "--out", str(out)]) == 2
    assert "UTF-8" in capsys.readouterr().err


def test_the_command_learns_from_the_database(
    database: Database, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    archive = reviewed(database, tmp_path)
    answer(database, archive.readings[0], Answer(archive.first, 0, "k", "12.80"))
    monkeypatch.setenv("JIAOKAN_DATABASE_URL", database_url)
    assert cli.main(["learn", "--out", str(tmp_path / "learned")]) == 0
    assert "8 read as 5: 1 times" in capsys.readouterr().out


def test_the_lists_are_read_anew_when_written_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert known(None) == known(tmp_path) == Learned()
    file = tmp_path / "names.csv"
    for time, name in enumerate(("青河县统计局", "青河县财政局"), 1):
        listed = Names({("entity", "", name): 1, ("item", "2010301", "行政运行"): 2, ("item", "2010301", "运行"): 1})
        file.write_text(names.written(listed), encoding="utf-8")
        os.utime(file, (time, time))
        assert known(tmp_path).names.offices() == {name}
        assert known(tmp_path).names.items() == {"2010301": "行政运行"}
    file.write_text("damaged", encoding="utf-8")
    counts = Confusions({("3", "8"): 4})
    (tmp_path / "confusions.csv").write_text(confusions.written(counts), encoding="utf-8")
    assert known(tmp_path) == Learned(counts, Names())
    assert "is not used" in caplog.text
