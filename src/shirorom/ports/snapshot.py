"""What snapshots are made, encrypted and kept by (docs/reference/snapshot-format.md)."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

from shirorom.log.note import VerifierKey
from shirorom.log.shop_key import ShopKey

if TYPE_CHECKING:  # numpy is only there where a register is
    from shirorom.register.applied import Applied
    from shirorom.register.content import Content
    from shirorom.register.snapshot import Snapshot


class Box(Protocol):
    """Encrypts files to shops, and decrypts what is for this one."""

    @property
    def key(self) -> ShopKey:
        """This shop's public key. Raises `snapshot-sealed` where it may not be made here and there is none."""
        ...

    def is_sealed(self, content: bytes) -> bool:
        """Whether bytes say that they are such a file."""
        ...

    def seal(self, content: bytes, recipients: Sequence[ShopKey]) -> bytes:
        """Encrypt to one shop at least."""
        ...

    def open(self, content: bytes) -> bytes:
        """Decrypt. Raises ShiroromError `snapshot-sealed` (not for this shop), `snapshot-malformed` (all else)."""
        ...


class Shelf(Protocol):
    """Snapshots of one world in a shop: the one in force. Readers of any process follow without being told."""

    def current(self) -> Applied | None:
        """The one in force, None where none was applied. Cheap enough to ask for each request.

        Raises:
            StorageError: `snapshot-corrupt`, no answer is given from it; `storage-…`.
        """
        ...

    def changing(self) -> AbstractContextManager[None]:
        """Hold off other processes that would change it. Raises StorageError `data-locked`."""
        ...

    def put(self, snapshot: Snapshot, content: Content, keys: Sequence[VerifierKey]) -> Applied:
        """Put what came of a snapshot in place of what was there, and return once it would survive a crash.

        Raises StorageError `storage-…`: what was there stays then.
        """
        ...

    def forget(self) -> bool:
        """Take away the snapshot and the keys by which the next is believed; whether there was one."""
        ...


class Given(Protocol):
    """What a maker gave out: for each file the whole content behind it, so that a delta can be made since."""

    def keep(self, given: bytes, whole: bytes) -> None:
        """Keep the whole snapshot behind a file that is given out (perhaps encrypted); older ones go."""
        ...

    def since(self, name: str) -> bytes | None:
        """The whole snapshot behind a file, by the SHA-256 of that file (its first 8 hex digits at least)."""
        ...
