"""The register while time passes and feeds come: followed by readers, made anew by whoever serves, never too old."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.feed import FeedKind
from shirorom.domain.mark import Mark, VerdictKind
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.service.follow_feeds import FollowFeeds
from tests.feed_kit import notice, restricted
from tests.register_world import World, phones

DOCOMO, AU = CarrierId.DOCOMO, CarrierId.AU


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    made.feed(DOCOMO, [restricted(1), notice(2), notice(3, NoticeKind.INSTALMENTS_STARTED)], FeedKind.FULL)
    made.publish()
    yield made
    made.close()


@pytest.mark.parametrize("hours", [1, 23, 25, 24 * 7, 24 * 365])
def test_an_old_book_never_decides_alone(world: World, hours: int) -> None:
    """T12: nothing is published for so long. ○ and － past the limit decide nothing, △ and × stay, both marked old."""
    world.take.clock.at += timedelta(hours=hours)
    said = world.lookup(phones(1, 2, 3, 4))
    old = hours > 23  # the feed was made half an hour before
    cells = [one.cells[0] for one in said]
    assert [cell.stale for cell in cells] == [old] * 4
    assert [cell.mark for cell in cells] == [Mark.RESTRICTED, Mark.CLEAR, Mark.CAUTION, Mark.NO_RECORD]
    assert [one.verdict.so_far for one in said] == [
        Mark.RESTRICTED, None if old else Mark.CLEAR, Mark.CAUTION, None if old else Mark.NO_RECORD
    ]  # fmt: skip
    written = ["restricted", "" if old else "clear", "caution", "" if old else "no-record"]
    assert [one.words.marks[0] for one in said] == written
    assert all(one.verdict.kind in (VerdictKind.RESTRICTED, VerdictKind.UNDETERMINED) for one in said)


def test_a_register_past_its_limit_is_refused(world: World) -> None:
    """T12: it is not answered from at all; phones are folded, which says how old each answer is."""
    world.take.clock.at += timedelta(hours=25)
    with pytest.raises(StorageError) as error:
        world.files.current()
    assert error.value.code == "register-stale"
    assert not world.lookup.sight(practice=True).by_register


def test_who_serves_publishes_what_others_took_in(tmp_path: Path, world: World) -> None:
    """A feed that came by another process is in the register soon, without a restart; what is current is left alone."""
    other = World(tmp_path)
    follow = FollowFeeds(lambda: (world.feeds, world.publish), "practice", between_s=0.01)

    async def until_published() -> None:
        task = asyncio.create_task(follow())
        try:
            await asyncio.sleep(0.05)
            assert world.files.current().stamp.log.size == 1
            other.feed(DOCOMO, [restricted(2)])
            async with asyncio.timeout(20):
                while world.files.current().stamp.log.size < 2:  # noqa: ASYNC110  # a file tells nobody
                    await asyncio.sleep(0.01)
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    asyncio.run(until_published())
    other.close()
    assert world.lookup.sight(practice=True).by_register
    assert world.lookup(phones(2))[0].verdict.so_far is Mark.RESTRICTED


def test_a_failure_is_tried_again(world: World) -> None:
    """A full disk ends nothing: the next look tries again."""
    world.feed(DOCOMO, [restricted(2)])
    failing = [StorageError("storage-full")]
    real = world.files.publish

    def once(base: bytes) -> object:
        if failing:
            raise failing.pop()
        return real(base)

    world.files.publish = once  # type: ignore[method-assign,assignment]
    follow = FollowFeeds(lambda: (world.feeds, world.publish), "practice")
    with pytest.raises(StorageError):
        follow.step()
    follow.step()
    assert world.files.current().stamp.log.size == 2


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 5), st.sampled_from(list(NoticeKind)), st.sampled_from([Ground.UNPAID, Ground.OTHER])
    ),
    min_size=1, max_size=6,
)  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(EVENTS, st.data())
def test_what_came_twice_or_was_published_between_means_nothing(
    events: list[tuple[int, NoticeKind, Ground]], data: st.DataObject
) -> None:
    """T13: the same notices, some of them twice, published in between or not, give the same marks.

    A few histories through everything, from a feed's file to a look-up; their number is `test_register_histories.py`'s.
    """
    told = []
    for _ in range(2):
        with TemporaryDirectory() as directory:
            world = World(Path(directory))
            world.feed(AU, [], FeedKind.FULL)
            for n, kind, ground in events:
                grounded = kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
                one = notice(n, kind, ground=ground if grounded else None)
                world.feed(AU, [one])
                if data.draw(st.booleans()):
                    world.publish(whole=data.draw(st.booleans()))
                if data.draw(st.booleans()):
                    world.feed(AU, [one])  # the same once more
            told.append([one.words for one in world.lookup(phones(*range(1, 7)))])
            world.close()
    assert told[0] == told[1]
