"""What the commands need: the composition, as a Protocol that `compose` keeps, and the session around one call."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:  # only named here: `--help` must not pay for the services
    from rich.console import Console

    from shirorom.domain.carrier import CarrierId
    from shirorom.edge.cli.published import Publishing
    from shirorom.edge.cli.snapshot import Snapshots
    from shirorom.edge.words import Words
    from shirorom.ports.book import Folder
    from shirorom.ports.claims import TermsFiles
    from shirorom.ports.facts import Facts
    from shirorom.ports.feeds import CarrierKeys, FeedSource
    from shirorom.ports.plan import RuleFiles
    from shirorom.ports.tables import Tables
    from shirorom.service.attest import Attest
    from shirorom.service.check import Check
    from shirorom.service.correct import Correct
    from shirorom.service.doctor import Doctor
    from shirorom.service.fsck import FsckReport
    from shirorom.service.history import History
    from shirorom.service.import_feed import ImportFeed
    from shirorom.service.publish_register import Publication
    from shirorom.service.record import Record
    from shirorom.service.screen import Screen
    from shirorom.service.settings import Settings
    from shirorom.service.verify import Verify
    from shirorom.service.view import MakeView
    from shirorom.service.watch_alerts import Alerts
    from shirorom.service.watch_book import WatchBook
    from shirorom.service.watch_claim import ClaimDesk
    from shirorom.service.watch_follow import Follower
    from shirorom.service.watch_hooks import Hooks
    from shirorom.service.watch_plan import WatchPlan
    from shirorom.service.watch_risk import RiskDesk
    from shirorom.service.withdraw import Withdraw

LANGS = ("ja", "en")


@dataclass(frozen=True, slots=True)
class Options:
    """Where the call looks: flags only; environment and defaults are the composition's."""

    data: Path | None = None
    config: Path | None = None


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """`shirorom serve`."""

    bind: str
    port: int
    practice: bool
    public: bool
    lan: bool = False
    owner_link: bool = False
    lookups_port: int | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """What whoever started the server has to know. `setup`: the one-time link to become the owner.

    Over the shop's network: `trust` is where a device learns to trust us, `fingerprint` what it must show there,
    `left_out` names that were asked for and that the certificate cannot carry. `lookups`: the look-ups' own address.
    """

    url: str
    setup: str | None = None
    trust: str | None = None
    fingerprint: str | None = None
    left_out: tuple[str, ...] = ()
    lookups: str | None = None


class Proof(Protocol):
    """Making record sheets, and examining them."""

    @property
    def attest(self) -> Attest:
        """service/attest.py."""
        ...

    @property
    def verify(self) -> Verify:
        """service/verify.py; needs no configuration and no data."""
        ...

    @property
    def view(self) -> MakeView:
        """service/view.py. Raises ConfigError `proof-missing`."""
        ...

    def root(self, content: bytes) -> bytes:
        """A certificate file's content (PEM or DER) as DER. Raises ValueError."""
        ...


class Register(Protocol):
    """The registers of both logs (compose/register.py)."""

    @property
    def available(self) -> bool:
        """Whether what makes one is installed."""
        ...

    def now(self, practice: bool, *, whole: bool = False) -> Publication | None:
        """Bring one up to date; None: no carrier is enrolled. Raises `register-extra-missing`, StorageError."""
        ...

    def eir(self, practice: bool, network: CarrierId, policy: str) -> Publication:
        """Publish what a network refuses under a policy. Raises `eir-not-enrolled`, `config-invalid`, StorageError."""
        ...


class Composition(Protocol):
    """Everything wired, each part built when it is first touched; building one touches no file.

    `texts` and `facts` work whatever the configuration says. Everything else may raise ConfigError or StorageError
    when first touched.
    """

    def texts(self, lang: str) -> Words:
        """The catalogue of "ja" or "en"."""
        ...

    @property
    def facts(self) -> Facts:
        """The dated data that come with the product."""
        ...

    @property
    def settings(self) -> Settings:
        """The configuration in force."""
        ...

    @property
    def data(self) -> Path:
        """The data directory in use; it may not exist yet."""
        ...

    def checking(self, *, practice: bool) -> AbstractAsyncContextManager[Check]:
        """The main job with its browser; with `practice`, against practice carriers started for this call alone.

        Leaving ends the browser and the practice carriers, also when the call is interrupted.
        """
        ...

    @property
    def record(self) -> Record:
        """service/record.py."""
        ...

    @property
    def withdraw(self) -> Withdraw:
        """service/withdraw.py."""
        ...

    @property
    def correct(self) -> Correct:
        """service/correct.py."""
        ...

    @property
    def history(self) -> History:
        """service/history.py."""
        ...

    @property
    def proof(self) -> Proof:
        """Record sheets."""
        ...

    @property
    def tables(self) -> Tables:
        """Files of rows, in and out."""
        ...

    @property
    def screen(self) -> Screen:
        """service/screen.py."""
        ...

    @property
    def doctor(self) -> Doctor:
        """service/doctor.py, with this machine's probes."""
        ...

    @property
    def watch(self) -> Watching:
        """What the watch does; raises ConfigError `desk-missing` without the shop's database."""
        ...

    @property
    def feeds(self) -> Feeding:
        """Carriers' feeds."""
        ...

    def fsck(self, *, on_progress: Callable[[int, int], None] | None) -> Sequence[FsckReport]:
        """Re-derive both logs and compare; one report each. `on_progress(entries_done, entries)`."""
        ...

    def renew_checkpoint(self, *, practice: bool) -> bool:
        """Accept a log whose `checkpoint.last` was lost; False when it has any other damage, and nothing was done."""
        ...

    def backup(self, target: Path) -> None:
        """Everything in one file. Raises StorageError; never leaves half a file under the name given."""
        ...

    def restore(self, source: Path) -> None:
        """Into an empty data directory. Raises `backup-invalid`, `restore-not-empty`."""
        ...

    @property
    def register(self) -> Register:
        """The register of each log."""
        ...

    @property
    def snapshots(self) -> Snapshots:
        """Snapshots of the register, made and applied."""
        ...

    @property
    def publishing(self) -> Publishing:
        """The published log: its keys, its files, and the look at somebody else's."""
        ...

    @property
    def can_read(self) -> bool:
        """Whether a browser for automatic reading is installed; without it practice is by hand."""
        ...

    def serve(self, options: ServeOptions, *, on_ready: Callable[[Started], None]) -> None:
        """Run the web app until interrupted; `on_ready` gets its address. Raises `port-in-use`, `bind-unsafe`, …"""
        ...

    def now(self) -> datetime:
        """The present moment, aware UTC (ports.Clock)."""
        ...

    def close(self) -> None:
        """Let go of every file; idempotent."""
        ...


class Feeding(Protocol):
    """The feeds' parts, as `compose/feeds.py` has them."""

    @property
    def keys(self) -> CarrierKeys:
        """Publishers' keys."""
        ...

    @property
    def import_feed(self) -> ImportFeed:
        """service/import_feed.py."""
        ...

    def source(
        self, path: Path, form: str = "feed", maps: Mapping[str, str] | None = None
    ) -> AbstractContextManager[FeedSource]:
        """A file: "feed", "csv" with columns named by `maps`, or "dirbs"."""
        ...


class Watching(Protocol):
    """The watch's parts, as `compose/watch.py` has them."""

    @property
    def book(self) -> WatchBook:
        """service/watch_book.py."""
        ...

    def folder(self, path: Path, *, done: Path | None = None) -> Folder:
        """A folder into which the POS writes."""
        ...

    @property
    def follower(self) -> Follower:
        """service/watch_follow.py."""
        ...

    @property
    def alerts(self) -> Alerts:
        """service/watch_alerts.py."""
        ...

    @property
    def hooks(self) -> Hooks:
        """service/watch_hooks.py."""
        ...

    @property
    def rule_book(self) -> RuleFiles:
        """The plan's rules: the shop's own, or those that come with the product."""
        ...

    @property
    def plan(self) -> WatchPlan:
        """service/watch_plan.py. Raises ConfigError `plan-missing`."""
        ...

    @property
    def files(self) -> TermsFiles:
        """The shop's warranty terms."""
        ...

    @property
    def claims(self) -> ClaimDesk:
        """service/watch_claim.py."""
        ...

    @property
    def risk(self) -> RiskDesk:
        """service/watch_risk.py."""
        ...


Compose = Callable[[Options], Composition]


@dataclass(slots=True)
class Session:
    """One call of the program: who composes, in which language it speaks, how it may print."""

    compose: Compose
    lang: str
    plain: bool
    options: Options = field(default_factory=Options)
    _composition: Composition | None = field(default=None)
    _texts: Words | None = field(default=None)

    @property
    def composition(self) -> Composition:
        """Built once, with the flags of this call."""
        if self._composition is None:
            self._composition = self.compose(self.options)
        return self._composition

    @property
    def texts(self) -> Words:
        """The catalogue of this call's language; needs no configuration."""
        if self._texts is None:
            self._texts = self.compose(Options()).texts(self.lang)
        return self._texts

    def t(self, key: str, /, **details: str | int) -> str:
        """A text of the catalogue."""
        return self.texts.t(key, **details)

    def console(self, stream: TextIO | None = None) -> Console:
        """A printer for stdout (or the stream given): no escape code at all where the output is plain."""
        from shirorom.edge.cli.streams import console

        return console(sys.stdout if stream is None else stream, plain=self.plain)

    def close(self) -> None:
        """Let go of what the call opened."""
        if self._composition is not None:
            self._composition.close()
