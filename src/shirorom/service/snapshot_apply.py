"""Take a snapshot into a shop, in order and only whole; or look at one.

1. decrypt it, where it is encrypted to this shop's key
2. take it apart: every digest holds
3. it is signed by a key of the maker that was given once
4. it is of this world, of the same log, not too old, not of tomorrow
5. it goes forward: a whole one is newer than what is here, a delta is for exactly what is here
6. what comes of it is what its head says; then it is put in place at once
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shirorom.domain.errors import ShiroromError
from shirorom.domain.verdict import AHEAD_MAX
from shirorom.log.note import NoteError, VerifierKey
from shirorom.ports.clock import Clock
from shirorom.ports.snapshot import Box, Shelf
from shirorom.register import snapshot
from shirorom.register.applied import Applied
from shirorom.register.snapshot import MalformedSnapshotError, Snapshot
from shirorom.register.snapshot_head import Head, Kind, follows

AGE_H_MAX = 24.0
"""How old the newest book in a snapshot may be when it is applied."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot that was looked at: what its head says, who signed it, and whether it was encrypted."""

    head: Head
    signers: tuple[VerifierKey, ...]
    sealed: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of applying one. `already`: what it leads to is in force, and nothing was changed."""

    head: Head
    count: int
    already: bool


def opened(content: bytes, box: Box) -> tuple[Snapshot, bool]:
    """A file taken apart, decrypted where it has to be. Raises `snapshot-sealed`, `snapshot-malformed`."""
    sealed = box.is_sealed(content)
    try:
        return snapshot.read(box.open(content) if sealed else content), sealed
    except MalformedSnapshotError as error:
        raise _malformed(error) from error


def look(content: bytes, box: Box, keys: Sequence[VerifierKey]) -> Seen:
    """Check a file by itself: whole, its payload readable, signed by one of the keys. Needs no data directory.

    Raises:
        ShiroromError: `snapshot-malformed`, `snapshot-sealed`, `snapshot-signature`, `snapshot-key-needed`.
    """
    found, sealed = opened(content, box)
    signers = _signers(found, keys)
    try:
        if found.head.kind is Kind.FULL:
            snapshot.applied(found, None)
        else:
            found.packed()
    except MalformedSnapshotError as error:
        raise _malformed(error) from error
    return Seen(found.head, signers, sealed)


@dataclass(frozen=True, slots=True)
class ApplySnapshot:
    """The snapshot of one world in a shop."""

    shelf: Shelf
    box: Box
    clock: Clock
    practice: bool

    def __call__(self, content: bytes, *, keys: Sequence[VerifierKey] = (), age_h_max: float = AGE_H_MAX) -> Taken:
        """Apply a file. `keys`: of its maker, on the first time or when they changed; they are remembered.

        Raises:
            ShiroromError: `snapshot-…` as `look`; `snapshot-world`, `snapshot-foreign`, `snapshot-stale`,
                `snapshot-ahead`, `snapshot-rollback`, `snapshot-base`. What was there stays then.
            StorageError: `snapshot-corrupt`, what is there is damaged; `data-locked`, `storage-…`.
        """
        found, _ = opened(content, self.box)
        if found.head.stamp.practice != self.practice:
            raise ShiroromError("snapshot-world")
        with self.shelf.changing():
            here = self.shelf.current()
            known = _known(found.head, keys, here)
            _signers(found, known or keys)
            if here is not None and here.head.stamp.log.origin != found.head.stamp.log.origin:
                raise ShiroromError("snapshot-foreign")
            if here is not None and here.head.state == found.head.state and known == here.keys:
                return Taken(found.head, here.register.base.opened.count, already=True)
            self._refuse_age(found.head, age_h_max)
            _refuse_disorder(found.head, here)
            try:
                base = here.content if here is not None and found.head.kind is Kind.DELTA else None
                came = snapshot.applied(found, base)
            except MalformedSnapshotError as error:
                raise _malformed(error) from error
            applied = self.shelf.put(found, came, known)
        return Taken(found.head, applied.register.base.opened.count, already=False)

    def _refuse_age(self, head: Head, age_h_max: float) -> None:
        now, newest = self.clock.now(), newest_of(head)
        if max(newest, head.made_at) > now + AHEAD_MAX:
            raise ShiroromError("snapshot-ahead")
        if now - newest > timedelta(hours=age_h_max):
            raise ShiroromError("snapshot-stale", hours=int((now - newest).total_seconds() // 3600))


def newest_of(head: Head) -> datetime:
    """The age of the newest book in it."""
    return max(one.as_of for one in head.stamp.carriers)


def _known(head: Head, keys: Sequence[VerifierKey], here: Applied | None) -> tuple[VerifierKey, ...]:
    """The keys that are remembered, and those given now; a key of another log is not kept."""
    given = (key for key in keys if key.name == head.stamp.log.origin)
    return tuple(dict.fromkeys((*(() if here is None else here.keys), *given)))


def _refuse_disorder(head: Head, here: Applied | None) -> None:
    """Forward only: nothing may be known less of than before."""
    if here is None:
        if head.kind is Kind.DELTA:
            raise ShiroromError("snapshot-base")
        return
    before, now = here.head.stamp, head.stamp
    if now.log.size == before.log.size and now.log.root != before.log.root:
        raise ShiroromError("snapshot-foreign")  # another past of the same log
    ages = {one.carrier: one.as_of for one in before.carriers}
    older = any(one.as_of < ages.get(one.carrier, one.as_of) for one in now.carriers)
    if (
        now.log.size < before.log.size
        or head.made_at < here.head.made_at
        or older
        or not ages.keys() <= set(now.enrolled)
    ):
        raise ShiroromError("snapshot-rollback")
    there = here.head
    if head.kind is Kind.DELTA and not follows(head, holds=there.holds, stamp=there.stamp, state=there.state):
        raise ShiroromError("snapshot-base")


def _signers(found: Snapshot, keys: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """Keys of the log that the head names; no other key speaks for it."""
    if not keys:
        raise ShiroromError("snapshot-key-needed")
    origin = found.head.stamp.log.origin
    mine = [key for key in keys if key.name == origin]
    if not mine:
        raise ShiroromError("snapshot-foreign")
    try:
        return found.signed_by(mine)
    except NoteError as error:
        raise ShiroromError("snapshot-signature") from error


def _malformed(error: MalformedSnapshotError) -> ShiroromError:
    return ShiroromError("snapshot-malformed", part=error.part)
