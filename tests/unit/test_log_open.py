"""What is checked before a log is used: its version, its tables, its rights, and the checkpoint in the second place."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest

from shirorom.adapters import checkpoint_last
from shirorom.adapters.checkpoint_last import CheckpointLast
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.errors import StorageError
from shirorom.log.checkpoint import Checkpoint
from tests.logs import imei, open_log, reading, record, recorder_of

FILE = "log/practice.sqlite"
LAST = "checkpoint-practice.last"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with three entries, closed."""
    record(tmp_path / "data", 1, 2, 1)
    return tmp_path / "data"


def refusal(data: Path) -> str:
    """The code by which this log is not opened."""
    with pytest.raises(StorageError) as caught:
        open_log(data)
    return caught.value.code


def change(data: Path, *statements: str) -> None:
    """Change the file behind the log's back."""
    connection = sqlite3.connect(data / FILE, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def test_a_newer_log_is_left_alone(data: Path) -> None:
    """An older program does not guess what a newer one meant."""
    change(data, "PRAGMA user_version=2")
    assert refusal(data) == "log-newer"


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA user_version=0",
        "PRAGMA application_id=7",
        "DROP INDEX opening_device",
        "CREATE TRIGGER t AFTER INSERT ON entry BEGIN DELETE FROM device; END",
        "ALTER TABLE device ADD COLUMN x TEXT",
        "UPDATE meta SET value = 'shirorom/real/00'",
        "DELETE FROM meta",
    ],
)
def test_a_file_that_is_not_ours_is_refused(data: Path, statement: str) -> None:
    """Other tables, triggers, another program's file, the real log's name on the practice log."""
    change(data, statement)
    assert refusal(data) == "log-corrupt"


def test_a_file_that_is_no_database_is_refused(data: Path) -> None:
    """Text in the place of the log is damage."""
    (data / FILE).write_text("not a database, and long enough to be looked at as one")
    assert refusal(data) == "log-corrupt"


@pytest.mark.parametrize("part", [".", "log", FILE])
def test_what_others_may_read_is_refused(data: Path, part: str) -> None:
    """Looser rights than 0700 and 0600 are not repaired in silence."""
    (data / part).chmod(0o755)
    assert refusal(data) == "data-unsafe"


def test_a_directory_made_by_hand_is_closed_at_the_first_log(tmp_path: Path) -> None:
    """`mkdir data` leaves it open to others: nothing secret is in it yet, so the first log closes it and goes on."""
    made = tmp_path / "data"
    made.mkdir()
    made.chmod(0o755)
    open_log(made).close()
    assert made.stat().st_mode & 0o777 == 0o700


def test_rights_do_not_depend_on_the_umask(tmp_path: Path) -> None:
    """With umask 000 everything is still the owner's alone, WAL and checkpoint included."""
    before = os.umask(0)
    try:
        log = open_log(tmp_path / "data")
        recorder_of(log).record([reading()])
        log._last.close()
        modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "data").rglob("*")}
        log.close()
    finally:
        os.umask(before)
    assert modes == {
        "log": 0o700, "practice.sqlite": 0o600, "practice.sqlite-wal": 0o600, "practice.sqlite-shm": 0o600, LAST: 0o600,
    }  # fmt: skip


def test_yesterdays_copy_is_refused(data: Path, tmp_path: Path) -> None:
    """T8: the file was put back to an older copy of itself."""
    shutil.copy(data / FILE, tmp_path / "yesterday")
    record(data, 3)
    shutil.copy(tmp_path / "yesterday", data / FILE)
    assert refusal(data) == "log-rolled-back"


def test_yesterdays_copy_without_the_second_place_is_taken(data: Path, tmp_path: Path) -> None:
    """T8, control: with the checkpoint put back too, nobody could tell. So it is the checkpoint that tells."""
    for name in (FILE, LAST):
        shutil.copy(data / name, tmp_path / Path(name).name)
    record(data, 3)
    for name in (FILE, LAST):
        shutil.copy(tmp_path / Path(name).name, data / name)
    log = open_log(data)
    assert log.head().size == 3
    log.close()


def test_another_log_of_the_same_size_is_refused(data: Path, tmp_path: Path) -> None:
    """A log with other entries and another name is not this log."""
    record(tmp_path / "other", 1, 2, 1)
    shutil.copy(tmp_path / "other" / FILE, data / FILE)
    assert refusal(data) == "log-rolled-back"


def test_a_log_that_went_another_way_is_refused(data: Path, tmp_path: Path) -> None:
    """Put back to an older copy and appended to since: as large as before, and another root."""
    shutil.copytree(data, tmp_path / "fork")
    record(data, 3, 3)
    record(tmp_path / "fork", 4, 4)
    shutil.copy(tmp_path / "fork" / FILE, data / FILE)
    assert refusal(data) == "log-rolled-back"


def test_a_log_that_is_gone_is_not_begun_anew(data: Path) -> None:
    """An empty log in the place of a lost one would answer "nothing recorded" about every phone."""
    (data / FILE).unlink()
    assert refusal(data) == "log-rolled-back"
    assert not (data / FILE).exists()


def test_a_lost_checkpoint_is_refused(data: Path) -> None:
    """Without it nobody can tell whether the log is the newest."""
    (data / LAST).unlink()
    assert refusal(data) == "log-rolled-back"


def test_an_empty_log_needs_no_checkpoint(tmp_path: Path) -> None:
    """A crash between the making of the log and of its checkpoint leaves nothing that cannot be used."""
    open_log(tmp_path / "data").close()
    (tmp_path / "data" / LAST).unlink()
    log = open_log(tmp_path / "data")
    assert log.head().size == 0
    log.close()
    assert (tmp_path / "data" / LAST).exists()


def test_a_damaged_checkpoint_is_told_from_a_rollback(data: Path) -> None:
    """Any changed byte of it is damage of that file."""
    content = bytearray((data / LAST).read_bytes())
    for place in range(len(content)):
        (data / LAST).write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        assert refusal(data) == "log-corrupt"


def test_a_log_ahead_of_its_checkpoint_is_opened(data: Path) -> None:
    """After kill -9 the checkpoint may be a little behind: the entries since are hashed, not believed."""
    before = (data / LAST).read_bytes()
    record(data, 3, 1)
    (data / LAST).write_bytes(before)
    log = open_log(data)
    assert (log.head().size, len(log.device(imei(1).key))) == (5, 3)
    log.close()


def test_a_damaged_tree_is_told_from_a_rollback(data: Path) -> None:
    """The entries are all there and give the root; only a stored hash is wrong."""
    change(data, "UPDATE entry SET hashes = zeroblob(32) WHERE idx = 2")
    assert refusal(data) == "log-corrupt"


def test_the_checkpoint_is_written_without_being_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that records once and then stays idle does not leave it behind."""
    monkeypatch.setattr(checkpoint_last, "DELAY_S", 0.0)
    log = open_log(tmp_path / "data")
    recorder_of(log).record([reading()])
    log._last._timer and log._last._timer.join()  # type: ignore[func-returns-value]
    there = CheckpointLast(tmp_path / "data", "practice").read()
    assert there is not None
    assert there.size == 1
    log.close()


def test_the_checkpoint_never_goes_back(tmp_path: Path) -> None:
    """Of two processes the one further ahead wins, whoever writes last."""
    last = CheckpointLast(tmp_path, "real")
    for size in (5, 4):
        last.note(Checkpoint("log", size, bytes(32)))
        last.close()
    there = last.read()
    assert there is not None
    assert there.size == 5


def test_two_processes_may_begin_one_log(tmp_path: Path) -> None:
    """Both end with the same log."""
    ours, theirs = open_log(tmp_path / "data"), open_log(tmp_path / "data")
    assert ours.origin == theirs.origin
    ours.close()
    theirs.close()


def test_no_two_logs_share_a_name(tmp_path: Path) -> None:
    """An installation has a name of its own from its first moment."""
    origins = set()
    for place in ("one", "two"):
        for practice in (False, True):
            log = SqliteLog(tmp_path / place, practice=practice, entropy=os.urandom)
            origins.add(log.origin)
            log.close()
    assert len(origins) == 4
