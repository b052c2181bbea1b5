"""Re-derives everything that can be derived, compares it with what is stored, and says where they differ.

The steps, for each log (service/examine.py):

1. What the engine itself finds wrong with its file.
2. Every entry in order: canonical, at the index due, not before the one before it; its leaf; every node of the tree.
3. Beside each entry its opening: the commitment holds, the statement is canonical and of the entry's kind and phone.
4. The pages and screenshots that a reading names: kept, whole, unless their time has passed. The signature and the
   rows of each accepted feed: all there, in order, and leading to its root.
5. Size and root against the checkpoint in the second place.
6. Every device's chain, and the row that says where it stands.
7. The register that is out, where the log itself is sound: it opens, and says what its notices say
   (service/examine_register.py). It is derived: what is found is mended by making it anew.

Rows are streamed: memory grows with the largest feed and the register, not with the log. A finding names an index and
a part, never a phone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.blobs import Blobs
from shirorom.ports.clock import Clock
from shirorom.ports.feeds import Segments
from shirorom.ports.log import LogRows
from shirorom.service.examine import Damage, Examination

Progress = Callable[[int, int], None]
"""(entries done, entries)."""


@dataclass(frozen=True, slots=True)
class FsckReport:
    """What was found in one log. `root` is that of the entries as they are; `omitted` counts findings left out."""

    practice: bool
    exists: bool
    origin: str
    size: int
    root: str
    findings: tuple[Damage, ...]
    omitted: int

    @property
    def name(self) -> str:
        """Which log: "real" or "practice"."""
        return "practice" if self.practice else "real"

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not self.findings

    def as_json(self) -> dict[str, Any]:
        """The report for machines."""
        findings = [{"part": one.part, "what": one.what, "index": one.index} for one in self.findings]
        return {
            "log": self.name, "exists": self.exists, "sound": self.sound, "origin": self.origin, "size": self.size,
            "root": self.root, "findings": findings, "omitted": self.omitted,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fsck:
    """Both logs, one report each. Changes nothing.

    Attributes:
        open_rows: A log's rows; True for the practice log.
        blobs: The saved evidence; None leaves it out.
        clock: For which evidence may be gone.
        keep_days: Days for which evidence is kept, 0 for ever.
        segments: The rows of accepted feeds; None leaves them out.
        register: The codes of what is wrong with a log's register; None leaves it out.
    """

    open_rows: Callable[[bool], LogRows]
    blobs: Blobs | None
    clock: Clock
    keep_days: int
    segments: Segments | None = None
    register: Callable[[bool], Sequence[str]] | None = None

    def __call__(self, *, on_progress: Progress | None = None) -> Sequence[FsckReport]:
        """Examine the real log and the practice log.

        Raises:
            StorageError: `log-newer`, or the disk could not be read: then nothing is said about the log.
        """
        return [self._report(self._whole(practice, on_progress)) for practice in (False, True)]

    def _whole(self, practice: bool, on_progress: Progress | None) -> Examination:
        """A log, and then its register: a log that does not hold is nothing to hold another thing against."""
        examined = self._examine(practice, on_progress)
        if self.register is not None and examined.readable and not examined.found:
            try:
                codes = self.register(practice)
            except StorageError as error:
                codes = (error.code,)
            examined.found += [Damage("register", code) for code in codes]
        return examined

    def renew_checkpoint(self, *, practice: bool) -> bool:
        """Accept a log as it stands where `checkpoint.last` was lost: the operator's word that it is the newest.

        Returns whether it was done; a log with any other damage is not accepted.
        """
        examined = self._examine(practice, None)
        if not examined.readable or any(one.part != "checkpoint" for one in examined.found):
            return False
        rows = self.open_rows(practice)
        rows.renew_checkpoint(Checkpoint(examined.origin, examined.frontier.size, examined.frontier.root))
        rows.close()
        return True

    def _examine(self, practice: bool, on_progress: Progress | None) -> Examination:
        kept_since = self.clock.now() - timedelta(days=self.keep_days) if self.keep_days else None
        rows = self.open_rows(practice)
        try:
            examined = Examination(
                rows, self.blobs, self.segments, kept_since, on_progress or (lambda done, total: None)
            )
            examined.run()
        finally:
            rows.close()
        return examined

    @staticmethod
    def _report(examined: Examination) -> FsckReport:
        return FsckReport(
            practice=examined.rows.practice, exists=examined.rows.exists(), origin=examined.origin,
            size=examined.frontier.size, root=examined.frontier.root.hex(),
            findings=tuple(examined.found), omitted=examined.omitted,
        )  # fmt: skip
