"""A data directory in whose practice log four carriers published books of test numbers, as large as is asked for.

The rows go straight into segments, as an import leaves them (bench/feeds.py measures the import itself, which would
take minutes here); their roots are not computed. The product then publishes the register from them. Test TACs: 0044….
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
            mine = np.flatnonzero(phones.carriers == place)
            for first in range(0, len(mine), FEED_ROWS):
                some = mine[first : first + FEED_ROWS]
                restricted = phones.marks[some] == _phones.RESTRICTED
                keep_feed(made, place, phones.keys[some], restricted, datetime.now(UTC) - timedelta(minutes=5))
        published_s, publication = timed(lambda: made.register.now(True))
        if publication is None or not made.register.lookup.sight(True).by_register:
            raise RuntimeError("no register came of it")
    finally:
        made.close()
    return World(phones, published_s)


def keep_feed(made: Composition, place: int, keys: Keys, restricted: NDArray[np.bool_], at: datetime) -> None:
    """The next feed of one carrier: a segment of its rows, and the entry that names it."""
    carrier, recorder = CARRIERS[place], made.room(True).recorder
    rows = np.zeros(len(keys), RECORD)
    rows["key"], rows["row"], rows["check"] = keys, np.arange(1, len(keys) + 1), NO_CHECK_DIGIT
    declared = DECLARES.index(NoticeKind.RESTRICTED), DECLARES.index(NoticeKind.REGISTERED)
    rows["declares"] = np.where(restricted, *declared)
    rows["ground"] = np.where(restricted, GROUNDS.index(Ground.UNPAID), 0)
    rows["effective_on"] = np.where(restricted, at.date().toordinal() - 20, 0)
    whole = rows.tobytes()
    records = [whole[start : start + ROW_BYTES] for start in range(0, len(whole), ROW_BYTES)]
    segment = made.feeds.segments.put(records, bytes(SEED_BYTES))
    sequence = len(recorder.feeds.of(carrier)) if recorder.feeds else 0
    kind = FeedKind.DELTA if sequence else FeedKind.FULL
    manifest = Manifest(carrier, kind, sequence, len(keys), bytes(32), True, at.replace(microsecond=0))
    recorder.record_feed(Feed(manifest, len(keys), bytes(32), segment, None, None, "bench"), count_expected=sequence)
