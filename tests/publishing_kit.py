"""What the tests of the published log share: a practice log with readings, published; a witness; the monitor."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from shirorom.adapters.heads_sqlite import SqliteHeads
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.shelf_files import FileShelf
from shirorom.adapters.signing_keys import FileKeyring
from shirorom.ports.publishing import WitnessClient
from shirorom.service.checkpoints import Checkpoints, Signed
from shirorom.service.publish import Publish
from tests.logs import SetClock, open_log, reading, recorder_of


@dataclass
class PublishedLog:
    """The practice log of a directory with all that publishes it. `witnesses` may be filled later."""

    data: Path
    clock: SetClock = field(default_factory=SetClock)
    witnesses: list[WitnessClient] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.log: SqliteLog = open_log(self.data)
        self.keys = FileKeyring(self.data, practice=True, origin=lambda: self.log.origin, entropy=os.urandom)
        self.heads = SqliteHeads(self.data / "publish" / "heads.sqlite")
        self.shelf = FileShelf(self.data / "publish" / "practice")
        self.checkpoints = Checkpoints(self.log, self.keys, self.heads, self.clock)
        self.publish = Publish(self.log, self.checkpoints, self.shelf, self.witnesses)

    def grow(self, count: int, phones: int = 40) -> None:
        """Record readings of some phones."""
        size = self.log.head().size
        recorder_of(self.log, self.clock).record([reading(n % phones) for n in range(size, size + count)])

    def published(self) -> Signed:
        """What a stranger would fetch now."""
        return Signed.decode(self.shelf.get("checkpoint") or b"")

    def close(self) -> None:
        self.log.close()
