"""T4, T5: the disk fails, is full or cannot be written. Nothing is acknowledged that is not there; look-ups go on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.faults.log_run import Said, calls_of, command, loss, run, spread, traced
from tests.logs import record
from tests.scale import scaled

PLACES = 400
APPEND = ("--count", 8, "--batch", 3, "--checkpoint-rows", 12)
MIB = 1 << 20


def failing_at(argv: list[str], trace: Path, call: str, when: str) -> Said:
    """Let the n-th of these calls ("3"), or all from it on ("3+"), fail with EIO; it must really have happened."""
    said = traced(argv, trace, "-e", f"trace={call}", "-e", f"inject={call}:error=EIO:when={when}")
    assert "(INJECTED)" in trace.read_text(errors="replace")
    return said


def broken_promise(tmp_path: Path, places: list[tuple[str, int]], *options: object) -> str | None:
    """Let the disk fail at each place, once and for ever; the first place after which a promise was broken."""
    failed = 0
    for call, n in places:
        for when in (f"{n}", f"{n}+"):
            data = tmp_path / f"{call}-{when}"
            record(data, 0)
            said = failing_at(command("append", data, *APPEND, *options), tmp_path / "trace", call, when)
            failed += bool(said.fails)
            if said.acks_after_failure():
                return f"{call} {when}: acknowledged after {said.fails[0]}"
            if set(said.fails) - {"storage-failed"}:
                return f"{call} {when}: {said.fails}"
            lost = loss(data, said.acks)
            if lost is not None:
                return f"{call} {when}: {lost}"
    assert failed > 0
    return None


def places_of(tmp_path: Path, *calls: str) -> list[tuple[str, int]]:
    """Where a run on a log that is there already writes and syncs, once it is open."""
    data = tmp_path / "clean"
    record(data, 0)
    return [place for place in calls_of(command("append", data, *APPEND), tmp_path / "trace") if place[0] in calls]


def test_after_a_failed_sync_nothing_more_is_acknowledged(tmp_path: Path) -> None:
    """T4: every sync of an append and of a checkpoint, once and for ever. What was acknowledged before is there."""
    places = places_of(tmp_path, "fdatasync")
    assert broken_promise(tmp_path, spread(places, scaled(PLACES) // 2)) is None


def test_after_a_failed_write_nothing_more_is_acknowledged(tmp_path: Path) -> None:
    """T4: the same for writes."""
    places = places_of(tmp_path, "pwrite64")
    assert broken_promise(tmp_path, spread(places, scaled(PLACES) // 2)) is None


def test_without_the_guard_a_failed_sync_is_forgotten(tmp_path: Path) -> None:
    """T4, control: a program that goes on after a failed sync acknowledges again."""
    places = places_of(tmp_path, "fdatasync")[2:4]
    found = broken_promise(tmp_path, places, "--without", "final-failures")
    assert found is not None
    assert "acknowledged after" in found


def test_a_checkpoint_of_its_own_would_hide_a_failed_sync(tmp_path: Path) -> None:
    """T4, control: with SQLite's automatic checkpoints a sync fails and nobody is told."""
    silent = 0
    for n in range(1, 12):
        data = tmp_path / str(n)
        record(data, 0)
        argv = command("append", data, *APPEND, "--without", "own-checkpoints")
        said = failing_at(argv, tmp_path / "trace", "fdatasync", str(n))
        silent += said.done and not said.fails
    assert silent > 0


def in_small_disk(place: Path, size: str, argv: list[str], *then: str) -> list[str]:
    """The command line that runs `argv` with a disk of that size at `place`, seen by it alone."""
    as_root = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]
    mount = f"mount -t tmpfs -o size={size},mode=700 tmpfs {place}"
    return [*as_root, "sh", "-ec", " && ".join([mount, *then, 'exec "$@"']), "sh", *argv]


def checked_full(said: Said) -> None:
    """It was told that there is no room, looked everything up all the same, and went on once there was room again."""
    assert said.fails == ["storage-full"]
    assert sum(line.startswith("read") for line in said.lines) == 7
    assert not any(line.startswith(("lost", "never")) for line in said.lines)
    assert len(said.acks) == 1
    assert said.done


def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    """T5: 2 MB. `storage-full`, for pages too; look-ups go on; with room again recording goes on."""
    argv = command("fill", tmp_path / "data", "--count", 10_000)
    said = run(in_small_disk(tmp_path, "2m", argv))
    checked_full(said)
    assert "blob storage-full" in said.lines


def test_a_disk_with_room_tells_nothing(tmp_path: Path) -> None:
    """T5, control: the same with room enough does not fail, so it is the full disk that was told."""
    said = run(in_small_disk(tmp_path, "200m", command("fill", tmp_path / "data", "--count", 500)))
    assert said.fails == []
    assert "never" in said.lines


def test_a_file_that_may_not_grow_is_a_full_disk(tmp_path: Path) -> None:
    """T5: `ulimit -f`. SQLite calls it an I/O error; we call it what it is."""
    argv = command("fill", tmp_path / "data", "--count", 10_000, "--file-limit", 2 * MIB)
    checked_full(run(argv))
    assert loss(tmp_path / "data", []) is None


def test_a_file_limit_would_pass_for_a_failing_disk(tmp_path: Path) -> None:
    """T5, control: without looking for the reason it is `storage-failed`, and final."""
    argv = command("fill", tmp_path / "data", "--count", 10_000, "--file-limit", 2 * MIB, "--without", "file-limit")
    with pytest.raises(AssertionError, match="storage-failed"):  # the writer does not come to its end
        checked_full(run(argv))


@pytest.mark.parametrize("options", ["ro", "rw"])
def test_a_disk_that_cannot_be_written_can_be_read(tmp_path: Path, options: str) -> None:
    """T5: read-only. Look-ups go on, recording says `storage-read-only`; control: the same disk, writable."""
    record(tmp_path / "saved", 0, 0)
    place = tmp_path / "place"
    place.mkdir()
    then = (f"cp -a {tmp_path}/saved {place}/data", f"mount -o remount,{options} {place}")
    said = run(in_small_disk(place, "8m", command("only_read", place / "data"), *then))
    assert said.lines == ["read 2", *(["fail storage-read-only"] if options == "ro" else []), "done"]
