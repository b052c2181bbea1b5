"""Recording: statements become sealed entries of one log, and come back as statements, in order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shirorom.domain.errors import LogConflictError, StorageError
from shirorom.domain.fold import Recorded, Statement
from shirorom.domain.imei import Imei
from shirorom.domain.notice import Notice
from shirorom.domain.reading import Reading
from shirorom.log.entry import SALT_BYTES, DeviceHead, MalformedError, Opening, Sealed, decode_entry, seal
from shirorom.log.statement import decode_statement, encode_statement, kind_of
from shirorom.log.tree import leaf_hash
from shirorom.ports import Blobs, Clock, Entry, Log

TRIES_MAX = 50
"""How often a record begins anew because another writer was first."""
CLOCK_BACK_S_MAX = 5
"""A clock this little behind the newest entry (it was stepped, or another process rounds later) waits in its place."""
DEVICES_MAX = 4_096
"""Devices whose statements are remembered decoded."""


class Recorder:
    """Writes statements to one log, and reads them back. Safe to use from several threads."""

    def __init__(self, log: Log, blobs: Blobs | None, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self.log = log
        self.blobs = blobs
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
        encoded = [encode_statement(statement) for statement in whole]
        with self._writer:
            return self._record(whole, encoded)

    def entries(self, imei: Imei) -> Sequence[Recorded]:
        """Everything recorded of a phone, oldest first.

        Raises:
            StorageError: `log-corrupt`, what is stored is not what was recorded.
        """
        entries = self.log.device(imei.key)
        known = self._decoded.get(imei.key)
        if known is not None and known[0] is entries:
            return known[1]
        recorded = tuple(recorded_of(entry) for entry in entries)
        if len(self._decoded) >= DEVICES_MAX:
            self._decoded.clear()
        self._decoded[imei.key] = (entries, recorded)
        return recorded

    def entry(self, index: int) -> Recorded:
        """One entry. Raises `entry-not-found`, `log-corrupt`."""
        return recorded_of(self.log.entry(index))

    def read(self, first: int, *, count_max: int) -> Sequence[Recorded]:
        """Everything recorded from an entry on, in order, at most so many. Raises `log-corrupt`."""
        return [recorded_of(entry) for entry in self.log.read(first, count_max=count_max)]

    def _record(self, statements: Sequence[Statement], encoded: Sequence[bytes]) -> Sequence[Recorded]:
        size, at = self._size, self._now()
        for _ in range(TRIES_MAX):
            sealed = self._seal(statements, encoded, at)
            try:
                self._size = self.log.append(sealed, size_expected=size).size
            except LogConflictError:
                size, at = self.log.head().size, self._now()
            except StorageError as error:
                if error.code != "clock-backwards":
                    raise
                at = self._newest_at()
            else:
                return [Recorded(size + i, at, statement) for i, statement in enumerate(statements)]
        raise LogConflictError

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)

    def _newest_at(self) -> datetime:
        """The newest entry's time, for a clock that is only a little behind it."""
        newest = decode_entry(self.log.entry(self.log.head().size - 1).entry).at
        if self._now() < newest - timedelta(seconds=CLOCK_BACK_S_MAX):
            raise StorageError("clock-backwards")
        return newest

    def _seal(self, statements: Sequence[Statement], encoded: Sequence[bytes], at: datetime) -> list[Sealed]:
        """Seal each statement as the next of its device: the first after what the log holds, the rest in turn."""
        keys = [statement.imei.key for statement in statements]
        heads = dict(zip(keys, self.log.device_heads(keys), strict=True))
        salts = self._entropy(SALT_BYTES * len(keys))
        origin, newest, sealed = self.log.origin, dict[str, Sealed](), []
        for i, key in enumerate(keys):
            head, before = heads[key], newest.get(key)
            if before is not None:
                head = DeviceHead(before.opening.counter + 1, leaf_hash(before.entry))
            salt = salts[SALT_BYTES * i : SALT_BYTES * (i + 1)]
            one = seal(origin, kind_of(statements[i]), at, Opening(key, head.count, head.leaf, salt, encoded[i]))
            newest[key] = one
            sealed.append(one)
        return sealed


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
