"""Answers look-ups: reads the numbers, asks the record as of a moment ago, writes JSON. Nothing is recorded.

One moment of each log serves many requests: it is looked at again after `FRESH_S`, beside the requests that go on
with it, and none is answered from one that was looked at longer than `FRESH_S_MAX` ago. So what any process adds to
a log is in every answer within a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, TypeAlias, cast

from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Device, Imei
from shirorom.domain.tables.number import device_of
from shirorom.edge.lookup_wire import OPEN, error_of, looked_of, phone_of, tail_of, whole_of
from shirorom.edge.wire import at
from shirorom.ports.clock import Clock
from shirorom.service.lookup_plain import AnyLookup, AnySight

if TYPE_CHECKING:  # numpy comes with it
    import numpy as np
    from numpy.typing import NDArray

    from shirorom.service.lookup import Sight

FRESH_S = 0.2
FRESH_S_MAX = 0.7
FEW, FEW_CHARS = 16, 4_000
"""Devices, and characters of their texts, that are read at once; more in a thread, so that others do not wait."""
DIGITS = 15

Texts: TypeAlias = str | list[str]
"""One device: its number, or the texts with its numbers, each in any spelling."""


class Moment:
    """One moment of a log, and the answers that were written of it. Safe to use from several threads."""

    def __init__(self, sight: AnySight, age_h_max: float) -> None:
        self.sight = sight
        self.as_of = at(sight.as_of)
        self.looked = looked_of(sight, age_h_max)
        self.quick = cast("Sight", sight) if sight.by_register else None
        """The register's own way, where there is one."""
        self._tails: dict[int, str] = {}

    def tail(self, sight: Sight, place: int) -> str:
        """The answer at a place in `said`, but for the numbers."""
        tail = self._tails.get(place)
        if tail is None:
            tail = self._tails[place] = tail_of(sight.said[place])
        return tail


@dataclass(frozen=True, slots=True)
class _Column:
    """Phones of one number in its usual spelling: place, text and key of each."""

    places: Sequence[int]
    texts: Sequence[str]
    keys: NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class _Read:
    """A request: the answers of devices that could not be read; by log the others, each with its place."""

    results: list[str]
    devices: dict[bool, list[tuple[int, Device]]] = field(default_factory=dict)
    columns: dict[bool, _Column] = field(default_factory=dict)

    @property
    def worlds(self) -> list[bool]:
        """The logs that have to be looked at, the real one first."""
        return sorted({*self.devices, *self.columns})

    def add(self, practice: bool, place: int, device: Device) -> None:
        """One more."""
        self.devices.setdefault(practice, []).append((place, device))


@dataclass
class Looking:
    """Answers of both logs. For one event loop. `age_h_max`: hours after which a book is stale."""

    lookups: Callable[[], AnyLookup]
    clock: Clock
    age_h_max: float
    monotonic: Callable[[], float] = time.monotonic
    by_column: bool = field(default_factory=lambda: find_spec("numpy") is not None)
    _known: dict[bool, tuple[Moment, float]] = field(default_factory=dict)
    _asked: dict[bool, asyncio.Task[Moment]] = field(default_factory=dict)
    _usual: bool | None = None

    async def __call__(self, devices: Sequence[Texts]) -> bytes:
        """The answer to one request, as JSON.

        Raises:
            StorageError: the record does not hold or cannot be read; then nothing is said of any phone.
        """
        if len(devices) == 1 and (imei := _plain(devices[0])) is not None:
            practice = self._world(imei)
            moment = self._fresh(practice) or await self.moment(practice)
            if moment.quick is not None:
                tail = moment.tail(moment.quick, moment.quick.id_of(int(imei.key)))
                return whole_of(moment.as_of, (phone_of(imei.digits, tail),), (moment.looked,))
        few = len(devices) <= FEW and sum(map(_chars, devices)) <= FEW_CHARS
        read = self._read(devices) if few else await asyncio.to_thread(self._read, devices)
        moments = {practice: await self.moment(practice) for practice in read.worlds}
        return self._write(read, moments) if few else await asyncio.to_thread(self._write, read, moments)

    # Moments

    def _fresh(self, practice: bool) -> Moment | None:
        moment, looked_s = self._known.get(practice, _NEVER)
        return moment if moment is not None and self.monotonic() - looked_s < FRESH_S else None

    async def moment(self, practice: bool) -> Moment:
        """A log as it was less than `FRESH_S_MAX` ago. Raises StorageError."""
        fresh = self._fresh(practice)
        if fresh is not None:
            return fresh
        task = self._asked.get(practice)
        if task is None:
            task = self._asked[practice] = asyncio.create_task(self._look(practice))
            task.add_done_callback(lambda done: self._looked(practice, done))
        moment, looked_s = self._known.get(practice, _NEVER)
        if moment is not None and self.monotonic() - looked_s < FRESH_S_MAX:
            return moment
        return await asyncio.shield(task)

    async def _look(self, practice: bool) -> Moment:
        began = self.monotonic()
        sight = await asyncio.to_thread(lambda: self.lookups().sight(practice))
        moment, _ = self._known.get(practice, _NEVER)
        if moment is None or moment.sight is not sight:
            moment = Moment(sight, self.age_h_max)
        self._known[practice] = moment, began
        return moment

    def _looked(self, practice: bool, done: asyncio.Task[Moment]) -> None:
        del self._asked[practice]
        if not done.cancelled():
            done.exception()  # whoever waited for it was told; who asks next looks again

    # Reading

    def _read(self, devices: Sequence[Texts]) -> _Read:
        read = _Read([""] * len(devices))
        odd = self._read_columns(devices, read) if self.by_column and len(devices) > FEW else range(len(devices))
        for place in odd:
            texts = devices[place]
            try:
                device = device_of([texts] if isinstance(texts, str) else texts)
            except NumberError as error:
                read.results[place] = error_of(error.code)
            else:
                read.add(self.lookups().world(device), place, device)
        return read

    def _read_columns(self, devices: Sequence[Texts], read: _Read) -> Iterable[int]:
        """Read what is plain; gives the places of the others."""
        import numpy as np

        from shirorom.edge.lookup_columns import are_test, keys_of

        alone = devices
        if list in set(map(type, devices)):
            alone = [one[0] if isinstance(one, list) and len(one) == 1 else one for one in devices]
        sound, keys = keys_of(alone)
        places, practice = np.flatnonzero(sound), are_test(keys)
        if not practice.all():
            usual = cast(str, alone[int(places[practice.argmin()])])
            practice |= self._world(Imei(usual))
        for world in (False, True):
            mine = practice == world
            if mine.any():
                some = places[mine].tolist()
                texts = alone if len(some) == len(alone) else [alone[place] for place in some]
                read.columns[world] = _Column(some, cast(Sequence[str], texts), keys[mine])
        odd: list[int] = np.flatnonzero(~sound).tolist()
        return odd

    def _world(self, imei: Imei) -> bool:
        """Whether a phone of one number is looked up in the practice room: of all but test numbers the same is true."""
        if imei.is_test:
            return True
        if self._usual is None:
            self._usual = self.lookups().world(Device((imei,)))
        return self._usual

    # Writing

    def _write(self, read: _Read, moments: Mapping[bool, Moment]) -> bytes:
        for practice, column in read.columns.items():
            self._write_column(read, practice, column, moments[practice])
        for practice, placed in read.devices.items():
            told = moments[practice].sight.of([device for _, device in placed])
            tails: dict[int, str] = {}  # of which many are the same object
            for (place, device), said in zip(placed, told, strict=True):
                tail = tails.get(id(said)) or tails.setdefault(id(said), tail_of(said))
                read.results[place] = phone_of('","'.join(imei.digits for imei in device.imeis), tail)
        as_of = min((moment.as_of for moment in moments.values()), default=at(self.clock.now()))
        return whole_of(as_of, read.results, [moments[practice].looked for practice in read.worlds])

    def _write_column(self, read: _Read, practice: bool, column: _Column, moment: Moment) -> None:
        sight = moment.quick
        if sight is None:
            for place, text in zip(column.places, column.texts, strict=True):
                read.add(practice, place, Device((Imei(text),)))
            return
        ids = sight.ids(column.keys).tolist()
        tails = {id_: moment.tail(sight, id_) for id_ in set(ids)}
        results = read.results
        for place, text, id_ in zip(column.places, column.texts, ids, strict=True):
            results[place] = f'{OPEN}{text}"{tails[id_]}'


_NEVER: tuple[Moment | None, float] = None, 0.0


def _chars(texts: Texts) -> int:
    return len(texts) if isinstance(texts, str) else sum(map(len, texts))


def _plain(texts: Texts) -> Imei | None:
    """A number in its usual spelling; None: something else, or not a good one."""
    if isinstance(texts, list) and len(texts) == 1:
        texts = texts[0]
    if not isinstance(texts, str) or len(texts) != DIGITS:
        return None
    try:
        return Imei(texts)
    except NumberError:
        return None
