"""Signed notes, as the C2SP has them: verifier keys, signature lines, cosignatures, and what a note must be to be read.

Only two kinds of signature are known: Ed25519 (0x01) and the Ed25519 cosignature of a witness (0x04). A key of another
kind is refused where it is asked for; a line by a key that nobody asked for is passed over, as the format demands.

Source: c2sp.org/signed-note, c2sp.org/tlog-cosignature.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from typing import Self

from shirorom.log.entry import MalformedError

NOTE_BYTES_MAX = 256_000
SIGNATURES_MAX = 64
"""Lines of one note; the format asks for 16 at least."""
KEY_TEXT_MAX = 512
ID_BYTES = 4
PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
TIME_BYTES = 8

_LINE = re.compile(r"— ([^\s+]{1,255}) ([A-Za-z0-9+/]+={0,2})")
_KEY = re.compile(r"([^\s+]{1,255})\+([0-9a-f]{8})\+([A-Za-z0-9+/]+={0,2})")
_CONTROL = re.compile(rb"[\x00-\x09\x0b-\x1f]")
_HEAD = "— "


class SignatureKind(IntEnum):
    """The byte that says what a key signs with. Another (ML-DSA-44 has 0x06) needs its own check before it is known."""

    ED25519 = 0x01
    COSIGNATURE = 0x04


_KNOWN = frozenset(int(kind) for kind in SignatureKind)


class NoteError(ValueError):
    """A note is not signed as it should be. `known`: a line was by a key asked for, and does not hold."""

    def __init__(self, *, known: bool) -> None:
        super().__init__("a signature of the note does not hold" if known else "the note is signed by no key asked for")
        self.known = known


class UnknownKindError(MalformedError):
    """A verifier key of a kind that is not known here."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """Who a signature must be by: a name, what it signs with, and 32 bytes of public key."""

    name: str
    kind: SignatureKind
    public: bytes

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[^\s+]{1,255}", self.name) or _CONTROL.search(self.name.encode()):
            raise MalformedError("key name")
        if len(self.public) != PUBLIC_BYTES:
            raise MalformedError("public key")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `<name>+<8 hex>+<base64>`. Raises MalformedError; UnknownKindError where only its kind is not known."""
        match = _KEY.fullmatch(text) if len(text) <= KEY_TEXT_MAX else None
        if match is None:
            raise MalformedError("verifier key")
        material = _unbase64(match[3])
        if _key_id(match[1], material) != bytes.fromhex(match[2]):
            raise MalformedError("key id")
        if material[0] not in _KNOWN:
            raise UnknownKindError("kind of key")
        return cls(match[1], SignatureKind(material[0]), material[1:])

    @property
    def id(self) -> bytes:
        """The four bytes that stand before every signature by it."""
        return _key_id(self.name, self._material)

    @property
    def text(self) -> str:
        """As it is published, given and pinned."""
        return f"{self.name}+{self.id.hex()}+{b64encode(self._material).decode()}"

    @property
    def fingerprint(self) -> str:
        """Twenty hex digits in groups of four, for people to compare (docs/reference/sheet.md)."""
        digits = sha256(self.text.encode()).hexdigest()[:20]
        return " ".join(digits[i : i + 4] for i in range(0, 20, 4))

    @property
    def _material(self) -> bytes:
        return bytes([self.kind]) + self.public

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this key's Ed25519 signature (64 bytes) over exactly these bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True

    def signed(self, text: bytes, blob: bytes) -> bool:
        """Whether `blob`, what stands behind the key id in a line, is this key's signature of a note's text."""
        if self.kind is SignatureKind.ED25519:
            return self.verify(text, blob)
        at = time_of_cosignature(blob)
        return at is not None and self.verify(cosigned_message(text, at), blob[TIME_BYTES:])


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: whose it says it is, and the bytes behind the key id."""

    name: str
    id: bytes
    blob: bytes

    @property
    def line(self) -> str:
        """The line, without its newline."""
        return f"{_HEAD}{self.name} {b64encode(self.id + self.blob).decode()}"

    def is_by(self, key: VerifierKey) -> bool:
        """Whether it claims to be by a key; says nothing about whether it holds."""
        return (self.name, self.id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text (with its last newline) and its signature lines, nothing of which is believed yet."""

    text: bytes
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> bytes:
        """The note's bytes."""
        return self.text + b"\n" + "".join(f"{one.line}\n" for one in self.signatures).encode()

    def verified_by(self, keys: Iterable[VerifierKey]) -> tuple[VerifierKey, ...]:
        """Those of the keys that signed it, in the order given.

        Raises:
            NoteError: by none of them, or a line that claims to be by one of them does not hold.
        """
        found = []
        for key in keys:
            mine = [one for one in self.signatures if one.is_by(key)]
            if any(not key.signed(self.text, one.blob) for one in mine):
                raise NoteError(known=True)
            if mine:
                found.append(key)
        if not found:
            raise NoteError(known=False)
        return tuple(found)

    def with_signatures(self, more: Sequence[NoteSignature]) -> Note:
        """The same text with further lines; one by a key that has signed already takes the older one's place."""
        replaced = {(one.name, one.id) for one in more}
        kept = [one for one in self.signatures if (one.name, one.id) not in replaced]
        return Note(self.text, (*kept, *more))


def decode_note(data: bytes) -> Note:
    """Read a note. Raises MalformedError for any bytes that `Note.encode` would not have written."""
    if len(data) > NOTE_BYTES_MAX or _CONTROL.search(data):
        raise MalformedError("note")
    text, divided, lines = data.rpartition(b"\n\n")
    if not divided or not lines.endswith(b"\n"):
        raise MalformedError("note")
    note = Note(text + b"\n", decode_signatures(lines))
    if note.encode() != data:
        raise MalformedError("note")
    try:
        note.text.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("note") from error
    return note


def decode_signatures(lines: bytes) -> tuple[NoteSignature, ...]:
    """Read signature lines alone, one at least, each with its newline. Raises MalformedError."""
    try:
        rows = lines.decode().split("\n")
    except UnicodeDecodeError as error:
        raise MalformedError("signatures") from error
    if len(rows) < 2 or rows[-1] or len(rows) - 1 > SIGNATURES_MAX:
        raise MalformedError("signatures")
    return tuple(_signature(row) for row in rows[:-1])


def cosigned_message(text: bytes, at: int) -> bytes:
    """What a witness signs: that it saw this checkpoint as the newest at `at` (seconds since 1970)."""
    return b"cosignature/v1\ntime %d\n" % at + text


def time_of_cosignature(blob: bytes) -> int | None:
    """When a witness says that it signed (seconds since 1970); None where the bytes are no cosignature."""
    at = int.from_bytes(blob[:TIME_BYTES], "big")
    return at if len(blob) == TIME_BYTES + SIGNATURE_BYTES and at < 1 << 63 else None


def _signature(row: str) -> NoteSignature:
    match = _LINE.fullmatch(row)
    content = _unbase64(match[2]) if match else b""
    if match is None or len(content) <= ID_BYTES:
        raise MalformedError("signature line")
    return NoteSignature(match[1], content[:ID_BYTES], content[ID_BYTES:])


def _key_id(name: str, material: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + material).digest()[:ID_BYTES]


def _unbase64(text: str) -> bytes:
    """Strict: base64 has spare bits at its end, and only one spelling counts."""
    try:
        content = b64decode(text, validate=True)
    except ValueError as error:
        raise MalformedError("base64") from error
    if b64encode(content).decode() != text or not content:
        raise MalformedError("base64")
    return content
