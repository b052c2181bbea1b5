"""Engines that hold the same phones: numpy, a dict, roaring bitmaps, SQLite, LMDB, DuckDB, and our own register.

Each is built and asked in a process of its own by `measured`, and every answer to the batch and to the single questions
is held against ours: a bench of wrong answers is a lie. One thread; look-ups in seconds of the processor.
"""

from __future__ import annotations

import sqlite3
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bench import _phones
from bench._clock import best
from shirorom.register.keys import SERIALS, Bytes, Keys

SINGLES = 20_000
AT_ONCE = 1_000_000
PAGE = 8192
MAP_BYTES = 64 * 2**30


class Engine:
    """Phones with a byte each: built once, then asked. What is not there answers 0."""

    batch: ClassVar[int] = 1_000_000
    """Queries at once, at most."""
    singles: ClassVar[int] = SINGLES
    share: ClassVar[int] = 1
    """It holds one phone in so many, from the lowest key on."""
    says: ClassVar[str] = ""
    """What must be known to read its figures."""
    batch_only: ClassVar[bool] = False
    """Only its batches differ from those of another."""
    presence: ClassVar[bool] = False
    """It knows only whether a phone is there."""

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        raise NotImplementedError

    def size(self) -> int:
        """Bytes that it takes."""
        raise NotImplementedError

    def one(self, key: int) -> int:
        """The byte of one phone."""
        raise NotImplementedError

    def many(self, keys: Keys) -> Bytes:
        """The byte of each."""
        raise NotImplementedError

    def ask(self, key: int) -> object:
        """One phone, as a program asks this engine: what is timed."""
        return self.one(key)

    def close(self) -> None:
        """Let go of files."""


class Searchsorted(Engine):
    """Two arrays; a binary search for each query, in the order in which they come."""

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        order = np.argsort(keys)
        self.keys, self.values = keys[order], values[order]

    def size(self) -> int:
        return int(self.keys.nbytes + self.values.nbytes)

    def one(self, key: int) -> int:
        place = int(self.keys.searchsorted(np.uint64(key)))
        return int(self.values[place]) if place < len(self.keys) and int(self.keys[place]) == key else 0

    def many(self, keys: Keys) -> Bytes:
        places = self.keys.searchsorted(keys)
        there = self.keys.take(places, mode="clip") == keys
        return np.where(there, self.values.take(places, mode="clip"), np.uint8(0))


class SearchsortedInOrder(Searchsorted):
    """The same; each batch is sorted first, which is counted."""

    batch_only = True

    def many(self, keys: Keys) -> Bytes:
        order = np.argsort(keys)
        found = np.empty(len(keys), np.uint8)
        found[order] = super().many(keys[order])
        return found


class Dict(Engine):
    """A dict of Python."""

    share = 10
    says = "a tenth of the phones"

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        self.of: dict[int, int] = dict(zip(keys.tolist(), values.tolist(), strict=True))

    def size(self) -> int:
        return sys.getsizeof(self.of) + sum(map(sys.getsizeof, islice(self.of, 1000))) * len(self.of) // 1000

    def one(self, key: int) -> int:
        return self.of.get(key, 0)

    def many(self, keys: Keys) -> Bytes:
        get = self.of.get
        return np.fromiter((get(key, 0) for key in keys.tolist()), np.uint8, len(keys))


class Roaring(Engine):
    """pyroaring: a BitMap of serials for each TAC."""

    presence = True
    says = "presence alone, no answer of a carrier"

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        from pyroaring import BitMap

        keys = np.sort(keys)
        tacs, first = np.unique(keys // np.uint64(SERIALS), return_index=True)
        serials = (keys % np.uint64(SERIALS)).astype(np.uint32)
        parts = zip(tacs.tolist(), np.split(serials, first[1:]), strict=True)
        self.make = BitMap
        self.of = {tac: BitMap(part) for tac, part in parts}
        for held in self.of.values():
            held.run_optimize()

    def size(self) -> int:
        return sum(len(held.serialize()) for held in self.of.values())

    def one(self, key: int) -> int:
        tac, serial = divmod(key, SERIALS)
        held = self.of.get(tac)
        return int(held is not None and serial in held)

    def many(self, keys: Keys) -> Bytes:
        order = np.argsort(keys)
        tacs, first = np.unique(keys[order] // np.uint64(SERIALS), return_index=True)
        serials = (keys[order] % np.uint64(SERIALS)).astype(np.uint32)
        found = np.zeros(len(keys), np.uint8)
        ends = [*first[1:].tolist(), len(keys)]
        for tac, start, end in zip(tacs.tolist(), first.tolist(), ends, strict=True):
            held, asked = self.of.get(tac), serials[start:end]
            if held is not None:
                hits = np.array((self.make(asked) & held).to_array(), np.uint32)
                found[order[start:end]] = _among(hits, asked)
        return found


class Roaring64(Engine):
    """pyroaring: a BitMap64 of whole keys for each carrier and mark."""

    batch = 500_000

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        from pyroaring import BitMap64

        self.make = BitMap64
        self.of = {value: BitMap64(np.sort(keys[values == value])) for value in np.unique(values).tolist()}
        for held in self.of.values():
            held.run_optimize()

    def size(self) -> int:
        return sum(len(held.serialize()) for held in self.of.values())

    def one(self, key: int) -> int:
        return next((value for value, held in self.of.items() if key in held), 0)

    def many(self, keys: Keys) -> Bytes:
        found, asked = np.zeros(len(keys), np.uint8), self.make(keys)
        for value, held in self.of.items():
            hits = np.array((asked & held).to_array(), np.uint64)
            found[_among(hits, keys)] = value
        return found


class Sqlite(Engine):
    """SQLite: INTEGER PRIMARY KEY; a batch as a temporary table, sorted, joined."""

    singles = 10_000

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        self.path = folder / "phones.sqlite"
        self.db = sqlite3.connect(self.path, isolation_level=None)
        self.db.executescript(
            f"PRAGMA page_size={PAGE}; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4000000;"
            "PRAGMA temp_store=MEMORY; CREATE TABLE phone (k INTEGER PRIMARY KEY, v INTEGER NOT NULL);"
            "CREATE TEMP TABLE asked (k INTEGER, n INTEGER); BEGIN"
        )
        order = np.argsort(keys)
        for first in range(0, len(keys), AT_ONCE):
            some = order[first : first + AT_ONCE]
            rows = zip(keys[some].tolist(), values[some].tolist(), strict=True)
            self.db.executemany("INSERT INTO phone VALUES (?, ?)", rows)
        self.db.execute("COMMIT")

    def close(self) -> None:
        self.db.close()

    def size(self) -> int:
        return self.path.stat().st_size

    def one(self, key: int) -> int:
        found = self.db.execute("SELECT v FROM phone WHERE k = ?", (key,)).fetchone()
        return int(found[0]) if found else 0

    def many(self, keys: Keys) -> Bytes:
        order = np.argsort(keys)
        self.db.execute("DELETE FROM asked")
        self.db.executemany("INSERT INTO asked VALUES (?, ?)", zip(keys[order].tolist(), order.tolist(), strict=True))
        found = np.zeros(len(keys), np.uint8)
        rows = self.db.execute("SELECT n, v FROM asked CROSS JOIN phone USING (k)").fetchall()
        if rows:
            places, values = np.array(rows, np.int64).T
            found[places] = values
        return found


class Lmdb(Engine):
    """LMDB: 8 bytes and 1, appended in order; a batch by getmulti of sorted keys."""

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        import lmdb

        self.path = folder / "lmdb"
        self.db = lmdb.open(str(self.path), map_size=MAP_BYTES, sync=False, metasync=False, writemap=True)
        order = np.argsort(keys)
        for first in range(0, len(keys), AT_ONCE):
            some = order[first : first + AT_ONCE]
            with self.db.begin(write=True) as change:
                change.cursor().putmulti(zip(_bytes(keys[some], 8), _bytes(values[some], 1), strict=True), append=True)
        self.reading = self.db.begin()

    def close(self) -> None:
        self.reading.abort()
        self.db.close()

    def size(self) -> int:
        info, page = self.db.info(), self.db.stat()["psize"]
        return int((info["last_pgno"] + 1) * page)

    def one(self, key: int) -> int:
        found = self.reading.get(key.to_bytes(8, "big"))
        return found[0] if found else 0

    def many(self, keys: Keys) -> Bytes:
        order = np.argsort(keys)
        given = self.reading.cursor().getmulti(_bytes(keys[order], 8))
        hits = np.frombuffer(b"".join(key for key, _ in given), ">u8").astype(np.uint64)
        values = np.frombuffer(b"".join(value for _, value in given), np.uint8)
        found, there = np.zeros(len(keys), np.uint8), _among(hits, keys)
        found[there] = values[np.searchsorted(hits, keys[there])]
        return found


class DuckDb(Engine):
    """DuckDB: a sorted table in a file; a batch by a hash join, on one thread."""

    singles = 200
    batch = 2_000_000

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        import duckdb

        self.path = folder / "phones.duckdb"
        self.db = duckdb.connect(str(self.path), config={"threads": 1})
        given = {"k": keys, "v": values}
        self.db.register("given", given)
        self.db.execute("CREATE TABLE phone AS SELECT * FROM given ORDER BY k")
        self.db.execute("CHECKPOINT")

    def close(self) -> None:
        self.db.close()

    def size(self) -> int:
        return self.path.stat().st_size

    def one(self, key: int) -> int:
        found = self.db.execute("SELECT v FROM phone WHERE k = ?", (key,)).fetchall()
        return int(found[0][0]) if found else 0

    def many(self, keys: Keys) -> Bytes:
        self.db.register("asked", {"k": keys, "n": np.arange(len(keys))})
        came = self.db.execute("SELECT n, v FROM asked JOIN phone USING (k)").fetchnumpy()
        found = np.zeros(len(keys), np.uint8)
        found[np.asarray(came["n"])] = np.asarray(came["v"])
        return found


class Ours(Engine):
    """The register as it is published."""

    batch = 2_000_000
    layout: ClassVar[str]

    def __init__(self, keys: Keys, values: Bytes, folder: Path) -> None:
        from bench._registers import stamp
        from shirorom.register.build import build
        from shirorom.register.format import Layout
        from shirorom.register.lookup import open_register
        from shirorom.register.rows import Rows

        carriers = np.zeros(256, np.uint8)
        for place in range(4):
            carriers[[1 << 2 * place, 3 << 2 * place]] = place
        places = carriers[values]
        rows = Rows(keys, places, values >> (2 * places), np.broadcast_to(np.uint32(0), len(keys)))
        self.made = build(rows, stamp(), Layout(self.layout))
        self.register = open_register(self.made)

    def size(self) -> int:
        return len(self.made)

    def one(self, key: int) -> int:
        codes = self.register.answer(key)
        return codes[0] | codes[1] << 2 | codes[2] << 4 | codes[3] << 6

    def many(self, keys: Keys) -> Bytes:
        return self.register.values(keys)

    def ask(self, key: int) -> object:
        return self.register.answer(key)


class OursFast(Ours):
    """Blocks of 256 serials."""

    layout = "fast"


class OursCompact(Ours):
    """The smallest of three forms for each TAC."""

    layout = "compact"


ENGINES: dict[str, tuple[type[Engine], str]] = {
    "shirorom compact": (OursCompact, "compact"),
    "shirorom fast": (OursFast, "fast"),
    "numpy searchsorted": (Searchsorted, "searchsorted"),
    "numpy searchsorted, batch sorted first": (SearchsortedInOrder, "searchsorted, sorted first"),
    "pyroaring BitMap per TAC": (Roaring, "roaring, presence"),
    "pyroaring BitMap64 per carrier and mark": (Roaring64, "roaring64"),
    "DuckDB table": (DuckDb, "DuckDB"),
    "SQLite primary key": (Sqlite, "SQLite"),
    "LMDB": (Lmdb, "LMDB"),
    "Python dict": (Dict, "dict"),
}
"""Each with its short name for the plot."""


def measured(name: str, folder: str, judge: bool) -> dict[str, Any]:
    """Build one engine from files and ask it; `judge`: its answers are those that the others are held against."""
    (engine, short), here = ENGINES[name], Path(folder)
    keys, values, queries = (_phones.load(here, what) for what in ("keys", "values", "queries"))
    right = None if judge else _phones.load(here, "answers")
    if engine.share > 1:
        keys, values = keys[: len(keys) // engine.share], values[: len(keys) // engine.share]
        chosen = queries <= keys[-1]
        queries, right = queries[chosen], None if right is None else right[chosen]
    keys, values = _phones.in_no_order(keys), _phones.in_no_order(values)
    begin = time.perf_counter()
    made = engine(keys, values, here)
    built_s = time.perf_counter() - begin
    some, few, ask = queries[: engine.batch], queries[: engine.singles].tolist(), made.ask
    if judge:
        np.save(here / "answers.npy", made.many(queries))
    else:
        _held(name, made, right, some, few)
    batch_s, single_s = best(lambda: made.many(some)), best(lambda: [ask(key) for key in few])
    size = made.size() / len(keys)
    made.close()
    return {
        "engine": name, "short": short, "phones": len(keys), "bytes": size, "built_s": built_s,
        "batch_m": len(some) / batch_s / 1e6, "single_ns": single_s / len(few) * 1e9, "says": engine.says,
        "presence": engine.presence, "batch_only": engine.batch_only, "compared": len(some) + len(few),
    }  # fmt: skip


def _held(name: str, made: Engine, right: Any, some: Keys, few: list[int]) -> None:
    """Refuse an engine whose answers are not ours."""
    wanted = (right > 0).astype(np.uint8) if made.presence else right
    if not np.array_equal(made.many(some), wanted[: len(some)]):
        raise RuntimeError(f"{name}: its batch answers differently")
    if [made.one(key) for key in few] != wanted[: len(few)].tolist():
        raise RuntimeError(f"{name}: it answers one phone differently")


def _among(hits: Any, asked: Any) -> Any:
    """Which of those asked are among the hits, which are ascending."""
    if not len(hits):
        return np.zeros(len(asked), np.bool_)
    return hits.take(np.searchsorted(hits, asked), mode="clip") == asked


def _bytes(column: Any, width: int) -> list[bytes]:
    """Numbers as bytes that sort as they do."""
    whole = column.astype(f">u{width}").tobytes()
    return [whole[place : place + width] for place in range(0, len(whole), width)]
