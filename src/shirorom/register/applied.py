"""A snapshot that was applied: the register that was made of it, and what absence from it is worth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from shirorom.log.note import VerifierKey
from shirorom.register.content import Content
from shirorom.register.keys import Bytes, Keys
from shirorom.register.lookup import Register
from shirorom.register.snapshot_head import Head, Holds
from shirorom.register.values import NO_RECORD, UNDETERMINED


@dataclass(frozen=True, slots=True)
class Applied:
    """What is looked up instead of a register where a shop has no feeds. Thread-safe: nothing in it changes.

    Attributes:
        keys: The maker's keys by which the next one is believed.
    """

    head: Head
    register: Register
    keys: tuple[VerifierKey, ...]

    def codes(self, keys: Keys, *, on: date | None = None) -> Bytes:
        """Codes of the four carriers for each phone (register/lookup.py), `uint8[len(keys), 4]`.

        In a snapshot of △ and × alone, what is not in it is undetermined: it may be ○, － or anything.

        Args:
            on: The day (JST); one before the snapshot's own counts as its own.
        """
        codes = self.register.codes(keys, on=None if on is None else max(on, self.register.stamp.day))
        if self.head.holds is Holds.DOUBTFUL:
            codes[codes == NO_RECORD] = UNDETERMINED
        return codes

    @property
    def content(self) -> Content:
        """All that is in it, for a delta to be laid over."""
        return Content(self.head.holds, self.register.stamp, self.register.packed())
