"""Publish what one network refuses under one policy, as a register of its own beside the one of marks.

It comes from notices alone: no reading is ever in it. It is made whole each time. A network whose own carrier is not
enrolled has none: it would call every phone of that carrier fit to connect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce

from shirorom.domain.carrier import CarrierId
from shirorom.domain.enforcement import Enforced, Enforcement, enforced, enforcement, is_heard
from shirorom.domain.errors import ShiroromError
from shirorom.domain.fold import Book, RecordedNotice, step
from shirorom.domain.notice import Ground, Notice
from shirorom.domain.policy import Policy
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.register import MadeFrom, PublishedNotices, Registers
from shirorom.register.build import build
from shirorom.register.enforced import fold_enforced, restrictions
from shirorom.register.format import Enrolled, Layout, Purpose, Stamp
from shirorom.register.rows import Rows
from shirorom.service.publish_register import Publication, PublishRegister, holds


@dataclass(frozen=True, slots=True)
class PublishEir:
    """Makes the register of what `network` refuses under `policy`.

    `blocks`: a carrier's records of the log's first entries, as many as are named, in the order it published them.
    """

    log: MadeFrom
    notices: PublishedNotices
    blocks: Callable[[CarrierId, int], Iterator[bytes]]
    registers: Registers
    policy: Policy
    network: CarrierId

    def __call__(self) -> Publication:
        """Publish what the log holds now.

        Raises:
            ShiroromError: `eir-not-enrolled`, the network's own carrier never published a full list.
            StorageError: `log-corrupt`, `segment-corrupt`, `storage-…`. What was out stays then.
        """
        head = self.log.head()
        heard = self.enrolled(size=head.size)
        if self.network not in {one.carrier for one in heard}:
            raise ShiroromError("eir-not-enrolled", network=self.network.value)
        log = Checkpoint(self.log.origin, head.size, head.root)
        stamp = Stamp(log, heard, self.log.practice, Purpose(self.policy.id, self.network))
        rows = self.rows(stamp)
        self.registers.publish(build(rows, stamp, Layout.COMPACT))
        return Publication(head.size, len(rows.keys), whole=True)

    def is_due(self) -> bool:
        """Whether it can be made: the network's own carrier is enrolled."""
        return self.network in {one.carrier for one in self.enrolled(size=self.log.head().size)}

    def enrolled(self, *, size: int) -> tuple[Enrolled, ...]:
        """The enrolled carriers whose restrictions may matter to the network, by the log's first entries."""
        everybody = self.notices.enrolled(size=size)
        return tuple(one for one in everybody if is_heard(self.policy, self.network, one.carrier))

    def rows(self, stamp: Stamp) -> Rows:
        """The phones that the network refuses, or may, by the stamp's log size and day; one row each."""
        size, day = stamp.log.size, stamp.day
        heard = [(carrier, restrictions(self.blocks(carrier, size), day)) for carrier in stamp.enrolled]
        return fold_enforced(heard, self._judge, stamp.enrolled[0], day)

    def _judge(self, carrier: CarrierId, ground: Ground | None, bought: date | None, on: date) -> Enforcement:
        return enforcement(self.policy, self.network, carrier, ground, bought, on)


@dataclass(frozen=True, slots=True)
class PublishAll:
    """The register of marks, and beside it what networks refuse, for those whose own carrier is enrolled."""

    marks: PublishRegister
    refused: Sequence[PublishEir]

    def __call__(self) -> None:
        """Publish what the log holds now. Raises as each of them."""
        self.marks()
        for one in self.refused:
            if one.is_due():
                one()

    def is_current(self, index: int) -> bool:
        """Whether all that is due was made from the log's entry of that index, too."""
        due = [one.registers for one in self.refused if one.is_due()]
        return self.marks.is_current(index) and all(holds(registers, index) for registers in due)


def eir_said(policy: Policy, network: CarrierId, notices: Iterable[Sequence[RecordedNotice]], on: date) -> Enforced:
    """One phone, plainly: each carrier's notices in its own order, folded as every mark is: the columns' oracle."""
    active: list[Notice] = []
    for ordered in notices:
        active += reduce(lambda book, recorded: step(book, recorded.notice, on=on), ordered, Book()).active
    return enforced(policy, network, active, on)
