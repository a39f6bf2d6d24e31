"""The picture of a page beside its table."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from corpus.picture import draw
from models.export.columns import CELLS


def exported(folder: Path, status: str) -> Path:
    """An export with one cell at the top left of page 1."""
    cell = dict.fromkeys((column.name for column in CELLS.fields), "")
    cell |= {"document": "one.pdf", "page": "1", "raw": "7.65", "value": "7.65", "status": status, "reason": "why"}
    cell |= {"x0": "0", "y0": "0", "x1": "72", "y1": "72"}
    with (folder / "cells.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(cell))
        writer.writeheader()
        writer.writerow(cell)
    return folder


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "one.pdf"
    Image.new("L", (144, 144), 255).save(path, resolution=72)
    return path


def test_a_doubted_figure_is_tinted_where_it_stands(page: Path, tmp_path: Path) -> None:
    seen = {}
    for status in ("read", "flagged"):
        draw(page, exported(tmp_path, status), 1, tmp_path / "out.png")
        with Image.open(tmp_path / "out.png") as picture:
            seen[status] = np.asarray(picture.convert("RGB"))[50, 50].astype(int)
            assert np.asarray(picture.convert("RGB"))[150, 150].min() > 250
    assert seen["flagged"][0] > seen["flagged"][2] + 20
    assert seen["read"][1] > seen["read"][0] + 10


def test_a_page_without_cells_is_told(page: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no cells of page 2"):
        draw(page, exported(tmp_path, "read"), 2, tmp_path / "out.png")
