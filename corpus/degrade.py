"""What copiers, stamps and years do to a page: four levels of scans, each deterministic from its seed.

Images are BGR uint8 arrays; level 4 gives back black and white only.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import augraphy  # type: ignore[import-untyped]  # augraphy ships no types
import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Generator = np.random.Generator
# Grey levels: darker than the first counts as ink when a fax sets its threshold, lighter than the second is paper.
_INK, _PAPER = 170, 205.0


def _bytes(image: NDArray[Any]) -> Image:
    return np.clip(image, 0, 255).astype(np.uint8)


def _smooth_field(shape: tuple[int, ...], rng: Generator, cells: int) -> NDArray[np.float32]:
    """A slowly varying field over the page, from -1 to 1."""
    coarse = rng.uniform(-1, 1, (cells, cells)).astype(np.float32)
    field = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(field, -1, 1)


def _augmented(image: Image, rng: Generator, make: Callable[[], augraphy.Augmentation]) -> Image:
    """Apply an augraphy augmentation; it draws from the global generators, which are seeded and put back."""
    states = random.getstate(), np.random.get_state()
    seed = int(rng.integers(2**31))
    random.seed(seed)
    np.random.seed(seed)
    try:
        result: Image = make()(image, force=True)
    finally:
        random.setstate(states[0])
        np.random.set_state(states[1])
    return result


def _noise(image: Image, rng: Generator, sigma: float) -> Image:
    grain = rng.normal(0, sigma, image.shape[:2]).astype(np.float32)
    return _bytes(image.astype(np.float32) + grain[..., None])


def _paper(image: Image, rng: Generator, white: tuple[int, int], black: tuple[int, int]) -> Image:
    """Map white to a paper tone and black to an ink tone, each drawn from its range."""
    tone = rng.uniform(*white) + rng.uniform(-3, 3, 3)
    ink = rng.uniform(*black)
    return _bytes(ink + image.astype(np.float32) / 255 * (tone - ink))


def turn(image: Image, degrees: float) -> Image:
    """Rotate about the middle, keeping size; what comes in from outside is paper."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    colour = tuple(float(v) for v in np.median(image[:40, :40].reshape(-1, 3), axis=0))
    turned = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=colour)
    return np.asarray(turned, dtype=np.uint8)


def _quarter_turn(image: Image, rng: Generator, share: float) -> Image:
    """Now and then a page fed in sideways or upside down."""
    if rng.random() >= share:
        return image
    way = (cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE, cv2.ROTATE_180)[int(rng.integers(3))]
    return np.asarray(cv2.rotate(image, way), dtype=np.uint8)


def clean_scan(image: Image, rng: Generator) -> Image:
    """Level 1: a good flatbed scan at 200 dpi."""
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 0.75)), dtype=np.uint8)
    image = _paper(image, rng, (243, 253), (12, 45))
    image = _augmented(image, rng, lambda: augraphy.SubtleNoise(subtle_range=5))
    return turn(_noise(image, rng, rng.uniform(1.0, 3.0)), rng.uniform(-0.15, 0.15))


def _faded(image: Image, rng: Generator) -> Image:
    """Toner that gave out here and there."""
    strength = rng.uniform(0.08, 0.3)
    lift = (np.clip(_smooth_field(image.shape, rng, 5), 0, 1) * strength + rng.uniform(0.02, 0.12))[..., None]
    return _bytes(image + (255 - image.astype(np.float32)) * lift)


def _speckle(image: Image, rng: Generator, share: float) -> Image:
    """Grey and black specks of one or two pixels."""
    marked = image.copy()
    count = int(image.shape[0] * image.shape[1] * share)
    ys, xs = rng.integers(0, image.shape[0] - 1, count), rng.integers(0, image.shape[1] - 1, count)
    tone = rng.integers(60, 190, (count, 1)).astype(np.uint8)
    marked[ys, xs] = np.minimum(marked[ys, xs], tone)
    wide = rng.random(count) < rng.uniform(0.1, 0.25)
    marked[ys[wide], xs[wide] + 1] = np.minimum(marked[ys[wide], xs[wide] + 1], tone[wide])
    return marked


def _border_shadow(image: Image, rng: Generator) -> Image:
    """The dark gradient of a book spine or an open lid along one border."""
    height, width = image.shape[:2]
    side = int(rng.integers(4))
    along = np.linspace(0, 1, width if side < len("lr") else height, dtype=np.float32)
    if side % 2:
        along = along[::-1]
    dark = 1 - rng.uniform(0.25, 0.55) * np.exp(-along / rng.uniform(0.03, 0.09))
    shade = dark[None, :, None] if side < len("lr") else dark[:, None, None]
    return _bytes(image.astype(np.float32) * shade)


def worn_scan(image: Image, rng: Generator) -> Image:
    """Level 2 without its seal: faded, specked, shadowed and crooked at 200 dpi."""
    if rng.random() < rng.uniform(0.2, 0.6):
        image = _augmented(
            image, rng, lambda: augraphy.InkBleed(intensity_range=(0.1, 0.25), kernel_size=(3, 3), severity=(0.1, 0.2))
        )
    image = np.asarray(cv2.GaussianBlur(_faded(image, rng), (0, 0), rng.uniform(0.5, 0.9)), dtype=np.uint8)
    image = _paper(image, rng, (222, 248), (25, 70))
    image = _speckle(image, rng, rng.uniform(0.0001, 0.0006))
    if rng.random() < rng.uniform(0.1, 0.5):
        image = _augmented(
            image,
            rng,
            lambda: augraphy.DirtyDrum(
                line_width_range=(1, 2), line_concentration=0.03, noise_intensity=0.2, noise_value=(170, 230)
            ),
        )
    image = turn(_noise(image, rng, rng.uniform(2.0, 5.0)), rng.uniform(-2, 2))
    return _quarter_turn(_border_shadow(image, rng), rng, 0.05)


def _bent(image: Image, rng: Generator) -> Image:
    """Keystone of a camera or a lifted lid, and the curl of a page that does not lie flat.

    Displacements are fractions of the page: corners move up to 1.2 %, the curl lifts lines up to 0.8 %.
    """
    height, width = image.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    moved = corners + rng.uniform(-0.012, 0.012, (4, 2)).astype(np.float32) * np.array([width, height], np.float32)
    matrix = cv2.getPerspectiveTransform(moved, corners)
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    lift = rng.uniform(0.002, 0.008) * height * rng.choice((-1, 1))
    phase, waves = rng.uniform(0, np.pi), rng.uniform(0.6, 1.4)
    bend = lift * np.sin(phase + np.pi * waves * xs / width) * (0.5 + ys / height)
    pull = rng.uniform(-0.003, 0.003) * width * np.sin(np.pi * ys / height)
    points = np.stack([xs + pull, ys + bend], -1).reshape(-1, 1, 2).astype(np.float32)
    places = cv2.perspectiveTransform(points, matrix).reshape(height, width, 2)
    colour = tuple(float(v) for v in np.median(image[:30, :30].reshape(-1, 3), axis=0))
    bent = cv2.remap(image, places[..., 0], places[..., 1], cv2.INTER_CUBIC, borderValue=colour)
    return np.asarray(bent, dtype=np.uint8)


def phone_scan(image: Image, rng: Generator) -> Image:
    """Level 3: 150 dpi, bent, unevenly lit; its JPEG quality of 45 comes with writing."""
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), rng.uniform(0.6, 1.05)), dtype=np.uint8)
    image = _paper(image, rng, (205, 240), (35, 90))
    image = _bent(image, rng)
    light = 1 + _smooth_field(image.shape, rng, 3) * rng.uniform(0.05, 0.14)
    warm = np.array([rng.uniform(0.94, 1.0), 1.0, rng.uniform(0.99, 1.03)], np.float32)
    image = _bytes(image * light[..., None] * warm)
    return _quarter_turn(_noise(image, rng, rng.uniform(3.0, 7.0)), rng, 0.05)


def fax(image: Image, rng: Generator) -> Image:
    """Level 4: black and white, thin strokes broken, salt and pepper, up to one degree askew.

    The threshold keeps most of what was ink, as a machine set for the page does; a fixed one would lose thin faces.
    """
    image = turn(image, rng.uniform(-1, 1))
    clean = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    grey = cv2.GaussianBlur(clean, (0, 0), rng.uniform(0.5, 0.7)).astype(np.float32)
    inked = grey[clean < _INK]
    threshold = float(np.quantile(inked, rng.uniform(0.93, 0.975))) if inked.size else float(_INK)
    grey += _smooth_field(grey.shape, rng, 6) * rng.uniform(4, 12) + rng.normal(0, rng.uniform(8, 16), grey.shape)
    ink = grey < min(threshold, _PAPER)
    ink &= rng.random(grey.shape) >= rng.uniform(0.0005, 0.004)
    ink |= rng.random(grey.shape) < rng.uniform(0.0001, 0.0008)
    return np.where(ink, 0, 255).astype(np.uint8)
