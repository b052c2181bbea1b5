"""Looks at this machine and says what stands in the way, each with its remedy (`shirorom doctor`).

Nothing is changed, created or repaired. What cannot be told on a platform is `unknown`, never `ok`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ShiroromError
from shirorom.ports.clock import Clock
from shirorom.ports.log import Head
from shirorom.service.settings import Access, Settings

FREE_BYTES_MIN = 200_000_000
"""Below this a day of screenshots may not fit any more."""
FREE_BYTES_LOW = 2_000_000_000
DAYS_LEFT_LOW = 90
GROWTH_DAYS = 30
"""Days over which the growth of the data directory is measured at most."""
SLOWER = frozenset({"register-missing", "register-stale", "register-extra-missing"})
"""Registers that do not answer, and are nobody's damage: phones are looked up one by one in their stead."""


class State(StrEnum):
    """What was found. NOTE: works, with a loss that a person should know. UNKNOWN: cannot be told here."""

    OK = "ok"
    NOTE = "note"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `code` names the sentence and its remedy; `details` fill them."""

    check: str
    state: State
    code: str
    details: dict[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Browser:
    """A browser that was found: its version as it says itself, and whether its sandbox can be on."""

    version: str
    sandbox: bool


@dataclass(frozen=True, slots=True)
class Disk:
    """Bytes: free on the data directory's disk, held by the data directory, and gained a day of late."""

    free: int
    held: int
    grown_a_day: int


@dataclass(frozen=True, slots=True)
class RegisterOut:
    """A register that answers: of so many entries of its log and so many phones; `native`: by the compiled kernel."""

    size: int
    phones: int
    native: bool


@dataclass(frozen=True, slots=True)
class Probes:
    """How this machine is asked; every one may be replaced. None as an answer: cannot be told on this platform.

    Attributes:
        browser: The browser that would be used. Raises `browser-missing`, `browser-unsafe`.
        japanese_fonts: Whether a font for Japanese is there.
        disk: Room on the disk of a directory (which may not exist yet).
        clock_kept: Whether the system keeps its clock by a time server.
        port_free: Whether an address and port can be listened on.
        writable: Whether the data directory (or the nearest one above it that exists) can be written to.
        readable_by_others: Names, below the data directory, that other users of this machine can read.
        log: Size and root of the real (False) or practice (True) log; None when there is none yet. Raises StorageError.
        register: The register of the real (False) or practice (True) log; None when no carrier is enrolled. Raises
            `register-…` where it does not answer, StorageError.
    """

    browser: Callable[[], Browser]
    japanese_fonts: Callable[[], bool | None]
    disk: Callable[[Path, int], Disk]
    clock_kept: Callable[[], bool | None]
    port_free: Callable[[str, int], bool]
    writable: Callable[[Path], bool]
    readable_by_others: Callable[[Path], Sequence[str] | None]
    log: Callable[[bool], Head | None]
    register: Callable[[bool], RegisterOut | None]


@dataclass(frozen=True, slots=True)
class Doctor:
    """All checks in the order in which a person would mend things."""

    probes: Probes
    clock: Clock
    settings: Callable[[], Settings]
    data: Path
    released: datetime
    """When this version was made: a clock before that is wrong."""

    def __call__(self, *, bind: str = "127.0.0.1", port: int = 8000) -> Sequence[Finding]:
        """Look at everything. One failing check hides no other."""
        looks: Sequence[tuple[str, Callable[[], Iterator[Finding]]]] = (
            ("configuration", self._configuration),
            ("data", self._data),
            ("log-real", lambda: self._log("log-real", practice=False)),
            ("log-practice", lambda: self._log("log-practice", practice=True)),
            ("register-real", lambda: self._register("register-real", practice=False)),
            ("register-practice", lambda: self._register("register-practice", practice=True)),
            ("disk", self._disk),
            ("clock", self._clock),
            ("port", lambda: self._port(bind, port)),
            ("browser", self._browser),
            ("fonts", self._fonts),
        )
        return tuple(finding for name, look in looks for finding in _guarded(name, look))

    def _configuration(self) -> Iterator[Finding]:
        settings = self.settings()
        ways = " ".join(f"{carrier.value}={settings.carrier(carrier).access.value}" for carrier in CarrierId)
        yield Finding("configuration", State.OK, "configuration-ok", {"ways": ways})

    def _data(self) -> Iterator[Finding]:
        if not self.probes.writable(self.data):
            yield Finding("data", State.BAD, "storage-read-only", {"path": str(self.data)})
            return
        names = self.probes.readable_by_others(self.data)
        if names is None:
            yield Finding("data", State.UNKNOWN, "data-unknown", {"path": str(self.data)})
        elif names:
            yield Finding("data", State.BAD, "data-unsafe", {"path": str(self.data), "name": names[0]})
        else:
            yield Finding("data", State.OK, "data-ok", {"path": str(self.data)})

    def _log(self, name: str, *, practice: bool) -> Iterator[Finding]:
        head = self.probes.log(practice)
        if head is None:
            yield Finding(name, State.OK, "log-none")
        else:
            yield Finding(name, State.OK, "log-ok", {"size": head.size})

    def _register(self, name: str, *, practice: bool) -> Iterator[Finding]:
        try:
            out = self.probes.register(practice)
        except ShiroromError as error:
            state = State.NOTE if error.code in SLOWER else State.BAD
            yield Finding(name, state, error.code, dict(error.details))
            return
        if out is None:
            yield Finding(name, State.OK, "register-none")
            return
        code = "register-ok" if out.native else "register-ok-plain"
        yield Finding(name, State.OK, code, {"size": out.size, "phones": f"{out.phones:,}"})

    def _disk(self) -> Iterator[Finding]:
        disk = self.probes.disk(self.data, GROWTH_DAYS)
        a_day = disk.grown_a_day
        details: dict[str, str | int] = {
            "free_mb": disk.free // 1_000_000,
            "held_mb": disk.held // 1_000_000,
            "day_kb": a_day // 1_000,
        }
        days_left = disk.free // a_day if a_day else None
        if disk.free < FREE_BYTES_MIN:
            yield Finding("disk", State.BAD, "disk-full", details)
        elif days_left is not None and days_left < DAYS_LEFT_LOW:
            yield Finding("disk", State.NOTE, "disk-filling", {**details, "days": days_left})
        elif disk.free < FREE_BYTES_LOW:
            yield Finding("disk", State.NOTE, "disk-low", details)
        else:
            yield Finding("disk", State.OK, "disk-ok", details)

    def _clock(self) -> Iterator[Finding]:
        now = self.clock.now()
        kept = self.probes.clock_kept()
        details: dict[str, str | int] = {"now": now.strftime("%Y-%m-%d %H:%M:%SZ")}
        if now < self.released:
            yield Finding("clock", State.BAD, "clock-wrong", details)
        elif kept is None:
            yield Finding("clock", State.UNKNOWN, "clock-unknown", details)
        elif not kept:
            yield Finding("clock", State.NOTE, "clock-alone", details)
        else:
            yield Finding("clock", State.OK, "clock-ok", details)

    def _port(self, bind: str, port: int) -> Iterator[Finding]:
        if self.probes.port_free(bind, port):
            yield Finding("port", State.OK, "port-ok", {"bind": bind, "port": port})
        else:
            yield Finding("port", State.NOTE, "port-in-use", {"bind": bind, "port": port})

    def _browser(self) -> Iterator[Finding]:
        try:
            browser = self.probes.browser()
        except ShiroromError as error:
            state = State.BAD if self._wants_browser() else State.NOTE  # by hand works without one
            yield Finding("browser", state, error.code, dict(error.details))
            return
        if browser.sandbox:
            yield Finding("browser", State.OK, "browser-ok", {"version": browser.version})
        else:
            yield Finding("browser", State.NOTE, "browser-no-sandbox", {"version": browser.version})

    def _wants_browser(self) -> bool:
        try:
            settings = self.settings()
        except ShiroromError:
            return False  # told by its own check
        return any(settings.carrier(carrier).access is Access.SITE for carrier in CarrierId)

    def _fonts(self) -> Iterator[Finding]:
        fonts = self.probes.japanese_fonts()
        if fonts is None:
            yield Finding("fonts", State.UNKNOWN, "fonts-unknown")
        elif fonts:
            yield Finding("fonts", State.OK, "fonts-ok")
        else:
            yield Finding("fonts", State.NOTE, "fonts-missing")


def _guarded(name: str, look: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from look()
    except ShiroromError as error:
        yield Finding(name, State.BAD, error.code, dict(error.details))
    except OSError as error:  # a probe that the system refused: what could not be looked at is not called sound
        yield Finding(name, State.UNKNOWN, "look-failed", {"kind": type(error).__name__})
