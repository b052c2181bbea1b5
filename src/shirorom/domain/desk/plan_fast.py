"""The plan of re-checks over arrays: what `plan.plan` says cell by cell, for a book of hundreds of thousands of cells.

Pure, on buffers (numpy, of the extra `files`). Rules are matched by unit and mark, not by cell: 38,000 units and five
marks instead of 300,000 cells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.desk.plan import (
    FOREVER,
    ORDER_OF,
    OVERDUE_DAYS_MAX,
    SEEN,
    SPREAD_OF,
    STANDINGS,
    PlanCell,
    Rule,
    Seen,
    Standing,
    Terms,
)

Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = tuple[Ints, ...]
"""Rows and carriers of some cells."""

NONE = -1
"""Stands for a day or a price that is unknown, and for a rule that no cell has."""
_NEVER = len(SEEN) - 1
_RESTRICTED = SEEN.index(Seen.RESTRICTED)


@dataclass(frozen=True)
class Columns:
    """A book as arrays of one length, one row a number of a unit; `seen` and `asked_on` have a column a carrier.

    Attributes:
        seen: Places in `SEEN`. asked_on, since_on, yen: `NONE` where unknown.
        asks: Which cells are asked at all: a real carrier never hears of a practice phone.
    """

    unit: Ints
    phone: Ints
    number: Ints
    practice: Flags
    sold: Flags
    since_on: Ints
    came_on: Ints
    yen: Ints
    cover_until: Ints
    seen: Ints
    asked_on: Ints
    asks: Flags

    @cached_property
    def again(self) -> Ints:
        """Rows whose number stands in more than one unit, those of one number side by side."""
        key = self.phone * 2 + self.practice
        by_key = np.argsort(key, kind="stable")
        same = key[by_key][1:] == key[by_key][:-1]
        return by_key[np.concatenate([same, [False]]) | np.concatenate([[False], same])] if len(key) else by_key

    def cell(self, row: int, carrier: int) -> PlanCell:
        """One cell as a value."""

        def known(value: int) -> int | None:
            return None if value == NONE else value

        return PlanCell(
            unit=int(self.unit[row]),
            phone=int(self.phone[row]),
            number=int(self.number[row]),
            carrier=CARRIERS[carrier],
            practice=bool(self.practice[row]),
            sold=bool(self.sold[row]),
            seen=SEEN[self.seen[row, carrier]],
            asked_on=known(int(self.asked_on[row, carrier])),
            since_on=known(int(self.since_on[row])),
            came_on=int(self.came_on[row]),
            yen=known(int(self.yen[row])),
            cover_until=int(self.cover_until[row]),
        )


@dataclass(frozen=True)
class Cells:
    """Some cells of a book: row and carrier of each, its rule, when it is due."""

    row: Ints
    carrier: Ints
    rule: Ints
    due_on: Ints

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Planned:
    """`plan.Plan` over arrays; `planned` in the order in which it is asked, the others in the order of the book."""

    planned: Cells
    left: Cells
    never: Cells
    done: Mapping[CarrierId, int]


def plan(columns: Columns, terms: Terms, day: int) -> Planned:
    """What is asked on a day, and what is not."""
    asks = columns.asks & np.array([carrier in terms.capacity for carrier in CARRIERS])
    rule = _rules(columns, terms.rules, day)
    every = np.array([0 if one.every == "never" else one.every for one in terms.rules] + [0], np.int64)[rule]
    falls = _due_on(columns, every, day, terms.spread_percent)
    asked_today = columns.asked_on >= day
    value = np.where(columns.yen == NONE, terms.unknown_yen, columns.yen)[:, None] * (columns.seen != _RESTRICTED)
    counts = asks & ~_outdone(columns, every, falls, value, day, asks)
    asked_today &= counts & (every > 0)
    due = np.nonzero(counts & ~(columns.asked_on >= day) & (every > 0) & (falls <= day))
    used = {one: int(asked_today[:, n].sum()) for n, one in enumerate(CARRIERS) if one in terms.capacity}
    room = {one: max(count - used[one], 0) for one, count in terms.capacity.items()}
    at = _best(columns, due, value[due] * _overdue(day, falls[due]), room)
    waits = np.ones(len(due[0]), np.bool_)
    waits[at] = False
    nobody = np.nonzero(counts & (every == 0))
    return Planned(
        _cells((due[0][at], due[1][at]), rule, falls),
        _cells((due[0][waits], due[1][waits]), rule, falls),
        _cells(nobody, rule, falls),
        used,
    )


def _best(columns: Columns, due: Places, score: Ints, room: Mapping[CarrierId, int]) -> Ints:
    """The places of those due cells that fit into their carrier's day, in the order in which they are asked.

    Only what may fit is put in order: of a long book most waits, and sorting it all would take ten times as long.
    """
    perhaps = []
    for n, one in enumerate(CARRIERS):
        here, count = np.nonzero(due[1] == n)[0], room.get(one, 0)
        if 0 < count < len(here):
            least = np.partition(score[here], len(here) - count)[len(here) - count]
            here = here[score[here] >= least]
        perhaps.append(here[:0] if count == 0 else here)
    at = np.concatenate(perhaps)
    row, carrier = due[0][at], due[1][at]
    mixed = _mix(columns.phone[row], carrier, 0, ORDER_OF)
    at = at[np.lexsort((columns.unit[row], carrier, mixed, -score[at]))]
    return at[_fits(due[1][at], room)]


def asked(columns: Columns, cells: Cells, day: int) -> Columns:
    """The book after these were asked and answered as before; what was never asked is taken to be － from then on."""
    seen, asked_on = columns.seen.copy(), columns.asked_on.copy()
    at = (cells.row, cells.carrier)
    asked_on[at] = day
    seen[at] = np.where(seen[at] == _NEVER, SEEN.index(Seen.NO_RECORD), seen[at])
    again = columns.again
    if len(again):  # a cell of a number in several units is one cell
        key = columns.phone[again] * 2 + columns.practice[again]
        _, group = np.unique(key, return_inverse=True)
        newest = np.full((group.max() + 1, 4), NONE, np.int64)
        np.maximum.at(newest, group, asked_on[again])
        caught_up = newest[group] > asked_on[again]
        asked_on[again] = newest[group]
        seen[again] = np.where(caught_up & (seen[again] == _NEVER), SEEN.index(Seen.NO_RECORD), seen[again])
    after = replace(columns, seen=seen, asked_on=asked_on)
    after.__dict__["again"] = again
    return after


def standing(columns: Columns, day: int) -> Ints:
    """Places in `STANDINGS`, by row."""
    over = np.where(columns.cover_until > day, STANDINGS.index(Standing.COVERED), STANDINGS.index(Standing.OVER))
    return np.where(columns.sold, over, STANDINGS.index(Standing.STOCK))


def _rules(columns: Columns, rules: Sequence[Rule], day: int) -> Ints:
    """The first rule of each cell (rows × carriers); NONE: no rule."""
    stands = standing(columns, day)
    known = columns.since_on != NONE
    age = np.where(known, np.maximum(day - columns.since_on, 0), NONE)
    left = np.where(stands == STANDINGS.index(Standing.COVERED), columns.cover_until - day, NONE)
    found = np.full((len(SEEN), len(stands)), NONE, np.int64)
    for n, rule in enumerate(rules):
        here = np.ones(len(stands), np.bool_)
        if rule.status:
            here &= np.isin(stands, [STANDINGS.index(one) for one in rule.status])
        for values, (low, high) in zip((age, columns.yen, left), rule.bounds, strict=True):
            if low is not None:
                here &= values >= low
            if high is not None:
                here &= (values < high) & (values != NONE)
        for seen in rule.marks:
            of_mark = found[SEEN.index(seen)]
            of_mark[here & (of_mark == NONE)] = n
    return found[columns.seen, np.arange(len(stands))[:, None]]


def _due_on(columns: Columns, every: Ints, day: int, spread_percent: int) -> Ints:
    came = np.minimum(np.where(columns.since_on == NONE, columns.came_on, columns.since_on), day)[:, None]
    never = columns.asked_on == NONE
    base = np.where(never, came, np.minimum(columns.asked_on, day))
    early = np.minimum(every * spread_percent // 100, every - 1)
    width = np.maximum(np.where(never, every, early + 1), 1)
    mixed = _mix(columns.phone[:, None], np.arange(4)[None, :], base, SPREAD_OF) >> np.uint64(32)
    shift = (mixed.astype(np.int64) * width) >> 32
    return np.where(never, base + shift, base + every - shift)


def _mix(phone: Ints, carrier: Ints, day: Ints | int, salt: int) -> NDArray[np.uint64]:
    """`plan.mix`; uint64 wraps as its mask does."""
    day64 = np.asarray(day, np.int64).astype(np.uint64)
    x = (phone * 4 + carrier).astype(np.uint64) * np.uint64(0xBF58476D1CE4E5B9)
    x = x + day64 * np.uint64(0x94D049BB133111EB) + np.uint64(salt)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def _overdue(day: int, falls: Ints) -> Ints:
    return np.clip(day - falls + 1, 1, OVERDUE_DAYS_MAX)


def _outdone(columns: Columns, every: Ints, falls: Ints, value: Ints, day: int, asks: Flags) -> Flags:
    """Cells of numbers in several units, but for the most demanding one."""
    outdone = np.zeros(columns.seen.shape, np.bool_)
    again = columns.again
    if not len(again):
        return outdone
    key = columns.phone[again] * 2 + columns.practice[again]
    for at in range(4):
        rows, keys = again[asks[again, at]], key[asks[again, at]]
        asked = every[rows, at] > 0
        first = np.where(asked, falls[rows, at], FOREVER)
        score = np.where(asked, value[rows, at] * _overdue(day, falls[rows, at]), 0)
        ranked = np.lexsort((columns.unit[rows], -score, first, keys))
        behind = keys[ranked][1:] == keys[ranked][:-1]
        outdone[rows[ranked][1:][behind], at] = True
    return outdone


def _fits(carrier: Ints, room: Mapping[CarrierId, int]) -> Flags:
    """Which of the ranked cells fit into their carrier's day."""
    fits = np.zeros(len(carrier), np.bool_)
    for n, one in enumerate(CARRIERS):
        fits[np.nonzero(carrier == n)[0][: room.get(one, 0)]] = True
    return fits


def _cells(at: Places, rule: Ints, falls: Ints) -> Cells:
    return Cells(at[0], at[1], rule[at], falls[at])
