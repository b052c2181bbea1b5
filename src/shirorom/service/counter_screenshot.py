"""Whether a picture that a person took of a carrier's page is one of the number that was asked, at that carrier."""

from __future__ import annotations

from dataclasses import dataclass

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei
from shirorom.domain.picture import check_screenshot
from shirorom.ports.facts import Facts
from shirorom.ports.pictures import Pictures


@dataclass(frozen=True, slots=True)
class ScreenshotCheck:
    """Reads the picture, compares, and gives what may be kept of it."""

    pictures: Pictures
    facts: Facts

    async def __call__(self, content: bytes, *, asked: Imei, carrier: CarrierId) -> bytes:
        """The picture made anew, upright and without what a camera writes beside it (place, time, owner).

        Only where the asked number stands on it and nothing says that it is another carrier's.

        Raises:
            RequestError: why it is not kept, `screenshot-no-number` and the like; or why it cannot be read.
        """
        check_screenshot(await self.pictures.read(content), asked=asked, carrier=carrier, facts=self.facts)
        return await self.pictures.clean(content)
