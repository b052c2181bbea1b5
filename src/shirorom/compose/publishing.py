"""The published log's part of the composition root: keys, checkpoints, files, witnesses, the monitor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shirorom.domain.errors import ConfigError

if TYPE_CHECKING:
    from shirorom.adapters.shelf_files import FileShelf
    from shirorom.adapters.signing_keys import FileKeyring
    from shirorom.compose import Composition
    from shirorom.log.entry import Opening
    from shirorom.log.note import VerifierKey
    from shirorom.ports.publishing import Tree
    from shirorom.service.checkpoints import Checkpoints
    from shirorom.service.monitor_report import Report
    from shirorom.service.publish import Asked, Publish, Published

NAMES = {False: "real", True: "practice"}


class Publishing:
    """Everything of the published log, each part built when it is first touched."""

    def __init__(self, whole: Composition) -> None:
        self._whole = whole

    @property
    def root(self) -> Path:
        """Where the published files lie, a directory for each log."""
        return self._whole.data / "publish"

    def shelf(self, practice: bool) -> FileShelf:
        """The files of one log."""
        from shirorom.adapters.shelf_files import FileShelf

        return FileShelf(self.root / NAMES[practice])

    def keyring(self, practice: bool) -> FileKeyring:
        """The signing keys of one log."""
        from shirorom.adapters.signing_keys import FileKeyring

        return FileKeyring(
            self._whole.data,
            practice=practice,
            origin=lambda: self._whole.room(practice).log.origin,
            entropy=os.urandom,
        )

    def checkpoints(self, practice: bool) -> Checkpoints:
        """Signs the head of one log; also where nothing is published, for record sheets."""
        from shirorom.adapters.heads_sqlite import SqliteHeads
        from shirorom.service.checkpoints import Checkpoints

        heads = SqliteHeads(self.root / "heads.sqlite")
        return Checkpoints(self._tree(practice), self.keyring(practice), heads, self._whole.clock)

    def publish(self, practice: bool) -> Publish:
        """service/publish.py for one log."""
        from shirorom.adapters.fetch import HttpWitness
        from shirorom.log.note import VerifierKey
        from shirorom.service.publish import Publish

        witnesses = [HttpWitness(one.url, VerifierKey.parse(one.key)) for one in self._whole.settings.log.witnesses]
        return Publish(self._tree(practice), self.checkpoints(practice), self.shelf(practice), witnesses)

    def now(self, practice: bool) -> tuple[Published, Sequence[Asked]]:
        """Publish one log as it stands, and ask its witnesses."""
        publish = self.publish(practice)
        published = publish()
        return published, publish.ask_witnesses(published.signed)

    def rotate(self, practice: bool) -> VerifierKey:
        """A new key in force; what is published is signed by it at once."""
        key = self.keyring(practice).rotate(self._whole.clock.now())
        self._renew(practice)
        return key

    def revoke(self, practice: bool, key_id: str, since: datetime, reason: str) -> VerifierKey:
        """Revoke a key; what is published says so at once."""
        key = self.keyring(practice).revoke(key_id, since, reason, self._whole.clock.now())
        self._renew(practice)
        return key

    def _renew(self, practice: bool) -> None:
        """Sign and publish anew, where anything was published."""
        if self.shelf(practice).get("checkpoint") is not None:
            self.publish(practice)()

    def exists(self, practice: bool) -> bool:
        """Whether there is such a log."""
        return self._whole.has_log(practice)

    def _tree(self, practice: bool) -> Tree:
        tree: Tree = self._whole.room(practice).log  # type: ignore[assignment]  # both logs that there are have both sides
        return tree

    # While the app runs

    def shelves(self) -> Mapping[bool, FileShelf]:
        """The files of both logs, by whether practice."""
        return {practice: self.shelf(practice) for practice in NAMES}

    def mounts(self) -> Mapping[str, Path]:
        """What granian serves by itself: directories of tiles, made where they are missing."""
        from shirorom.adapters.durable import private_directory

        found = {}
        for practice, prefix in ((False, "/log/tile"), (True, "/log/practice/tile")):
            found[prefix] = self.shelf(practice).root / "tile"
            private_directory(found[prefix])
        return found

    async def follow(self) -> None:
        """Publish what is recorded, in both logs, until cancelled."""
        from shirorom.service.follow import Follow

        def opener(practice: bool) -> Callable[[], Publish | None]:
            return lambda: self.publish(practice) if self.exists(practice) else None

        await asyncio.gather(*(Follow(opener(practice), name)() for practice, name in NAMES.items()))

    # For others' logs

    def run_witness(
        self,
        keys: Sequence[str],
        *,
        name: str | None,
        bind: str,
        port: int,
        on_ready: Callable[[str, str], None],
    ) -> None:
        """Witness logs until interrupted; `on_ready` gets our address and our verifier key."""
        from shirorom.adapters.heads_sqlite import SqliteHeads
        from shirorom.adapters.signing_keys import Ed25519Signer
        from shirorom.edge.web.serve import is_loopback, run_server, serve
        from shirorom.edge.witness import create_witness
        from shirorom.log.note import SignatureKind
        from shirorom.service.witness import Witness

        web = self._whole.settings.web
        if not is_loopback(bind) and not (web.proxy and web.hosts):
            raise ConfigError("bind-unsafe", bind=bind)
        logs = [verifier_key(key) for key in keys]
        heads = SqliteHeads(self._whole.data / "witness" / "witness.sqlite")
        own, seed = heads.secret(name or f"shirorom/witness/{os.urandom(16).hex()}", os.urandom)
        signer = Ed25519Signer(own, seed, SignatureKind.COSIGNATURE)
        witness = Witness.of(logs, heads, signer, self._whole.clock)
        app = create_witness(witness, hosts=web.hosts, proxy=web.proxy)
        run_server(serve(app, bind=bind, port=port, on_ready=lambda url: on_ready(url, signer.key.text)))

    def monitor(
        self,
        where: str,
        *,
        keys: Sequence[str] = (),
        keys_file: Path | None = None,
        state: Path | None = None,
        openings: Sequence[Path] = (),
        mine: bool = False,
        witnesses: Sequence[str] = (),
        witnesses_min: int = 0,
    ) -> tuple[Report, Path | None]:
        """One look at a published log; returns what was found, and where a proof of it was kept."""
        from shirorom.adapters import monitor_state
        from shirorom.adapters.fetch import source_of
        from shirorom.service.monitor import monitor
        from shirorom.service.monitor_report import Seen, Wanted

        given = [verifier_key(key) for key in keys] + (_keys_of(keys_file) if keys_file else [])
        wanted = Wanted(
            given, self._openings(openings, mine=mine), [verifier_key(key) for key in witnesses], witnesses_min
        )
        seen = monitor_state.load(state) if state is not None else Seen()
        source = source_of(where)
        try:
            report = monitor(source, seen, wanted)
        finally:
            source.close()
        proof = report.proof(seen)
        if state is None:
            return report, None
        if proof is not None:
            return report, monitor_state.keep_proof(state, seen.keys, proof)
        if report.seen != seen:
            monitor_state.save(state, report.seen)
        return report, None

    def _openings(self, files: Iterable[Path], *, mine: bool) -> Mapping[str, Sequence[Opening]]:
        from shirorom.service.openings import SHEET_BYTES_MAX, openings_of_log, openings_of_sheet

        found: dict[str, list[Opening]] = {}
        for path in files:
            with path.open("rb") as file:
                origin, openings = openings_of_sheet(file.read(SHEET_BYTES_MAX))
            found.setdefault(origin, []).extend(openings)
        if mine:
            for log in (self._whole.room(practice).log for practice in (False, True) if self.exists(practice)):
                found.setdefault(log.origin, []).extend(openings_of_log(log))
        return found


def verifier_key(text: str) -> VerifierKey:
    """A key as a person gives it. Raises ConfigError `verifier-key-invalid`."""
    from shirorom.log.entry import MalformedError
    from shirorom.log.note import VerifierKey

    try:
        return VerifierKey.parse(text.strip())
    except MalformedError as error:
        raise ConfigError("verifier-key-invalid") from error


def _keys_of(path: Path) -> list[VerifierKey]:
    from shirorom.log.entry import MalformedError
    from shirorom.log.keyring import KEYS_FILE_BYTES_MAX, decode_keys

    with path.open("rb") as file:
        try:
            return list(decode_keys(file.read(KEYS_FILE_BYTES_MAX + 1)).unrevoked())
        except MalformedError as error:
            raise ConfigError("verifier-key-invalid") from error
