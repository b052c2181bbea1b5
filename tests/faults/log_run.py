"""Runs the writer under a fault, and judges what it left."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shirorom.domain.errors import StorageError
from tests.logs import imei, open_log, practice_report

ROOT = Path(__file__).resolve().parents[2]
CALLS = ("pwrite64", "fdatasync", "fsync", "write", "rename", "link", "unlink", "ftruncate", "mkdir", "rmdir")
"""Every call by which the writer changes the disk. (SQLite writes by pwrite64 and syncs by fdatasync.)"""


def command(what: str, data: Path, *options: object) -> list[str]:
    """The writer's command line."""
    return [sys.executable, "-m", "tests.faults.log_writer", what, str(data), *map(str, options)]


@dataclass
class Said:
    """What a writer said before it ended."""

    lines: list[str] = field(default_factory=list)

    @property
    def acks(self) -> list[tuple[int, int]]:
        """(index, phone) of each reading that was acknowledged."""
        words = [line.split() for line in self.lines]
        return [(int(word[1]), int(word[2])) for word in words if word[0] == "ack"]

    @property
    def fails(self) -> list[str]:
        """The codes that it was told."""
        return [line.split()[1] for line in self.lines if line.startswith("fail")]

    @property
    def done(self) -> bool:
        """Whether it came to its end."""
        return "done" in self.lines

    def acks_after_failure(self) -> int:
        """Acknowledgements that were given although one before had failed."""
        first = next((i for i, line in enumerate(self.lines) if line.startswith("fail")), len(self.lines))
        return sum(line.startswith("ack") for line in self.lines[first:])


def run(argv: Sequence[str]) -> Said:
    """Run to the end, however it ends."""
    ended = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300)
    said = Said([line for line in ended.stdout.split("\n") if line])
    if not said.done and ended.returncode >= 0 and "Traceback" in ended.stderr:
        raise AssertionError(ended.stderr)
    return said


def traced(argv: Sequence[str], trace: Path, *options: str) -> Said:
    """Run under strace. (Not with --seccomp-bpf: strace 6.1 then injects nothing.)"""
    return run(["strace", "-f", "-qq", "-o", str(trace), *options, *argv])


def calls_of(argv: Sequence[str], trace: Path) -> list[tuple[str, int]]:
    """Every (call, n) that a clean run makes, in order of call: what a fault can be put at."""
    said = traced(argv, trace, "-e", f"trace={','.join(CALLS)}")
    assert said.done, said.lines
    names = re.findall(r"^\d+ +(\w+)\(", trace.read_text(errors="replace"), re.MULTILINE)
    return [(name, n) for name, count in sorted(Counter(names).items()) for n in range(1, count + 1)]


def spread(places: Sequence[tuple[str, int]], count: int) -> list[tuple[str, int]]:
    """So many of them, evenly, the first and the last included."""
    if count >= len(places):
        return list(places)
    step = (len(places) - 1) / max(1, count - 1)
    return [places[round(i * step)] for i in range(count)]


def loss(data: Path, acks: Sequence[tuple[int, int]]) -> str | None:
    """What is wrong with what was left: None when every acknowledged reading is there and all of it is sound."""
    try:
        log = open_log(data)
    except StorageError as error:
        return f"does not open: {error.code}"
    try:
        if log.head().size <= max((index for index, _ in acks), default=-1):
            return "lost"
        for index, n in acks:
            opening = log.entry(index).opening
            if opening is None or opening.key != imei(n).key:
                return "another entry"
    except StorageError as error:
        return f"does not read: {error.code}"
    finally:
        log.close()
    report = practice_report(data)
    return None if report.sound else f"fsck: {report.findings[0]}"
