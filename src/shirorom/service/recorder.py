"""Recording: statements become sealed entries of one log, and come back as statements, in order."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shirorom.domain.errors import LogConflictError, ShiroromError, StorageError
from shirorom.domain.feed import Feed
from shirorom.domain.fold import Recorded, Statement
from shirorom.domain.imei import Imei
from shirorom.domain.notice import Notice
from shirorom.domain.reading import Reading
from shirorom.log.entry import SALT_BYTES, DeviceHead, MalformedError, Opening, Sealed, decode_entry, seal
from shirorom.log.statement import decode_statement, encode_feed, encode_statement, kind_of, publisher_key
from shirorom.log.tree import leaf_hash
from shirorom.ports.blobs import Blobs
from shirorom.ports.clock import Clock
from shirorom.ports.log import Entry, Log
from shirorom.service.feeds import Accepted, Feeds

TRIES_MAX = 50
"""How often a record begins anew because another writer was first."""
CLOCK_BACK_S_MAX = 5
"""A clock this little behind the newest entry (it was stepped, or another process rounds later) waits in its place."""
DEVICES_MAX = 4_096
"""Devices whose statements are remembered decoded."""


class Recorder:
    """Writes statements to one log, and reads them back. Safe to use from several threads.

    `feeds`: the notices that came in feeds; they stand among a phone's entries like any other. None leaves them out.
    """

    def __init__(
        self,
        log: Log,
        blobs: Blobs | None,
        clock: Clock,
        entropy: Callable[[int], bytes],
        feeds: Feeds | None = None,
    ) -> None:
        self.log = log
        self.blobs = blobs
        self.feeds = feeds
        self._clock = clock
        self._entropy = entropy
        self._writer = threading.Lock()
        self._size = 0  # as we last knew it; the log compares
        self._decoded: dict[str, tuple[Sequence[Entry], Sequence[Recorded]]] = {}

    def record(self, statements: Sequence[Statement]) -> Sequence[Recorded]:
        """Record all or none, and return once they would survive a crash. Times are cut to whole seconds.

        Raises:
            StorageError: as `Log.append`; `log-conflict` after `TRIES_MAX` other writers, `clock-backwards` when the
                clock is more than `CLOCK_BACK_S_MAX` behind the newest entry.
            ValueError: a practice statement for the real log, or the reverse.
        """
        if not statements:
            return []
        whole = [_whole_seconds(statement) for statement in statements]
        for statement in whole:
            if isinstance(statement, Reading | Notice) and statement.practice is not self.log.practice:
                raise ValueError("practice and real statements are recorded in two logs")
        parts = [_Part(one.imei.key, kind_of(one), encode_statement(one)) for one in whole]
        with self._writer:
            size, at = self._append(parts)
        return [Recorded(size + i, at, statement) for i, statement in enumerate(whole)]

    def record_feed(self, feed: Feed, *, count_expected: int) -> Accepted:
        """Record an accepted feed, whose segment is durable, as the publisher's next.

        Raises:
            ShiroromError: `feed-conflict`, the log no longer has `count_expected` feeds of this publisher.
            StorageError: as `record`.
        """
        if feed.manifest.practice is not self.log.practice:
            raise ValueError("practice and real feeds are recorded in two logs")
        part = _Part(publisher_key(feed.carrier), "feed", encode_feed(feed), count_expected)
        with self._writer:
            index, at = self._append([part])
        return Accepted(index, at, feed)

    def entries(self, imei: Imei) -> Sequence[Recorded]:
        """Everything recorded of a phone, oldest first; with the notices of feeds.

        Raises:
            StorageError: `log-corrupt`, `segment-corrupt`: what is stored is not what was recorded.
        """
        own = self.logged(imei)
        notices = () if self.feeds is None else self.feeds.notices(imei)
        return sorted((*own, *notices), key=lambda one: one.index) if notices else own

    def heard(self, keys: Sequence[str]) -> Sequence[bool]:
        """Of many phones (14 digits), whether anything is recorded of them; cheaper than asking for it."""
        of_log = [head.count > 0 for head in self.log.device_heads(keys)]
        if self.feeds is None or not self.feeds.accepted():
            return of_log
        feeds = self.feeds
        return [known or bool(feeds.notices(Imei.of_key(key))) for key, known in zip(keys, of_log, strict=True)]

    def logged(self, imei: Imei) -> Sequence[Recorded]:
        """What has an entry of its own in the log, oldest first. Raises `log-corrupt`."""
        entries = self.log.device(imei.key)
        known = self._decoded.get(imei.key)
        if known is not None and known[0] is entries:
            return known[1]
        recorded = tuple(recorded_of(entry) for entry in entries)
        if len(self._decoded) >= DEVICES_MAX:
            self._decoded.clear()
        self._decoded[imei.key] = (entries, recorded)
        return recorded

    def entry(self, index: int) -> Recorded | None:
        """One entry about a phone; None: that entry is a feed. Raises `entry-not-found`, `log-corrupt`."""
        entry = self.log.entry(index)
        return None if is_feed(entry) else recorded_of(entry)

    def read(self, first: int, *, count_max: int) -> tuple[Sequence[Recorded], int]:
        """What was recorded of phones from an entry on, in order, out of at most so many; and the entry after those.

        Raises `log-corrupt`.
        """
        entries = self.log.read(first, count_max=count_max)
        return [recorded_of(entry) for entry in entries if not is_feed(entry)], first + len(entries)

    def size_at(self, moment: datetime) -> int:
        """How many entries were recorded before a moment. Raises `log-corrupt`."""
        count = self.log.head().size
        return bisect_left(range(count), moment, key=lambda index: decode_entry(self.log.entry(index).entry).at)

    def _append(self, parts: Sequence[_Part]) -> tuple[int, datetime]:
        """Seal and append; returns the first index and the time of all of them."""
        size, at = self._size, self._now()
        for _ in range(TRIES_MAX):
            sealed = self._seal(parts, at)
            try:
                self._size = self.log.append(sealed, size_expected=size).size
            except LogConflictError:
                size, at = self.log.head().size, self._now()
            except StorageError as error:
                if error.code != "clock-backwards":
                    raise
                at = self._newest_at()
            else:
                return size, at
        raise LogConflictError

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)

    def _newest_at(self) -> datetime:
        """The newest entry's time, for a clock that is only a little behind it."""
        newest = decode_entry(self.log.entry(self.log.head().size - 1).entry).at
        if self._now() < newest - timedelta(seconds=CLOCK_BACK_S_MAX):
            raise StorageError("clock-backwards")
        return newest

    def _seal(self, parts: Sequence[_Part], at: datetime) -> list[Sealed]:
        """Seal each part as the next of its chain: the first after what the log holds, the rest in turn."""
        keys = [part.key for part in parts]
        heads = dict(zip(keys, self.log.device_heads(keys), strict=True))
        salts = self._entropy(SALT_BYTES * len(keys))
        origin, newest, sealed = self.log.origin, dict[str, Sealed](), []
        for i, part in enumerate(parts):
            head, before = heads[part.key], newest.get(part.key)
            if before is not None:
                head = DeviceHead(before.opening.counter + 1, leaf_hash(before.entry))
            if part.count_expected not in (None, head.count):
                raise ShiroromError("feed-conflict")
            salt = salts[SALT_BYTES * i : SALT_BYTES * (i + 1)]
            one = seal(origin, part.kind, at, Opening(part.key, head.count, head.leaf, salt, part.statement))
            newest[part.key] = one
            sealed.append(one)
        return sealed


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes one entry: its chain, its kind, its canonical bytes; and the chain's length, where it matters."""

    key: str
    kind: str
    statement: bytes
    count_expected: int | None = None


def is_feed(entry: Entry) -> bool:
    """Whether an entry of the log is a feed's, by its own bytes."""
    try:
        return decode_entry(entry.entry).kind == "feed"
    except MalformedError as error:
        raise StorageError("log-corrupt", index=entry.index, part="entry") from error


def recorded_of(entry: Entry) -> Recorded:
    """The statement of an entry, which must be about the phone and of the kind that the entry names."""
    if entry.opening is None:
        raise StorageError("log-corrupt", index=entry.index, part="opening")
    try:
        body = decode_entry(entry.entry)
        statement = decode_statement(entry.opening.statement)
    except MalformedError as error:
        raise StorageError("log-corrupt", index=entry.index, part="statement") from error
    if statement.imei.key != entry.opening.key or kind_of(statement) != body.kind:
        raise StorageError("log-corrupt", index=entry.index, part="statement")
    return Recorded(entry.index, body.at, statement)


def _whole_seconds(statement: Statement) -> Statement:
    """The log keeps seconds."""
    if isinstance(statement, Notice):
        return statement
    if isinstance(statement, Reading):
        at = statement.asked_at
        return replace(statement, asked_at=at.replace(microsecond=0)) if at.microsecond else statement
    return replace(statement, at=statement.at.replace(microsecond=0)) if statement.at.microsecond else statement
