"""What the web app is given by `compose`: services and data. The app itself opens, reads and wires nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # only named here: whoever fills a part loads it
    from shirorom.domain.carrier import CarrierId
    from shirorom.domain.guide import Guide
    from shirorom.domain.imei import Device
    from shirorom.domain.mark import Mark
    from shirorom.domain.notice import NoticeKind
    from shirorom.edge.http.problems import WordsOf
    from shirorom.log.keyring import KnownKeys
    from shirorom.ports.asking import Asker
    from shirorom.ports.clock import Clock
    from shirorom.ports.facts import Facts
    from shirorom.ports.pictures import Pictures
    from shirorom.ports.publishing import Shelf
    from shirorom.service.attest import Attest
    from shirorom.service.check import Check
    from shirorom.service.correct import Correct
    from shirorom.service.counter import Counter
    from shirorom.service.counter_answers import Answers
    from shirorom.service.counter_screenshot import ScreenshotCheck
    from shirorom.service.history import History
    from shirorom.service.import_feed import Imported
    from shirorom.service.lookup_plain import AnyLookup
    from shirorom.service.once import Once
    from shirorom.service.pairing import Pairing
    from shirorom.service.people import People
    from shirorom.service.record import Record
    from shirorom.service.register_status import RegisterStatus
    from shirorom.service.room import Room, Rooms
    from shirorom.service.screen_answers import Said
    from shirorom.service.screenings import Screenings
    from shirorom.service.settings import Settings
    from shirorom.service.tie import TieToPhone
    from shirorom.service.trust import Trust as Trusted
    from shirorom.service.verify import Verify
    from shirorom.service.view import MakeView
    from shirorom.service.watch_alerts import Alerts
    from shirorom.service.watch_board import Boards
    from shirorom.service.watch_book import WatchBook
    from shirorom.service.watch_claim import ClaimDesk
    from shirorom.service.watch_glance import PlanGlance
    from shirorom.service.watch_hooks import Hooks
    from shirorom.service.watch_plan import WatchPlan
    from shirorom.service.watch_risk import RiskDesk
    from shirorom.service.withdraw import Withdraw


@dataclass(frozen=True, slots=True)
class Example:
    """A practice phone to try from the first page: its numbers and what it shows, in both languages."""

    device: Device
    title: str
    title_en: str


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificate authority of this installation, for devices that shall trust it. `origins`: where the app is."""

    certificate: bytes
    fingerprint: str
    origins: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """Record sheets: made, laid out, examined; what this installation trusts; its keys; a phone's room."""

    attest: Attest
    verify: Callable[[], Verify]
    trust: Callable[[], Trusted]
    keys: Callable[[], Sequence[KnownKeys]]
    room: Callable[[Device], Room]
    view: Callable[[], MakeView]
    tie: TieToPhone | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """What a practice notice did: its carrier's mark before and after; seconds from its arrival to the answer."""

    kind: NoticeKind
    before: Mark | None
    after: Mark | None
    seconds: float
    at: datetime


class PracticeFeeds(Protocol):
    """Lets the practice carriers publish, and takes what they publish (練習)."""

    device: Device
    carrier: CarrierId
    last: Moved | None

    def take_all(self, by: str) -> None:
        """Every practice carrier's full list. Raises `feed-…`, StorageError."""
        ...

    def flip(self, by: str) -> Moved:
        """Its carrier restricts `device`, or frees it again. Raises as `take_all`; `feed-gap`: no list came yet."""
        ...


@dataclass(frozen=True, slots=True)
class RegisterParts:
    """The register as people see it.

    Attributes:
        status: How one world's stands.
        answers: What is known of many phones, each in its own world.
        wanted: Whether it has anything to show outside of practice.
        practice: Where all carriers are practice.
    """

    status: Callable[[bool], RegisterStatus]
    answers: Callable[[Sequence[Device]], list[Said]]
    wanted: Callable[[], bool]
    practice: PracticeFeeds | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything the pages and the API call. `asker_ready` says whether automatic reading can answer now.

    `people` is None where the extra `[desk]` is not installed. `beyond`: other machines can call; only a sign-in
    says who is the owner. `trust`: with `serve --lan`. `shelves`: the files of the published logs, by whether practice.
    `incoming`: gives the private directory for large bodies.
    """

    settings: Settings
    facts: Facts
    rooms: Rooms
    clock: Clock
    words: WordsOf
    asker: Asker
    check: Check
    record: Record
    withdraw: Withdraw
    correct: Correct
    history: History
    examples: Sequence[Example] = ()
    asker_ready: Callable[[], bool] = lambda: True
    pictures: Pictures | None = None
    counter: Counter | None = None
    answers: Answers | None = None
    book: WatchBook | None = None
    alerts: Alerts | None = None
    hooks: Hooks | None = None
    check_screenshot: ScreenshotCheck | None = None
    guides: Callable[[], Sequence[Guide]] = tuple
    people: People | None = None
    pairing: Pairing | None = None
    beyond: bool = False
    trust: Trust | None = None
    proof: Proof | None = None
    shelves: Mapping[bool, Shelf] = field(default_factory=dict)
    boards: Boards | None = None
    watch_plan: Callable[[], WatchPlan] | None = None
    watch_glance: Callable[[], PlanGlance] | None = None
    claims: ClaimDesk | None = None
    risk: Callable[[], RiskDesk] | None = None
    feeds: Callable[[IO[bytes], CarrierId, str], Imported] | None = None
    screenings: Screenings | None = None
    once: Once | None = None
    incoming: Callable[[], Path] | None = None
    register: RegisterParts | None = None
    lookups: Callable[[], AnyLookup] | None = None
