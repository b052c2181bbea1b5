"""The shop's counters work through one queue (店頭照会): which phones are here, who is where, what is known.

What was answered is read from the record each time; the queue itself only says which phones are here, who holds which
place, and where a person got no answer. Answers are recorded in `counter_answers.py`.
"""

from __future__ import annotations

import threading
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.queue import (
    LEASE,
    Claim,
    Item,
    ItemView,
    Place,
    PlaceState,
    Rules,
    Seat,
    Wanted,
    Wish,
    candidates,
    carrier_order,
)
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.domain.fold import JST
from shirorom.domain.imei import Device, Imei
from shirorom.domain.mark import Mark
from shirorom.ports.clock import Clock
from shirorom.ports.queue import NewItem, Queue
from shirorom.service.counter_board import Viewer
from shirorom.service.room import Room

ID_BYTES = 12
CANDIDATES_MAX = 64
"""Places offered to one transaction: more clerks than that never ask in the same instant."""
TRIES_MAX = 5
KEEP = timedelta(days=30)
"""How long a phone that is done stays in the desk's database; the record is elsewhere and stays."""
BOARD_S_MAX = 20
"""A board is made anew after so long although nothing changed: answers grow old, leases end."""


@dataclass(frozen=True, slots=True)
class Task:
    """A place that was taken for somebody: what to ask, and until when it is theirs."""

    item: Item
    place: Place
    imei: Imei
    until: datetime


@dataclass(frozen=True, slots=True)
class Board:
    """Everything that a counter shows, as of one moment. `version` names it; `made` is for what edges make of it."""

    version: str
    changes: int
    items: Sequence[ItemView]
    claims: Sequence[Claim]
    rules: Rules
    at: datetime
    made: dict[str, bytes] = field(default_factory=dict, compare=False)


@dataclass(slots=True)
class Counter:
    """The queue over the record. Safe to use from several threads."""

    queue: Queue
    viewer: Viewer
    clock: Clock
    entropy: Callable[[int], bytes]
    _board: Board | None = None
    _forgot_at: datetime | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # What there is

    def version(self) -> str:
        """Changes whenever the board may look different; cheap to ask for."""
        used = sorted(self.viewer.used)
        sizes = [f"{'p' if practice else 'r'}{self.viewer.rooms.open(practice).log.head().size}" for practice in used]
        changes, held = self.queue.version(self.clock.now())
        return "-".join([f"{changes}.{held}", *sizes])

    def board(self) -> Board:
        """The queue as it stands. One board serves everybody until something changes."""
        with self._lock:
            now, known = self.clock.now(), self._board
            young = known is not None and timedelta(0) <= now - known.at < timedelta(seconds=BOARD_S_MAX)
            if known is not None and young and known.version == self.version():
                return known
            items = self.queue.items(since=today(now))
            for item in items:
                self.viewer.room(item.device)  # the logs in use are part of the version
            changes, _ = self.queue.version(now)
            version = self.version()  # before all that is read: what changes meanwhile makes another board
            views = self._views(self.queue.items(since=today(now)), now)
            self._settle(views, now)
            self._board = Board(version, changes, views, self.queue.claims(now), self.queue.rules(), now)
            return self._board

    def view(self, id_: str) -> ItemView:
        """One phone as it stands now. Raises `item-not-found`."""
        with self._lock:
            return self._views([self.queue.item(id_)], self.clock.now())[0]

    def room(self, item: Item) -> Room:
        """Where the answers about a phone are recorded."""
        with self._lock:
            return self.viewer.room(item.device)

    def _views(self, items: Sequence[Item], now: datetime) -> list[ItemView]:
        rules, outcomes = self.queue.rules(), self.queue.outcomes([item.id for item in items])
        return [self.viewer.view(item, outcomes, rules, now) for item in items]

    def _settle(self, views: Sequence[ItemView], now: datetime) -> None:
        """Note which phones are done, and which are no longer: it only decides how long they stay on the list."""
        closing = [view.item.id for view in views if view.done and view.item.closed_at is None]
        opening = [view.item.id for view in views if not view.done and view.item.closed_at is not None]
        if closing:
            self.queue.close_items(closing, now)
        if opening:
            self.queue.open_items(opening)

    # Phones come and go

    def add(self, devices: Sequence[Device], *, by: str) -> Sequence[tuple[Item, bool]]:
        """Take phones in; for each the item and whether it is new. Raises `queue-full`: none was added."""
        return self.take_in([(device, None) for device in devices], by=by)

    def take_in(self, phones: Sequence[tuple[Device, Wanted | None]], *, by: str) -> Sequence[tuple[Item, bool]]:
        """The same, where the plan of re-checks wants some of their places alone."""
        if not phones:
            return []
        now = self.clock.now()
        self._forget(now)
        new = [NewItem(device, self._order(device, now), wanted) for device, wanted in phones]
        ids = [urlsafe_b64encode(self.entropy(ID_BYTES)).decode() for _ in new]
        return self.queue.add(new, ids=ids, by=by, at=now, since=today(now))

    def _order(self, device: Device, now: datetime) -> tuple[CarrierId, ...]:
        room = self.viewer.room(device)
        older: dict[CarrierId, list[Mark]] = {}
        for imei in device.imeis:
            entries = room.recorder.entries(imei)
            for carrier in CarrierId:
                mark = room.state(imei, carrier, as_of=now, entries=entries).mark
                if mark is not None:
                    older.setdefault(carrier, []).append(mark)
        return carrier_order(older, self.queue.told(device.tac))

    def remove(self, id_: str) -> None:
        """Take a phone off the list; what was answered stays in the record. Raises `item-not-found`."""
        self.queue.remove(id_, self.clock.now())

    def _forget(self, now: datetime) -> None:
        """Once a day: what nobody needs any more is erased."""
        if self._forgot_at is None or now - self._forgot_at > timedelta(days=1):
            self._forgot_at = now
            self.queue.forget(now - KEEP)

    # Who is where

    def next(self, seat: Seat, wish: Wish) -> Task | None:
        """Take the place that comes next for this seat; None: nothing is left that nobody else holds.

        Raises:
            ShiroromError: `item-not-found`, the wished item is not there.
        """
        if wish.item is not None:
            self.queue.item(wish.item)
        board, now = self.board(), self.clock.now()
        for _ in range(TRIES_MAX):
            wanted = list(islice(candidates(board.items, self.queue.claims(now), seat, now, wish), CANDIDATES_MAX))
            if not wanted:
                return None
            taken = self.queue.claim(wanted, seat, now=now, until=now + LEASE, seen=board.changes)
            if taken is not None:
                item = next(view.item for view in board.items if view.item.id == taken[0])
                return Task(item, taken[1], item.imei(taken[1]), now + LEASE)
            board = self.board()  # others were first at all of them
        return None

    def claim(self, id_: str, place: Place, seat: Seat) -> Task:
        """Take one place, also one that is answered (to ask again), or go on holding it.

        Raises:
            ShiroromError: `item-not-found`, `place-claimed` (`name`: by whom), `place-off`.
        """
        item, now = self.queue.item(id_), self.clock.now()
        self.check(item, place)
        if self.queue.claim([(id_, place)], seat, now=now, until=now + LEASE) is None:
            holder = next((c for c in self.queue.claims(now) if (c.item, c.place) == (id_, place)), None)
            raise ShiroromError("place-claimed", name=holder.seat.name if holder else "?")
        return Task(item, place, item.imei(place), now + LEASE)

    def release(self, id_: str, place: Place, seat: Seat) -> None:
        """Let go of a place."""
        self.queue.release(id_, place, seat)

    def check(self, item: Item, place: Place) -> Imei:
        """The number that is asked at a place. Raises `body-invalid` (no such place), `place-off` (never asked)."""
        imei = item.imei(place)
        if self.viewer.off(item.device, place.carrier) is not None:
            raise RequestError("place-off", carrier=place.carrier.value)
        return imei

    # The shop's choice

    def set_rules(self, rules: Rules) -> None:
        """Stop rules and carriers left out. An answer says what was left out (`complete` is false)."""
        self.queue.set_rules(rules)


def today(now: datetime) -> datetime:
    """When this day began in Japan."""
    return now.astimezone(JST).replace(hour=0, minute=0, second=0, microsecond=0)


def first_open(view: ItemView) -> Place | None:
    """The place of a phone that is asked first, of those that are open."""
    return next((one.place for one in view.places if one.state is PlaceState.OPEN), None)
