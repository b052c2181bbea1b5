"""Where the configuration is found and what it may say (DESIGN §5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from shirorom.adapters import chromium
from shirorom.adapters.config_toml import CONFIG_BYTES_MAX, data_directory, load_settings
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.service.settings import Access, BrowserSettings, Settings


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SHIROROM_DATA", raising=False)
    monkeypatch.delenv("SHIROROM_CONFIG", raising=False)


def load(tmp_path: Path, text: str | None = None, flag: Path | None = None) -> Settings:
    if text is not None:
        (tmp_path / "config.toml").write_text(text, encoding="utf-8")
    return load_settings(flag, tmp_path, packaged_facts())


def test_without_a_file_everything_is_by_hand(tmp_path: Path) -> None:
    """No configuration: all four carriers by hand, and no address but the carriers' own."""
    settings = load(tmp_path)
    assert [settings.carrier(c).access for c in CarrierId] == [Access.HAND] * 4
    assert [settings.carrier(c).url for c in CarrierId] == [None] * 4


def test_the_flag_wins_over_environment_and_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Configuration: flag > SHIROROM_CONFIG > DATA/config.toml."""
    for name, operator in (("flag.toml", "flag"), ("env.toml", "env"), ("config.toml", "data")):
        (tmp_path / name).write_text(f'operator = "{operator}"', encoding="utf-8")
    assert load(tmp_path).operator == "data"
    monkeypatch.setenv("SHIROROM_CONFIG", str(tmp_path / "env.toml"))
    assert load(tmp_path).operator == "env"
    assert load(tmp_path, flag=tmp_path / "flag.toml").operator == "flag"


def test_data_directory_by_flag_then_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--data wins over SHIROROM_DATA, which wins over the platform's directory."""
    monkeypatch.setenv("SHIROROM_DATA", str(tmp_path / "env"))
    assert data_directory(tmp_path / "flag") == tmp_path / "flag"
    assert data_directory(None) == tmp_path / "env"


def test_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """Windows editors put a BOM in front; the file means the same."""
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + b'operator = "counter 1"')
    assert load(tmp_path).operator == "counter 1"


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("[carriers.dokomo]\naccess = 'hand'", "config-unknown-key", "carriers.dokomo"),
        ("colour = 1", "config-unknown-key", "colour"),
        ("[carriers.au]\nretries = 3", "config-unknown-key", "carriers.au.retries"),
        ("[carriers.au]\naccess = 'auto'", "config-invalid", "carriers.au.access"),
        ("[carriers.au]\ntimeout_s = 0", "config-invalid", "carriers.au.timeout_s"),
        ("[carriers.au]\ninterval_s = 0.1", "config-invalid", "carriers.au.interval_s"),
        ("[verdict]\nage_h_max = '1'", "config-invalid", "verdict.age_h_max"),
        ("[verdict]\npolicy = 'none-such'", "config-invalid", "verdict.policy"),
        ("[verdict", "config-invalid", ""),
        ("[carriers.au]\nurl = 'http://127.0.0.1:9102/path'", "config-invalid", "carriers.au.url"),
        ("[carriers.au]\nurl = 'http://127.0.0.1:port'", "config-invalid", "carriers.au.url"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, code: str, key: str) -> None:
    """A wrong configuration is refused with the key that is wrong; nothing is guessed."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert (caught.value.code, caught.value.details["key"]) == (code, key)


@pytest.mark.parametrize(
    "url", ["https://example.com", "http://my.au.com.example", "ftp://127.0.0.1", "http://10.0.0.1", "file:///etc"]
)
def test_an_address_that_is_neither_the_carriers_nor_practice_is_refused(tmp_path: Path, url: str) -> None:
    """Real only by the carrier's own host, practice only by loopback, *.localhost or *.test (DESIGN §3.13)."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"[carriers.au]\nurl = '{url}'")
    assert caught.value.code == "config-carrier-host"


@pytest.mark.parametrize("url", ["https://my.au.com", "http://127.0.0.1:9", "http://[::1]:9", "http://au.test"])
def test_the_carriers_own_and_practice_addresses_are_taken(tmp_path: Path, url: str) -> None:
    """The control of the refusal above."""
    assert load(tmp_path, f"[carriers.au]\nurl = '{url}'").carriers.au.url == url


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    """Only the data directory's own file may be absent."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, flag=tmp_path / "none.toml")
    assert caught.value.code == "config-invalid"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    """A limit stands on everything from outside."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, "#" * (CONFIG_BYTES_MAX + 1))
    assert caught.value.code == "config-invalid"


@pytest.mark.parametrize(
    ("playwright", "browser", "can"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_reading_needs_playwright_and_a_browser(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, playwright: bool, browser: bool, can: bool
) -> None:
    """Where either is missing, practice goes by hand instead of failing at every carrier."""
    program = tmp_path / "chromium"
    program.touch()
    monkeypatch.setattr(chromium, "find_spec", lambda name: object() if playwright else None)
    monkeypatch.setattr(chromium, "find_browser", lambda settings: str(program) if browser else None)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "none"))
    assert chromium.browser_installed(BrowserSettings()) is can
