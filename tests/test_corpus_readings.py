"""Pages kept as read beside their PDFs, so that they need not be read again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.readings import documents, folders, keep, kept
from models.document import Page
from tests.ruled_pages import grid, page

ROWS = [
    ["项目", "<", "本年支出", "<", "<"],
    ["科目代码", "科目名称", "小计", "基本支出", "项目支出"],
    ["201", "一般公共服务支出", "5.00", "5.00", ""],
]


def test_documents_whose_pages_are_kept_are_laid_out_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"no PDF: reading it would fail")
    keep(
        path,
        [
            page(1, grid(ROWS), above=("一般公共预算财政拨款支出决算表",)),
            page(2, grid([["208", "x", "4.00", "", "4.00"]])),
        ],
    )
    ((name, document),) = documents(tmp_path, 1)
    assert name == "a.pdf"
    assert [table.code for table in document.tables] == ["公开05"]
    assert [row.code.text for row in document.tables[0].rows] == ["201", "208"]


def test_nothing_is_kept_of_a_document_whose_reading_broke_off(tmp_path: Path) -> None:
    def breaking() -> Iterator[Page]:
        yield page(1, grid(ROWS))
        raise OSError("the disk is full")

    path = tmp_path / "a.pdf"
    with pytest.raises(OSError, match="full"):
        keep(path, breaking())
    assert not kept(path).exists()
    keep(path, [page(1, grid(ROWS))])
    assert len(list(kept(path).iterdir())) == 1


def test_folders_with_a_truth_are_found_below_the_given_ones(tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / name / "truth").mkdir(parents=True)
    for name in ("one", "two"):
        (tmp_path / name / "truth" / "cells.csv").touch()
    assert sorted(folders([tmp_path, tmp_path / "one"])) == [tmp_path / "one", tmp_path / "two"]
