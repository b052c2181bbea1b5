"""Draws the home-screen icons, the shapes of static/icon.svg, by `python -m scripts.icons`. The same pixels every time.

No browser and no picture library: distances to rounded rectangles and circles, as coverage, into a PNG by hand.
"""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

STATIC = Path(__file__).resolve().parent.parent / "src" / "shirorom" / "edge" / "web" / "static"
BLUE, WHITE = (0x00, 0x17, 0xC1), (0xFF, 0xFF, 0xFF)
ICONS = {"icon-192.png": (192, False), "icon-512.png": (512, False), "icon-maskable-512.png": (512, True)}
Plane = NDArray[np.float64]


def rounded(x: Plane, y: Plane, box: tuple[float, float, float, float], radius: float) -> Plane:
    """Signed distance to a rounded rectangle (left, top, width, height)."""
    left, top, width, height = box
    dx = np.abs(x - left - width / 2) - width / 2 + radius
    dy = np.abs(y - top - height / 2) - height / 2 + radius
    outside = np.hypot(np.maximum(dx, 0), np.maximum(dy, 0))
    return outside + np.minimum(np.maximum(dx, dy), 0) - radius


def drawn(size: int, *, maskable: bool) -> NDArray[np.uint8]:
    """The picture as rows of R, G, B, A. Maskable: the ground fills all, the phone keeps to the safe zone."""
    scale = 24 / size
    steps = (np.arange(size) + 0.5) * scale
    x, y = np.meshgrid(steps, steps)

    def covered(distance: Plane) -> Plane:
        return np.clip(0.5 - distance / scale, 0, 1)

    ground = np.ones_like(x) if maskable else covered(rounded(x, y, (0, 0, 24, 24), 5))
    inner = 0.72 if maskable else 1.0
    x, y = 12 + (x - 12) / inner, 12 + (y - 12) / inner
    scale /= inner
    line = 1.75 / 2
    phone = covered(np.abs(rounded(x, y, (6.5, 3.5, 11, 17), 2.5)) - line)
    ring = covered(np.abs(np.hypot(x - 12, y - 12) - 2.75) - line)
    ink = np.maximum(phone, ring)
    planes = [blue * (1 - ink) + white * ink for blue, white in zip(BLUE, WHITE, strict=True)]
    pixels: NDArray[np.uint8] = np.rint(np.stack([*planes, ground * 255], axis=-1)).astype(np.uint8)
    return pixels


def png(pixels: NDArray[np.uint8]) -> bytes:
    """A PNG of these pixels (RGBA, no filter): three chunks."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def main() -> None:
    """Write them."""
    for name, (size, maskable) in ICONS.items():
        (STATIC / name).write_bytes(png(drawn(size, maskable=maskable)))


if __name__ == "__main__":
    main()
