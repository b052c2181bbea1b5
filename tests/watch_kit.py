"""What the tests of alerts share: a book in a data directory of its own, a record to follow, and the oracle."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from shirorom.adapters.carrier_keys import FileCarrierKeys
from shirorom.adapters.desk_file import NAME
from shirorom.adapters.desk_sql.counter_rows import ms_of
from shirorom.adapters.desk_sql.database import Desk
from shirorom.adapters.desk_sql.watch import SqlWatch
from shirorom.adapters.desk_sql.watch_tables import NUMBERS, UNITS, WATCH
from shirorom.adapters.feed_file import NdjsonFeed
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.segments import FileSegments
from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.alerts import Alert
from shirorom.domain.desk.stock import Status
from shirorom.domain.feed import FeedKind
from shirorom.domain.fold import JST
from shirorom.domain.history import Change, changes
from shirorom.domain.mark import Mark
from shirorom.domain.notice import Notice
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.ports.watch import EVERYTHING, AlertFilter
from shirorom.service.feeds import Feeds
from shirorom.service.import_feed import ImportFeed
from shirorom.service.recorder import Recorder
from shirorom.service.room import Room
from shirorom.service.watch_days import Days
from shirorom.service.watch_follow import CaughtUp, Follower
from tests.feed_kit import Publisher
from tests.logs import START, SetClock, imei

AU, DOCOMO = CarrierId.AU, CarrierId.DOCOMO
MARU, SANKAKU, BATSU, BOU = Mark.CLEAR, Mark.CAUTION, Mark.RESTRICTED, Mark.NO_RECORD


def put_unit(
    desk: Desk, key: str, *numbers: int, since: int = 0, status: Status = Status.STOCK, store: str = "渋谷",
    person: str = "田中", sold_on: str | None = None, practice: bool = True, at: datetime = START,
) -> None:  # fmt: skip
    """Write one unit as the book does: in one transaction that raises its version. A known key keeps its `since`."""
    row = {
        "status": status.value, "store": store, "person": person, "model": "", "receipt": "", "warranty": "",
        "sold_on": sold_on, "changed_at": ms_of(at),
    }  # fmt: skip
    with desk.writing() as db:
        known = db.execute(select(UNITS.c.seq).where(UNITS.c.key == key)).scalar_one_or_none()
        if known is None:
            new = insert(UNITS).values(key=key, practice=practice, since=since, **row)
            known = db.execute(new).inserted_primary_key[0]
        else:
            db.execute(update(UNITS).where(UNITS.c.seq == known).values(row))
            db.execute(delete(NUMBERS).where(NUMBERS.c.unit == known))
        rows = [
            {"unit": known, "number": n, "imei": imei(one).digits, "phone": imei(one).key}
            for n, one in enumerate(numbers, 1)
        ]
        db.execute(insert(NUMBERS), rows)
        db.execute(update(WATCH).values(book_version=WATCH.c.book_version + 1))


@cache
def _empty_desk() -> bytes:
    """The database as a new shop has it: the steps to it are run once, not for each test."""
    with tempfile.TemporaryDirectory() as folder:
        desk = Desk(Path(folder) / "data")
        desk.copy_to(Path(folder) / "copy")
        desk.close()
        return (Path(folder) / "copy").read_bytes()


@dataclass
class World:
    """A data directory with the practice record, the book and a follower."""

    data: Path
    clock: SetClock = field(default_factory=SetClock)

    def __post_init__(self) -> None:
        if not (self.data / NAME).exists():
            self.data.mkdir(mode=0o700, exist_ok=True)
            self.data.chmod(0o700)
            (self.data / NAME).write_bytes(_empty_desk())
            (self.data / NAME).chmod(0o600)
        self.desk = Desk(self.data)
        self.log = SqliteLog(self.data, practice=True, entropy=os.urandom)
        self.segments = FileSegments(self.data)
        self.recorder = Recorder(self.log, None, self.clock, os.urandom, Feeds(self.log, self.segments))
        self.room = Room(True, self.log, None, self.recorder, 24.0)  # type: ignore[arg-type]  # no blobs here
        self.store = SqlWatch(self.desk)
        self.follower = self.another()

    def another(self) -> Follower:
        """A follower as another process would have it."""
        store = SqlWatch(self.desk)
        return Follower(store, lambda practice: self.room if practice else None, self.clock, Days(store, self.clock))

    def unit(self, key: str, *numbers: int, **more: object) -> None:
        """A unit that came to the book now."""
        put_unit(self.desk, key, *numbers, **{"since": self.size, **more})  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        """Entries in the record."""
        return self.log.head().size

    def read(
        self, n: int, mark: Mark, *, at_h: float | None = None, carrier: CarrierId = AU,
        channel: Channel = Channel.HAND,
    ) -> int:  # fmt: skip
        """Record an answer, asked so many hours after START (now); returns its entry."""
        self.clock.at += timedelta(minutes=1)
        asked_at = self.clock.at if at_h is None else START + timedelta(hours=at_h)
        said = Reading(
            imei=imei(n), carrier=carrier, mark=mark, glyph=mark.symbol, sentence="", asked_at=asked_at,
            channel=channel, by="local", practice=True,
        )  # fmt: skip
        return self.recorder.record([said])[0].index

    def declare(self, *notices: Notice) -> int:
        """The next feed of docomo comes in; returns its entry. The first is a full list."""
        feeds = self.recorder.feeds
        assert feeds is not None
        sequence = len(feeds.of(DOCOMO))
        keys = FileCarrierKeys(self.data)
        if not sequence:
            keys.add(Publisher().key())
        import_ = ImportFeed(lambda _: self.room, self.segments, keys, self.clock, os.urandom, 0.05)
        kind = FeedKind.DELTA if sequence else FeedKind.FULL
        content = Publisher().feed(notices, sequence, kind, made_at=self.clock.now() - timedelta(minutes=1))
        accepted = import_(NdjsonFeed(io.BytesIO(content)), DOCOMO, by="local").accepted
        assert accepted is not None
        return accepted.index

    def withdraw(self, n: int, index: int, *, carrier: CarrierId = AU) -> None:
        """Take an answer back."""
        self.recorder.record([Withdrawal(imei(n), carrier, index, "打ち間違い", self.clock.at, "local")])

    def correct(self, n: int, *, carrier: CarrierId = AU) -> None:
        """Accept that a × vanished."""
        self.recorder.record([Correction(imei(n), carrier, "窓口で確認", self.clock.at, "local")])

    def follow(self) -> CaughtUp:
        """Catch up."""
        return self.follower.catch_up()

    def alerts(self, which: AlertFilter = EVERYTHING) -> list[Alert]:
        """What there is."""
        return list(self.store.alerts(which))

    def standing(self) -> list[tuple[int, Change]]:
        """Alerts that were not taken back: phone's number and change."""
        return [(int(one.imei.key[7:]), one.change) for one in self.alerts() if one.retracted_at is None]

    def oracle(self, phones: Collection[int]) -> list[tuple[int, Change]]:
        """What `domain/history.py` says of the record as it stands."""
        today = self.clock.now().astimezone(JST).date()
        return [(n, change) for n in phones for change in changes(self.recorder.entries(imei(n)), by=today)]

    def close(self) -> None:
        """Let go of the files."""
        self.log.close()
        self.desk.close()
