"""The register that is published says of every phone and day what the fold of its notices says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.fold import JST, Recorded, RecordedNotice, fold
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.ports.log import Head
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.keys import Keys
from shirorom.register.rows import Row, Rows
from shirorom.register.values import CODES, UNDETERMINED
from shirorom.service import publish_register
from shirorom.service.publish_register import PublishRegister, said
from tests import register_kit as kit
from tests.logs import SetClock, imei

GROUNDED = (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
PHONES = [imei(n) for n in range(1, 5)]


class FakeLog:
    """As many entries as there are notices."""

    origin, practice, size = kit.ORIGIN, True, 0

    def head(self) -> Head:
        return Head(self.size, self.root_at(self.size))

    def root_at(self, size: int) -> bytes:
        return bytes([size]) * 32


class ListedNotices:
    """Notices in a list; two carriers are enrolled, read up to a moment that is set."""

    def __init__(self) -> None:
        self.kept: list[RecordedNotice] = []
        self.at = kit.AS_OF
        self.carriers = (CarrierId.DOCOMO, CarrierId.AU)

    def enrolled(self, *, size: int) -> Sequence[Enrolled]:
        return [Enrolled(carrier, self.at) for carrier in self.carriers]

    def rows(self, stamp: Stamp, *, only: Keys | None = None) -> Rows:
        rows: list[Row] = []
        for n, carrier in sorted({(one.notice.imei.key, one.notice.carrier) for one in self._before(stamp.log.size)}):
            if carrier in stamp.enrolled and (only is None or int(n) in only.tolist()):
                ordered = sorted(self.of(n, carrier, size=stamp.log.size), key=lambda one: one.notice.sequence)
                rows.append((int(n), carrier, *said(ordered, stamp.day)))
        return Rows.of(rows)

    def of(self, key: str, carrier: CarrierId, *, size: int) -> Iterable[RecordedNotice]:
        return [one for one in self._before(size) if (one.notice.imei.key, one.notice.carrier) == (key, carrier)]

    def touched(self, *, since: int, size: int, after: date, until: date) -> Keys:
        found = set()
        for one in self._before(size):
            day = one.notice.effective_on
            if one.index >= since or (day is not None and after < day <= until):
                found.add(int(one.notice.imei.key))
        return np.array(sorted(found), np.uint64)

    def _before(self, size: int) -> list[RecordedNotice]:
        return [one for one in self.kept if one.index < size]


class World:
    """One log, its notices, its register in a directory."""

    def __init__(self, directory: Path, **how: int) -> None:
        self.log: Any = FakeLog()
        self.notices = ListedNotices()
        self.clock = SetClock(kit.AS_OF)
        self.files = RegisterFiles(directory / "register", self.log, self.clock)
        self.publish = PublishRegister(self.log, self.notices, self.files, **how)

    def hear(self, n: int, carrier: CarrierId, kind: NoticeKind, day: date | None = None, *, sequence: int = 0) -> None:
        ground = Ground.UNPAID if kind in GROUNDED else None
        notice = Notice(kind, PHONES[n], carrier, ground, day, None, sequence or self.log.size, True)
        self.notices.kept.append(RecordedNotice(self.log.size, self.notices.at, notice))
        self.log.size += 1

    def later(self, days: int) -> None:
        self.notices.at += timedelta(days=days)
        self.clock.at = self.notices.at

    def folded(self, n: int, on: date) -> tuple[int, ...]:
        """What the fold says of a phone at the end of a day."""
        entries = [Recorded(one.index, one.recorded_at, one.notice) for one in self.notices.kept]
        at = datetime(on.year, on.month, on.day, 23, tzinfo=JST)
        codes = []
        for carrier in CARRIERS:
            state = fold(entries, carrier=carrier, imei=PHONES[n], as_of=at, enrolled=carrier in self.notices.carriers)
            known = state.book is not None and carrier in self.notices.carriers
            codes.append(CODES[state.book] if known and state.book is not None else UNDETERMINED)
        return tuple(codes)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


HEARD = st.tuples(
    st.integers(0, 3),
    st.sampled_from([CarrierId.DOCOMO, CarrierId.AU, CarrierId.RAKUTEN]),
    st.sampled_from(list(NoticeKind)),
    st.none() | st.integers(-2, 5),
)


@settings(max_examples=25, deadline=None)
@given(
    rounds=st.lists(st.tuples(st.integers(0, 1), st.lists(HEARD, max_size=5), st.booleans()), max_size=4),
    share=st.sampled_from([0, 1]),  # a delta each time, or until it is as large as its base
    few=st.sampled_from([0, 100]),  # changed phones folded by columns, or one by one
)
def test_it_says_what_the_fold_says(rounds: list[tuple[int, list[Any], bool]], share: int, few: int) -> None:
    """After every publication, whole or as a delta, each phone's marks on that day are those of the fold."""
    with TemporaryDirectory() as directory, patch.object(publish_register, "ONE_BY_ONE", few):
        world = World(Path(directory), delta_share=share)
        for days, heard, whole in rounds:
            world.later(days)
            today = world.clock.at.astimezone(JST).date()
            for n, carrier, kind, ahead in heard:
                world.hear(n, carrier, kind, None if ahead is None else today + timedelta(days=ahead))
            world.publish(whole=whole)
            register = world.files.current()
            for n, phone in enumerate(PHONES):
                assert register.answer(int(phone.key)) == world.folded(n, today)


def test_few_changes_are_a_delta(world: World) -> None:
    """What one phone's notice touches is folded, and nothing else, and readers see it at once."""
    for n in range(40):
        notice = Notice(NoticeKind.REGISTERED, imei(n + 1), CarrierId.DOCOMO, None, None, None, n, True)
        world.notices.kept.append(RecordedNotice(n, kit.AS_OF, notice))
    world.log.size = 40
    first = world.publish()
    world.hear(0, CarrierId.DOCOMO, NoticeKind.RESTRICTED)
    second = world.publish()
    assert first is not None
    assert second is not None
    assert [(one.size, one.folded, one.whole) for one in (first, second)] == [(40, 40, True), (41, 1, False)]
    assert world.files.current().answer(int(PHONES[0].key)) == world.folded(0, kit.DAY)


def test_a_new_carrier_makes_a_whole_one(world: World) -> None:
    """A delta cannot hold a carrier that its base does not: everything is folded anew."""
    world.hear(0, CarrierId.RAKUTEN, NoticeKind.REGISTERED)
    world.publish()
    before = world.files.current().answer(int(PHONES[0].key))
    world.notices.carriers = CARRIERS
    published = world.publish()
    assert published is not None
    assert published.whole
    assert (before[3], world.files.current().answer(int(PHONES[0].key))[3]) == (UNDETERMINED, 1)


def test_without_enrolled_carriers_there_is_none(world: World) -> None:
    """Where no carrier publishes, nothing is: not even an empty register that would answer no-record."""
    world.notices.carriers = ()
    assert world.publish() is None


def test_the_other_world_is_refused(world: World) -> None:
    """A real notice in a practice register: nothing is published."""
    for n in range(20):
        notice = Notice(NoticeKind.REGISTERED, imei(n + 1), CarrierId.DOCOMO, None, None, None, n, True)
        world.notices.kept.append(RecordedNotice(n, kit.AS_OF, notice))
    world.log.size = 20
    world.publish()
    before = world.files.current()
    real = replace(world.notices.kept[0].notice, sequence=99)
    object.__setattr__(real, "practice", False)  # which no notice of a test number can be
    world.notices.kept.append(RecordedNotice(20, kit.AS_OF, real))
    world.log.size = 21
    with pytest.raises(ValueError, match="practice"):
        world.publish()
    assert world.files.current() is before
