"""A publisher that tests play: it signs feeds of test numbers. And an importer into a data directory of the test's."""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from shirorom.adapters.carrier_keys import FileCarrierKeys
from shirorom.adapters.feed_file import NdjsonFeed
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.segments import FileSegments
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.log.feed_make import make_feed
from shirorom.log.keyring import KnownKey
from shirorom.log.note import NoteSignature
from shirorom.ports.feeds import CarrierKey
from shirorom.service.feeds import Feeds
from shirorom.service.import_feed import Imported, ImportFeed, Wishes
from shirorom.service.recorder import Recorder
from shirorom.service.room import Room
from tests.logs import START, SetClock, fsck_of, imei

DOCOMO = CarrierId.DOCOMO
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def notice(
    n: int = 1,
    kind: NoticeKind = NoticeKind.REGISTERED,
    *,
    ground: Ground | None = None,
    carrier: CarrierId = CarrierId.DOCOMO,
    effective_on: date | None = None,
) -> Notice:
    """A notice about the n-th test number; its sequence is the feed's to say."""
    return Notice(kind, imei(n), carrier, ground, effective_on, None, 0, practice=True)


def restricted(n: int = 1, ground: Ground = Ground.UNPAID) -> Notice:
    return notice(n, NoticeKind.RESTRICTED, ground=ground)


def lifted(n: int = 1, ground: Ground = Ground.UNPAID) -> Notice:
    return notice(n, NoticeKind.LIFTED, ground=ground)


@dataclass
class Publisher:
    """A carrier with a key of its own."""

    carrier: CarrierId = CarrierId.DOCOMO
    name: str = "docomo.test/feed"
    practice: bool = True
    signer: Ed25519Signer = field(init=False)

    def __post_init__(self) -> None:
        self.signer = Ed25519Signer(self.name, sha256(self.name.encode()).digest())

    def line(self, text: bytes) -> str:
        """Its signature line over a manifest's text."""
        key = self.signer.key
        return NoteSignature(key.name, key.id, self.signer.sign(text)).line

    def feed(
        self,
        notices: Sequence[Notice],
        sequence: int = 0,
        kind: FeedKind = FeedKind.FULL,
        *,
        made_at: datetime | None = None,
        signed: bool = True,
    ) -> bytes:
        """A feed's file."""
        return make_feed(
            self.carrier, [replace(one, carrier=self.carrier) for one in notices], kind=kind, sequence=sequence,
            made_at=made_at or START - timedelta(hours=1), practice=self.practice,
            seed=sha256(b"seed %d" % sequence).digest(), sign=self.line if signed else None,
        )  # fmt: skip

    def key(self, since: datetime = BEGINNING, until: datetime | None = None) -> CarrierKey:
        """Its key, as the operator adds it."""
        return CarrierKey(self.carrier, self.practice, KnownKey(self.signer.key, since, until))


class Importer:
    """The practice room of a data directory, and the import into it."""

    def __init__(self, data: Path, *, shrink_max: float = 0.05) -> None:
        self.data, self.clock = data, SetClock()
        self.keys, self.segments = FileCarrierKeys(data), FileSegments(data)
        self._log = SqliteLog(data, practice=True, entropy=os.urandom)
        recorder = Recorder(self._log, None, self.clock, os.urandom, Feeds(self._log, self.segments))
        self.room = Room(True, self._log, None, recorder, 24.0)  # type: ignore[arg-type]  # no evidence is asked for
        self.use = ImportFeed(lambda _: self.room, self.segments, self.keys, self.clock, os.urandom, shrink_max)

    def __call__(self, content: bytes, carrier: CarrierId = CarrierId.DOCOMO, wishes: Wishes | None = None) -> Imported:
        return self.use(NdjsonFeed(io.BytesIO(content)), carrier, by="local", wishes=wishes)

    @property
    def size(self) -> int:
        """Entries of the log."""
        return self._log.head().size

    def findings(self) -> list[tuple[str, str]]:
        """What fsck says of the practice log."""
        fsck = replace(fsck_of(self.data), segments=FileSegments(self.data))
        return [(one.part, one.what) for one in fsck()[1].findings]

    def close(self) -> None:
        self._log.close()
