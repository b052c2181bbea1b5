"""Saved pages and screenshots (ports.Blobs): AES-256-GCM, content-addressed, durable once `put` returns (ADR 0009).

A page shows the number that was asked, and the number space is small, so a plain digest in a file name would give the
number away: the name is an HMAC of the digest, under a key that is kept apart.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shirorom.adapters.durable import TEMPORARY_SUFFIX, private_directory, refuse_looser, sync_directory, write_durably
from shirorom.adapters.keys import Keys
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.errors import RequestError, StorageError

BLOB_BYTES_MAX = 20_000_000
KEY = "blobs"

_MAGIC = b"SRB1"
_NONCE_BYTES = 12
_OVERHEAD = len(_MAGIC) + _NONCE_BYTES + 16


class FileBlobs:
    """One encrypted file for each content below `blobs/`. Thread-safe; processes may share the directory."""

    def __init__(self, data: Path, *, entropy: Callable[[int], bytes]) -> None:
        self._folder = data / "blobs"
        self._keys = Keys(data, entropy=entropy)
        self._entropy = entropy

    def put(self, content: bytes) -> str:
        """Keep content and return its SHA-256 digest (hex). Kept again, its time begins anew.

        Raises:
            RequestError: `body-too-large`.
            StorageError: nothing was kept.
        """
        if len(content) > BLOB_BYTES_MAX:
            raise RequestError("body-too-large", bytes_max=BLOB_BYTES_MAX)
        digest = sha256(content).hexdigest()
        path = self._path(digest)
        with storage_errors(path):
            if self._intact(path, digest):
                os.utime(path)
                return digest
            private_directory(path.parent)
            nonce = self._entropy(_NONCE_BYTES)
            sealed = self._cipher.encrypt(nonce, content, _MAGIC + path.name.encode())
            write_durably(path, _MAGIC + nonce + sealed)
        return digest

    def get(self, digest: str) -> bytes | None:
        """The content, or None when it is not kept (any more). Raises `blob-corrupt`."""
        path = self._path(digest)
        content = self._read(path)
        if content is not None and sha256(content).hexdigest() != digest:
            raise StorageError("blob-corrupt")
        return content

    def digests(self) -> Iterator[str]:
        """The digest of everything kept: each file is opened for it. Raises `blob-corrupt`."""
        for path in self._files():
            content = self._read(path)
            if content is not None:  # expired meanwhile
                yield sha256(content).hexdigest()

    def expire(self, *, before: datetime) -> int:
        """Remove what was last put before a moment, and what a crash left half written before it."""
        removed = 0
        with storage_errors(self._folder):
            for path in self._files(TEMPORARY_SUFFIX):
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
            for path in self._files():
                if path.stat().st_mtime < before.timestamp():
                    path.unlink(missing_ok=True)
                    sync_directory(path.parent)
                    removed += 1
        return removed

    @cached_property
    def _derived(self) -> tuple[bytes, bytes]:
        """One secret, two uses: naming and sealing."""
        if not self._keys.exists(KEY) and next(self._files(), None) is not None:
            raise StorageError("blob-corrupt", part="key")  # a new key would read none of them
        secret = self._keys.secret(KEY)
        return hmac.digest(secret, b"shirorom/blob-name/v1", sha256), hmac.digest(secret, b"shirorom/blob/v1", sha256)

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self._derived[1])

    def _path(self, digest: str) -> Path:
        with storage_errors(self._folder):
            name = hmac.new(self._derived[0], digest.encode(), sha256).hexdigest()
        return self._folder / name[:2] / name

    def _files(self, suffix: str = "") -> Iterator[Path]:
        return (path for path in self._folder.glob("??/*") if path.suffix == suffix)

    def _read(self, path: Path) -> bytes | None:
        with storage_errors(path):
            try:
                refuse_looser(path)
                with path.open("rb") as file:
                    sealed = file.read(BLOB_BYTES_MAX + _OVERHEAD + 1)
            except FileNotFoundError:
                return None
            nonce, rest = sealed[len(_MAGIC) : len(_MAGIC) + _NONCE_BYTES], sealed[len(_MAGIC) + _NONCE_BYTES :]
            try:
                if not sealed.startswith(_MAGIC):
                    raise StorageError("blob-corrupt")
                return self._cipher.decrypt(nonce, rest, _MAGIC + path.name.encode())
            except (InvalidTag, ValueError) as error:
                raise StorageError("blob-corrupt") from error

    def _intact(self, path: Path, digest: str) -> bool:
        try:
            content = self._read(path)
        except StorageError as error:
            if error.code != "blob-corrupt":
                raise
            return False  # it is written again
        return content is not None and sha256(content).hexdigest() == digest
