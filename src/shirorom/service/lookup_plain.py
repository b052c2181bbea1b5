"""What is known of many phones, told without a register: for installations without numpy, where each is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Device
from shirorom.ports.clock import Clock
from shirorom.ports.log import Head
from shirorom.service.room import Room, Rooms
from shirorom.service.screen_answers import Known, Said


class AnySight(Protocol):
    """One moment of one room, as `lookup.Sight` and `PlainSight` have it."""

    as_of: datetime
    practice: bool
    head: Head
    books: Mapping[CarrierId, datetime]

    @property
    def by_register(self) -> bool:
        """Whether there is a register that answers; the sight is a `lookup.Sight` then."""
        ...

    def of(self, devices: Sequence[Device]) -> Sequence[Said]:
        """What is said of each phone, in the order given. Raises StorageError."""
        ...


class AnyLookup(Protocol):
    """`lookup.Lookup` or `PlainLookup`."""

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """For each phone what is known of it now, in the order given. Raises StorageError."""
        ...

    def world(self, device: Device) -> bool:
        """Whether a phone is looked up in the practice room."""
        ...

    def sight(self, practice: bool) -> AnySight:
        """One room as of now, to the second. Raises StorageError."""
        ...


class PlainSight:
    """One moment of one room, phone by phone."""

    by_register = False

    def __init__(self, known: Known, room: Room, as_of: datetime) -> None:
        self.as_of, self.practice, self.head = as_of, room.practice, room.log.head()
        feeds = room.recorder.feeds
        if feeds is not None:
            feeds.accepted()  # so that enrolments are those of the head
        self.books: Mapping[CarrierId, datetime] = {
            carrier: enrolment.heard_at
            for carrier in CARRIERS
            if (enrolment := room.enrolment(carrier, as_of=as_of)) is not None
        }
        self._known = known

    def of(self, devices: Sequence[Device]) -> Sequence[Said]:
        """What is said of each phone, in the order given."""
        return self._known.of_room(self.practice, devices, self.as_of)


@dataclass
class PlainLookup:
    """Answers of both rooms."""

    rooms: Rooms
    clock: Clock

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """For each phone what is known of it now, in the order given."""
        return Known(self.rooms, self.clock)(devices)

    @cached_property
    def _worlds(self) -> Known:
        return Known(self.rooms, self.clock)

    def world(self, device: Device) -> bool:
        """Whether a phone is looked up in the practice room."""
        return self._worlds.world(device)

    def sight(self, practice: bool) -> PlainSight:
        """One room as of now, to the second."""
        as_of = self.clock.now().replace(microsecond=0)
        return PlainSight(Known(self.rooms, self.clock), self.rooms.open(practice), as_of)
