"""What is known of many phones at once, by the register wherever it suffices.

The register answers for what feeds brought. It does not know readings, nor feeds that came after it: phones with either
are folded one by one (`screen_answers.Known`), and so is every phone where there is no register to rest on. So the
answer is the same by either way; the register only makes it quick. Where a carrier's good word names a day ahead, the
register goes on with the more doubtful one until the next publication. What an applied snapshot says is laid beside it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.fold import JST, State
from shirorom.domain.imei import Device, Imei
from shirorom.domain.verdict import Cell
from shirorom.ports.clock import Clock
from shirorom.ports.log import Head
from shirorom.ports.register import Registers
from shirorom.ports.snapshot import Shelf
from shirorom.register.applied import Applied
from shirorom.register.fold import Notices
from shirorom.register.keys import Keys, distinct
from shirorom.register.keyset import NONE, KeySet
from shirorom.register.lookup import Register
from shirorom.register.values import MARKS, code_in
from shirorom.service.feeds import Accepted, Feeds
from shirorom.service.publish_register import UNUSABLE
from shirorom.service.room import Room, Rooms
from shirorom.service.screen_answers import Known, Said, by_world, off
from shirorom.service.snapshot_answers import SnapshotAnswers

SAID_MAX = 4_096
"""Distinct answers after which the next sight begins anew."""
_SOMEBODY = Imei.of_key("00101700000000")
"""Stands in cells that many phones share; a test number."""


class Sight:
    """One moment of one room. Ask for one each request (`Lookup.sight`): it does not follow what comes after.

    Attributes:
        head: The log's size and root, which the answers are of.
        books: Of each enrolled carrier, how old its book is.
        said: The answers met so far, each once; it grows.
    """

    def __init__(
        self,
        known: Known,
        room: Room,
        as_of: datetime,
        head: Head,
        register: Register | None,
        apart: Sequence[KeySet],
        *,
        coarse: bool,
        applied: Applied | None = None,
        feedless: bool = False,
    ) -> None:
        """`apart`: phones that the register does not answer for; `coarse`: as `Lookup.sight`; `applied`: a snapshot.

        `feedless`: no carrier handed anything in, so that `apart` holds all phones of which anything is known.
        """
        self.as_of, self.practice, self.head = as_of, room.practice, head
        self.books: Mapping[CarrierId, datetime] = {
            carrier: enrolment.heard_at
            for carrier in CARRIERS
            if (enrolment := room.enrolment(carrier, as_of=as_of)) is not None
        }
        self.said: list[Said] = []
        self._known, self._room, self._on = known, room, as_of.astimezone(JST).date()
        usable = register is not None and set(register.stamp.enrolled) == set(self.books)
        self._register = register if usable and register is not None and register.stamp.day <= self._on else None
        self._feedless = feedless
        self._apart = [keys for keys in apart if len(keys)]
        self._alike = _coarse if coarse else _alike
        self._places: dict[Said, int] = {}
        self._by_value = np.full(256, -1, np.intp)
        self._pairs: dict[tuple[int, ...], int] = {}
        self._lock = threading.Lock()
        self._snapshot: SnapshotAnswers | None = None
        if applied is not None:
            self._snapshot = SnapshotAnswers(applied, as_of, self._on, room.age_h_max, known.wanted)
            self.books = {**self._snapshot.books, **self.books}
        self._over: dict[tuple[int, int], int] = {}

    @property
    def by_register(self) -> bool:
        """Whether there is a register that answers."""
        return self._register is not None

    def ids(self, keys: Keys) -> NDArray[np.intp]:
        """For each phone (first 14 digits as a number; any order, repeats are welcome) its answer's place in `said`.

        Raises:
            ValueError: a key of more than 14 digits, or one that is no phone's.
            StorageError: `log-corrupt`, `segment-corrupt`; nothing is said of a record that does not hold.
        """
        ids = self._of_record(keys)
        if self._snapshot is None:
            return ids
        cases = ids << 8 | self._snapshot.values(keys)
        table = np.bincount(cases)
        for case in np.flatnonzero(table).tolist():
            table[case] = self._beside(case >> 8, case & 255)
        both: NDArray[np.intp] = table.take(cases)
        return both

    def _of_record(self, keys: Keys) -> NDArray[np.intp]:
        """The same without the snapshot."""
        if self._feedless:
            return self._shared(keys)
        if self._register is None:
            return self._folded(keys)
        values = self._register.values(keys, on=self._on)
        table = self._by_value
        for value in np.flatnonzero(np.bincount(values, minlength=256)).tolist():
            if table[value] < 0:
                table[value] = self._place(self._of_value(value))
        ids: NDArray[np.intp] = table.take(values)
        for some in self._apart:
            there = some.among(keys)
            if there.size:
                ids[there] = self._folded(keys[there])
        return ids

    def id_of(self, key: int) -> int:
        """The same of one phone."""
        if self._snapshot is not None or self._register is None:
            return self._id_of_one(key)
        for some in self._apart:
            if some.has(key):
                return self._id_of_one(key)
        value = self._register.value(key, on=self._on)
        place = int(self._by_value[value])
        if place < 0:
            place = self._by_value[value] = self._place(self._of_value(value))
        return place

    def _id_of_one(self, key: int) -> int:
        return int(self.ids(np.array([key], np.uint64))[0])

    def together(self, ids: tuple[int, ...]) -> int:
        """The place of what is said of a phone with several numbers, out of what is said of each."""
        if len(ids) == 1:
            return ids[0]
        place = self._pairs.get(ids)
        if place is None:
            cells = [cell for one in ids for cell in self.said[one].cells]
            place = self._pairs[ids] = self._place(Said.of(cells, self._known.wanted, practice=self.practice))
        return place

    def of(self, devices: Sequence[Device]) -> list[Said]:
        """What is said of each phone, in the order given."""
        ids = self.ids(np.array([int(imei.key) for device in devices for imei in device.imeis], np.uint64)).tolist()
        told, first = [], 0
        for device in devices:
            last = first + len(device.imeis)
            told.append(self.said[self.together(tuple(ids[first:last]))])
            first = last
        return told

    def _shared(self, keys: Keys) -> NDArray[np.intp]:
        """Where there are no feeds: of phones that nobody read the same is said, so one of them is folded for all."""
        ids = np.zeros(len(keys), np.intp)
        heard = np.zeros(len(keys), np.bool_)
        for some in self._apart:
            heard[some.among(keys)] = True
        ids[heard] = self._folded(keys[heard])
        if not heard.all():
            ids[~heard] = self._folded(keys[~heard][:1])
        return ids

    def _folded(self, keys: Keys) -> NDArray[np.intp]:
        devices = [Device((Imei.of_key(f"{key:014d}"),)) for key in keys.tolist()]
        said = self._known.of_room(self.practice, devices, self.as_of)
        return np.fromiter(map(self._place, said), np.intp, len(said))

    def _beside(self, place: int, value: int) -> int:
        """The place of an answer with what the snapshot says beside it."""
        over = self._over.get((place, value))
        if over is None:
            assert self._snapshot is not None
            cells = self._snapshot.beside(self.said[place].cells, value)
            over = self._over[place, value] = self._place(Said.of(cells, self._known.wanted, practice=self.practice))
        return over

    def _of_value(self, value: int) -> Said:
        """What a byte of the register says, by the same functions as what is folded."""
        assert self._register is not None
        enrolled = self._register.stamp.enrolled
        cells = []
        for carrier in CARRIERS:
            if carrier not in self._known.wanted:
                cells.append(off(_SOMEBODY, carrier))
                continue
            book = MARKS[code_in(value, enrolled.index(carrier))] if carrier in enrolled else None
            state = State(_SOMEBODY, carrier, book, None, None, None, None, book, vanished=False)
            cells.append(self._room.cell_of(state, as_of=self.as_of))
        return Said.of(cells, self._known.wanted, practice=self.practice)

    def _place(self, said: Said) -> int:
        """Where it stands in `said`."""
        alike = replace(said, cells=tuple(map(self._alike, said.cells)))
        with self._lock:
            place = self._places.setdefault(alike, len(self.said))
            if place == len(self.said):
                self.said.append(alike)
        return place


def _alike(cell: Cell) -> Cell:
    """Whose number it is, and which entry is behind it, is not told apart."""
    return replace(cell, imei=_SOMEBODY, index=None)


def _coarse(cell: Cell) -> Cell:
    """Only what decides, so that there are few different ones however many phones were read."""
    return Cell(_SOMEBODY, cell.carrier, cell.mark, stale=cell.stale, error=cell.error)


@dataclass
class Lookup:
    """Answers of both rooms. `registers`: where the register of a room is kept; `shelf`: the snapshot of a shop."""

    rooms: Rooms
    clock: Clock
    registers: Callable[[bool], Registers]
    shelf: Callable[[bool], Shelf] | None = None
    _followed: dict[bool, _Followed] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, devices: Sequence[Device]) -> list[Said]:
        """For each phone what is known of it now, in the order given. Raises as `Sight.ids`."""
        return by_world(devices, self.world, lambda practice, some: self.sight(practice).of(some))

    def world(self, device: Device) -> bool:
        """Whether a phone is looked up in the practice room."""
        return self._worlds.world(device)

    @property
    def practice(self) -> bool:
        """Whether every phone is looked up there, not only test numbers."""
        return self._worlds.practice

    @cached_property
    def _worlds(self) -> Known:
        return Known(self.rooms, self.clock)

    def sight(self, practice: bool, *, coarse: bool = False) -> Sight:
        """One room as of now, to the second. Quick where nothing changed.

        `coarse`: cells only have what decides (mark, age, error), so that there are few answers for millions of phones.

        Raises:
            StorageError: the log or its segments do not hold (`log-corrupt`, `segment-corrupt`, `storage-…`).
        """
        with self._lock:
            if practice not in self._followed:
                shelf = None if self.shelf is None else self.shelf(practice)
                self._followed[practice] = _Followed(self.rooms, self.clock, practice, self.registers(practice), shelf)
            return self._followed[practice].now(coarse)


@dataclass
class _Followed:
    """What is kept of one room between two sights."""

    rooms: Rooms
    clock: Clock
    practice: bool
    registers: Registers
    shelf: Shelf | None = None
    _heard: KeySet = NONE
    _fresh: KeySet = NONE
    _size: int = 0
    _named: dict[str, KeySet] = field(default_factory=dict)
    _sights: dict[bool, Sight] = field(default_factory=dict)
    _register: Register | None = None
    _applied: Applied | None = None

    def now(self, coarse: bool) -> Sight:
        room = self.rooms.open(self.practice)
        head, register = room.log.head(), self._current()
        applied = None if self.shelf is None else self.shelf.current()
        as_of, sight = self.clock.now().replace(microsecond=0), self._sights.get(coarse)
        if (
            sight is not None
            and (sight.as_of, sight.head) == (as_of, head)
            and register is self._register
            and applied is self._applied
            and len(sight.said) < SAID_MAX
        ):
            return sight
        if register is not self._register or applied is not self._applied:
            self._register, self._applied, self._sights = register, applied, {}
        self._hear(room, head.size)
        apart = (self._heard, self._fresh, *self._newer(room.recorder.feeds, register))
        known = Known(self.rooms, self.clock)
        feedless = room.recorder.feeds is None or not room.recorder.feeds.accepted()
        sight = Sight(known, room, as_of, head, register, apart, coarse=coarse, applied=applied, feedless=feedless)
        self._sights[coarse] = sight
        return sight

    def _current(self) -> Register | None:
        try:
            return self.registers.current()
        except StorageError as error:
            if error.code not in UNUSABLE:
                raise
            return None

    def _hear(self, room: Room, size: int) -> None:
        """Learn which phones have entries of their own. A few new ones are kept apart: the many are not sorted anew."""
        if size <= self._size:
            return
        keys = np.array(room.log.keys(self._size), np.uint64)
        self._size = size
        self._fresh = self._fresh.with_more(keys)
        if len(self._fresh) * 8 > len(self._heard):
            self._heard, self._fresh = self._heard.with_more(self._fresh.keys), NONE

    def _newer(self, feeds: Feeds | None, register: Register | None) -> list[KeySet]:
        """The phones of feeds that the register does not hold yet."""
        accepted = () if feeds is None else feeds.accepted()
        after = [] if register is None else [one for one in accepted if one.index >= register.stamp.log.size]
        self._named = {
            one.feed.segment: self._named.get(one.feed.segment) or _named_in(feeds, one)
            for one in after
            if feeds is not None
        }
        return list(self._named.values())


def _named_in(feeds: Feeds, one: Accepted) -> KeySet:
    return KeySet(distinct(Notices.of(feeds.segments.blocks(one.feed.segment)).keys))
