"""The program with carriers that we play: everything is real but the browser. For the tests of the command line."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.edge.cli.context import Options
from shirorom.edge.cli.main import run
from shirorom.ports.asking import Answer
from shirorom.service.check import Check

CLEAR, CAUTION, RESTRICTED, NO_RECORD = "○", "△", "×", "－"
PHONE, SECOND, THIRD = "001001010000013", "001001010000021", "001001010000039"
REAL = "490154203237518"
"""The example of the standards: no test number, so that the real record is used."""

Says = Callable[[Imei, CarrierId], str]
"""What a carrier answers; raises what goes wrong."""


def always(glyph: str, **others: str) -> Says:
    """The same symbol everywhere, but for the carriers named; a word is the code of a failure."""

    def says(imei: Imei, carrier: CarrierId) -> str:
        said = others.get(carrier.value, glyph)
        if len(said) > 1:
            raise CellError(said)
        return said

    return says


@dataclass
class PlayedAsker:
    """ports.Asker. Remembers what was asked."""

    says: Says
    asked: list[tuple[str, str]] = field(default_factory=list)
    interrupt: tuple[str, str, int] | None = None
    """Number and carrier at which Ctrl-C is pressed, once `size` answers are there."""
    size: Callable[[], int] | None = None
    """How many answers there are; None: those that are durable in the practice record."""

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        self.asked.append((imei.digits, carrier.value))
        await asyncio.sleep(0)
        if self.interrupt is not None and self.interrupt[:2] == (imei.digits, carrier.value):
            while self.size is not None and self.size() < self.interrupt[2]:  # noqa: ASYNC110 (the log tells nobody that it grew)
                await asyncio.sleep(0.005)
            signal.raise_signal(signal.SIGINT)
            await asyncio.sleep(60)  # cancelled by the interrupt
        glyph = self.says(imei, carrier)
        return Answer(imei, carrier, glyph, "画面の文", datetime.now(UTC), b"<p>page</p>", b"\x89PNG")

    async def warm(self) -> None: ...

    async def close(self) -> None: ...


@dataclass
class Shop:
    """One data directory, one configuration, one way in: `call`."""

    directory: Path
    capture: pytest.CaptureFixture[str]
    asker: PlayedAsker

    def configure(self, access: str = "site", *, url: str | None = "http://127.0.0.1:9") -> None:
        """All four carriers alike."""
        tables = [
            f'[carriers.{carrier.value}]\naccess = "{access}"\n' + (f'url = "{url}"\n' if url else "")
            for carrier in CarrierId
        ]
        self.directory.mkdir(mode=0o700, exist_ok=True)
        (self.directory / "config.toml").write_text("\n".join(tables), encoding="utf-8")

    def compose(self, options: Options) -> Composition:
        """compose.Composition, but for the browser."""
        asker = self.asker

        class Played(Composition):
            @asynccontextmanager
            async def checking(self, *, practice: bool) -> AsyncIterator[Check]:
                asker.size = asker.size or (lambda: self.room(True).log.head().size)
                yield self.check(asker)

        return Played(options)

    def call(self, *words: str) -> Result:
        """One call of the program, in this process."""
        self.capture.readouterr()
        status = run(self.compose, ["--data", str(self.directory), *words])
        out, err = self.capture.readouterr()
        return Result(status, out, err)

    def entries(self, imei: str) -> list[Mapping[str, Any]]:
        """What is on record about a number."""
        entries: list[Mapping[str, Any]] = self.call("history", imei, "--json").json["entries"]
        return entries


@dataclass(frozen=True)
class Result:
    """How a call ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout."""
        return json.loads(self.out)

    @property
    def problem(self) -> Any:
        """The one object on stderr; nothing is on stdout."""
        assert self.out == ""
        return json.loads(self.err)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shop:
    """A shop of four practice carriers that all say －."""
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # a call replaces them
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    monkeypatch.setenv("SHIROROM_LANG", "ja")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "SHIROROM_DEBUG", "SHIROROM_DATA", "SHIROROM_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    shop = Shop(tmp_path / "data", capsys, PlayedAsker(always(NO_RECORD)))
    shop.configure()
    return shop
