"""A reader of pictures that sees what a test tells it to (`ports.Pictures`). The judging of it is the real one."""

from __future__ import annotations

from dataclasses import replace

from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Imei
from shirorom.domain.picture import Box, PictureRead, SeenCode, SeenLine
from shirorom.edge.web.parts import Parts

EID = "89049032000001000000000000000001"


class FakePictures:
    """`read` gives what was put; a picture of four bytes or less cannot be read."""

    def __init__(self, seen: PictureRead) -> None:
        self.seen = seen
        self.read_count = 0

    async def read(self, content: bytes) -> PictureRead:
        """What the test says; an unreadable picture is refused as the real reader refuses it."""
        self.read_count += 1
        if len(content) <= 4:
            raise RequestError("picture-unreadable")
        return self.seen

    async def text(self, content: bytes, name: str) -> str:
        """No file is read here."""
        raise RequestError("file-unreadable")

    async def close(self) -> None:
        """Nothing to end."""


def with_pictures(parts: Parts, pictures: FakePictures) -> Parts:
    """The same parts with this reader."""
    return replace(parts, pictures=pictures)


def two_phones(one: Imei, other: Imei) -> PictureRead:
    """Two labels side by side, far from each other."""
    lines = (
        SeenLine(f"IMEI {one.digits}", Box(0.02, 0.1, 0.3, 0.04), 0.99),
        SeenLine(f"IMEI {other.digits}", Box(0.65, 0.8, 0.3, 0.04), 0.99),
    )
    return PictureRead(800, 600, (), lines)


def one_number(
    imei: Imei | None, *, certain: bool = False, words: tuple[str, ...] = (), eid: bool = False
) -> PictureRead:
    """A picture of one phone: its number printed (and as a barcode: certain), and what else stands there."""
    printed = [*([f"IMEI {imei.digits}"] if imei else []), *([f"EID {EID}"] if eid else []), *words]
    lines = tuple(SeenLine(text, Box(0.1, 0.1 + 0.1 * n, 0.8, 0.05), 0.99) for n, text in enumerate(printed))
    codes = (SeenCode(imei.digits, "Code128", Box(0.1, 0.15, 0.8, 0.04)),) if certain and imei else ()
    return PictureRead(800, 600, codes, lines)
