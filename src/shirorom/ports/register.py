"""What a register is made from, and where it is kept: one publisher; every process that answers reads the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import RecordedNotice
from shirorom.ports.log import Head

if TYPE_CHECKING:  # numpy is only there where a register is
    from shirorom.register.format import Enrolled, Stamp
    from shirorom.register.keys import Keys
    from shirorom.register.lookup import Register
    from shirorom.register.rows import Rows


class MadeFrom(Protocol):
    """Of a log (ports.log.Log) what a register is held against."""

    @property
    def origin(self) -> str:
        """The log's name."""
        ...

    @property
    def practice(self) -> bool:
        """Whether this is the practice log."""
        ...

    def head(self) -> Head:
        """Size and root as of now."""
        ...

    def root_at(self, size: int) -> bytes:
        """The root over its first `size` entries."""
        ...


class PublishedNotices(Protocol):
    """The notices of one log, as carriers' feeds brought them; of its first entries alone, as many as are named."""

    def enrolled(self, *, size: int) -> Sequence[Enrolled]:
        """The carriers whose full list was accepted, and the moment up to which each was read (aware UTC)."""
        ...

    def rows(self, stamp: Stamp, *, only: Keys | None = None) -> Rows:
        """The folded mark of each phone at each of the stamp's carriers, by the stamp's log size and day.

        `only`: of these phones alone (ascending, each once). Raises StorageError `log-corrupt`, `segment-corrupt`.
        """
        ...

    def of(self, key: str, carrier: CarrierId, *, size: int) -> Iterable[RecordedNotice]:
        """Those of one carrier about one phone (its first 14 digits), in any order."""
        ...

    def touched(self, *, since: int, size: int, after: date, until: date) -> Keys:
        """Phones of which anything may be other than it was: with a notice at index `since` or behind it, or one
        whose `effective_on` lies after `after` and not after `until`. Ascending, each once; too many are welcome.
        """
        ...


class Registers(Protocol):
    """The newest register of one log. Readers follow without being told, in any process."""

    def current(self) -> Register:
        """The newest register. Cheap enough to ask for each request; keep it for one request only.

        Raises:
            StorageError: `register-missing`, none was published; `register-corrupt`; `register-foreign`, it is not of
                this log; `register-stale`, it is older than the limit; `storage-…`. No answer is given then: never
                from an older one, and never as no-record.
        """
        ...

    def published_at(self) -> datetime | None:
        """When the newest register was put in place (aware UTC, whole seconds); None: none was."""
        ...

    def publish(self, base: bytes) -> Register:
        """Put a register in place of what was there, and return once it would survive a crash.

        Raises:
            StorageError: as `current`, the bytes are no register that may be used here; or it cannot be written. What
                was published before stays then.
        """
        ...

    def publish_delta(self, delta: bytes) -> Register:
        """Put a delta before the base that is published; errors as of `publish`."""
        ...
