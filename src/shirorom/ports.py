"""Every promise that the core asks of the outside world, each kept by an adapter and held to it by a contract suite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from shirorom.domain.carrier import CarrierFacts, CarrierId, Source
from shirorom.domain.glyphs import GlyphTable
from shirorom.domain.imei import Imei
from shirorom.domain.picture import PictureRead
from shirorom.domain.policy import Policy
from shirorom.log.checkpoint import Checkpoint
from shirorom.log.entry import DeviceHead, Opening, Sealed


class Clock(Protocol):
    """The time of day, in aware UTC. The only way the product learns it."""

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        ...


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

    def entry(self, index: int) -> Entry:
        """One entry, checked. Raises `ShiroromError("entry-not-found")`."""
        ...

    def read(self, first: int, *, count_max: int) -> Sequence[Entry]:
        """Entries from `first` on, in order, at most `count_max`; for exports and checks."""
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


class Archive(Protocol):
    """A data directory in one file: private, durable, never half there under its own name."""

    def stage(self, beside: Path) -> AbstractContextManager[Path]:
        """A private directory next to a path, gone afterwards; an interrupted call's is removed by the next."""
        ...

    def pack(self, staged: Path, target: Path, *, heads: Mapping[str, Checkpoint], made_at: datetime) -> None:
        """Everything into one file: the logs from `staged`, all else from the data directory.

        `heads` says, by log name, what each log stands at. A file of that name is replaced once the new one is whole.
        """
        ...

    def unpack(self, source: Path, staged: Path) -> Mapping[str, Checkpoint]:
        """Into a directory, every byte compared with what the archive says of it; returns `heads`.

        Raises:
            StorageError: `backup-invalid`.
        """
        ...

    def refuse_unless_empty(self) -> None:
        """Raises `restore-not-empty` where the data directory holds anything."""
        ...

    def go_live(self, staged: Path) -> None:
        """Make a directory the data directory, at one moment. Raises `restore-not-empty`."""
        ...


class Blobs(Protocol):
    """Saved pages and screenshots: encrypted at rest, content-addressed, durable once `put` returns."""

    def put(self, content: bytes) -> str:
        """Keep content (at most `BLOB_BYTES_MAX`) and return its SHA-256 digest (hex). Idempotent."""
        ...

    def get(self, digest: str) -> bytes | None:
        """The content, or None when its time has passed. Raises `StorageError("blob-corrupt")`."""
        ...

    def digests(self) -> Iterator[str]:
        """Everything kept."""
        ...

    def expire(self, *, before: datetime) -> int:
        """Remove what was put before a moment; returns how many."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What stood in the answer's place on a carrier's page; the number echoed there was the one asked."""

    imei: Imei
    carrier: CarrierId
    glyph: str
    sentence: str
    asked_at: datetime
    page: bytes
    screenshot: bytes


class Asker(Protocol):
    """Asks one carrier's page about one number. Never solves a CAPTCHA, never gives a consent."""

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """Ask, and read the answer from its place.

        Raises:
            CellError: any code of DESIGN §5 except `not-asked` and `glyph-unknown`.
        """
        ...

    async def warm(self) -> None:
        """Make the next `ask` quick; never fails."""
        ...

    async def close(self) -> None:
        """End the browser and everything it started; idempotent."""
        ...


class Pictures(Protocol):
    """Reads pictures and dropped files. Nothing of them is kept, and nothing in them can hurt who calls."""

    async def read(self, content: bytes) -> PictureRead:
        """Barcodes and print of a picture (PNG, JPEG, WebP).

        Raises:
            RequestError: `picture-too-large`, `picture-too-many-pixels`, `picture-kind`, `picture-unreadable` (also:
                it took too long), `picture-reader-missing` (the extra `scan` is not installed), `picture-busy`.
        """
        ...

    async def clean(self, content: bytes) -> bytes:
        """The picture made anew as PNG, upright, with nothing but its pixels: what may be kept. Raises as `read`."""
        ...

    async def text(self, content: bytes, name: str) -> str:
        """What a csv, tsv, txt, xlsx or pdf file says (its content tells which), `TEXT_CHARS_MAX` characters at most.

        Raises:
            RequestError: `file-too-large`, `file-kind`, `file-unreadable`, `file-no-text`, `picture-reader-missing`,
                `picture-busy`.
        """
        ...

    async def close(self) -> None:
        """End everything it started; idempotent. Whoever reads afterwards starts it anew."""
        ...


class Facts(Protocol):
    """The dated data that come with the product."""

    def carrier(self, carrier: CarrierId) -> CarrierFacts:
        """What is known of one carrier."""
        ...

    def glyphs(self) -> GlyphTable:
        """Which symbol means which mark."""
        ...

    def policies(self) -> Sequence[Policy]:
        """The rules, oldest first."""
        ...

    def policy(self, policy: str) -> Policy:
        """One rule, by its id. Raises ConfigError (`config-invalid`) when there is none."""
        ...

    def source(self, what: str) -> Source:
        """Where a reason or an advice rests, by its name in `data/sources.toml`."""
        ...
