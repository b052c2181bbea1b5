"""T3: the power fails. Whatever the disk did with what was not synced, what was acknowledged is there and readable."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from shirorom.adapters.blobs import FileBlobs
from tests.faults.log_run import command, loss, traced
from tests.faults.power import Call, Disk, calls, strace_options
from tests.logs import backup_of, fsck_of, record
from tests.scale import scaled

STATES = 5_000
APPEND = ("--count", 12, "--batch", 3, "--checkpoint-rows", 20)


@pytest.fixture
def memory() -> Iterator[Path]:
    """Room for thousands of disk states: in memory where there is such a place."""
    shared = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=shared if shared.is_dir() else None))
    yield folder
    shutil.rmtree(folder)


def recorded(argv: list[str], root: Path, trace: Path) -> tuple[Disk, list[Call]]:
    """The disk before a run, and every call of the run; the run must come to its end."""
    root.mkdir(mode=0o700, exist_ok=True)
    disk = Disk(root)
    said = traced(argv, trace, *strace_options())
    assert said.done, said.lines
    return disk, list(calls(trace))


def states(disk: Disk, run: list[Call], count: int) -> Iterator[tuple[dict[str, bytes], list[str]]]:
    """Disk states after a power loss at random calls, each with what had been said by then."""
    random = Random(20261123)
    said, done = "", 0
    for cut in sorted(random.randint(1, len(run)) for _ in range(count)):
        for call in run[done:cut]:
            disk.do(call)
            said += call.data.decode() if call.name == "say" else ""
        done = cut
        yield disk.after(random), said.splitlines()


def put(files: dict[str, bytes], folder: Path) -> Path:
    """Lay a disk state down as it would be found."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    for name, content in files.items():
        path = folder / name
        for parent in reversed(path.relative_to(folder).parents):
            (folder / parent).mkdir(mode=0o700, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(content)
    return folder


def losses(disk: Disk, run: list[Call], memory: Path, count: int) -> list[str]:
    """What was wrong with each state that was not as promised."""
    found = []
    for files, said in states(disk, run, count):
        acks = [(int(i), int(n)) for word, i, n in (line.split() for line in said if line != "done") if word == "ack"]
        lost = loss(put(files, memory / "state"), acks)
        if lost is not None:
            found.append(lost)
    return found


def test_a_power_cut_loses_nothing_acknowledged(tmp_path: Path, memory: Path) -> None:
    """From the making of the log through its checkpoints to its closing: every state opens, is sound and complete."""
    disk, run = recorded(command("append", tmp_path / "data", *APPEND), tmp_path / "data", tmp_path / "trace")
    assert sum(call.name == "sync" for call in run) > 30
    assert losses(disk, run, memory, scaled(STATES)) == []


def test_a_power_cut_shows_what_was_not_synced(tmp_path: Path, memory: Path) -> None:
    """Control: with `synchronous=NORMAL` acknowledged entries are lost."""
    argv = command("append", tmp_path / "data", *APPEND, "--without", "full-sync")
    disk, run = recorded(argv, tmp_path / "data", tmp_path / "trace")
    assert "lost" in losses(disk, run, memory, 100)


def test_a_power_cut_loses_no_page(tmp_path: Path, memory: Path) -> None:
    """The saved evidence, and the key without which it is nothing."""
    disk, run = recorded(command("keep", tmp_path / "data", "--count", 5), tmp_path / "data", tmp_path / "trace")
    for files, said in states(disk, run, scaled(STATES) // 5):
        blobs = FileBlobs(put(files, memory / "state"), entropy=os.urandom)
        kept = [line.split()[1] for line in said if line.startswith("kept")]
        assert None not in [blobs.get(digest) for digest in kept]


def test_a_power_cut_leaves_the_old_or_the_new_backup(tmp_path: Path, memory: Path) -> None:
    """Before "done" one of the two, after it the new one; either restores."""
    data, saves = tmp_path / "data", tmp_path / "saves"
    record(data, 1)
    saves.mkdir()
    backup_of(data).save(saves / "saved.tar")
    record(data, 2)
    argv = command("backup", data, "--file", saves / "saved.tar")
    disk, run = recorded(argv, saves, tmp_path / "trace")
    for files, said in states(disk, run, scaled(STATES) // 5):
        place = put(files, memory / "state")
        new = memory / "new"
        shutil.rmtree(new, ignore_errors=True)
        size = backup_of(new).restore(place / "saved.tar")["practice"].size
        assert size in ((2,) if "done" in said else (1, 2))


def test_a_power_cut_leaves_nothing_or_everything_restored(tmp_path: Path, memory: Path) -> None:
    """Before "done" nothing or all of it, after it all of it."""
    data, place = tmp_path / "data", tmp_path / "place"
    record(data, 1, 2, 3)
    backup_of(data).save(tmp_path / "saved.tar")
    argv = command("restore", place / "new", "--file", tmp_path / "saved.tar")
    disk, run = recorded(argv, place, tmp_path / "trace")
    complete = 0
    for files, said in states(disk, run, scaled(STATES) // 5):
        new = put(files, memory / "state") / "new"
        assert new.exists() or "done" not in said
        if new.exists():
            report = fsck_of(new)()[1]
            assert (report.sound, report.size) == (True, 3)
            complete += 1
    assert complete > 0
