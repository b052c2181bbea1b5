"""Keeping the register up to date while the app runs: a notice that any process took in is in it within a second."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from shirorom.domain.errors import ShiroromError
from shirorom.service.feeds import Feeds

LOGGER = logging.getLogger("shirorom.register")
BETWEEN_S = 0.4
"""Between two looks at a log."""
AFTER_FAILURE_S = 10.0


class Publishes(Protocol):
    """What makes registers of a log: `PublishRegister`, `PublishAll`."""

    def __call__(self) -> object:
        """Publish what the log holds now."""
        ...

    def is_current(self, index: int) -> bool:
        """Whether what is out was made from the log's entry of that index, too."""
        ...


@dataclass(slots=True)
class FollowFeeds:
    """Publishes the register of one log anew when a feed came, until it is cancelled. A failure is logged and retried.

    Attributes:
        open: The log's feeds and its register's publication; None while there is no such log yet.
        name: For the log line.
    """

    open: Callable[[], tuple[Feeds, Publishes] | None]
    name: str
    between_s: float = BETWEEN_S
    _published: int = 0

    async def __call__(self) -> None:
        """Look, publish, wait."""
        while True:
            between_s = self.between_s
            try:
                await asyncio.to_thread(self.step)
            except ShiroromError as error:
                LOGGER.error("%s %s", self.name, error.code)  # the code says all; no trace
                between_s = max(between_s, AFTER_FAILURE_S)
            await asyncio.sleep(between_s)

    def step(self) -> None:
        """One look."""
        opened = self.open()
        if opened is None:
            return
        feeds, publish = opened
        count = len(feeds.accepted())
        if count != self._published:
            if not self._published and publish.is_current(feeds.accepted()[-1].index):
                self._published = count
                return
            publish()
            self._published = count
