"""The one-time code that a seller writes on paper beside the phone: it shows that the photo is new, and nothing more.

Code and hour of birth are part of the page's own random address, so nothing has to be kept: no list of codes, no
number of a phone, not even that anybody asked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Self

ALPHABET = "34679ACEFHJKMNPRTWXY"
"""What nobody takes for another, by hand or by machine: no 0 O Q D, 1 I L, 2 Z, 5 S, 8 B, G, U V."""
CHARACTERS = 6
VALID = timedelta(hours=24)
RANDOM_HEX = 24
_ID = re.compile(r"([0-9a-f]{8})([0-9a-f]{24})")


@dataclass(frozen=True, slots=True)
class Request:
    """One message to a seller. `id` is the page's address; `code` stands on the paper."""

    id: str
    born: datetime

    @classmethod
    def new(cls, *, random: bytes, now: datetime) -> Self:
        """A request of this moment. `random`: 12 bytes that nobody can guess."""
        return cls(f"{int(now.timestamp()):08x}{random.hex()[:RANDOM_HEX]}", now.replace(microsecond=0))

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The request of an address; None: that is no such address."""
        found = _ID.fullmatch(text)
        return cls(text, datetime.fromtimestamp(int(found[1], 16), UTC)) if found else None

    @property
    def code(self) -> str:
        """Six characters. Whoever has not seen the address cannot know them, so an older photo cannot show them."""
        number = int.from_bytes(sha256(b"shirorom one-time code\n" + self.id.encode()).digest()[:16], "big")
        letters = []
        for _ in range(CHARACTERS):
            number, letter = divmod(number, len(ALPHABET))
            letters.append(ALPHABET[letter])
        return "".join(letters)

    @property
    def until(self) -> datetime:
        """The first moment at which a photo is too old."""
        return self.born + VALID

    def valid(self, now: datetime) -> bool:
        """Whether the code counts now."""
        return self.born - timedelta(minutes=1) <= now < self.until
