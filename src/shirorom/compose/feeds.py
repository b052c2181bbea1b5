"""The feeds' part of the composition root: publishers' keys, segments, the import."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from shirorom.adapters.carrier_keys import FileCarrierKeys
    from shirorom.adapters.segments import FileSegments
    from shirorom.compose import Composition
    from shirorom.domain.carrier import CarrierId
    from shirorom.log.feed_rows import RowReader
    from shirorom.ports.feeds import FeedSource
    from shirorom.service.import_feed import Imported, ImportFeed


def row_reader() -> Callable[[int, bool], RowReader]:
    """The fast reader of rows where numpy is (the extra `files`), else the plain one."""
    from shirorom.log.feed_rows import RowReader

    try:
        from shirorom.adapters.feed_rows_numpy import NumpyRowReader
    except ImportError:
        return RowReader
    return NumpyRowReader


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
            whole.room, self.segments, self.keys, whole.clock, os.urandom, whole.settings.feeds.shrink_max, row_reader()
        )

    def take(self, file: IO[bytes], carrier: CarrierId, by: str) -> Imported:
        """Import a signed feed as it was handed in."""
        from shirorom.adapters.feed_file import NdjsonFeed

        return self.import_feed(NdjsonFeed(file), carrier, by=by)

    @contextmanager
    def source(self, path: Path, form: str = "feed", maps: Mapping[str, str] | None = None) -> Iterator[FeedSource]:
        """A file: "feed" (CSV by its name, else NDJSON), "csv" with columns named by `maps`, or "dirbs"."""
        from shirorom.adapters.feed_file import CsvFeed, NdjsonFeed

        if form != "feed":
            from shirorom.adapters.feed_table import TableFeed

            yield TableFeed(self._whole.tables, path, maps or {}, dirbs=form == "dirbs")
            return
        if path.suffix.lower() == ".csv":
            yield CsvFeed(path)
            return
        with path.open("rb") as file:
            yield NdjsonFeed(file)
