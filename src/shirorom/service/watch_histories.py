"""The recorded answers of every phone, held small enough for a whole book; follows the log, reading only what is new.

Derived from the log alone, and gone with the process. What a carrier declares itself (notices) is not in it.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.spells import Answered, Spell, spells
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.service.room import Room

AT_ONCE = 1_000
MARKS = tuple(Mark)
CORRECTION = len(MARKS)
HAND = 8


@dataclass(slots=True)
class Histories:
    """One log's answers by phone. Safe to use from several threads.

    Of each entry two whole numbers are kept: its index, and seconds since 1970 · 64 + carrier · 16 + code (the mark's
    place or `CORRECTION`, plus `HAND`).
    """

    room: Callable[[bool], Room]
    practice: bool
    size: int = 0
    _by_key: dict[str, array[int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def follow(self) -> int:
        """Read what was recorded since; returns how many entries that is. Raises StorageError."""
        recorder = self.room(self.practice).recorder
        with self._lock:
            while True:
                some, size = recorder.read(self.size, count_max=AT_ONCE)
                for entry in some:
                    self._take(entry)
                if size == self.size:
                    return size
                self.size = size

    def _take(self, entry: Recorded) -> None:
        said = entry.statement
        held = self._by_key.setdefault(said.imei.key, array("q"))
        match said:
            case Reading() if said.mark is not None:
                code = MARKS.index(said.mark) + (HAND if said.channel is Channel.HAND else 0)
                held.extend((entry.index, _packed(said.asked_at, said.carrier, code)))
            case Correction():
                held.extend((entry.index, _packed(said.at, said.carrier, CORRECTION)))
            case Withdrawal():
                for place in range(0, len(held), 2):
                    if held[place] == said.index and held[place + 1] & HAND:
                        del held[place : place + 2]
                        break

    def answers(self, device: Device, *, until: datetime | None = None) -> Mapping[CarrierId, list[Answered]]:
        """A phone's answers that count, by carrier, oldest first."""
        found: dict[CarrierId, list[Answered]] = {}
        limit = None if until is None else int(until.timestamp())
        for imei in device.imeis:
            held = self._by_key.get(imei.key, ())
            for packed in held[1::2]:
                at, rest = divmod(packed, 64)
                if limit is not None and at > limit:
                    continue
                carrier, code = divmod(rest, 16)
                mark = None if code & ~HAND == CORRECTION else MARKS[code & ~HAND]
                answered = Answered(datetime.fromtimestamp(at, UTC), imei.key, mark)
                found.setdefault(CARRIERS[carrier], []).append(answered)
        return found

    def spells(self, device: Device, *, until: datetime | None = None) -> Mapping[CarrierId, Sequence[Spell]]:
        """A phone's spells at each carrier that ever answered, by the answers up to a moment."""
        return {carrier: spells(some) for carrier, some in self.answers(device, until=until).items()}


def _packed(at: datetime, carrier: CarrierId, code: int) -> int:
    return int(at.timestamp()) * 64 + CARRIERS.index(carrier) * 16 + code
