"""The register beside what it should hold: opened whole, then held against the fold of the notices it was made from.

It is derived and may be missing. What does not open, or says anything else than the notices do, is found; nothing is
changed or removed. Memory grows with the register.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from shirorom.domain.errors import StorageError
from shirorom.ports.register import Registers
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.rows import Packed, Rows, pack, without_absent

FOUND = frozenset({"register-corrupt", "register-foreign"})


class Made(Protocol):
    """How a register is made: PublishedNotices of marks, PublishEir of what a network refuses."""

    def enrolled(self, *, size: int) -> Sequence[Enrolled]:
        """The carriers that are in it, by the log's first entries."""
        ...

    def rows(self, stamp: Stamp) -> Rows:
        """What is in it."""
        ...


def examine_register(registers: Registers, made: Made) -> Sequence[str]:
    """The codes of what is wrong with it; none: it is sound, or there is none.

    `registers` must not refuse one for its age: what is old may still be damaged.

    Raises:
        StorageError: the log or its segments do not hold, so that nothing can be compared (`log-…`, `segment-…`).
    """
    try:
        register = registers.current()
    except StorageError as error:
        if error.code == "register-missing":
            return ()
        if error.code in FOUND:
            return (error.code,)
        raise
    expected = without_absent(pack(made.rows(register.stamp), register.stamp))
    enrolled = [one.carrier for one in made.enrolled(size=register.stamp.log.size)]
    same = enrolled == list(register.stamp.enrolled) and _alike(register.packed(), expected)
    return () if same else ("register-differs",)


def _alike(one: Packed, other: Packed) -> bool:
    return all(
        np.array_equal(mine, theirs)
        for mine, theirs in (
            (one.keys, other.keys),
            (one.values, other.values),
            (one.pending.keys, other.pending.keys),
            (one.pending.positions, other.pending.positions),
            (one.pending.days, other.pending.days),
        )
    )
