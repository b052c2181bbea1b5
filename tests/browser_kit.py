"""One browser for many tests: reads single pages without a carrier's form before them, or goes the whole way."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import psutil

from shirorom.adapters.asker_browser import BrowserAsker
from shirorom.adapters.chromium import Chromium
from shirorom.adapters.clock import SystemClock
from shirorom.adapters.facts_toml import packaged_facts
from shirorom.adapters.flow import Ask
from shirorom.adapters.tab import Tab, reader_facts, reader_source
from shirorom.domain.answer import Seen, judge
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CellError
from shirorom.domain.imei import Imei
from shirorom.domain.mark import Mark
from shirorom.edge.practice import Practice
from shirorom.ports.asking import Answer, Asker
from shirorom.service.settings import Access, BrowserSettings, CarrierSettings, CarriersSettings, Settings
from tests.carrier_pages import Made

FACTS = packaged_facts()
GLYPHS = FACTS.glyphs()
PATIENCE_S = 60.0
"""The limit of a question in tests that are not about limits: a loaded machine is slow, not wrong."""


@dataclass(frozen=True)
class Told:
    """What came of one page: a mark, or the code of why there is none; and how it was put."""

    mark: Mark | None
    code: str | None
    how: str
    seconds: float = 0.0

    @property
    def outcome(self) -> str:
        """A mark's name or a cell error's code."""
        return self.mark.value if self.mark is not None else str(self.code)


def settings_for(origins: dict[CarrierId, str], *, timeout_s: float = PATIENCE_S) -> Settings:
    """All four carriers asked by the program, at these origins."""
    tables = {
        carrier.value: CarrierSettings(access=Access.SITE, url=origin, timeout_s=timeout_s)
        for carrier, origin in origins.items()
    }
    return Settings(carriers=CarriersSettings(**tables))


@asynccontextmanager
async def asking(practice: Practice, data: Path, *, timeout_s: float = PATIENCE_S) -> AsyncIterator[BrowserAsker]:
    """A browser that asks these practice carriers; gone afterwards."""
    asker = BrowserAsker(settings_for(practice.origins, timeout_s=timeout_s), FACTS, SystemClock(), data)
    try:
        yield asker
    finally:
        await asker.close()


async def told(asker: Asker, imei: Imei, carrier: CarrierId) -> Told:
    """Ask, and say what came of it."""
    begin = time.monotonic()
    try:
        answer = await asker.ask(imei, carrier)
    except CellError as error:
        return Told(None, error.code, str(dict(error.details)), time.monotonic() - begin)
    return _of_glyph(answer.glyph, answer.sentence, time.monotonic() - begin)


def _of_glyph(glyph: str, sentence: str, seconds: float = 0.0) -> Told:
    mark = GLYPHS.mark_on_page(glyph)
    return Told(mark, None if mark is not None else "glyph-unknown", f"{glyph!r} {sentence!r}", seconds)


def children(*, besides: Collection[int] = ()) -> list[int]:
    """Processes below this one that still run, `besides` those known before."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.pid not in besides:
                found.append(process.pid)
        except psutil.NoSuchProcess:
            continue
    return found


def browsers() -> list[int]:
    """Main processes of browsers below this one."""
    found = []
    for pid in children():
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.NoSuchProcess:
            continue
        if "--remote-debugging-pipe" in command and not any(part.startswith("--type=") for part in command):
            found.append(pid)
    return found


def gone(pids: Sequence[int], *, wait_s: float = 10.0) -> bool:
    """Whether all these processes end within `wait_s`."""
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if not any(_runs(pid) for pid in pids):
            return True
        time.sleep(0.02)
    return False


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


# ── pages that are set, many at once ─────────────────────────────────────────────────────────────────────────────────


class Desk:
    """One empty page in which made-up pages are laid one after the other and read; no script of theirs runs."""

    def __init__(self, chromium: Chromium, cdp: Any, world: int) -> None:
        self._chromium = chromium
        self._cdp = cdp
        self._world = world

    @classmethod
    async def open(cls) -> Desk:
        """Start a browser with one page."""
        chromium = await Chromium.start(BrowserSettings())
        page = await chromium.browser.new_page(viewport={"width": 1024, "height": 1280})
        cdp = await page.context.new_cdp_session(page)
        frame = (await cdp.send("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        world = await cdp.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "desk"})
        return cls(chromium, cdp, world["executionContextId"])

    async def close(self) -> None:
        await self._chromium.close()

    async def read(self, made: Sequence[Made], *, source: str | None = None) -> list[Told]:
        """What each page says. `source` replaces the reader (a control)."""
        reader = (source or reader_source()).strip()
        function = (
            f"function(jobs) {{ const read = {reader}; return jobs.map(([html, facts]) => "
            "{ document.documentElement.innerHTML = html; return read(facts); }); }"
        )
        jobs = [[one.html, dict(reader_facts(FACTS.carrier(one.carrier).page))] for one in made]
        answer = await self._cdp.send(
            "Runtime.callFunctionOn",
            {
                "functionDeclaration": function,
                "executionContextId": self._world,
                "arguments": [{"value": jobs}],
                "returnByValue": True,
            },
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return [_judged(one, seen) for one, seen in zip(made, answer["result"]["value"], strict=True)]


def _judged(made: Made, seen: Any) -> Told:
    try:
        judged = judge(msgspec.convert(seen, Seen), facts=FACTS.carrier(made.carrier), glyphs=GLYPHS, asked=made.asked)
    except CellError as error:
        return Told(None, error.code, str(dict(error.details)))
    return _of_glyph(judged.glyph, judged.sentence)


# ── pages that are served, each to a tab of its own ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Served:
    """What a small server answers under one name."""

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


@contextmanager
def serving(pages: dict[str, Served]) -> Iterator[str]:
    """Serve pages by their query, whatever the path; yields the origin."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[2]) or Served(b"", status=404)
            self.send_response(page.status)
            self.send_header("Content-Type", page.content_type)
            self.send_header("Content-Length", str(len(page.body)))
            for name, value in page.headers:
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page.body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def shown(chromium: Chromium, carrier: CarrierId, imei: Imei, origin: str, path: str) -> Told:
    """Open a result page directly, as if the question had led to it, and take its answer with all precautions."""
    facts = FACTS.carrier(carrier)
    begin = time.monotonic()
    tab = await Tab.prepare(chromium)
    try:
        tab.aim(facts, origin, real=False)

        async def take() -> Told:
            await tab.open(path)
            evidence = await Ask(tab, facts, GLYPHS, imei).evidence()
            return _of_glyph(evidence.judged.glyph, evidence.judged.sentence, time.monotonic() - begin)

        return await asyncio.wait_for(take(), PATIENCE_S)
    except CellError as error:
        return Told(None, error.code, str(dict(error.details)), time.monotonic() - begin)
    except TimeoutError:
        return Told(None, "carrier-timeout", "{}", time.monotonic() - begin)
    finally:
        await tab.close()


def is_png(answer: Answer) -> bool:
    """Whether the picture is one."""
    return answer.screenshot.startswith(b"\x89PNG\r\n\x1a\n")
