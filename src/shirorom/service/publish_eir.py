"""Publish what one network refuses under one policy, as a register of its own beside the one of marks.

It comes from notices alone: no reading is ever in it. It is made whole each time. A network whose own carrier is not
enrolled has none: it would call every phone of that carrier fit to connect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
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
from shirorom.register.format import Layout, Purpose, Stamp
from shirorom.service.publish_register import Publication


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
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __call__(self) -> Publication:
        """Publish what the log holds now.

        Raises:
            ShiroromError: `eir-not-enrolled`, the network's own carrier never published a full list.
            StorageError: `log-corrupt`, `segment-corrupt`, `storage-…`. What was out stays then.
        """
        with self._one:
            head = self.log.head()
            heard = tuple(
                one for one in self.notices.enrolled(size=head.size) if is_heard(self.policy, self.network, one.carrier)
            )
            if self.network not in {one.carrier for one in heard}:
                raise ShiroromError("eir-not-enrolled", network=self.network.value)
            log = Checkpoint(self.log.origin, head.size, head.root)
            stamp = Stamp(log, heard, self.log.practice, Purpose(self.policy.id, self.network))
            rows = fold_enforced(
                [(carrier, restrictions(self.blocks(carrier, head.size), stamp.day)) for carrier in stamp.enrolled],
                self._judge,
                stamp.enrolled[0],
                stamp.day,
            )
            self.registers.publish(build(rows, stamp, Layout.COMPACT))
            return Publication(head.size, len(rows.keys), whole=True)

    def _judge(self, carrier: CarrierId, ground: Ground | None, bought: date | None, on: date) -> Enforcement:
        return enforcement(self.policy, self.network, carrier, ground, bought, on)


def eir_said(policy: Policy, network: CarrierId, notices: Iterable[Sequence[RecordedNotice]], on: date) -> Enforced:
    """One phone, plainly: each carrier's notices in its own order, folded as every mark is: the columns' oracle."""
    active: list[Notice] = []
    for ordered in notices:
        active += reduce(lambda book, recorded: step(book, recorded.notice, on=on), ordered, Book()).active
    return enforced(policy, network, active, on)
