"""The program asks what the plan of re-checks wants, at carriers of access `site`, one cell after the other.

Runs beside the server where `[watch] automatic` is true. Each carrier by itself: within the shop's hours, spread over
what is left of them, never faster than the polite rate (which the asker itself keeps over all processes).

1. what the plan has open at the carrier, in its order; what the record answers already for today is passed over, so
   that nothing is asked twice, whatever was restarted
2. one number is asked and recorded as any check is
3. a carrier that wants a person, or rests after failures, is left alone until the next day; people can ask there
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.fold import JST
from shirorom.domain.imei import Device, Imei
from shirorom.ports.clock import Clock
from shirorom.service.check import Check
from shirorom.service.watch_plan import WatchPlan, day_of

LOGGER = logging.getLogger("shirorom.watch")
IDLE_S = 300.0
"""Between two looks where there is nothing to do, or nothing can be done."""
PACE_S_MAX = 600.0
"""A few cells are not spread thinner than that."""
LIST_S_MAX = 600.0
"""How long a list of open cells is worked off before the plan is asked anew."""
ENDS_THE_DAY = frozenset({"needs-person", "carrier-paused"})


@dataclass(slots=True)
class _List:
    """What is open at a carrier, as of a moment."""

    at: datetime
    cells: deque[Imei]


@dataclass(slots=True)
class WatchAsker:
    """One for the whole server. `check` records; `sleep` is given by tests."""

    plan: WatchPlan
    check: Check
    clock: Clock
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _lists: dict[CarrierId, _List] = field(default_factory=dict)
    _tried: dict[CarrierId, tuple[date, set[str]]] = field(default_factory=dict)

    async def run(self) -> None:
        """Ask until cancelled."""
        await asyncio.gather(*(self._carrier(one) for one in CARRIERS if self.plan.askers.automatic(one)))

    async def _carrier(self, carrier: CarrierId) -> None:
        while True:
            try:
                wait_s = await self.step(carrier)
            except ShiroromError as error:
                LOGGER.warning("%s: %s", carrier.value, error.code)
                wait_s = IDLE_S
            except Exception as error:  # noqa: BLE001 (a fault of ours ends neither the other carriers nor the server)
                LOGGER.error("%s: %s", carrier.value, type(error).__name__)  # its message may quote a number
                wait_s = IDLE_S
            await self.sleep(wait_s)

    async def step(self, carrier: CarrierId) -> float:
        """Ask one cell if it is time; returns the seconds until the next step.

        Raises:
            ShiroromError: the rules cannot be read, the record cannot be trusted or written. Nothing more is asked.
        """
        now = self.clock.now()
        opens, closes = await asyncio.to_thread(self._hours, now)
        if now < opens:
            return min((opens - now).total_seconds(), IDLE_S)
        if now >= closes or self.plan.stopped(carrier, now) is not None:
            return IDLE_S
        cells = await asyncio.to_thread(self._open, carrier, now)
        imei = await asyncio.to_thread(self._next, carrier, cells, now)
        if imei is None:
            return IDLE_S
        await self._ask(carrier, imei, now)
        polite = self.check.settings.carrier(carrier).interval_s
        left_s = (closes - self.clock.now()).total_seconds()
        return max(polite, min(left_s / (len(cells) + 1), PACE_S_MAX))

    async def _ask(self, carrier: CarrierId, imei: Imei, now: datetime) -> None:
        self._tried_today(carrier, now).add(imei.key)
        assessment = await self.check(Device((imei,)), only=[carrier])
        if assessment.storage is not None:
            raise ShiroromError(assessment.storage)
        code = next(cell.error for cell in assessment.cells if cell.carrier is carrier)
        if code in ENDS_THE_DAY:
            self.plan.stop(carrier, now, code)
            LOGGER.warning("%s: %s, until tomorrow", carrier.value, code)

    def _hours(self, now: datetime) -> tuple[datetime, datetime]:
        midnight = datetime.combine(day_of(now), time(), JST)
        first, last = self.plan.hours()
        return midnight + timedelta(minutes=first), midnight + timedelta(minutes=last)

    def _open(self, carrier: CarrierId, now: datetime) -> deque[Imei]:
        known = self._lists.get(carrier)
        young = known is not None and timedelta(0) <= now - known.at < timedelta(seconds=LIST_S_MAX)
        if known is None or not young or not known.cells or day_of(known.at) != day_of(now):
            cells = self.plan.open_at(now, carrier)
            devices = self.plan.devices({unit for unit, _ in cells})
            imeis = (devices[unit][1].imeis[number - 1] for unit, number in cells if unit in devices)
            known = self._lists[carrier] = _List(now, deque(imeis))
        return known.cells

    def _next(self, carrier: CarrierId, cells: deque[Imei], now: datetime) -> Imei | None:
        """The first that was neither tried nor answered today."""
        tried = self._tried_today(carrier, now)
        while cells:
            imei = cells.popleft()
            if imei.key not in tried and not self._answered(carrier, imei, now):
                return imei
        return None

    def _answered(self, carrier: CarrierId, imei: Imei, now: datetime) -> bool:
        room = self.check.rooms.of_check(Device((imei,)), [carrier])
        reading = room.state(imei, carrier, as_of=now).reading
        return reading is not None and day_of(reading.reading.asked_at) >= day_of(now)

    def _tried_today(self, carrier: CarrierId, now: datetime) -> set[str]:
        known = self._tried.get(carrier)
        if known is None or known[0] != day_of(now):
            known = self._tried[carrier] = (day_of(now), set())
        return known[1]
