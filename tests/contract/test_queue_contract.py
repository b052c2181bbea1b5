"""What `ports.Queue` promises, held against every adapter; and that it holds for many clerks, threads and processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy import Table, inspect

from shirorom.adapters.desk_sql import book_tables, counter_tables, outlet_tables, watch_tables
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.queue import SqlQueue
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.desk.given import Turn
from shirorom.domain.desk.queue import LEASE, Item, Outcome, Place, Rules, Seat, Told, Wanted
from shirorom.domain.errors import RequestError, ShiroromError
from shirorom.ports.queue import NewItem, Queue
from tests.counter_kit import ANNA, AU, BEN, DOCOMO, LONG_AGO, SOFTBANK, add, device, given, open_queue, work_off
from tests.logs import START

CLERKS = 30


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    """Every adapter in turn (one so far)."""
    desk = Desk(tmp_path)
    yield SqlQueue(desk)
    desk.close()


def claim(queue: Queue, item: str, seat: Seat, carrier=AU, *, after: timedelta = timedelta(0)):
    now = START + after
    return queue.claim([(item, Place(1, carrier))], seat, now=now, until=now + LEASE)


@pytest.mark.parametrize(
    ("tables", "count"),
    [(counter_tables, 7), (watch_tables, 9), (book_tables, 2), (outlet_tables, 6)],
    ids=["counter", "watch", "book", "outlets"],
)
def test_the_schema_is_what_the_code_means(tmp_path: Path, tables: ModuleType, count: int) -> None:
    """The migrations make exactly the tables, columns and keys that the code declares."""
    desk = Desk(tmp_path)
    found = inspect(desk.engine)
    mine = [table for table in vars(tables).values() if isinstance(table, Table)]
    assert len(mine) == count
    for table in mine:
        assert {c["name"]: c["nullable"] for c in found.get_columns(table.name)} == {
            c.name: bool(c.nullable) for c in table.columns
        }
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [c.name for c in table.primary_key]
        assert {i["name"] for i in found.get_indexes(table.name)} == {i.name for i in table.indexes}
        assert len(found.get_foreign_keys(table.name)) == len(table.foreign_keys)
    desk.close()


def test_phones_stand_in_the_order_they_came(queue: Queue) -> None:
    """Oldest first, with numbers that count up in a day, and all their IMEIs."""
    add(queue, device(1, 2))
    add(queue, device(3))
    items = queue.items(since=LONG_AGO)
    assert [item.device for item in items] == [device(1, 2), device(3)]
    assert [item.number for item in items] == [1, 2]


def test_a_phone_is_not_added_twice(queue: Queue) -> None:
    """The same number again, alone or with another, points at the item that waits; a new number joins it."""
    ((first, new),) = add(queue, device(1))
    assert new
    assert [fresh for _, fresh in add(queue, device(1), device(1, 2))] == [False, False]
    (item,) = queue.items(since=LONG_AGO)
    assert (item.id, item.device) == (first.id, device(1, 2))


def test_a_phone_that_comes_back_later_is_new(queue: Queue) -> None:
    """What was closed before the day began, or removed, is no reason not to take a phone in."""
    ((first, _),) = add(queue, device(1))
    queue.close_items([first.id], LONG_AGO - timedelta(hours=1))
    ((second, new),) = add(queue, device(1))
    assert (new, second.id != first.id) == (True, True)
    queue.remove(second.id, START)
    assert [fresh for _, fresh in add(queue, device(1))] == [True]


def test_the_queue_has_an_end(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit nothing is taken in, not even a part of what came together."""
    monkeypatch.setattr("shirorom.adapters.desk_sql.queue.OPEN_MAX", 5)
    add(queue, *(device(n) for n in range(4)))
    with pytest.raises(ShiroromError) as refused:
        add(queue, device(900_001), device(900_002))
    assert refused.value.code == "queue-full"
    assert len(queue.items(since=LONG_AGO)) == 4


def test_a_place_goes_to_one(queue: Queue) -> None:
    """While a lease runs nobody else gets the place; its holder may go on; after it anybody may."""
    ((item, _),) = add(queue, device(1))
    assert claim(queue, item.id, ANNA) == (item.id, Place(1, AU))
    assert claim(queue, item.id, BEN) is None
    assert claim(queue, item.id, ANNA, after=LEASE / 2) is not None
    assert claim(queue, item.id, BEN, after=LEASE) is None  # it was renewed
    assert claim(queue, item.id, BEN, after=LEASE * 2) is not None


def test_a_page_holds_one_place(queue: Queue) -> None:
    """Who moves on in one page lets go of what that page held; another page of the same person is somebody else."""
    ((item, _),) = add(queue, device(1))
    page, other = replace(ANNA, tab="page"), replace(ANNA, tab="other")
    claim(queue, item.id, page, AU)
    assert claim(queue, item.id, other, AU) is None
    claim(queue, item.id, page, DOCOMO)
    assert [one.place.carrier for one in queue.claims(START)] == [DOCOMO]
    assert claim(queue, item.id, other, AU) is not None


def test_the_first_free_place_is_taken(queue: Queue) -> None:
    """Of several wanted, the first that nobody else holds."""
    ((item, _),) = add(queue, device(1))
    claim(queue, item.id, BEN, AU)
    wanted = [(item.id, Place(1, AU)), (item.id, Place(1, SOFTBANK))]
    assert queue.claim(wanted, ANNA, now=START, until=START + LEASE) == wanted[1]


def test_what_was_answered_meanwhile_is_not_given(queue: Queue) -> None:
    """Chosen before somebody answered it, taken after: it is not handed out a second time; an undone one is."""
    ((item, _),) = add(queue, device(1))
    seen, _ = queue.version(START)
    begin(queue, given(item))
    queue.finish(given(item).key, index=0, told=None, at=START)
    wanted = [(item.id, Place(1, AU)), (item.id, Place(1, DOCOMO))]
    until = START + LEASE
    assert queue.claim(wanted, ANNA, now=START, until=until, seen=seen) == wanted[1]
    assert queue.claim(wanted, ANNA, now=START, until=until, seen=queue.version(START)[0]) == wanted[0]
    queue.taken_back(given(item).key, START)
    assert queue.claim(wanted, ANNA, now=START, until=until, seen=seen) == wanted[0]


def test_only_the_holder_lets_go(queue: Queue) -> None:
    """Releasing what somebody else holds changes nothing."""
    ((item, _),) = add(queue, device(1))
    claim(queue, item.id, ANNA)
    queue.release(item.id, Place(1, AU), BEN)
    assert len(queue.claims(START)) == 1
    queue.release(item.id, Place(1, AU), ANNA)
    assert queue.claims(START) == []


def begin(queue: Queue, one, *, holder: str = "h", after: timedelta = timedelta(0)):
    return queue.begin(one, holder=holder, now=START + after, until=START + after + timedelta(seconds=20))


def test_a_key_has_its_turns(queue: Queue) -> None:
    """First; in progress while held; again once the hold is over, with the first attempt's words; done at the end."""
    ((item, _),) = add(queue, device(1))
    one = given(item, log_size=7)
    assert begin(queue, one).turn is Turn.FIRST
    with pytest.raises(RequestError) as refused:
        begin(queue, one)
    assert refused.value.code == "idempotency-in-progress"
    again = begin(queue, replace(one, log_size=9), after=timedelta(seconds=20))
    assert (again.turn, again.given.log_size) == (Turn.AGAIN, 7)
    queue.finish(one.key, index=7, told=True, at=START)
    done = begin(queue, one)
    assert (done.turn, done.given.index) == (Turn.DONE, 7)


def test_another_body_under_a_key_is_refused(queue: Queue) -> None:
    """Also after it is done, and also from the same person."""
    ((item, _),) = add(queue, device(1))
    begin(queue, given(item))
    queue.finish(given(item).key, index=1, told=None, at=START)
    with pytest.raises(RequestError) as refused:
        begin(queue, given(item, print="other"))
    assert refused.value.code == "idempotency-key-reused"


def test_who_gives_up_lets_others_try(queue: Queue) -> None:
    """A failed attempt frees its key at once, but only its own hold."""
    ((item, _),) = add(queue, device(1))
    begin(queue, given(item), holder="mine")
    queue.give_up(given(item).key, "another")
    with pytest.raises(RequestError):
        begin(queue, given(item))
    queue.give_up(given(item).key, "mine")
    assert begin(queue, given(item)).turn is Turn.AGAIN


def test_finishing_frees_the_place_and_counts_once(queue: Queue) -> None:
    """The place is free, the entry belongs to the key, the model is counted once however often it is finished."""
    ((item, _),) = add(queue, device(1))
    claim(queue, item.id, ANNA)
    begin(queue, given(item))
    for _ in range(2):
        assert queue.finish(given(item).key, index=3, told=True, at=START).index == 3
    assert queue.claims(START) == []
    assert set(queue.adopted(True, [2, 3])) == {3}
    assert set(queue.adopted(False, [3])) == set()
    assert queue.told(device(1).tac) == {AU: Told(1, 1)}


def test_outcomes_can_be_taken_back(queue: Queue) -> None:
    """No answer came: known until it is taken back; only what one gave oneself is one's last."""
    ((item, _),) = add(queue, device(1))
    one = given(item, outcome=Outcome.NO_ANSWER)
    begin(queue, one)
    assert queue.outcomes([item.id]) == {}  # not yet done
    queue.finish(one.key, index=None, told=None, at=START)
    assert queue.outcomes([item.id]) == {(item.id, Place(1, AU)): Outcome.NO_ANSWER}
    assert queue.last_given(item.id, 2) is None
    last = queue.last_given(item.id, 1)
    assert last is not None
    queue.taken_back(last.key, START)
    assert (queue.outcomes([item.id]), queue.last_given(item.id, 1)) == ({}, None)


def test_every_change_is_noticed(queue: Queue) -> None:
    """The version is another after each change that somebody may see, also when a lease ends; not otherwise."""
    seen = [queue.version(START)]

    def changed(at=START) -> bool:
        seen.append(queue.version(at))
        return seen[-1] not in seen[:-1]

    ((item, _),) = add(queue, device(1))
    assert changed()
    claim(queue, item.id, ANNA)
    assert changed()
    assert queue.version(START) == seen[-1]
    assert changed(START + LEASE)
    begin(queue, given(item))
    queue.finish(given(item).key, index=1, told=None, at=START)
    assert changed()
    queue.set_rules(Rules(True, frozenset({AU})))
    assert changed()
    assert queue.rules() == Rules(True, frozenset({AU}))
    queue.remove(item.id, START)
    assert changed()


def test_what_is_over_is_erased(queue: Queue) -> None:
    """With an old item goes everything that hangs on it, its numbers too; what waits stays however old it is."""
    ((old, _), (waiting, _)) = add(queue, device(1), device(2))
    begin(queue, given(old))
    queue.keep_screenshot(old.id, Place(1, AU), "0" * 64, START)
    queue.close_items([old.id], START)
    assert queue.forget(START + timedelta(seconds=1)) == 1
    assert [item.id for item in queue.items(since=LONG_AGO)] == [waiting.id]
    assert not queue.has_screenshot(old.id, Place(1, AU), "0" * 64)
    with pytest.raises(ShiroromError):
        queue.item(old.id)
    assert begin(queue, given(waiting)).turn is Turn.FIRST  # the key went too


def test_nobody_is_there(queue: Queue) -> None:
    """An item that is not there is told by its code."""
    for call in (lambda: queue.item("x"), lambda: queue.remove("x", START)):
        with pytest.raises(ShiroromError) as refused:
            call()
        assert refused.value.code == "item-not-found"


def test_thirty_clerks_share(queue: Queue) -> None:
    """Thirty people at once, in threads: every place goes to exactly one of them."""
    ids = [item.id for item, _ in add(queue, *(device(n) for n in range(30)))]
    start = threading.Barrier(CLERKS)

    def clerk(n: int) -> list[tuple[str, str]]:
        start.wait()
        return work_off(queue, Seat(n, str(n)), ids)

    with ThreadPoolExecutor(CLERKS) as pool:
        got = [one for mine in pool.map(clerk, range(CLERKS)) for one in mine]
    assert max(Counter(got).values()) == 1
    assert len(got) == 3 * len(ids)


PROGRAM = """
import json, sys
from pathlib import Path
from shirorom.domain.desk.queue import Seat
from tests.counter_kit import open_queue, work_off
queue = open_queue(Path(sys.argv[1]))
sys.stdin.readline()
print(json.dumps(work_off(queue, Seat(int(sys.argv[2]), "p"), json.loads(sys.argv[3]))))
"""


def test_processes_share(tmp_path: Path) -> None:
    """The same with three processes on one data directory."""
    ids = [item.id for item, _ in add(open_queue(tmp_path), *(device(n) for n in range(12)))]
    root = str(Path(__file__).parents[2])
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(tmp_path), str(n), json.dumps(ids)],
            cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for n in range(3)
    ]  # fmt: skip
    for one in started:
        assert one.stdin is not None
        one.stdin.write("\n")
        one.stdin.flush()
    got = [tuple(place) for one in started for place in json.loads(one.communicate(timeout=60)[0])]
    assert max(Counter(got).values()) == 1
    assert len(got) == 3 * len(ids)


# What the plan of re-checks puts there


def planned(queue: Queue, numbers: tuple[int, ...], *places: Place) -> tuple[Item, bool]:
    new = NewItem(device(*numbers), CARRIERS, Wanted(frozenset(places), START))
    (taken,) = queue.add([new], ids=[os.urandom(6).hex()], by="plan", at=START, since=LONG_AGO)
    return taken


def test_what_the_plan_wants_is_kept(queue: Queue) -> None:
    """Places and moment; a phone that a person brings has none."""
    item, new = planned(queue, (1,), Place(1, DOCOMO))
    add(queue, device(2))
    assert (new, item.wanted) == (True, Wanted(frozenset({Place(1, DOCOMO)}), START))
    assert [one.wanted for one in queue.items(since=LONG_AGO)] == [item.wanted, None]


def test_a_person_brings_a_phone_of_the_plan(queue: Queue) -> None:
    """From then on it is asked everywhere."""
    item, _ = planned(queue, (1,), Place(1, DOCOMO))
    ((same, new),) = add(queue, device(1))
    assert (same.id, new, same.wanted) == (item.id, False, None)


def test_the_plan_takes_nothing_off_a_person(queue: Queue) -> None:
    """A phone that somebody brought stays asked everywhere, also when the plan wants it."""
    ((item, _),) = add(queue, device(1))
    same, new = planned(queue, (1,), Place(1, DOCOMO))
    assert (same.id, new, same.wanted) == (item.id, False, None)


def test_the_plan_of_today_replaces_an_older_one(queue: Queue) -> None:
    """What it wants now, at the number that is meant, in whatever order the numbers stand."""
    planned(queue, (1, 2), Place(1, DOCOMO))
    same, new = planned(queue, (2, 1), Place(1, AU), Place(2, SOFTBANK))
    assert not new
    assert same.wanted == Wanted(frozenset({Place(2, AU), Place(1, SOFTBANK)}), START)


def test_many_are_removed_at_once(queue: Queue) -> None:
    """With what was held there; one that is not there is passed over."""
    ids = [item.id for item, _ in add(queue, device(1), device(2), device(3))]
    claim(queue, ids[0], ANNA)
    queue.remove_items([*ids[:2], "none"], START)
    assert [item.id for item in queue.items(since=LONG_AGO)] == ids[2:]
    assert queue.claims(START) == []
