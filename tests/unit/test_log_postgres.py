"""A log in PostgreSQL: what is checked before it is used, where it is refused, and how it is saved and moved."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest

from shirorom.adapters.config_toml import load_settings
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.postgres import code_of, refuse_unsafe
from shirorom.compose import Composition, logs
from shirorom.domain.errors import ConfigError, LogConflictError, StorageError
from shirorom.edge.cli.context import Options
from tests.logs import backup_of, imei, open_log, practice_report, reading, record, recorder_of, sealed
from tests.postgres_kit import database_of

LAST = "checkpoint-practice.last"


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", database_of(tmp_path))
    return database_of(tmp_path)


@pytest.fixture
def data(tmp_path: Path, database: str) -> Path:
    """A data directory with three entries in its database, closed."""
    record(tmp_path / "data", 1, 2, 1)
    return tmp_path / "data"


def change(database: str, *statements: str) -> None:
    """Change the tables behind the log's back."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("SET search_path = shirorom_practice")
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def refusal(data: Path) -> str:
    """The code by which this log is not opened."""
    with pytest.raises(StorageError) as caught:
        open_log(data)
    return caught.value.code


def test_a_newer_log_is_left_alone(data: Path, database: str) -> None:
    """An older program does not guess what a newer one meant."""
    change(database, "UPDATE meta SET value = '2' WHERE name = 'version'", "ALTER TABLE entry ADD COLUMN x text")
    assert refusal(data) == "log-newer"


@pytest.mark.parametrize(
    "statement",
    [
        "DROP INDEX opening_device",
        "DROP INDEX opening_device; CREATE UNIQUE INDEX opening_device ON opening (key, counter, salt)",
        "ALTER TABLE device ADD COLUMN x text",
        "ALTER TABLE entry ALTER COLUMN hashes DROP NOT NULL",
        "CREATE RULE r AS ON INSERT TO opening DO INSTEAD NOTHING",
        "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';"
        " CREATE TRIGGER t BEFORE INSERT ON opening FOR EACH ROW EXECUTE FUNCTION f()",
        "ALTER TABLE entry SET UNLOGGED",
        "CREATE VIEW v AS SELECT 1",
        "CREATE POLICY p ON opening",
        "DROP TABLE meta",
        "UPDATE meta SET value = 'shirorom/real/00' WHERE name = 'origin'",
    ],
)
def test_tables_that_are_not_ours_are_refused(data: Path, database: str, statement: str) -> None:
    """Other columns and indexes, whatever acts at an append, a table that a crash empties, the other log's name."""
    change(database, statement)
    assert refusal(data) == "log-corrupt"
    assert not practice_report(data).sound


def test_yesterdays_copy_is_refused(data: Path, database: str) -> None:
    """T8: the database was put back to an older state of itself."""
    change(
        database,
        *(f"DELETE FROM {table} WHERE {column} = 2" for table, column in (("entry", "idx"), ("opening", "idx"))),
        "UPDATE head SET size = 2",
        f"UPDATE device SET count = 1, last = 0 WHERE key = {int(imei(1).key)}",
    )
    assert refusal(data) == "log-rolled-back"


def test_yesterdays_copy_without_the_second_place_is_taken(data: Path, database: str) -> None:
    """T8, control: with the checkpoint put back too, nobody could tell. So it is the checkpoint that tells."""
    before = (data / LAST).read_bytes()
    record(data, 3)
    (data / LAST).write_bytes(before)
    change(database, "DELETE FROM entry WHERE idx = 3", "DELETE FROM opening WHERE idx = 3", "UPDATE head SET size = 3",
           f"DELETE FROM device WHERE key = {int(imei(3).key)}")  # fmt: skip
    log = open_log(data)
    assert log.head().size == 3
    log.close()


@pytest.mark.parametrize("lost", ["DROP SCHEMA shirorom_practice CASCADE", None])
def test_a_log_or_a_checkpoint_that_is_gone_is_not_begun_anew(data: Path, database: str, lost: str | None) -> None:
    """An empty log in the place of a lost one would answer "nothing recorded" about every phone."""
    if lost is None:
        (data / LAST).unlink()
    else:
        change(database, lost)
    assert refusal(data) == "log-rolled-back"


def test_another_installations_log_is_refused(data: Path, database: str, tmp_path: Path) -> None:
    """A directory whose checkpoint names another log does not go on with this one."""
    shutil.copytree(data, tmp_path / "copy")
    change(database, "DROP SCHEMA shirorom_practice CASCADE")
    record(tmp_path / "other", 1, 2, 1)
    assert refusal(tmp_path / "copy") == "log-rolled-back"


def test_a_log_that_goes_back_while_it_is_open_is_noticed(data: Path, database: str) -> None:
    """What this process has seen is not forgotten while it runs."""
    log = open_log(data)
    change(database, "DELETE FROM entry WHERE idx = 2", "UPDATE head SET size = 2")
    with pytest.raises(StorageError) as caught:
        log.head()
    assert caught.value.code == "log-rolled-back"
    log.close()


def test_the_data_directory_is_the_owners_alone(data: Path, database: str, tmp_path: Path) -> None:
    """One made by hand is closed at the first log; one that was opened to others since is refused."""
    made = tmp_path / "made"
    made.mkdir(mode=0o755)
    (made / "config.toml").write_text("# mine")
    change(database, "ALTER SCHEMA shirorom_practice RENAME TO put_away")
    open_log(made).close()
    assert made.stat().st_mode & 0o777 == 0o700
    made.chmod(0o755)
    assert refusal(made) == "data-unsafe"


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        (("off", "on", "on"), "synchronous_commit = off"),
        (("local", "on", "on"), "synchronous_commit = local"),
        (("remote_write", "on", "on"), "synchronous_commit = remote_write"),
        (("on", "off", "on"), "fsync = off"),
        (("on", "on", "off"), "full_page_writes = off"),
    ],
)
def test_settings_that_may_lose_a_commit_are_refused(settings: tuple[str, str, str], setting: str) -> None:
    """By name, so that the person knows what to mend."""
    with pytest.raises(StorageError) as caught:
        refuse_unsafe(*settings)
    assert (caught.value.code, caught.value.details) == ("database-unsafe", {"setting": setting})


def test_an_unsafe_database_is_refused_before_anything_is_recorded(data: Path, database: str) -> None:
    """At the opening; and at an append, where a setting was changed since: both ask the server itself."""
    log = open_log(data)
    log._end("writer").connection.execute("SET synchronous_commit = off")
    with pytest.raises(StorageError) as caught:
        log.append(sealed(log, 1), size_expected=3)
    assert (caught.value.code, log.head().size) == ("database-unsafe", 3)
    log.close()
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    change(database, f"ALTER DATABASE {name} SET synchronous_commit = off")
    assert refusal(data) == "database-unsafe"


def test_a_read_only_database_is_read(data: Path, database: str) -> None:
    """As a standby is: looking up goes on, recording is refused by its own code."""
    name = psycopg.conninfo.conninfo_to_dict(database)["dbname"]
    change(database, f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    log = open_log(data)
    assert len(log.device(imei(1).key)) == 2
    with pytest.raises(StorageError) as caught:
        log.append(sealed(log, 1), size_expected=3)
    assert caught.value.code == "storage-read-only"
    log.close()


def test_a_writer_that_holds_the_lock_is_waited_for_and_then_named(data: Path, database: str) -> None:
    """Somebody else's transaction does not hang us for ever."""
    log = open_log(data)
    log._end("writer").connection.execute("SET lock_timeout = 50")
    with psycopg.connect(database) as other:
        other.execute("SELECT size FROM shirorom_practice.head FOR UPDATE")
        with pytest.raises(StorageError) as caught:
            log.append(sealed(log, 1), size_expected=3)
    assert caught.value.code == "data-locked"
    assert log.append(sealed(log, 1), size_expected=3).size == 4
    log.close()


def test_a_connection_that_is_gone_before_the_commit_is_made_anew(data: Path, database: str) -> None:
    """Nothing had been written over it: the append is made over a new one; so is a read."""
    log = open_log(data)
    log.append(sealed(log, 1), size_expected=3)
    change(
        database,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        " AND datname = current_database()",
    )
    assert log.append(sealed(log, 2), size_expected=4).size == 5
    assert log.head().size == 5
    log.close()


def test_a_connection_that_breaks_at_the_commit_leaves_it_in_doubt(
    data: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not "recorded", and not "not recorded"; this process says nothing more before it has read again."""
    log = open_log(data)
    recorder, some, insert = recorder_of(log), sealed(log, 1), log._insert

    def answer_lost(connection: psycopg.Connection[tuple[object, ...]], *rest: object) -> None:
        insert(connection, *rest)  # type: ignore[arg-type]
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(log, "_insert", answer_lost)
    with pytest.raises(StorageError) as doubt:
        log.append(some, size_expected=3)
    assert doubt.value.code == "storage-unconfirmed"
    monkeypatch.undo()
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", database)
    with pytest.raises(LogConflictError):
        log.append(some, size_expected=3)
    assert (log.head().size, log.entry(3).entry) == (4, some[0].entry)
    recorder.record([reading(1)])
    assert len(recorder.entries(imei(1))) == 4
    log.close()


def test_a_server_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own code, for opening and for fsck: nothing is called sound that could not be read."""
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", f"postgresql://nobody@/none?host={tmp_path}")
    assert refusal(tmp_path / "data") == "storage-unreachable"
    with pytest.raises(StorageError) as caught:
        practice_report(tmp_path / "data")
    assert caught.value.code == "storage-unreachable"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (psycopg.errors.DiskFull(), "storage-full"),
        (psycopg.errors.ReadOnlySqlTransaction(), "storage-read-only"),
        (psycopg.errors.LockNotAvailable(), "data-locked"),
        (psycopg.errors.AdminShutdown(), "storage-unreachable"),
        (psycopg.errors.InvalidPassword(), "storage-unreachable"),
        (psycopg.errors.TooManyConnections(), "storage-unreachable"),
        (psycopg.errors.IoError(), "storage-failed"),
        (psycopg.errors.DataCorrupted(), "log-corrupt"),
        (psycopg.errors.UndefinedTable(), "log-corrupt"),
        (psycopg.OperationalError(), "storage-unreachable"),
    ],
)
def test_what_the_server_says_has_our_codes(error: psycopg.Error, code: str) -> None:
    """Outside causes by their names; whatever else is damage."""
    assert code_of(error) == code


def test_fsck_calls_a_sound_log_sound(data: Path) -> None:
    """All of it was read: the same size and root as the log has."""
    report, log = practice_report(data), open_log(data)
    assert report.sound
    assert (report.size, bytes.fromhex(report.root)) == (log.head().size, log.head().root)
    log.close()


# Saved and moved


def contents(data: Path) -> list[object]:
    """All that a log holds."""
    log = open_log(data)
    try:
        return [log.origin, log.head(), log.read(0, count_max=99), log.device(imei(1).key)]
    finally:
        log.close()


@pytest.mark.parametrize(
    ("saved_in", "restored_in"), [("postgres", "sqlite"), ("sqlite", "postgres"), ("postgres",) * 2]
)
def test_a_backup_is_restored_into_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, saved_in: str, restored_in: str
) -> None:
    """One archive, whatever engine: the same log comes back, sound, and goes on."""

    def use(engine: str, place: str) -> Path:
        folder = tmp_path / place
        monkeypatch.delenv("SHIROROM_LOG_DATABASE", raising=False)
        if engine == "postgres":
            monkeypatch.setenv("SHIROROM_LOG_DATABASE", database_of(folder))
        return folder

    old = use(saved_in, "old")
    record(old, 1, 2, 1)
    backup_of(old).save(tmp_path / "saved.tar")
    before = contents(old)
    new = use(restored_in, "new")
    assert backup_of(new).restore(tmp_path / "saved.tar")["practice"].size == 3
    assert (new / "log" / "practice.sqlite").exists() is (restored_in == "sqlite")
    assert contents(new) == before
    record(new, 3)
    assert practice_report(new).sound


def test_a_restore_overwrites_no_other_log(data: Path, database: str, tmp_path: Path) -> None:
    """A database that holds more than the backup is left as it is, and so is the directory."""
    backup_of(data).save(tmp_path / "saved.tar")
    record(data, 3)
    with pytest.raises(StorageError) as caught:
        backup_of(tmp_path / "new").restore(tmp_path / "saved.tar")
    assert caught.value.code == "restore-not-empty"
    assert not (tmp_path / "new").exists()
    assert practice_report(data).size == 4


def test_a_restore_that_was_interrupted_is_ended_by_the_same_call(data: Path, tmp_path: Path) -> None:
    """Its log is in the database and its directory is not there yet."""
    backup_of(data).save(tmp_path / "saved.tar")
    shutil.rmtree(data)
    backup_of(data).restore(tmp_path / "saved.tar")
    assert practice_report(data).sound


# In an installation


def test_an_installation_keeps_its_log_in_the_database(tmp_path: Path, database: str) -> None:
    """By its configuration alone: recorded, published, examined, looked at by doctor; and no log in the directory."""
    installed = Composition(Options(data=tmp_path / "data"))
    try:
        assert not installed.has_log(True)
        installed.room(True).recorder.record([reading(1), reading(2)])
        published, _ = installed.publishing.now(True)
        assert (installed.has_log(True), installed.has_log(False)) == (True, False)
        assert published.signed.checkpoint.size == 2
        assert [(report.exists, report.sound) for report in installed.fsck(on_progress=None)] == [
            (False, True),
            (True, True),
        ]
        found = {one.check: one for one in installed.doctor()}["log-practice"]
        assert (found.code, found.details) == ("log-ok", {"size": 2})
    finally:
        installed.close()
    assert not list((tmp_path / "data").glob("log/*"))


def test_without_its_part_it_says_which(tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The core alone goes on with files, and names the extra."""
    monkeypatch.setattr(logs, "find_spec", lambda name: None)
    with pytest.raises(ConfigError) as caught:
        open_log(tmp_path / "data")
    assert caught.value.code == "database-missing"


# Configuration


@pytest.mark.parametrize(
    "database",
    [
        "postgresql://shop:secret@db/shirorom",
        "postgresql://db/shirorom?password=secret",
        "mysql://db/shirorom",
        "host=db dbname=shirorom",
    ],
)
def test_a_password_or_another_form_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: str) -> None:
    """A configuration is copied, shown and saved; and it is not repeated in the error."""
    monkeypatch.delenv("SHIROROM_LOG_DATABASE", raising=False)
    (tmp_path / "config.toml").write_text(f'[log]\ndatabase = "{database}"\n')
    with pytest.raises(ConfigError) as caught:
        load_settings(None, tmp_path, packaged_facts())
    assert caught.value.code == "config-invalid"
    assert "secret" not in str(caught.value.details)


@pytest.mark.parametrize(("named", "taken"), [("postgresql://b/x", "postgresql://b/x"), ("", None)])
def test_the_environment_is_stronger_than_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, taken: str | None
) -> None:
    """Also to say that a copy of this directory is to use its own files."""
    (tmp_path / "config.toml").write_text('[log]\ndatabase = "postgresql:///a?service=shop"\n')
    monkeypatch.setenv("SHIROROM_LOG_DATABASE", named)
    assert load_settings(None, tmp_path, packaged_facts()).log.database == taken
