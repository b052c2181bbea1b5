"""Barcodes of a picture, by zxing-cpp. Runs in the child."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import zxingcpp
from PIL import Image

CODES_MAX = 64
CHARS_MAX = 512
"""A barcode that says more is no label's."""
SIDES = (2000, 1000)
"""Long sides in pixels at which it is tried: what is blurred at one may read at another."""

_FORMATS = ("Code128", "Code39", "Code93", "EAN13", "EAN8", "UPCA", "UPCE", "ITF", "QRCode", "MicroQRCode",
            "DataMatrix", "Aztec", "PDF417")  # fmt: skip


class Code(NamedTuple):
    """One barcode: text, format, its four corners in pixels, and by how many degrees it is turned."""

    text: str
    format: str
    corners: tuple[tuple[float, float], ...]
    turned: int


def codes(image: Image.Image) -> list[Code]:
    """Every barcode, each once where it stands."""
    grey = image.convert("L")
    found: list[Code] = []
    for side in SIDES:
        share = min(1.0, side / max(grey.size))
        if share == 1.0 and side != SIDES[0] and found:
            break
        shrunk = grey if share == 1.0 else grey.resize(
            (max(1, round(grey.width * share)), max(1, round(grey.height * share))), Image.Resampling.BOX
        )  # fmt: skip
        found += [code for code in _read(shrunk, 1 / share) if not any(_same(code, known) for known in found)]
    return found[:CODES_MAX]


def _read(grey: Image.Image, scale: float) -> list[Code]:
    pixels: Any = np.asarray(grey)
    results = zxingcpp.read_barcodes(pixels, formats=_formats(), try_rotate=True, try_downscale=True, try_invert=True)
    return [
        Code(
            result.text[:CHARS_MAX],
            result.format.name,
            tuple(
                (point.x * scale, point.y * scale)
                for point in (
                    result.position.top_left, result.position.top_right,
                    result.position.bottom_right, result.position.bottom_left,
                )
            ),
            int(result.orientation),
        )
        for result in results
        if result.valid
    ]  # fmt: skip


def _formats() -> Any:
    known = [getattr(zxingcpp.BarcodeFormat, name) for name in _FORMATS if hasattr(zxingcpp.BarcodeFormat, name)]
    return known


def _same(one: Code, other: Code) -> bool:
    if one.text != other.text:
        return False
    (x, y), (u, v) = _middle(one), _middle(other)
    width = max(abs(one.corners[1][0] - one.corners[0][0]), abs(one.corners[1][1] - one.corners[0][1]), 20)
    return abs(x - u) + abs(y - v) < width / 2


def _middle(code: Code) -> tuple[float, float]:
    return sum(x for x, _ in code.corners) / 4, sum(y for _, y in code.corners) / 4
