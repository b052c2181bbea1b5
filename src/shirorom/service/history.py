"""Every entry about a phone, and what changed between them (`shirorom history`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import JST, Recorded
from shirorom.domain.history import Change, changes
from shirorom.domain.imei import Device, Imei
from shirorom.ports.clock import Clock
from shirorom.service.room import Room, Rooms


@dataclass(frozen=True, slots=True)
class PhoneHistory:
    """Oldest first. Withdrawn readings are among the entries, never among the changes."""

    imei: Imei
    practice: bool
    entries: Sequence[Recorded]
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class History:
    """One number → its history in one room."""

    rooms: Rooms
    clock: Clock

    def __call__(self, imei: Imei, *, practice: bool = False) -> PhoneHistory:
        """Read it from the room in which a check of this number would look (a test number's is always practice).

        Raises:
            StorageError: `log-corrupt`; a history that does not hold is not shown.
        """
        room = self._room(imei, practice)
        entries = room.recorder.entries(imei)
        today = self.clock.now().astimezone(JST).date()
        return PhoneHistory(imei, room.practice, entries, changes(entries, by=today))

    def _room(self, imei: Imei, practice: bool) -> Room:
        if practice:
            return self.rooms.open(True)
        return self.rooms.of_check(Device((imei,)), frozenset(CarrierId))
