"""What is let in, under which name, and that everything else is refused in words."""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from models.files import FileKind, Limits
from models.kinds import is_text
from models.settings import Settings
from tests.bad_files import huge_png, packed, pages
from worker.intake import Intake, gather
from worker.zips import member_name

PDF = pages(1)
PNG = huge_png(2)


@pytest.fixture
def limits() -> Limits:
    return Settings().limits()


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def names(found: Intake) -> list[str]:
    return [item.name for item in found.items]


def errors(found: Intake) -> dict[str, str]:
    return {refusal.name: refusal.error for refusal in found.refusals}


def test_kinds_are_known_by_content(inbox: Path, limits: Limits, scratch: Path) -> None:
    tiff = io.BytesIO()
    Image.new("1", (8, 8)).save(tiff, "TIFF")
    files = {
        "a.pdf": PDF,
        "b.png": PNG,
        "c.tif": tiff.getvalue(),
        "d.txt": "收入\t1\n".encode("gb18030"),
        "e.docx": PDF,
        "f.pdf": PNG,
        "g": PDF,
    }
    for name, content in files.items():
        (inbox / name).write_bytes(content)
    found = gather([inbox], limits, scratch)
    kinds = {item.name: item.kind for item in found.items}
    assert kinds == {
        "a.pdf": FileKind.PDF, "b.png": FileKind.IMAGE, "c.tif": FileKind.IMAGE, "d.txt": FileKind.TEXT,
        "e.docx": FileKind.PDF, "f.pdf": FileKind.IMAGE, "g": FileKind.PDF,
    }  # fmt: skip
    assert found.refusals == ()
    assert found.items[0].sha256 == hashlib.sha256(PDF).hexdigest()
    assert found.items[0].size == len(PDF)
    assert found.items[0].stem == "a"


def test_folders_are_walked_in_order_without_what_is_no_document(inbox: Path, limits: Limits, scratch: Path) -> None:
    for name in (
        "b/2.pdf",
        "b/10.pdf",
        "a.pdf",
        ".hidden/x.pdf",
        ".y.pdf",
        "README.md",
        "b/Thumbs.db",
        "out/old.pdf",
        "~$lock.pdf",
    ):
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes(PDF)
    found = gather([inbox], limits, scratch, exclude=[inbox / "out"])
    assert names(found) == ["a.pdf", "b/10.pdf", "b/2.pdf"]
    assert found.skipped == ("README.md",)


def test_what_a_person_names_is_never_skipped(inbox: Path, limits: Limits, scratch: Path) -> None:
    (inbox / "README.md").write_text("hello")
    assert "plain text" in errors(gather([inbox / "README.md"], limits, scratch))["README.md"]


def test_one_name_from_two_places_is_told_apart(tmp_path: Path, inbox: Path, limits: Limits, scratch: Path) -> None:
    (tmp_path / "x.pdf").write_bytes(PDF)
    (inbox / "x.pdf").write_bytes(PDF + b"\n")
    found = gather([inbox / "x.pdf", tmp_path / "x.pdf", inbox / "x.pdf"], limits, scratch)
    assert names(found) == ["x (2).pdf", "x.pdf"]
    assert len({item.stem for item in found.items}) == 2


def test_links_are_followed_only_within_the_folder(tmp_path: Path, inbox: Path, limits: Limits, scratch: Path) -> None:
    (tmp_path / "secret.pdf").write_bytes(PDF)
    (inbox / "sub").mkdir()
    (inbox / "sub" / "real.pdf").write_bytes(PDF)
    (inbox / "inside.pdf").symlink_to(inbox / "sub" / "real.pdf")
    (inbox / "outside.pdf").symlink_to(tmp_path / "secret.pdf")
    (inbox / "up").symlink_to(tmp_path)
    (inbox / "loop").symlink_to(inbox)
    (inbox / "nowhere.pdf").symlink_to(tmp_path / "gone")
    (inbox / "self.pdf").symlink_to(inbox / "self.pdf")
    found = gather([inbox], limits, scratch)
    assert names(found) == ["inside.pdf", "sub/real.pdf"]
    assert set(errors(found)) == {"outside.pdf", "up", "nowhere.pdf", "self.pdf"}
    assert "leads out of the folder" in errors(found)["outside.pdf"]
    assert found.skipped == ("loop",)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "a.pdf", "empty"),
        (b"\0\1\2" * 99, "a.pdf", "not a PDF file"),
        (b"<!DOCTYPE html><p>404", "a.pdf", "web page"),
        ("部门决算".encode(), "a.pdf", "plain text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", "Office file"),
        (b"Rar!\x1a\x07\x01", "a.rar", "RAR"),
        (b"\xff\xfe\x00\x01\x02\x03" + bytes(range(256)), "a.dat", "DAT file|plain text"),
    ],
)
def test_what_is_not_read_is_named(content: bytes, name: str, said: str, inbox: Path, limits: Limits) -> None:
    (inbox / name).write_bytes(content)
    found = gather([inbox], limits, inbox)
    assert any(word in errors(found)[name] for word in said.split("|"))
    assert ": " in errors(found)[name]
    assert found.refusals[0].sha256 == hashlib.sha256(content).hexdigest()


def test_pipes_large_files_and_missing_ones_are_refused(inbox: Path, limits: Limits, scratch: Path) -> None:
    os.mkfifo(inbox / "pipe.pdf")
    (inbox / "large.pdf").write_bytes(PDF)
    found = gather([inbox, inbox / "missing.pdf"], replace(limits, file_bytes=len(PDF) - 1), scratch)
    assert {name: error.split(":")[0] for name, error in errors(found).items()} == {
        "large.pdf": "the file is larger than 0 MiB",
        "pipe.pdf": "this is no regular file (a pipe or a device)",
        "missing.pdf": "there is no such file or folder",
    }


def test_members_are_files_of_the_batch(inbox: Path, limits: Limits, scratch: Path) -> None:
    inner = packed(inbox / "inner.zip", ("deep.pdf", PDF)).read_bytes()
    packed(
        inbox / "a.zip",
        ("2023/x.pdf", PDF),
        ("2023\\y.png", PNG),
        ("__MACOSX/._x.pdf", PDF),
        ("in.zip", inner),
        ("empty/", b""),
    )
    (inbox / "inner.zip").unlink()
    found = gather([inbox], limits, scratch)
    assert names(found) == ["a.zip/2023/x.pdf", "a.zip/2023/y.png", "a.zip/in.zip/deep.pdf"]
    assert [item.path.read_bytes() for item in found.items] == [PDF, PNG, PDF]
    assert all(item.path.is_relative_to(scratch) for item in found.items)
    shallow = gather([inbox], replace(limits, zip_depth=1), scratch)
    assert "more than 1 deep" in errors(shallow)["a.zip/in.zip"]
    assert len(shallow.items) == 2


@given(st.text("部门决算表年度公开收支城表許一乙A1b_- ().", min_size=1).map("{}.pdf".format))
def test_names_from_chinese_windows_are_read(name: str) -> None:
    info = zipfile.ZipInfo(name.encode("gb18030").decode("cp437"))
    assert member_name(info) == name


def test_gbk_names_with_a_backslash_byte_stay_whole(inbox: Path, limits: Limits, scratch: Path) -> None:
    name = "謀表.pdf"  # The second byte of 謀 is 5C, a backslash.
    place = b"x" * len(name.encode("gbk"))
    packed(inbox / "g.zip", (place.decode(), PDF))
    (inbox / "g.zip").write_bytes((inbox / "g.zip").read_bytes().replace(place, name.encode("gbk")))
    assert names(gather([inbox], limits, scratch)) == [f"g.zip/{name}"]


def test_office_files_are_not_unpacked(inbox: Path, limits: Limits, scratch: Path) -> None:
    packed(inbox / "a.docx", ("[Content_Types].xml", b"<x/>"), ("word/document.xml", b"<x/>"))
    assert list(errors(gather([inbox], limits, scratch))) == ["a.docx"]


@given(st.binary(max_size=200))
def test_any_bytes_are_judged_without_a_fault(content: bytes) -> None:
    assert is_text(content) in {True, False}


def test_text_cut_within_a_character_is_text() -> None:
    assert is_text("决算".encode()[:-1])
    assert is_text("决算".encode("gb18030")[:-1])
    assert not is_text(bytes(range(1, 32)) * 9)
