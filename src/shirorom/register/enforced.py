"""What a network refuses, by the million: carriers' restrictions that were not lifted, judged column by column.

`domain/enforcement.py` is the rule, called once for each kind of restriction there is; its `enforced`, phone by phone,
is the oracle of this fold. What comes out is a register with a `Purpose`: one code a phone, in the two lowest bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from shirorom.domain.carrier import CarrierId
from shirorom.domain.enforcement import Enforcement
from shirorom.domain.notice import Ground, NoticeKind
from shirorom.log.feed import DECLARES, GROUNDS
from shirorom.register.fold import RECORD
from shirorom.register.keys import Bytes, Keys
from shirorom.register.rows import AT_ONCE, EPOCH, Days, Rows
from shirorom.register.values import CAUTION, CLEAR, NO_RECORD, PLACES, RESTRICTED

NOT_ENFORCED, UNDETERMINED, AHEAD, ENFORCED = NO_RECORD, CLEAR, CAUTION, RESTRICTED
"""Codes of such a register. AHEAD: not yet, from the pending day on ENFORCED. Not in it: NOT_ENFORCED."""

Judge = Callable[[CarrierId, Ground | None, date | None, date], Enforcement]
"""Carrier, ground, day of purchase, day: what the network does (domain/enforcement.py)."""

_RESTRICTED, _LIFTED = (DECLARES.index(kind) for kind in (NoticeKind.RESTRICTED, NoticeKind.LIFTED))
_CODE = {
    Enforcement.NOT_ENFORCED: NOT_ENFORCED,
    Enforcement.UNDETERMINED: UNDETERMINED,
    Enforcement.ENFORCED: ENFORCED,
}
_EPOCH = EPOCH.toordinal()
_NEVER = np.uint32(2**32 - 1)
DAY_BITS = 24
DAY_MASK = (1 << DAY_BITS) - 1
"""A day's ordinal fits: the last one that there is has 22 bits."""
_DAY, _TWO_DAYS = np.uint64(DAY_BITS), np.uint64(2 * DAY_BITS)


@dataclass(frozen=True, slots=True)
class Restrictions:
    """Restrictions that were not lifted, in columns of equal length; days are proleptic ordinals (0: none named)."""

    keys: Keys
    grounds: Bytes
    days: Days
    bought: Days


def restrictions(blocks: Iterable[bytes], on: date) -> Restrictions:
    """Those of one carrier: its records as segments hold them, in the order in which it published them."""
    found = np.concatenate([np.frombuffer(block, RECORD) for block in blocks] or [np.zeros(0, RECORD)])
    records = found[(found["declares"] == _RESTRICTED) | (found["declares"] == _LIFTED)]
    keys, grounds = records["key"].astype(np.uint64), records["ground"].copy()
    days, places = records["effective_on"].astype(np.uint32), np.arange(len(records))
    if grounds.size and int(grounds.max()) >= len(GROUNDS):
        raise ValueError("notices that no accepted feed has")
    lifting = (records["declares"] == _LIFTED) & (days <= on.toordinal())
    standing = records["declares"] == _RESTRICTED
    for ground in np.unique(grounds[lifting]):
        mine = np.flatnonzero(grounds == ground)
        lifts = mine[lifting[mine]]
        order = np.lexsort((lifts, keys[lifts]))
        phones, last = keys[lifts][order], lifts[order]
        newest = np.flatnonzero(np.append(phones[1:] != phones[:-1], True))  # the last of each phone
        phones, last = phones[newest], last[newest]
        at = np.searchsorted(phones, keys[mine])
        there = phones.take(at, mode="clip") == keys[mine]
        standing[mine] &= ~(there & (places[mine] < last.take(at, mode="clip")))
    bought = records["purchased_on"].astype(np.uint32)
    return Restrictions(keys[standing], grounds[standing], days[standing], bought[standing])


def fold_enforced(of: Iterable[tuple[CarrierId, Restrictions]], judge: Judge, place: CarrierId, on: date) -> Rows:
    """One row for each phone about which the network does anything, or may; `place`: the carrier whose bits hold it.

    Raises:
        ValueError: a ground that does not exist.
    """
    parts = [(some, _judged(carrier, some, judge, on)) for carrier, some in of]
    keys = np.concatenate([some.keys for some, _ in parts] or [np.zeros(0, np.uint64)])
    codes = np.concatenate([judged for _, judged in parts] or [np.zeros(0, np.uint8)])
    days = np.concatenate([some.days for some, _ in parts] or [np.zeros(0, np.uint32)])
    order = np.argsort(keys, kind="stable")
    keys, codes, days = keys[order], codes[order], days[order]
    if not keys.size:
        return Rows(keys, np.zeros(0, np.uint8), codes, days)
    first = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    now = np.maximum.reduceat(np.where(codes == AHEAD, np.uint8(NOT_ENFORCED), codes), first)
    nearest = np.minimum.reduceat(np.where(codes == AHEAD, days, _NEVER), first)
    ahead = (now == NOT_ENFORCED) & (nearest != _NEVER)
    marks = np.where(ahead, np.uint8(RESTRICTED), now)
    pending = np.where(ahead, nearest - np.uint32(_EPOCH), np.uint32(AT_ONCE))
    said = marks != NOT_ENFORCED
    phones = keys[first][said]
    return Rows(phones, np.full(len(phones), PLACES[place], np.uint8), marks[said], pending[said])


def _judged(carrier: CarrierId, some: Restrictions, judge: Judge, on: date) -> Bytes:
    """The code of each restriction: the rule is asked once for each kind that there is."""
    today = np.uint32(on.toordinal())
    later = some.days > today
    days = np.where(later, some.days, today).astype(np.uint64)
    kinds = some.grounds.astype(np.uint64) << _TWO_DAYS | some.bought.astype(np.uint64) << _DAY | days
    different, places = np.unique(kinds, return_inverse=True)
    table = np.zeros(len(different), np.uint8)
    for n, kind in enumerate(different.tolist()):
        ground, bought, day = kind >> 2 * DAY_BITS, kind >> DAY_BITS & DAY_MASK, kind & DAY_MASK
        known = date.fromordinal(bought) if bought else None
        table[n] = _CODE[judge(carrier, GROUNDS[ground], known, date.fromordinal(day))]
    codes = table[places.ravel()]
    return np.where(later & (codes == ENFORCED), np.uint8(AHEAD), codes)
