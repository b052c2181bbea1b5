"""The feeds' part of the composition root: publishers' keys, segments, the import."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shirorom.adapters.carrier_keys import FileCarrierKeys
    from shirorom.adapters.segments import FileSegments
    from shirorom.compose import Composition
    from shirorom.ports.feeds import FeedSource
    from shirorom.service.import_feed import ImportFeed


class Feeding:
    """Everything of carriers' feeds, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    @cached_property
    def segments(self) -> FileSegments:
        """The rows of accepted feeds, of both logs."""
        from shirorom.adapters.segments import FileSegments

        return FileSegments(self._whole.data)

    @cached_property
    def keys(self) -> FileCarrierKeys:
        """Publishers' keys."""
        from shirorom.adapters.carrier_keys import FileCarrierKeys

        return FileCarrierKeys(self._whole.data)

    @cached_property
    def import_feed(self) -> ImportFeed:
        """service/import_feed.py."""
        from shirorom.service.import_feed import ImportFeed

        whole = self._whole
        return ImportFeed(
            whole.room, self.segments, self.keys, whole.clock, os.urandom, whole.settings.feeds.shrink_max
        )

    def source(self, path: Path) -> FeedSource:
        """A feed's file: CSV by its name, else NDJSON."""
        from shirorom.adapters.feed_file import CsvFeed, NdjsonFeed

        return CsvFeed(path) if path.suffix.lower() == ".csv" else NdjsonFeed(path.open("rb"))
