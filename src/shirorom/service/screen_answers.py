"""What the record says of many phones at once. Those that it never heard of are told by one look at its index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Device, Imei
from shirorom.domain.tables.answer import RowWords, row_words
from shirorom.domain.verdict import Cell, cell_failed
from shirorom.ports import Clock
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Access


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a phone: its row's words, and in which world it is."""

    words: RowWords
    practice: bool

    @property
    def open(self) -> bool:
        """Whether some carrier is left to ask."""
        return bool(self.words.errors)


@dataclass
class Known:
    """Answers from recorded readings alone; nobody is asked."""

    rooms: Rooms
    clock: Clock
    _unheard: dict[tuple[int, bool], Said] = field(default_factory=dict)

    @cached_property
    def _wanted(self) -> frozenset[CarrierId]:
        """The carriers that are not switched off: what is missing of these is missed."""
        carriers = self.rooms.settings.carrier
        return frozenset(carrier for carrier in CARRIERS if carriers(carrier).access is not Access.OFF)

    @cached_property
    def _practice(self) -> bool:
        return any(map(self.rooms.is_practice, self._wanted))

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """For each phone what is known of it now, in the order given.

        Raises:
            StorageError: `log-corrupt`; nothing is said of a record that does not hold.
        """
        as_of = self.clock.now()
        worlds = [self._practice or device.is_test for device in devices]  # as `Rooms.of_check` decides it
        told = {
            world: iter(
                self._of_room(world, [one for one, here in zip(devices, worlds, strict=True) if here is world], as_of)
            )
            for world in set(worlds)
        }
        return [next(told[world]) for world in worlds]

    def _of_room(self, practice: bool, devices: Sequence[Device], as_of: datetime) -> list[Said]:
        room = self.rooms.open(practice)
        keys = list({imei.key for device in devices for imei in device.imeis})
        heard = {key for key, known in zip(keys, room.recorder.heard(keys), strict=True) if known}
        return [
            self._fold(room, device, as_of)
            if any(imei.key in heard for imei in device.imeis)
            else self._of_unheard(room, device, as_of)
            for device in devices
        ]

    def _fold(self, room: Room, device: Device, as_of: datetime) -> Said:
        cells = [cell for imei in device.imeis for cell in self._cells(room, imei, as_of)]
        return Said(row_words(cells, self._wanted), room.practice)

    def _cells(self, room: Room, imei: Imei, as_of: datetime) -> list[Cell]:
        entries = room.recorder.entries(imei)
        cells = []
        for carrier in CARRIERS:
            if carrier not in self._wanted:
                cells.append(_off(imei, carrier))
                continue
            state = room.state(imei, carrier, as_of=as_of, entries=entries)
            state = replace(state, hand=state.hand or state.reading)  # what the program read is a recorded answer too
            cells.append(room.cell_of(state, as_of=as_of))
        return cells

    def _of_unheard(self, room: Room, device: Device, as_of: datetime) -> Said:
        """Nothing is known, and that is said the same of all such phones: not asked, or － where the book is here."""
        key = len(device.imeis), room.practice
        if key not in self._unheard:
            self._unheard[key] = self._fold(room, device, as_of)
        return self._unheard[key]


def _off(imei: Imei, carrier: CarrierId) -> Cell:
    return cell_failed(imei, carrier, "not-asked", last=None)
