"""T13 at its count: 100,000 histories of notices, told in one order or another, twice, or split, mean the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import Feed, FeedKind, Manifest
from shirorom.domain.fold import Recorded, fold
from shirorom.domain.imei import Imei
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.log.feed import DECLARES, GROUNDS, NO_CHECK_DIGIT, ROW_BYTES
from shirorom.log.feed_rows import notice_of
from shirorom.ports.log import Head
from shirorom.register.fold import RECORD
from shirorom.register.keys import Keys
from shirorom.register.values import CODES
from shirorom.service.feeds import Accepted
from shirorom.service.publish_register import PublishRegister
from shirorom.service.register_notices import FeedNotices
from tests import register_kit as kit
from tests.logs import SetClock, imei
from tests.scale import scaled

CARRIERS = (CarrierId.DOCOMO, CarrierId.AU)
PHONES = 50_000
"""One history of each at either carrier: the 100,000 that T13 asks for, in every run; `make soak` takes more."""
NOTICES_MAX = 5
ROUNDS = scaled(20)
DAYS = (kit.DAY, kit.DAY + timedelta(days=1), kit.DAY + timedelta(days=9))
BLOCK_ROWS = 1_024
_GROUNDED = [DECLARES.index(NoticeKind.RESTRICTED), DECLARES.index(NoticeKind.LIFTED)]
_SOME_GROUNDS = [GROUNDS.index(ground) for ground in (None, Ground.UNPAID, Ground.THEFT_OR_FRAUD)]

Records: TypeAlias = NDArray[Any]
"""Rows of feeds (`register.fold.RECORD`)."""


def histories(chance: np.random.Generator) -> Records:
    """Of each phone up to five notices of any kind, ground and day: phone after phone, each's in their order."""
    phones = np.repeat(np.arange(PHONES), chance.integers(0, NOTICES_MAX + 1, PHONES))
    count = len(phones)
    made = np.zeros(count, RECORD)
    made["key"], made["row"], made["check"] = int(imei(0).key) + phones, np.arange(1, count + 1), NO_CHECK_DIGIT
    made["declares"] = chance.integers(0, len(DECLARES), count)
    grounded = np.isin(made["declares"], _GROUNDED)
    made["ground"] = np.where(grounded, chance.choice(_SOME_GROUNDS, count), GROUNDS.index(None))
    ahead = kit.DAY.toordinal() + chance.integers(-2, 4, count)
    made["effective_on"] = np.where(chance.random(count) < 0.6, 0, ahead)
    return made


@dataclass
class Heard:
    """A log that holds feeds and nothing else; their rows are in memory, where the product has segments."""

    origin: str = kit.ORIGIN
    practice: bool = True
    kept: list[Accepted] = field(default_factory=list)
    rows: dict[str, bytes] = field(default_factory=dict)

    def head(self) -> Head:
        return Head(len(self.kept), self.root_at(len(self.kept)))

    def root_at(self, size: int) -> bytes:
        return bytes([size]) * 32

    def feed(self, carrier: CarrierId, records: Records) -> None:
        """The carrier's next one; its first is a full list."""
        sequence, name = len(self.of(carrier)), f"{len(self.kept):064x}"
        kind = FeedKind.DELTA if sequence else FeedKind.FULL
        manifest = Manifest(carrier, kind, sequence, len(records), bytes(32), self.practice, kit.AS_OF)
        feed = Feed(manifest, len(records), bytes(32), name, None, None, "test")
        self.kept.append(Accepted(len(self.kept), kit.AS_OF, feed))
        self.rows[name] = records.tobytes()

    def accepted(self) -> Sequence[Accepted]:
        return self.kept

    def of(self, carrier: CarrierId) -> Sequence[Accepted]:
        return [one for one in self.kept if one.feed.carrier is carrier]

    @property
    def segments(self) -> Heard:
        return self

    def blocks(self, name: str) -> Iterator[bytes]:
        size = BLOCK_ROWS * ROW_BYTES
        yield from (self.rows[name][start : start + size] for start in range(0, len(self.rows[name]), size))


class World:
    """A log and the register that is made of it."""

    def __init__(self, directory: Path) -> None:
        self.heard: Any = Heard()
        self.files = RegisterFiles(directory, self.heard, SetClock(kit.AS_OF))
        self.publish: Any = PublishRegister(self.heard, FeedNotices(self.heard), self.files, delta_share=1)

    def codes(self, on: date) -> NDArray[np.uint8]:
        """What is answered of each phone, by carrier."""
        return self.files.current().codes(all_phones(), carriers=CARRIERS, on=on)


def all_phones() -> Keys:
    return np.arange(PHONES, dtype=np.uint64) + np.uint64(int(imei(0).key))


def split(records: Records, parts: int, chance: np.random.Generator) -> list[Records]:
    """Records in so many feeds, each phone's in their order, the phones themselves in any."""
    cuts = chance.integers(0, parts, len(records))
    cuts = cuts[np.lexsort((cuts, records["key"]))]  # of each phone ascending
    mixed = np.argsort(chance.random(PHONES)[(records["key"] - int(imei(0).key)).astype(np.intp)], kind="stable")
    return [records[mixed][cuts[mixed] == part] for part in range(parts)]


def folded(told: Sequence[Records], chance: Random) -> NDArray[np.uint8]:
    """The oracle: each history alone by the fold of one phone, its notices shuffled and some of them twice."""
    codes = np.zeros((PHONES, len(CARRIERS)), np.uint8)
    at = kit.AS_OF
    for n, (carrier, records) in enumerate(zip(CARRIERS, told, strict=True)):
        by_phone: list[list[Recorded]] = [[] for _ in range(PHONES)]
        first, whole = int(imei(0).key), records.tobytes()
        for place, key in enumerate(records["key"].tolist()):
            one = notice_of(whole[place * ROW_BYTES : (place + 1) * ROW_BYTES], carrier, 0, practice=True)
            by_phone[key - first].append(Recorded(place, at, one))
        for phone, entries in enumerate(by_phone):
            mixed = entries + entries[: chance.randrange(len(entries) + 1)]
            chance.shuffle(mixed)
            whose = entries[0].statement.imei if entries else Imei.of_key(f"{first + phone:014d}")
            state = fold(mixed, carrier=carrier, imei=whose, as_of=at, enrolled=True)
            assert state.book is not None
            codes[phone, n] = CODES[state.book]
    return codes


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_no_history_depends_on_how_it_was_told(tmp_path: Path, seed: int) -> None:
    """By one list; in six feeds, some notices twice, with registers whole and in deltas between; or phone by phone."""
    chance = np.random.default_rng(seed)
    told = [histories(chance) for _ in CARRIERS]
    once, often = World(tmp_path / "once"), World(tmp_path / "often")
    for carrier, records in zip(CARRIERS, told, strict=True):
        once.heard.feed(carrier, records)
    once.publish()
    parts = [split(np.repeat(one, chance.integers(1, 3, len(one))), 3, chance) for one in told]
    made = []
    for feeds in zip(*reversed(parts), strict=True):
        for carrier, records in zip(reversed(CARRIERS), feeds, strict=True):
            often.heard.feed(carrier, records)
            made.append(often.publish().whole)
    assert made == [True, True, False, False, False, False]  # each carrier's first list, then deltas
    assert np.array_equal(once.codes(kit.DAY), folded(told, Random(seed)))
    for day in DAYS:
        assert np.array_equal(once.codes(day), often.codes(day))
