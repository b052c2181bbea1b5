"""What publishing a log asks of the outside: its tree, the heads that were signed, a shelf of files, witnesses."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from shirorom.log.note import VerifierKey
from shirorom.ports.log import Head


class Tree(Protocol):
    """The part of a log that anybody may see: entries without openings, and the tree over them."""

    @property
    def origin(self) -> str:
        """The log's name."""
        ...

    def head(self) -> Head:
        """Size and root as of now, checked by hashing the entries."""
        ...

    def nodes(self, level: int, first: int, count: int) -> Sequence[bytes]:
        """Full nodes of one level (0: leaves), as they are stored. Only what leads to `head().root` may be believed."""
        ...

    def entries(self, first: int, count: int) -> Sequence[bytes]:
        """Entries as they are stored. Only what leads to `head().root` may be believed."""
        ...


class Heads(Protocol):
    """The newest signed head of each log, by its origin: what must never go back. Durable before it returns."""

    def latest(self, origin: str) -> bytes | None:
        """The signed note; None: there was none yet."""
        ...

    def advance(self, origin: str, note: bytes, *, expected: bytes | None) -> bool:
        """Put a note in the place of exactly `expected`; False, and nothing done, where another stands there."""
        ...

    def held(self, origin: str) -> AbstractContextManager[bytes | None]:
        """The newest note, which nobody else can replace meanwhile, in whatever process."""
        ...

    def accuse(self, origin: str, ours: bytes, theirs: bytes) -> None:
        """Keep two signed heads that cannot both be true: the proof that a log forked."""
        ...


class Shelf(Protocol):
    """Files that are published, by their path below the log's address. Each appears whole or not at all."""

    def get(self, path: str) -> bytes | None:
        """The file; None: there is none."""
        ...

    def put(self, path: str, content: bytes) -> None:
        """Put a file there, durably, in the place of an older one."""
        ...

    def drop_partials(self, path: str) -> None:
        """Remove the partial tiles of a tile that is full now."""
        ...


class WitnessClient(Protocol):
    """Another installation that signs what it has seen of our log."""

    @property
    def key(self) -> VerifierKey:
        """Whose cosignature is wanted."""
        ...

    def add_checkpoint(self, body: bytes) -> tuple[int, bytes]:
        """Send a request (c2sp.org/tlog-witness); returns the HTTP status and the answer.

        Raises:
            ShiroromError: `log-unreachable`.
        """
        ...


class LogSource(Protocol):
    """A published log, somewhere."""

    def get(self, path: str, *, bytes_max: int) -> bytes | None:
        """A file below its address; None: it is not there.

        Raises:
            ShiroromError: `log-unreachable`, it could not be fetched, or is larger than `bytes_max`.
        """
        ...

    def close(self) -> None:
        """Let go of the connection; idempotent."""
        ...
