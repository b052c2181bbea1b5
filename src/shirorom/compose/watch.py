"""The watch's part of the composition root: the book, what follows the record, plan, alerts, warranty."""

from __future__ import annotations

import asyncio
import logging
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.compose import Composition
    from shirorom.ports.book import Folder
    from shirorom.service.watch_book import WatchBook

LOGGER = logging.getLogger("shirorom.watch")


class Watching:
    """Everything of the watch, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    @cached_property
    def _desk(self) -> Desk:
        """The shop's own database. Raises ConfigError `desk-missing`."""
        desk = self._whole.desk
        if desk is None:
            raise ConfigError("desk-missing")
        return desk

    # The book of units

    @cached_property
    def book(self) -> WatchBook:
        """service/watch_book.py, and with it import, export and watched folders."""
        from shirorom.adapters.desk_sql.stock import SqlStock
        from shirorom.service.watch_book import WatchBook
        from shirorom.service.watch_folder import WatchFolder
        from shirorom.service.watch_give_back import GiveBack
        from shirorom.service.watch_import import WatchImport

        whole, stock = self._whole, SqlStock(self._desk)
        importing = WatchImport(whole.tables, stock, whole.rooms, whole.clock)
        names = whole.texts("ja")
        give_back = GiveBack(
            whole.tables,
            stock,
            whole.clock,
            lambda carrier: names.t(f"carrier.{carrier.value}"),
            whole.settings,
        )
        return WatchBook(stock, importing, give_back, WatchFolder(importing, give_back, stock, whole.clock))

    def folder(self, path: Path, *, done: Path | None = None) -> Folder:
        """A folder into which the POS writes."""
        from shirorom.adapters.watched_folder import WatchedFolder

        return WatchedFolder(path, done=done)

    def watched_folder(self) -> Folder | None:
        """The folder of `[watch]`, seen from the data directory; None where there is none."""
        named = self._whole.settings.watch.folder
        return None if named is None else self.folder(self._whole.data / Path(named).expanduser())

    async def look_into_folder(self) -> None:
        """Beside the app: take what the POS writes into `[watch] folder`, for ever."""
        from shirorom.domain.errors import ShiroromError
        from shirorom.service.watch_import import Wish

        watched, folder, told = self._whole.settings.watch, self.watched_folder(), ""
        while folder is not None:
            code = ""
            try:
                for taken in await asyncio.to_thread(self.book.folders.look, folder, Wish()):
                    if taken.error is not None:  # without its name: it may hold a number
                        LOGGER.warning("watched folder: a file was not imported (%s)", taken.error.code)
            except ShiroromError as error:
                code = error.code
                if code != told:
                    LOGGER.warning("watched folder: %s", code)
            told = code
            await asyncio.sleep(watched.every_s)
