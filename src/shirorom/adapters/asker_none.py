"""Stands where nobody is asked automatically: no carrier is of access `site` (ports.Asker)."""

from __future__ import annotations

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.ports.asking import Answer


class NoAsker:
    """Asks nobody and starts nothing."""

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """Always `not-asked`."""
        raise CellError("not-asked")

    async def warm(self) -> None:
        """Nothing to make ready."""

    async def close(self) -> None:
        """Nothing to end."""
