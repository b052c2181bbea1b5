"""What changes upon a register of 30 M phones: a delta of 1,000 made, published, followed; batches with it in front.

Sizes, look-ups and building of the whole are in bench/growth.py, others' in bench/peers.py. `--size`: other numbers.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench import _phones
from bench._clock import best, timed
from bench._registers import files, stamp
from bench._rows import Row, at_most, row
from shirorom.register.build import build, build_delta, compacted
from shirorom.register.format import Layout
from shirorom.register.lookup import Register
from shirorom.register.rows import Rows

PHONES, TINY = 30_000_000, 20_000
QUERIES, LOOKS, CHANGED = 2_000_000, 20_000, 1_000


def run(size: int = PHONES) -> dict[str, Any]:
    """All figures of this module."""
    made = _phones.phones(size)
    queries = _phones.queries_of(made.keys, min(QUERIES, 2 * size))
    changed = np.arange(CHANGED) * (len(made.keys) // CHANGED)
    news = Rows(
        made.keys[changed], made.carriers[changed],
        np.where(made.marks[changed] == _phones.CLEAR, _phones.RESTRICTED, _phones.CLEAR).astype(np.uint8),
        np.zeros(CHANGED, np.uint32),
    )  # fmt: skip
    whole = Rows(made.keys, made.carriers, made.marks, np.broadcast_to(np.uint32(0), len(made.keys)))
    return {"name": "changes upon a register", "rows": _changes(build(whole, stamp(), Layout.COMPACT), news, queries)}


def _changes(base: bytes, news: Rows, queries: Any) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        writer, reader = files(Path(folder)), files(Path(folder))
        writer.publish(base)
        before = reader.current()
        alone = _batch_m(before, queries)
        built_s, delta = timed(lambda: build_delta(before, news, stamp()))
        published_s, _ = timed(lambda: writer.publish_delta(delta))
        followed_s, after = timed(reader.current)
        if not np.array_equal(after.values(news.keys), news.marks << (2 * news.carriers)):
            raise RuntimeError("the reader does not answer what was published")
        look_us = best(lambda: [reader.current() for _ in range(LOOKS)]) / LOOKS * 1e6
        with_delta = _batch_m(after, queries)
        laid_s, _ = timed(lambda: compacted(after, Layout.COMPACT))
    return [
        row("phones in the base, compact", before.base.opened.count, "phones"),
        row(f"delta of {CHANGED:,} changes made", built_s, "s", asked=at_most(1)),
        row("written, synced, pointed to", published_s, "s", asked=at_most(1)),
        row("a reader follows to it", followed_s, "s", asked=at_most(1)),
        row("a reader's look for a newer one", look_us, "µs"),
        row("batch with that delta", with_delta, "M/s", beside="without a delta", peer=alone),
        row("base and delta laid into one", laid_s, "s", asked=at_most(60)),
    ]


def _batch_m(register: Register, queries: Any) -> float:
    return len(queries) / best(lambda: register.values(queries)) / 1e6
