"""Everything into one file, and back: both logs with their openings, evidence, keys, people, settings.

A backup is made only of logs that `fsck` calls sound, so that a good one is never replaced by a damaged one. What is
restored is examined again before it becomes the data directory. The file holds numbers and keys: it is as secret as
the data directory itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint
from shirorom.ports.backup import Archive, DeskCopy
from shirorom.ports.clock import Clock
from shirorom.ports.feeds import Segments
from shirorom.ports.log import LogRows
from shirorom.service.fsck import Fsck, FsckReport


@dataclass(frozen=True, slots=True)
class Backup:
    """Saves and restores one data directory.

    Attributes:
        data: The data directory.
        archive: How it becomes one file.
        open_rows: The rows of a log in a data directory; True for the practice log.
        clock: When a backup was made.
        desk: What the shop keeps beside the record (people); None where that is left out.
        open_segments: The rows of accepted feeds in a data directory; None where that is left out.
        move_logs: Takes the logs out of a data directory to where this installation keeps them; None: they stay.
    """

    data: Path
    archive: Archive
    open_rows: Callable[[Path, bool], LogRows]
    clock: Clock
    desk: DeskCopy | None = None
    open_segments: Callable[[Path], Segments] | None = None
    move_logs: Callable[[Path], None] | None = None

    def save(self, target: Path) -> Mapping[str, Checkpoint]:
        """Write the backup; returns what each log in it stands at. Others may go on recording meanwhile.

        1. Copy each log, and the desk, as of one moment. 2. Examine the copies. 3. Pack them with all else: evidence is
        durable before the reading that names it, so what is packed after the copy is complete.

        Raises:
            StorageError: `log-corrupt`, a log is damaged; `storage-…`. Nothing was put in the target's place.
        """
        with self.archive.stage(beside=target) as staged:
            for practice in (False, True):
                self._copy(practice, staged)
            if self.desk is not None:
                self.desk.save(staged)
            reports = self._examined(staged, segments_of=self.data)
            for report in reports:
                if not _logs_sound(report):
                    raise StorageError("log-corrupt", log=report.name)
            heads = {report.name: _head(report) for report in reports if report.exists}
            self.archive.pack(staged, target, heads=heads, made_at=self.clock.now())
            return heads

    def restore(self, source: Path) -> Mapping[str, Checkpoint]:
        """Put a backup into the data directory, which must be empty; returns what each log stands at.

        1. Unpack beside it, every byte compared. 2. Examine logs and desk. 3. Write the logs' checkpoints. 4. Move the
        logs, where they live elsewhere. 5. Go live. Interrupted between the last two, the same call again ends it.

        Raises:
            StorageError: `restore-not-empty`, `backup-invalid`, `storage-…`. The data directory is as it was.
        """
        self.archive.refuse_unless_empty()
        with self.archive.stage(beside=self.data) as staged:
            heads = self.archive.unpack(source, staged)
            reports = self._examined(staged, segments_of=staged)
            if any(not _logs_sound(report) for report in reports):
                raise StorageError("backup-invalid", part="log")
            if {report.name: _head(report) for report in reports if report.exists} != heads:
                raise StorageError("backup-invalid", part="log")
            for report in reports:
                if report.exists and not self._fsck(staged).renew_checkpoint(practice=report.practice):
                    raise StorageError("backup-invalid", part="log")
            if self.desk is not None:
                self.desk.restored(staged)
            if self.move_logs is not None:
                self.move_logs(staged)
            self.archive.go_live(staged)
            return heads

    def _copy(self, practice: bool, staged: Path) -> None:
        rows = self.open_rows(self.data, practice)
        try:
            if rows.exists():
                rows.copy_to(staged)
        finally:
            rows.close()

    def _fsck(self, folder: Path, segments_of: Path | None = None) -> Fsck:
        segments = self.open_segments(segments_of) if self.open_segments and segments_of else None
        return Fsck(lambda practice: self.open_rows(folder, practice), None, self.clock, 0, segments)

    def _examined(self, folder: Path, *, segments_of: Path) -> list[FsckReport]:
        return list(self._fsck(folder, segments_of)())


def _logs_sound(report: FsckReport) -> bool:
    """A copy has no checkpoint beside it; nothing else may be wrong with it."""
    return all(one.part == "checkpoint" for one in report.findings) and not report.omitted


def _head(report: FsckReport) -> Checkpoint:
    return Checkpoint(report.origin, report.size, bytes.fromhex(report.root))
