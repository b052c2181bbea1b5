"""A reader of pictures that sees what a test tells it to, in the shape of `ports.Pictures` and `domain/picture.py`."""

from __future__ import annotations

from dataclasses import dataclass, fields
from types import SimpleNamespace
from typing import Any

from shirorom.domain.errors import RequestError
from shirorom.domain.imei import Imei
from shirorom.edge.web.parts import Parts


@dataclass(frozen=True, slots=True)
class Number:
    """One number of a picture, as `PictureNumber`."""

    imei: Imei | None
    certain: bool = False
    text: str = ""
    kind: str = "imei"
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What a picture shows."""

    found: tuple[Number, ...]
    devices: tuple[tuple[Imei, ...], ...]
    words: tuple[str, ...] = ()


class FakePictures:
    """`read` gives what was put; a picture of four bytes or less cannot be read."""

    def __init__(self, seen: Seen) -> None:
        self.seen = seen
        self.read_count = 0

    async def read(self, content: bytes) -> Seen:
        """What the test says; an unreadable picture is refused as the real reader refuses it."""
        self.read_count += 1
        if len(content) <= 4:
            raise RequestError("imei-not-found")
        return self.seen


def rules() -> Any:
    """The judging, for `Seen`: numbers as they are, a code where it stands among the words."""
    return SimpleNamespace(numbers_in=lambda seen: seen, one_time_code_in=lambda seen, code: code in seen.words)


@dataclass(frozen=True)
class PartsWithPictures(Parts):
    """The app's parts with such a reader among them."""

    pictures: Any = None


def with_pictures(parts: Parts, pictures: FakePictures) -> PartsWithPictures:
    """The same parts, and the reader."""
    given = {field.name: getattr(parts, field.name) for field in fields(parts)}
    return PartsWithPictures(**given | {"pictures": pictures})


def one_number(imei: Imei, *, certain: bool = False, words: tuple[str, ...] = ()) -> Seen:
    """A picture of one phone with one number."""
    return Seen((Number(imei, certain, imei.digits),), ((imei,),), words)
