"""The fold of notices, by the million: what one carrier says of each phone on a day, column by column.

`domain/fold.py` is the rule and `service/publish_register.py said` its one-phone form, the oracle of this one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from shirorom.domain.carrier import CarrierId
from shirorom.domain.notice import NoticeKind
from shirorom.log.feed import DECLARES, GROUNDS
from shirorom.register.keys import Bytes, Indices, Keys
from shirorom.register.rows import AT_ONCE, EPOCH, Days, Rows
from shirorom.register.values import CAUTION, CLEAR, NO_RECORD, PLACES, RESTRICTED

RECORD = np.dtype(
    [("key", ">u8"), ("row", ">u4"), ("check", "u1"), ("declares", "u1"), ("ground", "u1"),
     ("effective_on", ">u4"), ("purchased_on", ">u4")]
)  # fmt: skip
"""`log.feed.RECORD`, as columns."""

_REGISTERED, _STARTED, _PAID, _RESTRICTED, _LIFTED = (
    DECLARES.index(kind)
    for kind in (
        NoticeKind.REGISTERED, NoticeKind.INSTALMENTS_STARTED, NoticeKind.INSTALMENTS_PAID,
        NoticeKind.RESTRICTED, NoticeKind.LIFTED,
    )
)  # fmt: skip
_EPOCH = EPOCH.toordinal()
_NEVER = np.uint32(2**32 - 1)


@dataclass(frozen=True, slots=True)
class Notices:
    """One carrier's notices in columns of equal length, in the order in which it published them.

    `declares` and `grounds` are places in `log.feed.DECLARES` and `GROUNDS`, `days` proleptic ordinals (0: none named).
    """

    keys: Keys
    declares: Bytes
    grounds: Bytes
    days: Days

    @classmethod
    def of(cls, blocks: Iterable[bytes], only: Keys | None = None) -> Notices:
        """Records as segments hold them, one behind the other; of some phones alone (ascending, each once)."""
        parts = [cls._of_block(block, only) for block in blocks]
        return cls(
            np.concatenate([part.keys for part in parts] or [np.zeros(0, np.uint64)]),
            np.concatenate([part.declares for part in parts] or [np.zeros(0, np.uint8)]),
            np.concatenate([part.grounds for part in parts] or [np.zeros(0, np.uint8)]),
            np.concatenate([part.days for part in parts] or [np.zeros(0, np.uint32)]),
        )

    @classmethod
    def _of_block(cls, block: bytes, only: Keys | None) -> Notices:
        records = np.frombuffer(block, RECORD)
        keys = records["key"].astype(np.uint64)
        if only is not None:
            there = np.zeros(len(keys), np.bool_)
            if only.size:
                there = only.take(np.searchsorted(only, keys), mode="clip") == keys
            records, keys = records[there], keys[there]
        days = records["effective_on"].astype(np.uint32)
        return cls(keys, records["declares"].copy(), records["ground"].copy(), days)

    def where(self, chosen: NDArray[np.bool_] | Indices) -> Notices:
        """Some of them, or all in another order."""
        return Notices(self.keys[chosen], self.declares[chosen], self.grounds[chosen], self.days[chosen])


def fold_notices(notices: Notices, carrier: CarrierId, on: date) -> Rows:
    """One row for each phone that is named: its mark on a day (JST), and the day of a restriction that lies ahead.

    Raises:
        ValueError: a kind or a ground that does not exist.
    """
    if notices.keys.size and (notices.declares.max() >= len(DECLARES) or notices.grounds.max() >= len(GROUNDS)):
        raise ValueError("notices that no accepted feed has")
    if not bool((notices.keys[1:] >= notices.keys[:-1]).all()):
        notices = notices.where(np.argsort(notices.keys, kind="stable"))  # each phone's stay in the order published
    day = np.uint32(on.toordinal())
    fresh = np.ones(len(notices.keys), np.bool_)
    np.not_equal(notices.keys[1:], notices.keys[:-1], out=fresh[1:])
    alone = fresh.copy()
    alone[:-1] &= fresh[1:]
    marks, days = _of_one(notices, day)
    if not bool(alone.all()):
        several = notices.where(~alone)
        first = np.flatnonzero(fresh[~alone])
        places = np.flatnonzero(fresh & ~alone)
        marks[places], days[places] = _of_several(several, first, day)
    keys = notices.keys[fresh]
    return Rows(keys, np.full(len(keys), PLACES[carrier], np.uint8), marks[fresh], days[fresh])


def _of_one(notices: Notices, on: np.uint32) -> tuple[Bytes, Days]:
    """What each notice would say if it were its phone's only one."""
    reached, declares = notices.days <= on, notices.declares
    marks = np.full(len(declares), NO_RECORD, np.uint8)
    marks[((declares == _REGISTERED) | (declares == _PAID)) & reached] = CLEAR
    marks[declares == _STARTED] = CAUTION
    marks[declares == _RESTRICTED] = RESTRICTED
    ahead = (declares == _RESTRICTED) & ~reached
    return marks, np.where(ahead, notices.days - np.uint32(_EPOCH), np.uint32(AT_ONCE))


def _of_several(notices: Notices, first: Indices, on: np.uint32) -> tuple[Bytes, Days]:
    """What the notices of each phone say together; `first`: where each phone's begin."""
    reached, declares = notices.days <= on, notices.declares
    places = np.arange(len(declares))
    good = ((declares == _REGISTERED) | (declares == _PAID)) & reached
    base = np.maximum.reduceat(np.where(good | (declares == _STARTED), places, -1), first)
    marks = np.where(base < 0, NO_RECORD, np.where(good[base], CLEAR, CAUTION)).astype(np.uint8)
    restricted = declares == _RESTRICTED
    lifting = (declares == _LIFTED) & reached
    phone = np.repeat(np.arange(len(first)), np.diff(np.append(first, len(declares))))
    for ground in np.unique(notices.grounds[lifting]):
        of_ground = notices.grounds == ground
        last = np.maximum.reduceat(np.where(lifting & of_ground, places, -1), first)
        restricted &= ~(of_ground & (places < last[phone]))
    in_force = np.bitwise_or.reduceat(restricted & reached, first)
    nearest = np.minimum.reduceat(np.where(restricted & ~reached, notices.days, _NEVER), first)
    ahead = ~in_force & (nearest != _NEVER)
    marks[in_force | ahead] = RESTRICTED
    return marks, np.where(ahead, nearest - np.uint32(_EPOCH), np.uint32(AT_ONCE))
