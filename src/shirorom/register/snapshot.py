"""A snapshot: what enrolled carriers published, or only what is bad in it, as one small signed file for a shop.

The head is a text signed as a C2SP note, and names the payload's digest. A delta holds the phones that changed since a
state; the state that comes of it is in its head too. Form: docs/reference/snapshot-format.md. On bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from shirorom.log.entry import MalformedError
from shirorom.log.note import NOTE_BYTES_MAX, Note, NoteSignature, VerifierKey, decode_note
from shirorom.register import payload
from shirorom.register.content import Content, changes, doubtful, laid_over
from shirorom.register.lookup import settled
from shirorom.register.rans import CodeError
from shirorom.register.rows import Packed
from shirorom.register.snapshot_head import Head, Holds, decode_head, encode_head, follows
from shirorom.register.values import NO_RECORD

MAGIC = b"SHIROSNP"
VERSION = 1
FILE_BYTES_MAX = 1 << 29

_FRONT = struct.Struct("<8sII")


class MalformedSnapshotError(ValueError):
    """Bytes that are no sound snapshot. `part` says where: `length`, `head`, `payload`, `base`, `state`."""

    def __init__(self, part: str) -> None:
        super().__init__(f"not a sound snapshot: {part}")
        self.part = part


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


def applied(snapshot: Snapshot, base: Content | None) -> Content:
    """What one has after a snapshot; `base`: what there was, for a delta.

    Raises:
        MalformedSnapshotError: `base`, it cannot be laid over that; `payload`; `state`, something else comes of it.
    """
    head, packed = snapshot.head, snapshot.packed()
    if head.base is not None:
        if base is None or not follows(head, holds=base.holds, stamp=base.stamp, state=base.state):
            raise MalformedSnapshotError("base")
        packed = laid_over(settled(base.packed, head.stamp.day), packed)
    elif bool((packed.values == NO_RECORD).any()):
        raise MalformedSnapshotError("payload")
    if head.holds is Holds.DOUBTFUL and not payload.same(doubtful(packed), packed):
        raise MalformedSnapshotError("payload")
    content = Content(head.holds, head.stamp, packed)
    if content.state != head.state:
        raise MalformedSnapshotError("state")
    return content
