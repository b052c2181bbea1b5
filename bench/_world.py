"""A data directory in whose practice log four carriers published books of test numbers, as large as is asked for.

The rows go straight into segments, as an import leaves them (bench/feeds.py measures the import itself, which would
take minutes here); their roots are not computed. The product then publishes the register from them. Test TACs: 0044….
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench import _phones
from bench._clock import timed
from bench._phones import Phones
from shirorom.compose import Composition
from shirorom.domain.carrier import CARRIERS
from shirorom.domain.feed import Feed, FeedKind, Manifest
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.edge.cli.context import Options
from shirorom.log.feed import DECLARES, GROUNDS, NO_CHECK_DIGIT, ROW_BYTES, SEED_BYTES
from shirorom.register.fold import RECORD
from shirorom.register.keys import Keys

FIRST_TAC, LAST_TAC = 440_000, 450_000
FEED_ROWS = 2_000_000
"""Rows of one feed: the first of each carrier is its full list, the others are deltas."""


class World(NamedTuple):
    """Its phones, and what publishing the register from their notices took."""

    phones: Phones
    published_s: float


def make_world(data: Path, count: int) -> World:
    """About so many phones, one carrier each, 3 % of them restricted."""
    phones = _phones.phones(count, first_tac=FIRST_TAC, last_tac=LAST_TAC)
    made = Composition(Options(data=data))
    try:
        for place in range(len(CARRIERS)):
            mine = phones.carriers == place
            _book(made, place, phones.keys[mine], phones.marks[mine] == _phones.RESTRICTED)
        published_s, publication = timed(lambda: made.register.now(True))
        if publication is None or not made.register.lookup.sight(True).by_register:
            raise RuntimeError("no register came of it")
    finally:
        made.close()
    return World(phones, published_s)


def _book(made: Composition, place: int, keys: Keys, restricted: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
    carrier, at = CARRIERS[place], datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
    recorder = made.room(True).recorder
    for sequence, first in enumerate(range(0, len(keys), FEED_ROWS)):
        some, bad = keys[first : first + FEED_ROWS], restricted[first : first + FEED_ROWS]
        rows = np.zeros(len(some), RECORD)
        rows["key"], rows["row"], rows["check"] = some, np.arange(1, len(some) + 1), NO_CHECK_DIGIT
        rows["declares"] = np.where(bad, DECLARES.index(NoticeKind.RESTRICTED), DECLARES.index(NoticeKind.REGISTERED))
        rows["ground"] = np.where(bad, GROUNDS.index(Ground.UNPAID), 0)
        rows["effective_on"] = np.where(bad, at.date().toordinal() - 20, 0)
        whole = rows.tobytes()
        records = [whole[start : start + ROW_BYTES] for start in range(0, len(whole), ROW_BYTES)]
        segment = made.feeds.segments.put(records, bytes(SEED_BYTES))
        kind = FeedKind.DELTA if sequence else FeedKind.FULL
        manifest = Manifest(carrier, kind, sequence, len(some), bytes(32), True, at)
        feed = Feed(manifest, len(some), bytes(32), segment, None, None, "bench")
        recorder.record_feed(feed, count_expected=sequence)
