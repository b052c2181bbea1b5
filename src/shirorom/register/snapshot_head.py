"""The head of a snapshot: what it says of itself, as a text that is signed. Form: docs/reference/snapshot-format.md."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from shirorom.domain.carrier import CarrierId
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import MalformedError
from shirorom.log.times import time_of, time_text
from shirorom.register.format import Enrolled, Stamp

SALT_BYTES = 16
CONSENT_CHARS_MAX = 500

_FORMAT = "shirorom/snapshot/v1"
_HASH = "[0-9a-f]{64}"
_TEXT = re.compile(
    rf"{_FORMAT}\nkind ([a-z]+)\nholds ([a-z]+)\npractice (yes|no)\nlog ([^\s]{{1,255}}) ([0-9]{{1,19}}) ({_HASH})\n"
    r"((?:carrier [a-z]+ [0-9TZ:-]{20}\n){1,4})made-at ([0-9TZ:-]{20})\nsalt ([0-9a-f]{32})\ncount ([0-9]{1,10})\n"
    rf"base (none|{_HASH})\nstate ({_HASH})\npayload ([0-9]{{1,10}}) ({_HASH})\n(?:consent ([^\n]+)\n)?"
)


class Kind(StrEnum):
    """Whether a file stands alone, or changes the state that is named as its base."""

    FULL = "full"
    DELTA = "delta"


class Holds(StrEnum):
    """What is in it: △ and × alone, so that absence says nothing; or whole books, so that it says －."""

    DOUBTFUL = "doubtful"
    EVERYTHING = "everything"


@dataclass(frozen=True, slots=True)
class Head:
    """What a snapshot says of itself.

    Attributes:
        made_at: When (aware UTC, whole seconds).
        salt: Random, so that no digest of a small file gives its phones away.
        count: Phones in the payload.
        base: The state that a delta is laid over; None: it stands alone.
        state: What one has after it was applied.
        payload: Length and SHA-256 of what lies below.
        consent: Whose consent there is to hand whole books on; only where it holds everything.
    """

    holds: Holds
    stamp: Stamp
    made_at: datetime
    salt: bytes
    count: int
    base: bytes | None
    state: bytes
    payload: tuple[int, bytes]
    consent: str | None = None

    def __post_init__(self) -> None:
        if (self.consent is not None) != (self.holds is Holds.EVERYTHING):
            raise ValueError("whole books are handed on by consent, and nothing else needs it")
        if self.consent is not None and not is_consent(self.consent):
            raise ValueError("a consent is one line")

    @property
    def kind(self) -> Kind:
        """Whether it stands alone."""
        return Kind.FULL if self.base is None else Kind.DELTA

    @property
    def digest(self) -> bytes:
        """Names the snapshot: SHA-256 of the head's text, and by it of all below."""
        return sha256(encode_head(self)).digest()


def follows(head: Head, *, holds: Holds, stamp: Stamp, state: bytes) -> bool:
    """Whether a delta may be laid over what somebody has."""
    now = head.stamp
    same = (now.practice, now.enrolled, now.log.origin) == (stamp.practice, stamp.enrolled, stamp.log.origin)
    return head.base == state and head.holds is holds and same and now.day >= stamp.day


def encode_head(head: Head) -> bytes:
    """The text that is signed, with its last newline. Its first line keeps it apart from every other signed text."""
    base = "none" if head.base is None else head.base.hex()
    consent = "" if head.consent is None else f"consent {head.consent}\n"
    return (
        f"{_FORMAT}\nkind {head.kind.value}\n{what_of(head.holds, head.stamp)}made-at {time_text(head.made_at)}\n"
        f"salt {head.salt.hex()}\ncount {head.count}\nbase {base}\nstate {head.state.hex()}\n"
        f"payload {head.payload[0]} {head.payload[1].hex()}\n{consent}"
    ).encode()


def decode_head(text: bytes) -> Head:
    """Read a head. Raises MalformedError for any bytes that `encode_head` would not have written."""
    try:
        match = _TEXT.fullmatch(text.decode())
        if match is None:
            raise MalformedError("head")
        _, holds, practice, origin, size, root, carriers, made_at, salt, count, base, state, length, digest, consent = (
            match.groups()
        )
        enrolled = tuple(
            Enrolled(CarrierId(name), time_of(at))
            for _, name, at in (line.split(" ") for line in carriers.splitlines())
        )
        stamp = Stamp(Checkpoint(origin, int(size), bytes.fromhex(root)), enrolled, practice == "yes")
        head = Head(
            Holds(holds), stamp, time_of(made_at), bytes.fromhex(salt), int(count),
            None if base == "none" else bytes.fromhex(base), bytes.fromhex(state),
            (int(length), bytes.fromhex(digest)), consent,
        )  # fmt: skip
    except ValueError as error:
        raise MalformedError("head") from error
    if encode_head(head) != text:
        raise MalformedError("head")
    return head


def is_consent(text: str) -> bool:
    """Whether a text names a consent: one line that is not blank, of at most 500 characters."""
    return text.strip() == text and text.isprintable() and 0 < len(text) <= CONSENT_CHARS_MAX


def what_of(holds: Holds, stamp: Stamp) -> str:
    """The lines that say what a state is of."""
    carriers = "".join(f"carrier {one.carrier.value} {time_text(one.as_of)}\n" for one in stamp.carriers)
    log = f"log {stamp.log.origin} {stamp.log.size} {stamp.log.root.hex()}\n"
    return f"holds {holds.value}\npractice {'yes' if stamp.practice else 'no'}\n{log}{carriers}"
