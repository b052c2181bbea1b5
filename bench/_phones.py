"""The phones that registers are measured with: 4,000 TACs by a Zipf-Mandelbrot law, one carrier a phone.

As FEASIBILITY §1: weights 1/(r+10), serials without repeats, 53 % of the queries hit. Beyond 30 M phones come further
TACs with as many phones each. Keys are made by numbers; all are below 10^14.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import lgamma, log
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shirorom.register.keys import SERIALS, Bytes, Keys

TACS, HITS = 4_000, 0.53
OF_THE_LAW = 30_000_000
"""More phones would not fit the largest TAC: beyond, the law is laid out again upon further TACs."""
FIRST_TAC, LAST_TAC = 35_000_000, 36_000_000
SHARES = (0.38, 0.28, 0.22, 0.12)
CLEAR, RESTRICTED, RESTRICTED_SHARE = 1, 3, 0.03
AT_ONCE = 10_000_000


@dataclass(frozen=True, slots=True)
class Phones:
    """Ascending keys, and one carrier (its place in CARRIERS) and mark for each."""

    keys: Keys
    carriers: Bytes
    marks: Bytes
    bound: float
    """Bytes a phone that entropy asks for: the choice of so many serials of each TAC, and the values."""

    @property
    def values(self) -> Bytes:
        """What a register answers of each: two bits a carrier."""
        return self.marks << (2 * self.carriers)


def phones(count: int, *, first_tac: int = FIRST_TAC, last_tac: int = LAST_TAC) -> Phones:
    """About so many phones (rounded for each TAC), always the same ones. TACs lie in the half-open range."""
    random = np.random.default_rng(6)
    copies = max(1, round(count / OF_THE_LAW))
    weights = 1 / (np.arange(TACS) + 10)
    counts = np.minimum(np.round(count / copies * weights / weights.sum()), SERIALS).astype(np.int64)
    random.shuffle(counts)
    serials = np.concatenate([np.sort(random.choice(SERIALS, n, replace=False)) for n in counts]).astype(np.uint64)
    tacs = np.sort(random.choice(np.arange(first_tac, last_tac, dtype=np.uint64), TACS * copies, replace=False))
    keys = np.empty(len(serials) * copies, np.uint64)
    for n, part in enumerate(keys.reshape(copies, -1)):
        np.add(np.repeat(tacs[TACS * n : TACS * (n + 1)] * np.uint64(SERIALS), counts), serials, out=part)
    carriers, marks = np.empty(len(keys), np.uint8), np.empty(len(keys), np.uint8)
    limits = np.cumsum(SHARES)[:-1].astype(np.float32)
    for first in range(0, len(keys), AT_ONCE):
        drawn = random.random((2, len(keys[first : first + AT_ONCE])), np.float32)
        carriers[first : first + AT_ONCE] = np.searchsorted(limits, drawn[0], side="right")
        marks[first : first + AT_ONCE] = np.where(drawn[1] < RESTRICTED_SHARE, RESTRICTED, CLEAR)
    return Phones(keys, carriers, marks, _bound(counts, carriers * np.uint8(4) + marks))


def queries_of(keys: Keys, count: int) -> Keys:
    """Some that hit, the others with a known TAC and any serial; in random order."""
    random = np.random.default_rng(7)
    hits = keys[random.integers(0, len(keys), int(count * HITS))]
    others = keys[random.integers(0, len(keys), count - len(hits))] // np.uint64(SERIALS) * np.uint64(SERIALS)
    others += random.integers(0, SERIALS, len(others)).astype(np.uint64)
    queries = np.concatenate((hits, others))
    random.shuffle(queries)
    return queries


def in_no_order(column: NDArray[Any]) -> NDArray[Any]:
    """A column as rows that nobody sorted: seven cards dealt, one heap upon the other."""
    return np.concatenate([column[n::7] for n in range(7)])


def save(made: Phones, folder: Path, queries: int) -> None:
    """Into files that other processes read."""
    np.save(folder / "keys.npy", made.keys)
    np.save(folder / "values.npy", made.values)
    np.save(folder / "queries.npy", queries_of(made.keys, queries))


def load(folder: Path, name: str) -> NDArray[Any]:
    """One of them."""
    column: NDArray[Any] = np.load(folder / f"{name}.npy")
    return column


def _bound(counts: NDArray[np.int64], values: Bytes) -> float:
    bits = sum(lgamma(SERIALS + 1) - lgamma(n + 1) - lgamma(SERIALS - n + 1) for n in counts.tolist()) / log(2)
    shares = np.bincount(values) / len(values)
    shares = shares[shares > 0]
    return float(bits / counts.sum() - (shares * np.log2(shares)).sum()) / 8
