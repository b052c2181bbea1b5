"""What the tests of record sheets share: a practice log whose salts and keys are the same on every run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import msgspec

from shirorom.adapters.blobs import FileBlobs
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.heads_sqlite import SqliteHeads
from shirorom.adapters.log_sqlite import SqliteLog
from shirorom.adapters.signing_keys import FileKeyring
from shirorom.domain.carrier import CarrierId
from shirorom.domain.fold import Statement
from shirorom.domain.imei import Device
from shirorom.domain.mark import Mark
from shirorom.domain.reading import Channel, Correction, Reading, Withdrawal
from shirorom.log.bundle import BundleForm
from shirorom.service.attest import Attest, Attested
from shirorom.service.checkpoints import Checkpoints
from shirorom.service.recorder import Recorder
from shirorom.service.room import Room, Rooms
from shirorom.service.settings import Settings, ShopSettings
from shirorom.service.trust import Trust
from shirorom.service.verify import Examination, Verify
from tests.logs import START, SetClock, imei

PHONE = Device((imei(1),))
DUAL = Device((imei(1), imei(2)))
SHOP = ShopSettings(
    name="れんしゅう堂",
    licence="練習 第000000000000号",
    url="https://shop.example/",
    terms="90日保証",
    since=START.date(),
)


def drawn(seed: str) -> _Drawn:
    """Bytes that look random and are the same on every run."""
    return _Drawn(seed)


@dataclass
class _Drawn:
    seed: str
    count: int = 0

    def __call__(self, size: int) -> bytes:
        self.count += 1
        blocks = (sha256(f"{self.seed}/{self.count}/{n}".encode()).digest() for n in range(size // 32 + 1))
        return b"".join(blocks)[:size]


def said(
    carrier: CarrierId, mark: Mark | None, *, n: int = 1, hours: float = 0, channel: Channel = Channel.HAND,
    page: str | None = None,
) -> Reading:  # fmt: skip
    """A practice reading `hours` after START; without a mark: a symbol that nobody knows."""
    return Reading(
        imei=imei(n), carrier=carrier, mark=mark, glyph=mark.symbol if mark else "◇", sentence="練習の回答",
        asked_at=START + timedelta(hours=hours), channel=channel, by="staff", practice=True, page=page,
        error=None if mark else "glyph-unknown",
    )  # fmt: skip


def withdrawn(carrier: CarrierId, index: int, *, n: int = 1) -> Withdrawal:
    return Withdrawal(imei=imei(n), carrier=carrier, index=index, reason="打ち間違い", at=START, by="staff")


def corrected(carrier: CarrierId, *, n: int = 1, hours: float = 0) -> Correction:
    at = START + timedelta(hours=hours)
    return Correction(imei=imei(n), carrier=carrier, reason="窓口で誤登録と確認", at=at, by="staff")


def all_four(mark: Mark = Mark.CLEAR, *, n: int = 1) -> list[Statement]:
    return [said(carrier, mark, n=n) for carrier in CarrierId]


@dataclass
class Shop:
    """One installation in a directory of its own."""

    data: Path
    seed: str = "shop"
    settings: Settings = field(default_factory=lambda: Settings(shop=SHOP))

    def __post_init__(self) -> None:
        self.clock = SetClock()
        entropy = drawn(self.seed)
        self.log = SqliteLog(self.data, practice=True, entropy=entropy)
        self.blobs = FileBlobs(self.data, entropy=entropy)
        self.recorder = Recorder(self.log, self.blobs, self.clock, entropy)
        self.room = Room(True, self.log, self.blobs, self.recorder, self.settings.verdict.age_h_max)
        self.rooms = Rooms(self.settings, packaged_facts(), lambda _practice: self.room)
        self.keyring = FileKeyring(self.data, practice=True, origin=lambda: self.log.origin, entropy=entropy)
        self.checkpoints = Checkpoints(self.log, self.keyring, SqliteHeads(self.data / "heads.sqlite"), self.clock)
        self.attest = Attest(self.settings, self.rooms, lambda _practice: self.checkpoints, self.clock)

    def record(self, *statements: Statement, hours: float | None = None) -> None:
        if hours is not None:
            self.clock.at = START + timedelta(hours=hours)
        self.recorder.record(list(statements))

    def sheet(self, device: Device = PHONE, **wanted: object) -> Attested:
        return self.attest(device, **wanted)  # type: ignore[arg-type]  # as `Attest` takes them

    @property
    def key(self) -> str:
        return self.keyring.signer(self.clock.now()).key.text

    def close(self) -> None:
        self.log.close()


def examine(
    file: bytes, *keys: str, practice: bool = True, hours: float = 1, trust: Trust | None = None
) -> Examination:
    """As a reader would who was given these keys."""
    now = START + timedelta(hours=hours)
    return Verify(None)(file, trust or Trust(given=keys), now=now, admit_practice=practice)


def failing(found: Examination) -> Sequence[str]:
    """The steps that do not hold, with why."""
    return [f"{step.code}: {step.why}" for step in found.steps if not step.ok]


def changed(bundle: BundleForm, **fields: object) -> BundleForm:
    """A bundle whose sheet says something else."""
    return msgspec.structs.replace(bundle, sheet=msgspec.structs.replace(bundle.sheet, **fields))
