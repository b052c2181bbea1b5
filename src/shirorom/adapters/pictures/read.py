"""Reads one picture: barcodes, then print; a second, dearer look where the first found no number. In the child.

Print is always read: a number is certain only when barcode and print agree, and a second number of the phone may have
no barcode. Barcodes tell which way is up, so that a label photographed on its side is read as quickly as any.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Sequence

from PIL import Image, ImageDraw

from shirorom.adapters.pictures.codes import Code, codes
from shirorom.adapters.pictures.look import opened_at, shrunk
from shirorom.adapters.pictures.words import FIND_SIDE, FIND_SIDE_AGAIN, READ_SIDE, Line, lines, tilt, widths
from shirorom.domain.picture import Box, PictureRead, SeenCode, SeenLine

AGAIN_S_MAX = 3.0
AGAIN_WIDTHS_MAX = 300.0
"""No further look is begun after so long, nor at a page full of text: no label and no screen has so much."""
BLANK_SIDE_MIN = 16
"""A picture smaller than this shows no number."""

_TURNS = {90: Image.Transpose.ROTATE_90, 180: Image.Transpose.ROTATE_180, 270: Image.Transpose.ROTATE_270}
_NUMBER = re.compile(r"(?<![0-9])[0-9](?:[ \-/]{0,2}[0-9]){14}")


def read(content: bytes) -> PictureRead:
    """Barcodes and print of a picture. Raises as `opened_at` does."""
    began = time.monotonic()
    image, (width, height) = opened_at(content, READ_SIDE)
    if min(image.size) < BLANK_SIDE_MIN:
        return PictureRead(width, height)
    bars = codes(image)
    turn = _turn(bars)
    small = shrunk(image, READ_SIDE)
    print_ = _lines(small, turn, FIND_SIDE)
    if not _enough(bars, print_) and widths(print_) <= AGAIN_WIDTHS_MAX:
        print_ = _look_again(small, turn, print_, began)
    return PictureRead(
        width,
        height,
        tuple(SeenCode(code.text, code.format, _box(code.corners, image.size)) for code in bars),
        tuple(SeenLine(line.text, _box(line.corners, small.size), round(line.score, 4)) for line in print_),
        round(tilt(print_), 2),
    )


def _look_again(small: Image.Image, turn: int, first: list[Line], began: float) -> list[Line]:
    """Closer; then, where nothing was found at all, the other ways up."""
    best = first
    looks = [(turn, FIND_SIDE_AGAIN)] if max(small.size) > FIND_SIDE else []
    if first:  # where no line was found upright, none is found in another way up
        looks += [(other, FIND_SIDE) for other in (90, 270, 180) if other != turn]
    for way, side in looks:
        if time.monotonic() - began > AGAIN_S_MAX or (way != turn and _numbers(best)):
            break
        seen = _lines(small, way, side)
        if _numbers(seen) > _numbers(best):
            best = seen
    return best


def _lines(image: Image.Image, turn: int, find_side: int) -> list[Line]:
    """What is printed there when the picture is turned back by so much; places in the picture as it was."""
    if turn == 0:
        return lines(image, find_side=find_side)
    turned = image.transpose(_TURNS[turn])
    return [
        line._replace(corners=tuple(_back(point, turn, image.size) for point in line.corners))
        for line in lines(turned, find_side=find_side)
    ]


def _back(point: tuple[float, float], turn: int, size: tuple[int, int]) -> tuple[float, float]:
    """Where a point of the picture turned (counter-clockwise) was before."""
    x, y = point
    width, height = size
    return {90: (width - y, x), 180: (width - x, height - y), 270: (y, height - x)}[turn]


def _turn(bars: Sequence[Code]) -> int:
    """By how many degrees to turn the picture counter-clockwise so that most barcodes lie upright."""
    votes = Counter(round(code.turned / 90) * 90 % 360 for code in bars if code.format not in ("DataMatrix", "Aztec"))
    return votes.most_common(1)[0][0] if votes else 0


def _enough(bars: Sequence[Code], print_: Sequence[Line]) -> bool:
    """Whether print holds a number, and every barcode's number too."""
    text = " ".join(re.sub(r"[ \-/]", "", line.text) for line in print_)
    coded = [code.text for code in bars if code.text.isdigit() and len(code.text) in (14, 15)]
    return _numbers(print_) > 0 and all(number in text for number in coded)


def _numbers(print_: Sequence[Line]) -> int:
    return sum(len(_NUMBER.findall(line.text)) for line in print_)


def _box(corners: Sequence[tuple[float, float]], size: tuple[int, int]) -> Box:
    width, height = size
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    left, top = max(min(xs), 0.0), max(min(ys), 0.0)
    right, bottom = min(max(xs), float(width)), min(max(ys), float(height))
    return Box(
        round(left / width, 5), round(top / height, 5), round(max(right - left, 0) / width, 5),
        round(max(bottom - top, 0) / height, 5),
    )  # fmt: skip


def warm() -> None:
    """Load the models and read nothing, so that the first picture is as quick as the next."""
    codes(Image.new("RGB", (64, 64), "white"))
    paper = Image.new("RGB", (320, 96), "white")
    ImageDraw.Draw(paper).text((20, 30), "IMEI 2026", fill="black", font_size=32)
    lines(paper)
