"""The PostgreSQL server itself is killed under load, goes away in the middle, or loses its primary to a standby."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from shirorom.domain.errors import LogConflictError, StorageError
from tests.faults.log_run import ROOT, Said, command, loss
from tests.logs import open_log, reading, record, recorder_of, sealed
from tests.postgres_kit import Server


@pytest.fixture
def server() -> Iterator[Server]:
    """A server that this test may kill."""
    one = Server()
    one.start()
    yield one
    one.remove()


@pytest.fixture
def data(tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", server.make_database("shirorom"))
    return tmp_path / "data"


def under_load(data: Path, server: Server, acks_min: int) -> Said:
    """Have a writer record until the server is killed; what it said, to its end."""
    argv = command("append", data, "--count", 10**6)
    with subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline().strip() for _ in range(acks_min)]
        server.kill()
        lines += writer.stdout.read().split("\n")  # it gives up after some failures
    return Said([line for line in lines if line])


def test_a_killed_server_loses_nothing_acknowledged(data: Path, server: Server) -> None:
    """`kill -9` of all its processes, twice: after a restart every acknowledged reading is there and all is sound.

    The writer was told that the one under way is not known to be recorded, or that nothing was; then nothing more.
    """
    for _ in range(2):
        said = under_load(data, server, 50)
        assert len(said.acks) >= 50
        assert said.acks_after_failure() == 0
        assert said.fails[0] in ("storage-unconfirmed", "storage-unreachable")
        assert set(said.fails[1:]) == {"storage-unreachable"}
        server.start()
        assert loss(data, said.acks) is None


def test_a_log_finds_its_server_again(data: Path, server: Server) -> None:
    """After a restart the same log object reads and records on, without being opened anew."""
    log = open_log(data)
    recorder_of(log).record([reading(1)])
    server.stop()
    with pytest.raises(StorageError) as refused:
        log.head()
    assert refused.value.code == "storage-unreachable"
    server.start()
    assert log.head().size == 1
    recorder_of(log).record([reading(2)])
    server.stop()
    server.start()
    recorder_of(log).record([reading(3)])  # the first that it learns of it is an append
    assert log.head().size == 3
    log.close()


def test_a_standby_that_does_not_answer_leaves_it_in_doubt(data: Path, server: Server) -> None:
    """A wait for a standby that is cancelled ends as a commit with a warning: never "recorded"."""
    log = open_log(data)
    log.append(sealed(log, 1), size_expected=0)
    server.set(synchronous_standby_names="'ANY 1 (nobody)'")
    server.reload()
    some = sealed(log, 2)
    canceller = subprocess.Popen(
        ["psql", "-qAt", server.url("postgres"), "-c", "SELECT pg_sleep(1)", "-c",
         "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with pytest.raises(StorageError) as doubt:
        log.append(some, size_expected=1)
    assert canceller.wait() == 0
    assert doubt.value.code == "storage-unconfirmed"
    server.set(synchronous_standby_names="''")
    server.reload()
    with pytest.raises(LogConflictError):
        log.append(some, size_expected=1)  # it is there after all: whoever tries again must look first
    assert log.head().size == 2
    log.close()


def test_a_promoted_standby_has_all_that_was_acknowledged(
    data: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A synchronous standby; the primary is killed under load, the standby promoted: no acknowledged one is missing."""
    standby = Server(server)
    standby.start()
    server.set(synchronous_standby_names="'ANY 1 (*)'")
    server.reload()
    said = under_load(data, server, 50)
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", standby.url("shirorom"))
    with pytest.raises(StorageError) as refused:
        record(data, 1)
    assert refused.value.code == "storage-read-only"  # until somebody promotes it
    standby.sql("SELECT pg_promote()")
    assert len(said.acks) >= 50
    assert loss(data, said.acks) is None
    record(data, 1)
    standby.remove()


def test_a_promoted_standby_that_lacks_entries_is_refused(
    data: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby that was behind: what the data directory knows shows it, and nothing is built upon it."""
    record(data, 1)
    standby = Server(server)
    record(data, 2)
    server.kill()
    standby.start()
    standby.sql("SELECT pg_promote()")
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", standby.url("shirorom"))
    with pytest.raises(StorageError) as refused:
        open_log(data)
    assert refused.value.code == "log-rolled-back"
    standby.remove()
