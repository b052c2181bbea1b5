"""What somebody has after a snapshot: its name, what of a register goes into it, and what changed since another."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from shirorom.register.format import Stamp
from shirorom.register.keys import Indices, Keys
from shirorom.register.lookup import settled
from shirorom.register.rows import Packed
from shirorom.register.snapshot_head import Holds, what_of
from shirorom.register.values import NO_RECORD, VALUES

Flags: TypeAlias = NDArray[np.bool_]

_ANY = np.arange(VALUES)
_BAD = _ANY & 0b10101010  # the high bit of caution (2) and of restricted (3)
_DOUBTFUL = (_ANY & (_BAD | _BAD >> 1)).astype(np.uint8)


@dataclass(frozen=True, slots=True)
class Content:
    """All that somebody has after a snapshot: phones as they stand on the stamp's day, and what they are worth."""

    holds: Holds
    stamp: Stamp
    packed: Packed

    @property
    def state(self) -> bytes:
        """Names it: SHA-256 of what it is of and of all its phones. Never shown: a digest of one phone is the phone."""
        pending = self.packed.pending
        digest = sha256(f"shirorom/snapshot/state/v1\n{what_of(self.holds, self.stamp)}".encode())
        for column, kind in ((self.packed.keys, "<u8"), (self.packed.values, "u1"), (pending.keys, "<u8"),
                             (pending.positions, "u1"), (pending.days, "<u4")):  # fmt: skip
            digest.update(struct.pack("<Q", len(column)))
            digest.update(np.ascontiguousarray(column, kind).view(np.uint8).data)
        return digest.digest()

    @classmethod
    def of(cls, packed: Packed, stamp: Stamp, holds: Holds) -> Content:
        """What of a register (on its own day) is handed on."""
        return cls(holds, stamp, packed if holds is Holds.EVERYTHING else doubtful(packed))


def doubtful(packed: Packed) -> Packed:
    """△ and × alone; all else becomes 0, and phones without either are left out."""
    values = _DOUBTFUL.take(packed.values)
    kept = values != NO_RECORD
    return Packed(packed.keys[kept], values[kept], packed.pending)


def changes(base: Content, now: Content) -> Packed:
    """The phones of which `now` says something else than `base`, as they are now; 0: it left.

    Raises ValueError where nobody could lay it over the base.
    """
    mine = (base.holds, base.stamp.practice, base.stamp.enrolled, base.stamp.log.origin)
    if mine != (now.holds, now.stamp.practice, now.stamp.enrolled, now.stamp.log.origin):
        raise ValueError("a delta is of the same log, carriers and kind as its base")
    if now.stamp.day < base.stamp.day:
        raise ValueError("a delta is not of an earlier day than its base")
    old, new = settled(base.packed, now.stamp.day), now.packed
    places, there = _places(old.keys, new.keys)
    other = ~there
    other[there] = old.values[places[there]] != new.values[there]
    gone = ~_places(new.keys, old.keys)[1]
    ahead = _moved(old, new)
    touched = np.unique(np.concatenate((new.keys[other], old.keys[gone], ahead)))
    places, there = _places(new.keys, touched)
    values = np.zeros(len(touched), np.uint8)
    values[there] = new.values[places[there]]
    return Packed(touched, values, new.pending.where(_places(touched, new.pending.keys)[1]))


def laid_over(old: Packed, new: Packed) -> Packed:
    """What changed laid over what there was, both of one day; 0 in the new one: it left."""
    kept = ~_places(new.keys, old.keys)[1]
    came = new.values != NO_RECORD
    keys = np.concatenate((old.keys[kept], new.keys[came]))
    order = np.argsort(keys, kind="stable")
    values = np.concatenate((old.values[kept], new.values[came]))[order]
    pending = old.pending.where(~_places(new.keys, old.pending.keys)[1])
    return Packed(keys[order], values, pending.joined(new.pending))


def _moved(old: Packed, new: Packed) -> Keys:
    """Phones whose restrictions ahead are others than before."""
    before, after = (
        set(zip(p.keys.tolist(), p.positions.tolist(), p.days.tolist(), strict=True))
        for p in (old.pending, new.pending)
    )
    return np.array(sorted({key for key, _, _ in before ^ after}), np.uint64)


def _places(among: Keys, keys: Keys) -> tuple[Indices, Flags]:
    """Where each key stands among others, which are ascending, and whether it does."""
    if not among.size:
        return np.zeros(len(keys), np.int64), np.zeros(len(keys), np.bool_)
    places = np.searchsorted(among, keys)
    return places, among.take(places, mode="clip") == keys
