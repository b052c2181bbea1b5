"""The configuration as values: what `config.toml` may say, and nothing else. Read by `adapters/config_toml.py`."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

import msgspec

from shirorom.domain.carrier import CarrierId
from shirorom.domain.desk.alerts import AlertKind

Seconds = Annotated[float, msgspec.Meta(gt=0, le=120)]


class Access(StrEnum):
    """How a carrier is asked: not at all, by a person (the lawful default), or by the program on its page."""

    OFF = "off"
    HAND = "hand"
    SITE = "site"


class Sandbox(StrEnum):
    """Chromium's sandbox. `AUTO` is off only where it cannot be on, and then only loopback is opened."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class CarrierSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[carriers.ID]`. `url` is an origin; the paths below it are the carrier's own. Seconds."""

    access: Access = Access.HAND
    url: str | None = None
    timeout_s: Seconds = 15.0
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=3600)] = 3.0


class CarriersSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[carriers]`: one table a carrier."""

    docomo: CarrierSettings = CarrierSettings()
    au: CarrierSettings = CarrierSettings()
    softbank: CarrierSettings = CarrierSettings()
    rakuten: CarrierSettings = CarrierSettings()


class BrowserSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[browser]`."""

    path: str | None = None
    sandbox: Sandbox = Sandbox.AUTO


class VerdictSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[verdict]`. Hours after which an answer is stale, and the policy that findings follow."""

    age_h_max: Annotated[float, msgspec.Meta(gt=0, le=87_600)] = 24.0
    policy: str = "voluntary-2016"


class WebSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[web]`. On a public page nothing is kept unless the visitor asks for it.

    `proxy` is the one address that takes in calls from outside and speaks TLS; `idle_min` the minutes after which a
    sign-in that nobody uses ends.
    """

    public: bool = False
    hosts: tuple[str, ...] = ()
    proxy: str | None = None
    idle_min: Annotated[int, msgspec.Meta(ge=1, le=720)] = 30


class BlobSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[blobs]`. Days for which saved pages and screenshots are kept; 0 keeps them for ever."""

    keep_days: Annotated[int, msgspec.Meta(ge=0, le=36_500)] = 1_095


ShopText = Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)]
ShopLine = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ShopSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[shop]`: what the shop says of itself on its page and on its record sheets.

    `licence`: 古物商許可番号; `rmj`: RMJ's certification, where it has one; `terms`: warranty and return, as they stand
    `since` a day.
    """

    name: ShopLine | None = None
    licence: ShopLine | None = None
    rmj: ShopLine | None = None
    url: ShopLine | None = None
    terms: ShopText | None = None
    since: date | None = None


class AuthoritySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[proof.authority]`: who stamps record sheets (RFC 3161), and the file of its root certificate (PEM or DER)."""

    url: Annotated[str, msgspec.Meta(pattern=r"\Ahttps?://\S+\Z", max_length=500)]
    certificate_file: str
    timeout_s: Seconds = 5.0


class ProofSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[proof]`."""

    authority: AuthoritySettings | None = None


class WitnessSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One of `[log] witnesses`: where it is asked (https, or http on this machine), and its verifier key."""

    url: str
    key: str


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[log]`. Whether strangers may watch the record grow (only commitments, no number), and who witnesses it.

    `database`: a PostgreSQL database that holds both logs, without a password; None: files in the data directory.
    """

    database: Annotated[str, msgspec.Meta(pattern=r"\Apostgres(ql)?://\S*\Z", max_length=1_000)] | None = None
    publish: bool = False
    witnesses: Annotated[tuple[WitnessSettings, ...], msgspec.Meta(max_length=16)] = ()


Clock = Annotated[str, msgspec.Meta(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class OutletSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[[watch.outlet]]`: which alerts go to which webhook (`hook`: its name) or mail. What is empty asks nothing.

    `quiet` = ["21:00", "08:00"] (JST): a webhook waits until they end, but for the kinds in `through`.
    """

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9-]{0,31}$")]
    hook: str = ""
    mail: tuple[str, ...] = ()
    kinds: tuple[AlertKind, ...] = ()
    stores: tuple[str, ...] = ()
    persons: tuple[str, ...] = ()
    practice: bool | None = None
    quiet: tuple[Clock, Clock] | None = None
    through: tuple[AlertKind, ...] = ()


class WatchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[watch]`. The folder into which the POS writes its export, and every how many seconds it is looked into.

    `automatic`: the server itself asks what the plan wants, at carriers of access `site` alone. `allow_private`:
    webhooks may go to this machine itself, also without TLS (practice, tests).
    """

    folder: Annotated[str, msgspec.Meta(min_length=1)] | None = None
    every_s: Annotated[float, msgspec.Meta(ge=1, le=86_400)] = 30.0
    automatic: bool = False
    allow_private: bool = False
    outlet: tuple[OutletSettings, ...] = ()


class MailSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[mail]`: the shop's mail server, and the digest of the morning. Without `host` nothing is mailed.

    `hour`: JST, from which it is sent. `empty`: also when nothing changed. `password_file`: a file of one line.
    """

    host: str = ""
    port: Annotated[int, msgspec.Meta(ge=1, le=65_535)] = 587
    starttls: bool = True
    user: str = ""
    password_file: str = ""
    from_: str = msgspec.field(name="from", default="")
    to: tuple[str, ...] = ()
    hour: Annotated[int, msgspec.Meta(ge=0, le=23)] = 8
    empty: bool = False
    lang: Literal["ja", "en"] = "ja"


class FeedSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[feeds]`. By which share (0 to 1) a carrier's full list may be shorter than the one before it, unasked."""

    shrink_max: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.05


class RegisterSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[register]`. How phones are laid out in it: small, or for speed (docs/reference/register-format.md).

    `eir`: the networks of which is published, too, what they refuse, by the policy of `[verdict]`.
    """

    layout: Literal["compact", "fast"] = "compact"
    eir: tuple[CarrierId, ...] = ()


Count = Annotated[int, msgspec.Meta(ge=0, le=10**9)]


class ApiSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[api]`: how much one person, with all their programs, may ask; 0: as much as they like.

    `lookups_per_min` counts phones, the others requests. `strangers_per_min`: requests of each kind by one network, on
    a public page. Screenings: those that one person may keep at once, the gigabytes of everybody's files together, and
    the hours after which they are removed.
    """

    checks_per_min: Count = 600
    lookups_per_min: Count = 6_000_000
    screenings_per_h: Count = 60
    others_per_min: Count = 6_000
    strangers_per_min: Count = 120
    screenings_max: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    screenings_gb_max: Annotated[float, msgspec.Meta(gt=0, le=10_000)] = 10.0
    screenings_keep_h: Annotated[float, msgspec.Meta(gt=0, le=8_760)] = 24.0


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole configuration. With no file: all four carriers by hand, real hosts."""

    carriers: CarriersSettings = CarriersSettings()
    browser: BrowserSettings = BrowserSettings()
    verdict: VerdictSettings = VerdictSettings()
    web: WebSettings = WebSettings()
    blobs: BlobSettings = BlobSettings()
    shop: ShopSettings = ShopSettings()
    proof: ProofSettings = ProofSettings()
    log: LogSettings = LogSettings()
    register: RegisterSettings = RegisterSettings()
    watch: WatchSettings = WatchSettings()
    feeds: FeedSettings = FeedSettings()
    api: ApiSettings = ApiSettings()
    mail: MailSettings = MailSettings()
    operator: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] = "local"

    def carrier(self, carrier: CarrierId) -> CarrierSettings:
        """The table of one carrier."""
        settings: CarrierSettings = getattr(self.carriers, carrier.value)
        return settings
