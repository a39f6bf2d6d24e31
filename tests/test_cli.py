"""The console command: fast help, exit statuses a script can rely on, and never half an export."""

from __future__ import annotations

import io
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_files import pages
from tests.export_contract import broken
from worker import cli
from worker.batch import Steps
from worker.commands.extract import Request, extract
from worker.commands.progress import shown_on

FAKES = ("tests.fake_pages.open_file", "tests.fake_pages.read_page", "tests.fake_pages.settle_document")
ROOT = Path(__file__).parents[1]
RUN = (
    # A shell starts what runs in its background deaf to Ctrl-C, these tests perhaps.
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "import sys; from pathlib import Path; from worker.batch import Steps; "
    "from worker.commands.extract import Request, extract; "
    f"steps = Steps(30.0, 60.0, 30.0, 3, *{FAKES!r}); "
    "sys.argv[0] = 'jiaokan'; import worker.cli as cli; "
    "command = type(sys)('fake'); command.add_arguments = lambda p: p.add_argument('paths', nargs=2, type=Path); "
    "command.run = lambda a: extract(Request((a.paths[0],), a.paths[1], 2), steps); sys.modules['fake'] = command; "
    "cli.COMMANDS['fake'] = ('fake', 'fake'); sys.exit(cli.main(['fake', *sys.argv[1:]]))"
)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    (folder / "a.txt").write_text("page\npage\n")
    (folder / "b.txt").write_text("page\n")
    return folder


@pytest.fixture(autouse=True)
def _keep_signals() -> Iterator[None]:
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(folder: Path, out: Path, jobs: int = 2) -> int:
    return extract(Request((folder,), out, jobs), Steps(30.0, 30.0, 30.0, 3, *FAKES))


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_help_is_fast_and_loads_nothing_heavy() -> None:
    show = (
        "import sys, worker.cli\n"
        "try: worker.cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'numpy', 'cv2', 'rich', 'pydantic', 'msgspec', 'paddleocr'} & set(sys.modules)))"
    )
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, "-c", show], capture_output=True, text=True, check=True, cwd=ROOT)  # noqa: S603  # our own words
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)  # whatever else is running
    assert done.stdout.strip().endswith("[]")
    assert all(name in done.stdout for name in cli.COMMANDS)
    assert min(times) < 0.5


@pytest.mark.parametrize("name", ["extract", "demo"])
def test_commands_explain_themselves(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([name, "--help"])
    assert caught.value.code == 0
    assert "--out" in capsys.readouterr().out


def test_a_missing_package_is_named_with_what_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(cli.COMMANDS, "extract", ("package_that_is_not_there", "none"))
    assert cli.main(["extract"]) == 2
    assert "package_that_is_not_there: python3 -m pip install 'jiaokan[read]'" in capsys.readouterr().err


def test_all_done_is_0_and_the_summary_says_where_to_look(
    inbox: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(inbox, tmp_path / "out") == 0
    assert broken(tmp_path / "out") == []
    told = capfd.readouterr()
    assert "2 documents, 3 pages, 2 cells, 0 of them flagged" in told.out
    assert str(tmp_path / "out" / "cells.csv") in told.out
    assert "[3/3]" in told.err


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("unopenable", "cannot be opened: leave it"),
        ("raise", "page 1: reading failed by a fault of jiaokan (KeyError"),
        ("die", "page 1: the reading process ended by itself (SIGSEGV"),
        ("page\nunreadable", "page 2: the page is blotted: scan it anew"),
        ("\n".join(["unreadable"] * 4 + ["page"] * 60), "pages from page"),
    ],
)
def test_some_failed_is_1_and_the_others_are_done(
    line: str, said: str, inbox: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (inbox / "bad.txt").write_text(line)
    assert run(inbox, tmp_path / "out") == 1
    told = capfd.readouterr().out
    assert "2 clean" in told
    assert "1 failed" in told
    assert said in (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8")
    assert broken(tmp_path / "out") == []


def test_pages_beside_a_failed_one_are_exported_all_the_same(inbox: Path, tmp_path: Path) -> None:
    (inbox / "c.txt").write_text("page\nunreadable\npage\n")
    run(inbox, tmp_path / "out")
    cells = (tmp_path / "out" / "cells.csv").read_text(encoding="utf-8")
    assert "c.txt" in cells
    assert ",2,20000," in cells, "the two pages that were read"


def test_a_document_that_cannot_be_settled_has_failed(inbox: Path, tmp_path: Path) -> None:
    (inbox / "unsettled.txt").write_text("page\n")
    assert run(inbox, tmp_path / "out") == 1
    text = (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8")
    assert "RuntimeError: no figures at all" in text


def test_nothing_could_start_is_2(inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    assert run(tmp_path / "missing", tmp_path / "out") == 2
    assert run(tmp_path / "empty", tmp_path / "out") == 2
    assert run(inbox, tmp_path / "file") == 2
    assert run(inbox, tmp_path / "file" / "below") == 2
    monkeypatch.setenv("JIAOKAN_DPI", "7")
    assert run(inbox, tmp_path / "out") == 2
    assert not (tmp_path / "out").exists()
    assert (tmp_path / "file").read_text() == "x"
    assert not list(tmp_path.glob(".*"))


def test_the_same_input_gives_the_same_bytes(inbox: Path, tmp_path: Path) -> None:
    (inbox / "c.txt").write_text("page\n" * 9)
    (inbox / "d.txt").write_text("raise\n")
    run(inbox, tmp_path / "one", jobs=1)
    run(inbox, tmp_path / "two", jobs=2)
    assert tree(tmp_path / "one") == tree(tmp_path / "two")


def test_an_earlier_export_is_replaced_and_nothing_else(
    inbox: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(inbox, out) == 0
    (inbox / "b.txt").unlink()
    assert run(inbox, out) == 0
    assert "b.txt" not in (out / "cells.csv").read_text(encoding="utf-8")
    assert not (out / "tables" / "b.公开01.csv").exists()
    (out / "tables" / "notes.md").write_text("mine")
    before = tree(out)
    assert run(inbox, out) == 2
    assert tree(out) == before
    assert "tables/notes.md" in capsys.readouterr().err
    assert run(tmp_path / "inbox", inbox) == 2, "documents are never taken for an export"
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_folder_that_cannot_be_renamed_is_filled_file_by_file(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert run(inbox, out) == 0
    monkeypatch.chdir(out)
    (inbox / "b.txt").unlink()
    assert extract(Request((inbox,), Path()), Steps(30.0, 30.0, 30.0, 3, *FAKES)) == 0
    assert Path.cwd() == out
    monkeypatch.chdir(tmp_path)
    run(inbox, tmp_path / "fresh")
    assert tree(out) == tree(tmp_path / "fresh")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_the_earlier_export_and_no_child(
    how: signal.Signals, inbox: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    run(inbox, out)
    before = tree(out)
    (inbox / "c.txt").write_text("page\n" + "hang\n" * 3)
    child = subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, "-c", RUN, inbox, out], stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    assert child.stderr is not None
    for line in child.stderr:
        if "c.txt page 1" in line:
            break
    time.sleep(0.5)
    assert len(members(child.pid)) >= 3, "the parent and two that hang"
    os.killpg(child.pid, how)
    said = child.stderr.read()
    child.stderr.close()
    assert child.wait(10) == 130
    assert said.endswith("interrupted: nothing was written\n")
    assert "Traceback" not in said
    assert tree(out) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inbox", "out"]
    assert wait_until_empty(child.pid)


def test_children_do_not_outlive_a_parent_that_is_killed(inbox: Path, tmp_path: Path) -> None:
    (inbox / "c.txt").write_text("page\nhang\n")
    child = subprocess.Popen(  # noqa: S603  # our own words
        [sys.executable, "-c", RUN, inbox, tmp_path / "out"],
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert child.stderr is not None
    assert any("c.txt page 1" in line for line in child.stderr)
    child.kill()
    child.wait(10)
    child.stderr.close()
    assert wait_until_empty(child.pid)


def members(session: int) -> list[int]:
    """The processes of a session that are not dead (Linux: the sixth figure of /proc/PID/stat)."""
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        try:
            figures = place.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if figures[3] == str(session) and figures[0] != "Z":
            found.append(int(place.parent.name))
    return found


def wait_until_empty(session: int) -> bool:
    deadline = time.monotonic() + 10
    while members(session) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not members(session)


def test_a_terminal_gets_a_bar(inbox: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    (inbox / "x.pdf").write_bytes(pages(1))
    with shown_on(terminal) as shown:
        assert "Bar" in type(shown).__name__
    assert "pages" in terminal.getvalue()
