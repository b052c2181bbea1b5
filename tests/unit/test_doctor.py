"""`doctor`: every finding, its words, and the probes of this machine."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shirorom.adapters import machine
from shirorom.adapters.texts_toml import Texts
from shirorom.domain.errors import CODES, CellError, ConfigError, StorageError
from shirorom.ports.log import Head
from shirorom.service.doctor import Browser, Disk, Doctor, Finding, Probes, RegisterOut, State
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
GB = 1_000_000_000
HEALTHY = Probes(
    browser=lambda: Browser("140.0", sandbox=True),
    japanese_fonts=lambda: True,
    disk=lambda data, days: Disk(free=50 * GB, held=GB, grown_a_day=10_000_000),
    clock_kept=lambda: True,
    port_free=lambda bind, port: True,
    writable=lambda data: True,
    readable_by_others=lambda data: (),
    log=lambda practice: Head(3, bytes(32)),
    register=lambda practice: RegisterOut(3, 30_000_000, native=True),
)


class Clock:
    def now(self) -> datetime:
        return NOW


def look(
    probes: Probes = HEALTHY, settings: Callable[[], Settings] = Settings, released: datetime = NOW
) -> dict[str, Finding]:
    doctor = Doctor(probes, Clock(), settings, Path("/data"), released)
    return {finding.check: finding for finding in doctor()}


def refuse(error: Exception) -> Callable[..., object]:
    def refused(*_: object) -> object:
        raise error

    return refused


def by_site() -> Settings:
    return Settings(carriers=CarriersSettings(docomo=CarrierSettings(access=Access.SITE)))


CASES: list[tuple[dict[str, object], str, State, str]] = [
    ({"browser": refuse(CellError("browser-missing"))}, "browser", State.NOTE, "browser-missing"),
    ({"browser": lambda: Browser("140.0", sandbox=False)}, "browser", State.NOTE, "browser-no-sandbox"),
    ({"japanese_fonts": lambda: False}, "fonts", State.NOTE, "fonts-missing"),
    ({"japanese_fonts": lambda: None}, "fonts", State.UNKNOWN, "fonts-unknown"),
    ({"disk": lambda *_: Disk(GB // 10, GB, 1)}, "disk", State.BAD, "disk-full"),
    ({"disk": lambda *_: Disk(GB, GB, 1)}, "disk", State.NOTE, "disk-low"),
    ({"disk": lambda *_: Disk(9 * GB, GB, GB)}, "disk", State.NOTE, "disk-filling"),
    ({"disk": lambda *_: Disk(9 * GB, 0, 0)}, "disk", State.OK, "disk-ok"),
    ({"disk": refuse(PermissionError())}, "disk", State.UNKNOWN, "look-failed"),
    ({"clock_kept": lambda: None}, "clock", State.UNKNOWN, "clock-unknown"),
    ({"clock_kept": lambda: False}, "clock", State.NOTE, "clock-alone"),
    ({"port_free": lambda *_: False}, "port", State.NOTE, "port-in-use"),
    ({"writable": lambda _: False}, "data", State.BAD, "storage-read-only"),
    ({"readable_by_others": lambda _: (".",)}, "data", State.BAD, "data-unsafe"),
    ({"readable_by_others": lambda _: None}, "data", State.UNKNOWN, "data-unknown"),
    ({"log": lambda _: None}, "log-real", State.OK, "log-none"),
    ({"log": refuse(StorageError("log-corrupt"))}, "log-practice", State.BAD, "log-corrupt"),
    ({"register": lambda _: None}, "register-real", State.OK, "register-none"),
    ({"register": lambda _: RegisterOut(1, 2, native=False)}, "register-practice", State.OK, "register-ok-plain"),
    ({"register": refuse(StorageError("register-missing"))}, "register-real", State.NOTE, "register-missing"),
    ({"register": refuse(StorageError("register-stale", hours=30))}, "register-real", State.NOTE, "register-stale"),
    ({"register": refuse(StorageError("register-corrupt"))}, "register-real", State.BAD, "register-corrupt"),
    (
        {"register": refuse(ConfigError("register-extra-missing"))},
        "register-real",
        State.NOTE,
        "register-extra-missing",
    ),
]


@pytest.mark.parametrize(("probes", "check", "state", "code"), CASES, ids=[f"{c[1]}-{c[3]}" for c in CASES])
def test_each_finding(probes: dict[str, object], check: str, state: State, code: str) -> None:
    """One thing out of order is found by its check, and no other check is hidden or changed by it."""
    found, healthy = look(replace(HEALTHY, **probes)), look()  # type: ignore[arg-type]  # the cases are heterogeneous
    assert (found[check].state, found[check].code) == (state, code)
    assert found.keys() == healthy.keys()
    same = {name for name in found if found[name] == healthy[name]}
    assert same >= healthy.keys() - {check, "log-real", "log-practice", "register-real", "register-practice"}


def test_a_sound_machine_has_nothing_to_mend() -> None:
    """All ok."""
    assert {finding.state for finding in look().values()} == {State.OK}


def test_a_missing_browser_is_bad_where_a_carrier_needs_it() -> None:
    """By hand it is a note; with automatic reading it must be mended."""
    probes = replace(HEALTHY, browser=refuse(CellError("browser-missing")))  # type: ignore[arg-type]
    assert look(probes, by_site)["browser"].state is State.BAD


def test_a_broken_configuration_is_found_once() -> None:
    """The other checks go on without it."""
    found = look(settings=refuse(ConfigError("config-unknown-key", key="colour")))  # type: ignore[arg-type]
    assert (found["configuration"].state, found["configuration"].code) == (State.BAD, "config-unknown-key")
    assert [name for name, finding in found.items() if finding.state is not State.OK] == ["configuration"]


def test_a_clock_before_the_release_is_wrong() -> None:
    """This version cannot run before it was made."""
    assert look(released=datetime(2027, 1, 1, tzinfo=UTC))["clock"].code == "clock-wrong"


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_finding_has_words_and_a_remedy(lang: str) -> None:
    """No finding without a sentence; none that is not ok without a remedy; no place left unfilled."""
    texts = Texts.load(lang)
    cases = [look(replace(HEALTHY, **case[0]))[case[1]] for case in CASES]  # type: ignore[arg-type]
    for finding in [*cases, *look().values(), look(released=datetime(2027, 1, 1, tzinfo=UTC))["clock"]]:
        base = f"code.{finding.code}" if finding.code in CODES else f"cli.doctor.{finding.code}"
        text = texts.t(f"{base}.text", **finding.details)
        assert text
        assert "？" not in text, finding
        if finding.state is not State.OK:
            assert texts.t(f"{base}.fix", **finding.details), finding
        assert texts.t(f"cli.doctor.name.{finding.check}")


def test_a_port_in_use_is_not_free() -> None:
    """What another program listens on is seen, and free again afterwards."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not machine.port_free("127.0.0.1", port)
    assert machine.port_free("127.0.0.1", port)


def test_growth_is_that_of_the_evidence(tmp_path: Path) -> None:
    """Blobs of ten days are counted by the day; older ones, and the log, are held but are no growth."""
    blobs = tmp_path / "blobs" / "ab"
    blobs.mkdir(parents=True)
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "real.sqlite").write_bytes(bytes(5_000))
    for name, age_days in (("one", 9.99), ("two", 1), ("old", 400)):
        (blobs / name).write_bytes(bytes(1_000))
        then = (blobs / name).stat().st_mtime - age_days * 86_400
        os.utime(blobs / name, (then, then))
    disk = machine.disk(tmp_path, 30)
    assert (disk.held, disk.grown_a_day) == (8_000, 2_000 // 30)
    (blobs / "old").unlink()
    assert machine.disk(tmp_path, 30).grown_a_day in (200, 201)


def test_a_directory_that_is_not_there_yet_is_looked_at_from_above(tmp_path: Path) -> None:
    """Before the first record there is no data directory; its disk is that of the nearest one above."""
    missing = tmp_path / "a" / "b"
    assert machine.disk(missing, 30).free > 0
    assert machine.writable(missing)
    assert machine.readable_by_others(missing) == ()
    assert not (tmp_path / "a").exists()


def test_open_modes_are_named(tmp_path: Path) -> None:
    """A directory that others may enter is named, with what they can read in it; a closed one closes all below."""
    (tmp_path / "log").mkdir(mode=0o755)
    tmp_path.chmod(0o755)
    assert machine.readable_by_others(tmp_path) == (".", "log")
    tmp_path.chmod(0o700)
    assert machine.readable_by_others(tmp_path) == ()


@pytest.mark.parametrize(("said", "kept"), [("yes\n", True), ("no\n", False), ("", None), (None, None)])
def test_the_clock_is_what_the_system_says(
    monkeypatch: pytest.MonkeyPatch, said: str | None, kept: bool | None
) -> None:
    """What it does not say is unknown, never kept."""
    monkeypatch.setattr(machine, "_output", lambda *_: said)
    monkeypatch.setattr("sys.platform", "linux")
    assert machine.clock_kept() is kept


def test_a_program_that_is_missing_says_nothing() -> None:
    """No fc-list, no timedatectl: unknown."""
    assert machine._output("shirorom-no-such-program") is None
    assert machine._output("false") is None
