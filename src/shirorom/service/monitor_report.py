"""What a monitor is given, what it remembers, and what it tells (service/monitor.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from shirorom.log.entry import Opening
from shirorom.log.note import VerifierKey
from shirorom.log.tree import Frontier
from shirorom.service.checkpoints import Signed


class Finding(StrEnum):
    """What a monitor raises an alarm for."""

    MISSING = "checkpoint-missing"
    UNSIGNED = "checkpoint-unsigned"  # by no key that we hold for this log's
    KEY_REVOKED = "signed-by-revoked-key"
    OTHER_LOG = "other-log"
    ROLLED_BACK = "rolled-back"
    FORKED = "forked"
    TILES = "tiles-differ"  # what is served does not lead to what was signed
    TIME = "time-backwards"
    ENTRY_MISSING = "entry-missing"  # an opening that we hold opens nothing there
    OPENINGS_OTHER = "openings-of-other-log"
    CHAIN_GAP = "chain-gap"
    WITNESSES = "witnesses-few"


PROOFS = frozenset({Finding.ROLLED_BACK, Finding.FORKED})
"""Those that two signed heads prove."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a monitor remembers of a log: its keys, the head that it saw last, and the tree there."""

    keys: tuple[VerifierKey, ...] = ()
    signed: Signed | None = None
    frontier: Frontier = field(default_factory=Frontier)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One finding; `index`: of the entry, where it is about one."""

    finding: Finding
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Mine:
    """An entry of the log that one of our openings opens. `counter`: which entry about its phone."""

    index: int
    kind: str
    at: str
    counter: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the reader brings: keys and openings; and witnesses, of which `witnesses_min` must have signed."""

    keys: Sequence[VerifierKey] = ()
    openings: Mapping[str, Sequence[Opening]] = field(default_factory=dict)
    witnesses: Sequence[VerifierKey] = ()
    witnesses_min: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `seen` is what to remember: unchanged where the log is in doubt, and told again next time."""

    seen: Seen
    shown: Signed | None
    size_before: int
    first_use: bool
    signers: tuple[VerifierKey, ...] = ()
    cosigners: tuple[VerifierKey, ...] = ()
    new_keys: tuple[VerifierKey, ...] = ()
    mine: tuple[Mine, ...] = ()
    alarms: tuple[Alarm, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether there is nothing to be alarmed about."""
        return not self.alarms

    def proof(self, before: Seen) -> tuple[bytes, bytes] | None:
        """Two signed heads that cannot both be true, where one of the alarms is of that kind."""
        if before.signed is None or self.shown is None or not {one.finding for one in self.alarms} & PROOFS:
            return None
        return before.signed.note.encode(), self.shown.note.encode()
