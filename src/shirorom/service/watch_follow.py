"""Follows the record: what is recorded of a phone of the book becomes its cells and, where it changed, an alert.

    1. see how far a log was followed; where it does not go on from there, learn every phone of the book anew
    2. read the new entries; of those about a phone of the book, fold the phone's whole record again
    3. write cells, alerts and how far it was followed in one transaction, if nobody else has moved on meanwhile
    4. look again at phones of which a notice named a day that has come
    5. learn the phones of units that came to the book, or stand elsewhere in it, since they were last looked at

A step may be cut off anywhere and done again by anybody: what an entry makes is written once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache

from shirorom.domain.desk.alerts import Alert, AlertEvent
from shirorom.domain.desk.standing import PhoneStanding, stand
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.domain.fold import JST
from shirorom.domain.imei import Imei
from shirorom.ports.clock import Clock
from shirorom.ports.log import Entry, Head
from shirorom.ports.watch import Basis, Step, Taken, Watch
from shirorom.service.feeds import accepted_of
from shirorom.service.recorder import is_feed
from shirorom.service.room import Room
from shirorom.service.watch_days import Days

LOGGER = logging.getLogger("shirorom.watch")
ENTRIES_MAX = 1_000
"""Entries of one step."""
PHONES_MAX = 1_000
"""Phones learned in one step."""
UNLEARNED_MAX = 100_000
"""Phones that are looked up at once to be learned."""
TRIES_MAX = 50
"""How often a step begins anew because another process was first."""
POLL_S = 0.25
"""How often the heads of the logs are looked at: a page shows a change within a second of its reading."""
TROUBLE_S = 5.0
"""The pause after a look that failed."""


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What following did. `started_over`: whether a log was not the one that had been followed before."""

    entries: int = 0
    phones: int = 0
    cells: int = 0
    events: Sequence[tuple[AlertEvent, Alert]] = ()
    started_over: bool = False

    def and_(self, taken: Taken, *, entries: int, phones: int) -> CaughtUp:
        """With one more step."""
        return CaughtUp(
            self.entries + entries, self.phones + phones, self.cells + taken.cells, (*self.events, *taken.events),
            self.started_over,
        )  # fmt: skip


Progress = Callable[[int], None]
"""Called with the number of phones learned so far."""


@dataclass(slots=True)
class Follower:
    """Follows both logs. Safe to use from several threads; other processes may follow too.

    `room` opens the real or the practice room; None where nothing of that kind was ever recorded.
    """

    store: Watch
    room: Callable[[bool], Room | None]
    clock: Clock
    days: Days
    trouble: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def catch_up(self, *, on_progress: Progress | None = None) -> CaughtUp:
        """Follow both logs to their ends, and learn what is new in the book.

        Raises:
            StorageError: `log-corrupt`, …: what was not followed is followed the next time.
        """
        with self._lock:
            done = CaughtUp()
            for practice in (False, True):
                done = self._follow(practice, done)
                done = self._look_at(practice, self.store.due(practice, by=self._today()), done)
                done = self._learn(practice, done, on_progress)
            self.store.learned(self.store.basis(False).book)
            self.days.count()
            return done

    def learn(self, phones: Sequence[str], *, practice: bool) -> CaughtUp:
        """Look at these phones of the book (14 digits) now: after an import, so that its units have their cells."""
        with self._lock:
            return self._look_at(practice, phones, CaughtUp())

    async def run(self, moved: Callable[[CaughtUp], None] = lambda _: None) -> None:
        """Follow until cancelled. Trouble is logged by its code, told in `trouble`, and tried again."""
        seen: object = None
        while True:
            pause = POLL_S
            try:
                now = await asyncio.to_thread(self._seen)
                if now != seen:
                    moved(await asyncio.to_thread(self.catch_up))
                    seen = now  # as it was before: what came while we followed is followed next
                await asyncio.to_thread(self.days.count)
                self.trouble = None
            except ShiroromError as error:
                self._troubled(error.code)
                pause = TROUBLE_S
            except Exception as error:  # noqa: BLE001  # whatever it was, following goes on; told by its kind alone
                self._troubled(type(error).__name__)
                pause = TROUBLE_S
            await asyncio.sleep(pause)

    def _troubled(self, what: str) -> None:
        """Tell a trouble when it begins, not at every try."""
        if self.trouble != what:
            LOGGER.error("the watch does not follow the record: %s", what)
        self.trouble = what

    def _seen(self) -> tuple[object, ...]:
        """Changes with everything that there may be to do; cheap."""
        rooms = (self.room(False), self.room(True))
        heads = [room.log.head().size if room is not None else 0 for room in rooms]
        return (*heads, self.store.basis(False).book, self._today())

    def _today(self) -> date:
        return self.clock.now().astimezone(JST).date()

    # One log

    def _follow(self, practice: bool, done: CaughtUp) -> CaughtUp:
        room = self.room(practice)
        if room is None:
            return done
        if self._begin(room):
            done = replace(done, started_over=True)
        while True:
            followed = self.store.basis(practice).followed
            if followed is None or followed.size >= room.log.head().size:
                return done
            taken = self._step(practice, lambda basis: self._new_entries(room, basis))
            reached = self.store.basis(practice).followed
            entries = reached.size - followed.size if reached is not None else 0
            done = done.and_(taken, entries=entries, phones=0)

    def _new_entries(self, room: Room, basis: Basis) -> tuple[Head, Sequence[str]]:
        """How far the next entries lead, and which phones of the book they are about."""
        first = basis.followed.size if basis.followed is not None else 0
        entries = room.log.read(first, count_max=ENTRIES_MAX)
        about = {entry.opening.key for entry in entries if entry.opening is not None}
        size = first + len(entries)
        found = {*self.store.booked(about, room.practice), *self._named(room, entries)}
        return Head(size, room.log.root_at(size)), sorted(found)

    def _named(self, room: Room, entries: Sequence[Entry]) -> Iterable[str]:
        """Phones of the book that a feed among the entries names: the book is looked up in the feed, being smaller."""
        feeds = room.recorder.feeds
        new = [accepted_of(entry) for entry in entries if is_feed(entry)]
        if feeds is None or not new:
            return ()
        book = self.store.phones(room.practice)
        return (phone for phone in book if any(feeds.names(one, phone) for one in new))

    def _begin(self, room: Room) -> bool:
        """See that the log goes on from where it was followed. True: it does not, and everything begins anew."""
        basis = self.store.basis(room.practice)
        head = room.log.head()
        if basis.followed is not None and _goes_on(room, basis.followed, head):
            return False
        self.store.start_over(room.practice, head, self.clock.now())
        if basis.followed is not None:
            LOGGER.warning("the %s log is not the one that was followed", "practice" if room.practice else "real")
        return basis.followed is not None

    def _learn(self, practice: bool, done: CaughtUp, on_progress: Progress | None) -> CaughtUp:
        while phones := self.store.unlearned(practice, count_max=UNLEARNED_MAX):
            done = self._look_at(practice, phones, done, on_progress)
        return done

    def _look_at(
        self, practice: bool, phones: Sequence[str], done: CaughtUp, on_progress: Progress | None = None
    ) -> CaughtUp:
        for first in range(0, len(phones), PHONES_MAX):
            some = phones[first : first + PHONES_MAX]
            done = done.and_(self._look(practice, some), entries=0, phones=len(some))
            if on_progress is not None:
                on_progress(done.phones)
        return done

    def _look(self, practice: bool, phones: Sequence[str]) -> Taken:
        """Phones of the book, wherever the log stands."""
        return self._step(practice, lambda _: (None, phones))

    def _step(self, practice: bool, plan: Callable[[Basis], tuple[Head | None, Sequence[str]]]) -> Taken:
        """One step: what to do is read after its basis, so that whatever moves meanwhile is noticed."""
        for _ in range(TRIES_MAX):
            basis = self.store.basis(practice)
            head, phones = plan(basis)
            now = self.clock.now()
            step = Step(practice, basis, head, tuple(self._standings(practice, phones, now)), now)
            taken = self.store.take(step)
            if taken is not None:
                return taken
        raise StorageError("data-locked")

    def _standings(self, practice: bool, phones: Sequence[str], now: datetime) -> Iterable[PhoneStanding]:
        room = self.room(practice)
        if room is None:
            return (PhoneStanding(phone) for phone in phones)
        heard = room.recorder.heard(phones)  # most phones of a new book were never asked about
        size_at = cache(room.recorder.size_at)  # a day is of many phones
        return (
            stand(room.recorder.entries(Imei.of_key(phone)) if known else (), phone, now=now, size_at=size_at)
            for phone, known in zip(phones, heard, strict=True)
        )


def _goes_on(room: Room, followed: Head, head: Head) -> bool:
    return followed.size <= head.size and room.log.root_at(followed.size) == followed.root
