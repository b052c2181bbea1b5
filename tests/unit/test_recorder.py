"""Recording end to end: a statement goes into the log and comes back as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import LogConflictError, StorageError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.log.entry import Sealed
from shirorom.ports.log import Head
from shirorom.service.recorder import CLOCK_BACK_S_MAX, TRIES_MAX, Recorder

IMEI = Imei.of_key("00100100000001")
START = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


def reading(imei: Imei = IMEI, mark: Mark = Mark.CLEAR, *, practice: bool = True) -> Reading:
    return Reading(
        imei=imei, carrier=CarrierId.AU, mark=mark, glyph=mark.symbol, sentence="制限なし", asked_at=START,
        channel=Channel.HAND, by="local", practice=practice,
    )  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "data", practice=True, entropy=os.urandom)
    yield log
    log.close()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def recorder(log: SqliteLog, clock: SetClock) -> Recorder:
    return Recorder(log, None, clock, os.urandom)


def test_statements_come_back_as_they_were(recorder: Recorder) -> None:
    """What was recorded is read back in order, with its place and the moment it was learned."""
    statements = [
        reading(),
        Withdrawal(IMEI, CarrierId.AU, 0, "押し間違い", START, "local"),
        Correction(IMEI, CarrierId.AU, "店頭で確認", START, "local"),
    ]
    recorded = recorder.record(statements)
    assert [r.statement for r in recorded] == statements
    assert [r.index for r in recorded] == [0, 1, 2]
    assert list(recorder.entries(IMEI)) == list(recorded)
    assert recorder.entry(1) == recorded[1]


def test_another_phone_has_nothing(recorder: Recorder) -> None:
    """A phone of which nothing was recorded has an empty history, not somebody else's."""
    recorder.record([reading()])
    assert list(recorder.entries(Imei.of_key("00100100000002"))) == []


def test_times_are_cut_to_whole_seconds(recorder: Recorder, clock: SetClock) -> None:
    """What is returned at once equals what is read later, to the second."""
    clock.at = START + timedelta(milliseconds=700)
    (recorded,) = recorder.record([replace(reading(), asked_at=START + timedelta(microseconds=5))])
    assert (recorded.recorded_at, recorded.statement) == (START, reading())
    assert list(recorder.entries(IMEI)) == [recorded]


def test_practice_and_real_are_never_mixed(recorder: Recorder, log: SqliteLog) -> None:
    """A real reading is refused by the practice log, and leaves nothing."""
    with pytest.raises(ValueError, match="two logs"):
        recorder.record([reading(Imei("490154203237518"), practice=False)])
    assert log.head().size == 0


def test_a_clock_that_went_back_is_noticed(recorder: Recorder, clock: SetClock, log: SqliteLog) -> None:
    """A clock far behind the newest entry stops recording; nothing is written under a wrong time."""
    recorder.record([reading()])
    clock.at = START - timedelta(seconds=CLOCK_BACK_S_MAX + 1)
    with pytest.raises(StorageError) as caught:
        recorder.record([reading()])
    assert (caught.value.code, log.head().size) == ("clock-backwards", 1)


def test_a_clock_a_little_behind_waits_in_its_place(recorder: Recorder, clock: SetClock) -> None:
    """A small step back is recorded at the newest entry's time: order by index and by time stay the same."""
    recorder.record([reading()])
    clock.at = START - timedelta(seconds=CLOCK_BACK_S_MAX)
    (recorded,) = recorder.record([reading()])
    assert recorded.recorded_at == START


class BusyLog:
    """A log whose every append comes second, a number of times."""

    def __init__(self, log: SqliteLog, times: int) -> None:
        self._log, self.times = log, times

    def __getattr__(self, name: str) -> object:
        return getattr(self._log, name)

    def append(self, sealed: list[Sealed], *, size_expected: int) -> Head:
        if self.times:
            self.times -= 1
            raise LogConflictError
        return self._log.append(sealed, size_expected=size_expected)


def test_a_conflict_is_tried_again(log: SqliteLog, clock: SetClock) -> None:
    """Another writer being first costs another try, not the record."""
    busy = BusyLog(log, times=3)
    Recorder(busy, None, clock, os.urandom).record([reading()])  # type: ignore[arg-type]
    assert (busy.times, log.head().size) == (0, 1)


def test_conflicts_are_not_tried_for_ever(log: SqliteLog, clock: SetClock) -> None:
    """After `TRIES_MAX` the caller is told, and nothing was recorded."""
    busy = BusyLog(log, times=TRIES_MAX)
    with pytest.raises(LogConflictError):
        Recorder(busy, None, clock, os.urandom).record([reading()])  # type: ignore[arg-type]
    assert (busy.times, log.head().size) == (0, 0)
