"""Makes text of what was seen, as a person would read it aloud: each label apart, row by row, left to right.

The one parser for device numbers reads texts; what stands together in the picture has to stand together there too. Two
labels side by side are two texts: read across, IMEI1 of one phone would be followed by IMEI1 of the other.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from shirorom.domain.pictures.seen import Box, PictureRead, SeenCode, SeenLine

TILT_MAX = 30.0
"""Beyond this a tilt was misjudged."""
PIECES_MAX = 400

ARTICLES = frozenset(("EAN13", "EAN8", "UPCA", "UPCE", "ITF", "ITF14", "DataBar", "DataBarOmni"))
"""Formats that number articles and parcels: never a device's number."""

_JOINED_GAP = 1.3
"""Pieces of a row so near (in heights of type) are one text; further apart they are columns."""
_GAP = "    "
"""Blanks and no tab: the parser would take the first row of names and values for the heading of a table."""
_EMPTY_GAP = 2.5
_COLUMN_GAP = 1.0
_IMEI_LONG = range(14, 17)
_LABEL_MISREAD = re.compile(r"(?<![0-9A-Za-z])[I1l|]M[E3][I1l|](?![A-Za-z])")
"""Text recognition takes the I of IMEI for a 1: "IME12" is IMEI2, and with it the second number of the phone above."""
_SECOND = re.compile(r"(?:IMEI|SIM|スロット|slot)[\s(]*2|IMEI[^0-9]{0,8}2(?![0-9])", re.IGNORECASE)
_FIRST = re.compile(r"(?:IMEI|SIM|スロット|slot)[\s(]*1(?![0-9])|IMEI(?![^0-9]{0,8}[1-4](?![0-9]))", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Piece:
    """A barcode or a printed line, straightened: middle and size in pixels of a picture that lies straight."""

    seen: SeenCode | SeenLine
    x: float
    y: float
    w: float
    h: float

    @property
    def printed(self) -> bool:
        """Whether it is print; else a barcode."""
        return isinstance(self.seen, SeenLine)

    @property
    def left(self) -> float:
        """Where it begins."""
        return self.x - self.w / 2

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.w / 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """The text of one label or screen, and where in it each piece stands (start, end, piece)."""

    text: str
    spans: tuple[tuple[int, int, Piece], ...]

    def pieces(self, start: int, end: int) -> list[Piece]:
        """The pieces that a part of the text comes from."""
        return [piece for first, last, piece in self.spans if first < end and start < last]

    def without(self, places: Iterable[tuple[int, int]]) -> Sheet:
        """The same with some places blanked; nothing moves."""
        text = self.text
        for start, end in places:
            text = text[:start] + " " * (end - start) + text[end:]
        return Sheet(text, self.spans)


def sheets(read: PictureRead) -> list[Sheet]:
    """The texts of a picture: one for each label or screen on it, from left to right."""
    straight = _straightener(read)
    pieces = [straight(code, code.box) for code in read.codes if code.format not in ARTICLES]
    pieces += [straight(line, line.box) for line in read.lines]
    return [_sheet(column) for column in _columns(pieces[:PIECES_MAX])]


def _straightener(read: PictureRead) -> Callable[[SeenCode | SeenLine, Box], Piece]:
    tilt = read.tilt if abs(read.tilt) <= TILT_MAX else 0.0
    turn = math.radians(tilt)
    cos, sin = math.cos(turn), math.sin(turn)
    steep = abs(sin)

    def straight(seen: SeenCode | SeenLine, box: Box) -> Piece:
        x, y = (box.x + box.w / 2) * read.width, (box.y + box.h / 2) * read.height
        w, h = box.w * read.width, box.h * read.height
        # A line that is turned fills a higher and narrower upright box than the line itself is.
        long = (w * cos - h * steep) / (cos * cos - steep * steep)
        high = (h * cos - w * steep) / (cos * cos - steep * steep)
        return Piece(seen, x * cos + y * sin, y * cos - x * sin, max(long, 1.0), max(high, 1.0))

    return straight


def _columns(pieces: Sequence[Piece]) -> list[list[Piece]]:
    """Cut where nothing stands between two labels from top to bottom; a name and its value are no two labels."""
    if len(pieces) < 2:
        return [list(pieces)] if pieces else []
    ordered = sorted(pieces, key=lambda piece: piece.left)
    gap_min = _COLUMN_GAP * _type_height(pieces)
    reach = ordered[0].right
    for place, (_, piece) in enumerate(pairwise(ordered), 1):
        if piece.left - reach >= gap_min and _two_labels(ordered[:place], ordered[place:]):
            return [*_columns(ordered[:place]), *_columns(ordered[place:])]
        reach = max(reach, piece.right)
    return [list(pieces)]


def _two_labels(left: Sequence[Piece], right: Sequence[Piece]) -> bool:
    mine, others = _numbers(left), _numbers(right)
    if not mine or not others or mine & others:
        return False  # a barcode and its print beside it, or only one side has numbers
    one, other = (" ".join(piece.seen.text for piece in side) for side in (left, right))
    halves = _FIRST.search(one) and not _SECOND.search(one) and _SECOND.search(other) and not _FIRST.search(other)
    return not halves  # IMEI1 at the left and IMEI2 at the right are one phone


def _numbers(pieces: Sequence[Piece]) -> set[str]:
    runs = (re.sub(r"[^0-9]", "", run) for piece in pieces for run in re.findall(r"[0-9][0-9 \-/]*", piece.seen.text))
    return {run[:14] for run in runs if len(run) in _IMEI_LONG}


def _type_height(pieces: Sequence[Piece]) -> float:
    heights = [piece.h for piece in pieces if piece.printed] or [piece.h for piece in pieces]
    return median(heights)


def _sheet(pieces: Sequence[Piece]) -> Sheet:
    rows = _rows(pieces)
    high = _type_height(pieces)
    text, bottom = "", 0.0
    spans: list[tuple[int, int, Piece]] = []
    above: Sequence[Piece] = ()
    for row in rows:
        top = min(piece.y - piece.h / 2 for piece in row)
        if above:
            # A barcode is found as a line through it, so its print seems far below; it is the same number shown again.
            far = top - bottom > _EMPTY_GAP * high and not _numbers(above) & _numbers(row)
            text += "\n\n" if far else "\n"
        above, bottom = row, max(piece.y + piece.h / 2 for piece in row)
        before: Piece | None = None
        for piece in row:
            if before is not None:
                near = before.printed and piece.printed and piece.left - before.right < _JOINED_GAP * high
                text += " " if near else _GAP
            said = _LABEL_MISREAD.sub("IMEI", piece.seen.text) if piece.printed else piece.seen.text
            spans.append((len(text), len(text) + len(said), piece))
            text += said
            before = piece
    return Sheet(text, tuple(spans))


def _rows(pieces: Sequence[Piece]) -> list[list[Piece]]:
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: piece.y):
        last = rows[-1] if rows else None
        if last is not None and abs(piece.y - last[0].y) < 0.5 * min(piece.h, *(other.h for other in last)):
            last.append(piece)
        else:
            rows.append([piece])
    return [sorted(row, key=lambda piece: piece.left) for row in rows]
