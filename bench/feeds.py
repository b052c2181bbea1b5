"""A carrier's feed in: signature, every row, durable; and a phone looked up in what came of it.

Beside the import stands the least that it could be, in the same run: two SHA-256 a row (its salted commitment, its node
of the tree) one after the other, and the rows written and synced.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from bench._rows import at_least, row
from shirorom.adapters.carrier_keys import FileCarrierKeys
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.feed_file import NdjsonFeed
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.segments import FileSegments
from shirorom.adapters.signing_keys import Ed25519Signer
from shirorom.compose.feeds import row_reader
from shirorom.domain.carrier import CarrierId
from shirorom.domain.feed import FeedKind
from shirorom.domain.imei import Imei
from shirorom.domain.notice import Ground, Notice, NoticeKind
from shirorom.log.feed import ROW_BYTES
from shirorom.log.feed_make import make_feed
from shirorom.log.feed_rows import RowReader
from shirorom.log.keyring import KnownKey
from shirorom.log.note import NoteSignature
from shirorom.ports.feeds import CarrierKey
from shirorom.service.feeds import Feeds
from shirorom.service.import_feed import ImportFeed
from shirorom.service.recorder import Recorder
from shirorom.service.room import Room

ROWS, TINY = 200_000, 2_000
LOOK_UPS = 5_000
SEGMENTS = 20
DIRBS_ROWS_S = 54_500
"""DIRBS-Core's full import of a million lines on this kind of machine, without validation of the file."""
PROMISED_ROWS_S = 200_000
FLOOR = "floor: SHA-256 of rows and tree, written, synced"


def run(size: int = ROWS) -> dict[str, Any]:
    """All figures of this module."""
    signer = Ed25519Signer("docomo.test/feed", bytes(32))
    content = _feed(signer, size)
    floor = _floor(size)
    fast, phone, absent = _import(content, size, signer, row_reader())
    plain, _, _ = _import(content, size, signer, RowReader)
    what = f"import of {size:,} rows, signed, validated, durable"
    dirbs = "DIRBS-Core, a million lines, without validation"
    return {
        "name": "feeds",
        "rows": [
            row(what, fast, "rows/s", asked=at_least(PROMISED_ROWS_S), beside=FLOOR, peer=floor),
            row("the same, plain reader (no extra)", plain, "rows/s", beside=FLOOR, peer=floor),
            row("the same as the first", fast, "rows/s", beside=dirbs, peer=DIRBS_ROWS_S),
            row(f"notices of a phone, {SEGMENTS + 1} segments, not seen before", phone, "µs"),
            row("absence of a phone, likewise", absent, "µs"),
        ],
    }


def _feed(signer: Ed25519Signer, rows: int, sequence: int = 0) -> bytes:
    notices = [
        Notice(
            NoticeKind.RESTRICTED, Imei.of_key(f"001001{n:08d}"), CarrierId.DOCOMO, Ground.UNPAID,
            datetime(2026, 11, 1, tzinfo=UTC).date(), None, 0, practice=True,
        )
        for n in range(rows)
    ]  # fmt: skip
    random.Random(1).shuffle(notices)
    key = signer.key
    return make_feed(
        CarrierId.DOCOMO, notices, kind=FeedKind.DELTA if sequence else FeedKind.FULL, sequence=sequence,
        made_at=datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1), practice=True, seed=os.urandom(32),
        sign=lambda text: NoteSignature(key.name, key.id, signer.sign(text)).line,
    )  # fmt: skip


def _floor(rows: int) -> float:
    record, node = bytes(40), bytes(65)
    with tempfile.TemporaryDirectory() as folder:
        begin = time.perf_counter()
        for _ in range(rows):
            sha256(record).digest()
            sha256(node).digest()
        with (Path(folder) / "rows").open("wb") as file:
            file.write(bytes(ROW_BYTES * rows))
            file.flush()
            os.fsync(file.fileno())
        return rows / (time.perf_counter() - begin)


def _import(content: bytes, size: int, signer: Ed25519Signer, reader: Any) -> tuple[float, float, float]:
    """Rows a second, then µs for a phone that is there and for one that is not."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        keys, segments, clock = FileCarrierKeys(data), FileSegments(data), SystemClock()
        keys.add(CarrierKey(CarrierId.DOCOMO, True, KnownKey(signer.key, datetime(1970, 1, 1, tzinfo=UTC))))
        log = SqliteLog(data, practice=True, entropy=os.urandom)
        feeds = Feeds(log, segments)
        recorder = Recorder(log, None, clock, os.urandom, feeds)
        room = Room(True, log, None, recorder, 24.0)  # type: ignore[arg-type]
        import_feed = ImportFeed(lambda _: room, segments, keys, clock, os.urandom, 0.05, reader)
        file = data / "feed.ndjson"
        file.write_bytes(content)
        begin = time.perf_counter()
        with file.open("rb") as source:
            import_feed(NdjsonFeed(source), CarrierId.DOCOMO, by="bench")
        rows_s = size / (time.perf_counter() - begin)
        for sequence in range(1, SEGMENTS + 1):
            delta = data / "delta.ndjson"
            delta.write_bytes(_feed(signer, 10, sequence))
            with delta.open("rb") as source:
                import_feed(NdjsonFeed(source), CarrierId.DOCOMO, by="bench")
        there = [Imei.of_key(f"001001{n:08d}") for n in random.Random(2).choices(range(size), k=LOOK_UPS)]
        gone = [Imei.of_key(f"001002{n:08d}") for n in range(LOOK_UPS)]
        times = []
        for some in (there, gone):
            begin = time.perf_counter()
            for imei in some:
                recorder.entries(imei)
            times.append((time.perf_counter() - begin) / len(some) * 1e6)
        log.close()
        return rows_s, times[0], times[1]
