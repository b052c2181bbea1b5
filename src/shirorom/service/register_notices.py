"""The notices of accepted feeds as a register is made from them (ports.register.PublishedNotices)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.feed import FeedKind
from shirorom.domain.fold import RecordedNotice
from shirorom.log.entry import MalformedError
from shirorom.log.feed_rows import notice_of
from shirorom.register.fold import Notices, fold_notices
from shirorom.register.format import Enrolled, Stamp
from shirorom.register.keys import Keys
from shirorom.register.rows import Rows
from shirorom.service.feeds import Accepted, Feeds


@dataclass(frozen=True, slots=True)
class FeedNotices:
    """What the accepted feeds of one log say, read from their segments and verified on the way."""

    feeds: Feeds

    def enrolled(self, *, size: int) -> Sequence[Enrolled]:
        """The carriers whose full list was accepted, each as old as its newest feed."""
        found = []
        for carrier in CARRIERS:
            mine = self._of(carrier, size)
            if any(one.feed.manifest.kind is FeedKind.FULL for one in mine):
                found.append(Enrolled(carrier, mine[-1].feed.manifest.made_at))
        return found

    def rows(self, stamp: Stamp, *, only: Keys | None = None) -> Rows:
        """Every phone's mark at every enrolled carrier, of some phones alone where they are named."""
        parts = [
            fold_notices(Notices.of(self._blocks(self._of(carrier, stamp.log.size)), only), carrier, stamp.day)
            for carrier in stamp.enrolled
        ]
        return Rows(
            np.concatenate([part.keys for part in parts]),
            np.concatenate([part.carriers for part in parts]),
            np.concatenate([part.marks for part in parts]),
            np.concatenate([part.days for part in parts]),
        )

    def of(self, key: str, carrier: CarrierId, *, size: int) -> Iterable[RecordedNotice]:
        """One carrier's notices about one phone."""
        for one in self._of(carrier, size):
            manifest = one.feed.manifest
            try:
                for record in self.feeds.segments.phone(one.feed.segment, int(key)):
                    notice = notice_of(record, carrier, manifest.sequence, practice=manifest.practice)
                    yield RecordedNotice(one.index, one.recorded_at, notice)
            except MalformedError as error:
                raise StorageError("segment-corrupt", index=one.index) from error

    def blocks(self, carrier: CarrierId, size: int) -> Iterator[bytes]:
        """One carrier's records, in the order in which it published them."""
        return self._blocks(self._of(carrier, size))

    def touched(self, *, since: int, size: int, after: date, until: date) -> Keys:
        """Phones of which anything may be other than it was, ascending, each once."""
        found = [np.zeros(0, np.uint64)]
        for one in self.feeds.accepted():
            if one.index >= size:
                continue
            if one.index >= since:
                found.append(Notices.of(self._blocks([one])).keys)
            elif after < until:
                notices = Notices.of(self._blocks([one]))
                named = (notices.days > after.toordinal()) & (notices.days <= until.toordinal())
                found.append(notices.keys[named])
        return np.unique(np.concatenate(found))

    def _of(self, carrier: CarrierId, size: int) -> Sequence[Accepted]:
        return [one for one in self.feeds.of(carrier) if one.index < size]

    def _blocks(self, accepted: Sequence[Accepted]) -> Iterator[bytes]:
        """All records, feed after feed as they were published."""
        for one in sorted(accepted, key=lambda one: (one.feed.manifest.sequence, one.index)):
            yield from self.feeds.segments.blocks(one.feed.segment)
