"""The public key to which a snapshot is encrypted, as the shop hands it out: a text that shows typing errors."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from shirorom.log.entry import MalformedError

PUBLIC_BYTES = 32
ID_BYTES = 4
_NAME = "shirorom-shop"
_TEXT = re.compile(rf"{_NAME}\+([0-9a-f]{{8}})\+([A-Za-z0-9+/]{{43}}=)")


@dataclass(frozen=True, slots=True)
class ShopKey:
    """A public key of X25519 (RFC 7748), 32 bytes."""

    public: bytes

    def __post_init__(self) -> None:
        if len(self.public) != PUBLIC_BYTES:
            raise MalformedError("shop key")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `shirorom-shop+<8 hex>+<base64>`. Raises MalformedError."""
        match = _TEXT.fullmatch(text.strip())
        if match is None:
            raise MalformedError("shop key")
        key = cls(b64decode(match[2]))
        if key.text != text.strip():  # another id, or spare bits of base64
            raise MalformedError("shop key")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes by which a file names whom it is for."""
        return sha256(f"{_NAME}\n".encode() + self.public).digest()[:ID_BYTES]

    @property
    def text(self) -> str:
        """As it is handed out."""
        return f"{_NAME}+{self.id.hex()}+{b64encode(self.public).decode()}"
