"""Building: the whole register from rows, a small delta upon a register, and both made one again."""

from __future__ import annotations

import numpy as np

from shirorom.register import compact, fast
from shirorom.register.format import Array, Layout, Stamp, seal
from shirorom.register.keys import Bytes, Keys
from shirorom.register.lookup import Register
from shirorom.register.rows import AT_ONCE, Packed, Pending, Rows, RowsError, day_number, pack, without_absent
from shirorom.register.values import RESTRICTED

COUNT_MAX = 2**32 - 1
"""Phones of one register: places are 4 bytes."""
DELTA_SHARE = 16
"""A delta with more than one phone for so many of its base is better laid into it."""


def build(rows: Rows, stamp: Stamp, layout: Layout) -> bytes:
    """A register that stands alone, from one row for each phone and carrier.

    Raises:
        RowsError: rows that contradict each other or are none (register/rows.py); `count`, too many phones.
    """
    return _sealed(without_absent(pack(rows, stamp)), stamp, layout, base=None)


def build_delta(current: Register, changed: Rows, stamp: Stamp) -> bytes:
    """What changed since the base of `current`, as a register that is looked up before it.

    `changed` holds the new mark of one carrier about one phone a row (no-record: it left the carrier's book); all else
    stays. The delta of `current` is in the new one: a base has one delta at a time, always compact.

    Raises:
        RowsError: as `build`; `enrolled`, the carriers are not those of the base: build a whole one; `day`, the stamp
            is older than `current`.
    """
    before_it = current.stamp
    if (stamp.enrolled, stamp.practice, stamp.purpose) != (before_it.enrolled, before_it.practice, before_it.purpose):
        raise RowsError("enrolled")
    if stamp.day < current.stamp.day:
        raise RowsError("day")
    new = pack(changed, stamp)
    everything = np.full(len(changed.keys), RESTRICTED, np.uint8), np.full(len(changed.keys), AT_ONCE, np.uint32)
    said = pack(Rows(changed.keys, changed.carriers, *everything), stamp).values  # both bits of each carrier that spoke
    before = current.values(new.keys, on=stamp.day)
    kept = _held_by_others(current.pending, new.keys, said, day_number(stamp.day))
    fresh = Packed(new.keys, (before & ~said) | new.values, kept.joined(new.pending))
    return _sealed(_over(current, fresh, stamp), stamp, Layout.COMPACT, base=current.base.opened.digest)


def compacted(current: Register, layout: Layout) -> bytes:
    """Base and delta as one register that stands alone."""
    return build_packed(current.packed(), current.stamp, layout)


def build_packed(packed: Packed, stamp: Stamp, layout: Layout) -> bytes:
    """A register that stands alone, from phones in order as they are on the stamp's day. Raises RowsError `count`."""
    return _sealed(packed, stamp, layout, base=None)


def is_due(current: Register, share: int = DELTA_SHARE) -> bool:
    """Whether the delta has grown so large that it should be laid into its base."""
    delta = current.delta
    return delta is not None and delta.opened.count * share > current.base.opened.count


def _held_by_others(pending: Pending, keys: Keys, said: Bytes, day: int) -> Pending:
    """What still lies ahead for phones that changed, at carriers that said nothing new of them."""
    if not keys.size:
        return pending.where(np.zeros(len(pending.keys), np.bool_))
    places = np.searchsorted(keys, pending.keys)
    changed = keys.take(places, mode="clip") == pending.keys
    silent = said.take(places, mode="clip") >> 2 * pending.positions & RESTRICTED == 0
    return pending.where(changed & silent & (pending.days > day))


def _over(current: Register, fresh: Packed, stamp: Stamp) -> Packed:
    """The older delta below the newer changes."""
    if current.delta is None:
        return fresh
    old = current.delta.packed()
    values = current.values(old.keys, on=stamp.day)
    kept = ~np.isin(old.keys, fresh.keys)
    keys = np.concatenate((old.keys[kept], fresh.keys))
    order = np.argsort(keys, kind="stable")
    lies_ahead = (old.pending.days > day_number(stamp.day)) & ~np.isin(old.pending.keys, fresh.keys)
    values = np.concatenate((values[kept], fresh.values))[order]
    return Packed(keys[order], values, old.pending.where(lies_ahead).joined(fresh.pending))


def _sealed(packed: Packed, stamp: Stamp, layout: Layout, *, base: bytes | None) -> bytes:
    if len(packed.keys) > COUNT_MAX:
        raise RowsError("count", len(packed.keys))
    lay = fast.lay if layout is Layout.FAST else compact.lay
    sections: dict[str, Array] = {
        **lay(packed),
        "pending_keys": packed.pending.keys,
        "pending_positions": packed.pending.positions,
        "pending_days": packed.pending.days,
    }
    return seal(stamp, layout=layout, base=base, count=len(packed.keys), sections=sections)
