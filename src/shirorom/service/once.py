"""Requests that happen once (Idempotency-Key): the same key and request are answered as the first time.

1. a key whose first request still runs is refused (`idempotency-in-progress`), and so is one that came with another
   request (`idempotency-key-reused`)
2. a key that was answered is answered the same again; nothing happens a second time
3. else the request is served. Only what succeeded is kept: after a refusal nothing was made, and the key is free

A crash between the deed and its keeping lets a retry do it again; a phone's readings and a carrier's feeds tolerate
that by themselves. The counter's answers have a stricter way, in their own transaction (service/counter_answers.py).

Source: draft-ietf-httpapi-idempotency-key-header-07 §2.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta

from shirorom.domain.errors import RequestError
from shirorom.ports.clock import Clock
from shirorom.ports.once import Kept, KeptAnswers

KEEP = timedelta(hours=24)
CALLER_MAX = 20_000
"""Keys of one caller in that time; more are refused rather than forgotten."""
BODY_BYTES_MAX = 4_000_000
"""Longer answers are not kept; none of ours is."""


@dataclass
class Once:
    """Keys under way and answered. May be called from several threads of one process."""

    store: KeptAnswers
    clock: Clock
    _running: set[tuple[str, str]] = field(default_factory=set, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)

    def begin(self, who: str, key: str, print_: bytes) -> Kept | None:
        """The first answer, if there was one; None: serve it now, then `keep` or `release`.

        Raises:
            RequestError: `idempotency-in-progress`, `idempotency-key-reused`, `too-many-requests`. StorageError.
        """
        with self._lock:
            if (who, key) in self._running:
                raise RequestError("idempotency-in-progress")
            self._running.add((who, key))
        try:
            kept = self.store.find(who, key)
            if kept is None and self.store.count(who) >= CALLER_MAX:
                raise RequestError("too-many-requests")
            if kept is not None and kept.print != print_:
                raise RequestError("idempotency-key-reused")
        except BaseException:
            self.release(who, key)
            raise
        if kept is not None:
            self.release(who, key)
        return kept

    def keep(self, who: str, key: str, kept: Kept) -> None:
        """Keep what was answered, and end the turn. Raises StorageError: it was done all the same."""
        now = self.clock.now()
        try:
            if len(kept.body) <= BODY_BYTES_MAX:
                self.store.keep(who, key, kept, at=now, before=now - KEEP)
        finally:
            self.release(who, key)

    def release(self, who: str, key: str) -> None:
        """End the turn of a request that made nothing."""
        with self._lock:
            self._running.discard((who, key))
