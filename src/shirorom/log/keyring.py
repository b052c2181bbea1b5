"""The public keys of one log over time, and the file that a shop publishes of them (`shirorom-keys/v1`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

import msgspec

from shirorom.log.entry import MalformedError
from shirorom.log.note import VerifierKey
from shirorom.log.times import time_of, time_text

KEYS_FORMAT = "shirorom-keys/v1"
KEYS_FILE_BYTES_MAX = 256_000
KEYS_MAX = 256


class KeyState(StrEnum):
    """What a key's word is worth for something signed at a moment."""

    VALID = "valid"
    NOT_YET = "not-yet"
    OVER = "over"  # rotated away before that moment
    REVOKED = "revoked"  # from that moment on or before it


@dataclass(frozen=True, slots=True)
class KnownKey:
    """One key with its time: in force from `since` (in) until `until` (out, None: still); aware UTC, whole seconds.

    `revoked_at` is the moment from which its signatures are in doubt, perhaps before it was noticed.
    """

    key: VerifierKey
    since: datetime
    until: datetime | None = None
    revoked_at: datetime | None = None
    reason: str | None = None

    def state(self, at: datetime) -> KeyState:
        """Whether it was this log's key at a moment."""
        if self.revoked_at is not None and at >= self.revoked_at:
            return KeyState.REVOKED
        if at < self.since:
            return KeyState.NOT_YET
        return KeyState.OVER if self.until is not None and at >= self.until else KeyState.VALID


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Every key that one log ever had, oldest first. `name` is the log's origin, and each key's name."""

    name: str
    keys: tuple[KnownKey, ...]

    def __post_init__(self) -> None:
        if any(one.key.name != self.name for one in self.keys):
            raise MalformedError("a key of another name")
        if len({one.key for one in self.keys}) != len(self.keys):
            raise MalformedError("a key twice")

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """All of them, whatever became of them since."""
        return tuple(one.key for one in self.keys)

    def find(self, key: VerifierKey) -> KnownKey | None:
        """What is known of a key; None: it is not this log's."""
        return next((one for one in self.keys if one.key == key), None)

    def unrevoked(self) -> tuple[VerifierKey, ...]:
        """Those that nobody has called stolen."""
        return tuple(one.key for one in self.keys if one.revoked_at is None)

    def in_force(self, at: datetime) -> tuple[VerifierKey, ...]:
        """Those that were this log's own at a moment."""
        return tuple(one.key for one in self.keys if one.state(at) is KeyState.VALID)


class _Key(msgspec.Struct, forbid_unknown_fields=True, rename={"since": "from"}):
    key: str
    since: str
    until: str | None
    revoked_at: str | None
    reason: str | None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    format: Literal["shirorom-keys/v1"]
    name: str
    keys: list[_Key]


def encode_keys(known: KnownKeys) -> bytes:
    """The file's bytes, readable by people too."""
    rows = [
        _Key(one.key.text, time_text(one.since), _text(one.until), _text(one.revoked_at), one.reason)
        for one in known.keys
    ]
    body = msgspec.json.encode(_File("shirorom-keys/v1", known.name, rows))
    return msgspec.json.format(body, indent=1) + b"\n"


def decode_keys(data: bytes) -> KnownKeys:
    """Read a keys file. Raises MalformedError: another form, too large, a key of another name or of an unknown kind."""
    if len(data) > KEYS_FILE_BYTES_MAX:
        raise MalformedError("keys file")
    try:
        file = msgspec.json.decode(data, type=_File)
        if len(file.keys) > KEYS_MAX:
            raise MalformedError("keys file")
        keys = tuple(
            KnownKey(
                VerifierKey.parse(row.key), time_of(row.since), _time(row.until), _time(row.revoked_at), row.reason
            )
            for row in file.keys
        )
        return KnownKeys(file.name, keys)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        if isinstance(error, MalformedError):
            raise
        raise MalformedError("keys file") from error


def _text(at: datetime | None) -> str | None:
    return None if at is None else time_text(at)


def _time(text: str | None) -> datetime | None:
    return None if text is None else time_of(text)
