"""The program that fault tests kill, starve and stop: it does one thing with a data directory and says what it did.

    python -m tests.faults.log_writer WHAT DATA [options]

Each line on standard output is one fact, written at once: `ack INDEX N` (this reading of phone N was acknowledged at
this index), `fail CODE` (an error was told), `size N` (an append at this size was won), `done`. `--without` takes one
guard away: then the test that watches must fail.
"""

from __future__ import annotations

import argparse
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from shirorom.adapters import log_file, log_sqlite, storage_errors
from shirorom.adapters.blobs import FileBlobs
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.domain.errors import LogConflictError, StorageError
from shirorom.log.segment import encode_segment
from shirorom.ports.log import Log
from tests.feed_kit import Importer, Publisher, restricted
from tests.logs import backup_of, database, imei, open_log, reading, recorder_of, sealed

PHONES = 7
FAILURES_MAX = 5


def say(*words: object) -> None:
    """One line, by one call of the operating system."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def append(options: argparse.Namespace) -> None:
    """Record `--count` times, `--batch` readings at once; goes on after a failure, as a server would."""
    try:
        log = open_log(options.data)
    except StorageError as error:
        say("fail", error.code)
        return
    recorder, failures = recorder_of(log), 0
    for turn in range(options.count):
        numbers = [(options.first + turn * options.batch + i) % PHONES for i in range(options.batch)]
        if options.without == "durable-first":
            for i, n in enumerate(numbers):
                say("ack", log.head().size + i, n)
        try:
            recorded = recorder.record([reading(n) for n in numbers])
        except StorageError as error:
            say("fail", error.code)
            failures += 1
            if failures == FAILURES_MAX:
                break
            continue
        if options.without != "durable-first":
            for one, n in zip(recorded, numbers, strict=True):
                say("ack", one.index, n)
    log.close()


def race(options: argparse.Namespace) -> None:
    """Append one entry at a time, each at a size of which only one process may be the winner."""
    log, won = open_log(options.data), 0
    while won < options.count:
        size = log.head().size
        some = sealed(log, options.first)
        try:
            log.append(some, size_expected=size)
        except LogConflictError:
            say("conflict", size)
        except StorageError as error:
            say("fail", error.code)
        else:
            won += 1
            say("size", size)
    log.close()


def fill(options: argparse.Namespace) -> None:
    """Record until it fails; then look up every phone; then make room, and record once more."""
    if options.file_limit:
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (options.file_limit, hard))
    options.data.mkdir(mode=0o700, exist_ok=True)
    ballast = options.data / "ballast"
    ballast.write_bytes(bytes(300_000))
    log = open_log(options.data)
    recorder = recorder_of(log)
    counts = dict.fromkeys(range(PHONES), 0)
    for turn in range(options.count):
        try:
            recorder.record([reading(turn % PHONES, sentence="あ" * 1_000)])
        except StorageError as error:
            say("fail", error.code)
            break
        counts[turn % PHONES] += 1
    else:
        say("never")
    for n, count in counts.items():
        say("read" if len(recorder.entries(imei(n))) == count else "lost", n)
    if options.file_limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))
    else:
        try:
            FileBlobs(options.data, entropy=os.urandom).put(bytes(2_000_000))
        except StorageError as error:
            say("blob", error.code)
    ballast.unlink()
    (one,) = recorder.record([reading(0)])
    say("ack", one.index, 0)
    log.close()


def only_read(options: argparse.Namespace) -> None:
    """Look up, and try to record, on a disk that cannot be written."""
    log = open_log(options.data)
    recorder = recorder_of(log)
    say("read", len(recorder.entries(imei(0))))
    try:
        recorder.record([reading(0)])
    except StorageError as error:
        say("fail", error.code)
    log.close()


def keep(options: argparse.Namespace) -> None:
    """Keep pages, as many as `--count`; each is said once it is kept."""
    blobs = FileBlobs(options.data, entropy=os.urandom)
    for n in range(options.count):
        say("kept", blobs.put(f"page {n}".encode() * 1_000))


def feed(options: argparse.Namespace) -> None:
    """Import a feed of `--batch` rows; its entry's index and that count are said once it is acknowledged."""
    importer = Importer(options.data)
    importer.keys.add(Publisher().key())
    if options.without == "evidence-first":
        importer.segments.put = lambda records, seed: encode_segment(records, seed)[0]  # type: ignore[method-assign]
    done = importer(Publisher().feed([restricted(n) for n in range(options.batch)]))
    if done.accepted is not None:
        say("ack", done.accepted.index, done.taken)
    importer.close()


def publish(options: argparse.Namespace) -> None:
    """Publish the register; with `--ballast` on a disk that is full until it failed once."""
    from tests.register_world import World  # numpy is not loaded where a log is written a thousand times

    world = World(options.data)
    if not options.ballast:
        world.publish()
        world.close()
        return
    ballast, register = options.data / "ballast", options.data / "register"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4_096)):
            pass
    try:
        world.publish()
    except StorageError as error:
        say("fail", error.code)
    say("register", world.files.current().stamp.log.size)
    say("parts", len(list(register.glob("*.part"))))
    ballast.unlink()
    world.publish()
    say("register", world.files.current().stamp.log.size)
    world.close()


def snapshot(options: argparse.Namespace) -> None:
    """Apply the snapshot of `--file`; the log's size in it and its phones are said once it is acknowledged."""
    from tests import snapshot_kit

    try:
        done = snapshot_kit.shop(options.data)(options.file.read_bytes())
    except StorageError as error:
        say("fail", error.code)
        return
    say("ack", done.head.stamp.log.size, done.count)


def backup(options: argparse.Namespace) -> None:
    """Save into `--file`."""
    backup_of(options.data).save(options.file)


def restore(options: argparse.Namespace) -> None:
    """Restore from `--file`."""
    backup_of(options.data).restore(options.file)


def _lose_transactions(monkey: Callable[..., None]) -> None:
    """Every statement is its own transaction."""
    connect = log_file.connect

    class Loose(sqlite3.Connection):
        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:  # type: ignore[override]
            loose = sql.split()[0] in ("BEGIN", "COMMIT", "ROLLBACK")
            return super().execute("SELECT 1" if loose else sql, *values)  # type: ignore[arg-type]

    def loosely(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        original = sqlite3.connect
        sqlite3.connect = lambda *a, **k: original(*a, **k, factory=Loose)  # type: ignore[assignment,misc]
        try:
            return connect(path, read_only=read_only)
        finally:
            sqlite3.connect = original  # type: ignore[assignment]

    monkey(log_file, "connect", loosely)


def _copy_slowly(source: Path, target: Path) -> Path:
    """What a rename is not: first a little of it is there, then more."""
    if source.is_dir():
        target.mkdir(mode=0o700, exist_ok=True)
        for path in sorted(source.iterdir()):
            _copy_slowly(path, target / path.name)
        return target
    content = source.read_bytes()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0) as file:
        for first in range(0, len(content), 4_096):
            file.write(content[first : first + 4_096])
            os.fsync(file.fileno())
    return target


def _no_rename(monkey: Callable[..., None]) -> None:
    monkey(Path, "replace", _copy_slowly)
    monkey(Path, "rename", _copy_slowly)


@contextmanager
def _no_final_failures(self: SqliteLog) -> Iterator[None]:
    yield


def _automatic_checkpoints(monkey: Callable[..., None]) -> None:
    """SQLite checkpoints by itself, and keeps to itself what fails in it."""
    connect = log_file.connect

    def with_automatic(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
        connection = connect(path, read_only=read_only)
        connection.execute("PRAGMA wal_autocheckpoint=10")
        return connection

    monkey(log_file, "connect", with_automatic)
    monkey(log_sqlite, "ROWS_BETWEEN_CHECKPOINTS", 10**9)


def _no_compare_and_set(monkey: Callable[..., None]) -> None:
    engine: Any = SqliteLog
    if database():
        from shirorom.adapters.log_postgres import PostgresLog  # half of this program's start, and seldom needed

        engine = PostgresLog
    original = engine._append

    def at_any_size(self: Log, some: object, size_expected: int) -> object:
        while True:
            try:
                return original(self, some, self.head().size)  # type: ignore[arg-type]
            except LogConflictError:
                continue

    monkey(engine, "_append", at_any_size)


GUARDS: dict[str, Callable[[Callable[..., None]], None]] = {
    "evidence-first": lambda monkey: None,  # `feed` itself leaves the rows out
    "durable-first": lambda monkey: None,  # `append` itself acknowledges too early
    "transactions": _lose_transactions,
    "rename": _no_rename,
    "full-sync": lambda monkey: monkey(log_file, "SYNCHRONOUS", "NORMAL"),
    "final-failures": lambda monkey: monkey(SqliteLog, "_final_failures", _no_final_failures),
    "own-checkpoints": _automatic_checkpoints,
    "compare-and-set": _no_compare_and_set,
    "file-limit": lambda monkey: monkey(storage_errors, "_no_room", lambda path: False),
}


def main() -> None:
    """Read the command line, take the guard away, do it, say `done`."""
    commands = {f.__name__: f for f in (append, race, fill, only_read, keep, feed, publish, snapshot, backup, restore)}
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=commands)
    parser.add_argument("data", type=Path)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--file-limit", type=int, default=0)
    parser.add_argument("--checkpoint-rows", type=int, default=log_sqlite.ROWS_BETWEEN_CHECKPOINTS)
    parser.add_argument("--ballast", action="store_true")
    parser.add_argument("--without", choices=GUARDS)
    options = parser.parse_args()
    log_sqlite.ROWS_BETWEEN_CHECKPOINTS = options.checkpoint_rows
    if options.without:
        GUARDS[options.without](setattr)
    commands[options.what](options)
    say("done")


if __name__ == "__main__":
    main()
