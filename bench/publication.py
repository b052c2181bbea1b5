"""From notices to answers: the register of a whole log made anew, 1,000 new notices, and when readers answer them.

30 M phones, one carrier a phone, in segments as an import leaves them (`--size`: others). Beside the whole publication
stands bare reading and hashing of the same segments.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from bench import _phones
from bench._clock import timed
from bench._rows import Row, at_most, row
from bench._world import keep_feed, make_world
from shirorom.compose import Composition
from shirorom.domain.mark import Mark
from shirorom.edge.cli.context import Options
from shirorom.register.keys import Keys

PHONES, TINY = 30_000_000, 20_000
CHANGED = 1_000


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    with tempfile.TemporaryDirectory() as folder:
        world = make_world(Path(folder), size)
        phones = world.phones
        clear = phones.keys[(phones.carriers == 0) & (phones.marks == _phones.CLEAR)]
        made = Composition(Options(data=Path(folder)))
        try:
            bare_s, _ = timed(lambda: _read_all(made))
            rows = [row(f"whole register of {len(phones.keys):,} phones", world.published_s, "s", asked=at_most(60),
                        beside="reading and hashing its segments", peer=bare_s)]  # fmt: skip
            return {"name": "publication", "rows": [*rows, *_news(made, clear[:: len(clear) // CHANGED][:CHANGED])]}
        finally:
            made.close()


def _news(made: Composition, keys: Keys) -> list[Row]:
    """Phones that were clear become restricted."""
    if _marks(made, keys) != {Mark.CLEAR}:
        raise RuntimeError("they were not clear before")
    kept_s, _ = timed(lambda: keep_feed(made, 0, keys, np.ones(len(keys), np.bool_), datetime.now(UTC)))
    answered_s, before = timed(lambda: _marks(made, keys))
    published_s, publication = timed(lambda: made.register.now(True))
    followed_s, after = timed(lambda: _marks(made, keys))
    if publication is None or publication.whole or before != {Mark.RESTRICTED} or after != before:
        raise RuntimeError("the register answers differently")
    many = f"{len(keys):,}"
    return [
        row(f"{many} new notices published", published_s, "s", asked=at_most(1)),
        row("their feed recorded, then all answered as it says, register not yet made", answered_s, "s",
            asked=at_most(1)),
        row("register made, then the same answers out of it", followed_s, "s", asked=at_most(1)),
        row(f"a feed of {many} rows kept and recorded (rows given)", kept_s, "s"),
    ]  # fmt: skip


def _read_all(made: Composition) -> int:
    """Every block of every segment, verified."""
    feeds = made.room(True).recorder.feeds
    if feeds is None:
        raise RuntimeError("no feeds")
    return sum(len(block) for one in feeds.accepted() for block in feeds.segments.blocks(one.feed.segment))


def _marks(made: Composition, keys: Keys) -> set[Any]:
    """The worst mark known of each, in a sight of its own."""
    sight = made.register.lookup.sight(True)
    return {sight.said[place].verdict.so_far for place in sight.ids(keys).tolist()}
