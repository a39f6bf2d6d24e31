"""The round red seal of a government office, pressed over whatever stands below it."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture
from PIL import ImageDraw

from corpus.fonts import picture_font

Image = NDArray[np.uint8]


def _impression(text: str, diameter: int) -> NDArray[np.float32]:
    """A seal's ink from 0 to 1: ring, five-pointed star, and the office's name along the upper arc."""
    mask = Picture.new("L", (diameter, diameter), 0)
    draw = ImageDraw.Draw(mask)
    ring = max(3, diameter // 42)
    draw.ellipse((2, 2, diameter - 3, diameter - 3), outline=255, width=ring)
    middle, radius = diameter / 2, diameter * 0.15
    points = []
    for n in range(10):
        reach = radius if n % 2 == 0 else radius * 0.382
        angle = math.pi * (n / 5 - 0.5)
        points.append((middle + reach * math.cos(angle), middle + reach * math.sin(angle)))
    draw.polygon(points, fill=255)
    shown = text[-16:]
    size = int(diameter * min(0.13, 1.9 / max(len(shown), 8)))
    spread = min(math.radians(250), math.radians(24) * len(shown))
    font = picture_font("song", size)
    for n, char in enumerate(shown):
        angle = -spread / 2 + spread * (n / max(len(shown) - 1, 1))
        tile = Picture.new("L", (size * 2, size * 2), 0)
        ImageDraw.Draw(tile).text((size, size), char, font=font, fill=255, anchor="mm", stroke_width=1, stroke_fill=255)
        tile = tile.rotate(-math.degrees(angle), resample=Picture.Resampling.BICUBIC)
        away = diameter * 0.38
        x, y = middle + away * math.sin(angle), middle - away * math.cos(angle)
        mask.paste(255, (int(x - size), int(y - size)), tile)
    return np.asarray(np.asarray(mask, np.float32) / 255, np.float32)


def press(image: Image, text: str, rng: np.random.Generator, dpi: float) -> Image:
    """Press a seal of about 42 mm somewhere on the page, so that black ink below it stays black."""
    height, width = image.shape[:2]
    diameter = int(dpi * 42 / 25.4)
    ink = _impression(text, diameter)
    turned = cv2.getRotationMatrix2D((diameter / 2, diameter / 2), float(rng.uniform(-15, 15)), 1.0)
    ink = np.asarray(cv2.warpAffine(ink, turned, (diameter, diameter)), np.float32)
    worn = cv2.resize(rng.uniform(0.55, 1.0, (24, 24)).astype(np.float32), (diameter, diameter))
    strength = (ink * worn * rng.uniform(0.65, 0.95))[..., None]
    x = int(rng.uniform(0.15, 0.8) * (width - diameter))
    y = int(rng.uniform(0.2, 0.85) * (height - diameter))
    colour = np.array([rng.uniform(30, 80), rng.uniform(25, 70), rng.uniform(195, 235)], np.float32) / 255
    stamped = image.astype(np.float32)
    under = stamped[y : y + diameter, x : x + diameter]
    under *= 1 - strength * (1 - colour)
    return np.clip(stamped, 0, 255).astype(np.uint8)
