"""What people see of a page: as filed, and straightened as it was read; WebP of a size to be sent."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from models.geometry import Mesh
from worker import dewarp

Picture = NDArray[np.uint8]

DPI = 200
"""A cell's crop is shown at three times its size: fewer pixels blur, more cost the time to send them."""
_POINTS = 72.0
_QUALITY = 55


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as WebP, and how large the page is in points."""

    data: bytes
    width: float
    height: float


def as_filed(image: Picture, scale: float) -> PagePicture:
    """A BGR page image; `scale` is points per pixel."""
    return _written(image, scale)


def straightened(image: Picture, scale: float, mesh: Mesh) -> PagePicture:
    """The page as it was read: every point where `mesh` leads back from."""
    shape = (max(1, round(mesh.height / scale)), max(1, round(mesh.width / scale)))
    points = np.asarray(mesh.points, dtype=np.float64).reshape(mesh.rows, mesh.columns, 2) / scale
    return _written(dewarp.remap(image, (points[:, :, 0], points[:, :, 1]), shape), scale)


def _written(image: Picture, scale: float) -> PagePicture:
    height, width = image.shape[:2]
    shrink = min(1.0, DPI * scale / _POINTS)
    small = cv2.resize(image, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else image
    _, data = cv2.imencode(".webp", small, (cv2.IMWRITE_WEBP_QUALITY, _QUALITY))
    return PagePicture(data.tobytes(), width * scale, height * scale)
