"""What was seen in a picture: barcodes and printed lines, each with its place. Nothing is judged yet."""

from __future__ import annotations

from dataclasses import dataclass

PIXELS_MAX = 25_000_000
"""More pixels than any telephone's photo needs; checked in the header, before anything is decoded."""


@dataclass(frozen=True, slots=True)
class Box:
    """A place in the picture, upright, as fractions of its width and height (0–1): left, top, width, height."""

    x: float
    y: float
    w: float
    h: float

    def around(self, other: Box) -> Box:
        """The smallest box that holds both."""
        x, y = min(self.x, other.x), min(self.y, other.y)
        return Box(x, y, max(self.x + self.w, other.x + other.w) - x, max(self.y + self.h, other.y + other.h) - y)


@dataclass(frozen=True, slots=True)
class SeenCode:
    """A barcode: its text, and its format by zxing's name ("Code128", "EAN13", "QRCode")."""

    text: str
    format: str
    box: Box


@dataclass(frozen=True, slots=True)
class SeenLine:
    """A printed line as text recognition read it, and how sure that was (0–1)."""

    text: str
    box: Box
    score: float


@dataclass(frozen=True, slots=True)
class PictureRead:
    """One picture, upright as its EXIF says. `tilt`: by how many degrees its lines fall to the right (clockwise)."""

    width: int
    height: int
    codes: tuple[SeenCode, ...] = ()
    lines: tuple[SeenLine, ...] = ()
    tilt: float = 0.0
