"""What `ports.watch.Watch` promises, held against every adapter (one so far)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from shirorom.domain.desk.alerts import AlertKind
from shirorom.domain.desk.standing import PhoneStanding
from shirorom.domain.desk.stock import Status
from shirorom.domain.errors import RequestError
from shirorom.ports.log import Head
from shirorom.ports.watch import AlertFilter, Basis, DayCount, Step
from tests.logs import START, imei
from tests.watch_kit import AU, BATSU, BOU, DOCOMO, MARU, SANKAKU, World

ROOT = b"\2" * 32


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.fixture
def told(world: World) -> World:
    """Three alerts: freed in one shop, restricted and an anomaly in another."""
    world.unit("A-1", 1)
    world.unit("B-1", 2, store="池袋", person="佐藤")
    for n, marks in ((1, (SANKAKU, MARU)), (2, (MARU, BATSU, MARU))):
        for mark in marks:
            world.read(n, mark)
    world.follow()
    return world


def test_nothing_was_followed_yet(world: World) -> None:
    """No place in any log."""
    assert (world.store.basis(True), world.store.basis(False)) == (Basis(None, 0), Basis(None, 0))
    assert world.store.started_over_at(True) is None


def test_a_step_on_another_basis_is_refused(world: World) -> None:
    """Another place in the log, or another book: nothing is written."""
    world.unit("A-1", 1)
    basis = world.store.basis(True)
    step = Step(True, basis, Head(0, ROOT), (PhoneStanding(imei(1).key),), START)
    assert world.store.take(replace(step, basis=replace(basis, book=basis.book + 1))) is None
    assert world.store.take(replace(step, basis=replace(basis, followed=Head(1, ROOT)))) is None
    assert world.store.basis(True) == basis
    assert world.store.take(step) is not None
    assert world.store.basis(True).followed == Head(0, ROOT)


def test_phones_of_units_that_changed_are_to_be_learned(world: World) -> None:
    """New ones, and those that stand elsewhere; none once they were looked at."""
    world.unit("A-1", 1, 2)
    assert sorted(world.store.unlearned(True, count_max=9)) == [imei(1).key, imei(2).key]
    assert len(world.store.unlearned(True, count_max=1)) == 1
    assert list(world.store.unlearned(False, count_max=9)) == []
    world.follow()
    assert list(world.store.unlearned(True, count_max=9)) == []
    world.unit("A-1", 1, 2)
    assert list(world.store.unlearned(True, count_max=9)) == []  # as it was
    world.unit("A-1", 1, 2, status=Status.GONE)
    assert len(world.store.unlearned(True, count_max=9)) == 2


def test_practice_and_real_do_not_meet(world: World) -> None:
    """A unit of the one world is in no step of the other."""
    world.unit("A-1", 1)
    assert set(world.store.booked([imei(1).key], True)) == {imei(1).key}
    assert set(world.store.booked([imei(1).key], False)) == set()


def test_alerts_are_listed_by_their_number(told: World) -> None:
    """After a cursor, and so many; the newest first when asked."""
    assert [one.seq for one in told.alerts()] == [1, 2, 3]
    assert [one.seq for one in told.store.alerts(AlertFilter(), after=1, count_max=1)] == [2]
    assert [one.seq for one in told.store.alerts(AlertFilter(), newest=True, count_max=2)] == [3, 2]


@pytest.mark.parametrize(
    ("which", "seqs"),
    [
        (AlertFilter(kinds=frozenset({AlertKind.RESTRICTED})), [2]),
        (AlertFilter(stores=frozenset({"渋谷"})), [1]),
        (AlertFilter(persons=frozenset({"佐藤", "田中"})), [1, 2, 3]),
        (AlertFilter(keys=frozenset({"B-1"}), kinds=frozenset({AlertKind.ANOMALY})), [3]),
        (AlertFilter(practice=False), []),
        (AlertFilter(since=START + timedelta(days=1)), []),
    ],
)
def test_alerts_are_found_by_what_they_say(told: World, which: AlertFilter, seqs: list[int]) -> None:
    """All that is given must hold."""
    assert [one.seq for one in told.alerts(which)] == seqs


def test_who_handled_it_first_stands(told: World) -> None:
    """Open alerts are counted; one that is dealt with is not, and keeps who said so first."""
    assert told.store.open_counts() == {
        (True, AlertKind.FREED): 1, (True, AlertKind.RESTRICTED): 1, (True, AlertKind.ANOMALY): 1,
    }  # fmt: skip
    told.store.handle([2], by="Anna", note="電話した", at=START)
    (alert,) = told.store.handle([2], by="Ben", note="", at=START + timedelta(days=1))
    assert (alert.handled_by, alert.note, alert.handled_at) == ("Anna", "電話した", START)
    assert [one.seq for one in told.alerts(AlertFilter(open=True))] == [1, 3]


def test_what_is_not_there_is_said_so_and_nothing_is_handled(told: World) -> None:
    """All or none."""
    for act in (lambda: told.store.alert(9), lambda: told.store.handle([1, 9], by="x", note="", at=START)):
        with pytest.raises(RequestError) as refused:
            act()
        assert refused.value.code == "alert-not-found"
    assert told.store.alert(1).handled_at is None


def test_changed_cells_come_once_each(told: World) -> None:
    """By their cursor; a cell that changes again comes again, whole, with its unit."""
    first = told.store.changed_cells(after=0, count_max=99)
    assert [(one.key, one.standing.carrier, one.standing.mark) for one in first] == [
        ("A-1", AU, MARU), ("B-1", AU, BATSU),
    ]  # fmt: skip
    assert told.store.changed_cells(after=first[-1].version, count_max=99) == []
    told.read(1, BOU, carrier=DOCOMO)
    told.follow()
    (again,) = told.store.changed_cells(after=first[-1].version, count_max=99)
    assert (again.key, again.standing.carrier, again.standing.mark, again.number) == ("A-1", DOCOMO, BOU, 1)


def test_units_are_counted_by_what_their_cells_show(told: World) -> None:
    """Four cells a number make a unit whole; what is gone is not counted."""
    told.unit("C-1", 3, status=Status.GONE)
    told.unit("D-1", 4, status=Status.SOLD)
    found = {(one.status, one.marks, one.whole): one.units for one in told.store.unit_marks()}
    assert found == {
        (Status.STOCK, frozenset({MARU}), False): 1,
        (Status.STOCK, frozenset({BATSU}), False): 1,
        (Status.SOLD, frozenset(), False): 1,
    }


def test_a_day_is_counted_anew(world: World) -> None:
    """The last count of a day stands in the place of those before it."""
    day = date(2026, 11, 23)
    one = DayCount(True, day, Status.STOCK, "clear", 3)
    world.store.count_day([one, replace(one, verdict="caution")])
    world.store.count_day([replace(one, day=day + timedelta(days=1)), replace(one, day=day, units=4)])
    assert world.store.days(since=day) == [replace(one, units=4), replace(one, day=day + timedelta(days=1))]
    assert [count.day for count in world.store.days(since=day + timedelta(days=1))] == [day + timedelta(days=1)]


PROGRAM = """
import json, sys
from pathlib import Path
from tests.watch_kit import World
world = World(Path(sys.argv[1]))
sys.stdin.readline()
events = [(event.value, alert.seq) for event, alert in world.follow().events]
print(json.dumps(events))
"""


def test_processes_that_follow_at_once_raise_each_alert_once(world: World, tmp_path: Path) -> None:
    """Three processes on one record: together they raise every alert, and none twice."""
    world.follow()
    for n in range(1, 31):
        world.unit(f"A-{n}", n)
        world.read(n, SANKAKU)
        world.read(n, MARU)
    root = Path(__file__).resolve().parents[2]
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path)],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(3)
    ]  # fmt: skip
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    told = [tuple(event) for one in started for event in json.loads(one.communicate(timeout=60)[0])]
    assert sorted(told) == [("raised", seq) for seq in range(1, 31)]
    assert len(world.alerts()) == 30
