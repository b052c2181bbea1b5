"""A practice room whose register is made from its feeds: what tests of the register and of look-ups share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Device
from shirorom.domain.notice import Notice
from shirorom.domain.verdict import Cell
from shirorom.service.lookup import Lookup
from shirorom.service.publish_register import PublishRegister
from shirorom.service.register_notices import FeedNotices
from shirorom.service.room import Rooms
from shirorom.service.screen_answers import Known, Said
from shirorom.service.settings import Settings
from tests.feed_kit import Importer, Publisher
from tests.logs import imei

PUBLISHERS = {CarrierId.AU: Publisher(CarrierId.AU, "au.test/feed"), CarrierId.DOCOMO: Publisher()}


class World:
    """A data directory with feeds, readings, and a register that is published when the test says so."""

    def __init__(self, data: Path) -> None:
        self.take = Importer(data, shrink_max=1.0)
        known = {one.known.key for one in self.take.keys.all()}
        for publisher in PUBLISHERS.values():
            if publisher.signer.key not in known:
                self.take.keys.add(publisher.key())
        rooms = Rooms(Settings(), packaged_facts(), lambda _: self.take.room)
        self.files = RegisterFiles(data / "register", self.take.room.log, self.take.clock)
        feeds = self.take.room.recorder.feeds
        assert feeds is not None
        self.feeds = feeds
        self.publish = PublishRegister(self.take.room.log, FeedNotices(feeds), self.files)
        self.lookup = Lookup(rooms, self.take.clock, lambda _: self.files)
        self.plainly = lambda devices: Known(rooms, self.take.clock)(devices)

    def feed(self, carrier: CarrierId, notices: Sequence[Notice], kind: FeedKind = FeedKind.DELTA) -> None:
        """The carrier's next feed, made half an hour ago."""
        made_at = self.take.clock.at - timedelta(minutes=30)
        sequence = len(self.feeds.of(carrier))
        self.take(PUBLISHERS[carrier].feed(notices, sequence, kind, made_at=made_at), carrier)

    def same(self, devices: Sequence[Device]) -> None:
        """That each phone is answered as by the fold of what is recorded of it."""
        assert [alike(one) for one in self.lookup(devices)] == [alike(one) for one in self.plainly(devices)]

    def close(self) -> None:
        self.take.close()


def alike(said: Said) -> Said:
    """Without whose number it is and which entry is behind it."""

    def bare(cell: Cell) -> Cell:
        return replace(cell, imei=imei(1), index=None)

    return replace(said, cells=tuple(map(bare, said.cells)))


def phones(*numbers: int) -> list[Device]:
    return [Device((imei(n),)) for n in numbers]
