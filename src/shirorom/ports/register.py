"""Where the register is kept: one place to publish to, and every process that answers reads the newest from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # numpy is only there where a register is
    from shirorom.register.lookup import Register


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
