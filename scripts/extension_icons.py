"""Draws the extension's icons (extension/icons/*.png) after static/icon.svg. Only needed when the drawing changes."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw

ICONS = Path(__file__).resolve().parent.parent / "extension" / "icons"
SIZES = (16, 32, 48, 128)
FINER = 16
BLUE, WHITE = "#0017c1", "#ffffff"


def draw(size: int) -> Image.Image:
    """A white phone with a ring in it on blue; coordinates of the SVG's 24 by 24 box, drawn larger and reduced."""
    scale = size * FINER / 24
    image = Image.new("RGBA", (size * FINER, size * FINER))
    pen = ImageDraw.Draw(image)

    def box(x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        return x0 * scale, y0 * scale, x1 * scale - 1, y1 * scale - 1

    stroke = max(1.75 * scale, 1.6 * FINER)  # never thinner than a pixel and a half
    half = stroke / scale / 2
    pen.rounded_rectangle(box(0, 0, 24, 24), 5 * scale, fill=BLUE)
    pen.rounded_rectangle(
        box(6.5 - half, 3.5 - half, 17.5 + half, 20.5 + half), (2.5 + half) * scale, outline=WHITE, width=round(stroke)
    )
    pen.ellipse(box(9.25 - half, 9.25 - half, 14.75 + half, 14.75 + half), outline=WHITE, width=round(stroke))
    return image.resize((size, size), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    for size in SIZES:
        draw(size).save(ICONS / f"{size}.png", optimize=True)
