"""What the record says of many phones at once. Those that it never heard of are told by one look at its index."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.imei import Device, Imei
from shirorom.domain.tables.answer import RowWords, row_words
from shirorom.domain.verdict import Cell, Verdict, cell_failed, decide
from shirorom.ports.clock import Clock
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Access


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of a phone: its row's words, and in which world it is.

    `cells`: by number and carrier. Phones of which the same is said share them: their `imei` is not this phone's.
    """

    words: RowWords
    practice: bool
    cells: tuple[Cell, ...]
    verdict: Verdict

    @classmethod
    def of(cls, cells: Sequence[Cell], wanted: frozenset[CarrierId], *, practice: bool) -> Said:
        """Out of the cells of one phone; `wanted`: the carriers whose answer is missed where it is missing."""
        return cls(row_words(cells, wanted), practice, tuple(cells), decide(cells))

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
    def wanted(self) -> frozenset[CarrierId]:
        """The carriers that are not switched off: what is missing of these is missed."""
        carriers = self.rooms.settings.carrier
        return frozenset(carrier for carrier in CARRIERS if carriers(carrier).access is not Access.OFF)

    @cached_property
    def practice(self) -> bool:
        """Whether a carrier is practice: then every phone is of that world."""
        return any(map(self.rooms.is_practice, self.wanted))

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """For each phone what is known of it now, in the order given.

        Raises:
            StorageError: `log-corrupt`; nothing is said of a record that does not hold.
        """
        as_of = self.clock.now()
        return by_world(devices, self.world, lambda practice, some: self.of_room(practice, some, as_of))

    def world(self, device: Device) -> bool:
        """Whether a phone is looked up in the practice room, as `Rooms.of_check` decides it."""
        return self.practice or device.is_test

    def of_room(self, practice: bool, devices: Sequence[Device], as_of: datetime) -> list[Said]:
        """What one room says of phones at a moment, in the order given. Ask one `Known` for one moment only."""
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
        return Said.of(cells, self.wanted, practice=room.practice)

    def _cells(self, room: Room, imei: Imei, as_of: datetime) -> list[Cell]:
        entries = room.recorder.entries(imei)
        cells = []
        for carrier in CARRIERS:
            if carrier not in self.wanted:
                cells.append(off(imei, carrier))
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


def off(imei: Imei, carrier: CarrierId) -> Cell:
    """The cell of a carrier that is switched off."""
    return cell_failed(imei, carrier, "not-asked", last=None)


def by_world(
    devices: Sequence[Device],
    world: Callable[[Device], bool],
    ask: Callable[[bool, Sequence[Device]], Sequence[Said]],
) -> list[Said]:
    """Ask each room about its own phones, and put the answers in the order of all."""
    worlds = [world(device) for device in devices]
    told = {
        practice: iter(ask(practice, [one for one, here in zip(devices, worlds, strict=True) if here is practice]))
        for practice in set(worlds)
    }
    return [next(told[practice]) for practice in worlds]
