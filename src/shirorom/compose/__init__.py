"""The composition root: which adapter stands behind which port, for every way of running. Nothing else wires anything.

Everything is built when it is first touched, so that `--help` pays for nothing and a command opens only what it uses.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.adapters.clock import SystemClock
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.edge.cli.context import Options, ServeOptions, Started

if TYPE_CHECKING:  # only named here: each is imported where it is first needed
    from shirorom.adapters.blobs import FileBlobs
    from shirorom.adapters.desk_sql.database import Desk
    from shirorom.adapters.tables.files import FileTables
    from shirorom.adapters.texts_toml import Texts
    from shirorom.compose.feeds import Feeding
    from shirorom.compose.proof import Proving
    from shirorom.compose.publishing import Publishing
    from shirorom.compose.register import Registering
    from shirorom.compose.snapshot import Snapshots
    from shirorom.compose.watch import Watching
    from shirorom.edge.practice.run import Practice
    from shirorom.ports.asking import Asker
    from shirorom.ports.facts import Facts
    from shirorom.ports.log import Head, LogRows
    from shirorom.ports.people import Hasher, Passkeys
    from shirorom.ports.pictures import Pictures
    from shirorom.service.backup import Backup
    from shirorom.service.check import Check
    from shirorom.service.correct import Correct
    from shirorom.service.counter import Counter
    from shirorom.service.counter_answers import Answers
    from shirorom.service.doctor import Doctor
    from shirorom.service.fsck import Fsck, FsckReport
    from shirorom.service.history import History
    from shirorom.service.once import Once
    from shirorom.service.pairing import Pairing
    from shirorom.service.people import People
    from shirorom.service.record import Record
    from shirorom.service.room import Room, Rooms
    from shirorom.service.screen import Screen
    from shirorom.service.screenings import Screenings
    from shirorom.service.settings import Access, Settings
    from shirorom.service.withdraw import Withdraw


DAY_S = 86_400
EVERYWHERE = "0.0.0.0"  # noqa: S104  # only with TLS and people (`serve --lan`)
RELEASED = datetime(2026, 11, 23, tzinfo=UTC)
"""The day of this version: a clock before it is wrong."""


class Composition:
    """One installation, as one process sees it (edge/cli/context.py says what the commands need of it)."""

    def __init__(self, options: Options, *, settings: Settings | None = None) -> None:
        self._options = options
        self._settings = settings
        self._rooms: dict[bool, Room] = {}
        self._lock = threading.Lock()
        self.clock = SystemClock()

    @cached_property
    def data(self) -> Path:
        """The data directory in use; it may not exist yet."""
        from shirorom.adapters.config_toml import data_directory

        return data_directory(self._options.data)

    @cached_property
    def facts(self) -> Facts:
        """The dated facts of this installation."""
        from shirorom.adapters.facts_toml import packaged_facts

        return packaged_facts()

    @cached_property
    def settings(self) -> Settings:
        """The configuration in force. Raises ConfigError."""
        from shirorom.adapters.config_toml import load_settings

        return self._settings or load_settings(self._options.config, self.data, self.facts)

    def texts(self, lang: str) -> Texts:
        """The catalogue of one language."""
        from shirorom.adapters.texts_toml import Texts

        return Texts.load(lang)

    def now(self) -> datetime:
        """The present moment."""
        return self.clock.now()

    # What is kept

    def room(self, practice: bool) -> Room:
        """The real or the practice room, opened once."""
        with self._lock:
            if practice not in self._rooms:
                self._rooms[practice] = self._open_room(practice)
            return self._rooms[practice]

    def _open_room(self, practice: bool) -> Room:
        from shirorom.compose import logs
        from shirorom.service.feeds import Feeds
        from shirorom.service.recorder import Recorder
        from shirorom.service.room import Room

        log = logs.open_log(self.data, self.settings.log.database, practice=practice)
        blobs = self.blobs()
        return Room(
            practice=practice,
            log=log,
            blobs=blobs,
            recorder=Recorder(log, blobs, self.clock, os.urandom, Feeds(log, self.feeds.segments)),
            age_h_max=self.settings.verdict.age_h_max,
        )

    def blobs(self) -> FileBlobs:
        """Saved pages and screenshots."""
        from shirorom.adapters.blobs import FileBlobs

        return FileBlobs(self.data, entropy=os.urandom)

    @cached_property
    def rooms(self) -> Rooms:
        """Decides which room a reading belongs to."""
        from shirorom.service.room import Rooms

        return Rooms(settings=self.settings, facts=self.facts, open=self.room)

    # Use cases

    def check(self, asker: Asker) -> Check:
        """The main job with the asker given."""
        from shirorom.service.check import Check

        return Check(settings=self.settings, facts=self.facts, rooms=self.rooms, asker=asker, clock=self.clock)

    @cached_property
    def record(self) -> Record:
        """service/record.py."""
        from shirorom.service.record import Record

        return Record(rooms=self.rooms, facts=self.facts, clock=self.clock)

    @cached_property
    def withdraw(self) -> Withdraw:
        """service/withdraw.py."""
        from shirorom.service.withdraw import Withdraw

        return Withdraw(rooms=self.rooms, clock=self.clock, owner=self.settings.operator)

    @cached_property
    def correct(self) -> Correct:
        """service/correct.py."""
        from shirorom.service.correct import Correct

        return Correct(rooms=self.rooms, clock=self.clock)

    @cached_property
    def history(self) -> History:
        """service/history.py."""
        from shirorom.service.history import History

        return History(self.rooms, self.clock)

    @cached_property
    def tables(self) -> FileTables:
        """Files of rows, in and out (the extra `files` for all but reading csv and xlsx)."""
        from shirorom.adapters.tables.files import FileTables

        return FileTables()

    @cached_property
    def screen(self) -> Screen:
        """service/screen.py."""
        from shirorom.service.screen import Screen

        return Screen(self.tables, lambda: self.register.lookup, lambda: self.counter)

    @cached_property
    def screenings(self) -> Screenings | None:
        """service/screenings.py; None on a public page."""
        if self.settings.web.public:
            return None
        from shirorom.compose.screening import screenings

        return screenings(self)

    @cached_property
    def once(self) -> Once | None:
        """service/once.py; None on a public page, where nothing is kept of strangers."""
        if self.settings.web.public:
            return None
        from shirorom.adapters.kept_answers import SqliteAnswers
        from shirorom.service.once import Once

        return Once(SqliteAnswers(self.data), self.clock)

    # What a shop keeps beside the record

    @cached_property
    def counter(self) -> Counter | None:
        """service/counter.py."""
        if self.desk is None:
            return None
        from shirorom.adapters.desk_sql.queue import SqlQueue
        from shirorom.service.counter import Counter
        from shirorom.service.counter_board import Viewer

        return Counter(SqlQueue(self.desk), Viewer(self.rooms), self.clock, os.urandom)

    @cached_property
    def answers(self) -> Answers | None:
        """service/counter_answers.py."""
        from shirorom.service.counter_answers import Answers

        if self.counter is None:
            return None
        return Answers(self.counter, self.record, self.withdraw, self.clock, os.urandom)

    @cached_property
    def proof(self) -> Proving:
        """compose/proof.py."""
        from shirorom.compose.proof import Proving

        return Proving(self)

    @cached_property
    def watch(self) -> Watching:
        """compose/watch.py."""
        from shirorom.compose.watch import Watching

        return Watching(self)

    @cached_property
    def feeds(self) -> Feeding:
        """compose/feeds.py."""
        from shirorom.compose.feeds import Feeding

        return Feeding(self)

    @cached_property
    def register(self) -> Registering:
        """compose/register.py."""
        from shirorom.compose.register import Registering

        return Registering(self)

    @cached_property
    def snapshots(self) -> Snapshots:
        """compose/snapshot.py."""
        from shirorom.compose.snapshot import Snapshots

        return Snapshots(self)

    @cached_property
    def publishing(self) -> Publishing:
        """compose/publishing.py."""
        from shirorom.compose.publishing import Publishing

        return Publishing(self)

    # Asking carriers

    @asynccontextmanager
    async def checking(self, *, practice: bool) -> AsyncIterator[Check]:
        """The main job with a browser that ends with the call; with `practice`, against practice carriers."""
        if not practice:
            async with closing(self.browser_asker()) as asker:
                yield self.check(asker)
            return
        import asyncio  # a quarter of what `--help` would load

        from shirorom.service.settings import Access

        running = self.start_practice()
        try:
            inner = self.practising(running, Access.SITE)
            async with closing(inner.browser_asker()) as asker:
                yield inner.check(asker)
            inner.close()
        finally:
            await asyncio.to_thread(running.close)

    def browser_asker(self) -> Asker:
        """Reads carriers' pages in this process."""
        from shirorom.adapters.asker_browser import BrowserAsker

        return BrowserAsker(self.settings, self.facts, self.clock, self.data)

    def process_asker(self) -> Asker:
        """Reads carriers' pages in a process of its own, which owns the browser; nobody where no carrier is `site`."""
        from shirorom.service.settings import Access

        if all(self.settings.carrier(carrier).access is not Access.SITE for carrier in CarrierId):
            from shirorom.adapters.asker_none import NoAsker

            return NoAsker()
        from shirorom.adapters.asker_process import ProcessAsker

        return ProcessAsker(self.settings, self.data)

    def pictures(self) -> Pictures:
        """Reads pictures and files in a process of its own, which starts with the first of them; the app ends it."""
        from shirorom.adapters.pictures.process import ProcessPictures

        return ProcessPictures()

    def start_practice(self) -> Practice:
        """Practice carriers on free ports of this machine."""
        from shirorom.edge.practice.run import start

        return start()

    @property
    def can_read(self) -> bool:
        """Whether a browser for automatic reading is installed."""
        from shirorom.adapters.chromium import browser_installed

        return browser_installed(self.settings.browser)

    def practising(self, practice: Practice, access: Access) -> Composition:
        """The same installation with practice carriers instead of those configured."""
        import msgspec

        from shirorom.service.settings import CarriersSettings

        tables = {
            carrier.value: msgspec.structs.replace(
                self.settings.carrier(carrier), access=access, url=practice.origins[carrier]
            )
            for carrier in CarrierId
        }
        settings = msgspec.structs.replace(self.settings, carriers=CarriersSettings(**tables))
        return Composition(self._options, settings=settings)

    # Looking after the record

    @cached_property
    def doctor(self) -> Doctor:
        """service/doctor.py, with this machine's probes."""
        from shirorom.adapters import machine
        from shirorom.adapters.browser_look import look_at_browser
        from shirorom.service.doctor import Doctor, Probes

        probes = Probes(
            browser=lambda: look_at_browser(self.settings.browser),
            japanese_fonts=machine.japanese_fonts,
            disk=machine.disk,
            clock_kept=machine.clock_kept,
            port_free=machine.port_free,
            writable=machine.writable,
            readable_by_others=machine.readable_by_others,
            log=self._head,
            register=self.register.look,
        )
        return Doctor(probes, self.clock, lambda: self.settings, self.data, RELEASED)

    def _head(self, practice: bool) -> Head | None:
        from shirorom.adapters.checkpoint_last import NAMES as CHECKPOINTS

        checkpoint = self.data / CHECKPOINTS["practice" if practice else "real"]  # a log that is gone was not new
        return self.room(practice).log.head() if checkpoint.exists() or self.has_log(practice) else None

    def has_log(self, practice: bool) -> bool:
        """Whether there is such a log; looking makes none."""
        if practice in self._rooms:
            return True
        rows = self._rows(self.data, practice)
        try:
            return rows.exists()
        finally:
            rows.close()

    def fsck(self, *, on_progress: Callable[[int, int], None] | None) -> Sequence[FsckReport]:
        """Re-derive both logs and compare."""
        return self._fsck(on_progress=on_progress)

    def renew_checkpoint(self, *, practice: bool) -> bool:
        """Accept a log as it stands where its checkpoint was lost."""
        return self._fsck.renew_checkpoint(practice=practice)

    @cached_property
    def _fsck(self) -> Fsck:
        from shirorom.adapters.segments import FileSegments
        from shirorom.service.fsck import Fsck

        return Fsck(
            lambda practice: self._rows(self.data, practice),
            self.blobs(),
            self.clock,
            self.settings.blobs.keep_days,
            FileSegments(self.data),  # nothing that this process remembers of them
            self.register.examine,
        )

    def _rows(self, data: Path, practice: bool) -> LogRows:
        """A log's rows. In a directory other than ours they are a backup's: files, whatever engine holds ours."""
        from shirorom.compose import logs

        database = self.settings.log.database if data == self.data else None
        return logs.open_rows(data, database, practice=practice)

    def _move_logs(self, staged: Path) -> None:
        """Where the configuration that is in force after a restore names a database, the logs go there."""
        from shirorom.adapters.config_toml import load_settings
        from shirorom.compose import logs

        logs.move_in(staged, load_settings(self._options.config, staged, self.facts).log.database)

    def backup(self, target: Path) -> None:
        """Everything in one file."""
        self._backup.save(target)

    def restore(self, source: Path) -> None:
        """Into an empty data directory."""
        self._backup.restore(source)

    @cached_property
    def _backup(self) -> Backup:
        from shirorom.adapters.archive_tar import TarArchive
        from shirorom.adapters.desk_file import DeskFile
        from shirorom.adapters.segments import FileSegments
        from shirorom.service.backup import Backup

        return Backup(
            self.data, TarArchive(self.data), self._rows, self.clock, DeskFile(self.data), FileSegments, self._move_logs
        )

    # Serving

    def serve(self, options: ServeOptions, *, on_ready: Callable[[Started], None]) -> None:
        """Run the web app until interrupted."""
        from shirorom.compose.serving import run

        run(self, options, on_ready)

    def within(self, settings: Settings) -> Composition:
        """The same installation with other settings."""
        return Composition(self._options, settings=settings)

    @property
    def watches(self) -> bool:
        """Whether the app follows the record: never on a public page, nor without the shop's database."""
        return not self.settings.web.public and self.desk is not None

    # People

    @cached_property
    def desk(self) -> Desk | None:
        """What a shop keeps beside the record; None where the extra `[desk]` is not installed.

        Raises:
            ConfigError: `desk-missing`: this shop has people, and without the extra nobody would be asked who they are.
        """
        from shirorom.adapters.desk_file import NAME

        try:
            from shirorom.adapters.desk_sql.database import Desk
        except ImportError:
            if (self.data / NAME).exists():
                raise ConfigError("desk-missing") from None
            return None
        return Desk(self.data)

    @cached_property
    def people(self) -> People | None:
        """service/people.py; None without the extra, and on a public page, where nobody signs in."""
        if self.settings.web.public or self.desk is None:
            return None
        from shirorom.adapters.hasher import Argon2Hasher

        return self.people_with(Argon2Hasher())

    def people_with(self, hasher: Hasher) -> People | None:
        """The same with another hash of passwords (for tests, which would take minutes otherwise)."""
        desk = self.desk
        if desk is None:
            return None
        from shirorom.adapters.desk_sql.people import SqlPeople
        from shirorom.adapters.desk_sql.sessions import SqlSessions, SqlTries
        from shirorom.adapters.keys import Keys
        from shirorom.adapters.passwords import known_passwords
        from shirorom.service.passkeys import Ceremonies
        from shirorom.service.people import People
        from shirorom.service.secret import Secrets
        from shirorom.service.sessions import Sessions
        from shirorom.service.tries import Tries

        secrets = Secrets(Keys(self.data, entropy=os.urandom).secret("desk"), os.urandom)
        store, idle = SqlPeople(desk), timedelta(minutes=self.settings.web.idle_min)
        return People(
            store=store,
            sessions=Sessions(SqlSessions(desk), secrets, self.clock, idle),
            tries=Tries(SqlTries(desk), secrets, self.clock),
            ceremonies=Ceremonies(_passkeys, store, secrets, self.clock),
            hasher=hasher,
            secrets=secrets,
            clock=self.clock,
            known_passwords=known_passwords(),
            reserved=(self.settings.operator,),
        )

    def pairing(self, people: People | None) -> Pairing | None:
        """service/pairing.py."""
        if people is None:
            return None
        from shirorom.service.pairing import Pairing

        return Pairing(people.sessions.store, people.tries, people.secrets, self.clock, self.settings.operator)

    def close(self) -> None:
        """Let go of every file; idempotent."""
        with self._lock:
            for room in self._rooms.values():
                room.log.close()
            self._rooms.clear()
        desk = self.__dict__.pop("desk", None)  # only where it was opened
        self.__dict__.pop("people", None)
        self.__dict__.pop("watch", None)
        self.__dict__.pop("proof", None)
        self.__dict__.pop("publishing", None)
        self.__dict__.pop("register", None)
        if desk is not None:
            desk.close()


def _passkeys() -> Passkeys:
    """Loaded with the first passkey: its certificates and forms of ASN.1 were a tenth of a server's start."""
    from shirorom.adapters.passkeys import WebAuthn

    return WebAuthn()


@asynccontextmanager
async def closing(asker: Asker) -> AsyncIterator[Asker]:
    """An asker that ends with the block."""
    try:
        yield asker
    finally:
        await asker.close()


def main() -> None:
    """The program `shirorom`."""
    from shirorom.compose.loading import loading

    with loading():
        from shirorom.edge.cli.main import run

    sys.exit(run(Composition))
