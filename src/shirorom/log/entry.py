"""Canonical entry bytes, salted commitments and their openings: what is in the log and what is kept beside it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from struct import Struct

from shirorom.log.times import time_of, time_text

NO_LEAF = bytes(32)
"""Stands for "the previous leaf" in the first entry about a device."""

SALT_BYTES = 32
STATEMENT_KINDS = frozenset({"reading", "withdrawal", "correction", "notice"})
"""What may be said of one phone."""
KINDS = STATEMENT_KINDS | {"feed"}
"""Everything that an entry may hold. A kind that is not known is refused, never skipped."""

_DOMAIN = b"shirorom/commitment/v1"
_FIXED = Struct(">IQI32sI32sI14sI")
_ENTRY = re.compile(
    rb'\{"at":"([0-9TZ:-]{20})","commitment":"([0-9a-f]{64})","kind":"([a-z]+)","v":1\}',
)


class MalformedError(ValueError):
    """Bytes that are not the one canonical form of anything we write."""


@dataclass(frozen=True, slots=True)
class DeviceHead:
    """Where a device's chain stands: entries so far, and the leaf hash of the newest (NO_LEAF when none)."""

    count: int
    leaf: bytes


NO_DEVICE = DeviceHead(0, NO_LEAF)
"""Where the chain of a device stands that no entry is about."""


@dataclass(frozen=True, slots=True)
class Opening:
    """What opens one commitment. Holds the IMEI: it never leaves but in a sheet for that phone."""

    key: str  # 14 digits
    counter: int  # 0 for the first entry about this device
    previous: bytes  # leaf hash of the device's previous entry
    salt: bytes  # 32 bytes from the operating system
    statement: bytes  # canonical bytes, log/statement.py

    def __post_init__(self) -> None:
        sizes = (len(self.key), len(self.previous), len(self.salt))
        if sizes != (14, 32, SALT_BYTES) or self.counter < 0 or not self.key.isascii():
            raise ValueError("an opening has a key of 14 digits, a counter, a previous leaf and a salt of 32 bytes")


@dataclass(frozen=True, slots=True)
class Sealed:
    """One entry ready to append, with its opening."""

    entry: bytes
    opening: Opening


@dataclass(frozen=True, slots=True)
class EntryBody:
    """What stands in an entry for all to see: no number, no carrier, no mark."""

    kind: str
    at: datetime  # recorded_at, whole seconds
    commitment: bytes


def commitment(origin: str, opening: Opening) -> bytes:
    """SHA-256 that binds an opening to its place: this log, this device, after that entry, as its n-th.

    The input is seven parts, each behind its length (4 bytes, big endian), so that no two openings give the same:
    domain string, origin, counter (8 bytes, big endian), previous leaf, salt, key, statement.
    """
    o = opening
    fixed = _FIXED.pack(8, o.counter, 32, o.previous, SALT_BYTES, o.salt, 14, o.key.encode(), len(o.statement))
    return sha256(_named(origin) + fixed + o.statement).digest()


@lru_cache(maxsize=16)
def _named(origin: str) -> bytes:
    name = origin.encode()
    return b"".join((len(_DOMAIN).to_bytes(4, "big"), _DOMAIN, len(name).to_bytes(4, "big"), name))


def encode_entry(body: EntryBody) -> bytes:
    """The entry's bytes: RFC 8785 JSON (sorted names, no white space), which this form is by construction."""
    return _entry(body.kind, time_text(body.at), body.commitment)


def _entry(kind: str, at: str, digest: bytes) -> bytes:
    if kind not in KINDS or len(digest) != 32:
        raise ValueError("an entry has a known kind and a commitment of 32 bytes")
    return f'{{"at":"{at}","commitment":"{digest.hex()}","kind":"{kind}","v":1}}'.encode()


def decode_entry(entry: bytes) -> EntryBody:
    """What an entry says. Raises MalformedError for any bytes that `encode_entry` would not have written."""
    match = _ENTRY.fullmatch(entry)
    if match is None:
        raise MalformedError("entry")
    at, digest, kind = (part.decode() for part in match.groups())
    if kind not in KINDS:
        raise MalformedError("kind")
    try:
        return EntryBody(kind=kind, at=time_of(at), commitment=bytes.fromhex(digest))
    except ValueError as error:
        raise MalformedError("at") from error


def at_text(entry: bytes) -> bytes:
    """When an entry was recorded, as its bytes say: 20 characters that sort as the moments do."""
    if not entry.startswith(b'{"at":"'):
        raise MalformedError("entry")
    return entry[7:27]


def seal(origin: str, kind: str, at: datetime, opening: Opening) -> Sealed:
    """Make an opening ready to append to the log of this name."""
    return Sealed(_entry(kind, time_text(at), commitment(origin, opening)), opening)
