"""Time stamps by an authority outside (RFC 3161): asked of it, and examined without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shirorom.domain.sheet import Why


@dataclass(frozen=True, slots=True)
class Stamp:
    """A token (DER TimeStampToken) with its chain (its own certificate first, the root last) and CRLs, all DER."""

    token: bytes
    certificates: tuple[bytes, ...]
    revocation: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Stamped:
    """What a stamp says, once it was examined.

    Attributes:
        at: When the authority saw the message (aware UTC).
        root: The last certificate of the chain, DER: whom the reader has to trust.
        algorithms: What the stamp rests on, in lower case: `sha-256`, `rsa`, …
        holds_until: When the first certificate of the chain runs out.
    """

    at: datetime
    root: bytes
    algorithms: frozenset[str]
    holds_until: datetime


class StampError(Exception):
    """A stamp that does not hold."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why


class Stamps(Protocol):
    """Examines stamps; opens no connection."""

    def examine(self, stamp: Stamp, message: bytes) -> Stamped:
        """What a stamp says of these bytes, its certificates judged at its own moment. Raises StampError."""
        ...

    def on_document(self, token: bytes, message: bytes, roots: Collection[bytes]) -> None:
        """Whether a token on a whole PDF is over these bytes and, by one of the reader's roots, whether it holds.

        Such a token brings no chain beside it. By a root that nobody gave it is examined no further, and nothing is
        taken from it. Raises StampError.
        """
        ...


class Authority(Protocol):
    """The authority that this installation asks."""

    def stamp(self, message: bytes, *, renewal: bool) -> Stamp:
        """Have a message stamped, and examine the answer before it is believed. A renewal uses a stronger hash.

        Raises:
            ShiroromError: `stamp-authority-failed`; `proof-missing` where the extra is not installed.
        """
        ...
