"""The web app on real services in a temporary data directory; only the asker is ours, so that no browser is needed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from litestar import Litestar

from shirorom.adapters.guides_toml import packaged_guides
from shirorom.adapters.hasher import Argon2Hasher
from shirorom.adapters.texts_toml import Texts
from shirorom.compose import Composition
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Device, Imei
from shirorom.edge.api.describe import description
from shirorom.edge.cli.context import Options
from shirorom.edge.web.app import create_app
from shirorom.edge.web.parts import Example, Parts, Trust
from shirorom.edge.web.serve import serve
from shirorom.ports.asking import Answer
from shirorom.ports.clock import Clock
from shirorom.service.counter_screenshot import ScreenshotCheck
from shirorom.service.settings import Access, CarrierSettings, CarriersSettings, Settings, WebSettings

ONE = Imei("001001010000013")
TWO = Imei("001001010000021")
BASE = "http://127.0.0.1"
PRACTICE_URL = "http://127.0.0.1:9"

Says = str | Callable[[], str]


class ScriptedAsker:
    """Answers as it was told: a glyph for (carrier, number), or a cell error's code; － otherwise. Seconds before."""

    def __init__(self, says: Mapping[tuple[str, Imei], str] | None = None, *, wait_s: float = 0.0) -> None:
        self.says = dict(says or {})
        self.wait_s = wait_s
        self.asked: list[tuple[Imei, CarrierId]] = []
        self.warmed = 0
        self._held: dict[str, asyncio.Future[str]] | None = None

    def hold(self) -> None:
        """From now on nobody answers before `let`."""
        self._held = {carrier.value: asyncio.get_running_loop().create_future() for carrier in CarrierId}

    def let(self, carrier: str, said: str) -> None:
        """Let one carrier answer."""
        assert self._held is not None
        self._held[carrier].set_result(said)

    async def ask(self, imei: Imei, carrier: CarrierId) -> Answer:
        """One answer."""
        self.asked.append((imei, carrier))
        await asyncio.sleep(self.wait_s)
        said = await self._held[carrier.value] if self._held else self.says.get((carrier.value, imei), "\uff0d")
        if len(said) > 2:
            raise CellError(said)
        now = datetime.now(UTC).replace(microsecond=0)
        return Answer(imei, carrier, said, "練習の答えです", now, b"<p>page</p>", b"picture")

    async def warm(self) -> None:
        """Nothing to make ready; counts how often it was asked to."""
        self.warmed += 1

    async def close(self) -> None:
        """Nothing to end."""


def settings_of(
    *, site: bool = False, hand: tuple[CarrierId, ...] = (), public: bool = False, practice: bool = True
) -> Settings:
    """Four carriers of one access; those of `hand` by hand; practice addresses unless told otherwise."""
    url = PRACTICE_URL if practice else None
    tables = {
        carrier.value: CarrierSettings(access=Access.SITE if site and carrier not in hand else Access.HAND, url=url)
        for carrier in CarrierId
    }
    return Settings(carriers=CarriersSettings(**tables), web=WebSettings(public=public))


QUICK = Argon2Hasher(time_cost=1, memory_kib=8, lanes=1)
"""The real hash with parameters that cost nothing; one test uses the real ones."""


class Kit:
    """An app with everything behind it."""

    def __init__(
        self,
        data: Path,
        settings: Settings,
        asker: ScriptedAsker | None = None,
        *,
        asker_ready: Callable[[], bool] = lambda: True,
        people: bool = False,
        beyond: bool = False,
        trust: Trust | None = None,
        clock: Clock | None = None,
    ) -> None:
        """`people`: with the desk's database; nobody is set up in it yet, so that everything answers as without."""
        self.composition = Composition(Options(data=data), settings=settings)
        self.asker = asker or ScriptedAsker()
        self.pictures = self.composition.pictures()  # no process before the first picture; the app ends it
        c = self.composition
        if clock is not None:
            c.clock = clock  # type: ignore[assignment]  # only its `now` is used
        self.people = c.people_with(QUICK) if people else None
        self.parts = Parts(
            settings=settings,
            facts=c.facts,
            rooms=c.rooms,
            clock=c.clock,
            words=lambda language: Texts.load(language),
            asker=self.asker,
            check=c.check(self.asker),
            record=c.record,
            withdraw=c.withdraw,
            correct=c.correct,
            history=c.history,
            asker_ready=asker_ready,
            guides=packaged_guides,
            people=self.people,
            pairing=c.pairing(self.people),
            beyond=beyond,
            trust=trust,
            examples=(Example(Device((ONE,)), "練習の電話", "A practice phone"),),
            pictures=self.pictures,
            check_screenshot=ScreenshotCheck(self.pictures, c.facts),
            counter=c.counter,
            answers=c.answers,
            proof=c.proof.for_web(self.pictures),
            book=c.watch.book,
            boards=c.watch.boards,
            watch_plan=lambda: c.watch.plan,
            watch_glance=lambda: c.watch.glance,
            alerts=c.watch.alerts,
            hooks=c.watch.hooks,
            claims=c.watch.claims,
            risk=lambda: c.watch.risk,
            feeds=c.feeds.take,
            screenings=c.screenings,
            once=c.once,
            incoming=c.screenings.store.incoming if c.screenings else None,
            register=c.register.for_web(),
            lookups=c.register.lookups,
        )
        self.app: Litestar = create_app(self.parts)
        self.job = ""

    def record(self, imei: Imei, carrier: CarrierId, glyph: str, *, hours_ago: float = 0) -> int:
        """An answer by hand, recorded before the test begins."""
        asked_at = datetime.now(UTC) - timedelta(hours=hours_ago)
        recorded, _, _ = self.parts.record(imei, carrier, glyph, by="local", asked_at=asked_at)
        return recorded.index

    def close(self) -> None:
        """Let go of the files."""
        self.composition.close()


@asynccontextmanager
async def served(kit: Kit, *, app: Litestar | None = None) -> AsyncIterator[str]:
    """The app under granian on a free port, in this loop; gives its origin, without a slash at the end."""
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(serve(app or kit.app, port=0, on_ready=ready.set_result, stop=stop))
    try:
        yield (await ready).rstrip("/")
    finally:
        stop.set()
        await task


def public(settings: Settings) -> Settings:
    """The same for strangers."""
    return msgspec.structs.replace(settings, web=WebSettings(public=True))


def openapi_of() -> dict[str, Any]:
    """The description of the whole API, of an app that serves nobody."""
    with TemporaryDirectory() as directory:
        kit = Kit(Path(directory), settings_of(), people=True)
        whole: dict[str, Any] = json.loads(description(kit.app))
        kit.close()
    return whole
