"""Exactly one alert for each change of the record, in any order of readings, withdrawals, imports, kills, rebuilds."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.alerts import Alert, AlertEvent, alert_kind
from shirorom.domain.desk.stock import Status
from shirorom.domain.fold import JST
from shirorom.domain.history import Change, LocatedChange, beginning_of, located_changes
from shirorom.domain.mark import Mark
from shirorom.domain.notice import NoticeKind
from shirorom.log.entry import decode_entry
from shirorom.ports.log import Head
from tests.feed_kit import notice
from tests.logs import imei
from tests.watch_kit import World

PHONES = (1, 2)
Act = tuple[Any, ...]
Told = tuple[int, CarrierId, int, date | None]
phones = st.sampled_from(PHONES)
reading = st.tuples(st.just("read"), phones, st.sampled_from(Mark), st.integers(-20, -1))
booking = st.tuples(st.just("book"), phones, st.booleans(), st.booleans())
acts = st.one_of(
    reading, reading, reading, reading,
    booking,
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
    st.tuples(st.just("withdraw"), st.integers(0, 5)),
    st.tuples(st.just("correct"), phones),
    st.tuples(st.just("follow"), st.booleans()),
    st.tuples(st.just("follow"), st.booleans()),
    st.tuples(st.just("learn"), phones),
    st.tuples(st.just("declare"), phones, st.sampled_from(NoticeKind), st.none() | st.integers(1, 3)),
    st.tuples(st.just("declare"), phones, st.just(NoticeKind.RESTRICTED), st.integers(1, 3)),
    st.tuples(st.just("night"), st.integers(1, 2)),
    st.just(("killed",)),
    st.just(("rebuild",)),
)  # fmt: skip


class KilledError(RuntimeError):
    """The process ends here."""


def die(*_: object) -> None:
    raise KilledError


class History:
    """One history. The oracle is `domain/history.py` on the record as it stands, from each phone's first unit on."""

    def __init__(self, world: World) -> None:
        self.world, self.other = world, world.another()
        self.first: dict[int, int] = {}
        self.hands: list[tuple[int, int]] = []
        self.told: Counter[tuple[AlertEvent, int]] = Counter()

    def run(self, acts: Sequence[Act]) -> None:
        for name, *details in acts:
            act: Callable[..., None] = getattr(self, name)
            act(*details)
            self.never_two_of_one_change()
        self.follow(other=False)

    def read(self, n: int, mark: Mark, at_h: int) -> None:
        """An answer, asked at any time."""
        self.hands.append((n, self.world.read(n, mark, at_h=at_h)))

    def declare(self, n: int, kind: NoticeKind, ahead: int | None) -> None:
        """A carrier's word, perhaps for a day ahead."""
        day = None if ahead is None else self.world.clock.at.astimezone(JST).date() + timedelta(days=ahead)
        self.world.declare(notice(n, kind, effective_on=day))

    def night(self, count: int) -> None:
        """Days go by."""
        self.world.clock.at += timedelta(days=count)

    def withdraw(self, back: int) -> None:
        """One of them is taken back."""
        if back < len(self.hands):
            self.world.withdraw(*self.hands.pop(-1 - back))

    def correct(self, n: int) -> None:
        """A person accepts a correction."""
        self.world.correct(n)

    def book(self, n: int, again: bool, sold: bool) -> None:
        """A unit comes to the book, or stands elsewhere in it, or the same phone comes again under another key."""
        self.first.setdefault(n, self.world.size)
        status = Status.SOLD if sold else Status.STOCK
        self.world.unit(f"{n}-{again}", n, status=status, sold_on="2026-01-01" if sold else None)

    def follow(self, other: bool) -> None:
        """One of two followers catches up."""
        self._count((self.other if other else self.world.follower).catch_up().events)

    def learn(self, n: int) -> None:
        """After an import, before anything was followed."""
        self._count(self.world.follower.learn([imei(n).key], practice=True).events)

    def killed(self) -> None:
        """The process dies before the step is whole."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("shirorom.adapters.desk_sql.watch._write_learned", die)
            patched.setattr("shirorom.adapters.desk_sql.watch._follow", die)
            try:
                self.world.follow()
            except KilledError:
                return

    def rebuild(self) -> None:
        """The log that was followed is not this one."""
        self.world.store.start_over(True, Head(self.world.size, b"\1" * 32), self.world.clock.at)

    def _count(self, events: Sequence[tuple[AlertEvent, Alert]]) -> None:
        self.told.update((event, alert.seq) for event, alert in events)

    def never_two_of_one_change(self) -> None:
        """At no moment, also of those that were taken back; numbered without gaps; raised once each."""
        alerts = self.world.alerts()
        places = [(alert.imei.key, alert.carrier, alert.index, alert.day) for alert in alerts]
        assert len(set(places)) == len(places)
        assert [alert.seq for alert in alerts] == list(range(1, len(alerts) + 1))
        assert all(count == 1 for (event, _), count in self.told.items() if event is AlertEvent.RAISED)

    def changes(self) -> dict[Told, Change]:
        """What there is to tell, by phone, carrier, entry and day."""
        today = self.world.clock.at.astimezone(JST).date()
        return {
            (n, found.change.carrier, found.index, found.day): found.change
            for n in self.first
            for found in located_changes(self.world.recorder.entries(imei(n)), by=today)
            if self.came(found) >= self.first[n]
        }

    def came(self, found: LocatedChange) -> int:
        """Entries that the log had by then."""
        if found.day is None:
            return found.index
        begins, count = beginning_of(found.day), self.world.size
        return sum(decode_entry(self.world.log.entry(n).entry).at < begins for n in range(count))


@given(done=st.lists(acts, min_size=8, max_size=24))
@settings(max_examples=30, deadline=None)
def test_exactly_one_alert_for_each_change(done: list[Act]) -> None:
    """Once everything is followed, the alerts that stand are the changes of the record and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        try:
            history = History(world)
            history.run([("book", 1, False, False), *done, ("follow", False), ("night", 3)])
            stand = [alert for alert in world.alerts() if alert.retracted_at is None]
            told = {(int(one.imei.key[7:]), one.carrier, one.index, one.day): one.change for one in stand}
            assert told == history.changes()
            assert all(one.kind is alert_kind(one.change.from_, one.change.to) for one in stand)
        finally:
            world.close()
