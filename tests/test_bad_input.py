"""One of each kind of bad input in one folder: each becomes one failed row that helps, and the others finish."""

from __future__ import annotations

import csv
import resource
import socket
import time
import zipfile
from pathlib import Path

import pytest

from api.languages import told
from models.files import FileKind
from models.settings import Settings
from tests.bad_files import encrypted, hanging, huge_png, lying_bomb, packed, pages, pointing, swelling
from worker import tables
from worker.batch import Steps
from worker.commands.extract import Request
from worker.commands.extract import extract as extract_all
from worker.layer import extract
from worker.opening import open_file
from worker.render import PdfFile, render_page

BYTES = {
    "empty.pdf": b"",
    "encrypted.pdf": encrypted(),
    "truncated.pdf": pages(9)[:-200],
    "not-a-pdf.pdf": b"\x7fELF" + b"\0" * 99,
    "wrong-extension.pdf": "收入支出决算总表\t1\n".encode(),
    "no-pages.pdf": pages(0),
    "long-page.pdf": pages(1, side=14_400),
    "many-pages.pdf": pages(10_000),
    "huge.png": huge_png(),
    "hanging.pdf": hanging(),
    "swelling.pdf": swelling(),
}
SAID = {
    "empty.pdf": "empty (0 bytes)",
    "encrypted.pdf": "password",
    "truncated.pdf": "truncated",
    "not-a-pdf.pdf": "not a PDF file",
    "wrong-extension.pdf": "plain text",
    "no-pages.pdf": "no pages",
    "long-page.pdf": "14,400 points",
    "many-pages.pdf": "10,000 pages",
    "huge.png": "100,000 x 100,000 pixels",
    "hanging.pdf": "longer than 5 s",
    "swelling.pdf": "more than 300 MiB of memory",
    "bomb.zip": "times its size",
    "lying.zip/zeros.pdf": "damaged in the ZIP",
    "names.zip/evil.pdf": "leads out of the archive",
    "names.zip/etc/passwd.pdf": "absolute path",
    "names.zip/c:/drive.pdf": "absolute path",
    "names.zip/twice.pdf": "stands 2 times",
    "broken.zip": "cut short",
    "locked.zip/x.pdf": "locked with a password",
    "outside.pdf": "leads out of the folder",
}
GOOD = {"good.pdf", "names.zip/good.pdf"}


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name, content in BYTES.items():
        (folder / name).write_bytes(content)
    good = pages(2)
    (folder / "good.pdf").write_bytes(good)
    (tmp_path / "secret.pdf").write_bytes(good)
    (folder / "outside.pdf").symlink_to(tmp_path / "secret.pdf")
    packed(folder / "bomb.zip", ("zeros.pdf", b"%PDF-" + b"\0" * (64 << 20)))
    lying_bomb(folder / "lying.zip", 8 << 20)
    names = ("../evil.pdf", "/etc/passwd.pdf", "c:\\drive.pdf", "twice.pdf", "good.pdf")
    with pytest.warns(UserWarning, match="Duplicate name"):
        packed(folder / "names.zip", *((name, good) for name in (*names, "twice.pdf")))
    (folder / "broken.zip").write_bytes((folder / "names.zip").read_bytes()[:-30])
    locked = packed(folder / "locked.zip", ("x.pdf", good))
    raw = bytearray(locked.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    locked.write_bytes(raw)
    return folder


def test_each_fails_in_words_and_the_others_finish(
    inbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JIAOKAN_CHILD_MEGABYTES", "300")
    before = {path for path in tmp_path.rglob("*") if path.is_file()}
    started = time.monotonic()
    assert run_fakes(inbox, tmp_path / "out") == 1
    assert time.monotonic() - started < 30
    with (tmp_path / "out" / "documents.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["document"]: row for row in csv.DictReader(file)}
    assert set(rows) == set(SAID) | GOOD
    for name, said in SAID.items():
        assert (rows[name]["status"], said in rows[name]["error"]) == ("failed", True), (name, rows[name])
        assert ": " in rows[name]["error"], "says what to do"
        assert told(rows[name]["error"], "zh") != rows[name]["error"], "says so in Chinese too"
    assert {rows[name]["status"] for name in GOOD} == {"clean"}
    written = {path for path in tmp_path.rglob("*") if path.is_file()} - before
    assert all(path.is_relative_to(tmp_path / "out") for path in written)
    printed = capfd.readouterr().out
    assert f"{len(SAID)} failed" in printed
    assert all(name in printed for name in SAID)


def test_what_a_document_points_at_is_not_fetched(tmp_path: Path) -> None:
    """Neither addresses nor files: every parser that sees a page is given one that points at both."""
    elsewhere = tmp_path / "drawing"
    elsewhere.write_bytes(b"0 0 500 500 re f")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        path = tmp_path / "pointing.pdf"
        path.write_bytes(pointing(address.encode(), str(elsewhere).encode()))
        assert open_file(path, FileKind.PDF, Settings().limits()) == 1
        with PdfFile(path) as pdf:
            with pdf.page(1) as page:
                assert extract(page).runs == ()
                assert render_page(page, 72, 1 << 20).min() == 255, "nothing of the other file is drawn"
            assert tables.grids(pdf.alone(1), ()) == ()
        listening.settimeout(0.2)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_bomb_is_stopped_before_it_fills_memory_or_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIAOKAN_ZIP_MAX_MEGABYTES", "20")
    monkeypatch.setenv("JIAOKAN_ZIP_MAX_RATIO", "100000")
    folder = tmp_path / "inbox"
    folder.mkdir()
    inner = packed(tmp_path / "inner.zip", ("a.pdf", b"%PDF-" + b"\0" * (12 << 20))).read_bytes()
    packed(folder / "nested.zip", ("1.zip", inner), ("2.zip", inner), ("3.zip", inner))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert run_fakes(folder, tmp_path / "out") == 1
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 64 << 10
    text = (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8")
    assert text.count("failed") == 1
    assert "more than 20 MiB" in text


def test_too_many_members_are_refused_by_the_directory_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIAOKAN_ZIP_MAX_MEMBERS", "3")
    packed(tmp_path / "many.zip", *((f"{number}.pdf", b"x") for number in range(4)))

    def unexpected(*_: object) -> None:
        raise AssertionError("the directory was read")

    monkeypatch.setattr(zipfile.ZipFile, "_RealGetContents", unexpected)
    assert run_fakes(tmp_path / "many.zip", tmp_path / "out") == 1
    assert "more than 3 files" in (tmp_path / "out" / "documents.csv").read_text(encoding="utf-8")


def run_fakes(path: Path, out: Path) -> int:
    fake = "tests.fake_pages"
    steps = Steps(30.0, 5.0, 30.0, 3, "worker.opening.open_file", f"{fake}.render_page", f"{fake}.settle_document")
    return extract_all(Request((path,), out, jobs=2), steps)
