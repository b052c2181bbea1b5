"""T2, T5 for the register: whatever ends its publication, there is the older one or the newer one, and it is right."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from shirorom.adapters.durable import TEMPORARY_SUFFIX
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.feed import FeedKind
from tests.faults.log_run import calls_of, command, run, spread, traced
from tests.faults.test_log_failing_disk import in_small_disk
from tests.feed_kit import notice, restricted
from tests.register_world import World, phones
from tests.scale import scaled

PLACES = 200


def prepared(data: Path, *, whole: bool) -> Path:
    """A register of forty phones is out; one of them was restricted since (or all were, which makes a whole one)."""
    data.mkdir(mode=0o700)
    world = World(data)
    world.feed(CarrierId.DOCOMO, [notice(n) for n in range(1, 41)], FeedKind.FULL)
    world.publish()
    world.feed(CarrierId.DOCOMO, [restricted(n) for n in (range(1, 41) if whole else (1,))])
    world.close()
    return data


def left(data: Path) -> tuple[bool, bool]:
    """Whether one more publication mends what was left (it answers right before), and whether it was the newer one."""
    world = World(data)
    newer = world.files.current().stamp.log.size == 2
    world.same(phones(*range(1, 45)))
    world.publish()
    world.same(phones(*range(1, 45)))
    mended = world.files.current().stamp.log.size == 2 and world.lookup.sight(practice=True).by_register
    world.close()
    return mended, newer


@pytest.mark.parametrize("whole", [False, True])
def test_a_kill_at_any_call_leaves_one_register(tmp_path: Path, whole: bool) -> None:
    """T2: killed at the n-th call to the disk, readers have the older register or the newer one, and answer right."""
    trace, before = tmp_path / "trace", prepared(tmp_path / "before", whole=whole)
    places = calls_of(command("publish", copytree(before, tmp_path / "clean")), trace)
    ended_early, states = 0, set()
    for call, n in spread(places, scaled(PLACES)):
        data = copytree(before, tmp_path / f"{call}-{n}")
        said = traced(
            command("publish", data), trace, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}"
        )
        ended_early += not said.done
        mended, newer = left(data)
        assert mended, (call, n)
        assert newer or not said.done
        states.add(newer)
    assert ended_early > 0
    assert states == {False, True}


def test_a_full_disk_leaves_the_older_register(tmp_path: Path) -> None:
    """T5: `storage-full`; the older register goes on answering, no part is left, and with room it is published."""
    place = tmp_path / "place"
    place.mkdir()
    source = prepared(tmp_path / "data", whole=True)
    then = (f"cp -a {source} {place}/data",)
    said = run(in_small_disk(place, "1600k", command("publish", place / "data", "--ballast"), *then))
    assert said.lines == ["fail storage-full", "register 1", "parts 0", "register 2", "done"]


def test_a_file_that_is_no_register_answers_nothing(tmp_path: Path) -> None:
    """A pointer that was cut off: its register is refused, phones are folded one by one, and a publication mends it."""
    data = prepared(tmp_path / "data", whole=False)
    pointer = data / "register" / "CURRENT"
    pointer.write_bytes(pointer.read_bytes()[:-20])
    world = World(data)
    with pytest.raises(StorageError) as error:
        world.files.current()
    assert error.value.code == "register-corrupt"
    world.same(phones(*range(1, 45)))
    assert not world.lookup.sight(practice=True).by_register
    world.publish()
    assert world.lookup.sight(practice=True).by_register
    assert not list((data / "register").glob(f"*{TEMPORARY_SUFFIX}"))
    world.close()
