"""`checkpoint.last`: what a log stood at, kept in a second place, so that a log put back to an older copy is noticed.

It is written after the commit that it names and at most `DELAY_S` behind it, so a log is always at it or ahead of it.
"""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

from shirorom.adapters.durable import write_durably
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint, decode_checkpoint, encode_checkpoint
from shirorom.log.entry import MalformedError

DELAY_S = 0.5
"""How far behind it may be: many appends share one write of it."""

NAMES = {"real": "checkpoint.last", "practice": "checkpoint-practice.last"}
_SEPARATOR = b"\nsha256 "
_BYTES_MAX = 1_024


class CheckpointLast:
    """The last checkpoint of one log. Thread-safe; of two processes the one further ahead wins."""

    def __init__(self, data: Path, log: str) -> None:
        self.path = data / NAMES[log]
        self._lock = threading.Lock()
        self._pending: Checkpoint | None = None
        self._timer: threading.Timer | None = None

    def read(self) -> Checkpoint | None:
        """What it says, or None where there is none.

        Raises:
            StorageError: `log-corrupt`, it is damaged.
        """
        try:
            with self.path.open("rb") as file:
                content = file.read(_BYTES_MAX)
        except FileNotFoundError:
            return None
        body, _, _ = content.partition(_SEPARATOR)
        try:
            checkpoint = decode_checkpoint(body)
        except MalformedError as error:
            raise StorageError("log-corrupt", part="checkpoint") from error
        if _file_of(checkpoint) != content:
            raise StorageError("log-corrupt", part="checkpoint")
        return checkpoint

    def write(self, checkpoint: Checkpoint) -> None:
        """Write it now, durably. Raises OSError."""
        write_durably(self.path, _file_of(checkpoint))

    def note(self, checkpoint: Checkpoint) -> None:
        """Have it written soon."""
        with self._lock:
            self._pending = checkpoint
            if self._timer is None:
                self._timer = threading.Timer(DELAY_S, self._write_pending)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Write what is still to be written."""
        with self._lock:
            timer = self._timer
        if timer is not None:
            timer.cancel()
        self._write_pending()

    def _write_pending(self) -> None:
        with self._lock:
            pending, self._pending, self._timer = self._pending, None, None
            if pending is None:
                return
            try:
                there = self.read()
                if there is None or there.origin != pending.origin or there.size < pending.size:
                    self.write(pending)
            except (OSError, StorageError):
                # The entries are durable without it. A full disk leaves the older one, which still holds; a damaged
                # one stays for fsck to report.
                self._pending = pending


def _file_of(checkpoint: Checkpoint) -> bytes:
    body = encode_checkpoint(checkpoint)
    return body + _SEPARATOR + sha256(body).hexdigest().encode() + b"\n"
