"""Pages of ruled tables drawn for tests: where every rule and figure stands is known."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

SCALE = 72 / 200
ROWS = tuple(range(300, 1101, 80))
COLUMNS = (150, 450, 750, 1000, 1250, 1500)


def table_page(
    rows: tuple[int, ...] = ROWS, columns: tuple[int, ...] = COLUMNS, height: int = 1400, thickness: int = 2
) -> Picture:
    """A white BGR page with a ruled table and a figure in every cell."""
    page = np.full((height, 1654, 3), 255, np.uint8)
    for y in rows:
        cv2.line(page, (columns[0], y), (columns[-1], y), (0, 0, 0), thickness)
    for x in columns:
        cv2.line(page, (x, rows[0]), (x, rows[-1]), (0, 0, 0), thickness)
    for i, (top, bottom) in enumerate(itertools.pairwise(rows)):
        for j, left in enumerate(columns[:-1]):
            figure(page, f"{i + 1},{j}23.4{i % 10}", left + 20, (top + bottom) // 2 + 9)
    return page


def prose_page(lines: int = 20) -> Picture:
    """A white BGR page of text without any rule."""
    page = np.full((2339, 1654, 3), 255, np.uint8)
    for i in range(lines):
        figure(page, f"THE {i} TOTALS OF THE YEAR ARE HELD TO BE {i * 37}.50 HERE", 180, 300 + 60 * i)
    return page


def figure(page: Picture, text: str, x: int, y: int) -> None:
    """A text about 9 points high, its baseline at y."""
    cv2.putText(page, text, (x, y), cv2.FONT_HERSHEY_DUPLEX, 0.8, (20, 20, 20), 1, cv2.LINE_AA)


def turned(page: Picture, degrees: float) -> Picture:
    """The page with its lines running down to the right by some degrees."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2 - 0.5, height / 2 - 0.5), -degrees, 1.0)
    out = cv2.warpAffine(page, turn, (width, height), flags=cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, dtype=np.uint8)


def bent(
    page: Picture, keystone: float, curl: float
) -> tuple[Picture, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """The page in perspective (share of its width) and curled (pixels), and where its pixels lie on the flat page."""
    height, width = page.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    u, v = x / width - 0.5, y / height - 0.5
    flat_x = (u * (1 + keystone * v) + 0.5) * width
    flat_y = (v * (1 + keystone * u) + 0.5) * height + curl * np.sin(2 * np.pi * 1.1 * u + 0.4)
    maps = flat_x.astype(np.float32), flat_y.astype(np.float32)
    out = cv2.remap(page, *maps, cv2.INTER_LINEAR, borderValue=(255, 255, 255))
    return np.asarray(out, dtype=np.uint8), maps


def stamped(page: Picture, x: int, y: int, radius: int = 120, colour: tuple[int, int, int] = (60, 50, 215)) -> Picture:
    """The page under a round seal: rim, star-like middle and small squares, over what is printed."""
    paste = np.zeros(page.shape[:2], np.uint8)
    cv2.circle(paste, (x, y), radius, (255,), 6)
    cv2.circle(paste, (x, y), radius // 5, (255,), -1)
    for i in range(10):
        turn = np.pi * (0.9 + 1.2 * i / 9)
        px, py = int(x + 0.72 * radius * np.cos(turn)), int(y + 0.72 * radius * np.sin(turn))
        cv2.rectangle(paste, (px - 9, py - 9), (px + 9, py + 9), (255,), 3)
    light = 1 - 0.85 * (paste[..., None] / 255) * (1 - np.array(colour, np.float32) / 255)
    return np.asarray(page * light, dtype=np.uint8)
