"""What the stories stand on: `shirorom serve` in a process of its own, beside `shirorom practice`, asked by hand."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from scripts.serving import configuration, practice_carriers, serving
from shirorom.domain.carrier import CarrierId

WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Place:
    """A running installation."""

    origin: str
    data: Path
    said: Path
    """What the command has written so far."""
    carriers: Mapping[CarrierId, str]

    def setup_link(self) -> str:
        """The link that the command prints at its first start."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            found = re.search(r"http://\S+/setup/\S+", self.said.read_text(encoding="utf-8"))
            if found:
                return found[0]
            time.sleep(0.05)
        raise AssertionError(self.said.read_text(encoding="utf-8"))

    def client(self) -> httpx.Client:
        """Calls it as a program does."""
        return httpx.Client(base_url=self.origin, timeout=60)

    def recorded(self) -> int:
        """Statements in its two logs."""
        return sum(count(path) for path in self.data.glob("log/*.sqlite"))


def count(log: Path) -> int:
    """Entries of one log, read beside its writer."""
    with sqlite3.connect(f"file:{log}?mode=ro", uri=True) as db:
        return int(db.execute("SELECT count(*) FROM entry").fetchone()[0])


@contextmanager
def installation(folder: Path, *arguments: str, practice: tuple[str, ...] = ()) -> Iterator[Place]:
    """A new installation that serves, with an empty data directory; the practice carriers are asked by hand."""
    data, config, said = folder / "data", folder / "config.toml", folder / "said.txt"
    with practice_carriers(*practice) as origins:
        config.write_text(configuration(origins, "hand"), encoding="utf-8")
        with (
            said.open("wb") as output,
            serving(*arguments, data=data, config=config, output=output) as served,
        ):
            yield Place(served.url, data, said, {CarrierId(name): url for name, url in origins.items()})
