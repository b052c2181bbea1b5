"""From notices to answers: the register of a whole log made anew, 1,000 new notices, and when readers answer them.

3 M phones (`python -m bench.publication 30000000`: others), one carrier a phone, in feeds of at most 5 M rows that lie
in segments as an import leaves them. Beside the whole publication stands bare reading and hashing of the same segments.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from bench.register import PHONES, _phones
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.register_file import RegisterFiles
from shirorom.adapters.segments import FileSegments
from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.feed import Feed, FeedKind, Manifest
from shirorom.domain.notice import NoticeKind
from shirorom.log.feed import DECLARES, ROW_BYTES
from shirorom.register.fold import RECORD
from shirorom.register.keys import Keys
from shirorom.service.feeds import Feeds
from shirorom.service.lookup import Lookup
from shirorom.service.publish_register import PublishRegister
from shirorom.service.recorder import Recorder
from shirorom.service.register_notices import FeedNotices
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Settings

ROWS_MAX = 5_000_000
CHANGED = 1_000
WHOLE_S_MAX, DELTA_S_MAX, ANSWER_S_MAX = 60.0, 1.0, 1.0
PHONES_WANTED = 30_000_000


def run(phones: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    random = np.random.default_rng(6)
    keys, _ = _phones(random, phones)
    with tempfile.TemporaryDirectory() as directory:
        world = _World(Path(directory))
        owners = random.choice(4, len(keys), p=(0.38, 0.28, 0.22, 0.12))
        for place, carrier in enumerate(CARRIERS):
            mine = keys[owners == place]
            for first in range(0, len(mine), ROWS_MAX):
                kind = FeedKind.FULL if first == 0 else FeedKind.DELTA
                world.feed(carrier, mine[first : first + ROWS_MAX], NoticeKind.REGISTERED, kind)
        bare_s, _ = _timed(world.read_all)
        whole_s, _ = _timed(lambda: world.publish(whole=True))
        changed = np.sort(random.choice(keys[owners == 0], CHANGED, replace=False))
        began = time.perf_counter()
        world.feed(CARRIERS[0], changed, NoticeKind.RESTRICTED, FeedKind.DELTA)
        recorded = time.perf_counter()
        before = {one.verdict.so_far for one in world.answers(changed)}
        answered = time.perf_counter()
        published = world.publish()
        done = time.perf_counter()
        after = {one.verdict.so_far for one in world.answers(changed)}
        followed = time.perf_counter()
        assert published is not None
        assert (published.whole, before, after) == (False, {next(iter(before))}, before)
        world.close()
    size = f"{len(keys):,}"
    rows = [
        {"what": f"whole register of {size} phones, beside the limit for 30 M", "value": whole_s, "unit": "s",
         "beside": WHOLE_S_MAX, "ratio": whole_s / WHOLE_S_MAX},
        {"what": "the same, beside reading and hashing the segments alone", "value": whole_s, "unit": "s",
         "beside": bare_s, "ratio": whole_s / bare_s},
        {"what": f"{CHANGED:,} new notices published", "value": done - answered, "unit": "s", "beside": DELTA_S_MAX,
         "ratio": (done - answered) / DELTA_S_MAX},
        {"what": "feed recorded, then all of its phones answered as it says, register not yet made",
         "value": answered - recorded, "unit": "s", "beside": ANSWER_S_MAX,
         "ratio": (answered - recorded) / ANSWER_S_MAX},
        {"what": "register made, then the same answers out of it", "value": followed - done, "unit": "s"},
        {"what": "feed kept and recorded (rows given)", "value": recorded - began, "unit": "s"},
    ]  # fmt: skip
    return {"name": "publication", "rows": rows}


class _World:
    """A practice log with feeds, its register, its answers."""

    def __init__(self, data: Path) -> None:
        self.clock = SystemClock()
        self.log = SqliteLog(data, practice=True, entropy=os.urandom)
        self.segments = FileSegments(data)
        self.feeds = Feeds(self.log, self.segments)
        self.recorder = Recorder(self.log, None, self.clock, os.urandom, self.feeds)
        room = Room(True, self.log, None, self.recorder, 24.0)  # type: ignore[arg-type]  # no evidence is asked for
        files = RegisterFiles(data / "register", self.log, self.clock)
        self.publish = PublishRegister(self.log, FeedNotices(self.feeds), files)
        rooms = Rooms(Settings(), packaged_facts(), lambda _: room)
        self.lookup = Lookup(rooms, self.clock, lambda _: RegisterFiles(data / "register", self.log, self.clock))

    def feed(self, carrier: CarrierId, keys: Keys, kind: NoticeKind, feed: FeedKind) -> None:
        """Rows as an import leaves them: a segment, and an entry of the log."""
        rows = np.zeros(len(keys), RECORD)
        rows["key"], rows["row"], rows["check"] = keys, np.arange(1, len(keys) + 1), 15
        rows["declares"] = DECLARES.index(kind)
        content = rows.tobytes()
        records = [content[at : at + ROW_BYTES] for at in range(0, len(content), ROW_BYTES)]
        segment = self.segments.put(records, bytes(32))
        before = len(self.feeds.of(carrier))
        made_at = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
        manifest = Manifest(carrier, feed, before, len(keys), bytes(32), True, made_at)
        self.recorder.record_feed(
            Feed(manifest, len(keys), bytes(32), segment, None, None, "bench"), count_expected=before
        )

    def read_all(self) -> int:
        """Every block of every segment, verified."""
        return sum(len(block) for one in self.feeds.accepted() for block in self.segments.blocks(one.feed.segment))

    def answers(self, keys: Keys) -> list[Any]:
        """What is said of each phone, in a sight of its own."""
        sight = self.lookup.sight(practice=True)
        return [sight.said[place] for place in sight.ids(keys).tolist()]

    def close(self) -> None:
        self.log.close()


def _timed(work: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    made = work()
    return time.perf_counter() - began, made


if __name__ == "__main__":
    for line in run(int(sys.argv[1]) if len(sys.argv) > 1 else PHONES)["rows"]:
        print(line)
