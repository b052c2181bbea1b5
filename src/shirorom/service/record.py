"""Records an answer that a person read on a carrier's page (`shirorom record`, the page's four buttons)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import RequestError
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading, showable
from shirorom.domain.verdict import Cell
from shirorom.ports.clock import Clock
from shirorom.ports.facts import Facts
from shirorom.service.room import Room, Rooms

AHEAD_MAX = timedelta(minutes=2)
"""How far `asked_at` may lie in our future: people's watches and ours differ a little."""


@dataclass(frozen=True, slots=True)
class Record:
    """Reading by hand → durable entry → the carrier's cell as it now stands."""

    rooms: Rooms
    facts: Facts
    clock: Clock

    def __call__(
        self,
        imei: Imei,
        carrier: CarrierId,
        glyph: str,
        *,
        by: str,
        sentence: str = "",
        asked_at: datetime | None = None,
        screenshot: bytes | str | None = None,
        page: bytes | str | None = None,
    ) -> tuple[Recorded, Cell, Room]:
        """Record what was seen; returns only once it would survive a power cut.

        Evidence is kept first where it comes as content; a digest names evidence that is kept already.

        Raises:
            RequestError: `glyph-unknown` (the symbol is not one we know: nothing is recorded), `time-in-future`.
            StorageError: nothing was recorded.
        """
        mark = self.mark_of(glyph, asked_at)
        now = self.clock.now()
        room = self.rooms.of_hand(imei, carrier)
        reading = Reading(
            imei=imei,
            carrier=carrier,
            mark=mark,
            glyph=glyph.strip(),
            sentence=showable(sentence),
            asked_at=(asked_at or now).replace(microsecond=0),
            channel=Channel.HAND,
            by=showable(by),
            practice=room.practice,
            page=room.blobs.put(page) if isinstance(page, bytes) else page,
            screenshot=room.blobs.put(screenshot) if isinstance(screenshot, bytes) else screenshot,
        )
        (recorded,) = room.recorder.record([reading])
        return recorded, room.cell(imei, carrier, as_of=self.clock.now()), room

    def mark_of(self, glyph: str, asked_at: datetime | None) -> Mark:
        """What would be recorded; refuses what never can be, before anything is kept. Raises as a recording does."""
        mark = self.facts.glyphs().mark_by_operator(glyph)
        if mark is None:
            raise RequestError("glyph-unknown")
        if asked_at is not None and asked_at > self.clock.now() + AHEAD_MAX:
            raise RequestError("time-in-future")
        return mark
