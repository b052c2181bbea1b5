"""What the counter needs of whoever reads pictures: that a carrier's page on one shows the number that was asked."""

from __future__ import annotations

from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei


class ScreenshotCheck(Protocol):
    """Looks at a picture of a carrier's page."""

    async def __call__(self, content: bytes, *, asked: Imei, carrier: CarrierId) -> None:
        """Return if the asked number stands on it and nothing says that it is another carrier's.

        Raises:
            RequestError: why it is not kept, `screenshot-no-number` and the like; or why it cannot be read.
        """
        ...
