"""Publishing while the app runs: what was recorded is out within about a second; witnesses are asked beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from shirorom.domain.errors import ShiroromError
from shirorom.service.checkpoints import Signed
from shirorom.service.publish import Publish

LOGGER = logging.getLogger("shirorom.publish")
BETWEEN_S = 0.8
"""Between two looks at a log."""
AGAIN_S = 300.0
"""A witness that did not answer is asked again with the next checkpoint, or after this time."""


@dataclass(slots=True)
class Follow:
    """Keeps the files of one log up to date, until it is cancelled. A failure is logged, and tried again.

    Attributes:
        open: The log's publishing; None while there is no such log yet.
        name: For the log line.
    """

    open: Callable[[], Publish | None]
    name: str
    between_s: float = BETWEEN_S
    again_s: float = AGAIN_S
    _published: Signed | None = None
    _asked: Signed | None = None
    _due_at: float = 0.0
    _asking: asyncio.Task[None] | None = field(default=None)

    async def __call__(self) -> None:
        """Look, publish, ask, wait."""
        try:
            while True:
                try:
                    publish = await asyncio.to_thread(self._step)
                except ShiroromError as error:
                    LOGGER.error("%s %s", self.name, error.code)  # the code says all; no trace
                else:
                    if publish is not None:
                        self._ask_when_due(publish)
                await asyncio.sleep(self.between_s)
        finally:
            if self._asking is not None:
                self._asking.cancel()

    def _step(self) -> Publish | None:
        publish = self.open()
        if publish is None:
            return None
        head, known = publish.tree.head(), self._published
        if known is None or (head.size, head.root) != (known.checkpoint.size, known.checkpoint.root):
            self._published = publish().signed
        return publish

    def _ask_when_due(self, publish: Publish) -> None:
        """One asking at a time: however slow a witness is, publishing goes on, and the next one asks for the newest."""
        signed, now = self._published, asyncio.get_running_loop().time()
        busy = self._asking is not None and not self._asking.done()
        if signed is None or not publish.witnesses or busy or (signed == self._asked and now < self._due_at):
            return
        self._asked = signed
        self._asking = asyncio.create_task(self._ask(publish, signed))

    async def _ask(self, publish: Publish, signed: Signed) -> None:
        self._due_at = asyncio.get_running_loop().time() + self.again_s
        try:
            asked = await asyncio.to_thread(publish.ask_witnesses, signed)
        except ShiroromError as error:
            LOGGER.error("%s %s", self.name, error.code)
            return
        for one in asked:
            if one.outcome == "ahead":
                LOGGER.error("%s log-rolled-back, seen by the witness %s", self.name, one.key)
        if all(one.outcome == "signed" for one in asked):
            self._due_at = float("inf")
