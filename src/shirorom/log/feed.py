"""The bytes of a feed: its manifest as a text to sign, its rows as records of one width, their salted commitments.

A row's commitment is a leaf of RFC 6962 over (salt, record); the leaves stand in the order of the records' bytes, which
is that of the phones. The salts come out of the feed's seed, so that the proof of one row tells nothing of the others.
Form: docs/reference/feed-format.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256, shake_256
from struct import Struct
from typing import NamedTuple

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind, Manifest
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.log.entry import MalformedError
from shirorom.log.times import time_of, time_text
from shirorom.log.tree import EMPTY_ROOT

SEED_BYTES = 32
SALT_BYTES = 16
DECLARES = tuple(NoticeKind)
GROUNDS: tuple[Ground | None, ...] = (None, *Ground)
NO_CHECK_DIGIT = 15

RECORD = Struct(">QIBBBII")
ROW_BYTES = RECORD.size

_FORMAT = "shirorom/feed/v1"
_SALTS = b"shirorom/feed/salts/v1\x00"
_TEXT = re.compile(
    rf"{_FORMAT}\ncarrier ([a-z]+)\nfeed ([a-z]+)\nsequence ([0-9]+)\ncount ([0-9]+)\nroot ([0-9a-f]{{64}})\n"
    r"practice (yes|no)\nmade-at ([0-9TZ:-]{20})\n"
)


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands before a feed's rows: the manifest's text, the lines of its signatures, the seed of the salts."""

    text: bytes
    signatures: tuple[str, ...]
    seed: bytes


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    manifest: str
    seed: str
    signatures: list[str]


class Row(NamedTuple):
    """A record's fields; `check` is the 15th digit as the carrier wrote it, `NO_CHECK_DIGIT` where it wrote none.

    `declares` and `ground` are places in `DECLARES` and `GROUNDS`; the days are proleptic ordinals, 0 for none.
    """

    key: int
    row: int
    check: int
    declares: int
    ground: int
    effective_on: int
    purchased_on: int


def encode_manifest(manifest: Manifest) -> bytes:
    """The text that is signed, with its last newline. Its first line keeps it apart from every other signed text."""
    m = manifest
    return (
        f"{_FORMAT}\ncarrier {m.carrier.value}\nfeed {m.kind.value}\nsequence {m.sequence}\ncount {m.count}\n"
        f"root {m.root.hex()}\npractice {'yes' if m.practice else 'no'}\nmade-at {time_text(m.made_at)}\n"
    ).encode()


def decode_manifest(text: bytes) -> Manifest:
    """Read a manifest. Raises MalformedError for any bytes that `encode_manifest` would not have written."""
    try:
        match = _TEXT.fullmatch(text.decode("ascii"))
        if match is None:
            raise MalformedError("manifest")
        carrier, kind, sequence, count, root, practice, made_at = match.groups()
        manifest = Manifest(
            CarrierId(carrier), FeedKind(kind), int(sequence[:9]), int(count[:9]), bytes.fromhex(root),
            practice == "yes", time_of(made_at),
        )  # fmt: skip
    except ValueError as error:
        raise MalformedError("manifest") from error
    if encode_manifest(manifest) != text:
        raise MalformedError("manifest")
    return manifest


def encode_head(envelope: Envelope) -> bytes:
    """The first line of a feed, without its newline."""
    return msgspec.json.encode(_Head(envelope.text.decode(), envelope.seed.hex(), list(envelope.signatures)))


def decode_head(line: bytes) -> Envelope:
    """Read a feed's first line. Raises MalformedError for any bytes that `encode_head` would not have written."""
    try:
        head = msgspec.json.decode(line, type=_Head)
        envelope = Envelope(head.manifest.encode(), tuple(head.signatures), bytes.fromhex(head.seed))
        sound = len(envelope.seed) == SEED_BYTES and encode_head(envelope) == line
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MalformedError("head") from error
    if not sound:
        raise MalformedError("head")
    return envelope


def salts_of(seed: bytes, rows: int) -> bytes:
    """The salts of rows 1 to `rows`, one behind the other: SHAKE256 over the seed."""
    return shake_256(_SALTS + seed).digest(SALT_BYTES * rows)


def leaves_of(records: Iterable[bytes], seed: bytes, *, row_max: int) -> list[bytes]:
    """The commitment of each record, whose row numbers are 1 to `row_max`."""
    salts = salts_of(seed, row_max)
    return [
        sha256(b"\x00" + salts[(end := int.from_bytes(one[8:12], "big") << 4) - SALT_BYTES : end] + one).digest()
        for one in records
    ]


def root_of(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962's tree head over leaf hashes, level by level (an odd last node goes up as it is)."""
    if not leaves:
        return EMPTY_ROOT
    level = leaves
    while len(level) > 1:
        odd = level[-1:] if len(level) & 1 else ()
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
        level += odd
    return level[0]
