"""What feeds ask of the outside world: a file of one, the segments of those accepted, publishers' keys."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.log.feed import Envelope
from shirorom.log.keyring import KnownKey
from shirorom.log.note import VerifierKey


class FeedSource(Protocol):
    """One feed as it came, read once from its beginning to its end."""

    def envelope(self) -> Envelope | None:
        """What stands before the rows; None: rows alone, which nobody signed.

        Raises:
            ShiroromError: `feed-unreadable`, `feed-too-large`.
        """
        ...

    def chunks(self) -> Iterator[tuple[int, bytes]]:
        """The rows as lines of the format, some whole lines at a time, with the file's line of the first of them.

        Raises:
            ShiroromError: `feed-unreadable`, `feed-too-large`.
        """
        ...


class Segments(Protocol):
    """The rows of accepted feeds: immutable files, each found and verified by its name. Safe from several threads."""

    def put(self, records: Sequence[bytes], seed: bytes) -> str:
        """Keep sorted records; returns the segment's name once it would survive a crash.

        Raises:
            StorageError: `storage-…`; nothing is left half written under the name.
        """
        ...

    def phone(self, name: str, key: int) -> Sequence[bytes]:
        """A phone's records in a segment, in order; none where it is not in it. Verified: neither can be wrong.

        Raises:
            StorageError: `segment-corrupt`, the file is missing or not what was kept.
        """
        ...

    def blocks(self, name: str) -> Iterator[bytes]:
        """All records, verified, block by block (each some records, one behind the other). Raises `segment-corrupt`."""
        ...

    def seed(self, name: str) -> bytes:
        """The seed of the salts of a segment's rows. Raises `segment-corrupt`."""
        ...


@dataclass(frozen=True, slots=True)
class CarrierKey:
    """A key by which a publisher signs, and the time for which it is believed."""

    carrier: CarrierId
    practice: bool
    known: KnownKey


class CarrierKeys(Protocol):
    """Publishers' keys, as the operator has them from the publishers."""

    def all(self) -> Sequence[CarrierKey]:
        """Every key, in the order added. Raises StorageError `keys-corrupt`."""
        ...

    def add(self, key: CarrierKey) -> None:
        """Believe one more key. Raises ShiroromError `carrier-key-known`, StorageError `keys-conflict`."""
        ...

    def revoke(self, key_id: str, since: datetime, reason: str) -> VerifierKey:
        """Believe a key no more. Raises `carrier-key-unknown`, `key-revoked-already`, StorageError `keys-conflict`."""
        ...
