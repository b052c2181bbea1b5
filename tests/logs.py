"""What the tests of the record share: readings of test numbers, a clock that stands, a log of one's own."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from shirorom.adapters.archive_tar import TarArchive
from shirorom.adapters.blobs import FileBlobs
from shirorom.compose import logs
from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Recorded
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Reading
from shirorom.log.entry import DeviceHead, Opening, Sealed, seal
from shirorom.log.statement import encode_statement
from shirorom.log.tree import leaf_hash
from shirorom.ports.log import Log
from shirorom.service.backup import Backup
from shirorom.service.fsck import Fsck, FsckReport
from shirorom.service.recorder import Recorder

START = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def imei(n: int = 1) -> Imei:
    """The n-th number of a GSMA test range."""
    return Imei.of_key(f"0010010{n:07d}")


def reading(
    n: int = 1, mark: Mark = Mark.CLEAR, *, sentence: str = "制限なし", screenshot: str | None = None
) -> Reading:
    return Reading(
        imei=imei(n), carrier=CarrierId.AU, mark=mark, glyph=mark.symbol, sentence=sentence, asked_at=START,
        channel=Channel.HAND, by="local", practice=True, screenshot=screenshot,
    )  # fmt: skip


def database() -> str | None:
    """Where the log is, if not in the data directory: tests of PostgreSQL set it, also for what they start."""
    return os.environ.get("SHIROROM_LOG_DATABASE")


def open_log(data: Path) -> Log:
    """The practice log of a data directory."""
    return logs.open_log(data, database(), practice=True)


def recorder_of(log: Log, clock: SetClock | None = None) -> Recorder:
    return Recorder(log, None, clock or SetClock(), os.urandom)


def record(data: Path, *numbers: int) -> list[Recorded]:
    """Record one reading of each phone, in one append, and close the log."""
    log = open_log(data)
    try:
        return list(recorder_of(log).record([reading(n) for n in numbers]))
    finally:
        log.close()


def sealed(log: Log, *numbers: int, at: datetime = START) -> list[Sealed]:
    """Entries that the log would take now."""
    heads = dict(zip(numbers, log.device_heads([imei(n).key for n in numbers]), strict=True))
    entries = []
    for n in numbers:
        head = heads[n]
        opening = Opening(imei(n).key, head.count, head.leaf, os.urandom(32), encode_statement(reading(n)))
        one = seal(log.origin, "reading", at, opening)
        heads[n] = DeviceHead(head.count + 1, leaf_hash(one.entry))
        entries.append(one)
    return entries


def fsck_of(data: Path, *, keep_days: int = 0, clock: SetClock | None = None) -> Fsck:
    blobs = FileBlobs(data, entropy=os.urandom)
    return Fsck(
        lambda practice: logs.open_rows(data, database(), practice=practice), blobs, clock or SetClock(), keep_days
    )


def practice_report(data: Path) -> FsckReport:
    """What fsck says of the practice log."""
    return fsck_of(data)()[1]


def backup_of(data: Path) -> Backup:
    return Backup(
        data,
        TarArchive(data),
        lambda folder, practice: logs.open_rows(folder, database() if folder == data else None, practice=practice),
        SetClock(),
        move_logs=lambda staged: logs.move_in(staged, database()),
    )
