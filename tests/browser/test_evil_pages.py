"""The practice carriers' evil mode in a real browser: no page gets a mark that a person would not see (T38, T39)."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import psutil
import pytest_asyncio

from shirorom.adapters.chromium import Chromium
from shirorom.domain.carrier import CarrierId
from shirorom.domain.errors import CODES, Area
from shirorom.domain.imei import Imei
from shirorom.edge.practice import start
from shirorom.edge.practice.evil import HOSTILE, LYING, Evil, evil_numbers
from shirorom.edge.practice.scene import Scene
from shirorom.service.settings import BrowserSettings
from tests.browser_kit import Served, Told, asking, children, gone, serving, shown, told

SOAK = os.environ.get("SHIROROM_SOAK") == "1"
LIMIT_S = 4.0
AT_ONCE = 3
NUMBERS = {evil.name: imei for imei, evil in evil_numbers().items()}


def _jobs(pages: Sequence[Evil]) -> list[tuple[Evil, CarrierId]]:
    """Every third page at one carrier in turn; under soak every page at each of its carriers."""
    if SOAK:
        return [(evil, carrier) for evil in pages for carrier in sorted(evil.carriers)]
    return [(evil, sorted(evil.carriers)[n % len(evil.carriers)]) for n, evil in enumerate(pages[::3])]


def _fooled(evil: Evil, carrier: CarrierId, got: Told) -> str | None:
    assert got.mark is not None or CODES[str(got.code)].area is Area.CELL
    if got.mark is None or got.mark is evil.expected:
        return None
    return f"{evil.name} at {carrier.value} ({evil.tries}): {got.outcome} {got.how}"


async def _each(jobs: list[tuple[Evil, CarrierId]], work: object) -> list[str]:
    """Do the jobs, some at once; what went wrong."""
    queue, wrong = list(jobs), []

    async def worker() -> None:
        while queue:
            evil, carrier = queue.pop()
            if told_wrong := _fooled(evil, carrier, await work(evil, carrier)):  # type: ignore[operator]
                wrong.append(told_wrong)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    return wrong


async def test_hostile_pages_fool_nobody_and_reach_nothing(tmp_path: Path) -> None:
    """No false mark, every question ends, no request leaves the carrier's origin, the browser is gone at the end."""
    others = children()
    with start(evil=True) as practice:
        async with asking(practice, tmp_path, timeout_s=LIMIT_S) as asker:
            await asker.warm()

            async def ask(evil: Evil, carrier: CarrierId) -> Told:
                return await asyncio.wait_for(told(asker, NUMBERS[evil.name], carrier), 10 * LIMIT_S)

            wrong = await _each(_jobs(HOSTILE), ask)
            running = children(besides=others)
        assert not wrong
        assert practice.world.strays == []
        assert len(HOSTILE) >= 30
        assert running
        assert gone(running)
    assert not list((Path.home() / "Downloads").glob("setup*"))


async def test_hostile_page_in_the_forms_stead(tmp_path: Path) -> None:
    """The same before any number was typed: the form's page may be hostile too."""
    names = [evil.name for evil in HOSTILE]
    with start(evil=True) as practice:
        async with asking(practice, tmp_path, timeout_s=LIMIT_S) as asker:
            await asker.warm()
            for n, name in enumerate(names if SOAK else names[:: max(1, len(names) // 6)]):
                practice.world.front = name
                carrier = list(CarrierId)[n % 4]
                got = await asyncio.wait_for(told(asker, NUMBERS[name], carrier), 10 * LIMIT_S)
                assert got.mark is None, f"{name} at {carrier.value}: {got.outcome} {got.how}"
        assert practice.world.strays == []


@pytest_asyncio.fixture
async def chromium() -> AsyncIterator[Chromium]:
    chromium = await Chromium.start(BrowserSettings())
    yield chromium
    await chromium.close()


async def test_lying_pages_fool_nobody(chromium: Chromium) -> None:
    """Each lie, opened as a result page with its scripts and styles at work: no mark but the one people see."""
    pages: dict[str, Served] = {}
    with serving(pages) as origin:

        async def look(evil: Evil, carrier: CarrierId) -> Told:
            imei: Imei = NUMBERS[evil.name]
            made = evil.page(Scene(carrier, imei, origin, origin))
            name = f"{evil.name}.{carrier.value}"
            pages[name] = Served(made.body, made.content_type, made.headers, made.status)
            result = "/cmn/WCV009001/WCE009002.hc" if carrier is CarrierId.AU else "/result"
            return await shown(chromium, carrier, imei, origin, f"{result}?{name}")

        wrong = await _each(_jobs(LYING), look)
    assert not wrong
    assert len(LYING) >= 300


async def test_control_lies_are_read_where_they_are_true(chromium: Chromium) -> None:
    """The same way of looking gives marks: pages that show × are read as × (else the tests above prove nothing)."""
    pages: dict[str, Served] = {}
    with serving(pages) as origin:
        evil = next(evil for evil in LYING if evil.name == "spoilt-entities")
        imei = NUMBERS[evil.name]
        for carrier in CarrierId:
            made = evil.page(Scene(carrier, imei, origin, origin))
            pages[carrier.value] = Served(made.body, made.content_type)
            result = "/cmn/WCV009001/WCE009002.hc" if carrier is CarrierId.AU else "/result"
            got = await shown(chromium, carrier, imei, origin, f"{result}?{carrier.value}")
            assert got.outcome == "restricted", f"{carrier.value}: {got.outcome} {got.how}"


async def test_control_strays_are_noticed(tmp_path: Path) -> None:
    """The trap works: a request that does go astray is counted."""
    with start(evil=True) as practice:
        stray = next(server for server in practice.servers if server.origin not in practice.origins.values()
                     and not practice.index_url.startswith(server.origin))  # fmt: skip
        async with httpx.AsyncClient() as client:
            await client.get(f"{stray.origin}/astray")
        assert practice.world.strays == ["/astray"]


def test_control_children_are_seen() -> None:
    """A process that still runs counts as not gone."""
    assert not gone([psutil.Process().pid], wait_s=0.1)
