"""The signing keys of one log in `keys/` (ports.signing.Keyring): secrets that never leave, changes that never clash.

Each change is a whole new file, `sign-<log>-<n>`, put in place by a link that fails where another process was first;
the newest one counts. Older ones are removed, and with them the secret of a key that was rotated away.
"""

from __future__ import annotations

import os
import re
import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec

from shirorom.adapters.durable import (
    TEMPORARY_SUFFIX,
    create_private,
    private_directory,
    refuse_looser,
    sync_directory,
)
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.log.entry import MalformedError
from shirorom.log.keyring import KnownKey, KnownKeys, decode_keys, encode_keys
from shirorom.log.note import SignatureKind, VerifierKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEED_BYTES = 32
TRIES_MAX = 8
FILE_BYTES_MAX = 1_000_000


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["shirorom-signing-keys/v1"]
    seed: str  # of the newest key, base64
    keys: str  # the public file


class Ed25519Signer:
    """One key that can sign (ports.signing.Signer)."""

    def __init__(self, name: str, seed: bytes, kind: SignatureKind = SignatureKind.ED25519) -> None:
        """From the 32 secret bytes of RFC 8032."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        self._seed = seed
        self._private = Ed25519PrivateKey.from_private_bytes(seed)
        self._key = VerifierKey(name, kind, self._private.public_key().public_bytes_raw())

    @property
    def key(self) -> VerifierKey:
        """Whose signature it is."""
        return self._key

    def sign(self, message: bytes) -> bytes:
        """Its Ed25519 signature."""
        return self._private.sign(message)

    @property
    def private(self) -> Ed25519PrivateKey:
        """What gives certificates (adapters/pdf_sealer.py)."""
        return self._private

    def derived(self, purpose: bytes, size: int) -> bytes:
        """Secret bytes for another purpose (RFC 5869, SHA-256): the same for the same key, and nothing of the key."""
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return HKDF(SHA256(), size, salt=None, info=purpose).derive(self._seed)


@dataclass(frozen=True, slots=True)
class _State:
    """What one file says: every key, the secret of the newest, and which file it is (0: none yet)."""

    number: int
    known: KnownKeys
    seed: bytes


class FileKeyring:
    """`keys/sign-real-<n>` or `keys/sign-practice-<n>` of a data directory. Safe from several threads and processes."""

    def __init__(
        self, data: Path, *, practice: bool, origin: Callable[[], str], entropy: Callable[[int], bytes]
    ) -> None:
        """`origin` gives the log's name, which is each key's name; it is asked only when a key is needed."""
        self._folder = data / "keys"
        self._stem = f"sign-{'practice' if practice else 'real'}"
        self._files = re.compile(rf"{self._stem}-([1-9][0-9]{{0,8}})")
        self._origin = origin
        self._entropy = entropy

    def signer(self, at: datetime) -> Ed25519Signer:
        """The key in force, made on the first call."""
        with storage_errors(self._folder):
            for _ in range(TRIES_MAX):
                state = self._read()
                if state is not None:
                    return Ed25519Signer(state.known.name, state.seed)
                self._begin(at)
        raise StorageError("keys-conflict")

    def exists(self) -> bool:
        """Whether there is any key; asks nobody for the log's name."""
        return bool(self._numbers())

    def known(self) -> KnownKeys:
        """Every key so far, without anything secret."""
        with storage_errors(self._folder):
            state = self._read()
        return KnownKeys(self._origin(), ()) if state is None else state.known

    def rotate(self, at: datetime) -> VerifierKey:
        """Put a new key in the place of the one in force."""
        self.signer(at)
        with storage_errors(self._folder):
            state = self._found()
            return self._put(self._rotated(state, at))

    def revoke(self, key_id: str, since: datetime, reason: str, at: datetime) -> VerifierKey:
        """Say that a key was in other hands from a moment on."""
        with storage_errors(self._folder):
            state = self._read()
            found = [] if state is None else [one for one in state.known.keys if one.key.id.hex() == key_id]
            if state is None or not found:
                raise ShiroromError("key-unknown", key=key_id)
            if found[0].revoked_at is not None:
                raise ShiroromError("key-revoked-already", key=key_id)
            if found[0].until is None:
                state = self._rotated(state, at)
            revoked = tuple(
                replace(one, revoked_at=since, reason=reason) if one.key == found[0].key else one
                for one in state.known.keys
            )
            self._put(_State(state.number, KnownKeys(state.known.name, revoked), state.seed))
            return found[0].key

    def _begin(self, at: datetime) -> None:
        seed, origin = self._entropy(SEED_BYTES), self._origin()
        key = KnownKey(Ed25519Signer(origin, seed).key, at.replace(microsecond=0))
        try:
            self._put(_State(0, KnownKeys(origin, (key,)), seed))
        except StorageError as error:
            if error.code != "keys-conflict":  # another process made the first key
                raise

    def _rotated(self, state: _State, at: datetime) -> _State:
        """The next state, where the key in force ends and another begins at one moment."""
        moment = max(at.replace(microsecond=0), state.known.keys[-1].since)  # a clock that was put back
        seed = self._entropy(SEED_BYTES)
        key = KnownKey(Ed25519Signer(state.known.name, seed).key, moment)
        keys = (*state.known.keys[:-1], replace(state.known.keys[-1], until=moment), key)
        return _State(state.number, KnownKeys(state.known.name, keys), seed)

    def _found(self) -> _State:
        state = self._read()
        if state is None:
            raise StorageError("keys-conflict")
        return state

    def _read(self) -> _State | None:
        """The newest file. One that vanishes under our hands has a newer one beside it."""
        for _ in range(TRIES_MAX):
            numbers = self._numbers()
            if not numbers:
                return None
            path = self._path(numbers[-1])
            try:
                refuse_looser(path)
                content = path.read_bytes()
            except FileNotFoundError:
                continue
            return self._state(numbers[-1], content)
        raise StorageError("keys-conflict")

    def _state(self, number: int, content: bytes) -> _State:
        try:
            file = msgspec.json.decode(content[:FILE_BYTES_MAX], type=_File)
            seed, known = b64decode(file.seed, validate=True), decode_keys(file.keys.encode())
            sound = known.keys[-1].key == Ed25519Signer(known.name, seed).key and known.name == self._origin()
        except (msgspec.MsgspecError, MalformedError, ValueError, IndexError) as error:
            raise StorageError("keys-corrupt", name=self._path(number).name) from error
        if not sound:
            raise StorageError("keys-corrupt", name=self._path(number).name)
        return _State(number, known, seed)

    def _put(self, state: _State) -> VerifierKey:
        """Write a state as the file after the one that it was made from; returns its newest key."""
        private_directory(self._folder)
        path = self._path(state.number + 1)
        temporary = path.with_name(f"{path.name}.{secrets.token_hex(8)}{TEMPORARY_SUFFIX}")
        body = _File("shirorom-signing-keys/v1", b64encode(state.seed).decode(), encode_keys(state.known).decode())
        with os.fdopen(create_private(temporary), "wb") as file:
            file.write(msgspec.json.encode(body))
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
        if numbers[-1] != state.number + 1:  # others went on meanwhile, and removed what stood in our way
            path.unlink(missing_ok=True)
            raise StorageError("keys-conflict")
        for number in numbers[:-1]:
            self._path(number).unlink(missing_ok=True)
        sync_directory(self._folder)
        return state.known.keys[-1].key

    def _numbers(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        found = (self._files.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def _path(self, number: int) -> Path:
        return self._folder / f"{self._stem}-{number}"
