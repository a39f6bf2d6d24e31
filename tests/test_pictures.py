"""Pages as people look at them: of a size to be sent, straightened where reading has straightened them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.blobs import Blobs
from models.db import Database
from models.files import FileKind
from models.geometry import Box, Mesh
from models.store import pictures
from models.store.pages import PageKey
from models.store.pictures import Drawn
from tests.archives import batch_of, hash_of
from tests.ruled import SCALE, table_page, turned
from worker import pictures as drawing
from worker.clean import clean
from worker.cleaning import tidy
from worker.pipeline import page_pictures


def seen(data: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, dtype=np.uint8)


def rows(image: NDArray[np.uint8]) -> int:
    """How many rows of pixels are dark over most of the page's width: rules that run straight."""
    return int((np.median(image[:, image.shape[1] // 4 : image.shape[1] * 3 // 4, 1], axis=1) < 128).sum())


def test_a_skewed_page_is_shown_as_filed_and_straightened() -> None:
    page = turned(table_page(), 2.0)
    mesh = clean(page, SCALE).mesh
    assert mesh is not None
    filed, straight = drawing.as_filed(page, SCALE), drawing.straightened(page, SCALE, mesh)
    assert filed.data[:4] == b"RIFF"
    assert (filed.width, filed.height) == pytest.approx((page.shape[1] * SCALE, page.shape[0] * SCALE))
    assert rows(seen(filed.data)) == 0
    assert rows(seen(straight.data)) > 5
    assert (straight.width, straight.height) == pytest.approx((mesh.width, mesh.height), abs=1)


def test_a_picture_has_no_more_pixels_than_are_needed() -> None:
    page = np.full((3300, 2550, 3), 255, np.uint8)
    picture = drawing.as_filed(page, 72 / 300)
    assert seen(picture.data).shape[:2] == (2200, 1700)
    assert (picture.width, picture.height) == pytest.approx((612, 792))
    assert seen(drawing.as_filed(page[:300, :200], 72 / 100).data).shape[:2] == (300, 200)


def test_an_image_file_is_shown(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    cv2.imwrite(str(path), table_page())
    filed, straight = page_pictures(path, FileKind.IMAGE, 1, None, 10**8)
    assert straight is None
    assert filed.width == pytest.approx(703, abs=1)


@pytest.mark.parametrize("quarter", [0, 1, 2, 3])
def test_the_way_to_the_straightened_page_is_the_inverse_of_the_way_back(quarter: int) -> None:
    width, height = 595.0, 842.0
    nodes = []
    for j in range(5):
        for i in range(4):
            x, y = width * i / 3 + 2 * j, height * j / 4 - 3 * i + (4 if (i, j) == (2, 2) else 0)
            nodes.append([(x, y), (height - y, x), (width - x, height - y), (y, width - x)][quarter])
    mesh = Mesh(width, height, 4, 5, tuple(nodes))
    for x, y in ((100.0, 100.0), (400.0, 420.0), (300.0, 700.0)):
        assert mesh.forward(*mesh.back(x, y)) == pytest.approx((x, y), abs=0.05)
    box = mesh.box_forward(mesh.box_back(Box(200, 300, 260, 312)))
    assert (box.x0, box.y0, box.x1, box.y1) == pytest.approx((200, 300, 260, 312), abs=0.5)


def test_pictures_are_kept_and_a_problem_is_forgotten_once_there_is_one(database: Database, tmp_path: Path) -> None:
    _, (reading,) = batch_of(database, "a.pdf", pages=2)
    key = PageKey(reading, 1)
    blob = Blobs(str(tmp_path)).put_bytes(b"picture").sha256
    with database.transaction() as session:
        assert pictures.pages_to_draw(session, reading) == [1]
        pictures.keep_pictures(session, key, [Drawn(False, None, problem="away")])
        assert [one.problem for one in pictures.pictures_of(session, key)] == ["away"]
        pictures.keep_pictures(session, key, [Drawn(False, blob, 595, 842), Drawn(True, hash_of("b"), 600, 850)])
        pictures.keep_pictures(session, key, [Drawn(False, hash_of("later"), 1, 1)])
        found = pictures.pictures_of(session, key)
        assert [(one.straight, one.blob, one.width) for one in found] == [(False, blob, 595), (True, hash_of("b"), 600)]
        assert pictures.pages_to_draw(session, reading) == []
    assert tidy(database, Blobs(str(tmp_path)), int(blob[:2], 16), datetime.now(UTC)) == 0
