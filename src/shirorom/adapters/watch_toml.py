"""The watch's dated data: the shop's own terms (`DATA/watch/warranty.toml`), examples, base rates, other shops.

As strict as the facts (`facts_toml`): an unknown key, a missing one, a value of another type are told with their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from shirorom.adapters.durable import private_directory, write_durably
from shirorom.adapters.facts_toml import FILE_BYTES_MAX, load
from shirorom.adapters.storage_errors import storage_errors
from shirorom.domain.desk.risk import BaseRates
from shirorom.domain.desk.warranty import MarketTerm, ShopTerms
from shirorom.domain.errors import ConfigError

WARRANTY, RATES = "warranty.toml", "base-rates.toml"
EXAMPLES, MARKET = "warranty-examples.toml", "warranty-market.toml"


@dataclass(frozen=True, slots=True)
class _Market:
    shops: tuple[MarketTerm, ...]


class WatchFiles:
    """The files of one data directory, and those that come with the product."""

    def __init__(self, data: Path) -> None:
        self._own = data / "watch"
        self._packaged = resources.files("shirorom") / "data" / "watch"

    def terms(self) -> ShopTerms:
        """The shop's own terms; none where it has written none. Raises ConfigError `config-invalid`."""
        path = self._own / WARRANTY
        return read_terms(path) if path.exists() else ShopTerms()

    def read(self, file: Path) -> ShopTerms:
        """Another file of terms, read as strictly. Raises ConfigError `config-invalid`."""
        return read_terms(file)

    def save_terms(self, source: Path) -> ShopTerms:
        """Take a file over, word for word and only if it holds. Raises `config-invalid`, `storage-…`."""
        terms = read_terms(source)
        content = source.read_bytes()
        path = self._own / WARRANTY
        with storage_errors(path):
            private_directory(self._own)
            write_durably(path, content)
        return terms

    def example(self) -> str:
        """The packaged examples as text, comments and all: nobody's terms."""
        return (self._packaged / EXAMPLES).read_text(encoding="utf-8")

    def example_terms(self) -> ShopTerms:
        """The same as values."""
        return read_terms(self._packaged / EXAMPLES)

    def market(self) -> tuple[MarketTerm, ...]:
        """What other shops were read to promise."""
        return load(self._packaged / MARKET, _Market).shops

    def rates(self) -> BaseRates:
        """The base rates: the shop's own file where there is one, else the packaged."""
        own = self._own / RATES
        return load(own if own.exists() else self._packaged / RATES, BaseRates)

    def stamp(self) -> tuple[int, ...]:
        """Differs after a change of the shop's own files."""
        paths = [self._own / name for name in (WARRANTY, RATES)]
        return tuple(path.stat().st_mtime_ns if path.exists() else 0 for path in paths)


def read_terms(file: Traversable) -> ShopTerms:
    """One file of terms. Raises ConfigError `config-invalid` with file, key and reason."""
    if isinstance(file, Path) and file.stat().st_size > FILE_BYTES_MAX:
        raise ConfigError("config-invalid", file=file.name, key="?", why="too large")
    return load(file, ShopTerms)
