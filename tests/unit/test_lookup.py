"""Many phones looked up by the register: the same answers as phone by phone, whatever came in which order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.register.keyset import KeySet
from shirorom.service.lookup import Sight
from tests.feed_kit import notice, restricted
from tests.logs import imei, reading
from tests.register_world import World, phones

AU, DOCOMO = CarrierId.AU, CarrierId.DOCOMO
GROUNDED = (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
ALL = [*phones(*range(1, 9)), Device((imei(1), imei(2))), Device((imei(3), imei(8)))]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


SAID = st.tuples(
    st.integers(1, 7), st.sampled_from(list(NoticeKind)), st.none() | st.sampled_from([Ground.UNPAID, Ground.OTHER])
)
HEARD = st.lists(SAID, max_size=4, unique_by=lambda one: one[:2])
STEP = st.one_of(
    st.tuples(st.sampled_from(list(FeedKind)), st.sampled_from([AU, DOCOMO]), HEARD),
    st.tuples(st.just("read"), st.integers(1, 8), st.sampled_from(list(Mark))),
    st.tuples(st.just("publish"), st.booleans(), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 30), st.none()),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(STEP, max_size=9))
def test_the_register_answers_as_the_record_does(steps: list[tuple[Any, Any, Any]]) -> None:
    """Feeds, readings, publications and time in any order: each phone's answer is the one that the fold gives."""
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        for what, one, other in steps:
            match what:
                case FeedKind():
                    if what is FeedKind.FULL or world.feeds.of(one):  # a first delta follows nothing
                        said = [notice(n, kind, ground=g if kind in GROUNDED else None) for n, kind, g in other]
                        world.feed(one, said, what)
                case "read":
                    world.take.room.recorder.record([replace(reading(one, other), asked_at=world.take.clock.at)])
                case "publish":
                    world.publish(whole=one)
                case "wait":
                    world.take.clock.at += timedelta(hours=one)
            world.same(ALL)
        world.close()


def test_most_phones_are_told_by_the_register(world: World) -> None:
    """With a register and without readings no phone is folded."""
    world.feed(DOCOMO, [restricted(1), notice(2)], FeedKind.FULL)
    world.publish()
    sight = world.lookup.sight(practice=True)
    sight._folded = None  # type: ignore[assignment,method-assign]  # whoever folds now fails
    said = [one.words.marks[0] for one in sight.of(phones(1, 2, 3))]
    assert (sight.by_register, said) == (True, ["restricted", "clear", "no-record"])


def test_a_notice_counts_before_it_is_in_the_register(world: World) -> None:
    """Between a feed and the next publication its phones are answered from the feed itself, all others as before."""
    world.feed(DOCOMO, [notice(1), notice(2)], FeedKind.FULL)
    world.publish()
    world.feed(DOCOMO, [restricted(1)])
    sight = world.lookup.sight(practice=True)
    assert sight.by_register
    assert [one.verdict.so_far for one in sight.of(phones(1, 2))] == [Mark.RESTRICTED, Mark.CLEAR]


def test_one_phone_is_answered_as_many_are(world: World) -> None:
    """The short way for a single number gives the same answers."""
    world.feed(DOCOMO, [restricted(1), notice(2)], FeedKind.FULL)
    world.publish()
    world.feed(DOCOMO, [notice(3, NoticeKind.INSTALMENTS_STARTED)])
    world.take.room.recorder.record([reading(4)])
    sight: Sight = world.lookup.sight(practice=True)
    keys = [int(imei(n).key) for n in range(1, 7)]
    assert [sight.id_of(key) for key in keys] == sight.ids(np.array(keys, np.uint64)).tolist()


def test_coarse_answers_are_few(world: World) -> None:
    """However many phones were read at however many moments, there are as many answers as there are kinds of them."""
    for n in range(1, 30):
        at = world.take.clock.at - timedelta(seconds=n)
        world.take.room.recorder.record([replace(reading(n), asked_at=at)])
    sight = world.lookup.sight(practice=True, coarse=True)
    keys = np.array([int(imei(n).key) for n in range(1, 30)], np.uint64)
    assert len(set(sight.ids(keys).tolist())) == 1


def test_where_no_feed_ever_came_the_unheard_are_alike(world: World) -> None:
    """A shop's own readings are folded, all others get one answer; from the first feed on they are told apart again."""
    world.take.room.recorder.record([replace(reading(2), asked_at=world.take.clock.at)])
    sight, folded = world.lookup.sight(practice=True), []
    fold = sight._folded
    sight._folded = lambda some: (folded.append(len(some)), fold(some))[1]  # type: ignore[assignment,method-assign]
    ids = sight.ids(np.array([int(imei(n).key) for n in range(1, 200)], np.uint64))
    assert (sum(folded), len(set(ids.tolist())), ids[1] != ids[0]) == (2, 2, True)
    world.feed(DOCOMO, [restricted(3)], FeedKind.FULL)
    world.same(phones(*range(1, 200)))


def test_nothing_is_asked_twice_in_one_moment(world: World) -> None:
    """A second request at the same second, of an unchanged record, gets the same sight; after a reading another."""
    world.feed(DOCOMO, [notice(1)], FeedKind.FULL)
    first = world.lookup.sight(practice=True)
    again = world.lookup.sight(practice=True)
    world.take.room.recorder.record([reading(1)])
    assert (first is again, world.lookup.sight(practice=True) is first) == (True, False)


KEYS = st.integers(0, 10**14 - 1)


@given(st.sets(KEYS, max_size=60), st.lists(KEYS, max_size=40))
def test_a_key_set_is_exact(kept: set[int], others: list[int]) -> None:
    """What is in it is found, what is not is not: at once, one by one, and after it has grown."""
    keys = np.array(sorted(kept), np.uint64)
    asked = [*kept, *others]
    column = np.array(asked, np.uint64)
    wanted = [n for n, key in enumerate(asked) if key in kept]
    grown = KeySet(keys[::2]).with_more(np.concatenate((keys[::-1], keys[:3])))  # in any order, with repeats
    for one in (KeySet(keys), grown):
        assert one.among(column).tolist() == wanted
        assert [one.has(key) for key in asked] == [key in kept for key in asked]
