"""How fast device numbers are read: a text as people paste it, and messy columns; python-stdnum and polars beside.

stdnum is given each number alone and says valid or not; `parse` is given the whole text, finds the numbers in it, says
where they stand and which are one phone. Which numbers of the messy columns hold is known; every reader must find them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import polars as pl
from stdnum import imei as stdnum_imei  # type: ignore[import-untyped,unused-ignore]

from bench import _messy
from bench._rows import Row, at_least, row
from shirorom.adapters.tables.numbers import plain_numbers
from shirorom.domain.errors import NumberError
from shirorom.domain.imei import Imei
from shirorom.domain.parse import TEXT_CHARS_MAX, parse
from shirorom.domain.tables.number import device_of

NUMBERS, TINY = 30_000, 500
MESSY_TIMES, HOSTILE_TIMES = 20, 40
ROUNDS = 5
TARGET_PER_S = 200_000
TEST_TAC = 440_000


def run(size: int = NUMBERS) -> dict[str, Any]:
    """All figures of this module."""
    return {"name": "reading numbers", "rows": [*_texts(size), *_messy_rows(size)]}


def imeis() -> Iterator[Imei]:
    """Numbers of a test range in no order, as a column of stock has them."""
    random = Random(1)
    while True:
        yield Imei.of_key(f"0010010{random.randrange(10**7):07d}")


def texts(count: int) -> dict[str, str]:
    """The same numbers as people paste them."""
    source = imeis()
    numbers = [next(source) for _ in range(count)]
    return {
        "one a line": "\n".join(number.digits for number in numbers),
        "IMEI: … a line": "\n".join(f"IMEI: {number.digits}" for number in numbers),
        "rows of a table": "\n".join(f"{row}\t{number.digits}\tiPhone" for row, number in enumerate(numbers)),
        "grouped AA-BBBBBB-CCCCCC-D": "\n".join(number.grouped for number in numbers),
    }


def best_s(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The quickest of some rounds: what the code costs, without what else the machine did meanwhile."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def _texts(size: int) -> Iterator[Row]:
    source = imeis()
    bare = [next(source).digits for _ in range(size)]
    beside = size / best_s(lambda: [stdnum_imei.is_valid(number) for number in bare])
    for what, text in texts(size).items():
        per_s = len(parse(text).devices) / best_s(lambda text=text: parse(text))  # type: ignore[misc]
        asked = at_least(TARGET_PER_S) if what == "one a line" else None
        yield row(f"parse, {what}", per_s, "numbers/s", asked=asked, beside="stdnum, bare numbers", peer=beside)
    hostile = "1 " * (min(TEXT_CHARS_MAX, HOSTILE_TIMES * size) // 2)
    yield row(f"{len(hostile):,} characters of single digits", best_s(lambda: parse(hostile), 2), "s")


def _messy_rows(size: int) -> Iterator[Row]:
    """The messy mixture of FEASIBILITY §2; the column readers get more of it."""
    count = size * MESSY_TIMES
    random = np.random.default_rng(9)
    keys = random.integers(TEST_TAC * 10**6, (TEST_TAC + 10_000) * 10**6, count).astype(np.uint64)
    made = list(_messy.parts(keys))
    column, sound = pl.concat([part for part, _ in made]), np.concatenate([good for _, good in made])
    few, right = column[:size].to_list(), sound[:size]
    stdnum = size / best_s(lambda: [stdnum_imei.is_valid(cell) for cell in few])
    _held("stdnum", [stdnum_imei.is_valid(cell) for cell in few], right)
    beside: Any = {"beside": "python-stdnum is_valid", "peer": stdnum}
    ours = size / best_s(lambda: list(map(_one, few)))
    _held("one by one", list(map(_one, few)), right)
    yield row("messy cells, ours, one by one", ours, "numbers/s", **beside)
    wide = count / best_s(lambda: _column(column), 2)
    _held("columns", _column(column), sound)
    yield row("messy column, ours (what is no plain spelling goes to the parser)", wide, "numbers/s", **beside)
    polars = count / best_s(lambda: _polars(column), 2)
    _held("polars", _polars(column).to_numpy(), sound)
    yield row("messy column, expressions of polars (two cores)", polars, "numbers/s", **beside)


def _one(cell: str) -> bool:
    try:
        device_of([cell])
    except NumberError:
        return False
    return True


def _column(cells: pl.Series) -> list[bool]:
    texts = cells.to_list()
    return [_one(texts[place]) if number is None else bool(number) for place, number in enumerate(plain_numbers(cells))]


def _polars(cells: pl.Series) -> pl.Series:
    """Whether each holds: digits alone, their number, the check digit by arithmetic."""
    digits = pl.col("c").str.replace_all("[ -]", "")
    number = pl.col("d").str.slice(0, 15).cast(pl.Int64)
    total = pl.lit(0, pl.Int64)
    for place in range(15):
        digit = number // 10**place % 10
        total += digit * 2 - pl.when(digit > 4).then(9).otherwise(0) if place % 2 else digit
    length = pl.col("d").str.len_bytes()
    whole = (length == 14) | (length == 16) | ((length == 15) & (total % 10 == 0))
    frame = pl.DataFrame({"c": cells}).lazy().with_columns(digits.alias("d"))
    return frame.select(whole.alias("sound")).collect().to_series()


def _held(who: str, found: Any, right: Any) -> None:
    """Refuse figures of a reader that reads wrongly."""
    if not np.array_equal(np.asarray(found, np.bool_), right):
        raise RuntimeError(f"{who} reads differently")
