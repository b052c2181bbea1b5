"""A real PostgreSQL server that the tests start by themselves: private, in a temporary folder, never as root.

One a test process, started when it is first asked for and ended with the session (tests/conftest.py); a database of
its own for each folder.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from functools import cache
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg

from shirorom.adapters.log_postgres import PostgresLog

START_S_MAX = 60
SETTINGS = {
    "listen_addresses": "''", "shared_buffers": "16MB", "autovacuum": "off", "jit": "off", "max_wal_size": "256MB",
    "log_min_messages": "fatal", "max_connections": "60", "wal_level": "replica",
}  # fmt: skip

_STARTED: list[Server] = []
_FOLDERS: list[Path] = []


def programs() -> Path:
    """Where the newest installed server's programs are. In a test run it must be there (scripts/setup.py)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        raise RuntimeError("no PostgreSQL server: `make setup` installs it")
    return found[-1].parent if found else Path(str(on_path)).resolve().parent


def as_user() -> dict[str, object]:
    """PostgreSQL refuses to run as root: then the user `nobody` runs it."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """One server and its files."""

    def __init__(self, source: Server | None = None) -> None:
        """A new one, or a standby that copies from another."""
        self.folder = private_folder()
        self.files = self.folder / "data"
        self.process: subprocess.Popen[bytes] | None = None
        if source is None:
            run(self.folder, "cp", "-a", empty_files(), self.files)
            self.set(**SETTINGS, unix_socket_directories=f"'{self.folder}'")
        else:
            run(
                self.folder,
                programs() / "pg_basebackup",
                "-D",
                self.files,
                "-d",
                source.url("postgres"),
                "-R",
                "--no-sync",
                "-c",
                "fast",
            )
            self.set(unix_socket_directories=f"'{self.folder}'")
        _STARTED.append(self)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql://shirorom@/{database}?host={self.folder}"

    def set(self, **settings: str) -> None:
        """Add to its settings, in force once it starts or is told to `reload`."""
        with (self.files / "postgresql.auto.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def reload(self) -> None:
        """Have it read its settings again."""
        self.sql("SELECT pg_reload_conf()")
        time.sleep(0.1)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [programs() / "postgres", "-D", self.files], stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                cwd=self.folder, **as_user(),
            )  # type: ignore[call-overload]  # fmt: skip
        until = time.monotonic() + START_S_MAX
        while psycopg.pq.PGconn.ping(self.url("postgres").encode()) != psycopg.pq.Ping.OK:
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError((self.folder / "server.log").read_text()[-2_000:])
            time.sleep(0.02)

    def stop(self) -> None:
        """Have it end in order."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=START_S_MAX)
            self.process = None

    def kill(self) -> None:
        """`kill -9` of every one of its processes, at once."""
        assert self.process is not None
        main = psutil.Process(self.process.pid)
        main.suspend()  # so that it starts no other meanwhile
        for one in [*main.children(recursive=True), main]:
            one.kill()
        self.process.wait()
        self.process = None

    def remove(self) -> None:
        """End it, and delete its files."""
        if self.process is not None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, statement: str, database: str = "postgres", *values: object) -> list[tuple[object, ...]]:
        """One statement, by the owner; its rows."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def make_database(self, name: str) -> str:
        """A new database; its address."""
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)


def private_folder() -> Path:
    """A folder of whoever runs the server."""
    folder = Path(tempfile.mkdtemp(prefix="shirorom-pg-"))
    if user := as_user():
        os.chown(folder, int(str(user["user"])), int(str(user["group"])))
    _FOLDERS.append(folder)
    return folder


def run(folder: Path, *command: object) -> None:
    """One command of whoever runs the server, to its end."""
    argv = list(map(str, command))
    done = subprocess.run(argv, capture_output=True, text=True, cwd=folder, **as_user())  # type: ignore[call-overload]
    if done.returncode:
        raise RuntimeError(done.stderr)


@cache
def empty_files() -> Path:
    """The files of an empty server, made once."""
    folder = private_folder()
    run(folder, programs() / "initdb", "-D", folder / "data", "-U", "shirorom", "-A", "trust", "-E", "UTF8",
        "--no-locale", "--no-sync", "--data-checksums")  # fmt: skip
    return folder / "data"


@cache
def server() -> Server:
    """This process's server, which no test may stop."""
    one = Server()
    one.start()
    return one


@cache
def database_of(folder: Path) -> str:
    """The database of one test's folder, made when it is first asked for."""
    return server().make_database(f"t{sha256(str(folder).encode()).hexdigest()[:16]}")


def open_log(data: Path, database: str, *, practice: bool = True) -> PostgresLog:
    """The log of a data directory in a database."""
    return PostgresLog(data, database, practice=practice, entropy=os.urandom)


def remove_all() -> None:
    """End every server of this process."""
    while _STARTED:
        _STARTED.pop().remove()
    for folder in _FOLDERS:
        shutil.rmtree(folder, ignore_errors=True)
