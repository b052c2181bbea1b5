"""Reads the configuration: `--config` or SHIROROM_CONFIG, else `config.toml` in the data directory, else defaults."""

from __future__ import annotations

import os
import re
import tomllib
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import platformdirs
from msgspec.structs import replace

from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import ConfigError
from shirorom.ports.facts import Facts
from shirorom.service.settings import Settings, WitnessSettings

CONFIG_BYTES_MAX = 256_000
_UNKNOWN_KEY = re.compile(r"unknown field `([^`]*)`(?: - at `\$\.?([^`]*)`)?")
_AT_KEY = re.compile(r"at `\$\.?([^`]*)`")


def data_directory(flag: Path | None) -> Path:
    """`--data`, else SHIROROM_DATA, else the platform's user data directory. Not created here."""
    if flag is not None:
        return flag
    if named := os.environ.get("SHIROROM_DATA"):
        return Path(named)
    return platformdirs.user_data_path("shirorom", appauthor=False)


def load_settings(flag: Path | None, data: Path, facts: Facts) -> Settings:
    """Read the configuration and check every carrier's address.

    Raises:
        ConfigError: `config-invalid` (named file missing, no TOML, wrong type or range), `config-unknown-key`,
            `config-carrier-host` (an address that is neither the carrier's own nor a practice one).
    """
    text = _text(flag, data)
    settings = _with_environment(Settings() if text is None else _settings(text))
    for carrier in CarrierId:
        _check_origin(carrier, settings, facts)
    if settings.web.proxy is not None and not _is_address(settings.web.proxy):
        raise ConfigError("config-invalid", file="config.toml", key="web.proxy", why="not an IP address")
    if settings.verdict.policy not in {policy.id for policy in facts.policies()}:
        raise ConfigError("config-invalid", file="config.toml", key="verdict.policy", why="no such policy")
    for number, witness in enumerate(settings.log.witnesses):
        _check_witness(number, witness)
    return settings


def _with_environment(settings: Settings) -> Settings:
    """SHIROROM_LOG_DATABASE is stronger than the file; empty, it means the data directory. No password in either."""
    if (named := os.environ.get("SHIROROM_LOG_DATABASE")) is not None:
        settings = replace(settings, log=replace(settings.log, database=named or None))
    if (database := settings.log.database) is not None:
        parts = urlsplit(database)
        secret = ":" in parts.netloc.rpartition("@")[0] or "password" in parse_qs(parts.query)
        if parts.scheme not in ("postgresql", "postgres") or secret:
            why = "a password: use a password file" if secret else "not postgresql://…"
            raise ConfigError("config-invalid", file="config.toml", key="log.database", why=why)
    return settings


def _check_witness(number: int, witness: WitnessSettings) -> None:
    from shirorom.adapters.fetch import checked
    from shirorom.log.entry import MalformedError
    from shirorom.log.note import SignatureKind, VerifierKey

    try:
        checked(witness.url)
        if VerifierKey.parse(witness.key).kind is not SignatureKind.COSIGNATURE:
            raise MalformedError("kind")
    except (ConfigError, MalformedError) as error:
        key = f"log.witnesses[{number}]"
        raise ConfigError("config-invalid", file="config.toml", key=key, why="no witness's address and key") from error


def _text(flag: Path | None, data: Path) -> str | None:
    environment = os.environ.get("SHIROROM_CONFIG")
    named = flag if flag is not None else Path(environment) if environment else None
    path = named if named is not None else data / "config.toml"
    try:
        if path.stat().st_size > CONFIG_BYTES_MAX:
            raise ConfigError("config-invalid", file=str(path), key="", why="too large")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        if named is None:
            return None
        raise ConfigError("config-invalid", file=str(path), key="", why="no such file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError("config-invalid", file=str(path), key="", why=type(error).__name__) from error


def _settings(text: str) -> Settings:
    try:
        return msgspec.convert(tomllib.loads(text), Settings)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError("config-invalid", file="config.toml", key="", why=str(error)) from error
    except msgspec.ValidationError as error:
        message = str(error)
        if unknown := _UNKNOWN_KEY.search(message):
            key = ".".join(part for part in (unknown[2], unknown[1]) if part)
            raise ConfigError("config-unknown-key", key=key) from error
        at = _AT_KEY.search(message)
        raise ConfigError(
            "config-invalid", file="config.toml", key=at[1] if at else "", why=message.split(" - at ")[0]
        ) from error


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _check_origin(carrier: CarrierId, settings: Settings, facts: Facts) -> None:
    url = settings.carrier(carrier).url
    if url is None:
        return
    facts.carrier(carrier).is_real(url)
    try:
        parts = urlsplit(url)
        _port = parts.port  # raises when it is no number
        bare = parts.path in ("", "/") and not parts.query and not parts.fragment and parts.username is None
    except ValueError:
        bare = False
    if not bare:
        key = f"carriers.{carrier.value}.url"
        raise ConfigError("config-invalid", file="config.toml", key=key, why="not an origin")
