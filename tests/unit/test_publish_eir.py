"""The register of what a network refuses: as the rule says of each phone, from notices alone, never taken for marks."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CarrierId
from shirorom.domain.enforcement import Enforced, Enforcement, enforcement
from shirorom.domain.errors import ShiroromError, StorageError
from shirorom.domain.feed import FeedKind
from shirorom.domain.fold import RecordedNotice
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.domain.policy import Policy
from shirorom.log.feed import DECLARES, GROUNDS, RECORD
from shirorom.register.build import build
from shirorom.register.enforced import AHEAD, ENFORCED, NOT_ENFORCED, UNDETERMINED, fold_enforced, restrictions
from shirorom.register.format import Layout, MalformedRegisterError, Purpose, unseal
from shirorom.register.rows import EPOCH
from shirorom.service.follow_feeds import FollowFeeds
from shirorom.service.publish_eir import PublishAll, PublishEir, eir_said
from shirorom.service.publish_register import PublishRegister
from shirorom.service.register_notices import FeedNotices
from tests.feed_kit import Importer, Publisher, lifted, notice, restricted
from tests.logs import START, imei, reading
from tests.register_kit import DAY
from tests.unit.cli_house import Shop, shop
from tests.unit.test_enforcement import IN_FORCE, REPORT, SHARED, VOLUNTARY

__all__ = ["shop"]

AU, DOCOMO = CarrierId.AU, CarrierId.DOCOMO
PUBLISHERS = {AU: Publisher(AU, "au.test/feed"), DOCOMO: Publisher()}
GROUNDED = (NoticeKind.RESTRICTED, NoticeKind.LIFTED)
SAID = st.tuples(
    st.integers(0, 3),
    st.sampled_from([NoticeKind.RESTRICTED, NoticeKind.RESTRICTED, NoticeKind.LIFTED, NoticeKind.REGISTERED]),
    st.none() | st.sampled_from([Ground.UNPAID, Ground.THEFT_OR_FRAUD, Ground.COMPENSATION]),
    st.none() | st.integers(-3, 3),
    st.none() | st.integers(0, 300),
)


def told(carrier: CarrierId, n: int, said: tuple[int, NoticeKind, Ground | None, int | None, int | None]) -> Notice:
    phone, kind, ground, ahead, ago = said
    return Notice(
        kind, imei(phone), carrier, ground if kind in GROUNDED else None,
        None if ahead is None else DAY + timedelta(days=ahead),
        None if ago is None else DAY - timedelta(days=ago), n, practice=True,
    )  # fmt: skip


def record(one: Notice) -> bytes:
    days = (0 if day is None else day.toordinal() for day in (one.effective_on, one.purchased_on))
    place, ground = DECLARES.index(one.kind), GROUNDS.index(one.ground)
    return RECORD.pack(int(one.imei.key), 1, 15, place, ground, *days)


def row_of(said: Enforced) -> tuple[int, int]:
    """The oracle's word as code and day."""
    if said.from_ is not None:
        return ENFORCED, (said.from_ - EPOCH).days
    return [NOT_ENFORCED, UNDETERMINED, ENFORCED][list(Enforcement).index(said.now)], 0


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([VOLUNTARY, REPORT, IN_FORCE, SHARED]), st.lists(SAID, max_size=12), st.lists(SAID, max_size=12))
def test_columns_say_what_the_rule_says(policy: Policy, of_au: list[tuple], of_docomo: list[tuple]) -> None:  # type: ignore[type-arg]
    """Of every phone, whatever was restricted, lifted, announced or named by whom: code and day are the oracle's."""
    notices = {
        carrier: [told(carrier, n, one) for n, one in enumerate(some)]
        for carrier, some in ((AU, of_au), (DOCOMO, of_docomo))
    }
    rows = fold_enforced(
        [(carrier, restrictions([b"".join(map(record, some))], DAY)) for carrier, some in notices.items()],
        lambda *asked: enforcement(policy, AU, *asked),
        AU,
        DAY,
    )
    mine = {int(key): (int(code), int(day)) for key, code, day in zip(rows.keys, rows.marks, rows.days, strict=True)}
    for phone in range(4):
        ordered = [
            [RecordedNotice(0, START, one) for one in some if one.imei == imei(phone)] for some in notices.values()
        ]
        expected = row_of(eir_said(policy, AU, ordered, DAY))
        assert mine.get(int(imei(phone).key), (NOT_ENFORCED, 0)) == expected


class World:
    """A practice log with feeds, and the registers of what au's network refuses."""

    def __init__(self, data: Path) -> None:
        self.data, self.take = data, Importer(data)
        for publisher in PUBLISHERS.values():
            self.take.keys.add(publisher.key())
        feeds = self.take.room.recorder.feeds
        assert feeds is not None
        self.notices = FeedNotices(feeds)

    def feed(self, carrier: CarrierId, *notices: Notice, sequence: int = 0) -> None:
        kind = FeedKind.DELTA if sequence else FeedKind.FULL
        self.take(PUBLISHERS[carrier].feed(notices, sequence, kind), carrier)

    def files(self, policy: Policy = VOLUNTARY) -> RegisterFiles:
        purpose = Purpose(policy.id, AU)
        return RegisterFiles(self.data / policy.id, self.take.room.log, self.take.clock, purpose=purpose)

    def publish(self, policy: Policy = VOLUNTARY) -> None:
        log = self.take.room.log
        PublishEir(log, self.notices, self.notices.blocks, self.files(policy), policy, AU)()

    def codes(self, policy: Policy = VOLUNTARY, on: date | None = None) -> list[int]:
        keys = np.array([int(imei(n).key) for n in range(1, 6)], np.uint64)
        return [int(value) for value in self.files(policy).current().values(keys, on=on)]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.take.close()


TOMORROW = (START + timedelta(days=1)).date()
THEFT = Ground.THEFT_OR_FRAUD


def hear(world: World) -> None:
    """au: 1 unpaid, 2 theft, 3 from tomorrow, 5 lifted again; docomo: 4 theft."""
    ahead = notice(3, NoticeKind.RESTRICTED, ground=THEFT, effective_on=TOMORROW)
    world.feed(AU, restricted(1), restricted(2, THEFT), ahead, restricted(5))
    world.feed(AU, lifted(5), sequence=1)
    world.feed(DOCOMO, restricted(4, THEFT))


def test_what_is_published_is_what_a_reader_answers(world: World) -> None:
    """By custom and by the report; what lies ahead is refused from its day on, by the same file."""
    hear(world)
    world.publish(VOLUNTARY)
    world.publish(REPORT)
    assert world.codes(VOLUNTARY) == [ENFORCED, ENFORCED, AHEAD, NOT_ENFORCED, NOT_ENFORCED]
    assert world.codes(VOLUNTARY, TOMORROW) == [ENFORCED, ENFORCED, ENFORCED, NOT_ENFORCED, NOT_ENFORCED]
    assert world.codes(REPORT) == [UNDETERMINED, ENFORCED, AHEAD, UNDETERMINED, NOT_ENFORCED]


def test_readings_are_never_in_it(world: World) -> None:
    """A × that was read, or a ○ of a restricted phone: the same phones, the same codes."""
    hear(world)
    world.publish()
    before, size = world.codes(), world.take.size
    said = [(4, Mark.RESTRICTED), (1, Mark.CLEAR), (5, Mark.RESTRICTED)]
    world.take.room.recorder.record([replace(reading(n, mark), carrier=AU) for n, mark in said])
    world.publish()
    assert world.take.size > size
    assert (world.codes(), world.files().current().stamp.log.size) == (before, world.take.size)


def test_a_network_that_is_not_enrolled_has_none(world: World) -> None:
    """Otherwise every phone of its own carrier would be fit to connect."""
    world.feed(DOCOMO, restricted(4))
    with pytest.raises(ShiroromError) as refused:
        world.publish()
    assert refused.value.code == "eir-not-enrolled"


def test_it_follows_the_feeds(world: World) -> None:
    """Beside the register of marks, once the network's own carrier is enrolled; until then it is not due."""
    log, clock = world.take.room.log, world.take.clock
    marks = PublishRegister(log, world.notices, RegisterFiles(world.data / "marks", log, clock))
    eir = PublishEir(log, world.notices, world.notices.blocks, world.files(), VOLUNTARY, AU)
    feeds = world.take.room.recorder.feeds
    assert feeds is not None
    follow = FollowFeeds(lambda: (feeds, PublishAll(marks, [eir])), "practice")
    world.feed(DOCOMO, restricted(4))
    follow.step()
    assert (marks.is_current(0), (world.data / VOLUNTARY.id).exists()) == (True, False)
    world.feed(AU, restricted(1))
    follow.step()
    assert world.codes()[0] == ENFORCED
    world.feed(AU, lifted(1), sequence=1)
    follow.step()
    assert world.codes()[0] == NOT_ENFORCED


def test_it_is_not_taken_for_marks_nor_marks_for_it(world: World) -> None:
    """Nor another policy's for this one's: each reader refuses what is for something else."""
    hear(world)
    world.publish()
    log, clock = world.take.room.log, world.take.clock
    PublishRegister(log, world.notices, RegisterFiles(world.data / "marks", log, clock))()
    purposes = (None, Purpose(REPORT.id, AU), Purpose(VOLUNTARY.id, DOCOMO))
    readers = [RegisterFiles(world.data / VOLUNTARY.id, log, clock, purpose=purpose) for purpose in purposes]
    readers.append(RegisterFiles(world.data / "marks", log, clock, purpose=Purpose(VOLUNTARY.id, AU)))
    for reader in readers:
        with pytest.raises(StorageError) as refused:
            reader.current()
        assert refused.value.code == "register-foreign"


def test_older_readers_refuse_it(world: World) -> None:
    """Its version is another one; a file that lies about that is refused by us too."""
    hear(world)
    world.publish()
    (path,) = (world.data / VOLUNTARY.id).glob("r-*.reg")
    content = path.read_bytes()
    assert struct.unpack_from("<8sI", content) == (b"SHIROREG", 2)
    opened = unseal(content)
    assert opened.stamp.purpose == Purpose(VOLUNTARY.id, AU)
    assert [one.carrier for one in opened.stamp.carriers] == [AU]  # who is not heard by custom is not in it
    with pytest.raises(MalformedRegisterError):
        unseal(content[:8] + struct.pack("<I", 1) + content[12:])
    bare = build(world.notices.rows(opened.stamp), replace(opened.stamp, purpose=None), Layout.COMPACT)
    assert struct.unpack_from("<8sI", bare) == (b"SHIROREG", 1)


def test_the_command(shop: Shop, tmp_path: Path) -> None:
    """`publish --eir` makes it beside the register of marks; an unknown policy, a network without list are refused."""
    shop.configure("hand")
    path = tmp_path / "docomo.ndjson"
    key = shop.call("practice", "--feed", str(path), "--carrier", "docomo", "--json").json["key"]
    shop.call("carrier", "key", "add", key, "--carrier", "docomo", "--practice")
    shop.call("import", str(path), "--carrier", "docomo")
    made = shop.call("publish", "--practice", "--eir", "docomo", "--json")
    (one,) = made.json["eir"]
    assert (made.status, one["network"], one["policy"], one["phones"] > 0) == (0, "docomo", "voluntary-2016", True)
    assert (shop.directory / "register" / "practice" / "eir-voluntary-2016-docomo" / "CURRENT").exists()
    (base,) = (shop.directory / "register" / "practice" / "eir-voluntary-2016-docomo").glob("r-*.reg")
    assert shop.call("fsck").status == 0
    base.write_bytes(base.read_bytes()[:-1])
    assert [found["what"] for found in shop.call("fsck", "--json").json["logs"][1]["findings"]] == ["eir-differs"]
    assert shop.call("publish", "--practice", "--eir", "docomo").status == 0
    assert shop.call("fsck").status == 0
    assert shop.call("publish", "--practice", "--eir", "au", "--json").problem["code"] == "eir-not-enrolled"
    call = ("publish", "--practice", "--eir", "docomo", "--policy", "nobodys", "--json")
    assert shop.call(*call).problem["code"] == "config-invalid"
