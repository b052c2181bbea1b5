"""Asking a carrier's page about one number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shirorom.domain.carrier import CarrierId
from shirorom.domain.imei import Imei


@dataclass(frozen=True, slots=True)
class Answer:
    """What stood in the answer's place on a carrier's page; the number echoed there was the one asked."""

    imei: Imei
    carrier: CarrierId
    glyph: str
    sentence: str
    asked_at: datetime
    page: bytes
    screenshot: bytes


class Asker(Protocol):
    """Asks one carrier's page about one number. Never solves a CAPTCHA, never gives a consent."""

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """Ask, and read the answer from its place.

        Raises:
            CellError: any code of DESIGN §5 except `not-asked` and `glyph-unknown`.
        """
        ...

    async def warm(self) -> None:
        """Make the next `ask` quick; never fails."""
        ...

    async def close(self) -> None:
        """End the browser and everything it started; idempotent."""
        ...
