"""Publishers' keys in `keys/carriers-<n>` (ports.feeds.CarrierKeys): each change a whole new file, the newest counts.

A new file is put in place by a link that fails where another process was first, so that no revocation is ever lost.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from shirorom.adapters.durable import (
    TEMPORARY_SUFFIX,
    create_private,
    private_directory,
    refuse_looser,
    sync_directory,
)
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.keyring import KnownKey
from shirorom.log.note import VerifierKey
from shirorom.log.times import time_of, time_text
from shirorom.ports.feeds import CarrierKey

STEM = "carriers"
FILE_BYTES_MAX = 1_000_000
TRIES_MAX = 8
_FILES = re.compile(rf"{STEM}-([1-9][0-9]{{0,8}})")


class _Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"since": "from"}):
    carrier: CarrierId
    practice: bool
    key: str
    since: str
    until: str | None
    revoked_at: str | None
    reason: str | None


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["shirorom-carrier-keys/v1"]
    keys: list[_Key]


class FileCarrierKeys:
    """The keys of one data directory. Safe from several processes."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "keys"

    def all(self) -> Sequence[CarrierKey]:
        """Every key, in the order added."""
        with storage_errors(self._folder):
            return self._read()[1]

    def add(self, key: CarrierKey) -> None:
        """Believe one more key."""
        with storage_errors(self._folder):
            number, keys = self._read()
            if any(one.known.key == key.known.key for one in keys):
                raise ShiroromError("carrier-key-known")
            self._put(number + 1, [*keys, key])

    def revoke(self, key_id: str, since: datetime, reason: str) -> VerifierKey:
        """Believe a key no more."""
        with storage_errors(self._folder):
            number, keys = self._read()
            found = next((one for one in keys if one.known.key.id.hex() == key_id), None)
            if found is None:
                raise ShiroromError("carrier-key-unknown", key=key_id)
            if found.known.revoked_at is not None:
                raise ShiroromError("key-revoked-already", key=key_id)
            revoked = replace(found, known=replace(found.known, revoked_at=since, reason=reason))
            self._put(number + 1, [revoked if one is found else one for one in keys])
            return found.known.key

    def _read(self) -> tuple[int, list[CarrierKey]]:
        """The newest file; one that vanishes under our hands has a newer one beside it."""
        for _ in range(TRIES_MAX):
            numbers = self._numbers()
            if not numbers:
                return 0, []
            path = self._path(numbers[-1])
            try:
                refuse_looser(path)
                return numbers[-1], _keys_of(path)
            except FileNotFoundError:
                continue
        raise StorageError("keys-conflict")

    def _put(self, number: int, keys: Sequence[CarrierKey]) -> None:
        private_directory(self._folder)
        path = self._path(number)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        with os.fdopen(create_private(temporary), "wb") as file:
            file.write(msgspec.json.encode(_File("shirorom-carrier-keys/v1", [_row(one) for one in keys])))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise StorageError("keys-conflict") from None
        finally:
            temporary.unlink()
        sync_directory(self._folder)
        numbers = self._numbers()
        if numbers[-1] != number:  # others went on meanwhile, and removed what stood in our way
            path.unlink(missing_ok=True)
            raise StorageError("keys-conflict")
        for older in numbers[:-1]:
            self._path(older).unlink(missing_ok=True)
        sync_directory(self._folder)

    def _numbers(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        found = (_FILES.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def _path(self, number: int) -> Path:
        return self._folder / f"{STEM}-{number}"


def _keys_of(path: Path) -> list[CarrierKey]:
    try:
        return [_key(row) for row in msgspec.json.decode(path.read_bytes()[:FILE_BYTES_MAX], type=_File).keys]
    except (msgspec.MsgspecError, MalformedError, ValueError) as error:
        raise StorageError("keys-corrupt", name=path.name) from error


def _key(row: _Key) -> CarrierKey:
    until, revoked_at = (None if text is None else time_of(text) for text in (row.until, row.revoked_at))
    known = KnownKey(VerifierKey.parse(row.key), time_of(row.since), until, revoked_at, row.reason)
    return CarrierKey(row.carrier, row.practice, known)


def _row(one: CarrierKey) -> _Key:
    known = one.known
    until, revoked_at = (None if at is None else time_text(at) for at in (known.until, known.revoked_at))
    return _Key(one.carrier, one.practice, known.key.text, time_text(known.since), until, revoked_at, known.reason)
