"""What every log promises (ports.log.Log). One suite; each adapter joins by one line in `ADAPTERS`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.errors import LogConflictError, ShiroromError, StorageError
from shirorom.log.entry import NO_DEVICE, DeviceHead, seal
from shirorom.log.tree import EMPTY_ROOT, Frontier, grow, leaf_hash, verify_inclusion
from shirorom.ports.log import Head, Log
from tests import postgres_kit
from tests.logs import START, imei, reading, recorder_of, sealed

Open = Callable[[], Log]


def _sqlite(folder: Path, practice: bool) -> Log:
    return SqliteLog(folder / "data", practice=practice, entropy=os.urandom)


def _postgres(folder: Path, practice: bool) -> Log:
    return postgres_kit.open_log(folder / "data", postgres_kit.database_of(folder), practice=practice)


ADAPTERS: dict[str, Callable[[Path, bool], Log]] = {"postgres": _postgres, "sqlite": _sqlite}


@pytest.fixture(params=sorted(ADAPTERS))
def open_log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[..., Log]]:
    """Opens the one log of this test, as often as asked: each time as another process would."""
    opened: list[Log] = []

    def open_one(practice: bool = True) -> Log:
        opened.append(ADAPTERS[request.param](tmp_path, practice))
        return opened[-1]

    yield open_one
    for log in opened:
        log.close()


@pytest.fixture
def log(open_log: Open) -> Log:
    return open_log()


def test_a_new_log_is_empty(log: Log) -> None:
    """No entries, the root of nothing, no device."""
    assert log.head() == Head(0, EMPTY_ROOT)
    assert list(log.device_heads([imei().key])) == [NO_DEVICE]
    assert list(log.device(imei().key)) == []
    assert list(log.read(0, count_max=9)) == []


def test_entries_are_read_back_in_order(log: Log) -> None:
    """By index, by range and by device: the same entries, with their openings."""
    some = sealed(log, 1, 2, 1)
    log.append(some, size_expected=0)
    read = log.read(0, count_max=9)
    assert [(e.index, e.entry, e.opening) for e in read] == [(i, s.entry, s.opening) for i, s in enumerate(some)]
    assert list(log.device(imei(1).key)) == [read[0], read[2]]
    assert log.entry(1) == read[1]


def test_the_root_is_that_of_rfc_6962(log: Log) -> None:
    """Head after each append: the count of entries, and the root over exactly them."""
    entries: list[bytes] = []
    for n in range(1, 9):
        some = sealed(log, *range(n))
        head = log.append(some, size_expected=len(entries))
        entries += [one.entry for one in some]
        assert head == Head(len(entries), grow(Frontier(), map(leaf_hash, entries))[0].root) == log.head()


@pytest.mark.parametrize("size", [1, 6, 11])
def test_every_entry_has_its_proof_in_every_tree_that_held_it(log: Log, size: int) -> None:
    """Proofs lead to the root that the log had at a size, also after it grew; of a size to come there are none."""
    log.append(sealed(log, *range(1, size + 1)), size_expected=0)
    root = log.head().root
    log.append(sealed(log, 20, 21, 22), size_expected=size)
    proofs = log.proofs(range(size), size=size)
    leaves = [leaf_hash(log.entry(index).entry) for index in range(size)]
    assert all(verify_inclusion(leaves[n], n, size, proofs[n], root) for n in range(size))
    with pytest.raises(ValueError, match="never had"):
        log.proofs([0], size=size + 4)


def test_an_earlier_root_is_known_again(log: Log) -> None:
    """The root of every size that it ever had; a size that it has not is no size of it."""
    roots = [log.head().root]
    for n in range(9):
        roots.append(log.append(sealed(log, n), size_expected=n).root)
    assert [log.root_at(size) for size in range(10)] == roots
    with pytest.raises(ShiroromError) as refused:
        log.root_at(10)
    assert refused.value.code == "entry-not-found"


def test_a_read_is_bounded(log: Log) -> None:
    """No more entries than asked for, none beyond the end."""
    log.append(sealed(log, 1, 2, 3), size_expected=0)
    assert [entry.index for entry in log.read(1, count_max=1)] == [1]
    assert [entry.index for entry in log.read(2, count_max=9)] == [2]
    assert list(log.read(3, count_max=9)) == []


@pytest.mark.parametrize("index", [-1, 1, 10**6])
def test_an_entry_that_is_not_there_is_said_so(log: Log, index: int) -> None:
    """Its own code, so that nobody takes it for damage."""
    log.append(sealed(log, 1), size_expected=0)
    with pytest.raises(ShiroromError) as caught:
        log.entry(index)
    assert caught.value.code == "entry-not-found"


def test_a_stale_writer_is_refused(log: Log) -> None:
    """A writer with an old size changes nothing, so two writers cannot fork the log."""
    first, second = sealed(log, 1), sealed(log, 2)
    log.append(first, size_expected=0)
    with pytest.raises(LogConflictError):
        log.append(second, size_expected=0)
    assert [entry.entry for entry in log.read(0, count_max=9)] == [first[0].entry]


def test_a_writer_ahead_is_refused(log: Log) -> None:
    """A size that the log never had is a conflict as well."""
    with pytest.raises(LogConflictError):
        log.append(sealed(log, 1), size_expected=1)
    assert log.head().size == 0


def test_a_log_opened_again_is_the_same(open_log: Open) -> None:
    """Name, head, entries and device heads outlive the process."""
    log = open_log()
    log.append(sealed(log, 1, 2, 1), size_expected=0)
    before = (log.origin, log.head(), log.read(0, count_max=9), log.device_heads([imei(1).key]))
    log.close()
    again = open_log()
    assert (again.origin, again.head(), again.read(0, count_max=9), again.device_heads([imei(1).key])) == before


def test_what_another_process_appended_is_seen(open_log: Open) -> None:
    """By every way of reading, also of a device that was read just before."""
    ours, theirs = open_log(), open_log()
    ours.append(sealed(ours, 1), size_expected=0)
    assert len(theirs.device(imei(1).key)) == 1
    ours.append(sealed(ours, 1, 2), size_expected=1)
    assert theirs.head() == ours.head()
    assert [entry.index for entry in theirs.device(imei(1).key)] == [0, 1]
    assert theirs.entry(2) == ours.entry(2)
    theirs.append(sealed(theirs, 2), size_expected=3)
    assert [entry.index for entry in ours.device(imei(2).key)] == [2, 3]


def test_a_device_head_says_what_the_next_must_carry(log: Log) -> None:
    """The count so far, and the newest leaf; in the order asked, also for a device asked twice."""
    log.append(sealed(log, 1, 2, 1), size_expected=0)
    newest = leaf_hash(log.entry(2).entry)
    other = leaf_hash(log.entry(1).entry)
    asked = [imei(n).key for n in (1, 3, 2, 1)]
    heads = [DeviceHead(2, newest), NO_DEVICE, DeviceHead(1, other), DeviceHead(2, newest)]
    assert list(log.device_heads(asked)) == heads


def test_phones_from_an_entry_on(log: Log) -> None:
    """Those of every entry, or of the newer ones alone."""
    log.append(sealed(log, 1, 2, 1, 3), size_expected=0)
    assert set(log.keys(0)) == {int(imei(n).key) for n in (1, 2, 3)}
    assert set(log.keys(2)) == {int(imei(n).key) for n in (1, 3)}
    assert list(log.keys(4)) == []


def test_a_thousand_heads_at_once(log: Log) -> None:
    """More devices than one statement of any engine takes."""
    log.append(sealed(log, *range(1_200)), size_expected=0)
    heads = log.device_heads([imei(n).key for n in range(1_300)])
    assert [head.count for head in heads] == [1] * 1_200 + [0] * 100


def test_all_or_none(log: Log) -> None:
    """A batch whose last entry does not fit leaves nothing of the others."""
    good, bad = sealed(log, 1, 2)
    broken = replace(bad, opening=replace(bad.opening, counter=5))
    with pytest.raises(ValueError, match="chain"):
        log.append([good, broken], size_expected=0)
    assert log.head() == Head(0, EMPTY_ROOT)
    assert list(log.device(imei(1).key)) == []


@pytest.mark.parametrize("change", [{"counter": 0}, {"counter": 2}, {"previous": bytes(32)}, {"previous": b"x" * 32}])
def test_an_opening_that_does_not_continue_its_chain_is_refused(log: Log, change: dict[str, object]) -> None:
    """A gap, a repetition or another predecessor never gets into a device's history."""
    log.append(sealed(log, 1), size_expected=0)
    (one,) = sealed(log, 1)
    with pytest.raises((ValueError, StorageError)):
        log.append([replace(one, opening=replace(one.opening, **change))], size_expected=1)  # type: ignore[arg-type]
    assert log.head().size == 1


def test_time_never_goes_back(log: Log) -> None:
    """An entry before the newest one is refused; one of the same second is not."""
    log.append(sealed(log, 1), size_expected=0)
    log.append(sealed(log, 2), size_expected=1)
    with pytest.raises(StorageError) as caught:
        log.append(sealed(log, 3, at=START - timedelta(seconds=1)), size_expected=2)
    assert caught.value.code == "clock-backwards"
    assert log.head().size == 2


def test_time_never_goes_back_within_a_batch(log: Log) -> None:
    """The order by index and the order by time are one."""
    later, earlier = sealed(log, 1, at=START + timedelta(seconds=1)), sealed(log, 2)
    with pytest.raises(StorageError) as caught:
        log.append([*later, *earlier], size_expected=0)
    assert caught.value.code == "clock-backwards"


def test_real_and_practice_are_two_logs(open_log: Callable[..., Log]) -> None:
    """They have different names, so no entry of one is an entry of the other; each says which it is."""
    real, practice = open_log(False), open_log(True)
    practice.append(sealed(practice, 1), size_expected=0)
    assert (real.practice, practice.practice) == (False, True)
    assert real.origin != practice.origin
    assert real.head().size == 0


def test_an_opening_of_another_log_opens_nothing(open_log: Callable[..., Log]) -> None:
    """An entry sealed for one log is damage in another: it is not returned."""
    real, practice = open_log(False), open_log(True)
    (one,) = sealed(practice, 1)
    foreign = seal(practice.origin, "reading", START, one.opening)
    real.append([foreign], size_expected=0)
    with pytest.raises(StorageError) as caught:
        real.device(imei(1).key)
    assert caught.value.code == "log-corrupt"


def test_closing_twice_is_closing_once(log: Log) -> None:
    """close() may be called by every owner."""
    log.close()
    log.close()


def test_threads_write_one_after_another(log: Log) -> None:
    """Many threads with one recorder: every record is there once, chains without a gap."""
    recorder, numbers = recorder_of(log), [n % 3 for n in range(60)]

    def work(part: list[int]) -> None:
        for n in part:
            recorder.record([reading(n)])

    _in_threads([lambda part=numbers[i::4]: work(part) for i in range(4)])
    assert log.head().size == 60
    assert [len(log.device(imei(n).key)) for n in range(3)] == [20, 20, 20]


def test_two_recorders_never_fork(open_log: Open) -> None:
    """Two writers on one log: each try that comes second is made again, and both end with the same tree."""
    ours, theirs = open_log(), open_log()
    _in_threads([
        lambda log=log: [recorder_of(log).record([reading(1)]) for _ in range(25)] and None for log in (ours, theirs)
    ])  # fmt: skip
    assert ours.head() == theirs.head()
    assert [entry.opening.counter for entry in ours.device(imei(1).key) if entry.opening] == list(range(50))


def test_readers_go_on_beside_a_writer(log: Log) -> None:
    """What is read while others write is always a whole, verified history."""
    recorder, sizes = recorder_of(log), []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            sizes.append(len(log.device(imei(1).key)))

    def write() -> None:
        try:
            for _ in range(50):
                recorder.record([reading(1)])
        finally:
            stop.set()

    _in_threads([read, write])
    assert sizes == sorted(sizes)
    assert len(log.device(imei(1).key)) == 50


def _in_threads(works: list[Callable[[], None]]) -> None:
    """Run all at once; the first failure of any is the test's."""
    failures: list[BaseException] = []

    def guarded(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 it is raised again below
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
