"""Registers as benches make and publish them: a stamp, and as much of a log as a register is held against."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from shirorom.adapters.clock import SystemClock
from shirorom.adapters.register_file import RegisterFiles
from shirorom.domain.carrier import CARRIERS
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.log import Head
from shirorom.register.format import Enrolled, Stamp

ORIGIN = "shirorom/practice/bench"
AS_OF = datetime(2026, 11, 20, tzinfo=UTC)


class BenchLog:
    """One entry."""

    origin, practice = ORIGIN, True

    def head(self) -> Head:
        """Its head."""
        return Head(1, bytes(32))

    def root_at(self, size: int) -> bytes:
        """The same at every size."""
        return bytes(32)


def stamp() -> Stamp:
    """All four carriers enrolled, of the bench's log."""
    return Stamp(Checkpoint(ORIGIN, 1, bytes(32)), tuple(Enrolled(one, AS_OF) for one in CARRIERS), True)


def files(folder: Path) -> RegisterFiles:
    """Registers in a folder, never too old."""
    return RegisterFiles(folder, BenchLog(), SystemClock(), age_max=timedelta.max)
