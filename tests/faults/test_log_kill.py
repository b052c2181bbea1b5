"""T1, T2: the process is killed at any instant, and at the n-th call to the disk. Nothing acknowledged is lost."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.faults.log_run import ROOT, Said, calls_of, command, loss, run, spread, traced
from tests.logs import backup_of, fsck_of, record
from tests.scale import scaled

KILLS = 200
PLACES = 400


def killed(data: Path, *options: object, after_s: float) -> Said:
    """Start the writer, wait for its first word, kill it a little later."""
    argv = command("append", data, *options)
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(after_s)
        writer.kill()
        rest = writer.stdout.read()
    lines = (first + rest).split("\n")
    return Said([line for line in lines[:-1] if line])


def first_loss(data: Path, kills: int, *options: object) -> str | None:
    """Kill so often, on one log that grows; the first loss, if there is one."""
    instants = random.Random(1)
    for _ in range(kills):
        said = killed(data, "--count", 10**6, *options, after_s=instants.random() * 0.05)
        assert not said.done
        lost = loss(data, said.acks)
        if lost is not None:
            return lost
    return None


@pytest.mark.parametrize("batch", [1, 50])
def test_a_kill_loses_nothing_acknowledged(tmp_path: Path, batch: int) -> None:
    """T1: at random instants, single and in batches; what is left opens, is sound, and holds every acknowledged one."""
    assert first_loss(tmp_path / "data", scaled(KILLS) // 2 + 1, "--batch", batch, "--checkpoint-rows", 500) is None


def test_a_kill_shows_what_is_acknowledged_too_early(tmp_path: Path) -> None:
    """T1, control: acknowledged before it is durable, a reading is lost within a few kills."""
    assert first_loss(tmp_path / "data", 50, "--batch", 50, "--without", "durable-first") == "lost"


APPEND = ("--count", 3, "--batch", 4, "--checkpoint-rows", 5)


def killed_at(argv: list[str], trace: Path, call: str, n: int) -> Said:
    """Kill on entry to the n-th of these calls; a run that makes fewer comes to its end."""
    said = traced(argv, trace, "-e", f"trace={call}", "-e", f"inject={call}:signal=KILL:when={n}")
    assert said.done or "killed by SIGKILL" in trace.read_text(errors="replace")
    return said


def test_a_kill_at_any_call_leaves_the_old_or_the_new_log(tmp_path: Path) -> None:
    """T2: append, from the making of the log to its closing: at every call the log is sound and nothing is lost."""
    trace = tmp_path / "trace"
    places = calls_of(command("append", tmp_path / "clean", *APPEND), trace)
    ended_early = 0
    for call, n in spread(places, scaled(PLACES)):
        data = tmp_path / f"{call}-{n}"
        said = killed_at(command("append", data, *APPEND), trace, call, n)
        ended_early += not said.done
        assert loss(data, said.acks) is None, (call, n)
    assert ended_early > 0


def test_a_kill_between_shows_what_is_no_transaction(tmp_path: Path) -> None:
    """T2, control: with each statement on its own, a kill at some call leaves an entry without its opening."""
    trace, found = tmp_path / "trace", False
    for n in range(20, 200, 4):
        data = tmp_path / str(n)
        argv = command("append", data, *APPEND, "--without", "transactions")
        said = killed_at(argv, trace, "pwrite64", n)
        found = found or (not said.done and loss(data, said.acks) is not None)
        if found:
            break
    assert found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    record(tmp_path / "data", *range(30))
    (tmp_path / "data" / "config.toml").write_text("# mine\n")
    return tmp_path / "data"


def last_syncs(argv: list[str], tmp_path: Path) -> list[tuple[str, int]]:
    """The last few syncs of a run, where what it made is put in its place."""
    syncs = [place for place in calls_of(argv, tmp_path / "trace") if place[0] == "fsync"]
    return syncs[-2:-8:-1]


def is_whole(archive: Path, folder: Path) -> int:
    """How many entries a backup restores to; it must restore."""
    shutil.rmtree(folder, ignore_errors=True)
    return backup_of(folder).restore(archive)["practice"].size


def broken_backup(data: Path, tmp_path: Path, places: list[tuple[str, int]], *options: object) -> str | None:
    """Kill a backup that replaces an older one, at each place; the first place that leaves neither."""
    target, older = tmp_path / "saved.tar", tmp_path / "older.tar"
    backup_of(data).save(older)
    record(data, 31)
    killed_runs = 0
    for call, n in places:
        shutil.copy(older, target)
        said = killed_at(command("backup", data, "--file", target, *options), tmp_path / "trace", call, n)
        killed_runs += not said.done
        try:
            size = is_whole(target, tmp_path / "restored")
        except Exception as error:  # noqa: BLE001 whatever it is, the backup is neither old nor new
            return f"{call} {n}: {error!r}"
        if size not in ((31,) if said.done else (30, 31)):
            return f"{call} {n}: {size} entries"
    assert killed_runs > 0
    return None


def test_a_kill_leaves_the_old_or_the_new_backup(data: Path, tmp_path: Path) -> None:
    """T2: backup over an older one; at every call the file is one of the two, and the log is untouched."""
    places = calls_of(command("backup", data, "--file", tmp_path / "clean.tar"), tmp_path / "trace")
    assert broken_backup(data, tmp_path, spread(places, scaled(PLACES))) is None
    assert run(command("backup", data, "--file", tmp_path / "saved.tar")).done
    assert loss(data, []) is None
    left = {path.name for path in tmp_path.iterdir() if ".part" in path.name and path.name.startswith(".saved.tar")}
    assert left == set()


def test_a_kill_shows_a_backup_that_is_written_in_place(data: Path, tmp_path: Path) -> None:
    """T2, control: written under its own name, the backup is half there."""
    clean = command("backup", data, "--file", tmp_path / "clean.tar", "--without", "rename")
    assert broken_backup(data, tmp_path, last_syncs(clean, tmp_path), "--without", "rename") is not None


def broken_restore(archive: Path, tmp_path: Path, places: list[tuple[str, int]], *options: object) -> str | None:
    """Kill a restore at each place; the first place after which the directory is neither empty nor complete."""
    new, killed_runs = tmp_path / "new", 0
    for call, n in places:
        shutil.rmtree(new, ignore_errors=True)
        said = killed_at(command("restore", new, "--file", archive, *options), tmp_path / "trace", call, n)
        killed_runs += not said.done
        if new.exists() and any(new.iterdir()):
            reports = fsck_of(new)()
            config = new / "config.toml"
            if not all(report.sound for report in reports) or reports[1].size != 30 or not config.exists():
                return f"{call} {n}"
        elif not run(command("restore", new, "--file", archive)).done:
            return f"{call} {n}: not again"
    assert killed_runs > 0
    return None


def test_a_kill_leaves_nothing_or_everything_restored(data: Path, tmp_path: Path) -> None:
    """T2: restore; at every call the directory is empty, and can be restored again, or complete and sound."""
    archive = tmp_path / "saved.tar"
    backup_of(data).save(archive)
    places = calls_of(command("restore", tmp_path / "clean", "--file", archive), tmp_path / "trace")
    assert broken_restore(archive, tmp_path, spread(places, scaled(PLACES))) is None
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".new.part")]


def test_a_kill_shows_a_restore_in_place(data: Path, tmp_path: Path) -> None:
    """T2, control: copied into place file by file, a kill leaves a part of it."""
    archive = tmp_path / "saved.tar"
    backup_of(data).save(archive)
    clean = command("restore", tmp_path / "clean", "--file", archive, "--without", "rename")
    assert broken_restore(archive, tmp_path, last_syncs(clean, tmp_path), "--without", "rename") is not None
