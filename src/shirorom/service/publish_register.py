"""Publish the register: fold the notices of each phone and carrier, and let every reader answer from what came out.

1. The log's head is what the register is made from; later notices wait for the next one.
2. Where the register that is out is of the same carriers, what was touched since is folded and put before it; where
   nothing was and no book is newer, it stays.
3. Otherwise, or when so much was touched that a delta does not pay, every notice is folded.
4. A delta that has grown too large is laid into its base.

The fold of a few phones is `domain/fold.py`'s, one at a time, and what the fold by columns is held against.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import reduce

from shirorom.domain.errors import StorageError
from shirorom.domain.fold import Book, RecordedNotice, step
from shirorom.domain.mark import Mark
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.register import MadeFrom, PublishedNotices, Registers
from shirorom.register.build import DELTA_SHARE, build, build_delta, compacted, is_due
from shirorom.register.format import Layout, Stamp
from shirorom.register.keys import Keys
from shirorom.register.lookup import Register
from shirorom.register.rows import Row, Rows

UNUSABLE = frozenset({"register-missing", "register-corrupt", "register-foreign", "register-stale"})
"""Why there is no register to answer from, or to build upon; anything else is a fault of the storage."""
ONE_BY_ONE = 2_000
"""So many phones are read and folded one at a time; more are quicker by reading every segment once."""


@dataclass(frozen=True, slots=True)
class Publication:
    """What was done: entries of the log that the register is of, phones folded (whole: rows), and whether all were."""

    size: int
    folded: int
    whole: bool


@dataclass(frozen=True, slots=True)
class PublishRegister:
    """Makes the register of one log. Threads wait for each other; of two processes the later pointer stands."""

    log: MadeFrom
    notices: PublishedNotices
    registers: Registers
    layout: Layout = Layout.COMPACT
    delta_share: int = DELTA_SHARE
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __call__(self, *, whole: bool = False) -> Publication | None:
        """Publish what the log holds now; None: no carrier is enrolled, so there is nothing that could be said.

        Raises:
            StorageError: `log-corrupt`, `storage-…`. The register that was out stays then.
            ValueError: a notice of the other world is among them.
        """
        with self._one:
            return self._publish(whole=whole)

    def _publish(self, *, whole: bool) -> Publication | None:
        head = self.log.head()
        enrolled = tuple(self.notices.enrolled(size=head.size))
        if not enrolled:
            return None
        stamp = Stamp(Checkpoint(self.log.origin, head.size, head.root), enrolled, self.log.practice)
        current = None if whole else self._current(stamp)
        if current is not None:
            before = current.stamp
            touched = self.notices.touched(
                since=before.log.size, size=stamp.log.size, after=before.day, until=stamp.day
            )
            if not len(touched) and before.carriers == stamp.carriers:
                return Publication(before.log.size, 0, whole=False)
            if len(touched) * self.delta_share <= current.base.opened.count:
                return self._delta(current, stamp, touched)
        return self._whole(stamp)

    def is_current(self, index: int) -> bool:
        """Whether what is out was made from the log's entry of that index, too."""
        return holds(self.registers, index)

    def _current(self, stamp: Stamp) -> Register | None:
        """The register that is out, where a delta may stand before it."""
        try:
            current = self.registers.current()
        except StorageError as error:
            if error.code not in UNUSABLE:
                raise
            return None
        same = current.stamp.enrolled == stamp.enrolled and current.stamp.log.size <= stamp.log.size
        return current if same and current.stamp.day <= stamp.day else None

    def _delta(self, current: Register, stamp: Stamp, touched: Keys) -> Publication:
        rows = self._few(touched, stamp) if len(touched) <= ONE_BY_ONE else self.notices.rows(stamp, only=touched)
        published = self.registers.publish_delta(build_delta(current, rows, stamp))
        if is_due(published, self.delta_share):
            self.registers.publish(compacted(published, self.layout))
        return Publication(stamp.log.size, len(touched), whole=False)

    def _whole(self, stamp: Stamp) -> Publication:
        rows = self.notices.rows(stamp)
        self.registers.publish(build(rows, stamp, self.layout))
        return Publication(stamp.log.size, len(rows.keys), whole=True)

    def _few(self, touched: Keys, stamp: Stamp) -> Rows:
        rows: list[Row] = []
        for key in touched.tolist():
            for carrier in stamp.enrolled:
                notices = self.notices.of(f"{key:014d}", carrier, size=stamp.log.size)
                ordered = sorted(notices, key=lambda recorded: (recorded.notice.sequence, recorded.index))
                if any(recorded.notice.practice != stamp.practice for recorded in ordered):
                    raise ValueError("practice and real notices in one register")
                rows.append((key, carrier, *said(ordered, stamp.day)))
        return Rows.of(rows)


def holds(registers: Registers, index: int) -> bool:
    """Whether the register that is out was made from the log's entry of that index, too."""
    try:
        return registers.current().stamp.log.size > index
    except StorageError as error:
        if error.code not in UNUSABLE:
            raise
        return False


def said(ordered: Iterable[RecordedNotice], on: date) -> tuple[Mark, date | None]:
    """What one carrier says of one phone on a day; a restriction that lies ahead with its day, the nearest."""
    book = reduce(lambda book, recorded: step(book, recorded.notice, on=on), ordered, Book())
    mark = book.mark(on)
    ahead = [notice.effective_on for notice in book.active if notice.effective_on is not None]
    return (Mark.RESTRICTED, min(ahead)) if ahead and mark is Mark.CAUTION else (mark, None)
