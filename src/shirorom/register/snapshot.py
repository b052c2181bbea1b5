"""A snapshot: what enrolled carriers published, or only what is bad in it, as one small signed file for a shop.

The head is a text signed as a C2SP note, and names the payload's digest. A delta holds the phones that changed since a
state; the state that comes of it is in its head too. Form: docs/reference/snapshot-format.md. On bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

import numpy as np

from shirorom.domain.carrier import CarrierId
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import MalformedError
from shirorom.log.note import NOTE_BYTES_MAX, Note, NoteSignature, VerifierKey, decode_note
from shirorom.log.times import time_of, time_text
from shirorom.register import payload
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.lookup import settled
from shirorom.register.rans import CodeError
from shirorom.register.rows import Packed
from shirorom.register.values import CAUTION, NO_RECORD

MAGIC = b"SHIROSNP"
VERSION = 1
SALT_BYTES = 16
FILE_BYTES_MAX = 1 << 29
CONSENT_CHARS_MAX = 500

_FRONT = struct.Struct("<8sII")
_FORMAT = "shirorom/snapshot/v1"
_TEXT = re.compile(
    rf"{_FORMAT}\nkind ([a-z]+)\nholds ([a-z]+)\npractice (yes|no)\nlog ([^\s]{{1,255}}) ([0-9]{{1,19}}) ([0-9a-f]{{64}})\n"
    r"((?:carrier [a-z]+ [0-9TZ:-]{20}\n){1,4})made-at ([0-9TZ:-]{20})\nsalt ([0-9a-f]{32})\ncount ([0-9]{1,10})\n"
    r"base (none|[0-9a-f]{64})\nstate ([0-9a-f]{64})\npayload ([0-9]{1,10}) ([0-9a-f]{64})\n(?:consent ([^\n]+)\n)?"
)


class MalformedSnapshotError(ValueError):
    """Bytes that are no sound snapshot. `part` says where: `length`, `head`, `payload`, `state`."""

    def __init__(self, part: str) -> None:
        super().__init__(f"not a sound snapshot: {part}")
        self.part = part


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


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A file that was taken apart: the note as it is signed, its head, and the payload, whose digest holds."""

    note: Note
    head: Head
    body: bytes

    def signed_by(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Those of the keys that signed it. Raises NoteError."""
        return self.note.verified_by(keys)

    def packed(self) -> Packed:
        """Its phones. Raises MalformedSnapshotError `payload`."""
        try:
            return payload.decode(self.body, self.head.count, len(self.head.stamp.enrolled))
        except CodeError as error:
            raise MalformedSnapshotError("payload") from error


@dataclass(frozen=True, slots=True)
class Content:
    """All that somebody has after a snapshot: phones as they stand on the stamp's day, and what they are worth."""

    holds: Holds
    stamp: Stamp
    packed: Packed

    @property
    def state(self) -> bytes:
        """Names it: SHA-256 of what it is of and of all its phones. Never shown: the digest of one phone is the phone."""
        pending = self.packed.pending
        digest = sha256(f"shirorom/snapshot/state/v1\n{_what(self.holds, self.stamp)}".encode())
        for column, kind in ((self.packed.keys, "<u8"), (self.packed.values, "u1"), (pending.keys, "<u8"),
                             (pending.positions, "u1"), (pending.days, "<u4")):  # fmt: skip
            digest.update(struct.pack("<Q", len(column)))
            digest.update(np.ascontiguousarray(column, kind))
        return digest.digest()

    @classmethod
    def of(cls, packed: Packed, stamp: Stamp, holds: Holds) -> Content:
        """What of a register (on its own day) is handed on."""
        return cls(holds, stamp, packed if holds is Holds.EVERYTHING else doubtful(packed))


def doubtful(packed: Packed) -> Packed:
    """△ and × alone; all else becomes 0."""
    values = packed.values & np.uint8(0b10101010)  # of caution (2) and restricted (3) the high bit is set
    values = packed.values & (values | values >> 1)
    kept = values != NO_RECORD
    return Packed(packed.keys[kept], values[kept], packed.pending)


def make(
    content: Content,
    base: Content | None,
    *,
    made_at: datetime,
    salt: bytes,
    consent: str | None,
    sign: Callable[[bytes], NoteSignature],
) -> bytes:
    """The file of a snapshot: whole, or what changed since `base`.

    Raises:
        ValueError: the base is of other carriers, another log or world, holds something else, or is of a later day.
    """
    packed = content.packed if base is None else changes(base, content)
    body = payload.encode(packed)
    head = Head(
        content.holds, content.stamp, made_at, salt, len(packed.keys), None if base is None else base.state,
        content.state, (len(body), sha256(body).digest()), consent,
    )  # fmt: skip
    text = encode_head(head)
    note = Note(text, (sign(text),)).encode()
    return _FRONT.pack(MAGIC, VERSION, len(note)) + note + body


def read(content: bytes) -> Snapshot:
    """Take a file apart and check it against its own head; whose signature it is, is not asked here.

    Raises:
        MalformedSnapshotError: `length`, `head`, `payload`.
    """
    if not _FRONT.size <= len(content) <= FILE_BYTES_MAX:
        raise MalformedSnapshotError("length")
    magic, version, length = _FRONT.unpack_from(content)
    if magic != MAGIC or version != VERSION or length > min(NOTE_BYTES_MAX, len(content) - _FRONT.size):
        raise MalformedSnapshotError("head")
    body = content[_FRONT.size + length :]
    try:
        note = decode_note(content[_FRONT.size : _FRONT.size + length])
        head = decode_head(note.text)
    except MalformedError as error:
        raise MalformedSnapshotError("head") from error
    if len(body) != head.payload[0]:
        raise MalformedSnapshotError("length")
    if sha256(body).digest() != head.payload[1]:
        raise MalformedSnapshotError("payload")
    return Snapshot(note, head, body)


def follows(head: Head, base: Content) -> bool:
    """Whether a delta may be laid over a content at all."""
    stamp = base.stamp
    return (
        head.base == base.state
        and (head.holds, head.stamp.practice, head.stamp.enrolled) == (base.holds, stamp.practice, stamp.enrolled)
        and head.stamp.log.origin == stamp.log.origin
        and head.stamp.day >= stamp.day
    )


def applied(snapshot: Snapshot, base: Content | None) -> Content:
    """What one has after a snapshot; `base`: what there was, for a delta.

    Raises:
        MalformedSnapshotError: `base`, it cannot be laid over that; `payload`; `state`, something else comes of it.
    """
    head, packed = snapshot.head, snapshot.packed()
    if head.base is not None:
        if base is None or not follows(head, base):
            raise MalformedSnapshotError("base")
        packed = _laid_over(settled(base.packed, head.stamp.day), packed)
    elif bool((packed.values == NO_RECORD).any()):
        raise MalformedSnapshotError("payload")
    if head.holds is Holds.DOUBTFUL and not payload.same(doubtful(packed), packed):
        raise MalformedSnapshotError("payload")
    content = Content(head.holds, head.stamp, packed)
    if content.state != head.state:
        raise MalformedSnapshotError("state")
    return content


def changes(base: Content, now: Content) -> Packed:
    """The phones of which `now` says something else than `base`, as they are now; 0: it left.

    Raises ValueError where nobody could lay it over the base.
    """
    mine = (base.holds, base.stamp.practice, base.stamp.enrolled, base.stamp.log.origin)
    if mine != (now.holds, now.stamp.practice, now.stamp.enrolled, now.stamp.log.origin):
        raise ValueError("a delta is of the same log, carriers and kind as its base")
    if now.stamp.day < base.stamp.day:
        raise ValueError("a delta is not of an earlier day than its base")
    old, new = settled(base.packed, now.stamp.day), now.packed
    places, there = _places(old.keys, new.keys)
    other = ~there
    other[there] = old.values[places[there]] != new.values[there]
    gone = ~_places(new.keys, old.keys)[1]
    ahead = _moved(old, new)
    touched = np.unique(np.concatenate((new.keys[other], old.keys[gone], ahead)))
    places, there = _places(new.keys, touched)
    values = np.zeros(len(touched), np.uint8)
    values[there] = new.values[places[there]]
    return Packed(touched, values, new.pending.where(_places(touched, new.pending.keys)[1]))


def _laid_over(old: Packed, new: Packed) -> Packed:
    kept = ~_places(new.keys, old.keys)[1]
    came = new.values != NO_RECORD
    keys = np.concatenate((old.keys[kept], new.keys[came]))
    order = np.argsort(keys, kind="stable")
    values = np.concatenate((old.values[kept], new.values[came]))[order]
    pending = old.pending.where(~_places(new.keys, old.pending.keys)[1])
    return Packed(keys[order], values, pending.joined(new.pending))


def _moved(old: Packed, new: Packed) -> np.ndarray:  # type: ignore[type-arg]
    """Phones whose restrictions ahead are others than before."""
    sets = [set(zip(*(c.tolist() for c in (p.keys, p.positions, p.days)), strict=True)) for p in (old.pending, new.pending)]
    return np.array(sorted({key for key, _, _ in sets[0] ^ sets[1]}), np.uint64)


def _places(among: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:  # type: ignore[type-arg]
    """Where each key stands among others, which are ascending, and whether it does."""
    if not among.size:
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    places = np.searchsorted(among, keys)
    return places, among.take(places, mode="clip") == keys


# The head


def encode_head(head: Head) -> bytes:
    """The text that is signed, with its last newline. Its first line keeps it apart from every other signed text."""
    base = "none" if head.base is None else head.base.hex()
    consent = "" if head.consent is None else f"consent {head.consent}\n"
    return (
        f"{_FORMAT}\nkind {head.kind.value}\n{_what(head.holds, head.stamp)}made-at {time_text(head.made_at)}\n"
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
            Enrolled(CarrierId(name), time_of(at)) for _, name, at in (line.split(" ") for line in carriers.splitlines())
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


def _what(holds: Holds, stamp: Stamp) -> str:
    carriers = "".join(f"carrier {one.carrier.value} {time_text(one.as_of)}\n" for one in stamp.carriers)
    log = f"log {stamp.log.origin} {stamp.log.size} {stamp.log.root.hex()}\n"
    return f"holds {holds.value}\npractice {'yes' if stamp.practice else 'no'}\n{log}{carriers}"
