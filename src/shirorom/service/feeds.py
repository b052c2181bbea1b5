"""The accepted feeds of one log: who is enrolled, and what they say of one phone. One place for every reader.

A phone's notices come out of all accepted segments, in the order of the log. Nothing is held but the heads of the
segments; what is read of them is verified against the entries of the log, presence and absence alike.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shirorom.domain.carrier import CARRIERS, CarrierId
from shirorom.domain.errors import StorageError
from shirorom.domain.feed import Enrolment, Feed, FeedKind
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.log.entry import MalformedError, decode_entry
from shirorom.log.feed_rows import notice_of
from shirorom.log.statement import decode_feed, publisher_key
from shirorom.ports.feeds import Segments
from shirorom.ports.log import Entry, Log

PHONES_MAX = 8_192
"""Phones whose notices are remembered."""
_KEYS = [publisher_key(carrier) for carrier in CARRIERS]


@dataclass(frozen=True, slots=True)
class Accepted:
    """A feed with its place in the log."""

    index: int
    recorded_at: datetime
    feed: Feed


@dataclass(slots=True)
class Feeds:
    """Reads the accepted feeds of one log. Safe to use from several threads."""

    log: Log
    segments: Segments
    _size: int = -1
    _known: _Known = field(default_factory=lambda: _Known((), ()))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def accepted(self) -> Sequence[Accepted]:
        """Every accepted feed, oldest first. Raises `log-corrupt`."""
        return self._now().accepted

    def _now(self) -> _Known:
        size = self.log.head().size
        with self._lock:
            if size != self._size:
                counts = tuple(head.count for head in self.log.device_heads(_KEYS))
                if counts != self._known.counts:
                    found = [accepted_of(entry) for key in _KEYS for entry in self.log.device(key)]
                    self._known = _Known(counts, tuple(sorted(found, key=lambda one: one.index)))
                self._size = size
            return self._known

    def of(self, carrier: CarrierId) -> Sequence[Accepted]:
        """One publisher's, oldest first."""
        return [one for one in self.accepted() if one.feed.carrier is carrier]

    def notices(self, imei: Imei) -> Sequence[Recorded]:
        """What the feeds say of a phone, in the order of the log. Raises `log-corrupt`, `segment-corrupt`."""
        now = self._now()
        if not now.accepted:
            return ()
        said = now.phones.get(imei.key)
        if said is None:
            said = tuple(recorded for one in now.accepted for recorded in self._in(one, imei))
            if len(now.phones) >= PHONES_MAX:
                now.phones.clear()
            now.phones[imei.key] = said
        return said

    def enrolment(self, carrier: CarrierId, *, as_of: datetime) -> Enrolment | None:
        """Whether absence from this carrier's book says anything by then, and of when the book is.

        As of the last look at the log: whoever asks has just read a phone's entries, and both are of one moment.
        """
        known = self._known if self._size >= 0 else self._now()
        by_then = [one for one in known.accepted if one.feed.carrier is carrier and one.recorded_at <= as_of]
        if all(one.feed.manifest.kind is not FeedKind.FULL for one in by_then):
            return None
        newest = by_then[-1]
        return Enrolment(carrier, newest.feed.manifest.made_at, newest.index)

    def names(self, one: Accepted, key: str) -> bool:
        """Whether a feed names a phone (14 digits)."""
        return bool(self.segments.phone(one.feed.segment, int(key)))

    def _in(self, one: Accepted, imei: Imei) -> list[Recorded]:
        manifest = one.feed.manifest
        try:
            return [
                Recorded(
                    one.index,
                    one.recorded_at,
                    notice_of(record, manifest.carrier, manifest.sequence, practice=manifest.practice),
                )
                for record in self.segments.phone(one.feed.segment, int(imei.key))
            ]
        except MalformedError as error:
            raise StorageError("segment-corrupt", index=one.index) from error


@dataclass(frozen=True, slots=True)
class _Known:
    """The feeds as of one length of each chain, and what they say of the phones asked about since."""

    counts: tuple[int, ...]
    accepted: tuple[Accepted, ...]
    phones: dict[str, tuple[Recorded, ...]] = field(default_factory=dict)


def accepted_of(entry: Entry) -> Accepted:
    """The feed of an entry, which must be of that kind and in its publisher's chain. Raises `log-corrupt`."""
    if entry.opening is None:
        raise StorageError("log-corrupt", index=entry.index, part="opening")
    try:
        body, feed = decode_entry(entry.entry), decode_feed(entry.opening.statement)
    except MalformedError as error:
        raise StorageError("log-corrupt", index=entry.index, part="statement") from error
    if body.kind != "feed" or entry.opening.key != publisher_key(feed.carrier):
        raise StorageError("log-corrupt", index=entry.index, part="statement")
    return Accepted(entry.index, body.at, feed)
