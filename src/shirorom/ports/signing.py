"""Who signs for a log: its keys, kept so that only this installation can use them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from shirorom.log.keyring import KnownKeys
from shirorom.log.note import VerifierKey


class Signer(Protocol):
    """One key that can sign."""

    @property
    def key(self) -> VerifierKey:
        """Whose signature it is."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Its Ed25519 signature (64 bytes) over exactly these bytes."""
        ...


class Keyring(Protocol):
    """The keys of one log. Two processes never make two first keys, and no change is ever lost to another's."""

    def signer(self, at: datetime) -> Signer:
        """The key in force, made on the first call.

        Raises:
            StorageError: `data-unsafe`, others may read it; `keys-corrupt`; `storage-…`.
        """
        ...

    def known(self) -> KnownKeys:
        """Every key so far, without anything secret; none before the first `signer`."""
        ...

    def rotate(self, at: datetime) -> VerifierKey:
        """Put a new key in the place of the one in force; the old one still proves what it signed.

        The old secret is destroyed. Raises StorageError `keys-conflict`: another process changed them just now.
        """
        ...

    def revoke(self, key_id: str, since: datetime, reason: str, at: datetime) -> VerifierKey:
        """Say that a key was in other hands from a moment on. The key in force is rotated away with it.

        `key_id`: its 8 hex digits. Raises ShiroromError `key-unknown`, `key-revoked-already`.
        """
        ...
