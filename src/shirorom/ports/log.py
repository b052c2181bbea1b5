"""The log of one world: entries in order with their openings, and the same unchecked for `fsck`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import DeviceHead, Opening, Sealed


@dataclass(frozen=True, slots=True)
class Head:
    """What a log stands at: entries held, and the RFC 6962 root over them (32 bytes)."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as the log holds it. `opening` is None once it was erased."""

    index: int
    entry: bytes
    opening: Opening | None


class Log(Protocol):
    """Entries in order, with their openings beside them. Nothing is ever changed, moved or removed.

    Whatever a log returns it has checked: an entry against its leaf, the leaf against the root, an opening against
    its commitment, a device's entries against its counter and chain. What does not hold raises
    `StorageError("log-corrupt")`; it is never returned.
    """

    @property
    def origin(self) -> str:
        """The log's name, part of every commitment: an entry of one log means nothing in another."""
        ...

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        ...

    def head(self) -> Head:
        """Size and root as of now, also when another process has appended."""
        ...

    def root_at(self, size: int) -> bytes:
        """The root over its first `size` entries, by which a follower knows whether this log goes on from there.

        Raises:
            ShiroromError: `entry-not-found`, it does not hold so many.
        """
        ...

    def append(self, sealed: Sequence[Sealed], *, size_expected: int) -> Head:
        """Append all or none, and return once they would survive a crash and a power cut.

        Raises:
            LogConflictError: the log no longer has `size_expected` entries; read the device heads again.
            StorageError: `storage-full`, `storage-read-only`, `storage-failed` (a failed sync is final: nothing more
                is acknowledged by this process), `clock-backwards` (an entry's time lies before the last entry's).

        Source: RFC 9162 §2.1 for what size and root commit to.
        """
        ...

    def device(self, key: str) -> Sequence[Entry]:
        """All entries about one phone (14-digit key), oldest first, checked."""
        ...

    def device_heads(self, keys: Sequence[str]) -> Sequence[DeviceHead]:
        """The counter and leaf that the next entry about each of these phones must carry, in the order asked."""
        ...

    def keys(self, first: int) -> Sequence[int]:
        """The phones (first 14 digits, as a number) of the entries from `first` on, in any order; repeats may be.

        Also of a feed's entry, whose key is no phone's. Not checked: for knowing which phones are worth a look.
        """
        ...

    def entry(self, index: int) -> Entry:
        """One entry, checked. Raises `ShiroromError("entry-not-found")`."""
        ...

    def read(self, first: int, *, count_max: int) -> Sequence[Entry]:
        """Entries from `first` on, in order, at most `count_max`; for exports and checks."""
        ...

    def proofs(self, indexes: Sequence[int], *, size: int) -> Sequence[Sequence[bytes]]:
        """The audit path of each of these entries in the tree that the log had at a size (RFC 6962 §2.1.1)."""
        ...

    def close(self) -> None:
        """Let go of the file; idempotent."""
        ...


class LogRows(Protocol):
    """A log as it lies on the disk, row by row and unchecked: for `fsck` alone. Values may have any type.

    Every stream raises `StorageError("log-corrupt")` where it cannot go on.
    """

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        ...

    def exists(self) -> bool:
        """Whether there is such a log."""
        ...

    def checkpoint(self) -> Checkpoint | None:
        """What the second place says that the log stood at. Raises `log-corrupt`."""
        ...

    def renew_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Put another in its place."""
        ...

    def origin(self) -> str:
        """The log's name. Raises `log-newer`, `log-corrupt`."""
        ...

    def faults(self) -> Iterator[str]:
        """What the engine itself finds wrong with its file, without any number of a phone."""
        ...

    def size(self) -> int:
        """Entries, as the engine counts them."""
        ...

    def entries(self) -> Iterator[Sequence[Any]]:
        """(index, entry, hashes of the tree's nodes that it made full, its leaf first), by index."""
        ...

    def openings(self) -> Iterator[Sequence[Any]]:
        """(index, key, counter, previous, salt, statement), by index."""
        ...

    def chains(self) -> Iterator[Sequence[Any]]:
        """(key, counter, index, previous leaf, entry of that index or None), by key and counter."""
        ...

    def devices(self) -> Iterator[Sequence[Any]]:
        """(key, count, last index), by key."""
        ...

    def copy_to(self, data: Path) -> None:
        """A copy as of one moment into another data directory, also while others write."""
        ...

    def close(self) -> None:
        """Let go of the file; idempotent."""
        ...
