"""The practice carriers' feeds at the press of a button: published, signed, taken as any carrier's (練習).

Their keys are everybody's, and are believed for practice feeds alone: nothing of this can reach the real log.
"""

from __future__ import annotations

import io
import threading
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.domain.notice import NoticeKind
from shirorom.edge.web.parts import Moved

if TYPE_CHECKING:
    from shirorom.compose import Composition
    from shirorom.domain.feed import Manifest

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
PHONE = "docomo-clear"
"""The phone of the catalogue that is restricted and freed; its first number."""
CARRIER = CarrierId.DOCOMO


class PracticePress:
    """Makes the practice carriers publish, and takes what they publish. One press at a time."""

    def __init__(self, whole: Composition) -> None:
        from shirorom.edge.practice.catalogue import catalogue

        self._whole = whole
        self._one = threading.Lock()
        phone = next(phone for phone in catalogue().phones if phone.id == PHONE)
        self.device = Device((phone.numbers[0].imei,))
        self.carrier = CARRIER
        self.last: Moved | None = None

    def take_all(self, by: str) -> None:
        """Every practice carrier's full list. Raises as `ImportFeed`."""
        from shirorom.edge.practice.feed import feed

        with self._one:
            for carrier in CARRIERS:
                content, _, _ = feed(carrier, self._whole.now(), self._newest(carrier))
                self._take(content, carrier, by)
            self._publish()
            self.last = None

    def flip(self, by: str) -> Moved:
        """Its carrier restricts the phone, or lifts its restriction. Raises as `ImportFeed`; `feed-gap`: no list."""
        from shirorom.edge.practice.feed import change

        with self._one:
            after = self._newest(self.carrier)
            if after is None:
                raise ShiroromError("feed-gap", sequence=1, expected=0)
            before = self._mark()
            kind = NoticeKind.LIFTED if before is Mark.RESTRICTED else NoticeKind.RESTRICTED
            content = change(self.carrier, self.device.imeis[0], kind, self._whole.now(), after)
            began = time.monotonic()
            self._take(content, self.carrier, by)
            self._publish()
            mark = self._mark()
            self.last = Moved(kind, before, mark, time.monotonic() - began, self._whole.now())
            return self.last

    def _take(self, content: bytes, carrier: CarrierId, by: str) -> None:
        from shirorom.edge.practice.feed import key_of
        from shirorom.log.keyring import KnownKey
        from shirorom.ports.feeds import CarrierKey

        key, keys = key_of(carrier), self._whole.feeds.keys
        if all(one.known.key != key for one in keys.all()):
            keys.add(CarrierKey(carrier, True, KnownKey(key, BEGINNING)))
        self._whole.feeds.take(io.BytesIO(content), carrier, by)

    def _newest(self, carrier: CarrierId) -> Manifest | None:
        feeds = self._whole.room(True).recorder.feeds
        mine = () if feeds is None else feeds.of(carrier)
        return mine[-1].feed.manifest if mine else None

    def _publish(self) -> None:
        register = self._whole.register
        if register.available:
            register.now(True)

    def _mark(self) -> Mark | None:
        (said,) = self._whole.register.lookups()([self.device])
        return next(cell.mark for cell in said.cells if cell.carrier is self.carrier)
