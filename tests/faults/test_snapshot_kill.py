"""T2, T4, T5 for snapshots: applying is killed, or the disk fails, at the n-th call: the older or the newer stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from shirorom.adapters.snapshot_files import SnapshotFiles
from shirorom.domain.mark import Mark
from shirorom.register.content import Content
from tests import register_kit as kit
from tests import snapshot_kit as snapshots
from tests.faults.log_run import calls_of, command, spread, traced
from tests.scale import scaled

PLACES = 80
KEY = 100_100_000_000
OLD, NEW = 7, 9


def content(size: int) -> Content:
    """Of a size of the log: one phone, restricted or not any more."""
    mark = Mark.RESTRICTED if size == OLD else Mark.CAUTION
    return snapshots.content([(KEY, kit.ENROLLED[0], mark)], stamp=kit.stamp(size=size))


def prepared(directory: Path) -> None:
    """A shop with the older one."""
    snapshots.shop(directory)(snapshots.made(content(OLD)), keys=[snapshots.SIGNER.key])


def wrong(directory: Path, acks: list[tuple[int, int]], file: bytes) -> str | None:
    """What is wrong with what was left; afterwards the same one is applied to its end."""
    applied = SnapshotFiles(directory).current()
    if applied is None or applied.head.stamp.log.size not in ((NEW,) if acks else (OLD, NEW)):
        return "lost"
    code = int(applied.codes(kit.keys_of([KEY]))[0, 0])
    if code != (3 if applied.head.stamp.log.size == OLD else 2):
        return f"answers {code}"
    snapshots.shop(directory)(file)
    after = SnapshotFiles(directory).current()
    return None if after is not None and after.head.stamp.log.size == NEW else "cannot go on"


@pytest.mark.parametrize("fault", ["signal=KILL", "error=ENOSPC"])
def test_a_fault_at_any_call_leaves_one_or_the_other(tmp_path: Path, fault: str) -> None:
    """Never a half; never less than what was acknowledged; and the same file again is the cure."""
    file, trace = tmp_path / "new.snap", tmp_path / "trace"
    file.write_bytes(snapshots.made(content(NEW), content(OLD)))
    prepared(tmp_path / "clean")
    places = calls_of(command("snapshot", tmp_path / "clean", "--file", file), trace)
    if fault != "signal=KILL":  # what the writer says goes through `write` too
        places = [place for place in places if place[0] in ("fsync", "rename")]
    ended_early = 0
    for call, n in spread(places, scaled(PLACES)):
        directory = tmp_path / f"{call}-{n}"
        prepared(directory)
        said = traced(
            command("snapshot", directory, "--file", file), trace,
            "-e", f"trace={call}", "-e", f"inject={call}:{fault}:when={n}",
        )  # fmt: skip
        ended_early += not said.done or bool(said.fails)
        assert set(said.fails) <= {"storage-full"}
        assert wrong(directory, said.acks, file.read_bytes()) is None, (call, n)
    assert ended_early > 0
